"""Wilcoxon's signed-rank test and the Hodges–Lehmann estimate, as R's ``wilcox.test`` gives them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats

EXACT_BELOW = 50  # R's rule
_ENUMERATED = 1000  # more differences: Walsh averages are searched, not listed


def signed_rank_sums(differences: np.ndarray) -> tuple[float, float]:
    """W⁺ and W⁻: sums of the mid-ranks of |d| over positive and negative differences (no zeros)."""
    ranks = stats.rankdata(np.abs(differences))
    return float(ranks[differences > 0].sum()), float(ranks[differences < 0].sum())


def signed_rank_p_value(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test; ``differences`` hold no zeros.

    Below 50 differences exact: the distribution of W⁺ over all signs of the mid-ranks at hand, ties or not. From 50
    on the normal approximation with tie and continuity corrections. Source: Hollander and Wolfe (1973), 27–33;
    R's ``wilcox.test`` (exact with ties since R 4.6.0, by the shift algorithm of Streitberg and Röhmel 1986).
    """
    n = len(differences)
    plus, minus = signed_rank_sums(differences)
    if n < EXACT_BELOW:
        doubled = np.rint(2 * stats.rankdata(np.abs(differences))).astype(int)
        counts = _rank_sum_counts(tuple(sorted(doubled)))
        return float(min(1.0, 2 * counts[: round(2 * min(plus, minus)) + 1].sum() / counts.sum()))
    repeats = np.unique(np.abs(differences), return_counts=True)[1]
    centred = plus - n * (n + 1) / 4
    z = (centred - np.sign(centred) * 0.5) / _rank_sum_sd(n, repeats)
    return float(min(1.0, 2 * stats.norm.sf(abs(z))))


def hodges_lehmann(differences: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Median of the Walsh averages (dᵢ+dⱼ)/2, i ≤ j, and the interval that inverts the signed-rank test.

    ``differences`` hold no zeros. Below 50 the interval uses the exact distribution without ties, which can only
    widen it when there are some. Source: Hollander and Wolfe (1973), 33–38.
    """
    d = np.sort(differences)
    pairs = len(d) * (len(d) + 1) // 2
    cut = _cut(d, confidence)
    middle = [(pairs - 1) // 2, pairs // 2]
    low, high, *centre = _walsh_order_statistics(d, [cut, pairs - 1 - cut, *middle])
    return (centre[0] + centre[1]) / 2, low, high


def _cut(d: np.ndarray, confidence: float) -> int:
    """How many Walsh averages lie outside the interval on each side."""
    n = len(d)
    tail = (1 - confidence) / 2
    if n < EXACT_BELOW:
        counts = _rank_sum_counts(tuple(range(1, n + 1)))
        return max(int(np.searchsorted(np.cumsum(counts) / counts.sum(), tail - 1e-12)) - 1, 0)
    spread = _rank_sum_sd(n, np.unique(d, return_counts=True)[1])
    centre = n * (n + 1) / 4
    return int(np.clip(np.floor(centre - 0.5 - stats.norm.isf(tail) * spread), 0, centre))


def _rank_sum_sd(n: int, repeats: np.ndarray) -> float:
    return float(np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - np.sum(repeats**3.0 - repeats) / 48))


@lru_cache(maxsize=64)
def _rank_sum_counts(scores: tuple[int, ...]) -> np.ndarray:
    """Number of subsets of the scores with each sum; floats are exact up to 2⁵³."""
    counts = np.zeros(sum(scores) + 1)
    counts[0] = 1
    for score in scores:
        counts[score:] = counts[score:] + counts[:-score]
    return counts


def _walsh_order_statistics(d: np.ndarray, places: list[int]) -> list[float]:
    """Walsh averages of sorted differences at the given places (0-based) of their ascending order."""
    if len(d) <= _ENUMERATED:
        rows, columns = np.triu_indices(len(d))
        averages = np.sort((d[rows] + d[columns]) / 2)
        return [float(averages[place]) for place in places]
    return [_walsh_order_statistic(d, place) for place in places]


def _walsh_order_statistic(d: np.ndarray, place: int) -> float:
    """One order statistic without listing all averages: halve a bracket, then list what is left in it."""
    low, high = float(d[0]), float(d[-1])
    below, up_to = 0, len(d) * (len(d) + 1) // 2
    while up_to - below > 200_000 and (middle := (low + high) / 2) not in (low, high):
        count = int(_partners(d, middle).sum())
        if count > place:
            high, up_to = middle, count
        else:
            low, below = middle, count
    first, last = _partners(d, low) if below else np.zeros(len(d), int), _partners(d, high)
    if up_to - below > 200_000:
        return high  # the bracket has closed on one repeated value
    left = np.repeat(np.arange(len(d)), last - first)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    right = left + np.repeat(first, last - first) + offset
    return float(np.sort((d[left] + d[right]) / 2)[place - below])


def _partners(d: np.ndarray, value: float) -> np.ndarray:
    """For each i, the number of j ≥ i whose average with i is at most ``value``."""
    ends = np.searchsorted(d, 2 * value - d, side="right")
    return np.maximum(ends - np.arange(len(d)), 0)
