"""Chances of schools drawn towards their group's."""

import numpy as np
import pytest

from analysis.measures.chances import chances_of_group

SHARE = np.array([True])


def chances(x, n, share=SHARE):
    return chances_of_group(np.array(x, float)[:, None], np.array(n, float)[:, None], share)[:, 0]


def test_schools_that_differ_no_more_than_chance_share_one():
    # 3/10, 7/20 and 10/30: Q = 0.083 is below the two degrees of freedom times 0.222
    assert chances([3, 7, 10], [10, 20, 30]) == pytest.approx([20.375 / 60.75] * 3)


def test_by_hand():
    # totals 60 of 200, v = 0.21; Q = 100·(0.1² + 0.1²) = 2; (2 − 0.21)/(200 − 100) = 0.0179
    weight = 0.0179 / (0.0179 + 0.21 / 100)
    common = 60.375 / 200.75
    own = np.array([20.375, 40.375]) / 100.75
    assert chances([20, 40], [100, 100]) == pytest.approx(weight * own + (1 - weight) * common)


def test_a_rate_has_the_variance_of_a_poisson_count():
    # 30 and 90 events per 100 each: r = 0.6, Q = 100·(0.3² + 0.3²) = 18, (18 − 0.6)/100 = 0.174
    weight = 0.174 / (0.174 + 0.006)
    own, common = np.array([0.30375, 0.90375]), 120.375 / 200
    assert chances([30, 90], [100, 100], ~SHARE) == pytest.approx(weight * own + (1 - weight) * common)


def test_large_schools_keep_their_own():
    assert chances([100, 900], [1000, 1000]) == pytest.approx([0.1, 0.9], abs=0.002)


def test_what_is_missing_counts_for_nobody():
    found = chances([3, np.nan, 7, 0], [10, 50, 20, 0])
    assert np.isnan(found).tolist() == [False, True, False, True]
    assert found[[0, 2]] == pytest.approx(chances([3, 7], [10, 20]))


def test_degenerate():
    assert chances([4], [10]) == pytest.approx([4.375 / 10.75])
    assert chances([0, 0], [10, 30]) == pytest.approx([0.375 / 40.75] * 2)
    assert chances([10, 30], [10, 30]) == pytest.approx([40.375 / 40.75] * 2)
    assert np.isnan(chances([np.nan], [np.nan])).all()
    assert chances_of_group(np.empty((0, 1)), np.empty((0, 1)), SHARE).shape == (0, 1)
