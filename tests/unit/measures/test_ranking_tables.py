"""Tables of places: scores by hand, who is ranked, and what the intervals promise."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.measures import rankings
from analysis.measures.composite import composite
from analysis.measures.ranking_tables import COLUMNS, RANK_COLUMNS
from analysis.measures.scoring import chances_behind, score_errors, score_inputs
from tests.unit.measures.table_kit import H1, SETTINGS, SHARES, random_counts, rows, schools

CITY = schools({"А": 8, "Б": 10})
COUNTS = random_counts(CITY, spread=0.15)
TABLE = rows(COUNTS, CITY)


def one(frame, school):
    return frame.set_index("school_id").loc[school]


def changed(school, code, pair):
    counts = {key: list(values) for key, values in COUNTS.items()}
    counts[code][list(CITY["school_id"]).index(school)] = pair
    return rows(counts, CITY)


@pytest.fixture(scope="module")
def table():
    return rankings.rankings_by_school(TABLE, CITY, SETTINGS)


def test_contract_columns_and_one_row_a_school(table):
    assert list(table.columns) == COLUMNS
    assert sorted(table["school_id"]) == sorted(CITY["school_id"])


def test_score_is_the_mean_of_capped_attainment(table):
    targets = [SETTINGS.indicator(code).target(H1) for code in SHARES]
    shares = np.array([[100 * x / n for x, n in COUNTS[code]] for code in SHARES]).T
    by_hand = np.minimum(100, 100 * shares / targets).mean(axis=1)
    assert table.set_index("school_id").loc[CITY["school_id"], "score"].tolist() == pytest.approx(list(by_hand))
    goalposts = [(0, target) for target in targets]
    again = composite(shares, normalise="goalposts", goalposts=goalposts, bounds=(0, 100))
    assert list(again) == pytest.approx(list(by_hand))


def test_places_are_within_the_group(table):
    for _, group in table.groupby("group"):
        assert sorted(group["rank"]) == list(range(1, len(group) + 1))
        assert group.sort_values("rank")["score"].is_monotonic_decreasing
        assert (group["rank_low"] <= group["rank"]).all()
        assert (group["rank_high"] >= group["rank"]).all()
        assert (group["rank_low_joint"] <= group["rank"]).all()
        assert (group["rank_high_joint"] <= len(group)).all()


def test_score_interval_holds_the_score_and_stays_within_bounds(table):
    assert (table["score_low"] <= table["score"]).all()
    assert (table["score"] <= table["score_high"]).all()
    assert table["score_low"].min() >= 0
    assert table["score_high"].max() <= 100


def test_bootstrap_error_of_an_uncapped_score_is_the_binomial_one():
    small = schools({"А": 1})
    inputs = score_inputs(rows({"П04": [(60, 300)], "П06": [(90, 300)]}, small), small, SETTINGS)
    targets = inputs.targets
    variance = [(100 * 100 / t) ** 2 * p * (1 - p) / 300 for t, p in zip(targets, (0.2, 0.3), strict=True)]
    assert score_errors(inputs, 20_000, 1).error[0] == pytest.approx(np.sqrt(sum(variance)) / 2, rel=0.02)


def test_attainment_far_beyond_the_cap_has_no_error():
    small = schools({"А": 2})
    inputs = score_inputs(rows({"П04": [(299, 300), (290, 300)]}, small), small, SETTINGS)
    assert inputs.scores().tolist() == [100, 100]
    chance = score_errors(inputs, 500, 1)
    assert (chance.error.tolist(), chance.bias.tolist()) == ([0, 0], [0, 0])


def alike(n, chances, ratio, rng):
    """Inputs of a group whose schools of ``n`` pupils have the same chances; targets are the chances over ``ratio``."""
    city = schools({"Б": len(n)})
    shape = score_inputs(
        rows({code: [(k // 2, k) for k in n] for code in SHARES[: len(chances)]}, city), city, SETTINGS
    )
    x, size = rng.binomial(n[:, None], chances).astype(float), np.repeat(n[:, None], len(chances), axis=1).astype(float)
    targets = 100 * np.array(chances) / ratio
    reached = np.minimum(100, 100 * (100 * x / size) / targets)
    return replace(shape, targets=targets, numerator=x, denominator=size, attainment=reached)


@pytest.mark.parametrize("ratio", [0.8, 1.0])
def test_small_schools_that_do_not_differ_are_rarely_told_apart_by_their_scores(ratio):
    # with each school's own share in place of chances_behind(), and without the bias, 15–40 of 100 such groups are
    n = np.random.default_rng(5).integers(8, 60, 40)
    found = 0
    for seed in range(60):
        inputs = alike(n, [0.3, 0.6, 0.15], ratio, np.random.default_rng(seed))
        chance = score_errors(inputs, 300, seed)
        places = rankings.rank_intervals(inputs.scores() - chance.bias, chance.error, joint=True, draws=2000)
        found += bool((places["low"] > 1).any())
    assert found <= 7


def test_the_cut_at_the_target_costs_a_small_school_more_and_the_bias_says_how_much():
    # exact: mean of min(1, X/(n·target)) for X ~ Bin(n, target)
    n = np.array([10, 40, 400] * 30)
    inputs = alike(n, [0.4], 1.0, np.random.default_rng(1))
    bias = score_errors(inputs, 4000, 1).bias
    common = chances_behind(inputs)[0, 0]
    for size in (10, 40, 400):
        x = np.arange(size + 1)
        exact = stats.binom.pmf(x, size, common) @ np.minimum(100, 100 * x / size / 0.4) - min(100, 100 * common / 0.4)
        assert bias[n == size].mean() == pytest.approx(exact, abs=0.3)
    assert bias[0] < bias[1] < bias[2] < 0


def test_incomplete_schools_stand_beside_with_the_reason():
    frame = rankings.rankings_by_school(changed("s103", "П06", (np.nan, 300)), CITY, SETTINGS)
    assert one(frame, "s103")["ranked"]  # 4 of 5 is 80 %
    missing = TABLE.copy()
    gone = (missing["unit_id"] == "s103") & missing["indicator"].isin(["П06", "П10"])
    missing.loc[gone, ["numerator", "value", "attainment"]] = np.nan
    missing.loc[gone, "status"] = "missing"
    row = one(rankings.rankings_by_school(missing, CITY, SETTINGS), "s103")
    assert not row["ranked"]
    assert row["reason"] == "неполные данные: 3 из 5 показателей"
    assert pd.isna(row["rank"])
    assert np.isnan(row["score"])
    assert pd.isna(row["attainment_level"])


def test_what_does_not_apply_is_not_missing():
    table = TABLE.copy()
    gone = (table["unit_id"] == "s103") & table["indicator"].isin(["П06", "П10"])
    table.loc[gone, ["numerator", "denominator", "value", "attainment"]] = np.nan
    table.loc[gone, "status"] = "not_applicable"
    row = one(rankings.rankings_by_school(table, CITY, SETTINGS), "s103")
    assert (row["ranked"], row["n_valid"]) == (True, 3)


def test_special_conditions_show_the_score_but_no_place():
    frame = rankings.rankings_by_school(rows(COUNTS, CITY, statuses={"s104": "special_conditions"}), CITY, SETTINGS)
    row = one(frame, "s104")
    assert not row["ranked"]
    assert row["reason"].startswith("особые условия")
    assert row["score"] > 0
    assert frame.loc[(frame["group"] == "А") & frame["ranked"], "rank"].max() == 7


def test_a_small_denominator_is_not_scored(table):
    frame = rankings.rankings_by_school(changed("s103", "П06", (9, 9)), CITY, SETTINGS)
    assert one(frame, "s103")["n_valid"] == 4
    assert one(frame, "s103")["ranked"]
    assert one(table, "s103")["n_valid"] == 5


def test_levels_by_fixed_thresholds():
    trio = schools({"А": 3})
    target = SETTINGS.indicator("П06").target(H1) / 100
    counts = {"П06": [(round(1000 * target * share), 1000) for share in (0.95, 0.8, 0.79)]}
    frame = rankings.rankings_by_school(rows(counts, trio), trio, SETTINGS)
    assert frame["attainment_level"].tolist() == ["достигнут", "близко к достижению", "требует адресной поддержки"]


def test_previous_places_count_only_in_the_same_group(table):
    moved = CITY.assign(group=CITY["group"].where(CITY["school_id"] != "s101", "Б"))
    frame = rankings.rankings_by_school(TABLE, moved, SETTINGS, table)
    assert pd.isna(one(frame, "s101")["previous_rank"])
    assert one(frame, "s105")["previous_rank"] == one(table, "s105")["rank"]


def test_a_month_has_no_score():
    month = TABLE.assign(period="2022-06")
    frame = rankings.rankings_by_school(month, CITY, SETTINGS)
    assert not frame["ranked"].any()
    assert set(frame["reason"]) == {"в этом периоде балл не рассчитывается"}


def test_nobody_and_nothing():
    empty = TABLE.iloc[:0]
    for frame, columns in (
        (rankings.rankings_by_school(empty, CITY, SETTINGS), COLUMNS),
        (rankings.indicator_ranks_by_school(empty, CITY, SETTINGS), RANK_COLUMNS),
    ):
        assert frame.empty
        assert list(frame.columns) == columns
    assert rankings.sensitivity_by_school(empty, CITY, SETTINGS).empty
    assert rankings.funnel_by_school_indicator(empty, SETTINGS).empty


def test_order_of_rows_does_not_matter(table):
    shuffled = TABLE.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(rankings.rankings_by_school(shuffled, CITY.iloc[::-1], SETTINGS), table)
    for build in (rankings.indicator_ranks_by_school, rankings.sensitivity_by_school):
        pd.testing.assert_frame_equal(build(shuffled, CITY.iloc[::-1], SETTINGS), build(TABLE, CITY, SETTINGS))
    straight = rankings.funnel_by_school_indicator(TABLE, SETTINGS)
    pd.testing.assert_frame_equal(rankings.funnel_by_school_indicator(shuffled, SETTINGS), straight)


def test_places_on_each_indicator():
    frame = rankings.indicator_ranks_by_school(TABLE, CITY, SETTINGS)
    part = frame[(frame["indicator"] == "П06") & (frame["group"] == "Б")]
    ids = CITY.loc[CITY["group"] == "Б", "school_id"]
    pairs = [COUNTS["П06"][i] for i in ids.index]
    expected = rankings.rank_indicator([x for x, _ in pairs], [n for _, n in pairs])
    assert part[["rank", "rank_low", "rank_high"]].to_numpy().tolist() == expected.to_numpy().tolist()


def test_small_special_and_missing_have_no_place_on_an_indicator():
    table = rows(COUNTS | {"П07": [(5, 100)] * len(CITY)}, CITY, statuses={"s104": "special_conditions"})
    table.loc[(table["unit_id"] == "s102") & (table["indicator"] == "П06"), ["numerator", "denominator"]] = (5, 9)
    frame = rankings.indicator_ranks_by_school(table, CITY, SETTINGS)
    assert frame.loc[frame["school_id"] == "s104", "rank"].isna().all()
    cell = frame[(frame["school_id"] == "s102") & (frame["indicator"] == "П06")]
    assert cell["rank"].isna().all()
    assert "П07" not in set(frame["indicator"])  # informational


def test_sensitivity_has_every_scenario_for_ranked_schools_only():
    table = rows(COUNTS, CITY, statuses={"s104": "special_conditions"})
    frame = rankings.sensitivity_by_school(table, CITY, SETTINGS)
    assert "s104" not in set(frame["school_id"])
    scenarios = {"weights", "normalisation", "aggregation", "leave_one_out", "method", "sampling", "all"}
    assert set(frame["scenario"]) == scenarios
    assert len(frame) == len(scenarios) * (len(CITY) - 1)
    assert frame["rank_q95"].max() <= 10


def test_funnel_is_in_percent_and_leaves_special_conditions_out():
    table = rows(COUNTS, CITY, statuses={"s104": "special_conditions"})
    frame = rankings.funnel_by_school_indicator(table, SETTINGS)
    part = frame[frame["indicator"] == "П04"].set_index("school_id")
    assert "s104" not in part.index
    kept = [i for i, name in enumerate(CITY["school_id"]) if name != "s104"]
    expected = rankings.funnel([COUNTS["П04"][i][0] for i in kept], [COUNTS["П04"][i][1] for i in kept])
    assert part["value"].tolist() == pytest.approx(list(100 * expected["value"]))
    assert part["high998"].tolist() == pytest.approx(list(100 * expected["high998"]))
    assert part["band"].tolist() == expected["band"].tolist()


def test_no_false_order_in_a_city_without_differences():
    city = schools({"Б": 30})
    claims = 0
    for seed in range(12):
        table = rows(random_counts(city, chance=0.3, seed=seed), city)
        frame = rankings.rankings_by_school(table, city, SETTINGS)
        claims += bool(((frame["rank_low_joint"] > 1) | (frame["rank_high_joint"] < 30)).any())
    assert claims <= 2


def test_the_number_of_threads_changes_nothing(table, monkeypatch):
    monkeypatch.setattr("analysis.measures.scoring._CELLS", 1000)  # many portions of draws
    results = []
    for threads in (1, 3):
        monkeypatch.setattr("analysis.measures.scoring.THREADS", threads)
        monkeypatch.setattr("analysis.measures.ranking_tables.THREADS", threads)
        places = rankings.indicator_ranks_by_school(TABLE, CITY, SETTINGS)
        results.append((rankings.rankings_by_school(TABLE, CITY, SETTINGS), places))
    pd.testing.assert_frame_equal(results[0][0], results[1][0])
    pd.testing.assert_frame_equal(results[0][1], results[1][1])
