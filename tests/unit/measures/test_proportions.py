"""Values of one period, against published tables and R's documented output."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.measures import indicators
from analysis.measures.proportions import poisson_intervals, pooled_ratio, proportion_intervals

DATA = Path(__file__).parent / "data"

# Newcombe (1998), Statistics in Medicine 17, 857–872, table I: methods 3 (Wilson) and 5 (Clopper–Pearson)
SINGLE = [
    (81, 263, 0.2553, 0.3662, 0.2527, 0.3676),
    (15, 148, 0.0624, 0.1605, 0.0578, 0.1617),
    (0, 20, 0.0, 0.1611, 0.0, 0.1684),
    (1, 29, 0.0061, 0.1718, 0.0009, 0.1776),
]


def test_wilson_and_clopper_pearson_match_newcombes_table():
    x, n, *limits = np.array(SINGLE).T
    wilson = proportion_intervals(x, n)
    exact = proportion_intervals(x, n, method="clopper-pearson")
    found = np.array([wilson["ci_low"], wilson["ci_high"], exact["ci_low"], exact["ci_high"]])
    assert np.abs(found - np.array(limits)).max() < 0.00006
    assert wilson["value"].tolist() == pytest.approx([81 / 263, 15 / 148, 0, 1 / 29])


def test_jeffreys_is_the_beta_posterior_and_closed_at_the_ends():
    # Brown, Cai and DasGupta (2001), Statistical Science 16, 101–133, section 3: Beta(x+½, n−x+½), 0 at x=0, 1 at x=n
    frame = proportion_intervals([0, 3, 10], [10, 10, 10], method="jeffreys")
    assert frame.loc[1, "ci_low"] == pytest.approx(stats.beta.ppf(0.025, 3.5, 7.5))
    assert frame.loc[1, "ci_high"] == pytest.approx(stats.beta.ppf(0.975, 3.5, 7.5))
    assert (frame.loc[0, "ci_low"], frame.loc[2, "ci_high"]) == (0, 1)


def test_higher_confidence_is_wider():
    narrow, wide = (proportion_intervals([7], [20], level) for level in (0.9, 0.99))
    assert wide.loc[0, "ci_low"] < narrow.loc[0, "ci_low"] < narrow.loc[0, "ci_high"] < wide.loc[0, "ci_high"]


def test_missing_counts_and_empty_denominators_keep_their_row():
    x = pd.Series([3, np.nan, 0, 2], index=["s1", "s2", "s3", "s4"])
    n = pd.Series([10, 5, 0, np.nan], index=x.index)
    frame = proportion_intervals(x, n)
    assert list(frame.index) == ["s1", "s2", "s3", "s4"]
    assert frame["value"].isna().tolist() == [False, True, True, True]


@pytest.mark.parametrize(("x", "n"), [(5, 4), (-1, 4), (1, -4)])
def test_impossible_counts_are_refused_by_name(x, n):
    with pytest.raises(ValueError, match="s107"):
        proportion_intervals(pd.Series([1, x], index=["s101", "s107"]), pd.Series([2, n], index=["s101", "s107"]))


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="wald"):
        proportion_intervals([1], [2], method="wald")


def test_poisson_limits_match_garwoods_table():
    # Garwood (1936), Biometrika 28, 437–442: 95 % limits of a Poisson mean
    frame = poisson_intervals([0, 5, 10], [1, 1, 1])
    assert frame["ci_low"].round(3).tolist() == [0, 1.623, 4.795]
    assert frame["ci_high"].round(3).tolist() == [3.689, 11.668, 18.390]


def test_poisson_limits_are_per_exposure():
    assert poisson_intervals([5], [200]).loc[0, "ci_high"] == pytest.approx(11.6683 / 200, rel=1e-5)


def test_pooled_ratio_matches_svyratio():
    # R package survey, vignette "A survey analysis example": svyratio(~api.stu, ~enroll, dclus1) on apiclus1 gives
    # 0.8497087, SE 0.008386297 with the finite population correction for 15 of 757 districts
    districts = pd.read_csv(DATA / "apiclus1_districts.csv")
    ratio = pooled_ratio(districts["api_stu"], districts["enroll"])
    assert ratio.value == pytest.approx(0.8497087, abs=5e-8)
    assert ratio.se * np.sqrt(1 - 15 / 757) == pytest.approx(0.008386297, abs=5e-10)
    half = stats.t.ppf(0.975, 14) * ratio.se
    assert (ratio.ci_low, ratio.ci_high) == pytest.approx((ratio.value - half, ratio.value + half))
    assert ratio.n_schools == 15


def test_pooled_ratio_is_a_cluster_robust_weighted_mean():
    rng = np.random.default_rng(1)
    x = rng.integers(20, 300, 30).astype(float)
    y = rng.binomial(x.astype(int), 0.4).astype(float)
    fit = sm.WLS(y / x, np.ones(30), weights=x).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(30), "use_correction": False}
    )
    ratio = pooled_ratio(y, x)
    assert ratio.value == pytest.approx(fit.params[0])
    assert ratio.se == pytest.approx(fit.bse[0] * np.sqrt(30 / 29))


def test_pooled_ratio_leaves_out_what_is_missing():
    full = pooled_ratio([3, 4, 5], [10, 10, 20])
    assert pooled_ratio([3, np.nan, 4, 0, 5, 7], [10, 10, 10, 0, 20, np.nan]) == full


def test_pooled_ratio_of_one_and_of_no_school():
    one, none = pooled_ratio([3], [10]), pooled_ratio([], [])
    assert (one.value, one.n_schools, none.n_schools) == (0.3, 1, 0)
    assert np.isnan([one.se, one.ci_low, none.value, none.se]).all()


def test_equal_shares_have_no_error():
    ratio = pooled_ratio([3, 6, 9], [10, 20, 30])
    assert (ratio.se, ratio.ci_low, ratio.ci_high) == (0, 0.3, 0.3)


def test_pooled_ratio_does_not_depend_on_the_order():
    rng = np.random.default_rng(2)
    x, y, order = rng.random(200), rng.random(200), rng.permutation(200)
    assert pooled_ratio(y, x) == pooled_ratio(y[order], x[order])


def test_contract_path():
    assert indicators.proportion_intervals is proportion_intervals
    assert indicators.pooled_ratio is pooled_ratio
