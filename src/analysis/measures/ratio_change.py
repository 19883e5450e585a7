"""Change of a ratio of totals on a matched panel of schools (second period minus first)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.measures.counts import as_floats, check_confidence, labels_of, rates
from analysis.measures.proportions import clustered_se, sorted_rows


@dataclass(frozen=True)
class PooledRatioChange:
    """Change of a ratio of totals over the ``n_pairs`` schools present in both periods."""

    change: float
    se: float
    df: int
    t: float
    p_value: float
    ci_low: float
    ci_high: float
    n_pairs: int


def pooled_ratio_change(
    y1: ArrayLike, x1: ArrayLike, y2: ArrayLike, x2: ArrayLike, confidence: float = 0.95
) -> PooledRatioChange:
    """Change of a ratio of totals, Σy2/Σx2 − Σy1/Σx1, over the schools present in both periods.

    Each position of the four arrays is one school; schools that lack a value or have a zero denominator in either
    period are left out. uᵢ = (yᵢ₂−R₂xᵢ₂)/X₂ − (yᵢ₁−R₁xᵢ₁)/X₁, SE² = n/(n−1)·Σuᵢ², t with n−1 degrees of freedom.
    With fewer than two schools the test is NaN. When every school changed alike (SE 0), t is 0 and p 1 for no
    change, ±inf and 0 for the same change everywhere. Raises ValueError for negative counts, unequal lengths, Series
    that name the schools in different orders, or a confidence outside 0–1.

    Source: linearisation of a difference of two ratios on a matched panel (Wolter 2007, Introduction to Variance
    Estimation, ch. 6).
    """
    check_confidence(confidence)
    labels_of(y1, x1, y2, x2)
    arrays = [as_floats(values) for values in (y1, x1, y2, x2)]
    if len({len(values) for values in arrays}) != 1:
        raise ValueError("the four arrays must have one value per school each")
    first, second = rates(arrays[0], arrays[1]), rates(arrays[2], arrays[3])
    kept = first.valid & second.valid
    a, n, b, m = sorted_rows(*(values[kept] for values in arrays))
    if not len(a):
        return _untested(np.nan, 0)
    ratio1, ratio2 = a.sum() / n.sum(), b.sum() / m.sum()
    change = float(ratio2 - ratio1)
    if len(a) == 1:
        return _untested(change, 1)
    se = clustered_se((b - ratio2 * m) / m.sum() - (a - ratio1 * n) / n.sum())
    df = len(a) - 1
    t = t_ratio(change, se)
    half = float(stats.t.isf((1 - confidence) / 2, df)) * se
    p_value = float(2 * stats.t.sf(abs(t), df))
    return PooledRatioChange(change, se, df, t, p_value, change - half, change + half, len(a))


def _untested(change: float, n_pairs: int) -> PooledRatioChange:
    nan = float("nan")
    return PooledRatioChange(change, nan, 0, nan, nan, nan, nan, n_pairs)


def t_ratio(estimate: float, se: float) -> float:
    """Estimate over its standard error; 0 for 0/0 (nothing changed anywhere), ±inf for a constant change."""
    if se > 0:
        return estimate / se
    return 0.0 if abs(estimate) < 1e-13 else float(np.copysign(np.inf, estimate))
