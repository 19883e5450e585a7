"""Sums of two levels: the closed-form bounds against linear programming, and the choice of cells to hide."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measures.disclosure_system import LinearSystem
from analysis.measures.suppression import Figures, Pattern, SumTree, complete, feasible_bounds, is_safe

NOTHING = np.nan


def figures(values, room=50, protected=()):
    """Counts with limits 0…value + room; protected ones («менее 5») must be able to be 1…4."""
    value = np.asarray(values, dtype=float)
    few = np.isin(np.arange(len(value)), protected)
    low, high = np.where(few, 1.0, 0.0), np.where(few, 4.0, value + room)
    return Figures(value, low, high, np.where(few, 1.0, NOTHING), np.where(few, 4.0, NOTHING))


def tree_of(leaves, parent, protected=(), room=50):
    """Leaves under their groups under one root; totals carry no labels."""
    parent = np.asarray(parent)
    sums = np.bincount(parent, leaves)
    groups = figures(sums).unlabelled()
    return SumTree(figures(leaves, room, protected), groups, figures([sum(leaves)]).unlabelled(), parent)


def printed(tree):
    """Nothing is hidden."""
    return Pattern(np.zeros(len(tree.parent), bool), np.zeros(len(tree.groups.value), bool), root=False)


def programme(tree, pattern):
    """Bounds of each hidden leaf by linear programming."""
    system = LinearSystem()
    for i, value in enumerate(tree.leaves.value):
        if pattern.leaves[i]:
            system.bound(("leaf", i), tree.leaves.low[i], tree.leaves.high[i])
        else:
            system.known["leaf", i] = value
    for g, value in enumerate(tree.groups.value):
        if not pattern.groups[g]:
            system.known["group", g] = value
        else:
            system.bound(("group", g), -np.inf if value < 0 else 0)
        system.equal([*((("leaf", i), 1.0) for i in np.flatnonzero(tree.parent == g)), (("group", g), -1.0)])
    if not pattern.root:
        system.known["root"] = tree.root.value[0]
    system.equal([*((("group", g), 1.0) for g in range(len(tree.groups.value))), ("root", -1.0)])
    hidden = np.flatnonzero(pattern.leaves)
    return hidden, system.range_of([[(("leaf", int(i)), 1.0)] for i in hidden])


@st.composite
def trees(draw):
    size = draw(st.integers(1, 9))
    leaves = draw(st.lists(st.integers(0, 30), min_size=size, max_size=size))
    n_groups = draw(st.integers(1, min(3, size)))
    parent = [i % n_groups for i in range(size)]
    protected = [i for i, value in enumerate(leaves) if 0 < value < 5]
    return tree_of(leaves, parent, protected, room=draw(st.integers(0, 20)))


@st.composite
def patterns(draw, tree):
    def flags(n):
        return np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool)

    return Pattern(flags(len(tree.parent)), flags(len(tree.groups.value)), draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_bounds_equal_those_of_linear_programming(data):
    tree = data.draw(trees())
    pattern = data.draw(patterns(tree))
    low, high = feasible_bounds(tree, pattern)
    hidden, expected = programme(tree, pattern)
    for i, (least, most) in zip(hidden, expected, strict=True):
        assert max(low[0][i], tree.leaves.low[i]) == pytest.approx(least, abs=1e-6)
        assert min(high[0][i], tree.leaves.high[i]) == pytest.approx(most, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(trees(), st.booleans())
def test_completed_pattern_leaves_every_protected_count_its_values(tree, insider):
    pattern = complete(tree, printed(tree), tree.leaves.value, insider)
    assert pattern.leaves[tree.leaves.sensitive].all()
    assert pattern.exhausted or is_safe(tree, pattern, insider)
    if not insider and not pattern.exhausted:
        hidden, bounds = programme(tree, pattern)
        for i, (least, most) in zip(hidden, bounds, strict=True):
            if tree.leaves.sensitive[i]:
                assert least <= 1 + 1e-6
                assert most >= 4 - 1e-6


@settings(max_examples=30, deadline=None)
@given(trees(), st.data())
def test_insider_bounds_are_the_worst_over_single_known_leaves(tree, data):
    pattern = data.draw(patterns(tree))
    low, high = feasible_bounds(tree, pattern, insider=True)
    for i in np.flatnonzero(pattern.leaves):
        worst_low, worst_high = -np.inf, np.inf
        for known in range(len(tree.parent)):
            if known == i and len(tree.parent) > 1:
                continue
            seen = Pattern(
                pattern.leaves & ((np.arange(len(tree.parent)) != known) | (known == i)), pattern.groups, pattern.root
            )
            one_low, one_high = feasible_bounds(tree, seen)
            worst_low, worst_high = max(worst_low, one_low[0][i]), min(worst_high, one_high[0][i])
        assert low[0][i] == pytest.approx(worst_low)
        assert high[0][i] == pytest.approx(worst_high)


def test_nothing_is_hidden_where_nothing_is_small():
    tree = tree_of([20, 30, 40], [0, 0, 0])
    pattern = complete(tree, printed(tree), tree.leaves.value)
    assert not pattern.leaves.any()
    assert not pattern.groups.any()
    assert not pattern.root


def test_one_small_count_takes_the_smallest_other_that_is_enough():
    tree = tree_of([3, 40, 12, 25], [0, 0, 0, 0], protected=[0])
    pattern = complete(tree, printed(tree), tree.leaves.value)
    assert pattern.leaves.tolist() == [True, False, True, False]
    assert not pattern.groups.any()


def test_against_a_reader_who_knows_one_school_two_others_are_hidden():
    tree = tree_of([3, 40, 12, 25], [0, 0, 0, 0], protected=[0])
    pattern = complete(tree, printed(tree), tree.leaves.value, insider=True)
    assert pattern.leaves.tolist() == [True, False, True, True]


def test_two_small_counts_with_a_telling_sum_need_a_third():
    # 4 + 4 = 8 can only be two fours
    tree = tree_of([4, 4, 20, 30], [0, 0, 0, 0], protected=[0, 1])
    pattern = complete(tree, printed(tree), tree.leaves.value)
    assert pattern.leaves.tolist() == [True, True, True, False]
    # 2 + 3 = 5 leaves 1…4 to each
    tree = tree_of([2, 3, 20, 30], [0, 0, 0, 0], protected=[0, 1])
    assert complete(tree, printed(tree), tree.leaves.value).leaves.tolist() == [True, True, False, False]


def test_a_figure_without_room_is_not_used():
    # the second school has everybody (limit = value): it can only make room in one direction
    leaves = figures([3, 20, 30], protected=[0])
    full = Figures(leaves.value, leaves.low, np.array([4.0, 20.0, 60.0]), leaves.need_low, leaves.need_high)
    tree = SumTree(full, figures([53]).unlabelled(), figures([53]).unlabelled(), np.zeros(3, dtype=int))
    assert complete(tree, printed(tree), tree.leaves.value).leaves.tolist() == [True, False, True]


def test_a_group_of_one_school_hides_its_total_and_another_groups():
    tree = tree_of([3, 20, 30, 40, 50], [0, 1, 1, 2, 2], protected=[0])
    pattern = complete(tree, printed(tree), tree.leaves.value)
    assert pattern.groups.tolist() == [True, True, False]
    assert pattern.leaves.tolist() == [True, True, False, False, False]
    assert not pattern.root


def test_the_root_is_hidden_last():
    tree = tree_of([3], [0], protected=[0])
    pattern = complete(tree, printed(tree), tree.leaves.value)
    assert pattern.root
    assert pattern.groups.all()
    assert not pattern.exhausted


def test_what_is_printed_whole_needs_no_programme():
    system = LinearSystem(known={"a": 3.0, "b": 4.0})
    assert system.range_of([[("a", 1.0), ("b", 2.0)]], [(1.0, 4.0, 0.0)]) == [(11.0, 11.0)]
