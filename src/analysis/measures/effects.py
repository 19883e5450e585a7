"""Effect of measures taken: schools with the measure against schools without it, before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.dictionary import contract_columns
from analysis.measures.panel import has_both, school_pairs
from analysis.measures.permuted_groups import compare_groups, least_p_value
from analysis.periods import Period
from analysis.settings import Settings

COLUMNS = list(contract_columns("effects"))
EFFECTIVE, NOT_ENOUGH, NO_DATA = "эффективна", "недостаточно", "нет данных"
_EVERYONE = ("city", "")


def effects_by_measure(
    measures: pd.DataFrame,
    indicators: pd.DataFrame,
    schools: pd.DataFrame,
    period: Period,
    baseline: Period,
    settings: Settings,
) -> pd.DataFrame:
    """The contract table ``effects``: one row per measure and indicator, period against baseline.

    ``measures``: one row per measure and unit it was for: ``measure`` (code), ``unit_id`` (school, group or city),
    ``indicator``, ``from``, ``to`` (dates as text, empty = open), ``text``. A measure is looked at when its time
    overlaps what lies between the two periods' ends. ``before`` and ``after`` are means of the values of the schools
    with the measure; the difference in differences is their mean change minus that of the schools without any
    measure for the indicator, in the indicator's unit, with a permutation test over schools. Schools in special
    conditions in either period are left out.

    ``verdict``: «эффективна» – the difference goes the indicator's way and its p is at most ``tests.alpha``;
    «нет данных» – too few schools for such a p, or the measure began before the baseline's end, so that there is no
    «before»; else «недостаточно». Source: Angrist and Pischke (2009), Mostly Harmless Econometrics, ch. 5.
    """
    pairs = _changes(school_pairs(indicators, schools, period.key, baseline.key))
    known = {indicator.code for indicator in settings.indicators}
    current = measures[_in_time(measures, period, baseline) & measures["indicator"].isin(known)]
    taken = _schools_with(current, schools)
    rows = [
        _effect(str(measure), str(code), rows, taken, pairs, baseline, settings)
        for (measure, code), rows in current.groupby(["measure", "indicator"], sort=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _changes(pairs: pd.DataFrame) -> pd.DataFrame:
    usable = has_both(pairs) & (pairs["status"] == "ok") & (pairs["status_before"] == "ok")
    return pairs[usable].assign(change=pairs["value"] - pairs["value_before"])


def _in_time(measures: pd.DataFrame, period: Period, baseline: Period) -> pd.Series:
    start, end = _dates(measures["from"], "1900-01-01"), _dates(measures["to"], "2200-01-01")
    return (start <= pd.Timestamp(period.end)) & (end > pd.Timestamp(baseline.end))


def _dates(texts: pd.Series, default: str) -> pd.Series:
    return pd.to_datetime(texts.replace("", None)).fillna(pd.Timestamp(default))


def _schools_with(measures: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """One row per measure, indicator and school: units that are groups or the city become their schools."""
    units = [schools[["school_id"]].assign(unit_id=schools["school_id"])]
    units.append(schools[["school_id"]].assign(unit_id=schools["group"]))
    units.extend(schools[["school_id"]].assign(unit_id=name) for name in _EVERYONE)
    taken = measures[["measure", "indicator", "unit_id"]].fillna("")
    return taken.merge(pd.concat(units), on="unit_id").drop_duplicates(["measure", "indicator", "school_id"])


def _effect(
    measure: str,
    code: str,
    rows: pd.DataFrame,
    taken: pd.DataFrame,
    pairs: pd.DataFrame,
    baseline: Period,
    settings: Settings,
) -> dict[str, Any]:
    tests = settings.project.tests
    same = pairs[pairs["indicator"] == code]
    treated = taken[taken["indicator"] == code]
    with_it = same[same["unit_id"].isin(treated.loc[treated["measure"] == measure, "school_id"])]
    without = same[~same["unit_id"].isin(treated["school_id"])]
    result = compare_groups(with_it["change"], without["change"], tests.seed, tests.permutations, tests.confidence)
    began_before = (_dates(rows["from"], "1900-01-01") <= pd.Timestamp(baseline.end)).any()
    enough = result.n_first > 0 and result.n_second > 0 and not began_before
    enough = enough and least_p_value(result.n_first, result.n_second) <= tests.alpha
    wanted = result.difference if settings.indicator(code).direction == "up" else -result.difference
    effective = wanted > 0 and result.p_value <= tests.alpha
    return {
        "measure": _title(measure, rows), "indicator": code,
        "before": _mean(with_it["value_before"]), "after": _mean(with_it["value"]),
        "difference_in_differences": result.difference,
        "ci_low": result.ci_low if enough else np.nan, "ci_high": result.ci_high if enough else np.nan,
        "p_value": result.p_value if enough else np.nan, "n_with": result.n_first, "n_without": result.n_second,
        "verdict": (EFFECTIVE if effective else NOT_ENOUGH) if enough else NO_DATA,
    }  # fmt: skip


def _mean(values: pd.Series) -> float:
    return float(np.sort(values.to_numpy(float)).mean()) if len(values) else np.nan


def _title(measure: str, rows: pd.DataFrame) -> str:
    """Code and what was done: «М1. Профессиональные пробы…»."""
    texts = sorted(text for text in rows["text"].dropna().unique() if text) if "text" in rows else []
    return f"{measure}. {texts[0]}" if texts else measure
