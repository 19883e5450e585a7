"""Places on one indicator."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures.rankings import rank_indicator, rank_intervals


def test_interval_comes_from_anscombes_scale():
    # Anscombe (1948), Biometrika 35, 246–254: asin √((x+3/8)/(n+3/4)) has variance near 1/(4n+2)
    x, n = np.array([3, 40, 10, 25]), np.array([10, 50, 60, 40])
    theta, sigma = np.arcsin(np.sqrt((x + 3 / 8) / (n + 3 / 4))), np.sqrt(1 / (4 * n + 2))
    expected = rank_intervals(theta, sigma)
    assert rank_indicator(x, n).to_numpy().tolist() == expected.to_numpy().tolist()


def test_anscombes_variance_holds_where_the_plug_in_fails():
    rng = np.random.default_rng(1)
    x = rng.binomial(20, 0.95, 200_000)
    theta = np.arcsin(np.sqrt((x + 3 / 8) / 20.75))
    assert theta.std() == pytest.approx(1 / (2 * np.sqrt(20.5)), rel=0.15)


def test_place_is_that_of_the_share_itself():
    # 2 of 2 is a higher share than 97 of 100, but the stabilised estimate is lower
    frame = rank_indicator([2, 97, 10], [2, 100, 100])
    assert frame["rank"].tolist() == [1, 2, 3]
    assert (frame["low"] <= frame["rank"]).all()
    assert (frame["rank"] <= frame["high"]).all()


def test_no_false_certainty_at_zero():
    # 0 of 8 and 3 of 8: plug-in errors are 0 and 0.171, so 0.375 would look like 2.2 standard errors
    assert rank_indicator([0, 3], [8, 8])[["low", "high"]].to_numpy().tolist() == [[1, 2], [1, 2]]


def test_exact_ties_share_the_best_place():
    assert rank_indicator([1, 2, 3], [2, 4, 12])["rank"].tolist() == [1, 1, 3]


def test_facts_have_no_chance():
    frame = rank_indicator([1, 0, 1], [1, 1, 1], kind="exact")
    assert frame.to_numpy().tolist() == [[1, 1, 2], [3, 3, 3], [1, 1, 2]]


def test_rates_may_exceed_one():
    frame = rank_indicator([300, 20], [100, 100], kind="rate")
    assert frame.to_numpy().tolist() == [[1, 1, 1], [2, 2, 2]]


def test_missing_keeps_its_row_and_name():
    frame = rank_indicator(pd.Series([1, np.nan, 0], ["a", "b", "c"]), [4, 4, 0])
    assert frame.loc["a"].tolist() == [1, 1, 1]
    assert frame.loc[["b", "c"]].isna().all(axis=None)


def test_more_than_all_is_refused_by_name():
    with pytest.raises(ValueError, match="unit s3"):
        rank_indicator(pd.Series([5], ["s3"]), pd.Series([4], ["s3"]))
    with pytest.raises(ValueError, match="kind"):
        rank_indicator([1], [2], kind="other")
