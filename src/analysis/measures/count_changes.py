"""Change of each unit's share or rate between two periods (second minus first)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.measures.counts import Counts, labels_of, rates, shares
from analysis.measures.exact import binomial_two_sided, fisher_two_sided
from analysis.measures.proportions import poisson_intervals, proportion_intervals


def proportion_changes(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, confidence: float = 0.95
) -> pd.DataFrame:
    """Change of each unit's share from the first period (x1 of n1) to the second (x2 of n2).

    Returns one row per unit: ``change, ci_low, ci_high`` (fractions; Newcombe's hybrid score interval, his method
    10), ``p_value`` (Fisher's exact test, two-sided) and ``effect`` (Cohen's h). NaN where a count is missing or a
    denominator is zero. Raises ValueError naming the unit when x > n, for unequal lengths, and for Series that name the
    units in different orders.

    The two periods' pupils overlap, so this screens schools, it proves nothing about one. Source: Newcombe (1998),
    Statistics in Medicine 17, 873–890; Cohen (1988).
    """
    labels_of(x1, x2)
    first, second = shares(x1, n1), shares(x2, n2)
    both = _both(first, second)
    before = proportion_intervals(first.x, first.n, confidence)
    after = proportion_intervals(second.x, second.n, confidence)
    change, low, high = _recovered_limits(before, after)
    a, n, b, m = (values[both.valid] for values in (first.x, first.n, second.x, second.n))
    effect = 2 * np.arcsin(np.sqrt(b / m)) - 2 * np.arcsin(np.sqrt(a / n))
    p_value = fisher_two_sided(a, n, b, m)
    kept = both.valid
    return both.frame(change=change[kept], ci_low=low[kept], ci_high=high[kept], p_value=p_value, effect=effect)


def rate_changes(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, confidence: float = 0.95) -> pd.DataFrame:
    """Change of each unit's rate: events x per exposure n.

    Returns the columns of :func:`proportion_changes`: the interval recovers its variance from the two exact Poisson
    intervals, ``p_value`` is the conditional binomial test, ``effect`` the ratio of rates (second / first).
    Source: Zou and Donner (2008); Przyborowski and Wilenski (1940).
    """
    labels_of(x1, x2)
    first, second = rates(x1, n1), rates(x2, n2)
    both = _both(first, second)
    before = poisson_intervals(first.x, first.n, confidence)
    after = poisson_intervals(second.x, second.n, confidence)
    change, low, high = _recovered_limits(before, after)
    a, n, b, m = (values[both.valid] for values in (first.x, first.n, second.x, second.n))
    p_value = binomial_two_sided(b, a + b, m / (n + m))
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(a > 0, (b / m) / (a / n), np.nan)
    kept = both.valid
    return both.frame(change=change[kept], ci_low=low[kept], ci_high=high[kept], p_value=p_value, effect=effect)


def _both(first: Counts, second: Counts) -> Counts:
    if len(first.x) != len(second.x):
        raise ValueError("the two periods must have one value per unit each")
    return Counts(first.x, first.n, first.valid & second.valid, first.labels)


def _recovered_limits(before: pd.DataFrame, after: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Difference of two estimates and limits recovered from the limits of each (square-and-add)."""
    p1, low1, high1 = before[["value", "ci_low", "ci_high"]].to_numpy().T
    p2, low2, high2 = after[["value", "ci_low", "ci_high"]].to_numpy().T
    change = p2 - p1
    low = change - np.sqrt((p2 - low2) ** 2 + (high1 - p1) ** 2)
    high = change + np.sqrt((high2 - p2) ** 2 + (p1 - low1) ** 2)
    return change, low, high
