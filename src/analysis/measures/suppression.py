"""Complementary (secondary) suppression in sums of two levels, with exact bounds in closed form.

A count of people is printed for schools (leaves), for groups of schools and for the city (root). The printed
figures form a tree of sums, so what a reader can still work out about a hidden figure follows from interval
arithmetic passed once up and once down the tree; on a tree these bounds are exact (no linear programme is needed).
Cells are then hidden one by one, the least informative that suffice first, until every protected figure may still
take every value it has to be able to take.

References: Hundepool et al. (2012) Statistical Disclosure Control, ch. 4 (protection levels, feasibility intervals);
Fischetti & Salazar (2001) on the complementary cell suppression problem, of which this is the hierarchical case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Figures:
    """Figures of one level of the tree (arrays of equal length).

    value: true counts; low, high: what a reader takes for granted about the figure once it is hidden (its label,
    its denominator); need_low, need_high: values that must stay possible, NaN where the figure needs no protection.
    """

    value: Floats
    low: Floats
    high: Floats
    need_low: Floats
    need_high: Floats

    @property
    def sensitive(self) -> Flags:
        """True where the figure has to be protected."""
        return ~np.isnan(self.need_low)

    def mirrored(self) -> Figures:
        """The same figures with the sign turned: upper bounds become lower ones."""
        return Figures(-self.value, -self.high, -self.low, -self.need_high, -self.need_low)

    def unlabelled(self) -> Figures:
        """The same figures without limits."""
        nothing = np.full_like(self.value, np.inf)
        return replace(self, low=-nothing, high=nothing)


@dataclass(frozen=True)
class SumTree:
    """One count in one period: `parent[i]` is the group of leaf i; groups add up to the single root."""

    leaves: Figures
    groups: Figures
    root: Figures
    parent: npt.NDArray[np.intp]

    def mirrored(self) -> SumTree:
        """The tree with every sign turned."""
        return SumTree(self.leaves.mirrored(), self.groups.mirrored(), self.root.mirrored(), self.parent)

    def unlabelled(self) -> SumTree:
        """The tree when nothing is taken for granted about hidden totals."""
        return replace(self, groups=self.groups.unlabelled(), root=self.root.unlabelled())


@dataclass(frozen=True)
class Pattern:
    """Which figures are hidden. `exhausted`: all are, and some still cannot take all values they should."""

    leaves: Flags
    groups: Flags
    root: bool
    exhausted: bool = False


def feasible_bounds(tree: SumTree, pattern: Pattern, insider: bool = False) -> tuple[list[Floats], list[Floats]]:
    """Lowest and highest value that the other figures leave for each leaf, group and the root.

    What is taken for granted about the figure itself (its own low and high) is not applied: it may change together
    with other counts, as a numerator with its denominator.

    insider: the reader also knows any one other hidden leaf (a school head knows the own school); the bounds are
    then the tightest over all such readers, and labels of hidden totals are disregarded: nothing can keep a school
    from knowing that a total «менее 5» holds its own three.
    Returns two lists [leaves, groups, root] of arrays.
    """
    highest = [-bound for bound in _lowest(tree.mirrored(), pattern, insider)]
    return _lowest(tree, pattern, insider), highest


def _lowest(tree: SumTree, pattern: Pattern, insider: bool) -> list[Floats]:
    leaves, parent, n_groups = tree.leaves, tree.parent, len(tree.groups.value)
    low = np.where(pattern.leaves, leaves.low, leaves.value)
    high = np.where(pattern.leaves, leaves.high, leaves.value)
    group_low, group_high = _box(tree.groups, pattern.groups, insider)
    root_low, _ = _box(tree.root, np.array([pattern.root]), insider)
    sum_low, sum_high = np.bincount(parent, low, n_groups), np.bincount(parent, high, n_groups)
    inner_low = np.maximum(sum_low, group_low)
    inner_high = np.minimum(sum_high, group_high)
    outer_low = root_low - (inner_high.sum() - inner_high)
    floor = np.maximum(group_low, outer_low)
    others_high = sum_high[parent] - high
    if not insider:
        leaf = floor[parent] - others_high
        return [leaf, np.maximum(sum_low, outer_low), inner_low.sum(keepdims=True)]
    room = np.where(pattern.leaves, high - leaves.value, 0.0)
    known_inside, largest = _largest_other(room, parent, n_groups)
    lost = inner_high - np.minimum(group_high, sum_high - largest)
    known_outside, _ = _largest_other(lost, np.zeros(n_groups, dtype=np.intp), 1)
    floor_outside = np.maximum(group_low, outer_low + known_outside)
    leaf = np.maximum(floor[parent] + known_inside, floor_outside[parent]) - others_high
    group = np.maximum(sum_low, outer_low + known_outside)
    return [leaf, group, inner_low.sum(keepdims=True)]


def _box(figures: Figures, hidden: Flags, insider: bool) -> tuple[Floats, Floats]:
    known = figures.low == figures.high  # printed elsewhere: not a label
    low = np.where(known | (not insider), figures.low, -np.inf)
    high = np.where(known | (not insider), figures.high, np.inf)
    return np.where(hidden, low, figures.value), np.where(hidden, high, figures.value)


def _largest_other(amount: Floats, parent: npt.NDArray[np.intp], n_groups: int) -> tuple[Floats, Floats]:
    """For each item the largest amount among the others of its group (0 if none), and each group's largest."""
    first = np.zeros(n_groups)
    np.maximum.at(first, parent, amount)
    is_first = amount >= first[parent]
    second = np.zeros(n_groups)
    np.maximum.at(second, parent[~is_first], amount[~is_first])
    shared = np.bincount(parent, is_first, n_groups) > 1
    runner_up = np.where(shared, first, second)
    return np.where(is_first, runner_up[parent], first[parent]), first


