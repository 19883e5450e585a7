"""What no method can work with is refused in words, by every function that takes it."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures.changes import pooled_ratio_change, proportion_changes, rate_changes
from analysis.measures.comparison import compare_paired
from analysis.measures.indicators import pooled_ratio, proportion_intervals
from analysis.measures.permuted_groups import compare_groups
from analysis.measures.proportions import poisson_intervals
from analysis.measures.rankings import composite, funnel, rank_indicator, rank_intervals, ranking_sensitivity, shrink

COUNTS = (proportion_intervals, poisson_intervals, pooled_ratio, shrink, funnel, rank_indicator)
PERIODS = (proportion_changes, rate_changes, pooled_ratio_change)
A, B = pd.Series([1, 2], ["a", "b"]), pd.Series([4, 3], ["b", "a"])


@pytest.mark.parametrize("method", COUNTS)
def test_counts_that_do_not_fit_together(method):
    with pytest.raises(ValueError, match="3 numerators for 2 denominators"):
        method([1, 2, 3], [4, 5])
    with pytest.raises(ValueError, match="not a table"):
        method([[1, 2]], [[3, 4]])
    with pytest.raises(ValueError, match="another order"):
        method(A, B)


@pytest.mark.parametrize("method", PERIODS)
def test_periods_in_different_orders(method):
    with pytest.raises(ValueError, match="another order"):
        method(A, A + 3, B, B + 3)


def test_pairs_and_estimates_in_different_orders():
    for call in (compare_paired, rank_intervals):
        with pytest.raises(ValueError, match="another order"):
            call(A, B)
    # other labels say nothing about the order
    assert compare_paired(A, B.set_axis(["x", "y"])).n_up == 2


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, np.nan])
def test_a_confidence_is_a_share(confidence):
    calls = [
        *(lambda f=f: f([1, 2], [4, 5], confidence=confidence) for f in (*COUNTS[:4], rank_indicator)),
        *(lambda f=f: f([1, 2], [4, 5], [1, 2], [4, 5], confidence=confidence) for f in PERIODS),
        *(
            lambda f=f: f([1, 2], [4, 5], confidence=confidence)
            for f in (compare_paired, rank_intervals, compare_groups)
        ),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="confidence"):
            call()


def test_at_least_one_draw():
    calls = (
        lambda: compare_paired([1], [2], draws=0),
        lambda: compare_groups([1], [2], draws=0),
        lambda: rank_intervals([1], [2], joint=True, draws=0),
        lambda: ranking_sensitivity([[1, 2]], draws=0),
    )
    for call in calls:
        with pytest.raises(ValueError, match="draws"):
            call()


@pytest.mark.parametrize("weights", [[np.nan, 1], [-1, 1], [np.inf, 1]])
def test_weights_are_numbers_from_zero_up(weights):
    for call in (composite, ranking_sensitivity):
        with pytest.raises(ValueError, match="weights"):
            call([[1, 2], [3, 4]], weights)


def test_weights_of_zero_leave_no_score_and_no_place():
    assert np.isnan(composite([[1, 2], [3, 4]], [0, 0])).all()
    assert ranking_sensitivity([[1, 2], [3, 4]], [0, 0], draws=5)["rank_mean"].isna().all()


def test_samples_and_the_range_of_weights():
    with pytest.raises(ValueError, match="samples"):
        ranking_sensitivity([[1, 2], [3, 4]], samples=np.full((3, 2, 2), np.inf), draws=5)
    with pytest.raises(ValueError, match="weight_range"):
        ranking_sensitivity([[1, 2], [3, 4]], weight_range=2, draws=5)
