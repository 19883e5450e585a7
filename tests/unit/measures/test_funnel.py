"""Funnel plot: limits and overdispersion by Spiegelhalter's formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.measures.rankings import funnel

RNG = np.random.default_rng(1)
N = RNG.integers(20, 400, 50)
X = RNG.binomial(N, np.clip(RNG.normal(0.5, 0.12, 50), 0.05, 0.95))


def test_limits_by_hand():
    # Spiegelhalter (2005), appendix A.1.1, for n = 10 and θ = ½: P(R ≤ 1) = 11/1024, P(R ≤ 2) = 56/1024; the 2.5 %
    # quantile is r = 2, α = (56/1024 − 0.025)/(45/1024), limit (2 − α)/10
    frame = funnel([5, 5], [10, 10])
    alpha = (56 / 1024 - 0.025) / (45 / 1024)
    assert frame.loc[0, "low95"] == pytest.approx((2 - alpha) / 10)
    # upper: r = 8 since P(R ≤ 7) = 968/1024 < 0.975 ≤ P(R ≤ 8) = 1013/1024
    assert frame.loc[0, "high95"] == pytest.approx((8 - (1013 / 1024 - 0.975) / (45 / 1024)) / 10)


def test_limits_come_close_to_the_normal_ones_for_many_pupils():
    frame = funnel([5000, 5000], [10000, 10000])
    assert frame.loc[0, "high998"] == pytest.approx(0.5 + stats.norm.ppf(0.999) * 0.005, abs=1e-4)


def test_z_is_on_the_arcsine_scale():
    frame = funnel(X, N)
    target = X.sum() / N.sum()
    expected = (np.arcsin(np.sqrt(X / N)) - np.arcsin(np.sqrt(target))) * 2 * np.sqrt(N)
    assert frame.attrs["target"] == pytest.approx(target)
    assert frame["z"].tolist() == pytest.approx(list(expected))


def test_overdispersion_follows_the_paper():
    # section 3.3: winsorise z at 10 % on both sides, φ = Σz²/I, τ² = (Iφ − (I−1))/(Σw − Σw²/Σw), w = 1/s²
    frame = funnel(X, N)
    z, count = frame["z"].to_numpy(), len(N)
    low, high = np.quantile(z, [0.1, 0.9])
    phi = sum(min(max(value, low), high) ** 2 for value in z) / count
    weight = 4.0 * N
    tau2 = (count * phi - (count - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
    assert (frame.attrs["phi"], frame.attrs["tau2"]) == pytest.approx((phi, tau2))
    assert tau2 > 0
    error = 1 / (2 * np.sqrt(N))
    assert frame["z_overdispersed"].tolist() == pytest.approx(list(z * error / np.sqrt(error**2 + tau2)))


def test_no_overdispersion_is_zero_not_negative():
    frame = funnel([10, 20, 30], [20, 40, 60])
    assert frame.attrs["tau2"] == 0
    assert frame["z"].abs().max() < 1e-12


def test_bands():
    frame = funnel([50, 50, 50, 62, 90, 38, 8], [100] * 7)
    assert frame["band"].tolist() == ["within"] * 3 + ["above_95", "above_998", "below_95", "below_998"]


def test_a_null_city_leaves_the_limits_as_often_as_it_should():
    n = RNG.integers(30, 300, 20_000)
    outside = (funnel(RNG.binomial(n, 0.3), n)["band"] != "within").mean()
    assert outside == pytest.approx(0.05, abs=0.01)


def test_degenerate():
    frame = funnel(pd.Series([0, 0, np.nan, 0], list("abcd")), [5, 8, 5, 0])
    assert frame["band"].tolist()[:2] == ["within", "within"]
    assert frame.loc[["c", "d"], "value"].isna().all()
    assert frame.loc[["c", "d"], "band"].isna().all()
    assert (frame.loc[["a", "b"], ["low95", "high998"]] == 0).all(axis=None)
    assert funnel([3], [5]).loc[0, "z"] == 0
    assert funnel([], []).empty
    with pytest.raises(ValueError, match="unit s1"):
        funnel(pd.Series([6], ["s1"]), pd.Series([5], ["s1"]))
