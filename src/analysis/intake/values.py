"""The numbers of many forms as one table, ready to be checked: one row per asked cell."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import pandas as pd

from analysis.intake.layout import asked_measures
from analysis.intake.reading import Entry
from analysis.intake.submission import Submission
from analysis.periods import Period, sheet_period
from analysis.settings import Settings

COLUMNS = [
    "source", "school_id", "group", "form", "sheet", "measure", "type", "period", "level", "month", "value", "variant",
    "found", "cell", "sheet_name", "file", "version", "received_at", "zero_report", "in_force",
    "copy",
]  # fmt: skip


def asked_cells(settings: Settings, group: str, month: int) -> dict[tuple[str, str], str]:
    """Sheet and code of every cell asked → type of the measure (``flag`` for yes or no)."""
    return {
        (sheet, measure.code): "flag" if measure.is_flag else measure.type
        for sheet, measure in asked_measures(settings, group, month)
    }


def values_table(submissions: Iterable[Submission], settings: Settings) -> pd.DataFrame:
    """One row per asked cell of every readable submission but duplicates; ``source`` is the submission's place in the list.

    ``level`` is the kind of period (month, half, year), ``month`` counts months so that neighbours differ by one.
    ``copy`` is 0 for what is in force. A cell that is absent from the form is not here: see :func:`absent_cells`.
    """
    asked = lru_cache(maxsize=None)(lambda group, month: asked_cells(settings, group, month))
    rows: list[tuple[object, ...]] = []
    for number, submission in enumerate(submissions):
        if submission.readable and not submission.repeats and submission.school and submission.period:
            cells = asked(submission.school.group, submission.period.number)
            rows += _rows(number, submission, cells)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"value": "float64", "month": "int64", "version": "int64", "copy": "int64", "in_force": bool})


def _rows(number: int, submission: Submission, asked: dict[tuple[str, str], str]) -> Iterable[tuple[object, ...]]:
    school, period = submission.school, submission.period
    assert school is not None and period is not None
    covered = {sheet: sheet_period(sheet, period) for sheet in ("month", "half", "year")}
    arrival = submission.arrival
    for entry in submission.reading.entries:
        kind = asked.get((entry.sheet, entry.code))
        if kind is not None:
            target = covered[entry.sheet]
            yield (
                number, school.school_id, school.group, period.key, entry.sheet, entry.code, kind, target.key,
                target.kind, month_index(target), entry.value, entry.variant, entry.found, entry.cell,
                entry.sheet_name, arrival.name, submission.version, arrival.received_at, submission.zero_report,
                submission.in_force, 0 if submission.in_force else submission.version,
            )  # fmt: skip


def month_index(period: Period) -> int:
    """Months since year 0 of the closing month."""
    closing = period.closing_month()
    return closing.year * 12 + closing.number - 1


def absent_cells(submission: Submission, settings: Settings) -> tuple[list[str], list[tuple[str, str]]]:
    """Asked sheets that the file lacks, and asked cells (sheet, code) lacking on the sheets it has."""
    assert submission.school is not None and submission.period is not None
    asked = asked_cells(settings, submission.school.group, submission.period.number)
    present = set(submission.reading.sheets)
    sheets = sorted({sheet for sheet, _ in asked} - present)
    found = {(entry.sheet, entry.code) for entry in submission.reading.entries}
    return sheets, [place for place in asked if place not in found and place[0] in present]


def unasked_entries(submission: Submission, settings: Settings) -> list[Entry]:
    """Filled cells that this school is not asked for in this month."""
    assert submission.school is not None and submission.period is not None
    asked = asked_cells(settings, submission.school.group, submission.period.number)
    return [e for e in submission.reading.entries if e.found and (e.sheet, e.code) not in asked]


def fill_zero_reports(values: pd.DataFrame, reset_month: int | None) -> pd.DataFrame:
    """Give empty cells of ticked zero reports their meaning: flows 0, cumulative values as in the report before."""
    empty = values["zero_report"].astype(bool) & (values["variant"] == "B03")
    flows = empty & (values["type"] == "F")
    totals = empty & (values["type"] == "C")
    result = values.copy()
    result.loc[flows, ["value", "variant"]] = [0.0, "B03.zero"]
    if totals.any():
        before = values[values["in_force"]].sort_values(["month"])
        keys = [before["school_id"], before["level"], before["measure"], school_year(before["month"], reset_month)]
        known = before["value"].groupby(keys, sort=False).ffill()
        result.loc[totals, "value"] = known.reindex(result.index)[totals].fillna(0.0)
        result.loc[totals, "variant"] = "B03.kept"
    return result


def school_year(month: pd.Series, reset_month: int | None) -> pd.Series:
    """A number that is the same for the months between two resets of cumulative values."""
    return (month - ((reset_month or 1) - 1)) // 12
