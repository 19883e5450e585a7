"""Values of indicators for schools, groups and the city, with intervals, targets and attainment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.conditions import conditions_in
from analysis.dictionary import contract_columns
from analysis.measures.aggregation import measure_values, valid_on
from analysis.measures.proportions import poisson_intervals, pooled_ratio, proportion_intervals
from analysis.periods import Period
from analysis.settings import Indicator, Settings

__all__ = ["city_by_month", "indicators_by_period", "indicators_by_unit", "pooled_ratio", "proportion_intervals"]

COLUMNS = list(contract_columns("indicators"))
FULL = 100.0  # attainment of a target counts up to here


def indicators_by_unit(
    observations: pd.DataFrame,
    schools: pd.DataFrame,
    submissions: pd.DataFrame,
    period: Period,
    settings: Settings,
) -> pd.DataFrame:
    """One row per level, unit and indicator: the contract table ``indicators`` for one period.

    ``value`` is in the indicator's unit (percent 0–100); ``attainment`` is the percent of the target reached, at most
    100. A city or group value is the ratio of totals. ``n_schools`` counts the schools whose data enter the value.
    """
    expected = schools[valid_on(schools, period)].sort_values("school_id").reset_index(drop=True)
    special = in_special_conditions(expected, period)
    shown = settings.indicators_in(period.score_kind)
    sources = {
        use: _values_for(use, observations, expected, submissions, period, settings)
        for use in {i.year_uses for i in shown}
    }
    frames = []
    for indicator in shown:
        by_school = _school_rows(indicator, sources[indicator.year_uses], expected, special, settings)
        frames.extend(_all_levels(indicator, by_school, expected, settings))
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    return _with_targets(table, shown, period)[COLUMNS]


def indicators_by_period(
    observations: pd.DataFrame,
    schools: pd.DataFrame,
    submissions: pd.DataFrame,
    periods: Sequence[Period],
    settings: Settings,
) -> pd.DataFrame:
    """The rows of ``indicators`` for each period in whose months something was reported."""
    known = set(observations["period"].unique())
    frames = [
        indicators_by_unit(observations, schools, submissions, period, settings)
        for period in periods
        if period.key in known or (period.kind != "month" and known & {part.key for part in period.parts()})
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def city_by_month(
    observations: pd.DataFrame,
    schools: pd.DataFrame,
    submissions: pd.DataFrame,
    months: Sequence[Period],
    settings: Settings,
) -> pd.DataFrame:
    """The city's rows of :func:`indicators_by_period`: what run charts show."""
    return indicators_by_period(observations, schools, submissions, months, settings).query("level == 'city'")


def in_special_conditions(schools: pd.DataFrame, period: Period) -> np.ndarray:
    """Schools under repair, relocation or distance teaching at any time of the window."""
    texts = schools["conditions"].fillna("")
    return np.array([bool(text and conditions_in(text, period)) for text in texts], dtype=bool)


def _values_for(
    use: str | None,
    observations: pd.DataFrame,
    schools: pd.DataFrame,
    submissions: pd.DataFrame,
    period: Period,
    settings: Settings,
) -> pd.DataFrame:
    """Measure values, plus the forms due and in order, of the period or of the half-year the indicator uses."""
    period = period.closing_year()
    source = period
    if use and period.kind == "year":
        source = next(half for half in period.parts() if half.score_kind == use)
    values = measure_values(observations, schools, source, settings)
    return values.join(forms_by_school(submissions, source))


