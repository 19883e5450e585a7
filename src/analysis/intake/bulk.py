"""Bulk import: tables of another system in long form (or a city's summary in wide form), through the same checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.intake.book import BULK_LIMITS, Cell, Unreadable
from analysis.intake.bulk_columns import clean_rows
from analysis.intake.bulk_table import BulkTable, as_cell, frame_records, from_book, parquet_frame
from analysis.intake.cells import Read, read_count, read_flag, shown
from analysis.intake.findings import Finding, declared, make_finding
from analysis.intake.identity import Schools
from analysis.intake.inbox import Arrival, parse_moment
from analysis.intake.portions import as_text
from analysis.intake.reader import read_book
from analysis.intake.reading import FormSpec, MeasureSpec, fold_code
from analysis.intake.rules import RULES, UNREADABLE
from analysis.intake.values import COLUMNS, month_index
from analysis.periods import Period, PeriodError
from analysis.settings import Settings

_PLACE = ["school_id", "period", "measure", "file"]
_MOST_FINDINGS = 200  # per file: a wrong column must not drown everything else


@dataclass
class Imported:
    """The rows of one or more import files as a values table, and what was wrong with the others.

    ``arrived``: when each file first gave something for a school and period (school_id, period, file, received_at).
    """

    values: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    arrived: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_imports(arrivals: Sequence[Arrival], schools: Schools, settings: Settings, spec: FormSpec) -> Imported:
    """Read every file of imports/; a later file's value replaces an earlier one's and answers what was asked about it."""
    frames, findings = [], []
    for arrival in arrivals:
        imported = read_import(arrival, schools, settings, spec)
        frames.append(imported.values)
        findings += imported.findings
    rows = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True) if frames else _frame([])
    if rows["received_at"].nunique() > 1:
        rows = rows.sort_values("received_at", kind="stable")
    values = rows.drop_duplicates(["school_id", "period", "measure"], keep="last")
    return Imported(values, _answered(findings, values), _arrived(rows))


def _arrived(rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["school_id", "period", "file"]
    known = rows.loc[rows["value"].notna(), [*keys, "received_at"]]
    return as_text(known.drop_duplicates(keys).reset_index(drop=True))


def _answered(findings: list[Finding], values: pd.DataFrame) -> list[Finding]:
    """Close what was found at values that another file has given since."""
    asked = {(one.school_id, one.period, one.measure) for one in findings if one.measure}
    if not asked:
        return findings
    mine = values[values["school_id"].isin({key[0] for key in asked}) & values["value"].notna()]
    given = {(school, period, measure): file for school, period, measure, file in mine[_PLACE].to_numpy()}
    return [
        replace(one, state="closed")
        if given.get((one.school_id, one.period, one.measure), one.file) != one.file
        else one
        for one in findings
    ]


def read_import(arrival: Arrival, schools: Schools, settings: Settings, spec: FormSpec) -> Imported:
    """One import file. Never raises for what it holds."""
    try:
        if arrival.path.suffix.lower() == ".parquet":
            return _read_columns(arrival, schools, settings, spec)
        table = from_book(read_book(arrival.path, BULK_LIMITS), spec)
    except Unreadable as error:
        variant = UNREADABLE.get(error.code, "B35")
        return Imported(_frame([]), [make_finding(variant, file=_file(arrival), found=error.detail)])
    reader = _RowReader(arrival, schools, settings, spec, table.sheet)
    rows = [row for record in table.records for row in reader.read(record)]
    return Imported(_frame(rows), table_findings(table, arrival) + reader.told())


def _read_columns(arrival: Arrival, schools: Schools, settings: Settings, spec: FormSpec) -> Imported:
    """A Parquet file: what is plainly in order by columns, the rest row by row."""
    frame = parquet_frame(arrival.path)
    reader = _RowReader(arrival, schools, settings, spec, "")
    file, received = _file(arrival), arrival.received_at
    clean = clean_rows(frame, as_cell, schools, reader.measures, fold_code, settings, file, received)
    if len(clean) == len(frame):
        return Imported(clean)
    others = frame.drop(index=clean.index)
    read = [(number, row) for number, record in frame_records(others) for row in reader.read(record)]
    rows = _frame(row for _, row in read).set_axis([number for number, _ in read])
    values = pd.concat([as_text(clean), rows]).sort_index() if len(clean) else rows
    return Imported(values.reset_index(drop=True), reader.told())


def table_findings(table: BulkTable, arrival: Arrival) -> list[Finding]:
    """What was odd about the table itself."""
    return [
        make_finding(variant, file=_file(arrival), sheet=table.sheet, cell=cell, found=found)
        for variant, cell, found in table.remarks
    ]


def _file(arrival: Arrival) -> str:
    return f"imports/{arrival.name}"


def _frame(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    types = {"value": "float64", "month": "int64", "version": "int64", "copy": "int64", "in_force": bool}
    return frame.astype(types)


class _RowReader:
    """Turns records into rows of the values table; problems are collected."""

    def __init__(self, arrival: Arrival, schools: Schools, settings: Settings, spec: FormSpec, sheet: str) -> None:
        self.arrival, self.schools, self.settings, self.sheet = arrival, schools, settings, sheet
        self.measures = {fold_code(measure.code): measure for measure in spec.measures}
        self.problems: list[Finding] = []
        self.periods: dict[str, Period | None] = {}

    def read(self, record: dict[str, Cell | None]) -> Iterable[tuple[object, ...]]:
        place = shown(record["place"])
        school_id = self._school(record, place)
        period = self._period(shown(record["period"]), place)
        measure = self.measures.get(fold_code(shown(record["measure"])))
        if measure is None:
            self._problem("B49", place, f"показатель «{shown(record['measure'])}»", "код показателя из params")
        if not school_id or period is None or measure is None:
            return
        hours = self.settings.project.hours_from_utc
        received = parse_moment(shown(record.get("received_at")), hours) or self.arrival.received_at
        read = read_flag(record["value"]) if measure.is_flag else read_count(record["value"], measure.whole)
        if read.variant and RULES[read.variant].severity != "note" and not read.variant.startswith("B03"):
            self._told(read, place, school_id, period, measure)
        if received[:10] < f"{period.start:%Y-%m-%d}":
            self._problem("B40", place, f"{period.key} получен {received[:10]}", school_id=school_id)
            return
        yield self._row(read, place, school_id, period, measure, received)

    def _row(
        self, read: Read, place: str, school_id: str, period: Period, measure: MeasureSpec, received: str
    ) -> tuple[object, ...]:
        school = self.schools.get(school_id)
        kind = "flag" if measure.is_flag else self.settings.measure(measure.code).type
        return (
            -1, school_id, school.group if school else "", period.closing_month().key, period.kind, measure.code, kind,
            period.key, period.kind, month_index(period), read.value, "", read.found, place, self.sheet,
            _file(self.arrival), 1, received, False, True, 0,
        )  # fmt: skip

    def _school(self, record: dict[str, Cell | None], place: str) -> str:
        text = shown(record["school_id"])
        school = self.schools.get(text)
        if school is None and text:
            school = self.schools.resolve(text).school
        if school is None:
            self._problem("B27", place, text)
        return school.school_id if school else ""

    def _period(self, text: str, place: str) -> Period | None:
        if text not in self.periods:
            try:
                self.periods[text] = self.settings.parse_period(text)
            except PeriodError:
                self.periods[text] = None
        period = self.periods[text]
        if period is None or period.kind == "roadmap":
            self._problem("B49", place, f"период «{text}»", "период вида 2022-03, 2022H1 или 2022")
            return None
        return period

    def _problem(self, variant: str, place: str, found: str, expected: str = "", school_id: str = "") -> None:
        text = expected or RULES[variant].expected
        where = {"file": _file(self.arrival), "sheet": self.sheet, "cell": place}
        self.problems.append(make_finding(variant, **where, found=found, expected=text, school_id=school_id))

    def _told(self, read: Read, place: str, school_id: str, period: Period, measure: MeasureSpec) -> None:
        self.problems.append(
            make_finding(
                read.variant,
                file=_file(self.arrival),
                sheet=self.sheet,
                cell=place,
                found=read.found,
                school_id=school_id,
                period=period.key,
                measure=measure.code,
                **declared(read.variant, measure.code, self.settings),
            )
        )

    def told(self) -> list[Finding]:
        """The problems, cut short with a count when a whole column is wrong."""
        rest = len(self.problems) - _MOST_FINDINGS
        if rest <= 0:
            return self.problems
        more = make_finding("B49", file=_file(self.arrival), sheet=self.sheet, found=f"и ещё {rest} замечаний")
        return [*self.problems[:_MOST_FINDINGS], more]
