"""Groups of schools that the data cannot tell apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.rankings import rank_intervals
from analysis.measures.steps import indistinguishable_steps

UNITS = st.lists(
    st.tuples(st.integers(-20, 20).map(float), st.sampled_from([0.0, 0.5, 1.0, 2.5])), min_size=1, max_size=12
)


def apart(theta, sigma, c):
    """Which unit (row) is told to lie above which (column)."""
    return theta[:, None] - theta > c * np.hypot(sigma[:, None], sigma)


def test_by_hand():
    # equal errors of 1 and c = 2: units are told apart from 2√2 = 2.83 on
    steps = indistinguishable_steps([90, 89, 87.5, 87, 84.6, 84.5], [1] * 6, 2.0)
    assert steps.tolist() == [1, 1, 1, 2, 2, 2]


def test_overlapping_intervals_of_places_may_still_be_told_apart():
    # the first is told from the third, so they share no step, though both could take the second place
    theta, sigma = np.array([92.0, 90, 85]), np.array([2.0, 2, 2])
    frame = rank_intervals(theta, sigma, joint=True)
    assert frame["high"].iloc[0] >= frame["low"].iloc[2]
    assert indistinguishable_steps(theta, sigma, frame.attrs["critical_value"]).tolist() == [1, 1, 2]


def test_along_the_places_that_are_shown():
    # the third estimate is told from the first, shown last; along the estimates themselves the steps would be 1, 2, 1
    steps = indistinguishable_steps([90, 84, 89], [1, 1, 1], 2.0, along=[97, 96, 95])
    assert steps.tolist() == [1, 2, 3]
    assert indistinguishable_steps([90, 84, np.nan], [1, 1, 1], 2.0, along=[97, 96, 99])[:2].tolist() == [1, 2]


def test_known_values_are_steps_of_their_own_and_ties_share_one():
    assert indistinguishable_steps([3, 2, 2, 1], [0] * 4, 0.0).tolist() == [1, 2, 2, 3]


def test_no_estimate_no_step():
    assert indistinguishable_steps([], [], 3.0).tolist() == []
    steps = indistinguishable_steps([np.nan, 1], [np.nan, 2], 3.0)
    assert np.isnan(steps[0])
    assert steps[1] == 1


@pytest.mark.parametrize("step_down", [True, False])
@given(UNITS)
def test_no_two_of_a_step_are_told_apart_and_every_step_begins_with_one_that_is(step_down, units):
    theta, sigma = np.array(units).T
    frame = rank_intervals(theta, sigma, joint=True, draws=200, step_down=step_down)
    c = frame.attrs["critical_value"]
    steps, claims = indistinguishable_steps(theta, sigma, c), apart(theta, sigma, c)
    # the same claims as in the intervals
    assert (claims.sum(axis=0) + 1 == frame["low"]).all()
    assert (len(theta) - claims.sum(axis=1) == frame["high"]).all()
    assert not (claims & (steps[:, None] == steps)).any()
    for step in range(2, int(steps.max()) + 1):
        assert claims[np.ix_(steps == step - 1, steps == step)].any()
        assert theta[steps == step - 1].min() >= theta[steps == step].max()


@given(UNITS, st.randoms())
def test_order_does_not_matter(units, random):
    order = random.sample(range(len(units)), len(units))
    theta, sigma = np.array(units).T
    straight = indistinguishable_steps(theta, sigma, 2.0)
    shuffled = indistinguishable_steps(theta[order], sigma[order], 2.0)
    assert straight[order].tolist() == shuffled.tolist()
