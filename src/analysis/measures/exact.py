"""Exact two-sided tests of counts for very many units at once.

Both tests add the probabilities of all outcomes that are at most as likely as the observed one. The distributions are
unimodal, so those outcomes are two tails, each summed outwards by the ratio of neighbouring probabilities.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

_TIE = 1e-7  # outcomes this close in probability count as equally likely, as in R's fisher.test
_TINY = 1e-18

Outcome = np.ndarray
LogProbability = Callable[[Outcome], np.ndarray]
Ratio = Callable[[Outcome, np.ndarray], np.ndarray]


def fisher_two_sided(x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Fisher's exact two-sided p of x1 of n1 against x2 of n2, per unit; NaN where counts are not whole."""
    whole = _whole(x1, n1, x2, n2)
    a, n, b, m = (np.where(whole, values, 1.0) for values in (x1, n1, x2, n2))
    total = a + b
    low, high = np.maximum(0.0, total - m), np.minimum(n, total)
    mode = np.clip(np.floor((n + 1) * (total + 1) / (n + m + 2)), low, high)
    constant = _log_choose(n + m, total)

    def log_probability(k: Outcome) -> np.ndarray:
        return _log_choose(n, k) + _log_choose(m, total - k) - constant

    def up(k: Outcome, some: np.ndarray) -> np.ndarray:
        return (n[some] - k) * (total[some] - k) / ((k + 1) * (m[some] - total[some] + k + 1))

    p_value = _two_sided(a, low, high, mode, log_probability, up)
    return np.where(whole, p_value, np.nan)


def binomial_two_sided(successes: np.ndarray, trials: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Exact two-sided binomial p per unit (1 without trials); NaN where counts are not whole."""
    whole = _whole(successes, trials)
    k, n = (np.where(whole, values, 0.0) for values in (successes, trials))
    odds = probability / (1 - probability)
    mode = np.clip(np.floor((n + 1) * probability), 0, n)

    def log_probability(j: Outcome) -> np.ndarray:
        return _log_choose(n, j) + xlogy(j, probability) + xlog1py(n - j, -probability)

    def up(j: Outcome, some: np.ndarray) -> np.ndarray:
        return (n[some] - j) / (j + 1) * odds[some]

    p_value = _two_sided(k, np.zeros_like(n), n, mode, log_probability, up)
    return np.where(whole, p_value, np.nan)


def _two_sided(
    observed: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    mode: np.ndarray,
    log_probability: LogProbability,
    up: Ratio,
) -> np.ndarray:
    bound = log_probability(observed) + np.log1p(_TIE)
    lower = _last_outside(low, mode, bound, log_probability, step=-1)
    upper = _last_outside(high, mode, bound, log_probability, step=1)
    everything = log_probability(mode) <= bound
    p_value = _tail(lower, low, log_probability, up, step=-1) + _tail(upper, high, log_probability, up, step=1)
    return np.where(everything, 1.0, np.minimum(p_value, 1.0))


def _last_outside(
    end: np.ndarray, mode: np.ndarray, bound: np.ndarray, log_probability: LogProbability, step: int
) -> np.ndarray:
    """The outcome nearest to the mode, on one side of it, that is no likelier than the bound; NaN if none is."""
    inside, outside = mode.copy(), end + step  # the point past the support counts as outside
    for _ in range(int(np.log2(np.max(np.abs(outside - inside), initial=1))) + 1):
        middle = np.floor((inside + outside) / 2) if step > 0 else np.ceil((inside + outside) / 2)
        is_out = log_probability(np.clip(middle, np.minimum(end, mode), np.maximum(end, mode))) <= bound
        is_out |= middle == end + step
        outside = np.where(is_out & (middle != inside), middle, outside)
        inside = np.where(is_out, inside, middle)
    return np.where(outside == end + step, np.nan, outside)


def _tail(start: np.ndarray, end: np.ndarray, log_probability: LogProbability, up: Ratio, step: int) -> np.ndarray:
    """Sum of the probabilities from ``start`` to ``end`` going away from the mode; 0 where there is no start."""
    has_tail = ~np.isnan(start)
    place = np.where(has_tail, start, end)
    term = np.where(has_tail, np.exp(log_probability(place)), 0.0)
    total = term.copy()
    active = np.flatnonzero(has_tail & (place != end))
    place, term, end = place[active], term[active], end[active]
    while active.size:
        ratio = up(place, active) if step > 0 else 1 / up(place - 1, active)
        term, place = term * ratio, place + step
        total[active] += term
        alive = (place != end) & (term > _TINY * total[active])
        active, place, term, end = active[alive], place[alive], term[alive], end[alive]
    return total


def _log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _whole(*columns: np.ndarray) -> np.ndarray:
    return np.logical_and.reduce([np.mod(values, 1) == 0 for values in columns])
