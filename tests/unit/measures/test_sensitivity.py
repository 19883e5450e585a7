"""How far places depend on the method."""

import numpy as np
import pytest

from analysis.measures.rankings import ranking_sensitivity

RNG = np.random.default_rng(1)
VALUES = np.clip(RNG.normal(70, 15, (12, 6)), 1, 100)


def by_scenario(frame):
    return {name: part.set_index("unit") for name, part in frame.groupby("scenario")}


def test_a_unit_best_in_everything_is_first_whatever_the_method():
    values = VALUES.copy()
    values[4] = 100
    values[7] = 0.5
    frame = ranking_sensitivity(values, goalposts=(0, 100), draws=60)
    assert (frame.loc[frame["unit"] == 4, ["rank_mean", "rank_q05", "rank_q95"]] == 1).all(axis=None)
    assert (frame.loc[frame["unit"] == 7, "rank_median"] == 12).all()


def test_scenarios_without_and_with_samples():
    method = {"weights", "normalisation", "aggregation", "leave_one_out", "method"}
    assert set(ranking_sensitivity(VALUES, draws=20)["scenario"]) == method
    samples = VALUES + RNG.normal(0, 3, (30, *VALUES.shape))
    both = ranking_sensitivity(VALUES, goalposts=(0, 100), samples=samples, draws=20)
    assert set(both["scenario"]) == method | {"sampling", "all"}


def test_leaving_one_out_by_hand():
    values = np.array([[3.0, 1], [2, 2], [1, 4]])
    frame = by_scenario(ranking_sensitivity(values, goalposts=(0, 10), draws=5))["leave_one_out"]
    # without the second indicator the order is 0, 1, 2; without the first it is 2, 1, 0
    assert frame["rank_mean"].tolist() == [2, 2, 2]
    assert frame[["rank_q05", "rank_q95"]].to_numpy().tolist() == [[1, 3], [2, 2], [1, 3]]


def test_equal_indicators_leave_nothing_to_weigh():
    values = np.repeat([[1.0], [2], [3]], 4, axis=1)
    frame = by_scenario(ranking_sensitivity(values, goalposts=(0, 4), draws=30))["weights"]
    assert frame["rank_mean"].tolist() == [3, 2, 1]


def test_data_and_method_together_spread_at_least_as_wide_on_the_whole():
    samples = np.clip(VALUES + RNG.normal(0, 6, (200, *VALUES.shape)), 0.1, 100)
    frames = by_scenario(ranking_sensitivity(VALUES, goalposts=(0, 100), samples=samples, draws=200))
    width = {name: (frame["rank_q95"] - frame["rank_q05"]).mean() for name, frame in frames.items()}
    assert width["all"] >= max(width["sampling"], width["method"]) - 0.2


def test_units_without_values_have_no_places():
    values = VALUES.copy()
    values[3] = np.nan
    frame = ranking_sensitivity(values, draws=10)
    assert frame.loc[frame["unit"] == 3, "rank_mean"].isna().all()
    assert frame["rank_q95"].max() <= 11


def test_one_unit_and_one_indicator():
    alone = ranking_sensitivity([[50.0, 60]], goalposts=(0, 100), draws=5)
    assert (alone[["rank_mean", "rank_q95"]] == 1).all(axis=None)
    single = ranking_sensitivity([[50.0], [60]], goalposts=(0, 100), draws=5)
    assert (single.loc[single["unit"] == 1, "rank_mean"] == 1).all()


def test_seeded_and_independent_of_the_order():
    order = RNG.permutation(len(VALUES))
    first, again = (ranking_sensitivity(VALUES, goalposts=(0, 100), draws=40, seed=2) for _ in range(2))
    assert first.equals(again)
    shuffled = by_scenario(ranking_sensitivity(VALUES[order], goalposts=(0, 100), draws=40, seed=2))
    for name, frame in by_scenario(first).items():
        columns = ["rank_mean", "rank_median", "rank_q05", "rank_q95"]
        assert frame[columns].to_numpy()[order].tolist() == shuffled[name][columns].to_numpy().tolist()


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="units in rows"):
        ranking_sensitivity([1.0, 2])
    with pytest.raises(ValueError, match="one value per column"):
        ranking_sensitivity(VALUES, weights=[1, 2])
