"""Composite scores against the results documented by COINr, and hand calculation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.measures.rankings import composite

DATA = Path(__file__).parent / "data"
V = [[1.0, 10], [2, 30], [4, 20]]

# R package COINr 1.1.14, vignette "Presenting Results": head(get_results(coin, "Aggregated", "Aggs"))
DOCUMENTED = {
    "CHE": [68.38, 62.79, 73.98, 63.41, 32.87, 74.78, 85.94, 56.93, 77.21, 87.85, 56.88],
    "NLD": [64.82, 61.94, 67.70, 64.87, 46.62, 84.55, 71.74, 41.92, 58.73, 86.58, 57.78],
    "DNK": [64.80, 57.10, 72.51, 50.52, 30.43, 78.13, 75.35, 51.04, 69.83, 86.40, 61.29],
    "NOR": [64.47, 57.44, 71.50, 58.18, 25.70, 80.03, 89.46, 33.80, 70.90, 87.00, 56.59],
    "BEL": [63.54, 63.99, 63.09, 71.97, 48.22, 80.84, 75.60, 43.32, 53.01, 86.17, 50.09],
    "SWE": [63.00, 53.87, 72.12, 51.51, 23.87, 80.98, 74.51, 38.50, 66.37, 87.74, 62.27],
}
PILLARS = ["Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin"]


def level(scores, members):
    """One level up: equal weights, scores already on 0–100."""
    return composite(scores[members], normalise="goalposts", bounds=(0, 100), goalposts=(0, 100))


def test_asem_index_scores_and_ranks_are_those_coinr_documents():
    treated = pd.read_csv(DATA / "asem_treated.csv", index_col="country")
    place = pd.DataFrame([column.split("/") for column in treated], columns=["sub", "pillar", "code"])
    scores = pd.DataFrame(index=treated.index)
    for pillar in PILLARS:
        columns = treated.columns[place["pillar"] == pillar]
        scores[pillar] = composite(treated[columns], normalise="minmax", bounds=(0, 100))
    for sub in ("Conn", "Sust"):
        scores[sub] = level(scores, list(dict.fromkeys(place.loc[place["sub"] == sub, "pillar"])))
    scores["Index"] = level(scores, ["Conn", "Sust"])
    found = scores.sort_values("Index", ascending=False).head(6)[["Index", "Conn", "Sust", *PILLARS]]
    assert list(found.index) == list(DOCUMENTED)
    assert np.abs(found.to_numpy() - np.array(list(DOCUMENTED.values()))).max() < 0.0051


def test_minmax_goes_onto_the_bounds():
    assert composite(V).tolist() == pytest.approx([1, (34 + 100) / 2, (100 + 50.5) / 2])
    assert composite(V, [1, 0], bounds=(0, 10)).tolist() == pytest.approx([0, 10 / 3, 10])


def test_zscores_use_n_minus_one():
    # column 1: mean 7/3, sd √(7/3); column 2: mean 20, sd 10
    first = (np.array([1, 2, 4]) - 7 / 3) / np.sqrt(7 / 3)
    assert composite(V, normalise="zscore").tolist() == pytest.approx(list((first + [-1, 1, 0]) / 2))


def test_ranks_and_percentiles_give_ties_the_lowest():
    values = [[5.0], [7], [7], [9]]
    assert composite(values, normalise="rank").tolist() == [1, 2, 2, 4]
    assert composite(values, normalise="percentile").tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1])


def test_goalposts_are_fixed_and_cut_off():
    scores = composite([[-5.0], [50], [120]], normalise="goalposts", goalposts=[(0, 100)], bounds=(0, 100))
    assert scores.tolist() == [0, 50, 100]


def test_aggregations():
    values, post = [[20.0, 80]], {"normalise": "goalposts", "goalposts": (0, 100), "bounds": (0, 100)}
    assert composite(values, [3, 1], **post)[0] == pytest.approx(35)
    assert composite(values, aggregate="geometric", **post)[0] == pytest.approx(40)
    assert composite(values, aggregate="harmonic", **post)[0] == pytest.approx(32)


def test_weights_are_renormalised_over_what_is_there():
    values = [[10.0, np.nan, 40], [np.nan, np.nan, np.nan], [10, 20, 40]]
    post = {"normalise": "goalposts", "goalposts": (0, 100), "bounds": (0, 100)}
    scores = composite(values, [1, 1, 2], **post)
    assert scores.tolist() == pytest.approx([30, np.nan, 27.5], nan_ok=True)


def test_a_column_without_a_range_is_dropped_with_a_warning():
    with pytest.warns(RuntimeWarning, match="dropped: 1"):
        assert composite([[1.0, 7], [2, 7]]).tolist() == [1, 100]
    with pytest.warns(RuntimeWarning, match="dropped"):
        assert np.isnan(composite([[3.0], [3]], normalise="zscore")).all()


@pytest.mark.parametrize("normalise", ["minmax", "zscore", "rank", "percentile"])
def test_one_unit_has_no_range(normalise):
    with pytest.warns(RuntimeWarning):
        assert np.isnan(composite([[3.0, 4]], normalise=normalise)).all()


def test_geometric_and_harmonic_refuse_zero():
    for aggregate in ("geometric", "harmonic"):
        with pytest.raises(ValueError, match="above 0"):
            composite(V, bounds=(0, 100), aggregate=aggregate)


@pytest.mark.parametrize(
    "arguments",
    [
        {"values": [[1, np.inf], [2, 3]]},
        {"values": [1, 2]}, {"weights": [1]}, {"weights": [-1, 1]}, {"normalise": "sum"}, {"aggregate": "sum"},
        {"normalise": "goalposts"}, {"normalise": "goalposts", "goalposts": [(0, 1)] * 3},
        {"normalise": "goalposts", "goalposts": (1, 1)},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(arguments):
    with pytest.raises(ValueError, match=r".+"):
        composite(**({"values": V} | arguments))


@pytest.mark.parametrize("normalise", ["minmax", "zscore", "rank", "percentile"])
def test_the_order_of_rows_does_not_matter(normalise):
    rng = np.random.default_rng(3)
    values, order = rng.normal(size=(50, 4)), rng.permutation(50)
    assert (composite(values, normalise=normalise)[order] == composite(values[order], normalise=normalise)).all()
