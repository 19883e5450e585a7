"""Groups of schools that the data cannot tell apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.steps import indistinguishable_steps

INTERVALS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 8)), max_size=15)


def test_by_hand():
    # the unit at 1–4 can be told from those that start at 5; these all could take place 5
    low, high = [1, 1, 2, 5, 5, 6], [4, 5, 8, 10, 10, 10]
    assert indistinguishable_steps(low, high).tolist() == [1, 1, 1, 2, 2, 2]


def test_known_places_are_steps_of_their_own_and_ties_share_one():
    assert indistinguishable_steps([1, 2, 2, 4], [1, 3, 3, 4]).tolist() == [1, 2, 2, 3]


def test_no_interval_no_step():
    assert indistinguishable_steps([], []).tolist() == []
    steps = indistinguishable_steps([np.nan, 1], [np.nan, 2])
    assert np.isnan(steps[0])
    assert steps[1] == 1


@given(INTERVALS)
def test_any_two_of_a_step_overlap_and_the_best_of_each_step_are_apart(rows):
    low = np.array([start for start, _ in rows], float)
    high = np.array([start + width for start, width in rows], float)
    steps = indistinguishable_steps(low, high)
    tops = []
    for step in sorted(set(steps)):
        own = steps == step
        assert low[own].max() <= high[own].min()
        tops.append((low[own & (high == high[own].min())][0], high[own].min()))
    assert all(before[1] < after[0] or before[1] < after[1] for before, after in zip(tops, tops[1:], strict=False))


@given(INTERVALS, st.randoms())
def test_order_does_not_matter(rows, random):
    order = random.sample(range(len(rows)), len(rows))
    low, high = [start for start, _ in rows], [start + width for start, width in rows]
    straight = indistinguishable_steps(low, high)
    shuffled = indistinguishable_steps([low[i] for i in order], [high[i] for i in order])
    assert straight[order].tolist() == shuffled.tolist()
