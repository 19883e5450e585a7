"""Critical values for places when the estimates' errors are correlated: seeded draws, marginal or joint."""

from __future__ import annotations

import numpy as np

_CELLS = 8_000_000


def correlated_critical_values(
    theta: np.ndarray,
    covariance: np.ndarray,
    confidence: float,
    joint: bool,
    step_down: bool,
    draws: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Critical value per unit (the same for all when joint) and the matrix of standard errors of differences.

    Raises ValueError when the covariance is not symmetric positive semidefinite.
    """
    n = len(theta)
    errors = _draw_errors(covariance, draws, seed)
    margin = _difference_errors(covariance)
    difference = theta - theta[:, None]
    claims = (margin > 0) & ~np.eye(n, dtype=bool)  # [j, k]: k claimed above j, possibly wrongly
    if joint:
        value = _value(errors, margin, difference, claims, confidence, step_down)
        return np.full(n, value), margin
    c = np.zeros(n)
    for unit in range(n):
        about = np.zeros_like(claims)
        about[unit], about[:, unit] = claims[unit], claims[:, unit]
        c[unit] = _value(errors, margin, difference, about, confidence, step_down)
    return c, margin


def _value(
    errors: np.ndarray,
    margin: np.ndarray,
    difference: np.ndarray,
    claims: np.ndarray,
    confidence: float,
    step_down: bool,
) -> float:
    c = np.inf
    while claims.any():
        largest = _largest_differences(errors, margin, claims)
        c = min(c, float(np.quantile(largest, confidence, method="inverted_cdf")))
        left = claims & ~(difference > c * margin)
        if not step_down or (left == claims).all():
            break
        claims = left
    return max(c, 0.0) if np.isfinite(c) else 0.0


def _largest_differences(errors: np.ndarray, margin: np.ndarray, claims: np.ndarray) -> np.ndarray:
    j, k = np.nonzero(claims)
    largest = np.empty(len(errors))
    step = max(1, _CELLS // len(j))
    for first in range(0, len(errors), step):
        some = errors[first : first + step]
        largest[first : first + step] = ((some[:, k] - some[:, j]) / margin[j, k]).max(axis=1)
    return largest


def _difference_errors(covariance: np.ndarray) -> np.ndarray:
    variance = np.diagonal(covariance)
    squared = variance + variance[:, None] - 2 * covariance
    noise = 1e-12 * variance.max(initial=0.0)
    return np.sqrt(np.where(squared > noise, squared, 0.0))


def _draw_errors(covariance: np.ndarray, draws: int, seed: int) -> np.ndarray:
    if not np.allclose(covariance, covariance.T, rtol=1e-8, atol=0):
        raise ValueError("covariance must be symmetric")
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    if len(values) and values[0] < -1e-8 * max(values[-1], 0.0):
        raise ValueError("covariance must be positive semidefinite")
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T  # unique, unlike a factor
    return np.random.default_rng(seed).standard_normal((draws, len(values))) @ root
