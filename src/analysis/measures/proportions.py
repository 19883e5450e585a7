"""Values of one period: shares and rates of units with intervals, and ratios of totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.measures.counts import as_floats, check_confidence, rates, shares

IntervalMethod = Literal["wilson", "clopper-pearson", "jeffreys"]
_STATSMODELS_NAMES = {"wilson": "wilson", "clopper-pearson": "beta", "jeffreys": "jeffreys"}


@dataclass(frozen=True)
class PooledRatio:
    """A ratio of totals over ``n_schools`` schools; ``se`` and the interval are NaN for fewer than two."""

    value: float
    se: float
    ci_low: float
    ci_high: float
    n_schools: int


def proportion_intervals(
    numerator: ArrayLike,
    denominator: ArrayLike,
    confidence: float = 0.95,
    method: IntervalMethod = "wilson",
) -> pd.DataFrame:
    """Share of each unit with a confidence interval.

    Parameters: counts, one per unit (arrays or Series, NaN = not reported). Returns a frame with one row per unit and
    columns ``value, ci_low, ci_high``, fractions 0–1; NaN where a count is missing or the denominator is zero.
    Raises ValueError naming the unit when x > n or a count is negative, and for an unknown method, a confidence outside
    0–1, unequal lengths, or Series that name the units in different orders (as all functions of counts do).

    Source: Wilson (1927), Clopper and Pearson (1934); Brown, Cai and DasGupta (2001), whose Jeffreys interval starts
    at 0 for x = 0 and ends at 1 for x = n.
    """
    if method not in _STATSMODELS_NAMES:
        raise ValueError(f"unknown method {method!r}; use one of {', '.join(_STATSMODELS_NAMES)}")
    check_confidence(confidence)
    counts = shares(numerator, denominator)
    x, n = counts.x[counts.valid], counts.n[counts.valid]
    low, high = proportion_confint(x, n, alpha=1 - confidence, method=_STATSMODELS_NAMES[method])
    value = x / n
    low, high = np.minimum(low, value), np.maximum(high, value)
    return counts.frame(value=value, ci_low=np.where(x == 0, 0.0, low), ci_high=np.where(x == n, 1.0, high))


def poisson_intervals(numerator: ArrayLike, exposure: ArrayLike, confidence: float = 0.95) -> pd.DataFrame:
    """Rate of each unit (events per unit of exposure) with the exact Poisson interval.

    Returns one row per unit: ``value, ci_low, ci_high`` in events per unit of exposure; NaN where missing or without
    exposure. Raises ValueError naming the unit for negative counts. Source: Garwood (1936).
    """
    check_confidence(confidence)
    counts = rates(numerator, exposure)
    x, n = counts.x[counts.valid], counts.n[counts.valid]
    tail = (1 - confidence) / 2
    low = np.where(x == 0, 0.0, stats.chi2.ppf(tail, np.maximum(2 * x, 1)) / 2)
    return counts.frame(value=x / n, ci_low=low / n, ci_high=stats.chi2.isf(tail, 2 * x + 2) / 2 / n)


def pooled_ratio(numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> PooledRatio:
    """Ratio of totals R = Σy/Σx with a school-clustered standard error.

    SE² = n/(n−1)·Σ[(yᵢ − R·xᵢ)/X]², interval by t with n−1 degrees of freedom. Units with a missing value or a zero
    denominator are left out; NaN without any. Raises ValueError naming the unit for negative counts.

    Source: Cochran (1977), Sampling Techniques, 6.4; the same numbers as R's ``survey::svyratio``.
    """
    check_confidence(confidence)
    counts = rates(numerator, denominator)
    y, x = sorted_rows(counts.x[counts.valid], counts.n[counts.valid])
    n = len(y)
    if n == 0:
        return PooledRatio(np.nan, np.nan, np.nan, np.nan, 0)
    value = y.sum() / x.sum()
    if n == 1:
        return PooledRatio(float(value), np.nan, np.nan, np.nan, 1)
    se = clustered_se((y - value * x) / x.sum())
    half = stats.t.isf((1 - confidence) / 2, n - 1) * se
    return PooledRatio(float(value), se, float(value - half), float(value + half), n)


def clustered_se(influences: np.ndarray) -> float:
    """Standard error of an estimate from its schools' linearised influences (which sum to zero).

    Rounding noise is a zero: influences are shares of a total, so anything below 1e-13 carries no information.
    """
    n = len(influences)
    influences = np.where(np.abs(influences) < 1e-13, 0.0, influences)
    return float(np.sqrt(n / (n - 1) * np.sum(influences**2)))


def sorted_rows(*columns: ArrayLike) -> np.ndarray:
    """Columns as rows of an array, units in one canonical order, so that sums do not depend on the order given."""
    stacked = np.array([as_floats(column) for column in columns])
    return stacked[:, np.lexsort(stacked[::-1])]
