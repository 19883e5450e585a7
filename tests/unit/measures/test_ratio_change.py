"""Change of a ratio of totals on a matched panel of schools."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.measures.changes import pooled_ratio_change


def panel(n=40, seed=5):
    rng = np.random.default_rng(seed)
    x1, x2 = rng.integers(30, 400, (2, n)).astype(float)
    y1, y2 = rng.binomial(x1.astype(int), 0.4), rng.binomial(x2.astype(int), 0.45)
    return y1.astype(float), x1, y2.astype(float), x2


def test_is_a_regression_on_the_period_clustered_by_school():
    y1, x1, y2, x2 = panel()
    design = np.column_stack([np.ones(80), np.repeat([0, 1], 40)])
    fit = sm.WLS(np.r_[y1 / x1, y2 / x2], design, weights=np.r_[x1, x2]).fit(
        cov_type="cluster", cov_kwds={"groups": np.tile(np.arange(40), 2), "use_correction": False}
    )
    result = pooled_ratio_change(y1, x1, y2, x2)
    assert result.change == pytest.approx(fit.params[1])
    assert result.se == pytest.approx(fit.bse[1] * np.sqrt(40 / 39))
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(result.t), 39))
    assert (result.df, result.n_pairs) == (39, 40)
    half = stats.t.ppf(0.975, 39) * result.se
    assert (result.ci_low, result.ci_high) == pytest.approx((result.change - half, result.change + half))


def test_equal_denominators_give_the_paired_t_test():
    rng = np.random.default_rng(6)
    y1, y2 = rng.integers(0, 50, (2, 15))
    result = pooled_ratio_change(y1, [50] * 15, y2, [50] * 15)
    paired = stats.ttest_rel(y2, y1)
    assert (result.t, result.p_value) == pytest.approx((paired.statistic, paired.pvalue))


def test_only_schools_of_both_periods_count():
    y1, x1, y2, x2 = panel()
    full = pooled_ratio_change(y1, x1, y2, x2)
    more = [
        np.r_[array, extra]
        for array, extra in zip((y1, x1, y2, x2), ([1, np.nan], [0, 5], [2, 2], [9, 9]), strict=True)
    ]
    assert pooled_ratio_change(*more) == full


def test_no_change_at_all():
    result = pooled_ratio_change([1, 2, 3], [5, 5, 5], [1, 2, 3], [5, 5, 5])
    assert (result.change, result.se, result.t, result.p_value) == (0, 0, 0, 1)


def test_the_same_change_everywhere():
    result = pooled_ratio_change([0, 0, 0], [4, 8, 12], [4, 8, 12], [4, 8, 12])
    assert (result.change, result.se, result.p_value, result.ci_low) == (1, 0, 0, 1)


def test_one_and_no_school():
    one, none = pooled_ratio_change([1], [4], [2], [4]), pooled_ratio_change([], [], [], [])
    assert (one.change, one.n_pairs, none.n_pairs) == (0.25, 1, 0)
    assert np.isnan([one.se, one.p_value, none.change, none.p_value]).all()


def test_does_not_depend_on_the_order():
    columns = panel()
    order = np.random.default_rng(7).permutation(40)
    assert pooled_ratio_change(*columns) == pooled_ratio_change(*(column[order] for column in columns))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="one value per school"):
        pooled_ratio_change([1, 2], [3, 4], [1], [3])
