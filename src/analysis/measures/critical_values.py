"""Marginal critical values for places: how far apart two estimates must be before their order is claimed.

For unit j with independent normal errors, the constant c solves P(all claims about j hold) = confidence, where a claim
about k fails when (Z_j − Z_k)/s_jk or (Z_k − Z_j)/s_jk exceeds c. Given Z_j = σ_j·t the units k are independent, so
the probability is one integral over t of a product of normal probabilities: no bootstrap, no draws.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri

_INNER = np.polynomial.legendre.leggauss(14)
_OUTER = np.polynomial.legendre.leggauss(10)
_TAIL = 5.0  # beyond c + 5 the normal weight is below 1e-10
_STEPS = 60
_TOLERANCE = 1e-8
_STEP = 0.35  # a step-down lowers the value by less: the reverse of a claim stays in play
_STEP_TOLERANCE = 1e-5
_CELLS = 4_000_000  # array cells worked on at once

Probability = Callable[[np.ndarray, np.ndarray], np.ndarray]


def marginal_critical_values(
    sigma: np.ndarray,
    spread: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
    confidence: float,
    upper: np.ndarray | None = None,
) -> np.ndarray:
    """One critical value per unit.

    ``sigma`` (J): standard errors of the units; ``spread`` (K): standard errors of the others or of classes of them;
    ``above`` and ``below`` (J, K): how many of class k can still be wrongly claimed to lie above, and below, unit j.
    ``upper`` (J): values known not to be exceeded, a little above the wanted ones, from an earlier step. A row without
    any such unit gets 0. Units whose error and the unit's own are both zero cannot be confused.
    """
    values = np.zeros(len(sigma))
    rows = max(1, _CELLS // (48 * max(1, len(spread))))
    for first in range(0, len(sigma), rows):
        some = slice(first, first + rows)
        bound = None if upper is None else upper[some]
        values[some] = _solve(sigma[some], spread, above[some], below[some], confidence, bound)
    return values


def _solve(
    sigma: np.ndarray,
    spread: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
    confidence: float,
    upper: np.ndarray | None,
) -> np.ndarray:
    certain = (sigma[:, None] == 0) & (spread[None, :] == 0)
    above, below = np.where(certain, 0.0, above), np.where(certain, 0.0, below)
    claims = (above + below).sum(axis=1)
    todo = np.flatnonzero(claims > 0.5)
    values = np.zeros(len(sigma))
    if not len(todo):
        return values
    above, below = above[todo], below[todo]

    def probability(c: np.ndarray, some: np.ndarray) -> np.ndarray:
        return _no_false_claim(c, sigma[todo][some], spread, above[some], below[some])

    low = np.full(len(todo), ndtri(confidence) - 1e-6)
    high = -ndtri((1 - confidence) / np.maximum(claims[todo], 1.0)) + 1e-6  # Bonferroni
    tolerance = _TOLERANCE
    if upper is not None:
        low, high, tolerance = np.maximum(low, upper[todo] - _STEP), upper[todo], _STEP_TOLERANCE
    values[todo] = find_increasing_root(probability, confidence, low, high, tolerance)
    return values


def find_increasing_root(
    probability: Probability, level: float, low: np.ndarray, high: np.ndarray, tolerance: float
) -> np.ndarray:
    """Arguments at which an increasing function reaches ``level``, one bracket per element (Illinois method).

    Where the function is above the level at ``low`` already, ``low`` itself: a value on the safe side.
    """
    everything = np.arange(len(low))
    f_low = _miss(probability(low, everything), level)
    f_high = _miss(probability(high, everything), level)
    root = np.where(f_low >= 0, low, high)
    active, last = np.flatnonzero((f_low < 0) & (f_high > 0)), np.zeros(len(low))
    for _ in range(_STEPS):
        a, b, fa, fb = low[active], high[active], f_low[active], f_high[active]
        middle = np.where(fb > fa, (a * fb - b * fa) / np.where(fb > fa, fb - fa, 1.0), (a + b) / 2)
        middle = np.clip(middle, a, b)
        f_middle = _miss(probability(middle, active), level)
        root[active] = middle
        is_low = f_middle < 0
        stuck_high = is_low & (last[active] < 0)
        stuck_low = ~is_low & (last[active] > 0)
        low[active] = np.where(is_low, middle, a)
        f_low[active] = np.where(is_low, f_middle, np.where(stuck_low, fa / 2, fa))
        high[active] = np.where(is_low, b, middle)
        f_high[active] = np.where(is_low, np.where(stuck_high, fb / 2, fb), f_middle)
        last[active] = np.where(is_low, -1.0, 1.0)
        active = active[np.abs(f_middle) > tolerance]
        if not len(active):
            break
    return root


def _miss(probability: np.ndarray, level: float) -> np.ndarray:
    """Distance to the level on a scale on which the function is nearly straight."""
    return np.log(1 - level) - np.log(np.maximum(1 - probability, 1e-300))


def _no_false_claim(
    c: np.ndarray, sigma: np.ndarray, spread: np.ndarray, above: np.ndarray, below: np.ndarray
) -> np.ndarray:
    t, weight = _nodes(c)
    distance = c[:, None, None] * np.hypot(sigma[:, None, None], spread)
    place = sigma[:, None, None] * t[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        not_above = ndtr((place + distance) / spread)
        not_below = ndtr((place - distance) / spread)
    both = np.minimum(above, below)
    log_p = _weighted_log(not_above - not_below, both)
    if (above > both).any():
        log_p += _weighted_log(not_above, above - both)
    if (below > both).any():
        log_p += _weighted_log(1 - not_below, below - both)
    return np.sum(weight * np.exp(log_p), axis=1)


def _weighted_log(probability: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.einsum("jtk,jk->jt", np.log(np.maximum(probability, 1e-300)), counts)


def _nodes(c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and normal weights per row: Gauss–Legendre on pieces that meet at ±c, where precise units cut off."""
    pieces = [(-c - _TAIL, -c, _OUTER), (-c, 0 * c, _INNER), (0 * c, c, _INNER), (c, c + _TAIL, _OUTER)]
    points, weights = [], []
    for start, end, (nodes, node_weights) in pieces:
        half = (end - start)[:, None] / 2
        points.append((start + end)[:, None] / 2 + half * nodes)
        weights.append(half * node_weights)
    t = np.hstack(points)
    return t, np.hstack(weights) * np.exp(-t * t / 2) / np.sqrt(2 * np.pi)
