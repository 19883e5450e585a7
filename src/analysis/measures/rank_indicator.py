"""Places of schools on one indicator."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.measures.counts import Counts, rates, shares
from analysis.measures.rank_intervals import around_places, rank_intervals

Kind = Literal["share", "rate", "exact"]


def rank_indicator(
    numerator: ArrayLike,
    denominator: ArrayLike,
    kind: Kind = "share",
    confidence: float = 0.95,
    joint: bool = False,
    higher_is_better: bool = True,
    seed: int = 49,
) -> pd.DataFrame:
    """Place of each unit on one indicator x/n, with an interval of places.

    ``kind``: ``share`` (x of n, binomial), ``rate`` (x events per n, Poisson), ``exact`` (a fact without chance, such
    as yes/no). The place comes from x/n, equal values sharing the best place; the interval from the variance-
    stabilised θ̂ = asin√((x+⅜)/(n+¾)) for shares and θ̂ = √((x+⅜)/n) for rates, with σ = 1/(2√n), which is never
    zero, and is widened where needed to contain the place. Anscombe's σ for shares, 1/(2√(n+½)), has the right
    variance, but θ̂ has heavier tails than a normal estimate (excess kurtosis 2/n), and tails decide about places.

    Returns one row per unit: ``rank, low, high``; NaN where a count is missing or n = 0. Raises ValueError naming the
    unit when x > n (shares) or a count is negative.

    Source: Anscombe (1948), Biometrika 35, 246–254; intervals as in :func:`rank_intervals`.
    """
    counts = shares(numerator, denominator) if kind == "share" else rates(numerator, denominator)
    theta, sigma = _stabilised(counts, kind)
    frame = rank_intervals(
        theta, sigma, confidence=confidence, joint=joint, higher_is_better=higher_is_better, seed=seed
    )
    value = np.where(counts.valid, counts.x / np.where(counts.valid, counts.n, 1.0), np.nan)
    return around_places(frame, value if higher_is_better else -value).set_axis(counts.labels)


def stabilised_share(x: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Anscombe's angle of x of n, and its standard error for the calculation of places."""
    return np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))), 0.5 / np.sqrt(n)


def _stabilised(counts: Counts, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """Estimates on a scale where errors depend on n alone; NaN and 0 where there is no value."""
    x, n = (np.where(counts.valid, values, 1.0) for values in (counts.x, counts.n))
    if kind == "share":
        theta, sigma = stabilised_share(x, n)
    elif kind == "rate":
        theta, sigma = np.sqrt((x + 0.375) / n), 0.5 / np.sqrt(n)
    elif kind == "exact":
        theta, sigma = x / n, np.zeros(len(x))
    else:
        raise ValueError(f"unknown kind {kind!r}; use share, rate or exact")
    return np.where(counts.valid, theta, np.nan), sigma
