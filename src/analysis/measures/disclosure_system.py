"""Everything the printed tables of an edition say about the hidden counts, as linear equations and inequalities."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

Term = tuple[Hashable, float]
Floats = npt.NDArray[np.float64]


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

    def range_of(self, goals: Iterable[Sequence[Term]]) -> list[tuple[float, float]]:
        """Least and greatest value of each linear expression.

        Raises ValueError if the printed figures contradict each other.
        """
        split = [self._split(goal) for goal in goals]  # first: a goal may name a count that no equation does
        blocks = self._blocks()
        return [self._range(*parts, blocks) for parts in split]

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


@dataclass(frozen=True)
class _Blocks:
    matrix: csr_array
    limits: Floats
    equality: npt.NDArray[np.bool_]
    bounds: Floats
    block: npt.NDArray[np.int_]
    block_of_row: npt.NDArray[np.int_]
    parts: dict[int, tuple[npt.NDArray[np.int_], csr_array, Floats, csr_array, Floats]] = field(default_factory=dict)

    def solve(self, which: int, goal: list[tuple[int, float]], sign: float) -> float:
        """Least (sign 1) or greatest (sign −1) value of the goal over one connected part."""
        if which not in self.parts:
            members, rows = np.flatnonzero(self.block == which), np.flatnonzero(self.block_of_row == which)
            part = self.matrix[rows][:, members]
            equal, limit = self.equality[rows], self.limits[rows]
            self.parts[which] = (members, part[~equal], limit[~equal], part[equal], limit[equal])
        members, less, most, same, total = self.parts[which]
        place = {int(at): i for i, at in enumerate(members)}
        cost = np.zeros(len(members))
        for at, coefficient in goal:
            cost[place[at]] += sign * coefficient
        found = linprog(cost, A_ub=less, b_ub=most, A_eq=same, b_eq=total, bounds=self.bounds[members], method="highs")
        if found.status == 3:
            return -sign * np.inf
        if found.status != 0:
            raise ValueError(f"the printed figures contradict each other: {found.message}")
        return sign * float(found.fun)