def shortfalls(tree: SumTree, pattern: Pattern, insider: bool) -> tuple[list[Floats], list[Floats]]:
    """By how much each protected figure cannot fall, and cannot rise, as far as it must ([leaves, groups, root])."""
    levels = (tree.leaves, tree.groups, tree.root)
    fall, rise = [np.zeros(len(level.value)) for level in levels], [np.zeros(len(level.value)) for level in levels]
    for knows in (False, True) if insider else (False,):
        low, high = feasible_bounds(tree, pattern, knows)
        for i, level in enumerate(levels):
            fall[i] = np.fmax(fall[i], np.nan_to_num(low[i] - level.need_low, nan=0.0))
            rise[i] = np.fmax(rise[i], np.nan_to_num(level.need_high - high[i], nan=0.0))
    return fall, rise


def is_safe(tree: SumTree, pattern: Pattern, insider: bool = False) -> bool:
    """True if every protected figure may still take every value it has to be able to take."""
    fall, rise = shortfalls(tree, pattern, insider)
    return all((level <= TOLERANCE).all() for level in (*fall, *rise))


def complete(tree: SumTree, hidden: Pattern, cost: Floats, insider: bool = False) -> Pattern:
    """Hide the protected figures and as many others as needed, least loss first.

    hidden: what is not printed anyway; cost: information lost by hiding a leaf (ties by position, so pass leaves in
    a stable order). Within a group another school's figure is hidden; where that cannot help, the group's total and
    another group's; the root last. Returns a pattern that is safe unless it is `exhausted`.
    """
    pattern = Pattern(
        hidden.leaves | tree.leaves.sensitive,
        hidden.groups | tree.groups.sensitive,
        hidden.root or bool(tree.root.sensitive[0]),
    )
    while (worst := _worst(tree, pattern, insider)) is not None:
        wider = _hide_leaf(tree, pattern, insider, worst, cost) or _hide_total(tree, pattern, insider, worst)
        if wider is None:
            return replace(pattern, leaves=np.ones_like(pattern.leaves), exhausted=True)
        pattern = wider
    return pattern


@dataclass(frozen=True)
class _Lack:
    """A protected figure that is not safe yet: level 0 leaf, 1 group, 2 root."""

    level: int
    index: int
    fall: float
    rise: float


