"""Status of the roadmap's activities: from the schools' forms and from the centre's own log."""

from __future__ import annotations

import pandas as pd

from analysis.dictionary import contract_columns
from analysis.measures.aggregation import valid_on
from analysis.params.roadmap import Activity
from analysis.periods import Period
from analysis.settings import Settings

COLUMNS = list(contract_columns("activities"))
DONE, GOING, NOT_DONE, NO_DATA = "выполнено", "выполняется", "не выполнено", "нет данных"
CITY_DONE_SHARE = 0.8  # so many reporting schools done: the city's row says done
_DECEMBER = 12


def activities_by_unit(
    reported: pd.DataFrame,
    centre_log: pd.DataFrame,
    schools: pd.DataFrame,
    period: Period,
    settings: Settings,
) -> pd.DataFrame:
    """One row per school and activity, and one per activity for the city.

    ``reported``: ``school_id, period (month key), activity, status, n_events, evidence`` from the forms; the last
    status of the window counts, events are summed. ``centre_log``: ``activity, status, date, document``; it alone
    decides the city's row of the centre's own activities.
    """
    existing = set(schools.loc[valid_on(schools, period), "school_id"])
    frames = [
        _school_rows(reported[reported["school_id"].isin(existing)], activity, period)
        for activity in settings.activities
    ]
    by_school = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    city = [_city_row(a, by_school, centre_log, period) for a in settings.activities]
    table = pd.concat([pd.DataFrame(city, columns=COLUMNS), by_school], ignore_index=True)
    return table.astype({"n_events": "Int64"})[COLUMNS]


def _school_rows(reported: pd.DataFrame, activity: Activity, period: Period) -> pd.DataFrame:
    """The last status and the sum of events in the window; a summer's activities count in the December form only."""
    months = [m for m in period.months() if activity.reported_in == "any" or m.number == _DECEMBER]
    rows = reported[reported["period"].isin([m.key for m in months]) & (reported["activity"] == activity.code)]
    rows = rows.sort_values(["school_id", "period"])
    grouped = rows.groupby("school_id", sort=True)
    table = grouped.agg(status=("status", "last"), evidence=("evidence", "last")).reset_index()
    table["n_events"] = grouped["n_events"].sum(min_count=1).to_numpy()
    table = table.rename(columns={"school_id": "unit_id"})
    table["status"] = table["status"].fillna(NO_DATA)
    return table.assign(level="school", period=period.key, activity=activity.code)


def _city_row(activity: Activity, by_school: pd.DataFrame, centre_log: pd.DataFrame, period: Period) -> dict:
    row = {"level": "city", "unit_id": "city", "period": period.key, "activity": activity.code}
    if activity.centre_log:
        return row | _from_log(activity.code, centre_log, period)
    own = by_school[(by_school["activity"] == activity.code) & (by_school["status"] != NO_DATA)]
    return row | {
        "status": _city_status(own["status"]),
        "n_events": own["n_events"].sum(min_count=1),
        "evidence": "",
    }


def _from_log(code: str, centre_log: pd.DataFrame, period: Period) -> dict:
    known = centre_log[(centre_log["activity"] == code) & (centre_log["date"] <= period.end.isoformat())]
    if known.empty:
        return {"status": NO_DATA, "n_events": pd.NA, "evidence": ""}
    last = known.sort_values("date").iloc[-1]
    return {"status": last["status"], "n_events": pd.NA, "evidence": last["document"]}


def _city_status(statuses: pd.Series) -> str:
    if statuses.empty:
        return NO_DATA
    if (statuses == DONE).mean() >= CITY_DONE_SHARE:
        return DONE
    return GOING if statuses.isin([DONE, GOING]).any() else NOT_DONE
