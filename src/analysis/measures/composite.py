"""Composite scores: several indicators of a unit brought to one scale and to one number."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

Normalisation = Literal["minmax", "zscore", "rank", "percentile", "goalposts"]
Aggregation = Literal["arithmetic", "geometric", "harmonic"]
_NORMALISATIONS = ("minmax", "zscore", "rank", "percentile", "goalposts")
_AGGREGATIONS = ("arithmetic", "geometric", "harmonic")


def composite(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    normalise: Normalisation = "minmax",
    bounds: tuple[float, float] = (1, 100),
    goalposts: ArrayLike | None = None,
    aggregate: Aggregation = "arithmetic",
) -> np.ndarray:
    """Composite score of each unit (row) from its indicators (columns); higher is better in every column.

    ``weights``: one per column, equal when absent; renormalised over the values a unit has (NaN = no value).
    ``normalise``: ``minmax`` onto ``bounds``; ``zscore`` (mean 0, standard deviation 1 with n − 1); ``rank`` (1 =
    lowest, ties share the lowest); ``percentile`` ((rank − 1)/(n − 1)); ``goalposts`` onto ``bounds`` from fixed
    (low, high) rows, one per column or one for all, cut off at the ends. A column whose values do not differ says
    nothing and is dropped with a warning, except under goalposts.

    Returns one score per row, NaN where no value with a weight is left. Raises ValueError for unknown methods, wrong
    shapes, infinite values, negative weights, goalposts without a range, and for geometric or harmonic means of values ≤ 0.

    Source: OECD/JRC (2008), Handbook on Constructing Composite Indicators; the formulas of the R package COINr.
    """
    matrix, weight = _checked(values, weights, normalise, aggregate)
    scaled = normalised(matrix, normalise, bounds, goalposts)
    dropped = np.isnan(scaled).all(axis=0) & ~np.isnan(matrix).all(axis=0)
    if dropped.any():
        columns = ", ".join(str(column) for column in np.flatnonzero(dropped))
        warnings.warn(f"columns without a range dropped: {columns}", RuntimeWarning, stacklevel=2)
    return aggregated(scaled, weight, aggregate)


def normalised(
    matrix: np.ndarray, normalise: str, bounds: tuple[float, float] = (1, 100), goalposts: ArrayLike | None = None
) -> np.ndarray:
    """Columns on one scale, see :func:`composite`; a column without a range becomes NaN."""
    if normalise == "goalposts":
        return _between(matrix, *_posts(goalposts, matrix.shape[1]), bounds, cut=True)
    low, high = _ends(matrix)
    if normalise == "minmax":
        return _between(matrix, low, high, bounds, cut=False)
    if normalise == "zscore":
        scaled = _zscores(matrix)
    else:
        scaled = _ranks(matrix)
        if normalise == "percentile":
            present = np.count_nonzero(~np.isnan(matrix), axis=0)
            scaled = (scaled - 1) / np.maximum(present - 1, 1)
    return np.where(low < high, scaled, np.nan)


def aggregated(scaled: np.ndarray, weight: np.ndarray, aggregate: str) -> np.ndarray:
    """Weighted mean of each row over the values it has; NaN without any."""
    used = ~np.isnan(scaled) & (weight > 0)
    if aggregate != "arithmetic" and (scaled[used] <= 0).any():
        raise ValueError(f"{aggregate} mean needs values above 0; choose bounds that start above 0")
    share = np.where(used, weight, 0.0)
    total = share.sum(axis=1)
    safe = np.where(used, scaled, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if aggregate == "arithmetic":
            score = (share * safe).sum(axis=1) / total
        elif aggregate == "geometric":
            score = np.exp((share * np.log(safe)).sum(axis=1) / total)
        else:
            score = total / (share / safe).sum(axis=1)
    return np.where(total > 0, score, np.nan)


def as_matrix(values: ArrayLike) -> np.ndarray:
    """Units × indicators as floats, NaN = no value. Raises ValueError for another shape or an infinite value."""
    matrix = np.array(values, dtype=float)
    if matrix.ndim != 2:
        raise ValueError("values must have units in rows and indicators in columns")
    if np.isinf(matrix).any():
        unit, indicator = np.argwhere(np.isinf(matrix))[0]
        raise ValueError(f"unit {unit}, column {indicator}: the value is infinite")
    return matrix


def checked_weights(weights: ArrayLike | None, columns: int) -> np.ndarray:
    """One weight per column, equal when absent. Raises ValueError for another number of them or impossible weights."""
    weight = np.ones(columns) if weights is None else np.array(weights, dtype=float)
    if weight.shape != (columns,):
        raise ValueError("weights must have one value per column")
    if not ((weight >= 0) & np.isfinite(weight)).all():
        raise ValueError("weights must be numbers from 0 up")
    return weight


def _checked(
    values: ArrayLike, weights: ArrayLike | None, normalise: str, aggregate: str
) -> tuple[np.ndarray, np.ndarray]:
    matrix = as_matrix(values)
    weight = checked_weights(weights, matrix.shape[1])
    if normalise not in _NORMALISATIONS:
        raise ValueError(f"unknown normalisation {normalise!r}; use one of {', '.join(_NORMALISATIONS)}")
    if aggregate not in _AGGREGATIONS:
        raise ValueError(f"unknown aggregation {aggregate!r}; use one of {', '.join(_AGGREGATIONS)}")
    return matrix, weight


def _ends(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value per column; (0, 0) for a column without values."""
    empty = np.isnan(matrix).all(axis=0)
    filled = np.where(empty, 0.0, matrix)
    if not len(filled):
        return np.zeros(matrix.shape[1]), np.zeros(matrix.shape[1])
    return np.nanmin(filled, axis=0), np.nanmax(filled, axis=0)


def _between(
    matrix: np.ndarray, low: np.ndarray, high: np.ndarray, bounds: tuple[float, float], cut: bool
) -> np.ndarray:
    span = np.where(low < high, high - low, np.nan)
    share = (matrix - low) / span
    if cut:
        share = np.clip(share, 0, 1)
    return bounds[0] + (bounds[1] - bounds[0]) * share


def _posts(goalposts: ArrayLike | None, columns: int) -> tuple[np.ndarray, np.ndarray]:
    if goalposts is None:
        raise ValueError("goalposts are missing: give (low, high) for every column")
    posts = np.array(goalposts, dtype=float)
    if posts.shape not in {(columns, 2), (2,)}:
        raise ValueError("goalposts must be (low, high), or one such row per column")
    posts = np.broadcast_to(posts, (columns, 2))
    if not (posts[:, 0] < posts[:, 1]).all():
        raise ValueError("a goalpost's high must exceed its low")
    return posts[:, 0], posts[:, 1]


def _ranks(matrix: np.ndarray) -> np.ndarray:
    """Ascending ranks of each column's values, ties sharing the lowest; NaN stays NaN."""
    ranks = np.full(matrix.shape, np.nan)
    for column, values in enumerate(matrix.T):
        present = ~np.isnan(values)
        ranks[present, column] = np.searchsorted(np.sort(values[present]), values[present]) + 1
    return ranks


def _zscores(matrix: np.ndarray) -> np.ndarray:
    # sums over sorted columns, so that scores do not depend on the order of rows
    ordered = np.sort(matrix, axis=0)
    present = np.count_nonzero(~np.isnan(matrix), axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nansum(ordered, axis=0) / present
        variance = np.nansum((ordered - mean) ** 2, axis=0) / (present - 1)
        return (matrix - mean) / np.sqrt(variance)
