"""Who reported for a period, when, and in what state: the ``submissions`` table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from analysis.dictionary import contract_columns
from analysis.intake.submission import days_late
from analysis.measures.aggregation import valid_on
from analysis.periods import Period
from analysis.settings import Settings

COLUMNS = list(contract_columns("submissions"))
REPORTED = ("on_time", "late", "returned")  # a form came, whatever became of it
_USED = ["school_id", "period", "received_at", "version", "in_force", "readable", "n_errors", "n_queries"]
_TYPES = {"days_late": "Int64", "version": "Int64", "n_errors": "int64", "n_queries": "int64"}
File = Mapping[str, Any]  # a row of the register


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
    forms, imports = _by_key(counted[~by_import]), _by_key(counted[by_import])
    rows = []
    for target in targets:
        form, silent = target.closing_month(), _silent(target, on)
        for school_id in schools.loc[valid_on(schools, target), "school_id"]:
            closing, own = (school_id, form.key), (school_id, target.closing_year().key)
            came = forms.get(closing, imports.get(own, imports.get(closing)))
            rows.append(_row({"school_id": school_id} | silent, form, came))
    table = pd.DataFrame(rows, columns=COLUMNS).astype(_TYPES)
    return table.sort_values(["period", "school_id"], kind="stable").reset_index(drop=True)


def _silent(target: Period, on: date | None) -> dict[str, object]:
    """The row of a school from which nothing came."""
    waiting = not target.first_due or (on is not None and target.due > on)
    row: dict[str, object] = {"period": target.key, "due": target.due.isoformat(), "received_at": ""}
    row |= {"days_late": pd.NA, "version": pd.NA, "n_errors": 0, "n_queries": 0}
    return row | {"status": "not_due" if waiting else "missing"}


def _by_key(files: pd.DataFrame) -> dict[tuple[str, str], list[File]]:
    """The files of a school and period in the order in which they came; plain rows, as there are many small groups."""
    found: dict[tuple[str, str], list[File]] = defaultdict(list)
    ordered = files.astype({"received_at": "str"}).sort_values(["received_at", "version"], kind="stable")
    for file in ordered[_USED].to_dict("records"):
        found[file["school_id"], file["period"]].append(file)
    return dict(found)


def _row(row: dict[str, object], form: Period, files: list[File] | None) -> Mapping[str, object]:
    if not files:
        return row
    current = [file for file in files if file["in_force"]]
    if not current:
        return row | _counted(files[-1], files[-1], form) | {"status": "returned"}
    now = current[-1]
    first = next((file for file in files if file["readable"] and file["n_errors"] == 0), now)
    counted = _counted(first, now, form)
    if now["n_errors"] > 0:
        return row | counted | {"status": "returned"}
    return row | counted | {"status": "late" if counted["days_late"] else "on_time"}


def _counted(first: File, now: File, form: Period) -> dict[str, object]:
    received = str(first["received_at"])
    return {
        "received_at": received,
        "days_late": days_late(received, form),
        "version": int(now["version"]),
        "n_errors": int(now["n_errors"]),
        "n_queries": int(now["n_queries"]),
    }


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
