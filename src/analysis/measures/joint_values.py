"""Joint critical values for places, from seeded draws of the estimation errors.

The joint constant c is the quantile, over draws, of the largest standardised difference among all claims that can
still be wrong. With step-down, a claim made leaves the set, its reverse stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from analysis.measures.claims import count_claims

ALL_PAIRS_UP_TO = 40
_CANDIDATES = 40
_CELLS = 4_000_000
_DRAWS_AT_ONCE = 2000


@dataclass(frozen=True)
class _Draws:
    """Errors that matter, candidate × draw, candidates in ascending θ; θ and σ² the same or candidate × 1."""

    errors: np.ndarray
    theta: np.ndarray
    variance: np.ndarray

    def part(self, some: slice) -> _Draws:
        shared = self.theta.shape[1] == 1
        theta, variance = (x if shared else x[:, some] for x in (self.theta, self.variance))
        return _Draws(self.errors[:, some], theta, variance)


def joint_critical_value(
    theta: np.ndarray, sigma: np.ndarray, confidence: float, step_down: bool, draws: int, seed: int
) -> float:
    """One critical value for all claims about units with independent normal errors; 0 when no error is possible.

    ``theta`` must ascend. A pair's standardised difference is at most √(x_j² + x_k²) for standard normal errors x, so
    above 40 units only pairs of the 40 units with the largest |x| of a draw are looked at: those decide its largest
    difference. The value is never below the one for a single pair, so that draws cannot make it so.
    """
    if len(theta) < 2 or not (sigma > 0).any():
        return 0.0
    drawn = _draw(theta, sigma, draws, np.random.default_rng(seed))
    one_pair, c, claims = float(ndtri((1 + confidence) / 2)), np.inf, -1
    while True:
        c = min(c, max(one_pair, _quantile(_largest_differences(drawn, c), confidence)))
        made = int(count_claims(theta, sigma, c)[0].sum())
        if not step_down or made in (0, claims):
            return c
        claims = made


def _quantile(largest: np.ndarray, confidence: float) -> float:
    """The smallest drawn value that at least ``confidence`` of the draws do not exceed."""
    return float(np.quantile(largest, confidence, method="inverted_cdf"))


def _draw(theta: np.ndarray, sigma: np.ndarray, draws: int, rng: np.random.Generator) -> _Draws:
    n, uncertain = len(theta), sigma > 0
    sigma = np.maximum(sigma, 1e-9 * sigma.max())  # no division by zero between two units known exactly
    if n <= ALL_PAIRS_UP_TO:
        errors = rng.standard_normal((draws, n)).T * (sigma * uncertain)[:, None]
        return _Draws(np.ascontiguousarray(errors), theta[:, None], sigma[:, None] ** 2)
    units = np.empty((draws, _CANDIDATES), dtype=np.int64)
    errors = np.empty((draws, _CANDIDATES))
    step = max(1, _CELLS // n)
    for first in range(0, draws, step):
        x = rng.standard_normal((min(step, draws - first), n)) * uncertain
        picks = np.sort(np.argpartition(-np.abs(x), _CANDIDATES, axis=1)[:, :_CANDIDATES], axis=1)
        some = slice(first, first + len(x))
        units[some], errors[some] = picks, np.take_along_axis(x, picks, axis=1) * sigma[picks]
    units = np.ascontiguousarray(units.T)
    return _Draws(np.ascontiguousarray(errors.T), theta[units], sigma[units] ** 2)


def _largest_differences(drawn: _Draws, c: float) -> np.ndarray:
    """Per draw the largest standardised difference over the claims not yet made at critical value ``c``."""
    draws = drawn.errors.shape[1]
    parts = [slice(first, first + _DRAWS_AT_ONCE) for first in range(0, draws, _DRAWS_AT_ONCE)]
    return np.concatenate([_largest_of_part(drawn.part(some), c) for some in parts])


def _largest_of_part(drawn: _Draws, c: float) -> np.ndarray:
    errors, theta, variance = drawn.errors, drawn.theta, drawn.variance
    largest = np.full(errors.shape[1], -np.inf)
    for j in range(len(errors) - 1):
        spread = np.sqrt(variance[j] + variance[j + 1 :])
        downward = (errors[j] - errors[j + 1 :]) / spread  # j wrongly above a higher one: never claimed
        np.maximum(largest, downward.max(axis=0), out=largest)
        upward = -downward
        if np.isfinite(c):
            upward = np.where(theta[j + 1 :] - theta[j] > c * spread, -np.inf, upward)
        np.maximum(largest, upward.max(axis=0), out=largest)
    return largest