def _worst(tree: SumTree, pattern: Pattern, insider: bool) -> _Lack | None:
    fall, rise = shortfalls(tree, pattern, insider)
    for level in (2, 1, 0):
        lack = np.maximum(fall[level], rise[level])
        if lack.max(initial=0.0) > TOLERANCE:
            index = int(lack.argmax())
            return _Lack(level, index, float(fall[level][index]), float(rise[level][index]))
    return None


def _lack_of(tree: SumTree, pattern: Pattern, insider: bool, worst: _Lack) -> float:
    fall, rise = shortfalls(tree, pattern, insider)
    return float(max(fall[worst.level][worst.index], 0.0) + max(rise[worst.level][worst.index], 0.0))


def _hide_leaf(tree: SumTree, pattern: Pattern, insider: bool, worst: _Lack, cost: Floats) -> Pattern | None:
    """Hide the cheapest leaf that helps, looking where help is nearest first."""
    now = worst.fall * (worst.fall > 0) + worst.rise * (worst.rise > 0)
    for place in _places(tree, pattern, worst):
        able = place & ~pattern.leaves & (tree.leaves.high - tree.leaves.low > TOLERANCE)
        if not able.any():
            continue
        if _lack_of(tree, replace(pattern, leaves=pattern.leaves | able), insider, worst) < now - TOLERANCE:
            chosen = pattern.leaves.copy()
            chosen[_cheapest(tree.leaves, able, worst, cost)] = True
            return replace(pattern, leaves=chosen)
    return None


def _places(tree: SumTree, pattern: Pattern, worst: _Lack) -> list[Flags]:
    """Leaves that could make room for the figure: in its own group, or in groups whose totals are hidden too."""
    in_open = pattern.groups[tree.parent]
    if worst.level == 2:
        return [in_open]
    group = tree.parent[worst.index] if worst.level == 0 else worst.index
    own = tree.parent == group
    elsewhere = in_open & ~own if pattern.groups[group] else np.zeros_like(own)
    return [own, elsewhere] if worst.level == 0 else [elsewhere, own]


def _cheapest(leaves: Figures, able: Flags, worst: _Lack, cost: Floats) -> int:
    """The cheapest leaf with room enough alone; failing that, the one with most room."""
    up, down = leaves.high - leaves.value, leaves.value - leaves.low
    room = np.minimum(up, worst.fall) * (worst.fall > 0) + np.minimum(down, worst.rise) * (worst.rise > 0)
    outer = worst.level == 1
    if outer:
        room = np.maximum(room, np.minimum(up, worst.rise) + np.minimum(down, worst.fall))
    enough = able & (room >= room[able].max() - TOLERANCE)
    candidates = np.flatnonzero(enough)
    return int(candidates[np.lexsort((candidates, cost[candidates]))[0]])


def _hide_total(tree: SumTree, pattern: Pattern, insider: bool, worst: _Lack) -> Pattern | None:
    """Hide a group's total, the smallest that helps; the root when all groups are hidden; None when it is too."""
    if worst.level == 0 and not pattern.groups[tree.parent[worst.index]]:
        return _with_group(pattern, int(tree.parent[worst.index]))
    closed = np.flatnonzero(~pattern.groups)
    if len(closed) and worst.level != 2:
        now = _lack_of(tree, pattern, insider, worst)
        by_size = closed[np.lexsort((closed, tree.groups.value[closed]))]
        helps = (g for g in by_size if _helps(tree, _with_group(pattern, int(g)), int(g), insider, worst, now))
        return _with_group(pattern, int(next(helps, by_size[0])))
    if not pattern.root:
        return replace(pattern, root=True)
    return _with_group(pattern, int(closed[0])) if len(closed) else None


def _with_group(pattern: Pattern, group: int) -> Pattern:
    groups = pattern.groups.copy()
    groups[group] = True
    return replace(pattern, groups=groups)


def _helps(tree: SumTree, wider: Pattern, group: int, insider: bool, worst: _Lack, now: float) -> bool:
    everything = replace(wider, leaves=wider.leaves | (tree.parent == group))
    return _lack_of(tree, everything, insider, worst) < now - TOLERANCE
