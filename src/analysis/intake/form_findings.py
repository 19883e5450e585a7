"""Everything that is wrong with the forms, as findings with their place, term and state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import pandas as pd

from analysis.intake.findings import Finding, correction_due, declared, make_finding
from analysis.intake.hits import number_text
from analysis.intake.layout import SHEET_TITLES
from analysis.intake.observations import early_activities
from analysis.intake.rules import RULES
from analysis.intake.submission import Submission
from analysis.intake.values import absent_cells, unasked_entries
from analysis.periods import Period
from analysis.settings import Settings

_EMPTY = ("B03", "B03.flag")
_OF_A_DUPLICATE = ("B23.same", "B32")  # the rest is said of the form in force
_OF_THE_SHEET = ("B19.conflict", "B16.column")  # said once, not cell by cell


class FormFindings:
    """Collects the findings of all submissions of one run."""

    def __init__(self, submissions: Sequence[Submission], settings: Settings) -> None:
        self.submissions, self.settings = submissions, settings
        self.findings: list[Finding] = []
        self._due = lru_cache(maxsize=None)(self._correction_due)
        in_force = {s.key: _arrived(s) for s in submissions if s.in_force}
        self._answered = {id(s) for s in submissions if _arrived(s) < in_force.get(s.key, _arrived(s))}

    def _correction_due(self, day: str, period: Period | None) -> str:
        term: date = correction_due(day, period, self.settings.rules.holidays_country)
        return term.isoformat()

    def _add(self, submission: Submission, variant: str, **where: object) -> None:
        severity = str(where.get("severity", RULES[variant].severity if variant in RULES else ""))
        received = submission.arrival.received_at
        school_id, period = submission.key
        term = "" if severity == "note" else self._due(received[:10], submission.period)
        closed = id(submission) in self._answered or (submission.confirmed and _can_be_confirmed(variant, where))
        common = {
            "school_id": school_id,
            "period": period,
            "file": submission.arrival.name,
            "version": submission.version,
            "received_at": received,
            "until": term,
            "state": "closed" if closed else "open",
        }
        self.findings.append(make_finding(variant, **common, **where))

    def add_remarks(self) -> None:
        """What is odd about a file, a sheet or a place."""
        for submission in self.submissions:
            for remark in submission.remarks:
                if submission.repeats and remark.variant not in _OF_A_DUPLICATE:
                    continue
                place = {"sheet": remark.sheet, "cell": remark.cell, "found": remark.found, "measure": remark.measure}
                self._add(submission, remark.variant, **place)

    def add_absent(self) -> None:
        """Sheets and rows that a form should have, and filled cells that it should not."""
        for submission in self.submissions:
            if not submission.readable or submission.repeats:
                continue
            sheets, cells = absent_cells(submission, self.settings)
            for sheet in sheets:
                self._add(submission, "B44", sheet=SHEET_TITLES[sheet])
            for sheet, code in cells:
                name = self.settings.measure(code).name
                expected = f"строка «{code}» ({name})"
                self._add(submission, "B16", sheet=SHEET_TITLES[sheet], expected=expected, measure=code)
            for entry in unasked_entries(submission, self.settings):
                self._add(
                    submission, "B48", sheet=entry.sheet_name, cell=entry.cell, found=entry.found, measure=entry.code
                )
            for activity in early_activities(submission, self.settings):
                self._add(submission, "B48.summer", sheet=SHEET_TITLES["activities"], found=activity)

    def add_cells(self, values: pd.DataFrame) -> None:
        """What was odd in the cells; a sheet left wholly empty is said once."""
        odd = values[~values["variant"].isin(("", *_OF_THE_SHEET))]
        empty = odd["variant"].isin(_EMPTY)
        sizes = values.groupby(["source", "sheet"])["variant"].transform("size")
        empties = odd[empty].groupby(["source", "sheet"])["variant"].transform("size")
        whole = empties == sizes.reindex(empties.index)
        self._add_empty_sheets(odd.loc[empties[whole & (empties > 2)].index])
        rest = odd.drop(empties[whole & (empties > 2)].index)
        self._add_filled_zero_reports(values)
        zero = rest["variant"].isin(["B03.zero", "B03.kept"])
        self._add_zero_notes(rest[zero])
        for row in rest[~zero].itertuples(index=False):
            self._add(
                self.submissions[row.source],
                row.variant,
                sheet=row.sheet_name,
                cell=row.cell,
                found=row.found,
                measure=row.measure,
                **declared(row.variant, row.measure, self.settings),
            )

    def _add_filled_zero_reports(self, values: pd.DataFrame) -> None:
        """«Нулевой отчёт» is ticked although something was done in the month."""
        flows = (values["level"] == "month") & (values["type"] == "F") & (values["value"] > 0)
        filled = values[values["zero_report"].astype(bool) & flows].drop_duplicates("source")
        for row in filled.itertuples(index=False):
            where = {"sheet": row.sheet_name, "cell": row.cell, "found": row.found, "measure": row.measure}
            self._add(self.submissions[row.source], "B03.filled", **where)

    def _add_empty_sheets(self, rows: pd.DataFrame) -> None:
        for source, name in rows[["source", "sheet_name"]].drop_duplicates().itertuples(index=False):
            self._add(self.submissions[source], "B03", sheet=name, found="лист не заполнен")

    def _add_zero_notes(self, rows: pd.DataFrame) -> None:
        places = rows[["source", "sheet_name", "variant"]].drop_duplicates()
        for source, name, variant in places.itertuples(index=False):
            self._add(self.submissions[source], variant, sheet=name, found="пустые ячейки нулевого отчёта")

    def add_hits(self, table: pd.DataFrame, hits: pd.DataFrame) -> None:
        """Findings of the checks; ``hits.row`` are labels of ``table``."""
        if hits.empty:
            return
        places = table.loc[hits["row"]].reset_index(drop=True)
        for place, hit in zip(places.itertuples(index=False), hits.itertuples(index=False), strict=True):
            texts = {"found": hit.found, "expected": hit.expected, "action": hit.action}
            cell, measure = ("", "") if hit.whole_form else (place.cell, place.measure)
            where = {"sheet": place.sheet_name, "cell": cell, "measure": measure, "severity": hit.severity}
            if place.source >= 0:
                self._add(self.submissions[place.source], hit.rule, rule=hit.rule, **texts, **where)
            else:
                origin = {"school_id": place.school_id, "file": place.file, "period": place.period}
                self.findings.append(make_finding(hit.rule, rule=hit.rule, **texts, **where, **origin))

    def add_doubles(self, rows: pd.DataFrame) -> None:
        """Values that a form and an import give differently; the form's is used."""
        for row in rows.itertuples(index=False):
            self._add(
                self.submissions[row.source],
                "B23",
                sheet=row.sheet_name,
                cell=row.cell,
                found=f"в форме {number_text(row.value)}, в загруженной таблице {number_text(row.imported)}",
                expected="одно и то же число",
                action="Принято число из формы: подтвердите его",
                measure=row.measure,
            )


def _can_be_confirmed(variant: str, where: Mapping[str, object]) -> bool:
    """Is it a query about a readable value that may well be true?"""
    rule = RULES.get(variant)
    severity, action = (where.get(name, getattr(rule, name, "")) for name in ("severity", "action"))
    return severity == "query" and (rule is None or "подтвердите" in str(action).lower())


def _arrived(submission: Submission) -> tuple[str, str]:
    return submission.arrival.received_at, submission.arrival.name
