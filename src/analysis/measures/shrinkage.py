"""Second view on small schools: shares drawn towards the mean of all by a beta-binomial model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, stats
from scipy.special import betaln, expit, gammaln, logit

from analysis.measures.counts import check_confidence, shares

_LOG_SIZE = (-4.0, 14.0)  # log(a+b) searched; beyond e¹⁴ prior pupils the schools do not differ


def shrink(numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> pd.DataFrame:
    """Posterior mean of each unit's share when the shares of all units follow one beta distribution.

    The beta's mean ``mu`` and the intra-unit correlation ``rho`` = 1/(a+b+1) are maximum-likelihood estimates, in
    ``.attrs`` together with ``loglik``. Returns one row per unit: ``shrunk, ci_low, ci_high`` (posterior mean and
    equal-tailed interval, fractions) and ``weight_own`` = n/(n+a+b), the weight of the unit's own share; NaN where a
    count is missing or n = 0. When the units differ no more than chance (rho 0) every unit gets the common share.
    Raises ValueError naming the unit when x > n, and for a confidence outside 0–1.

    Source: Skellam (1948), J. R. Stat. Soc. B 10, 257–261; Efron and Morris (1975) for the use.
    """
    check_confidence(confidence)
    counts = shares(numerator, denominator)
    x, n = counts.x[counts.valid], counts.n[counts.valid]
    mu, rho, loglik = _fit(x, n)
    size = np.inf if rho == 0 else 1 / rho - 1
    tail = (1 - confidence) / 2
    if not np.isfinite(size):
        columns = {name: np.full(len(x), mu) for name in ("shrunk", "ci_low", "ci_high")}
        frame = counts.frame(**columns, weight_own=np.zeros(len(x)))
    else:
        a, b = x + mu * size, n - x + (1 - mu) * size
        low, high = (stats.beta.ppf(q, a, b) if len(x) else a for q in (tail, 1 - tail))
        frame = counts.frame(shrunk=a / (a + b), ci_low=low, ci_high=high, weight_own=n / (n + size))
    frame.attrs.update(mu=mu, rho=rho, loglik=loglik)
    return frame


def _fit(x: np.ndarray, n: np.ndarray) -> tuple[float, float, float]:
    """Maximum-likelihood mu, rho and the log-likelihood; rho 0 where the likelihood keeps rising towards it."""
    if not len(x):
        return np.nan, np.nan, np.nan
    pairs, repeats = np.unique(np.column_stack([x, n]), axis=0, return_counts=True)
    x, n = pairs.T
    constant = float(repeats @ _log_choose(n, x))
    common = float((repeats @ x) / (repeats @ n))
    binomial = float(repeats @ stats.binom.logpmf(x, n, common))
    if common in (0.0, 1.0) or len(x) * repeats.max() == 1:
        return common, 0.0, binomial

    def cost(point: np.ndarray) -> float:
        mu, size = expit(point[0]), np.exp(point[1])
        a, b = mu * size, (1 - mu) * size
        return -float(repeats @ (betaln(x + a, n - x + b) - betaln(a, b)))

    start = min((np.array([logit(common), log_size]) for log_size in np.linspace(*_LOG_SIZE, 19)), key=cost)
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
    simplex = start + np.array([[0, 0], [0.1, 0], [0, 0.5]])
    best = optimize.minimize(cost, start, method="Nelder-Mead", options=options | {"initial_simplex": simplex})
    loglik = constant - float(best.fun)
    if best.x[1] >= _LOG_SIZE[1] - 1 or loglik <= binomial:
        return common, 0.0, binomial
    return float(expit(best.x[0])), float(1 / (1 + np.exp(best.x[1]))), loglik


def _log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
