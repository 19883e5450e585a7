"""Tables of comparisons and changes: which tests are made, which count, and what the verdict says."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures import changes, comparison
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import adjust, compare_paired, comparisons_by_test
from tests.unit.measures.table_kit import BEFORE, H1, SETTINGS, random_counts, rows, schools

CITY = schools({"А": 12, "Б": 14, "Г": 4})
CODES = ("П04", "П06", "П07", "П10", "П27", "П28")


def counts(seed, chance):
    return random_counts(CITY, CODES, chance=chance, spread=0.05, seed=seed)


NOW, THEN = counts(1, 0.62), counts(2, 0.5)
TABLE = pd.concat([rows(THEN, CITY, BEFORE), rows(NOW, CITY)], ignore_index=True)


@pytest.fixture(scope="module")
def tests_made():
    return comparisons_by_test(TABLE, CITY, H1, BEFORE, SETTINGS)


@pytest.fixture(scope="module")
def table(tests_made):
    return changes_by_unit_indicator(TABLE, tests_made, CITY, H1, BEFORE, SETTINGS)


def columns(code, members=slice(None)):
    y1, x1 = np.array(THEN[code], float)[members].T
    y2, x2 = np.array(NOW[code], float)[members].T
    return y1, x1, y2, x2


def test_contract_columns(tests_made, table):
    assert list(tests_made.columns) == comparison.COLUMNS
    assert list(table.columns) == changes.COLUMNS
    assert not table.duplicated(["level", "unit_id", "indicator"]).any()
    assert set(table["period"] + table["baseline"]) == {"2022H12021H1"}


def test_every_indicator_has_four_tests_and_one_primary(tests_made):
    assert tests_made.groupby("indicator").size().tolist() == [4] * len(CODES)
    primary = tests_made[tests_made["primary"]].set_index("indicator")["test"]
    assert primary.to_dict() == {code: SETTINGS.indicator(code).primary_test for code in CODES}


def test_ratio_change_is_the_matched_panel_in_points(tests_made):
    row = tests_made[(tests_made["indicator"] == "П04") & (tests_made["test"] == "ratio_change")].iloc[0]
    expected = changes.pooled_ratio_change(*columns("П04"))
    assert (row["estimate"], row["p_value"]) == pytest.approx((100 * expected.change, expected.p_value))
    assert (row["ci_low"], row["n_pairs"]) == (pytest.approx(100 * expected.ci_low), 30)


def test_paired_tests_compare_the_schools_own_values(tests_made):
    y1, x1, y2, x2 = columns("П06")
    expected = compare_paired(100 * y1 / x1, 100 * y2 / x2, seed=SETTINGS.project.tests.seed)
    part = tests_made[tests_made["indicator"] == "П06"].set_index("test")
    assert part.loc["permutation", "p_value"] == expected.p_permutation
    assert part.loc["wilcoxon", ["estimate", "ci_low", "effect"]].tolist() == pytest.approx(
        [expected.hodges_lehmann, expected.hl_low, expected.rank_biserial]
    )
    assert part.loc["paired_t", "p_value"] == expected.p_t
    assert part.loc["permutation", ["n_up", "n_down", "n_same"]].tolist() == [
        expected.n_up, expected.n_down, expected.n_same,
    ]  # fmt: skip


def test_only_primaries_enter_the_changes_and_the_family_is_adjusted_by_holm(tests_made, table):
    city = table[table["level"] == "city"].set_index("indicator")
    primary = tests_made[tests_made["primary"]].set_index("indicator")
    assert city["p_value"].tolist() == primary.loc[city.index, "p_value"].tolist()
    family = [code for code in city.index if SETTINGS.indicator(code).family]
    assert city.loc[family, "p_adjusted"].tolist() == pytest.approx(
        list(adjust(primary.loc[family, "p_value"], "holm"))
    )
    assert city.loc["П07", "verdict"] == "not_tested"  # informational: no claim of the family


def test_change_is_value_minus_baseline_value(table):
    known = table.dropna(subset=["change"])
    assert known["change"].tolist() == pytest.approx(list(known["value"] - known["baseline_value"]))


def test_a_clear_rise_is_seen_and_a_clear_fall_too(table):
    city = table[table["level"] == "city"].set_index("indicator")
    assert city.loc["П06", "verdict"] == "up"
    turned = pd.concat([rows(NOW, CITY, BEFORE), rows(THEN, CITY)], ignore_index=True)
    made = comparisons_by_test(turned, CITY, H1, BEFORE, SETTINGS)
    back = changes_by_unit_indicator(turned, made, CITY, H1, BEFORE, SETTINGS)
    assert back[back["level"] == "city"].set_index("indicator").loc["П06", "verdict"] == "down"


def test_no_verdict_where_the_schools_and_their_totals_go_different_ways():
    # П28 is tested over schools: 25 schools gain one contract, five lose ten each, so the total falls
    city = schools({"А": 30})
    then, now = [(20, 1)] * 30, [(21, 1)] * 25 + [(10, 1)] * 5
    frame = pd.concat([rows({"П28": then}, city, BEFORE), rows({"П28": now}, city)], ignore_index=True)
    made = comparisons_by_test(frame, city, H1, BEFORE, SETTINGS)
    primary = made[made["primary"]].index[0]
    against = made.assign(estimate=made["estimate"].where(made.index != primary, 0.9), p_value=0.001)
    table = changes_by_unit_indicator(frame, against, city, H1, BEFORE, SETTINGS)
    row = table[(table["level"] == "city") & (table["indicator"] == "П28")].iloc[0]
    assert row["change"] < 0
    assert row["p_adjusted"] <= 0.05
    assert row["verdict"] == "no_clear_change"
    agreeing = made.assign(p_value=0.001)
    table = changes_by_unit_indicator(frame, agreeing, city, H1, BEFORE, SETTINGS)
    assert table.loc[table["level"] == "city", "verdict"].tolist() == ["down"]


def test_groups_use_their_own_schools_and_small_ones_are_not_tested(table):
    groups = table[table["level"] == "group"].set_index(["unit_id", "indicator"])
    expected = changes.pooled_ratio_change(*columns("П04", slice(0, 12)))
    assert groups.loc[("А", "П04"), "p_value"] == pytest.approx(expected.p_value)
    assert groups.loc[("Г", "П04"), "verdict"] == "not_tested"
    assert groups.loc[("Г", "П04"), "n_pairs"] == 4


def test_schools_are_screened_by_benjamini_and_hochberg(table):
    part = table[table["level"] == "school"]
    expected = adjust(part["p_value"], "fdr_bh")
    assert part["p_adjusted"].tolist() == pytest.approx(list(expected), nan_ok=True)
    share = part[part["indicator"] == "П06"].set_index("unit_id")
    newcombe = changes.proportion_changes(*columns("П06"))
    assert share["p_value"].tolist() == pytest.approx(list(newcombe["p_value"]))
    assert share["ci_low"].tolist() == pytest.approx(list(100 * newcombe["ci_low"]))
    assert set(share["method"]) == {"newcombe_fisher"}
    assert (part.loc[part["indicator"] == "П28", "verdict"] == "not_tested").all()


def test_schools_of_one_period_only_are_left_out_but_keep_their_row():
    gone = TABLE[~((TABLE["period"] == BEFORE.key) & (TABLE["unit_id"] == "s103"))]
    made = comparisons_by_test(gone, CITY, H1, BEFORE, SETTINGS)
    assert (made["n_pairs"] == 29).all()
    table = changes_by_unit_indicator(gone, made, CITY, H1, BEFORE, SETTINGS)
    row = table[(table["unit_id"] == "s103") & (table["indicator"] == "П06")].iloc[0]
    assert np.isnan(row["change"])
    assert (row["verdict"], row["n_pairs"]) == ("not_tested", 0)


def test_without_a_baseline_nothing_is_tested():
    now = rows(NOW, CITY)
    made = comparisons_by_test(now, CITY, H1, BEFORE, SETTINGS)
    assert set(made["status"]) == {"no_pairs"}
    assert made["p_value"].isna().all()
    table = changes_by_unit_indicator(now, made, CITY, H1, BEFORE, SETTINGS)
    assert set(table["verdict"]) == {"not_tested"}


def test_nothing_changed():
    same = pd.concat([rows(NOW, CITY, BEFORE), rows(NOW, CITY)], ignore_index=True)
    made = comparisons_by_test(same, CITY, H1, BEFORE, SETTINGS)
    assert set(made.loc[made["test"] != "ratio_change", "status"]) == {"all_zero"}
    table = changes_by_unit_indicator(same, made, CITY, H1, BEFORE, SETTINGS)
    assert set(table["verdict"]) <= {"no_clear_change", "not_tested"}


def test_under_six_schools_no_test():
    few = schools({"А": 5})
    pair = [rows(random_counts(few, CODES, seed=seed), few, period) for seed, period in ((1, BEFORE), (2, H1))]
    made = comparisons_by_test(pd.concat(pair), few, H1, BEFORE, SETTINGS)
    assert set(made["status"]) == {"too_few_pairs"}
    assert made["p_value"].isna().all()
    assert made["estimate"].notna().all()


def test_empty():
    made = comparisons_by_test(TABLE.iloc[:0], CITY, H1, BEFORE, SETTINGS)
    table = changes_by_unit_indicator(TABLE.iloc[:0], made, CITY, H1, BEFORE, SETTINGS)
    assert (list(made.columns), list(table.columns)) == (comparison.COLUMNS, changes.COLUMNS)


def test_order_of_rows_does_not_matter(tests_made, table):
    shuffled = TABLE.sample(frac=1, random_state=2)
    made = comparisons_by_test(shuffled, CITY.iloc[::-1], H1, BEFORE, SETTINGS)
    pd.testing.assert_frame_equal(made, tests_made)
    again = changes_by_unit_indicator(
        shuffled, made.sample(frac=1, random_state=3), CITY.iloc[::-1], H1, BEFORE, SETTINGS
    )
    pd.testing.assert_frame_equal(again, table)