def forms_by_school(submissions: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Monthly forms due and those on time and not returned, per school; columns ``ok_forms``, ``due_forms``."""
    months = {month.key for month in period.months()}
    rows = submissions[submissions["period"].isin(months) & (submissions["status"] != "not_due")]
    on_time = (rows["status"] == "on_time").astype(float)
    return on_time.groupby(rows["school_id"]).agg(ok_forms="sum", due_forms="size").astype(float)


def _school_rows(
    indicator: Indicator, values: pd.DataFrame, schools: pd.DataFrame, special: np.ndarray, settings: Settings
) -> pd.DataFrame:
    numerator = values[list(indicator.numerator)].sum(axis=1, skipna=False).to_numpy(float)
    if indicator.denominator:
        denominator = values[indicator.denominator].to_numpy(float)
    else:
        denominator = np.where(np.isnan(numerator), np.nan, 1.0)
    asked = [group.code for group in settings.project.groups if indicator in settings.indicators_for(group.code)]
    empty = ~schools["group"].isin(asked).to_numpy(bool) | (denominator == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(empty, np.nan, indicator.scale * numerator / denominator)
    status = np.select(
        [empty, np.isnan(value), special], ["not_applicable", "missing", "special_conditions"], default="ok"
    )
    used = ~np.isin(status, ["not_applicable", "missing"])
    low, high = _intervals(indicator, numerator, denominator, used, settings.project.tests.confidence)
    return pd.DataFrame(
        {
            "level": "school", "unit_id": schools["school_id"].to_numpy(), "indicator": indicator.code,
            "numerator": np.where(empty, np.nan, numerator), "denominator": np.where(empty, np.nan, denominator),
            "value": value, "ci_low": low, "ci_high": high, "n_schools": used.astype(int), "status": status,
        }
    )  # fmt: skip


def _intervals(
    indicator: Indicator, numerator: np.ndarray, denominator: np.ndarray, used: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson for shares, exact Poisson for rates; none for yes/no and plain counts."""
    low, high = np.full(len(used), np.nan), np.full(len(used), np.nan)
    if not used.any() or indicator.unit in ("yes_no", "count"):
        return low, high
    method = proportion_intervals if indicator.unit == "percent" else poisson_intervals
    frame = method(numerator[used], denominator[used], confidence)
    low[used], high[used] = frame["ci_low"] * indicator.scale, frame["ci_high"] * indicator.scale
    return low, high


def _all_levels(
    indicator: Indicator, by_school: pd.DataFrame, schools: pd.DataFrame, settings: Settings
) -> list[pd.DataFrame]:
    counts = by_school[["numerator", "denominator", "n_schools", "status"]]
    frames = []
    if "city" in indicator.levels:
        frames.append(_pooled(indicator, counts, "city", "city"))
    if "group" in indicator.levels:
        members = {group.code: (schools["group"] == group.code).to_numpy(bool) for group in settings.project.groups}
        frames.extend(_pooled(indicator, counts[ours], "group", code) for code, ours in members.items() if ours.any())
    if "school" in indicator.levels:
        frames.append(by_school)
    return frames


def _pooled(indicator: Indicator, by_school: pd.DataFrame, level: str, unit_id: str) -> pd.DataFrame:
    used = by_school.loc[by_school["n_schools"] == 1, ["numerator", "denominator"]]
    row = {"level": level, "unit_id": unit_id, "indicator": indicator.code, "n_schools": len(used)}
    if used.empty:
        applicable = (by_school["status"] == "missing").any()
        return pd.DataFrame([row | {"value": np.nan, "status": "missing" if applicable else "not_applicable"}])
    ratio = pooled_ratio(used["numerator"].to_numpy(), used["denominator"].to_numpy())
    scaled = {name: getattr(ratio, name) * indicator.scale for name in ("value", "ci_low", "ci_high")}
    totals = {"numerator": used["numerator"].sum(), "denominator": used["denominator"].sum()}
    return pd.DataFrame([row | totals | scaled | {"status": "ok"}])


def _with_targets(table: pd.DataFrame, shown: Sequence[Indicator], period: Period) -> pd.DataFrame:
    of_indicator = pd.Index([indicator.code for indicator in shown], dtype=object).get_indexer(table["indicator"])
    targets = np.array([indicator.target(period) for indicator in shown], dtype=float)  # None is NaN
    attainment = np.full(len(table), np.nan)
    for position, indicator in enumerate(shown):
        ours = of_indicator == position
        attainment[ours] = attainment_of(table["value"].to_numpy(float)[ours], targets[position], indicator)
    return table.assign(period=period.key, target=targets[of_indicator], attainment=attainment)


def attainment_of(value: np.ndarray, target: float, indicator: Indicator) -> np.ndarray:
    """Percent of the target reached, at most 100; for downward indicators the target over the value."""
    capped = value if indicator.cap is None else np.minimum(value, indicator.cap)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = target / capped if indicator.direction == "down" else capped / target
    return np.minimum(FULL, FULL * share)
