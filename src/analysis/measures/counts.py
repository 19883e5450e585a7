"""Checks of counted data, shared by the methods that take numerators and denominators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Counts:
    """Counts of units side by side: ``x`` of ``n``; ``valid`` marks the units that can be used.

    A unit is valid when both numbers are there and the denominator is above zero. ``labels`` are the index of the
    pandas object the counts came from, else positions.
    """

    x: np.ndarray
    n: np.ndarray
    valid: np.ndarray
    labels: pd.Index

    def frame(self, **columns: np.ndarray) -> pd.DataFrame:
        """One row per unit, NaN where the unit is not valid; columns hold the valid units only."""
        data = {}
        for name, values in columns.items():
            full = np.full(len(self.x), np.nan)
            full[self.valid] = values
            data[name] = full
        return pd.DataFrame(data, index=self.labels)


def shares(numerator: ArrayLike, denominator: ArrayLike) -> Counts:
    """Counts of a share. Raises ValueError naming the unit when x > n or a count is negative."""
    counts = rates(numerator, denominator)
    with np.errstate(invalid="ignore"):
        over = counts.x > counts.n
    _refuse(counts, over, "numerator {x:g} exceeds denominator {n:g}")
    return counts


def rates(numerator: ArrayLike, denominator: ArrayLike) -> Counts:
    """Counts per exposure (numerator may exceed denominator). Raises ValueError naming the unit when negative."""
    x, n = as_floats(numerator), as_floats(denominator)
    if len(x) != len(n) and 1 not in (len(x), len(n)):
        raise ValueError(f"{len(x)} numerators for {len(n)} denominators")
    x, n = np.broadcast_arrays(x, n)
    labels = labels_of(numerator, denominator)
    with np.errstate(invalid="ignore"):
        valid = ~np.isnan(x) & ~np.isnan(n) & (n > 0)
        counts = Counts(x, n, valid, pd.RangeIndex(len(x)) if labels is None else labels)
        _refuse(counts, (x < 0) | (n < 0), "negative count: {x:g} of {n:g}")
        _refuse(counts, np.isinf(x) | np.isinf(n), "infinite count: {x:g} of {n:g}")
    return counts


def as_floats(values: ArrayLike) -> np.ndarray:
    """A one-dimensional float array; pandas' missing values become NaN. Raises ValueError for a table."""
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype=float, na_value=np.nan)
    array = np.atleast_1d(np.asarray(values, dtype=float))
    if array.ndim > 1:
        raise ValueError("give one value per unit, not a table")
    return array


def labels_of(*values: ArrayLike | None) -> pd.Index | None:
    """The index of the first Series, None without one.

    Units are matched by position. Raises ValueError for Series that name the same units in another order: matched so,
    they would give a wrong number without a word.
    """
    indexes = [value.index for value in values if isinstance(value, pd.Series)]
    for other in indexes[1:]:
        if not other.equals(indexes[0]) and len(other) == len(indexes[0]) and set(other) == set(indexes[0]):
            raise ValueError("the Series name the same units in another order; put them in one order first")
    return indexes[0] if indexes else None


def check_confidence(confidence: float) -> None:
    """Raise ValueError unless 0 < confidence < 1 (0.95, not 95)."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence:g} does not lie between 0 and 1")


def check_draws(draws: int) -> None:
    """Raise ValueError for fewer than one draw."""
    if draws < 1:
        raise ValueError(f"draws must be 1 or more, not {draws}")


def _refuse(counts: Counts, wrong: np.ndarray, text: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        problem = text.format(x=counts.x[first], n=counts.n[first])
        raise ValueError(f"unit {counts.labels[first]}: {problem}")
