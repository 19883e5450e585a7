"""Change of one unit's share or rate, against published tables."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.rates import test_poisson_2indep as poisson_test

from analysis.measures.changes import proportion_changes, rate_changes
from analysis.measures.exact import binomial_two_sided, fisher_two_sided

# Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10: x of n, minus x of n, limits
TABLE_II = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


def test_newcombes_table():
    x2, n2, x1, n1, low, high = np.array(TABLE_II).T
    frame = proportion_changes(x1, n1, x2, n2)
    assert np.abs(frame["ci_low"] - low).max() < 0.00006
    assert np.abs(frame["ci_high"] - high).max() < 0.00006
    assert frame["change"].tolist() == pytest.approx(list(x2 / n2 - x1 / n1))


def test_agrees_with_statsmodels():
    limits = confint_proportions_2indep(30, 40, 20, 50, method="newcomb", compare="diff", alpha=0.1)
    frame = proportion_changes([20], [50], [30], [40], confidence=0.9)
    assert frame.loc[0, ["ci_low", "ci_high"]].tolist() == pytest.approx(limits)


def test_fishers_tea_tasting():
    # Fisher (1935), The Design of Experiments, ch. II; two-sided p 34/70 as in Agresti (2002), Categorical Data Analysis, 3.5
    assert proportion_changes([3], [4], [1], [4]).loc[0, "p_value"] == pytest.approx(34 / 70)


def test_fisher_agrees_with_scipy_over_many_tables():
    rng = np.random.default_rng(3)
    n, m = rng.integers(1, 80, (2, 200)).astype(float)
    a, b = rng.binomial(n.astype(int), 0.3), rng.binomial(m.astype(int), 0.5)
    ours = fisher_two_sided(a.astype(float), n, b.astype(float), m)
    scipys = [stats.fisher_exact([[i, j - i], [k, o - k]])[1] for i, j, k, o in zip(a, n, b, m, strict=True)]
    assert ours.tolist() == pytest.approx(scipys, rel=1e-9)


def test_binomial_agrees_with_scipy():
    rng = np.random.default_rng(4)
    n, p = rng.integers(1, 60, 150), rng.uniform(0.03, 0.97, 150)
    k = rng.binomial(n, p)
    scipys = [stats.binomtest(int(i), int(j), q).pvalue for i, j, q in zip(k, n, p, strict=True)]
    assert binomial_two_sided(k.astype(float), n.astype(float), p).tolist() == pytest.approx(scipys, rel=1e-9)


def test_cohens_h():
    # Cohen (1988), table 6.2.2: φ(0.50) = 1.571, φ(0.60) = 1.772
    assert proportion_changes([50], [100], [60], [100]).loc[0, "effect"] == pytest.approx(1.772 - 1.571, abs=0.001)


def test_missing_and_empty_keep_their_row():
    index = ["s1", "s2", "s3"]
    x1, n1 = pd.Series([1, np.nan, 2], index), pd.Series([5, 5, 5], index)
    frame = proportion_changes(x1, n1, pd.Series([2, 2, 0], index), pd.Series([5, 5, 0], index))
    assert list(frame.index) == index
    assert frame.notna().all(axis=1).tolist() == [True, False, False]


def test_impossible_counts_are_refused_by_name():
    with pytest.raises(ValueError, match="unit s9"):
        proportion_changes(
            pd.Series([9], ["s9"]), pd.Series([5], ["s9"]), pd.Series([1], ["s9"]), pd.Series([5], ["s9"])
        )


def test_nothing_changed():
    row = proportion_changes([3, 0, 7], [7, 7, 7], [3, 0, 7], [7, 7, 7])
    assert row["p_value"].tolist() == [1, 1, 1]
    assert row["effect"].tolist() == [0, 0, 0]


def test_rates_use_the_conditional_exact_test():
    frame = rate_changes([12], [200], [25], [210])
    assert frame.loc[0, "p_value"] == pytest.approx(poisson_test(25, 210, 12, 200, method="exact-cond").pvalue)
    assert frame.loc[0, "effect"] == pytest.approx((25 / 210) / (12 / 200))


def test_rate_interval_recovers_its_variance_from_the_single_limits():
    # Zou and Donner (2008), Statistics in Medicine 27, 1693–1702: square-and-add over Garwood's limits of 5 and 10
    row = rate_changes([5], [1], [10], [1]).loc[0]
    assert row["ci_low"] == pytest.approx(5 - np.hypot(10 - 4.795, 11.668 - 5), abs=0.001)
    assert row["ci_high"] == pytest.approx(5 + np.hypot(18.390 - 10, 5 - 1.623), abs=0.001)


def test_rates_without_events():
    row = rate_changes([0], [10], [0], [10]).loc[0]
    assert (row["change"], row["p_value"]) == (0, 1)
    assert np.isnan(row["effect"])
