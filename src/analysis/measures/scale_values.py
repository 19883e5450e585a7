"""Marginal critical values for very many units.

The critical value of a unit depends smoothly on its standard error and, after step-down, on its estimate. So it is
solved on a grid of virtual units and interpolated, and the other units enter as weights of classes of errors. Work
grows in proportion to the number of units.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.interpolate import CubicSpline

from analysis.measures.critical_values import marginal_critical_values

_CLASSES = 32
_ERRORS = 9
_PLACES = 16
_STEPS = 2  # the second already changes next to nothing
EACH_UP_TO = 1_000  # units; up to here the step-down is made for each of them, not on the grid


def marginal_values_on_grid(theta: np.ndarray, sigma: np.ndarray, confidence: float, step_down: bool) -> np.ndarray:
    """Marginal critical value of each unit, interpolated over a grid of errors and, for many units, of estimates."""
    if not (sigma > 0).any():
        return np.zeros(len(theta))
    scale = float(np.median(sigma[sigma > 0]))
    share = sigma / (sigma + scale)  # smooth down to an error of zero
    classes, weights = _error_classes(share)
    spread = scale * classes / (1 - classes)
    grid = np.linspace(share.min(), share.max(), _ERRORS if share.min() < share.max() else 1)
    grid_sigma = scale * grid / (1 - grid)
    own = _error_classes(grid, classes)[1]
    everyone = np.asarray(weights.sum(axis=0)).ravel()
    others = everyone - own.toarray()  # below zero in a class without units: divides the unit's own factor out
    on_grid = marginal_critical_values(grid_sigma, spread, others, others, confidence)
    c = _interpolate(grid, on_grid[:, None], share, np.zeros(len(share)), np.zeros(1))
    if step_down and len(theta) <= EACH_UP_TO:
        return _step_each(theta, sigma, c, spread, classes, share, confidence)
    places = np.unique(np.quantile(theta, np.linspace(0, 1, _PLACES)))
    values = np.repeat(on_grid[:, None], len(places), axis=1)
    for _ in range(_STEPS if step_down else 0):
        values = _step(theta, sigma, weights, spread, own, grid_sigma, places, values, confidence)
        c = np.minimum(c, _interpolate(grid, values, share, theta, places))
    return c


def _step_each(
    theta: np.ndarray,
    sigma: np.ndarray,
    c: np.ndarray,
    spread: np.ndarray,
    classes: np.ndarray,
    share: np.ndarray,
    confidence: float,
) -> np.ndarray:
    """Step-down for every unit on its own; the others still enter as classes of errors."""
    own = _error_classes(share, classes)[1]
    open_before, todo = np.full(len(theta), -1), np.arange(len(theta))
    while len(todo):
        above, below = _open_claims(theta, sigma, c, own, todo)
        left = np.rint(above.sum(axis=1) + below.sum(axis=1)).astype(int)
        fewer = left != open_before[todo]
        open_before[todo] = left
        todo, above, below = todo[fewer], above[fewer], below[fewer]
        lower = marginal_critical_values(sigma[todo], spread, above, below, confidence, c[todo])
        c[todo] = np.minimum(c[todo], lower)
    return c


def _open_claims(
    theta: np.ndarray, sigma: np.ndarray, c: np.ndarray, classes: sparse.csr_array, todo: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Per class, the units that each unit of ``todo`` may still wrongly claim above, and below, itself."""
    difference = theta - theta[todo, None]
    margin = c[todo, None] * np.hypot(sigma[todo, None], sigma)
    mine, transposed = classes[todo].toarray(), classes.T.tocsr()
    above = (transposed @ (difference <= margin).T.astype(float)).T - mine
    below = (transposed @ (-difference <= margin).T.astype(float)).T - mine
    return above, below


def _step(
    theta: np.ndarray,
    sigma: np.ndarray,
    weights: sparse.csr_array,
    spread: np.ndarray,
    own: sparse.csr_array,
    grid_sigma: np.ndarray,
    places: np.ndarray,
    values: np.ndarray,
    confidence: float,
) -> np.ndarray:
    """One step-down on the grid: critical values over the claims that are not made yet."""
    transposed, mine = weights.T.tocsr(), own.toarray()
    result = np.empty_like(values)
    for row, error in enumerate(grid_sigma):
        margin = values[row][:, None] * np.hypot(error, sigma)
        difference = theta - places[:, None]
        above = (transposed @ (difference <= margin).T.astype(float)).T - mine[row]
        below = (transposed @ (-difference <= margin).T.astype(float)).T - mine[row]
        errors = np.full(len(places), error)
        result[row] = marginal_critical_values(errors, spread, above, below, confidence, values[row])
    return np.minimum(result, values)


def _error_classes(share: np.ndarray, classes: np.ndarray | None = None) -> tuple[np.ndarray, sparse.csr_array]:
    """Class nodes, and each unit's weight split between the two nodes around it."""
    if classes is None:
        low, high = share.min(), share.max()
        classes = np.linspace(low, high, _CLASSES) if low < high else np.array([low])
    if len(classes) == 1:
        return classes, sparse.csr_array(np.ones((len(share), 1)))
    position = np.clip((share - classes[0]) / (classes[1] - classes[0]), 0, len(classes) - 1)
    lower = np.minimum(position.astype(int), len(classes) - 2)
    part = position - lower
    rows = np.arange(len(share))
    entries = (np.r_[1 - part, part], (np.r_[rows, rows], np.r_[lower, lower + 1]))
    return classes, sparse.csr_array(entries, shape=(len(share), len(classes)))


def _interpolate(
    grid: np.ndarray, values: np.ndarray, share: np.ndarray, theta: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Cubic in the error, linear in the estimate."""
    by_place = values[np.zeros(len(share), int)] if len(grid) == 1 else CubicSpline(grid, values)(share)
    if len(places) == 1:
        return by_place[:, 0]
    right = np.clip(np.searchsorted(places, theta, side="right"), 1, len(places) - 1)
    part = (theta - places[right - 1]) / (places[right] - places[right - 1])
    units = np.arange(len(share))
    return (1 - part) * by_place[units, right - 1] + part * by_place[units, right]
