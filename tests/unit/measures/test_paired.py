"""Paired comparison: published examples, and p-values counted by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.measures.comparison import adjust, compare_paired
from analysis.measures.signed_rank import _walsh_order_statistic

# Hollander and Wolfe (1973), p. 29: Hamilton depression scale factor, in the examples of R's wilcox.test
X = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
Y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# Darwin's maize plants, Fisher (1935), The Design of Experiments, §17 and §21; eighths of an inch
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
# Student (1908): hours of extra sleep, drug 2 minus drug 1; R's data set sleep
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]


def test_hollander_and_wolfes_depression_example():
    # p. 29: T⁺ = 5, one-sided P = 0.020 (10 of 512); p. 34: estimate −0.46; p. 36: interval (−0.786, −0.010)
    result = compare_paired(X, Y)
    assert result.p_wilcoxon == pytest.approx(20 / 512)
    assert result.hodges_lehmann == pytest.approx(-0.46)
    assert (result.hl_low, result.hl_high) == pytest.approx((-0.786, -0.010))
    assert result.rank_biserial == pytest.approx((5 - 40) / 45)
    assert (result.n_up, result.n_down, result.n_same, result.status) == (2, 7, 0, "ok")


def test_fishers_count_of_darwins_maize():
    # §21: 863 of 32,768 sign patterns on each side, 5.267 % together; §17: t = 2.148 on 14 degrees of freedom
    result = compare_paired(np.zeros(15), MAIZE)
    assert result.p_permutation == pytest.approx(2 * 863 / 32768)
    assert result.dz * np.sqrt(15) == pytest.approx(2.148, abs=0.0005)
    assert result.mean_difference == pytest.approx(314 / 15)


def test_students_sleep_with_ties_and_a_zero():
    # R: t.test(paired) t = 4.0621, p = 0.002833; nine non-zero differences, all up: 2 of 2⁹ sign patterns
    result = compare_paired(np.zeros(10), SLEEP)
    assert result.p_t == pytest.approx(0.002833, abs=5e-7)
    assert result.dz == pytest.approx(4.0621 / np.sqrt(10), abs=5e-5)
    assert result.p_wilcoxon == pytest.approx(2 / 2**9)
    assert result.p_permutation == pytest.approx(2 / 2**9)
    assert (result.n_up, result.n_same, result.rank_biserial) == (9, 1, 1)


@pytest.mark.parametrize("differences", [[1, 2, 3, 4, 5, -6], [2, 2, -1, 3, 3, 3, -2], [1.5, -0.5, 2, 0, 4, 1, 1, -3]])
def test_p_values_counted_by_hand(differences):
    d = np.array(differences, float)
    nonzero = d[d != 0]
    ranks = stats.rankdata(abs(nonzero))
    signs = np.array(list(itertools.product([-1, 1], repeat=len(nonzero))))
    mean = np.mean(abs(signs @ abs(nonzero)) >= abs(nonzero.sum()) - 1e-9)
    plus = (signs > 0) @ ranks
    centre = ranks.sum() / 2
    own = ranks[nonzero > 0].sum()
    rank = np.mean(abs(plus - centre) >= abs(own - centre) - 1e-9)
    result = compare_paired(np.zeros(len(d)), d)
    assert (result.p_permutation, result.p_wilcoxon) == pytest.approx((mean, rank))


def test_many_pairs_use_the_normal_approximation_of_r():
    rng = np.random.default_rng(8)
    d = rng.normal(0.2, 1, 80).round(1)
    d = d[d != 0]
    expected = stats.wilcoxon(d, method="approx", correction=True).pvalue
    assert compare_paired(np.zeros(len(d)), d).p_wilcoxon == pytest.approx(expected)


def test_seeded_draws_come_close_to_the_t_test_and_repeat():
    rng = np.random.default_rng(9)
    before = rng.normal(50, 10, 64)
    after = before + rng.normal(1.5, 6, 64)
    result = compare_paired(before, after, seed=1)
    assert result.p_permutation == pytest.approx(stats.ttest_rel(after, before).pvalue, abs=0.01)
    assert compare_paired(before, after, seed=1) == result
    assert compare_paired(before, after, seed=2) != result


def test_exact_gamma_correction():
    # Hedges (1981), J. Educational Statistics 6, 107–128, table 1: c(10) = 0.9228, c(2) = 0.5642
    d = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    result = compare_paired(np.zeros(11), d)
    assert result.gz / result.dz == pytest.approx(0.9228, abs=0.00006)
    short = compare_paired([0, 0, 0], [1, 2, 4])
    assert short.gz / short.dz == pytest.approx(0.5642, abs=0.00006)


def test_too_few_pairs_still_describe():
    result = compare_paired([1, 2, 3, 4, 5, 6], [2, 3, 4, 4, 7, 8])
    assert result.status == "too_few_pairs"
    assert np.isnan([result.p_permutation, result.p_wilcoxon, result.p_t, result.hl_low]).all()
    assert (result.mean_difference, result.n_up, result.n_same) == (pytest.approx(7 / 6), 5, 1)


def test_all_zero():
    result = compare_paired([5] * 8, [5] * 8)
    assert (result.status, result.n_same, result.mean_difference, result.dz, result.rank_biserial) == (
        "all_zero",
        8,
        0,
        0,
        0,
    )
    assert np.isnan([result.p_permutation, result.p_wilcoxon, result.p_t]).all()


def test_constant_shift():
    result = compare_paired(range(8), range(2, 10))
    assert (result.status, result.mean_difference, result.hodges_lehmann, result.rank_biserial) == ("ok", 2, 2, 1)
    assert result.p_permutation == pytest.approx(2 / 2**8)
    assert np.isnan([result.dz, result.gz]).all()


def test_one_pair_and_none():
    one = compare_paired([1, np.nan], [3, 4])
    none = compare_paired([np.nan], [1])
    assert (one.status, one.mean_difference, none.status) == ("one_pair", 2, "no_pairs")
    assert np.isnan([one.dz, one.p_t, none.mean_difference, none.rank_biserial]).all()


def test_rounding_noise_is_no_difference():
    assert compare_paired([0.3, 0.1 + 0.2], [0.1 + 0.2, 0.3]).n_same == 2
    tied = compare_paired([0.0] * 7, [0.3, 0.1 + 0.2, 1, 2, 3, 4, 5])
    assert tied.p_wilcoxon == pytest.approx(2 / 2**7)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), max_size=30), st.randoms())
def test_order_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    results = [compare_paired([a for a, _ in rows], [b for _, b in rows], draws=99) for rows in (pairs, shuffled)]
    assert str(results[0]) == str(results[1])


def test_swapping_the_periods_turns_the_signs():
    forward, backward = compare_paired(X, Y), compare_paired(Y, X)
    assert forward.p_wilcoxon == backward.p_wilcoxon
    assert forward.hodges_lehmann == pytest.approx(-backward.hodges_lehmann)
    assert (forward.hl_low, forward.n_up) == (pytest.approx(-backward.hl_high), backward.n_down)


def test_walsh_averages_of_many_pairs_are_found_without_listing_them():
    d = np.sort(np.random.default_rng(10).normal(size=700).round(2))
    rows, columns = np.triu_indices(700)
    averages = np.sort((d[rows] + d[columns]) / 2)
    for place in (0, 17, 100_000, 245_349):
        assert _walsh_order_statistic(d, place) == averages[place]


def test_infinite_values_are_refused_by_name():
    with pytest.raises(ValueError, match="unit 1"):
        compare_paired([1, 2, 3], [1, np.inf, 3])


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="one value per school"):
        compare_paired([1, 2], [1])


# Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289–300, section 4.1
INFARCTION = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
              0.7590, 1.0000]  # fmt: skip


def test_benjamini_and_hochbergs_example():
    # the first four hypotheses are rejected at 0.05: 15·0.0095/4 = 0.0356, 15·0.0201/5 = 0.0603
    adjusted = adjust(INFARCTION, "fdr_bh")
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[3] == pytest.approx(15 * 0.0095 / 4)


def test_holm_steps_down():
    adjusted = adjust(INFARCTION, "holm")
    assert adjusted[:4].tolist() == pytest.approx([15 * 0.0001, 14 * 0.0004, 13 * 0.0019, 12 * 0.0095])
    assert (np.diff(adjusted) >= 0).all()


def test_untested_is_not_a_test():
    assert adjust([0.01, np.nan, 0.04], "holm").tolist() == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    assert len(adjust([], "holm")) == 0
    assert np.isnan(adjust([np.nan], "fdr_bh")).all()


def test_impossible_p_values_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([1.2])
