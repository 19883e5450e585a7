"""Funnel plot: how far shares of schools stray from the common share, given their size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.measures.counts import shares

LIMITS = {"low998": 0.001, "low95": 0.025, "high95": 0.975, "high998": 0.999}
WINSORISED = 0.1


def funnel(numerator: ArrayLike, denominator: ArrayLike) -> pd.DataFrame:
    """Shares of units against the common share θ = Σx/Σn with exact control limits.

    Returns one row per unit: ``value``; ``z`` on the arcsine scale; ``z_overdispersed``, the same with the variance
    τ² between units added; ``low95, high95, low998, high998`` (fractions: exact binomial limits, interpolated between
    whole counts); ``band``: ``within``, ``below_95``, ``above_95`` (outside 95 % limits), ``below_998``,
    ``above_998``, None without a value. ``.attrs``: ``target`` θ, ``phi`` (mean squared z, winsorised at 10 % on
    both sides), ``tau2``. NaN where a count is missing or n = 0. Raises ValueError naming the unit when x > n.

    Source: Spiegelhalter (2005), Statistics in Medicine 24, 1185–1202 (appendix A.1.1 for the limits, 3.3 for φ, τ²).
    """
    counts = shares(numerator, denominator)
    x, n = counts.x[counts.valid], counts.n[counts.valid]
    target = float(np.sort(x).sum() / np.sort(n).sum()) if len(x) else np.nan
    value = x / n
    error = 0.5 / np.sqrt(n)
    distance = np.arcsin(np.sqrt(value)) - np.arcsin(np.sqrt(target))
    phi, tau2 = _overdispersion(distance / error, error)
    limits = _limits(n, target)
    frame = counts.frame(value=value, z=distance / error, z_overdispersed=distance / np.sqrt(error**2 + tau2), **limits)
    frame = frame[["value", "z", "z_overdispersed", "low95", "high95", "low998", "high998"]]
    frame["band"] = bands(frame)
    frame.attrs.update(target=target, phi=phi, tau2=tau2)
    return frame


def bands(frame: pd.DataFrame) -> pd.Series:
    """Where each value lies among its limits; None without a value."""
    value = frame["value"]
    chosen = np.select(
        [value.isna(), value < frame["low998"], value > frame["high998"], value < frame["low95"],
         value > frame["high95"]],
        ["", "below_998", "above_998", "below_95", "above_95"],
        default="within",
    )  # fmt: skip
    return pd.Series(chosen, index=frame.index, dtype=object).where(chosen != "", None)


def _overdispersion(z: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    count = len(z)
    if count < 2:
        return np.nan, 0.0
    cut = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    phi = float(np.sort(cut**2).sum() / count)
    weight = np.sort(1 / error**2)
    room = weight.sum() - (weight**2).sum() / weight.sum()
    tau2 = max(0.0, (count * phi - (count - 1)) / room) if room > 0 else 0.0
    return phi, float(tau2)


def _limits(n: np.ndarray, target: float) -> dict[str, np.ndarray]:
    """Exact limits per unit; many units share a denominator, so each denominator is solved once."""
    sizes, place = np.unique(n, return_inverse=True)
    return {name: _interpolated_quantile(p, sizes, target)[place] for name, p in LIMITS.items()}


def _interpolated_quantile(p: float, n: np.ndarray, target: float) -> np.ndarray:
    """Quantile of a binomial share, interpolated: (r − α)/n with α the part of P(R = r) above p."""
    if not 0 < target < 1:
        return np.full(len(n), target)
    r = stats.binom.ppf(p, n, target)
    up_to, below = stats.binom.cdf(r, n, target), stats.binom.cdf(r - 1, n, target)
    return np.clip((r - (up_to - p) / (up_to - below)) / n, 0, 1)
