"""How far places depend on the way of computing: weights, normalisation, aggregation, choice of indicators."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.measures.composite import aggregated, as_matrix, checked_weights, normalised
from analysis.measures.counts import check_draws
from analysis.measures.rank_intervals import best_places

WEIGHT_RANGE = 0.25
BOUNDS = (1.0, 100.0)  # above zero, as geometric and harmonic means need
_ARITHMETIC_ONLY = ("zscore", "percentile")  # these reach zero or below
_NORMALISATIONS = ("goalposts", "minmax", "zscore", "rank", "percentile")
_AGGREGATIONS = ("arithmetic", "geometric", "harmonic")
COLUMNS = ["unit", "scenario", "rank_mean", "rank_median", "rank_q05", "rank_q95"]


def ranking_sensitivity(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    goalposts: ArrayLike | None = None,
    samples: ArrayLike | None = None,
    weight_range: float = WEIGHT_RANGE,
    draws: int = 1000,
    seed: int = 49,
) -> pd.DataFrame:
    """Distribution of each unit's place when the method, the data, or both vary.

    ``values``: units × indicators, higher is better, NaN = no value. ``goalposts``: as in ``composite``; with them the
    starting point is the arithmetic mean over goalposts, without over min-max. ``samples``: draws × units ×
    indicators, versions of the values within their sampling error.

    Scenarios: ``weights`` (each weight times 1 ± ``weight_range``, uniform, renormalised), ``normalisation``,
    ``aggregation`` and ``leave_one_out`` (each variant once), ``method`` (all four at once, at random), and with
    samples ``sampling`` (data alone) and ``all`` (data and method). Returns one row per unit and scenario: ``unit``
    (position), ``scenario``, ``rank_mean, rank_median, rank_q05, rank_q95`` (1 = best); NaN for a unit without values.
    Raises ValueError for arrays whose shapes do not fit, infinite values, impossible weights, a ``weight_range`` outside
    0–1 and fewer than one draw.

    Source: OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 7; the R package COINr.
    """
    matrix = as_matrix(values)
    weight = checked_weights(weights, matrix.shape[1])
    drawn = None if samples is None else np.asarray(samples, dtype=float)
    if drawn is not None and (drawn.shape[1:] != matrix.shape or np.isinf(drawn).any()):
        raise ValueError("samples must be finite and have the shape draws × units × indicators")
    if not 0 <= weight_range <= 1:
        raise ValueError(f"weight_range {weight_range:g} does not lie between 0 and 1")
    check_draws(draws)
    variation = _Variation(weight, goalposts, weight_range)
    scenarios = _scenarios(matrix, drawn, variation, draws, seed)
    return pd.concat([_summary(places, name) for name, places in scenarios], ignore_index=True)


class _Variation:
    """The ways to compute a score from values: the usual one, and those it is varied to."""

    def __init__(self, weight: np.ndarray, goalposts: ArrayLike | None, weight_range: float) -> None:
        self.weight, self.goalposts, self.weight_range = weight, goalposts, weight_range
        self.normalisations = _NORMALISATIONS if goalposts is not None else _NORMALISATIONS[1:]
        self.usual = self.normalisations[0]
        self.pairs = [
            (normalise, aggregate)
            for normalise in self.normalisations
            for aggregate in (_AGGREGATIONS[:1] if normalise in _ARITHMETIC_ONLY else _AGGREGATIONS)
        ]

    def scale(self, matrix: np.ndarray, normalise: str) -> np.ndarray:
        return normalised(matrix, normalise, BOUNDS, self.goalposts)

    def random_weights(self, rng: np.random.Generator) -> np.ndarray:
        factor = rng.uniform(1 - self.weight_range, 1 + self.weight_range, len(self.weight))
        total = (self.weight * factor).sum()
        return self.weight * factor / (total if total > 0 else 1.0)

    def random_method(self, rng: np.random.Generator) -> tuple[str, str, np.ndarray]:
        """Normalisation, aggregation, and weights, one of which may be set to zero."""
        normalise, aggregate = self.pairs[rng.integers(len(self.pairs))]
        weight = self.random_weights(rng)
        dropped = int(rng.integers(-1, len(weight)))
        if dropped >= 0 and np.count_nonzero(weight) > 1:
            weight[dropped] = 0
        return normalise, aggregate, weight


def _scenarios(
    matrix: np.ndarray, samples: np.ndarray | None, variation: _Variation, draws: int, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and places (variant × unit) of every scenario."""
    usual = variation.scale(matrix, variation.usual)
    scaled = {name: variation.scale(matrix, name) for name in variation.normalisations}
    rng = np.random.default_rng(seed)
    weights = [variation.random_weights(rng) for _ in range(draws)]
    yield "weights", _stacked(_ranks(usual, weight, "arithmetic") for weight in weights)
    yield (
        "normalisation",
        _stacked(_ranks(scaled[name], variation.weight, "arithmetic") for name in variation.normalisations),
    )
    yield "aggregation", _stacked(_ranks(usual, variation.weight, name) for name in _AGGREGATIONS)
    yield "leave_one_out", _stacked(_ranks(usual, weight, "arithmetic") for weight in _one_left_out(variation.weight))
    methods = [variation.random_method(rng) for _ in range(draws)]
    yield "method", _stacked(_ranks(scaled[name], weight, how) for name, how, weight in methods)
    if samples is not None and len(samples):
        yield (
            "sampling",
            _stacked(_ranks(variation.scale(one, variation.usual), variation.weight, "arithmetic") for one in samples),
        )
        yield (
            "all",
            _stacked(
                _ranks(variation.scale(samples[draw % len(samples)], name), weight, how)
                for draw, (name, how, weight) in enumerate(methods)
            ),
        )


def _one_left_out(weight: np.ndarray) -> Iterator[np.ndarray]:
    if np.count_nonzero(weight) < 2:
        yield weight
        return
    for place in np.flatnonzero(weight):
        rest = weight.copy()
        rest[place] = 0
        yield rest


def _ranks(scaled: np.ndarray, weight: np.ndarray, aggregate: str) -> np.ndarray:
    # rounding makes equal values equal whatever the order of their sums
    return best_places(np.round(aggregated(scaled, weight, aggregate), 9))


def _stacked(rows: Iterator[np.ndarray]) -> np.ndarray:
    return np.array(list(rows), dtype=np.float32)


def _summary(places: np.ndarray, scenario: str) -> pd.DataFrame:
    known = ~np.isnan(places).all(axis=0)
    numbers = np.full((4, places.shape[1]), np.nan)
    some = places[:, known]
    if some.size:
        numbers[0, known] = np.nanmean(some, axis=0, dtype=float)
        numbers[1, known] = np.nanmedian(some, axis=0)
        numbers[2:, known] = _quantiles(some)
    frame = pd.DataFrame(numbers.T, columns=COLUMNS[2:])
    return frame.assign(unit=np.arange(len(frame)), scenario=scenario)[COLUMNS]


def _quantiles(places: np.ndarray) -> np.ndarray:
    """5 and 95 % quantiles that are places, not points between them."""
    levels = [0.05, 0.95]
    if np.isnan(places).any():
        return np.nanquantile(places, levels, axis=0, method="inverted_cdf")
    return np.quantile(places, levels, axis=0, method="inverted_cdf")
