"""Places of units with intervals that allow for the estimates' errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.measures.claims import count_claims
from analysis.measures.correlated_values import correlated_critical_values
from analysis.measures.counts import as_floats, check_confidence, check_draws, labels_of
from analysis.measures.critical_values import marginal_critical_values
from analysis.measures.joint_values import joint_critical_value
from analysis.measures.scale_values import marginal_values_on_grid

EXACT_UP_TO = 150  # units; above, marginal critical values are interpolated on a grid


def rank_intervals(
    estimates: ArrayLike,
    standard_errors: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    confidence: float = 0.95,
    joint: bool = False,
    step_down: bool = True,
    higher_is_better: bool = True,
    draws: int = 10_000,
    seed: int = 49,
) -> pd.DataFrame:
    """Place of each unit (1 = best, equal estimates share the best place) with a confidence interval of places.

    ``estimates``: one per unit, NaN = not ranked. Give either ``standard_errors`` (independent estimates, 0 = known
    exactly) or ``covariance`` (n × n). Marginal intervals (default) hold for one unit at a time with probability
    ``confidence`` and need no draws for independent estimates; ``joint`` intervals hold for all units at once and,
    like everything with a covariance, come from ``draws`` seeded draws.

    Returns one row per unit, in the order and with the index given: ``rank, low, high``; NaN where not ranked.
    Unit j lies below k when θ_k − θ_j > c·s_jk, s_jk² = σ_j² + σ_k²; low = 1 + units above, high = n − units below.
    Joint intervals of independent estimates give their c in ``.attrs["critical_value"]``.
    Raises ValueError for infinite estimates and negative or missing standard errors (naming the unit), wrong shapes, a
    covariance that is not symmetric positive semidefinite, neither kind of error given, a confidence outside 0–1, fewer
    than one draw, or Series that name the units in different orders.

    Source: Mogstad, Romano, Shaikh and Wilhelm (2024), Review of Economic Studies 91, 476–518; step-down over
    directed claims as in the R package csranks.
    """
    rule = _Rule(confidence, joint, step_down, draws, seed)
    labels = labels_of(estimates, standard_errors)
    theta = as_floats(estimates) * (1.0 if higher_is_better else -1.0)
    labels = pd.RangeIndex(len(theta)) if labels is None else labels
    if np.isinf(theta).any():
        raise ValueError(f"unit {labels[int(np.argmax(np.isinf(theta)))]}: the estimate is infinite")
    if (standard_errors is None) == (covariance is None):
        raise ValueError("give either standard_errors or covariance")
    if standard_errors is None:
        return _places(theta, *_counts_correlated(theta, np.asarray(covariance, float), rule), labels)
    sigma = _checked_errors(theta, as_floats(standard_errors), labels)
    above, below, c = _counts_independent(theta, sigma, rule)
    frame = _places(theta, above, below, labels)
    if joint:
        frame.attrs["critical_value"] = c
    return frame


@dataclass(frozen=True)
class _Rule:
    """How claims are made. Raises ValueError for a confidence outside 0–1 and for fewer than one draw."""

    confidence: float
    joint: bool
    step_down: bool
    draws: int
    seed: int

    def __post_init__(self) -> None:
        check_confidence(self.confidence)
        check_draws(self.draws)


def _checked_errors(theta: np.ndarray, sigma: np.ndarray, labels: pd.Index) -> np.ndarray:
    if sigma.shape != theta.shape:
        raise ValueError("standard_errors must have one value per estimate")
    wrong = ~np.isnan(theta) & ~(np.isfinite(sigma) & (sigma >= 0))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise ValueError(f"unit {labels[first]}: standard error {sigma[first]:g} is not a number from 0 up")
    return sigma


def _counts_independent(
    theta: np.ndarray, sigma: np.ndarray, rule: _Rule
) -> tuple[np.ndarray, np.ndarray, np.ndarray | float]:
    """Units claimed above and below each unit, and the critical values; units not ranked count nowhere."""
    # one canonical order, so that draws and sums do not depend on the order given
    order = np.lexsort((sigma, theta))[: np.count_nonzero(~np.isnan(theta))]
    t, s = theta[order], sigma[order]
    c: np.ndarray | float = (
        joint_critical_value(t, s, rule.confidence, rule.step_down, rule.draws, rule.seed)
        if rule.joint
        else marginal_values(t, s, rule.confidence, rule.step_down)
    )
    above, below = np.zeros(len(theta), int), np.zeros(len(theta), int)
    above[order], below[order] = count_claims(t, s, c)
    return above, below, c


def marginal_values(theta: np.ndarray, sigma: np.ndarray, confidence: float, step_down: bool) -> np.ndarray:
    """Marginal critical value of each unit (no NaN); exact up to 150 units, on a grid above."""
    if len(theta) > EXACT_UP_TO:
        return marginal_values_on_grid(theta, sigma, confidence, step_down)
    difference = theta - theta[:, None]
    margin = np.hypot(sigma, sigma[:, None])
    others = ~np.eye(len(theta), dtype=bool)
    above, below = others.copy(), others.copy()
    c = marginal_critical_values(sigma, sigma, above * 1.0, below * 1.0, confidence)
    while step_down:
        still_above = above & ~(difference > c[:, None] * margin)
        still_below = below & ~(-difference > c[:, None] * margin)
        fewer = ((above & ~still_above) | (below & ~still_below)).any(axis=1)
        if not fewer.any():
            break
        above, below = still_above, still_below
        c[fewer] = marginal_critical_values(sigma[fewer], sigma, above[fewer] * 1.0, below[fewer] * 1.0, confidence)
    return c


def _counts_correlated(theta: np.ndarray, covariance: np.ndarray, rule: _Rule) -> tuple[np.ndarray, np.ndarray]:
    n = len(theta)
    if covariance.shape != (n, n):
        raise ValueError("covariance must be n × n for n estimates")
    order = np.lexsort((np.diagonal(covariance), theta))[: np.count_nonzero(~np.isnan(theta))]
    t, matrix = theta[order], covariance[np.ix_(order, order)]
    c, margin = correlated_critical_values(
        t, matrix, rule.confidence, rule.joint, rule.step_down, rule.draws, rule.seed
    )
    claimed = t - t[:, None] > c[:, None] * margin
    reverse = t[:, None] - t > c[:, None] * margin
    above, below = np.zeros(n, int), np.zeros(n, int)
    above[order], below[order] = claimed.sum(axis=1), reverse.sum(axis=1)
    return above, below


def best_places(values: np.ndarray) -> np.ndarray:
    """Place of each value, 1 = highest, equal values sharing the best place; NaN stays NaN."""
    ranked = ~np.isnan(values)
    places = np.full(len(values), np.nan)
    ascending = np.sort(values[ranked])
    places[ranked] = len(ascending) - np.searchsorted(ascending, values[ranked], side="right") + 1
    return places


def around_places(intervals: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Intervals of places with the places of other values (higher is better), widened where needed to contain them."""
    places = best_places(values)
    frame = intervals.assign(
        rank=places, low=np.minimum(intervals["low"], places), high=np.maximum(intervals["high"], places)
    )
    return frame if np.isnan(places).any() else frame.astype(int)


def _places(theta: np.ndarray, above: np.ndarray, below: np.ndarray, labels: pd.Index) -> pd.DataFrame:
    ranked = ~np.isnan(theta)
    n = np.count_nonzero(ranked)
    columns = {"rank": best_places(theta), "low": 1.0 + above, "high": 1.0 * (n - below)}
    frame = pd.DataFrame(columns, index=labels)
    frame.loc[~ranked, :] = np.nan
    return frame.astype(int) if ranked.all() else frame
