"""The sheet «Мероприятия»: state, number of events and evidence of each roadmap row that is filled."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.intake.book import Cell, Sheet, address
from analysis.intake.cells import read_count, read_status, shown
from analysis.intake.layout import ACTIVITY_FIELDS
from analysis.intake.privacy import has_diagnosis, people_in
from analysis.intake.reading import ActivityEntry, FormSpec, Reading, Remark, fold_code, fold_label
from analysis.intake.strays import stray_remarks
from analysis.intake.tables import Table, find_table, unknown_rows

_LONGEST = 300  # characters of evidence that are kept


def read_activities(reading: Reading, sheet: Sheet, spec: FormSpec, names: Mapping[str, tuple[str, int, int]]) -> bool:
    """Add the filled rows to the reading. False when the sheet holds no table of activities."""
    codes = {fold_code(code): code for code, _ in spec.activities}
    labels = {fold_label(label): code for code, label in spec.activities}
    table = find_table(sheet, "activities", codes, labels, ACTIVITY_FIELDS, names)
    if table is None:
        return False
    if table.lost:
        reading.remarks.append(Remark("B16.column", sheet.name, found=table.lost))
        return True
    for code in table.rows:
        _row(reading, table, code)
    unknown = list(unknown_rows(table, "status"))
    for row, cell in unknown:
        place = address(row, table.columns["status"])
        reading.remarks.append(Remark("B17.unknown", sheet.name, place, shown(cell)))
    reading.remarks += stray_remarks(table, told=[row for row, _ in unknown])
    return True


def _row(reading: Reading, table: Table, code: str) -> None:
    cells = {name: table.cell(code, name) for name in ACTIVITY_FIELDS}
    if not any(cells.values()):
        return
    status, variant = read_status(cells["status"])
    if variant:
        _remark(reading, table, code, "status", variant, shown(cells["status"]))
    events = read_count(cells["n_events"]) if cells["n_events"] else None
    if events and events.variant:
        _remark(reading, table, code, "n_events", events.variant, events.found)
    evidence = _evidence(reading, table, code, cells["evidence"])
    if status or evidence or (events and events.value is not None):
        reading.activities.append(ActivityEntry(code, status, events.value if events else None, evidence))


def _evidence(reading: Reading, table: Table, code: str, cell: Cell | None) -> str:
    text = " ".join(str(cell.value).split()) if cell and cell.kind == "text" else shown(cell)
    if people_in(text) or has_diagnosis(text):
        _remark(reading, table, code, "evidence", "B36.staff", "текст скрыт")
        return ""
    if len(text) > _LONGEST:
        _remark(reading, table, code, "evidence", "B47.long", f"{text[:77]}…")
    return text[:_LONGEST]


def _remark(reading: Reading, table: Table, code: str, field: str, variant: str, found: str) -> None:
    place = address(table.rows[code][0], table.columns[field])
    reading.remarks.append(Remark(variant, table.sheet.name, place, found, code))
