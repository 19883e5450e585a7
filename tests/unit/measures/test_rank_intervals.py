"""Places with intervals: published facts, exact critical values, and what must hold for any data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis.measures import rank_intervals as module
from analysis.measures.claims import count_claims
from analysis.measures.critical_values import marginal_critical_values
from analysis.measures.joint_values import joint_critical_value
from analysis.measures.rankings import rank_intervals
from analysis.measures.scale_values import marginal_values_on_grid

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def pisa():
    return pd.read_csv(DATA / "pisa2018_math.csv", index_col="jurisdiction")


# --- R package csranks 1.2.3, vignette "Inference for Ranks", PISA 2018 mathematics -----------------------------------


def test_the_united_kingdoms_marginal_set(pisa):
    # "we would rank the United Kingdom at 13-th place … could be anywhere between 7 and 23"
    frame = rank_intervals(pisa["math_score"], pisa["math_se"])
    assert frame.loc["United Kingdom"].tolist() == [13, 7, 23]


def test_who_could_be_among_the_top_five(pisa):
    # "The confidence set contains 12 countries"; "At the 90% level, we can now exclude Sweden"
    top = {}
    for confidence in (0.95, 0.9):
        frame = rank_intervals(pisa["math_score"], pisa["math_se"], confidence=confidence, joint=True)
        top[confidence] = set(frame.index[frame["low"] <= 5])
    assert len(top[0.95]) == 12
    assert top[0.95] - top[0.9] == {"Sweden"}
    estimated = ["Japan", "Korea", "Estonia", "Netherlands", "Poland"]
    assert pisa["math_score"].nlargest(5).index.tolist() == estimated


def test_chile_mexico_and_colombia_are_surely_apart(pisa):
    # "Chile, Mexico and Colombia have confidence sets for the ranks that do not overlap with … the other countries";
    # "Germany … Korea (their confidence sets both contain rank 7)", apart at the 75 % level
    frame = rank_intervals(pisa["math_score"], pisa["math_se"], joint=True)
    apart = frame.loc[["Chile", "Mexico", "Colombia", "Costa Rica"]]
    assert apart["low"].min() > frame.drop(apart.index)["high"].max()
    assert frame.loc["Korea", "high"] >= 7 >= frame.loc["Germany", "low"]
    loose = rank_intervals(pisa["math_score"], pisa["math_se"], joint=True, confidence=0.75)
    assert loose.loc["Korea", "high"] < loose.loc["Germany", "low"]


# --- critical values ------------------------------------------------------------------------------------------------


def marginal(sigma, unit=0, confidence=0.95):
    others = np.delete(sigma, unit)
    everyone = np.ones((1, len(others)))
    return marginal_critical_values(sigma[unit : unit + 1], others, everyone, everyone, confidence)[0]


@pytest.mark.parametrize("n", [2, 5, 64])
def test_a_unit_known_exactly_needs_the_largest_of_independent_normals(n):
    # max |Z| over n − 1 independent normals: Φ⁻¹((1 + 0.95^{1/(n−1)})/2)
    sigma = np.r_[0.0, np.ones(n - 1)]
    assert marginal(sigma) == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / (n - 1))) / 2), abs=1e-6)


def test_two_units_need_the_normal_quantile():
    assert marginal(np.array([1.0, 3.0])) == pytest.approx(stats.norm.ppf(0.975), abs=1e-6)


def test_equal_errors_give_dunnetts_constant():
    # Dunnett (1964), Biometrics 20, 482–491, table II, two-sided 5 %, infinite degrees of freedom: p = 2, 5, 9
    for others, tabled in ((2, 2.21), (5, 2.51), (9, 2.69)):
        assert marginal(np.ones(others + 1)) == pytest.approx(tabled, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_the_quadrature_agrees_with_an_adaptive_one(seed):
    sigma = np.random.default_rng(seed).uniform(0.3, 2, 15)
    c, others = marginal(sigma), sigma[1:]
    margin = c * np.hypot(sigma[0], others)

    def density(t):
        chances = stats.norm.cdf((sigma[0] * t + margin) / others) - stats.norm.cdf((sigma[0] * t - margin) / others)
        return stats.norm.pdf(t) * np.prod(chances)

    assert integrate.quad(density, -9, 9, limit=200)[0] == pytest.approx(0.95, abs=1e-6)


def test_one_sided_claims_are_half_of_the_job():
    # a claim that is already made leaves only its reverse: with two units the one-sided normal quantile
    c = marginal_critical_values(np.ones(1), np.ones(1), np.ones((1, 1)), np.zeros((1, 1)), 0.95)
    assert c[0] == pytest.approx(stats.norm.ppf(0.95), abs=1e-6)


def test_equal_errors_jointly_give_the_studentised_range():
    exact = stats.studentized_range.ppf(0.95, 20, np.inf) / np.sqrt(2)
    found = joint_critical_value(np.arange(20.0), np.ones(20), 0.95, False, 40_000, seed=3)
    assert found == pytest.approx(exact, abs=0.02)


def test_only_the_largest_errors_of_a_draw_decide(monkeypatch):
    rng = np.random.default_rng(4)
    theta, sigma = np.sort(rng.normal(0, 2, 90)), rng.uniform(0.3, 1.2, 90)
    fast = joint_critical_value(theta, sigma, 0.95, True, 2000, 1)
    monkeypatch.setattr("analysis.measures.joint_values.ALL_PAIRS_UP_TO", 90)
    assert joint_critical_value(theta, sigma, 0.95, True, 2000, 1) == fast


@pytest.mark.parametrize("step_down", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_grid_gives_the_exact_critical_values_at_64_units(seed, step_down):
    rng = np.random.default_rng(seed)
    theta, sigma = np.sort(rng.normal(0, 2, 64)), rng.uniform(0.2, 1.5, 64)
    exact = module.marginal_values(theta, sigma, 0.95, step_down)
    grid = marginal_values_on_grid(theta, sigma, 0.95, step_down)
    assert np.abs(exact - grid).max() < 1e-3


@pytest.mark.parametrize("each_up_to", [0, 1000])
def test_the_grid_gives_the_exact_intervals(monkeypatch, each_up_to):
    monkeypatch.setattr("analysis.measures.scale_values.EACH_UP_TO", each_up_to)
    rng = np.random.default_rng(6)
    theta, sigma = rng.normal(0, 2, 160), rng.uniform(0.2, 1.0, 160)
    grid = rank_intervals(theta, sigma)
    monkeypatch.setattr(module, "EXACT_UP_TO", 1000)
    difference = (rank_intervals(theta, sigma) - grid).abs().to_numpy()
    assert difference.max() <= 1
    assert (difference == 0).mean() > 0.97


def test_claims_are_counted_alike_for_few_and_for_many(monkeypatch):
    rng = np.random.default_rng(7)
    theta, sigma, c = rng.normal(0, 2, 900).round(2), rng.uniform(0, 1, 900).round(2), rng.uniform(2, 4, 900)
    all_pairs = count_claims(theta, sigma, c)
    monkeypatch.setattr("analysis.measures.claims._ALL_PAIRS_UP_TO", 10)
    by_classes = count_claims(theta, sigma, c)
    assert [list(part) for part in by_classes] == [list(part) for part in all_pairs]


# --- correlated estimates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("joint", [False, True])
def test_a_diagonal_covariance_is_independence(pisa, joint):
    some = pisa.iloc[:12]
    independent = rank_intervals(some["math_score"], some["math_se"], joint=joint)
    covariance = np.diag(some["math_se"].to_numpy() ** 2)
    correlated = rank_intervals(some["math_score"], covariance=covariance, joint=joint, draws=20_000)
    assert (correlated - independent).abs().to_numpy().max() <= 1
    assert (correlated["rank"] == independent["rank"]).all()


def test_errors_in_common_do_not_blur_the_order():
    covariance = np.ones((4, 4)) + np.diag([0.01] * 4)
    frame = rank_intervals([1.0, 2.0, 3.0, 4.0], covariance=covariance)
    assert (frame["low"] == frame["rank"]).all()
    assert (frame["high"] == frame["rank"]).all()


@pytest.mark.parametrize("covariance", [[[1, 0.5], [0.1, 1]], [[1, 2], [2, 1]], [[1, 0, 0], [0, 1, 0]]])
def test_impossible_covariances_are_refused(covariance):
    with pytest.raises(ValueError, match="covariance"):
        rank_intervals([1, 2], covariance=covariance)


# --- degenerate cases -----------------------------------------------------------------------------------------------


def test_one_unit_and_none():
    assert rank_intervals([5.0], [1.0]).to_numpy().tolist() == [[1, 1, 1]]
    assert rank_intervals([], []).empty


def test_all_equal():
    for joint in (False, True):
        frame = rank_intervals([3.0] * 5, [1.0] * 5, joint=joint)
        assert frame.to_numpy().tolist() == [[1, 1, 5]] * 5


def test_without_errors_the_order_is_known_and_ties_share():
    for joint in (False, True):
        frame = rank_intervals([3.0, 1.0, 2.0, 2.0], [0.0] * 4, joint=joint)
        assert frame.to_numpy().tolist() == [[1, 1, 1], [4, 4, 4], [2, 2, 3], [2, 2, 3]]


def test_two_units_known_exactly_among_others():
    frame = rank_intervals([10.0, 9.0, 9.5], [0.0, 0.0, 5.0])
    assert frame["rank"].tolist() == [1, 3, 2]
    assert frame.loc[0, ["low", "high"]].tolist() == [1, 2]
    assert frame.loc[1, ["low", "high"]].tolist() == [2, 3]


def test_missing_estimates_are_not_ranked_and_not_counted():
    frame = rank_intervals(pd.Series([3.0, np.nan, 1.0], ["a", "b", "c"]), [0.1, np.nan, 0.1])
    assert frame.loc["b"].isna().all()
    assert frame.loc[["a", "c"]].to_numpy().tolist() == [[1, 1, 1], [2, 2, 2]]


def test_lower_can_be_better():
    assert rank_intervals([3.0, 1.0], [0.1, 0.1], higher_is_better=False)["rank"].tolist() == [2, 1]


def test_an_infinite_estimate_is_refused_by_name():
    with pytest.raises(ValueError, match="unit s2"):
        rank_intervals(pd.Series([1.0, -np.inf], ["s1", "s2"]), [1.0, 1.0])


@pytest.mark.parametrize("error", [-1.0, np.nan, np.inf])
def test_impossible_errors_are_refused_by_name(error):
    with pytest.raises(ValueError, match="unit s2"):
        rank_intervals(pd.Series([1.0, 2.0], ["s1", "s2"]), [1.0, error])


def test_one_kind_of_error_must_be_given():
    with pytest.raises(ValueError, match="either"):
        rank_intervals([1.0, 2.0])
    with pytest.raises(ValueError, match="one value per estimate"):
        rank_intervals([1.0, 2.0], [1.0])


# --- properties -----------------------------------------------------------------------------------------------------

UNITS = st.lists(
    st.tuples(st.integers(-20, 20).map(float), st.sampled_from([0.0, 0.5, 1.0, 2.5])), min_size=1, max_size=12
)


@given(UNITS, st.randoms(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(units, random, joint):
    order = random.sample(range(len(units)), len(units))
    theta, sigma = np.array(units).T
    straight = rank_intervals(theta, sigma, joint=joint, draws=300)
    shuffled = rank_intervals(theta[order], sigma[order], joint=joint, draws=300)
    assert (straight.to_numpy()[order] == shuffled.to_numpy()).all()


@given(UNITS, st.booleans())
@settings(max_examples=40, deadline=None)
def test_intervals_contain_the_place_and_step_down_only_narrows(units, joint):
    theta, sigma = np.array(units).T
    stepped = rank_intervals(theta, sigma, joint=joint, draws=300)
    single = rank_intervals(theta, sigma, joint=joint, draws=300, step_down=False)
    assert (stepped["low"] <= stepped["rank"]).all()
    assert (stepped["rank"] <= stepped["high"]).all()
    assert (stepped["low"] >= single["low"]).all()
    assert (stepped["high"] <= single["high"]).all()


@given(UNITS)
@settings(max_examples=30, deadline=None)
def test_turning_the_scale_turns_the_places(units):
    theta, sigma = np.array(units).T
    up, down = rank_intervals(theta, sigma), rank_intervals(theta, sigma, higher_is_better=False)
    assert (down["low"] == len(units) + 1 - up["high"]).all()


@given(UNITS)
@settings(max_examples=40, deadline=None)
def test_what_holds_for_all_at_once_is_wider_than_what_holds_for_one(units):
    theta, sigma = np.array(units).T
    marginal, joint = rank_intervals(theta, sigma), rank_intervals(theta, sigma, joint=True)
    assert (joint["low"] <= marginal["low"]).all()
    assert (joint["high"] >= marginal["high"]).all()


@pytest.mark.parametrize("errors", [[1.0, 1.0], [1.0, 3.0], [1.0, 0.0, 0.0]])
def test_where_one_pair_decides_draws_do_not_narrow_it(errors):
    found = rank_intervals(np.arange(len(errors)) * 1e-3, errors, joint=True).attrs["critical_value"]
    assert found == pytest.approx(stats.norm.ppf(0.975), abs=0.03)
    assert found >= stats.norm.ppf(0.975)


def test_same_input_same_result():
    rng = np.random.default_rng(8)
    theta, sigma = rng.normal(size=30), rng.uniform(0.1, 1, 30)
    first, again = (rank_intervals(theta, sigma, joint=True, seed=2) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
