"""The headline score: mean attainment of targets, and its parametric bootstrap from the counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.periods import Period
from analysis.settings import Indicator, Settings


@dataclass(frozen=True)
class Attainments:
    """Schools (rows, by school_id) × scored indicators (columns); attainment in percent of the target, NaN = not valid."""

    school_id: np.ndarray
    group: np.ndarray
    special: np.ndarray
    indicators: tuple[Indicator, ...]
    numerator: np.ndarray
    denominator: np.ndarray
    target: np.ndarray
    attainment: np.ndarray
    valid: np.ndarray
    applicable: np.ndarray
    weights: np.ndarray


def attainments_of(rows: pd.DataFrame, scored: list[Indicator], period: Period, settings: Settings) -> Attainments:
    """Arrange school rows of ``indicators`` (with ``group``); small denominators are shown elsewhere, not scored."""
    schools = rows.drop_duplicates("unit_id").sort_values("unit_id").set_index("unit_id")
    codes = [indicator.code for indicator in scored]

    def wide(column: str) -> np.ndarray:
        table = rows.pivot(index="unit_id", columns="indicator", values=column)
        return table.reindex(index=schools.index, columns=codes).to_numpy()

    status, denominator = wide("status"), wide("denominator").astype(float)
    shares = np.array(
        [indicator.unit == "percent" and indicator.denominator != "due_forms" for indicator in scored], bool
    )
    too_small = shares & (denominator < settings.project.scoring.min_denominator)
    attainment = np.where(too_small, np.nan, wide("attainment").astype(float))
    special = (status == "special_conditions").any(axis=1)
    weights = settings.project.scoring.weights
    return Attainments(
        schools.index.to_numpy(), schools["group"].to_numpy(), special, tuple(scored), wide("numerator").astype(float),
        denominator, np.array([i.target(period) or np.nan for i in scored], float), attainment, ~np.isnan(attainment),
        ~pd.isna(status) & (status != "not_applicable") & ~too_small,
        np.array([weights.get(code, 1.0) for code in codes], float),
    )  # fmt: skip


def mean_score(attainment: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted mean over the last axis, weights renormalised over valid values; NaN without any."""
    weight = np.where(np.isnan(attainment), 0.0, weights)
    total = weight.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (np.nan_to_num(attainment) * weight).sum(axis=-1) / total, np.nan)


def bootstrap_scores(data: Attainments, draws: int, seed: int) -> np.ndarray:
    """Array draws × schools: binomial (shares) or Poisson (rates) counts around Anscombe's shrunken value → score.

    Plain counts and yes/no facts are known exactly. Each school has a stream of its own, so no school's draws depend
    on another's presence.
    """
    scores = np.full((draws, len(data.school_id)), np.nan)
    for place, school in enumerate(data.school_id):
        generator = np.random.default_rng([seed, *str(school).encode()])
        drawn = np.tile(data.attainment[place], (draws, 1))
        for column, indicator in enumerate(data.indicators):
            if data.valid[place, column]:
                drawn[:, column] = _drawn(data, place, column, indicator, generator, draws)
        scores[:, place] = mean_score(drawn, data.weights)
    return scores


def _drawn(
    data: Attainments, place: int, column: int, indicator: Indicator, generator: np.random.Generator, draws: int
) -> np.ndarray:
    count, size = data.numerator[place, column], data.denominator[place, column]
    if indicator.unit == "percent":
        counts = generator.binomial(round(size), (count + 0.375) / (size + 0.75), draws)
    elif indicator.unit == "per_100":
        counts = generator.poisson(count + 0.375, draws)
    else:
        return np.full(draws, data.attainment[place, column])
    value, target = indicator.scale * counts / size, data.target[column]
    with np.errstate(divide="ignore"):
        share = target / value if indicator.direction == "down" else value / target
    return np.minimum(100.0, 100.0 * share)
