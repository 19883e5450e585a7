"""Effect of measures: permutation by hand, and the three verdicts."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.measures.effects import COLUMNS, effects_by_measure
from analysis.measures.permuted_groups import compare_groups, least_p_value
from tests.unit.measures.table_kit import BEFORE, H1, SETTINGS, rows, schools

CITY = schools({"А": 10, "Б": 20})
SIZE = 400
TREATED = [f"s{101 + i}" for i in range(12)]


def shares(seed, extra=0.0):
    """Counts that rise by 5 points everywhere and by ``extra`` more at the first twelve schools."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0.4, 0.05, len(CITY))
    rise = 0.05 + rng.normal(0, 0.02, len(CITY)) + np.where(np.arange(len(CITY)) < 12, extra, 0)
    then = [(round(p * SIZE), SIZE) for p in base]
    now = [(round(p * SIZE), SIZE) for p in base + rise]
    return then, now


def indicators(**extras):
    pairs = {code: shares(i, extra) for i, (code, extra) in enumerate(extras.items())}
    then = rows({code: pair[0] for code, pair in pairs.items()}, CITY, BEFORE)
    return pd.concat([then, rows({code: pair[1] for code, pair in pairs.items()}, CITY)], ignore_index=True)


def measures(units=TREATED, code="М1", indicator="П11", start="2021-10-01", end="2022-05-31"):
    frame = pd.DataFrame({"measure": code, "unit_id": list(units), "indicator": indicator, "from": start, "to": end})
    return frame.assign(text="Профессиональные пробы")


def effects(register, table):
    return effects_by_measure(register, table, CITY, H1, BEFORE, SETTINGS)


def test_an_effect_and_none_get_their_verdicts():
    register = pd.concat([measures(), measures(code="М2", indicator="П27")])
    frame = effects(register, indicators(П11=0.08, П27=0.0))
    assert list(frame.columns) == COLUMNS
    assert frame["verdict"].tolist() == ["эффективна", "недостаточно"]
    assert frame["measure"].tolist() == ["М1. Профессиональные пробы", "М2. Профессиональные пробы"]
    first = frame.iloc[0]
    assert first["ci_low"] < 8 < first["ci_high"]
    assert (first["n_with"], first["n_without"]) == (12, 18)


def test_numbers_are_differences_of_mean_changes():
    table = indicators(П11=0.08)
    wide = table[table["level"] == "school"].pivot(index="unit_id", columns="period", values="value")
    change = wide[H1.key] - wide[BEFORE.key]
    treated = change.index.isin(TREATED)
    row = effects(measures(), table).iloc[0]
    assert row["before"] == pytest.approx(wide.loc[treated, BEFORE.key].mean())
    assert row["after"] == pytest.approx(wide.loc[treated, H1.key].mean())
    assert row["difference_in_differences"] == pytest.approx(change[treated].mean() - change[~treated].mean())


def test_a_harmful_measure_is_not_effective():
    assert effects(measures(), indicators(П11=-0.08))["verdict"].tolist() == ["недостаточно"]


def test_a_measure_for_a_group_is_for_its_schools():
    row = effects(measures(["А"]), indicators(П11=0.08)).iloc[0]
    assert (row["n_with"], row["n_without"]) == (10, 20)


def test_a_measure_for_all_has_nothing_to_compare_with():
    row = effects(measures(["city"]), indicators(П11=0.08)).iloc[0]
    assert (row["n_with"], row["n_without"], row["verdict"]) == (30, 0, "нет данных")
    assert np.isnan([row["difference_in_differences"], row["p_value"]]).all()


def test_schools_with_another_measure_for_the_indicator_do_not_compare():
    register = pd.concat([measures(), measures(["s120", "s121"], code="М3")])
    frame = effects(register, indicators(П11=0.08))
    assert frame["n_without"].tolist() == [16, 16]


def test_a_measure_that_began_before_has_no_before():
    row = effects(measures(start="2021-03-01"), indicators(П11=0.08)).iloc[0]
    assert row["verdict"] == "нет данных"


