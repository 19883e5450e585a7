"""Joint critical values for places, from seeded draws of the estimation errors.

The joint constant c is the quantile, over draws, of the largest standardised difference among all claims that can
still be wrong. With step-down, a claim made leaves the set, its reverse stays.
"""

from __future__ import annotations

import numpy as np

from analysis.measures.claims import count_claims

ALL_PAIRS_UP_TO = 100
_CANDIDATES = 40
_CELLS = 4_000_000


def joint_critical_value(
    theta: np.ndarray, sigma: np.ndarray, confidence: float, step_down: bool, draws: int, seed: int
) -> float:
    """One critical value for all claims about units with independent normal errors; 0 when no error is possible.

    A pair's standardised difference is at most √(x_j² + x_k²) for standard normal errors x, so above 100 units only
    pairs of the 40 units with the largest |x| of a draw are looked at: those decide its largest difference.
    """
    if len(theta) < 2 or not (sigma > 0).any():
        return 0.0
    sigma = np.maximum(sigma, 1e-9 * sigma.max())
    errors, units = _extreme_errors(len(theta), draws, np.random.default_rng(seed))
    c, claims = np.inf, -1
    while True:
        largest = _largest_differences(theta, sigma, errors, units, c)
        c = min(c, _quantile(largest, confidence))
        above, _ = count_claims(theta, sigma, c)
        if not step_down or above.sum() in (claims, len(theta) * (len(theta) - 1) // 2):
            return float(c)
        claims = above.sum()


def _quantile(largest: np.ndarray, confidence: float) -> float:
    """The smallest drawn value that at least ``confidence`` of the draws do not exceed; never below 0."""
    return float(max(0.0, np.quantile(largest, confidence, method="inverted_cdf")))


def _extreme_errors(n: int, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Per draw the standard normal errors that matter, and whose they are."""
    kept = n if n <= ALL_PAIRS_UP_TO else _CANDIDATES
    errors, units = np.empty((draws, kept)), np.empty((draws, kept), dtype=np.int32)
    step = max(1, _CELLS // n)
    for first in range(0, draws, step):
        x = rng.standard_normal((min(step, draws - first), n))
        some = slice(first, first + len(x))
        picks = np.broadcast_to(np.arange(n), x.shape)
        if kept < n:
            picks = np.sort(np.argpartition(-np.abs(x), kept, axis=1)[:, :kept], axis=1)
        units[some], errors[some] = picks, np.take_along_axis(x, picks, axis=1)
    return errors, units


def _largest_differences(
    theta: np.ndarray, sigma: np.ndarray, errors: np.ndarray, units: np.ndarray, c: float
) -> np.ndarray:
    """Per draw the largest standardised difference over the claims not yet made at critical value ``c``."""
    rows, columns = np.triu_indices(errors.shape[1], 1)
    largest = np.empty(len(errors))
    step = max(1, _CELLS // max(1, len(rows)))
    for first in range(0, len(errors), step):
        some = slice(first, first + step)
        j, k = units[some][:, rows], units[some][:, columns]
        spread = np.hypot(sigma[j], sigma[k])
        z = (errors[some][:, rows] * sigma[j] - errors[some][:, columns] * sigma[k]) / spread
        if np.isfinite(c):
            distance = (theta[j] - theta[k]) / spread
            z = np.maximum(np.where(distance > c, -np.inf, z), np.where(-distance > c, -np.inf, -z))
        largest[some] = np.abs(z).max(axis=1) if not np.isfinite(c) else z.max(axis=1)
    return largest
