"""Beta-binomial shrinkage against a published fit."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.measures.rankings import shrink

# Geissler's families of Saxony, boys among the first 12 children; Lindsey and Altham (1998), Applied Statistics 47,
# 149–157; Wikipedia, "Beta-binomial distribution": maximum likelihood α = 34.09558, β = 31.5715, AIC 24989.74
FAMILIES = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7]


def test_geisslers_families():
    boys = np.repeat(np.arange(13), FAMILIES)
    frame = shrink(boys, np.full(len(boys), 12))
    mu, rho, loglik = (frame.attrs[name] for name in ("mu", "rho", "loglik"))
    size = 1 / rho - 1
    assert mu == pytest.approx(34.09558 / (34.09558 + 31.5715), abs=5e-6)
    assert size == pytest.approx(34.09558 + 31.5715, rel=5e-4)
    assert 2 * 2 - 2 * loglik == pytest.approx(24989.74, abs=0.005)
    published = stats.betabinom.logpmf(np.arange(13), 12, 34.09558, 31.5715) @ FAMILIES
    assert loglik >= published


def test_posterior_of_a_unit():
    rng = np.random.default_rng(1)
    n = rng.integers(10, 100, 60)
    x = rng.binomial(n, rng.beta(6, 4, 60))
    frame = shrink(x, n)
    size, mu = 1 / frame.attrs["rho"] - 1, frame.attrs["mu"]
    posterior = stats.beta(x + mu * size, n - x + (1 - mu) * size)
    assert frame["shrunk"].tolist() == pytest.approx(list(posterior.mean()))
    assert frame["ci_high"].tolist() == pytest.approx(list(posterior.ppf(0.975)))
    assert frame["weight_own"].tolist() == pytest.approx(list(n / (n + size)))
    own = frame["weight_own"]
    assert frame["shrunk"].tolist() == pytest.approx(list(own * x / n + (1 - own) * mu))


def test_likelihood_is_at_its_peak():
    rng = np.random.default_rng(2)
    n = rng.integers(20, 200, 40)
    x = rng.binomial(n, rng.beta(3, 9, 40))
    frame = shrink(x, n)
    mu, size = frame.attrs["mu"], 1 / frame.attrs["rho"] - 1
    for step in (0.99, 1.01):
        for m, s in ((mu * step, size), (mu, size * step)):
            assert stats.betabinom.logpmf(x, n, m * s, (1 - m) * s).sum() < frame.attrs["loglik"]


def test_no_more_difference_than_chance():
    frame = shrink([5, 5, 10], [10, 10, 20])
    assert frame.attrs["rho"] == 0
    assert frame["shrunk"].tolist() == [0.5] * 3
    assert frame["weight_own"].tolist() == [0] * 3


def test_small_schools_move_more():
    frame = shrink([1, 90, 40, 300], [2, 100, 80, 900])
    assert frame["weight_own"].is_monotonic_increasing is False
    assert frame.loc[0, "weight_own"] < frame.loc[2, "weight_own"] < frame.loc[3, "weight_own"]


def test_degenerate():
    assert shrink([0, 0], [5, 9])["shrunk"].tolist() == [0, 0]
    assert shrink([2], [5])["shrunk"].tolist() == [0.4]
    frame = shrink(pd.Series([1, np.nan, 0], ["a", "b", "c"]), [4, 4, 0])
    assert frame.isna().all(axis=1).tolist() == [False, True, True]
    assert np.isnan(shrink([], []).attrs["mu"])
    with pytest.raises(ValueError, match="unit 0"):
        shrink([6], [5])


def test_order_does_not_matter():
    rng = np.random.default_rng(3)
    n = rng.integers(10, 60, 30)
    x, order = rng.binomial(n, rng.beta(4, 4, 30)), rng.permutation(30)
    assert shrink(x, n)["shrunk"].to_numpy()[order].tolist() == shrink(x[order], n[order])["shrunk"].tolist()
