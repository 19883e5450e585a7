"""Findings: what is wrong with a file, where, and what the school should do, in sentences a deputy head understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

import pandas as pd

from analysis.dictionary import contract_columns
from analysis.intake.rules import RULES, Rule, rule_code
from analysis.periods import Period, next_working_day
from analysis.settings import Settings

CONTRACT_COLUMNS = list(contract_columns("findings"))
COLUMNS = [*CONTRACT_COLUMNS, "period", "measure", "until", "version", "received_at", "state"]
SEVERITIES = ("error", "query", "note")
CORRECTION_DAYS = 3  # a correction is due in three days, on a working day, but never before the form itself


_NO_COUNT = ("B05", "B31")
_FROM_PARAMS = Rule("query", "", "")


@dataclass(frozen=True)
class Finding:
    """One finding; ``state`` is «open» until a later form answers it. ``period`` is the form's month."""

    severity: str
    school_id: str
    file: str
    sheet: str
    cell: str
    found: str
    expected: str
    action: str
    rule: str
    period: str = ""
    measure: str = ""
    until: str = ""
    version: int = 0
    received_at: str = ""
    state: str = "open"


def make_finding(variant: str, **where: object) -> Finding:
    """A finding of the catalogue; ``where`` gives the fields that place it, and may override its texts.

    The checks of params are not in the catalogue: their ``where`` brings every text and the severity.
    """
    rule = RULES.get(variant, _FROM_PARAMS)
    given = {"expected": rule.expected, "action": rule.action, "severity": rule.severity, "rule": rule_code(variant)}
    empty = dict.fromkeys(("school_id", "file", "sheet", "cell", "found"), "")
    return Finding(**{**empty, **given, **where})  # type: ignore[arg-type]


def declared(variant: str, measure: str, settings: Settings) -> dict[str, str]:
    """Rule and severity that params declare for a cell that holds no count (E1); empty for other variants."""
    for check in settings.checks if variant in _NO_COUNT else ():
        if check.kind == "count" and (not check.measures or measure in check.measures):
            return {"rule": check.code, "severity": check.severity}
    return {}


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row per finding, sorted; :data:`COLUMNS`."""
    rows = [tuple(getattr(finding, name) for name in COLUMNS) for finding in findings]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS, "str") | {"version": "int64"})
    return sort_findings(frame)


def sort_findings(frame: pd.DataFrame) -> pd.DataFrame:
    """Errors before queries before notes, within school, period and file; stable between runs."""
    order = frame["severity"].map({name: number for number, name in enumerate(SEVERITIES)})
    keys = ["school_id", "period", "file", "_order", "sheet", "cell", "rule", "measure", "found", "action"]
    sorted_frame = frame.assign(_order=order).sort_values(keys, kind="stable").drop(columns="_order")
    return sorted_frame.drop_duplicates().reset_index(drop=True)


def correction_due(received_at: str, period: Period | None, country: str = "RU") -> date:
    """The day by which a correction is asked."""
    received = datetime.fromisoformat(received_at).date()
    asked = next_working_day(received + timedelta(days=CORRECTION_DAYS), country)
    return max(asked, period.due) if period else asked


def sentence(finding: Finding | Mapping[str, object]) -> str:
    """The whole finding as one or two Russian sentences."""
    row = finding if isinstance(finding, Mapping) else {f.name: getattr(finding, f.name) for f in fields(finding)}
    place = [f"файл «{row['file']}»"] if row["file"] else []
    place += [f"лист «{row['sheet']}»"] if row["sheet"] else []
    place += [f"ячейка {row['cell']}"] if row["cell"] else []
    found = f"указано «{row['found']}», ожидается {row['expected']}" if row["found"] else f"ожидается {row['expected']}"
    start = ", ".join(place)
    until = f" – до {date.fromisoformat(str(row['until'])):%d.%m.%Y}" if row["until"] else ""
    return f"{start[:1].upper()}{start[1:]}: {found}. {row['action']}{until}."


def awaiting_answer(frame: pd.DataFrame) -> pd.DataFrame:
    """Open errors and queries: the findings that a school still has to answer."""
    return frame[(frame["state"] == "open") & (frame["severity"] != "note")]


def contract_findings(frame: pd.DataFrame) -> pd.DataFrame:
    """Open findings in the columns of the ``findings`` table; the term stands in ``action``."""
    view = frame[frame["state"] == "open"]
    until = pd.to_datetime(view["until"].where(view["until"] != ""), errors="coerce").dt.strftime(" – до %d.%m.%Y")
    return view.assign(action=view["action"] + until.fillna(""))[CONTRACT_COLUMNS].reset_index(drop=True)


def findings_of_period(findings: pd.DataFrame, register: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Open findings of the forms in a period's window, in the columns of the ``findings`` table.

    Findings on bulk imports count for the period their value names; a file whose school or month is not known counts
    for the month in which it came.
    """
    keys = {period.key, *(part.key for part in period.parts()), *(month.key for month in period.months())}
    came = findings["received_at"].str[:10]
    in_window = (came >= period.start.isoformat()) & (came <= period.end.isoformat())
    mine = findings["period"].isin(keys) | ((findings["period"] == "") & in_window)
    return contract_findings(findings[mine])
