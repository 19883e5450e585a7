"""Difference of two group means with a permutation test of who belongs to which group."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.measures.counts import as_floats, check_confidence, check_draws

EXACT_UP_TO = 20_000  # ways to choose the first group that are all enumerated
_CELLS = 4_000_000


@dataclass(frozen=True)
class GroupDifference:
    """Mean of the first group minus mean of the second, in the units of the values."""

    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    n_first: int
    n_second: int


def compare_groups(
    first: ArrayLike, second: ArrayLike, seed: int = 49, draws: int = 9999, confidence: float = 0.95
) -> GroupDifference:
    """Compare the means of two groups of schools; NaN values are left out.

    The two-sided p counts the assignments of schools to groups of the same sizes whose means differ at least as
    much: all of them up to 20,000, else ``draws`` seeded ones, (1 + hits)/(1 + draws). Interval: Student's t with
    pooled variance, which also serves a group of one. NaN where a group is empty or all schools are in the groups
    alone. Does not depend on the order given. Raises ValueError for fewer than one draw or a confidence outside 0–1.
    Source: Fisher (1935); Pitman (1937); Phipson and Smyth (2010).
    """
    check_confidence(confidence)
    check_draws(draws)
    a, b = (np.sort(values[~np.isnan(values)]) for values in (as_floats(first), as_floats(second)))
    if not len(a) or not len(b):
        return GroupDifference(np.nan, np.nan, np.nan, np.nan, len(a), len(b))
    difference = float(a.mean() - b.mean())
    df = len(a) + len(b) - 2
    if df == 0:
        return GroupDifference(difference, np.nan, np.nan, np.nan, len(a), len(b))
    variance = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / df
    half = float(stats.t.isf((1 - confidence) / 2, df) * np.sqrt(variance * (1 / len(a) + 1 / len(b))))
    p_value = _permutation_p(np.sort(np.concatenate([a, b])), len(a), abs(difference), seed, draws)
    return GroupDifference(difference, difference - half, difference + half, p_value, len(a), len(b))


def least_p_value(n_first: int, n_second: int) -> float:
    """The smallest p the permutation test can give for groups of these sizes.

    Groups of equal size can change places: the opposite assignment gives the same distance of means.
    """
    return (1 + (n_first == n_second)) / comb(n_first + n_second, n_first)


def _permutation_p(values: np.ndarray, size: int, observed: float, seed: int, draws: int) -> float:
    n, total = len(values), values.sum()
    at_least = observed - 1e-9 * (np.abs(values).max() + 1e-300)
    exact = comb(n, size) <= EXACT_UP_TO
    sums = _all_sums(values, size) if exact else _random_sums(values, size, seed, draws)
    differences = np.abs(sums / size - (total - sums) / (n - size))
    hits = int(np.count_nonzero(differences >= at_least))
    return hits / len(sums) if exact else (1 + hits) / (1 + draws)


def _all_sums(values: np.ndarray, size: int) -> np.ndarray:
    chosen = np.array(list(combinations(range(len(values)), size)))
    return values[chosen].sum(axis=1)


def _random_sums(values: np.ndarray, size: int, seed: int, draws: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = min(size, len(values) - size)  # draw the smaller group, it is the same split
    portion = max(1, _CELLS // len(values))
    sums = np.empty(draws)
    for first in range(0, draws, portion):
        order = np.argpartition(rng.random((min(portion, draws - first), len(values))), small, axis=1)
        sums[first : first + portion] = values[order[:, :small]].sum(axis=1)
    return sums if small == size else values.sum() - sums
