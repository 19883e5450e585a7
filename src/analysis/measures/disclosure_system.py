"""Everything the printed tables of an edition say about the hidden counts, as linear equations and inequalities."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

Term = tuple[Hashable, float]
Floats = npt.NDArray[np.float64]
Enough = tuple[float, float, float]  # a range reaches down to, up to, and is at least as wide
Equations = tuple[csr_array, Floats, csr_array, Floats]  # A·x ≤ b, then A·x = b
_MOST = 1e6  # people: a bound for counts without one, so that every corner is finite


@dataclass
class LinearSystem:
    """Counts by name: known ones are constants, the others variables between bounds."""

    known: dict[Hashable, float] = field(default_factory=dict)
    _position: dict[Hashable, int] = field(default_factory=dict)
    _low: list[float] = field(default_factory=list)
    _high: list[float] = field(default_factory=list)
    _rows: list[tuple[list[int], list[float], float, bool]] = field(default_factory=list)

    def bound(self, name: Hashable, low: float = 0.0, high: float = np.inf) -> None:
        """Tighten the bounds of a hidden count; a printed one is left alone."""
        if name in self.known:
            return
        at = self._at(name)
        self._low[at], self._high[at] = max(self._low[at], low), min(self._high[at], high)

    def equal(self, terms: Sequence[Term], total: float = 0.0) -> None:
        """Σ coefficient · count = total."""
        self._add(terms, total, equality=True)

    def at_most(self, terms: Sequence[Term], limit: float = 0.0) -> None:
        """Σ coefficient · count ≤ limit."""
        self._add(terms, limit, equality=False)

    def range_of(
        self, goals: Sequence[Sequence[Term]], enough: Sequence[Enough] | None = None
    ) -> list[tuple[float, float]]:
        """Least and greatest value of each linear expression.

        enough: for each goal what is wanted of its range; a range that is as wide is not sought any further, which
        makes many goals cheap: one solution shows a value of each of them.
        Raises ValueError if the printed figures contradict each other.
        """
        split = [self._split(goal) for goal in goals]  # first: a goal may name a count that no equation does
        blocks = self._blocks()
        if enough is None or not self._low:
            return [self._range(*parts, blocks) for parts in split]
        return self._seen(split, blocks, enough)

    def _seen(
        self, split: list[tuple[list[int], list[float], float]], blocks: _Blocks, enough: Sequence[Enough]
    ) -> list[tuple[float, float]]:
        """Ranges over the solutions that were looked at: of all goals at once, then of those that are not wide enough."""
        goals = coo_array(
            (
                np.array([c for _, coefficients, _ in split for c in coefficients], dtype=float),
                (
                    np.repeat(np.arange(len(split)), [len(columns) for columns, *_ in split]),
                    np.array([at for columns, *_ in split for at in columns], dtype=int),
                ),
            ),
            (len(split), len(self._low)),
        ).tocsr()
        constant = np.array([one for *_, one in split], dtype=float)
        ranges = _Ranges(goals, constant, np.array(enough, dtype=float).reshape(-1, 3))
        for sign in (-1.0, 1.0):
            ranges.look_at(blocks.everywhere(sign * goals.sum(axis=0)))
        for at in range(len(split)):
            for sign in (-1.0, 1.0):
                if ranges.lacks(at, sign):
                    ranges.look_at(blocks.corner(sign * goals[[at]].toarray()[0]))
        return list(zip(ranges.low.tolist(), ranges.high.tolist(), strict=True))

    def nearest(
        self,
        goals: Sequence[tuple[Sequence[Term], float]],
        true: Mapping[Hashable, float],
        cost: Mapping[Hashable, float] | None = None,
    ) -> dict[Hashable, float] | None:
        """Counts that obey everything and give each goal its value, with the fewest people moved; None if there are none.

        true: the counts of people, which stay whole numbers; others need not. cost: of moving a count by one (1).
        """
        split = [(self._split(terms), value) for terms, value in goals]
        blocks, names = self._blocks(), list(self._position)
        rows, columns, values = (
            [at for at, ((c, *_), _) in enumerate(split) for _ in c],
            [c for (columns, *_), _ in split for c in columns],
            [c for (_, coefficients, _), _ in split for c in coefficients],
        )
        wanted = coo_array((np.array(values), (rows, columns)), (len(split), len(names))).tocsr()
        ends = np.array([value - constant for (*_, constant), value in split])
        known, costs = (
            np.array([by.get(one, other) for one in names]) for by, other in ((true, np.nan), (cost or {}, 1.0))
        )
        low = np.where(blocks.equality, blocks.limits, -np.inf)
        equations = LinearConstraint(vstack([blocks.matrix, wanted]), np.r_[low, ends], np.r_[blocks.limits, ends])
        found = _whole_numbers(equations, blocks.bounds, known, costs)
        return None if found is None else dict(zip(names, found.tolist(), strict=True))

    def _at(self, name: Hashable) -> int:
        if name not in self._position:
            self._position[name] = len(self._low)
            self._low.append(0.0)
            self._high.append(np.inf)
        return self._position[name]

    def _split(self, terms: Sequence[Term]) -> tuple[list[int], list[float], float]:
        unknown = [(self._at(name), coefficient) for name, coefficient in terms if name not in self.known]
        constant = sum(coefficient * self.known[name] for name, coefficient in terms if name in self.known)
        return [at for at, _ in unknown], [coefficient for _, coefficient in unknown], constant

    def _add(self, terms: Sequence[Term], limit: float, equality: bool) -> None:
        columns, coefficients, constant = self._split(terms)
        if columns:
            self._rows.append((columns, coefficients, limit - constant, equality))

    def _matrix(self) -> tuple[csr_array, Floats, npt.NDArray[np.bool_]]:
        lengths = [len(columns) for columns, *_ in self._rows]
        row = np.repeat(np.arange(len(lengths)), lengths)
        column = np.array([at for columns, *_ in self._rows for at in columns], dtype=int)
        value = np.array([c for _, coefficients, *_ in self._rows for c in coefficients], dtype=float)
        shape = (len(self._rows), len(self._low))
        limits = np.array([limit for *_, limit, _ in self._rows], dtype=float)
        return (
            coo_array((value, (row, column)), shape).tocsr(),
            limits,
            np.array([e for *_, e in self._rows], dtype=bool),
        )

    def _blocks(self) -> _Blocks:
        """Counts that share no equation cannot tell about each other: each connected part is solved alone."""
        matrix, limits, equality = self._matrix()
        size = len(self._low)
        links = matrix.T @ matrix if size else csr_array((0, 0))
        _, block = connected_components(abs(links), directed=False) if size else (0, np.zeros(0, dtype=int))
        first = np.array([columns[0] for columns, *_ in self._rows], dtype=int)
        bounds = np.column_stack([self._low, self._high]) if size else np.zeros((0, 2))
        return _Blocks(matrix, limits, equality, bounds, block, block[first] if len(first) else first)

    @staticmethod
    def _range(columns: list[int], coefficients: list[float], constant: float, blocks: _Blocks) -> tuple[float, float]:
        low = high = constant
        for which in sorted({int(blocks.block[at]) for at in columns}):
            mine = [(at, c) for at, c in zip(columns, coefficients, strict=True) if blocks.block[at] == which]
            low += blocks.solve(which, mine, 1.0)
            high += blocks.solve(which, mine, -1.0)
        return low, high


@dataclass
class _Ranges:
    """What each goal (a row of ``goals``, plus a constant) was seen to be in some solution."""

    goals: csr_array
    constant: Floats
    enough: Floats
    low: Floats = field(init=False)
    high: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.low, self.high = np.full(len(self.constant), np.inf), np.full(len(self.constant), -np.inf)

    def look_at(self, solution: Floats) -> None:
        """Widen the ranges; counts that the solution does not tell are NaN."""
        told = ~np.isnan(solution)
        value = self.goals @ np.where(told, solution, 0.0) + self.constant
        value[(abs(self.goals) @ (~told).astype(float)) > 0] = np.nan
        self.low, self.high = np.fmin(self.low, value), np.fmax(self.high, value)

    def lacks(self, at: int, sign: float) -> bool:
        """Is the range not wide enough upwards (sign −1) or downwards (sign 1)?"""
        low, high, width = self.enough[at]
        narrow = self.high[at] - self.low[at] < width - 1e-9
        return bool(narrow or (self.high[at] < high - 1e-9 if sign < 0 else self.low[at] > low + 1e-9))


@dataclass(frozen=True)
class _Blocks:
    matrix: csr_array
    limits: Floats
    equality: npt.NDArray[np.bool_]
    bounds: Floats
    block: npt.NDArray[np.int_]
    block_of_row: npt.NDArray[np.int_]
    parts: dict[int, tuple[npt.NDArray[np.int_], Equations]] = field(default_factory=dict)

    def solve(self, which: int, goal: list[tuple[int, float]], sign: float) -> float:
        """Least (sign 1) or greatest (sign −1) value of the goal over one connected part."""
        members, equations = self._part(which)
        place = {int(at): i for i, at in enumerate(members)}
        cost = np.zeros(len(members))
        for at, coefficient in goal:
            cost[place[at]] += sign * coefficient
        found = _optimum(cost, *equations, self.bounds[members])
        return -sign * np.inf if found is None else sign * float(found[1])

    def everywhere(self, cost: Floats) -> Floats:
        """A solution with the least cost, of all parts at once."""
        less = ~self.equality
        equations = (self.matrix[less], self.limits[less], self.matrix[self.equality], self.limits[self.equality])
        return _corner(cost, *equations, self.bounds)

    def corner(self, cost: Floats) -> Floats:
        """A solution with the least cost of the connected parts that the cost touches; NaN elsewhere."""
        solution = np.full(len(self.block), np.nan)
        for which in np.unique(self.block[cost != 0]):
            members, equations = self._part(int(which))
            solution[members] = _corner(cost[members], *equations, self.bounds[members])
        return solution

    def _part(self, which: int) -> tuple[npt.NDArray[np.int_], Equations]:
        if which not in self.parts:
            members, rows = np.flatnonzero(self.block == which), np.flatnonzero(self.block_of_row == which)
            part = self.matrix[rows][:, members]
            equal, limit = self.equality[rows], self.limits[rows]
            self.parts[which] = (members, (part[~equal], limit[~equal], part[equal], limit[equal]))
        return self.parts[which]


def _corner(cost: Floats, less: csr_array, most: Floats, same: csr_array, total: Floats, bounds: Floats) -> Floats:
    bounds = np.column_stack([bounds[:, 0], np.fmin(bounds[:, 1], _MOST)])
    found = _optimum(cost, less, most, same, total, bounds)
    assert found is not None
    return found[0]


def _whole_numbers(equations: LinearConstraint, bounds: Floats, true: Floats, cost: Floats) -> Floats | None:
    """The cheapest way from the true counts to a solution; each of them is moved up or down by whole numbers."""
    counted = np.flatnonzero(~np.isnan(true))
    size, n = len(true), len(counted)
    place = csr_array((np.ones(n), (np.arange(n), counted)), (n, size))
    moves = LinearConstraint(hstack([place, -eye_array(n), eye_array(n)]), true[counted], true[counted])
    same = csr_array((equations.A.shape[0], 2 * n))
    found = milp(
        np.r_[np.zeros(size), cost[counted], cost[counted]],
        integrality=np.r_[~np.isnan(true), np.zeros(2 * n)],
        bounds=Bounds(np.r_[bounds[:, 0], np.zeros(2 * n)], np.r_[bounds[:, 1], np.full(2 * n, np.inf)]),
        constraints=[LinearConstraint(hstack([equations.A, same]), equations.lb, equations.ub), moves],
    )
    return None if found.x is None else np.where(np.isnan(true), found.x[:size], np.rint(found.x[:size]))


def _optimum(
    cost: Floats, less: csr_array, most: Floats, same: csr_array, total: Floats, bounds: Floats
) -> tuple[Floats, float] | None:
    """Where the cost is least, and the cost; None when it has no end."""
    found = linprog(cost, A_ub=less, b_ub=most, A_eq=same, b_eq=total, bounds=bounds, method="highs")
    if found.status == 3:
        return None
    if found.status != 0:
        raise ValueError(f"the printed figures contradict each other: {found.message}")
    return found.x, float(found.fun)