def test_measures_of_other_times_are_not_judged():
    table = indicators(П11=0.08)
    assert effects(measures(start="2022-09-01", end=""), table).empty
    assert effects(measures(start="2020-09-01", end="2021-05-31"), table).empty
    assert effects(measures().iloc[:0], table).empty
    assert len(effects(measures(start="2021-10-01", end=""), table)) == 1


def test_one_school_can_be_judged_only_among_twenty():
    table = indicators(П11=0.3)
    assert effects(measures(["s101"]), table).iloc[0]["n_without"] == 29
    few = table[table["unit_id"].isin([f"s{n}" for n in range(101, 112)])]
    assert effects(measures(["s101"]), few).iloc[0]["verdict"] == "нет данных"


def test_special_conditions_are_left_out():
    table = indicators(П11=0.08)
    table.loc[table["unit_id"] == "s101", "status"] = "special_conditions"
    assert effects(measures(), table).iloc[0]["n_with"] == 11


def test_permutation_counted_by_hand():
    first, second = [5.0, 3.0, 4.0], [1.0, 2.0, 2.5, 3.5]
    values = np.array(first + second)
    observed = abs(np.mean(first) - np.mean(second))
    hits = 0
    for chosen in combinations(range(7), 3):
        mask = np.isin(np.arange(7), chosen)
        hits += abs(values[mask].mean() - values[~mask].mean()) >= observed - 1e-12
    result = compare_groups(first, second)
    assert result.p_value == pytest.approx(hits / 35)
    interval = stats.ttest_ind(first, second).confidence_interval(0.95)
    assert (result.ci_low, result.ci_high) == pytest.approx((interval.low, interval.high))


def test_drawn_permutations_come_close_to_scipys():
    rng = np.random.default_rng(4)
    first, second = rng.normal(0.5, 1, 15), rng.normal(0, 1, 25)
    expected = stats.permutation_test(
        (first, second),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        vectorized=True,
        n_resamples=20_000,
        rng=1,
    )
    assert compare_groups(first, second).p_value == pytest.approx(expected.pvalue, abs=0.01)


@given(st.lists(st.integers(-9, 9), max_size=12), st.lists(st.integers(-9, 9), max_size=12), st.randoms())
def test_order_does_not_matter(first, second, random):
    straight = compare_groups(first, second, draws=99)
    shuffled = compare_groups(random.sample(first, len(first)), random.sample(second, len(second)), draws=99)
    assert str(straight) == str(shuffled)


def test_degenerate_groups():
    assert np.isnan(compare_groups([], [1.0]).difference)
    assert np.isnan(compare_groups([1.0], [2.0]).p_value)
    equal = compare_groups([2.0] * 3, [2.0] * 4)
    assert (equal.difference, equal.p_value) == (0, 1)
    assert least_p_value(1, 19) == 1 / 20


@pytest.mark.parametrize(("n_first", "n_second"), [(3, 3), (4, 4), (3, 4), (1, 5), (2, 2)])
def test_the_least_p_is_the_one_of_groups_wholly_apart(n_first, n_second):
    # of two groups of three 2 of the 20 ways are as far apart: p can only be 0.1, which proves nothing at 5 %
    apart = compare_groups(range(10, 10 + n_first), range(-n_second, 0))
    assert apart.p_value == pytest.approx(least_p_value(n_first, n_second))


def test_three_schools_against_three_are_no_data():
    six = CITY.iloc[:6]
    then = rows({"П11": [(100, SIZE)] * 6}, six, BEFORE)
    now = rows({"П11": [(200 + i, SIZE) for i in range(3)] + [(100 + i, SIZE) for i in range(3)]}, six)
    register, table = measures(["s101", "s102", "s103"]), pd.concat([then, now], ignore_index=True)
    row = effects_by_measure(register, table, six, H1, BEFORE, SETTINGS).iloc[0]
    assert (row["n_with"], row["n_without"], row["verdict"]) == (3, 3, "нет данных")
    assert np.isnan(row["p_value"])
