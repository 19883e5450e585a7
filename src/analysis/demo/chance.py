"""Seeded shares of schools whose weighted mean is the city's level exactly as set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.demo.levels import Share
from analysis.demo.months import stream

Floats = NDArray[np.float64]
HIGHEST_SHARE = 0.97  # exactly 100 % in several indicators would be a query of its own


def school_shares(share: Share, level: float, weights: NDArray[np.int64], year: int) -> Floats:
    """Each school's share in a year: general strength, its own habit with this measure, the year's chance."""
    n_schools = len(weights)
    strength = share.ability * stream("strength").normal(0, 1, n_schools)
    habit = np.sqrt(1 - share.ability**2) * stream("habit", share.measure).normal(0, 1, n_schools)
    chance = stream("chance", share.measure, year).normal(0, share.wobble, n_schools)
    logits = share.spread * (strength + habit) + chance
    return _logistic(logits + _intercept(logits, weights, level))


def lasting(name: str, n_schools: int, spread: float) -> Floats:
    """A lasting factor per school with mean 1, for flows."""
    return stream("lasting", name).lognormal(-(spread**2) / 2, spread, n_schools)


def draw(name: str, year: object, contingent: NDArray[np.int64], shares: Floats) -> NDArray[np.int64]:
    """Pupils who took part: binomial, never quite everybody in a large school."""
    most = np.where(contingent >= 30, np.floor(HIGHEST_SHARE * contingent), contingent).astype(np.int64)
    return np.minimum(stream("draw", name, year).binomial(contingent, shares), most)


def _intercept(logits: Floats, weights: NDArray[np.int64], level: float) -> float:
    low, high = -10.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        reached = float((weights * _logistic(logits + middle)).sum() / weights.sum())
        low, high = (middle, high) if reached < level else (low, middle)
    return (low + high) / 2


def _logistic(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))
