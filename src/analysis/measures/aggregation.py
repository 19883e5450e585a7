"""From accepted observations to one value per school and measure for a period.

A value given for the period itself beats a derived one. Derived: a flow (F) is the sum over the parts in which the
measure is asked, missing if one of them is missing; a state (S) or cumulative value (C) is the last one reported in
the window, missing if the school reported nothing for the closing part.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.periods import Period
from analysis.settings import Measure, Settings

SCHOOL_YEAR_STARTS = 9  # cumulative values restart in the form due in September


def measure_values(
    observations: pd.DataFrame, schools: pd.DataFrame, period: Period, settings: Settings
) -> pd.DataFrame:
    """Values of every measure for a period.

    Returns a frame indexed by ``school_id`` (the order of ``schools``), one column per measure code, float,
    NaN = not reported. ``schools`` needs ``school_id, valid_from, valid_to`` (dates or None).
    """
    codes = [measure.code for measure in settings.measures]
    keys = sorted({period.key, *_descendants(period)})
    cube = _cube(observations, keys, list(schools["school_id"]), codes)
    values = _values(period, dict(zip(keys, cube, strict=True)), schools, settings.measures)
    return pd.DataFrame(values, index=pd.Index(schools["school_id"], name="school_id"), columns=codes)


def valid_on(schools: pd.DataFrame, period: Period) -> np.ndarray:
    """Which schools are expected to report for a period: those that exist on its cut-off."""
    cutoff = pd.Timestamp(period.cutoff)
    opened = pd.to_datetime(schools["valid_from"]).fillna(pd.Timestamp("1900-01-01")) <= cutoff
    closed = pd.to_datetime(schools["valid_to"]).fillna(pd.Timestamp("2200-01-01")) < cutoff
    return (opened & ~closed).to_numpy()


def _descendants(period: Period) -> list[str]:
    return [key for part in period.parts() for key in (part.key, *_descendants(part))]


def _cube(observations: pd.DataFrame, keys: list[str], school_ids: list[str], codes: list[str]) -> np.ndarray:
    """Array period × school × measure."""
    axes = (("period", keys), ("school_id", school_ids), ("measure", codes))
    ours = observations["period"].isin(keys)  # a month is a small part of all
    observations = observations.loc[ours, ["period", "school_id", "measure", "value"]]
    places = [pd.Index(names).get_indexer(pd.Index(observations[column])) for column, names in axes]
    known = np.logical_and.reduce([codes_ >= 0 for codes_ in places])
    cube = np.full((len(keys), len(school_ids), len(codes)), np.nan)
    cube[tuple(codes_[known] for codes_ in places)] = observations["value"].to_numpy(float)[known]
    return cube


def _values(
    period: Period, given: dict[str, np.ndarray], schools: pd.DataFrame, measures: tuple[Measure, ...]
) -> np.ndarray:
    """Array school × measure: what is given for the period, else what its parts give."""
    own = given[period.key]
    parts = period.parts()
    if not parts:
        return own
    values = np.stack([_values(part, given, schools, measures) for part in parts])
    flows = np.array([measure.type == "F" for measure in measures])
    derived = np.where(flows, _sum(values, parts, schools, measures), _last(values, parts, measures))
    reported = ~np.isnan(values[-1]).all(axis=1) | ~np.isnan(own).all(axis=1)
    derived[~reported] = np.nan
    return np.where(np.isnan(own), derived, own)


def _sum(
    values: np.ndarray, parts: tuple[Period, ...], schools: pd.DataFrame, measures: tuple[Measure, ...]
) -> np.ndarray:
    """Sum over the parts in which the school exists and is asked; NaN if one of those is missing or there is none."""
    asked = np.array([[_is_asked(measure, part) for measure in measures] for part in parts])
    exists = np.array([valid_on(schools, part) for part in parts])
    expected = asked[:, None, :] & exists[:, :, None]
    total = np.where(expected, values, 0.0).sum(axis=0)
    return np.where(expected.any(axis=0), total, np.nan)


def _last(values: np.ndarray, parts: tuple[Period, ...], measures: tuple[Measure, ...]) -> np.ndarray:
    """The last reported value; a cumulative one only from the school year of the closing part."""
    same_year = np.array([_school_year(part) == _school_year(parts[-1]) for part in parts])
    cumulative = np.array([measure.type == "C" for measure in measures])
    usable = same_year[:, None] | ~cumulative[None, :]
    last = np.full(values.shape[1:], np.nan)
    for part, allowed in zip(values, usable, strict=True):
        last = np.where(np.isnan(part) | ~allowed, last, part)
    return last


def _is_asked(measure: Measure, part: Period) -> bool:
    if part.kind == "month":
        return measure.on_sheet("month", part.number)
    months = [month.number for month in part.months()]
    return any(place.includes(month) for place in measure.asked for month in months)


def _school_year(part: Period) -> int:
    closing = part.closing_month()
    return closing.year + (closing.number >= SCHOOL_YEAR_STARTS)
