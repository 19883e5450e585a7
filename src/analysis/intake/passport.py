"""The sheet «Паспорт»: school and period as shown, the tick of a zero report, first or corrected form, date."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.intake.book import Sheet, address
from analysis.intake.cells import read_choice, read_date, read_flag, read_month, shown
from analysis.intake.form_texts import HOW_TO_FILL, numbered_instructions
from analysis.intake.layout import PASSPORT_FIELDS, VALUE_HEADER
from analysis.intake.reading import Reading, Remark, fold_code, fold_label
from analysis.intake.strays import stray_remarks
from analysis.intake.tables import Table, find_table

_OWN = {fold_label(text) for text in (HOW_TO_FILL, *numbered_instructions())}


def read_passport(reading: Reading, sheet: Sheet, names: Mapping[str, tuple[str, int, int]]) -> bool:
    """Add the passport's fields to the reading, already understood. False when the sheet has no passport."""
    codes = {fold_code(code): code for code in PASSPORT_FIELDS}
    labels = {fold_label(label): code for code, label in PASSPORT_FIELDS.items()}
    table = find_table(sheet, "passport", codes, labels, {"value": VALUE_HEADER}, names)
    if table is None:
        return False
    if table.lost:
        reading.remarks.append(Remark("B16.column", sheet.name, found=table.lost))
        return True
    reading.remarks += stray_remarks(table, own=_OWN)
    for code in table.rows:
        cell = table.cell(code, "value")
        reading.passport[code] = shown(cell)
    _zero_report(reading, table)
    _revision(reading, table)
    _dates(reading, table)
    return True


def _remark(reading: Reading, table: Table, variant: str, code: str) -> None:
    place = address(table.rows[code][0], table.columns["value"])
    reading.remarks.append(Remark(variant, table.sheet.name, place, reading.passport[code]))


def _zero_report(reading: Reading, table: Table) -> None:
    if not reading.passport.get("zero_report"):
        return
    read = read_flag(table.cell("zero_report", "value"))
    if read.variant:
        _remark(reading, table, "B37" if read.value is not None else "B37.unclear", "zero_report")
    reading.passport["zero_report"] = "да" if read.value == 1 else ""


def _revision(reading: Reading, table: Table) -> None:
    if "revision" not in reading.passport:
        return
    revised = read_choice(reading.passport["revision"])
    if revised is None:
        _remark(reading, table, "B37.unclear", "revision")
    reading.passport["revision"] = "да" if revised else ""


def _dates(reading: Reading, table: Table) -> None:
    if "filled_on" in reading.passport:
        found, variant = read_date(table.cell("filled_on", "value"))
        if variant:
            _remark(reading, table, variant, "filled_on")
        reading.passport["filled_on"] = f"{found:%Y-%m-%d}" if found else ""
    text = reading.passport.get("period_text", "")
    if text and read_month(text) is None:
        _remark(reading, table, "B12.unclear", "period_text")
    elif text and not text.endswith(("года", "г.")):
        _remark(reading, table, "B12", "period_text")
    reading.passport["period_key"] = read_month(text) or ""
