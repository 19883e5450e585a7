"""Who reported for a period, when, and in what state: the ``submissions`` table."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.dictionary import contract_columns
from analysis.intake.submission import days_late
from analysis.measures.aggregation import valid_on
from analysis.periods import Period
from analysis.settings import Settings

COLUMNS = list(contract_columns("submissions"))
REPORTED = ("on_time", "late", "returned")  # a form came, whatever became of it
_COUNTED = ["received_at", "version", "n_errors", "n_queries"]
_TYPES = {
    "school_id": "str", "received_at": "str", "days_late": "Int64", "version": "Int64", "n_errors": "int64",
    "n_queries": "int64",
}  # fmt: skip
_KEY = ["school_id", "period"]


def submissions_by_school(
    register: pd.DataFrame, schools: pd.DataFrame, period: Period, settings: Settings, on: date | None = None
) -> pd.DataFrame:
    """One row per expected school for the period itself and for each month form in its window.

    ``register`` is :attr:`IntakeResult.register`, ``schools`` the frame of schools.csv. The row of a half-year or year
    is that of the form closing it. ``status``: on_time, late, returned (open errors, or nothing readable came),
    missing, not_due (a baseline period, or due after ``on``). A school is expected where it exists on the cut-off.
    The day that counts is that of the first form without errors; a later correction does not make it late.
    A school that sent no form has reported what imports gave for the period, or for the month that closes it; the whole
    roadmap is reported by its last year.
    """
    months = period.months()
    targets = [period, *months] if period.kind != "month" else [period]
    counted = register[register["version"] > 0]
    by_import = counted["status"] == "imported"
    forms, imports = _came_by_period(counted[~by_import]), _came_by_period(counted[by_import])
    frames = [_rows(target, schools, forms, imports, on) for target in targets]
    table = pd.concat(frames, ignore_index=True)[COLUMNS].astype(_TYPES)
    return table.sort_values(["period", "school_id"], kind="stable").reset_index(drop=True)


def _came_by_period(files: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What counts of the files of every period, one row a school: :data:`_COUNTED` and ``returned``."""
    files = files.sort_values(["received_at", "version"], kind="stable")
    now = pd.concat([files, files[files["in_force"]]]).drop_duplicates(_KEY, keep="last").set_index(_KEY)
    right = files[files["readable"] & (files["n_errors"] == 0)].drop_duplicates(_KEY).set_index(_KEY)
    first = right["received_at"].reindex(now.index)
    received = first.where(first.notna() & now["in_force"], now["received_at"])
    came = now.assign(received_at=received, returned=~now["in_force"] | (now["n_errors"] > 0))
    came = came[[*_COUNTED, "returned"]].reset_index("period")
    return {str(key): rows.drop(columns="period") for key, rows in came.groupby("period")}


def _rows(
    target: Period,
    schools: pd.DataFrame,
    forms: dict[str, pd.DataFrame],
    imports: dict[str, pd.DataFrame],
    on: date | None,
) -> pd.DataFrame:
    """The rows of one period or month."""
    form = target.closing_month()
    found = [forms.get(form.key), imports.get(target.closing_year().key), imports.get(form.key)]
    came = pd.concat([one for one in found if one is not None] or [pd.DataFrame(columns=[*_COUNTED, "returned"])])
    came = came[~came.index.duplicated()].reindex(schools.loc[valid_on(schools, target), "school_id"])
    known = came["version"].notna().to_numpy()
    waiting = not target.first_due or (on is not None and target.due > on)
    days = _days_late(came["received_at"], form)
    cases = [~known, came["returned"].eq(True), days.gt(0).fillna(False).astype(bool)]
    state = np.select(cases, ["missing", "returned", "late"], "on_time")
    return came.fillna({"received_at": "", "n_errors": 0, "n_queries": 0}).assign(
        school_id=came.index, period=target.key, due=target.due.isoformat(), days_late=days,
        status=np.where(~known & waiting, "not_due", state),
    )  # fmt: skip


def _days_late(received_at: pd.Series, form: Period) -> pd.Series:
    """Days after the cut-off, see :func:`submission.days_late`; missing where nothing came."""
    dates = received_at.str[:10]
    return dates.map({one: days_late(one, form) for one in dates.dropna().unique()}).astype("Int64")


def annual_state(register: pd.DataFrame, schools: pd.DataFrame, year: Period) -> pd.DataFrame:
    """Are a year's figures expected or confirmed? One row per expected school.

    The year is reported by the cut-off (20 June) for the state of 1 July, so its figures are «ожидаемые» until a form
    received on or after the state date confirms them. Columns: school_id, period, cutoff, as_of, state
    (``confirmed``, ``expected``, ``missing``).
    """
    by_import = register["status"] == "imported"
    mine = register[(register["period"] == year.closing_month().key) & ~by_import | (register["period"] == year.key)]
    current = set(mine.loc[mine["in_force"], "school_id"])
    # a correction without changes is a duplicate of the form in force, and confirms it as well
    sent = mine[mine["readable"]].groupby("school_id")["received_at"].max()
    rows = []
    for school_id in schools.loc[valid_on(schools, year), "school_id"]:
        confirmed = str(sent.get(school_id, ""))[:10] >= year.as_of.isoformat()
        state = "missing" if school_id not in current else "confirmed" if confirmed else "expected"
        rows.append((school_id, year.key, year.cutoff.isoformat(), year.as_of.isoformat(), state))
    return pd.DataFrame(rows, columns=["school_id", "period", "cutoff", "as_of", "state"])


def with_annual_state(
    coverage: pd.DataFrame, register: pd.DataFrame, schools: pd.DataFrame, period: Period
) -> pd.DataFrame:
    """The table of coverage with the numbers of schools whose annual figures are ``expected`` and ``confirmed``."""
    if period.kind != "year":
        return coverage
    counts = annual_state(register, schools, period)["state"].value_counts()
    rows = [
        {"period": period.key, "status": name, "n": n, "n_schools": n}
        for name in ("expected", "confirmed")
        if (n := int(counts.get(name, 0)))
    ]
    return pd.concat([coverage, pd.DataFrame(rows, columns=coverage.columns)], ignore_index=True) if rows else coverage


def with_silent(
    coverage: pd.DataFrame, submissions: pd.DataFrame, observations: pd.DataFrame, period: Period
) -> pd.DataFrame:
    """The table of coverage with the number of schools that sent nothing at all for the period (status ``silent``).

    A school without the closing form may have given months or halves by import: those of its values are in the figures.
    """
    year = period.closing_year()
    keys = {one.key for one in (period, year, *year.parts(), *period.months())}
    heard = observations.loc[observations["period"].isin(keys) & observations["value"].notna(), "school_id"]
    missing = submissions[(submissions["period"] == period.key) & (submissions["status"] == "missing")]
    n = int((~missing["school_id"].isin(heard)).sum())
    row = pd.DataFrame([{"period": period.key, "status": "silent", "n": n, "n_schools": n}])
    return pd.concat([coverage, row[coverage.columns]], ignore_index=True) if n else coverage
