"""The chances behind the counts of a group's schools, as the bootstrap of the score draws from them."""

from __future__ import annotations

import numpy as np


def chances_of_group(numerator: np.ndarray, denominator: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Chance (or rate) of every school and indicator, drawn towards that of the group.

    ``numerator, denominator``: counts, schools × indicators; ``share`` (one per indicator): binomial, else Poisson.
    A school's own chance is (x + ⅜)/(n + ¾), of a rate (x + ⅜)/n; the group's is the same of the totals. The own one
    weighs τ²/(τ² + v/n), where v/n is the variance that chance gives the school and τ² the variance between schools
    beyond it, by moments, not below zero. So schools that differ no more than chance share one chance, and an error
    does not shrink because a school happened to be near 0 or 100 percent. NaN where a count is missing or n = 0.

    Source: Kleinman (1973), J. Am. Stat. Assoc. 68, 46–54, with weights n.
    """
    usable = ~np.isnan(numerator) & ~np.isnan(denominator) & (denominator > 0)
    x, n = np.where(usable, numerator, 0.0), np.where(usable, denominator, 0.0)
    size = np.where(usable, n, 1.0)
    own = (x + 0.375) / np.where(share, size + 0.75, size)
    total, schools = n.sum(axis=0), usable.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        common = (x.sum(axis=0) + 0.375) / np.where(share, total + 0.75, total)
        mean = x.sum(axis=0) / total
        variance = np.where(share, mean * (1 - mean), mean)
        spread = (n * (x / size - mean) ** 2).sum(axis=0) - (schools - 1) * variance
        room = total - (n**2).sum(axis=0) / total
        between = np.where(room > 1e-9 * total, np.maximum(spread / room, 0.0), 0.0)
        weight = np.where(between > 0, between / (between + variance / size), 0.0)
    return np.where(usable, np.clip(weight * own + (1 - weight) * common, 0, np.where(share, 1.0, np.inf)), np.nan)
