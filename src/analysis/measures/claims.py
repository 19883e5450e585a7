"""Counting how many units are claimed above and below each unit, for few units and for very many."""

from __future__ import annotations

import numpy as np

_ALL_PAIRS_UP_TO = 400
_CLASSES = 0.2  # times √units: searching the classes then takes about as long as looking at pairs
_CELLS = 4_000_000


def count_claims(theta: np.ndarray, sigma: np.ndarray, c: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of units claimed above and below each unit: θ_k − θ_j beyond c_j·√(σ_j²+σ_k²), either way."""
    c = np.broadcast_to(np.asarray(c, float), theta.shape)
    return _count_above(theta, sigma, c), _count_above(-theta, sigma, c)


def _count_above(theta: np.ndarray, sigma: np.ndarray, c: np.ndarray) -> np.ndarray:
    if len(theta) <= _ALL_PAIRS_UP_TO:
        rows = range(0, len(theta), max(1, _CELLS // max(1, len(theta))))
        step = rows.step
        return np.concatenate([_above(theta, sigma, c, slice(i, i + step)) for i in rows] or [np.zeros(0, int)])
    order = np.argsort(sigma, kind="stable")
    total = np.zeros(len(theta), dtype=np.int64)
    for members in np.array_split(order, max(1, int(_CLASSES * np.sqrt(len(theta))))):
        total += _above_of_class(theta, sigma, c, members[np.argsort(theta[members], kind="stable")])
    return total


def _above(theta: np.ndarray, sigma: np.ndarray, c: np.ndarray, some: slice) -> np.ndarray:
    margin = c[some, None] * np.hypot(sigma[some, None], sigma)
    return np.count_nonzero(theta - theta[some, None] > margin, axis=1)


def _above_of_class(theta: np.ndarray, sigma: np.ndarray, c: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Claims above every unit among ``members`` (similar errors, ascending θ).

    The least and the largest error of the class bound the margin; only members between the bounds are looked at.
    """
    values, errors = theta[members], sigma[members]
    # the bounds are widened a little so that rounding in them cannot decide a claim; but no equal unit lies above
    near = theta + c * np.hypot(sigma, errors.min()) * (1 - 1e-12)
    far = theta + c * np.hypot(sigma, errors.max()) * (1 + 1e-12)
    first = np.searchsorted(values, np.maximum(near - 1e-12 * np.abs(near), theta), side="right")
    last = np.maximum(np.searchsorted(values, far + 1e-12 * np.abs(far), side="right"), first)
    total = len(members) - last
    open_units = np.flatnonzero(last > first)
    lengths = (last - first)[open_units]
    for some in _portions(lengths):
        units, sizes = open_units[some], lengths[some]
        j = np.repeat(units, sizes)
        k = np.arange(len(j)) - np.repeat(np.cumsum(sizes) - sizes - first[units], sizes)
        claimed = values[k] - theta[j] > c[j] * np.hypot(sigma[j], errors[k])
        total += np.bincount(j[claimed], minlength=len(theta))
    return total


def _portions(lengths: np.ndarray) -> list[slice]:
    """Slices of units whose pairs fit into memory together."""
    if not len(lengths):
        return []
    portion = (np.cumsum(lengths) - 1) // _CELLS
    edges = np.flatnonzero(np.diff(portion)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(lengths)]
    return [slice(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
