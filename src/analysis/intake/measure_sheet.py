"""The sheets «Месяц», «Полугодие», «Год»: every known code becomes one entry, every oddity a remark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from analysis.intake.book import Sheet, address, parse_address
from analysis.intake.cells import Read, read_count, read_flag, shown
from analysis.intake.layout import VALUE_HEADER
from analysis.intake.names import plain
from analysis.intake.reading import Entry, FormSpec, MeasureSpec, Reading, Remark, fold_code, fold_label
from analysis.intake.strays import stray_remarks
from analysis.intake.tables import Table, find_table, unknown_rows

_TOTAL = re.compile(r"\b(?:итого|всего по|всего:|сумма)\b")


def read_measures(
    reading: Reading,
    sheet: Sheet,
    kind: str,
    spec: FormSpec,
    names: Mapping[str, tuple[str, int, int]],
    older: Mapping[str, str],
) -> bool:
    """Add the sheet's entries and remarks to the reading. False when the sheet holds no table of the form."""
    measures = spec.codes_on(kind)
    codes = {key: measure.code for key, measure in measures.items()}
    codes |= {fold_code(old): new for old, new in older.items() if fold_code(new) in codes}
    labels = _labels(measures.values())
    table = find_table(sheet, kind, codes, labels, {"value": VALUE_HEADER}, names)
    if table is None:
        return False
    if table.lost:
        reading.remarks.append(Remark("B16.column", sheet.name, found=table.lost))
        reading.entries += [Entry(kind, code, "", None, "B16.column", sheet_name=sheet.name) for code in table.rows]
        return True
    by_code = {measure.code: measure for measure in measures.values()}
    for code, rows in table.rows.items():
        entry = _entry(reading, table, kind, by_code[code], rows)
        if len(rows) == 1 and not older:
            entry = _checked_label(reading, table, by_code[code], rows[0], entry, labels)
        reading.entries.append(entry)
    reading.remarks += stray_remarks(table, told=_unknown(reading, table))
    _merged(reading, table)
    return True


def _labels(measures: Iterable[MeasureSpec]) -> dict[str, str]:
    """Folded name or alias → code; the first measure of a name keeps it."""
    labels: dict[str, str] = {}
    for measure in measures:
        for text in (measure.name, *measure.aliases):
            labels.setdefault(fold_label(text), measure.code)
    return labels


def _read(table: Table, measure: MeasureSpec, row: int) -> Read:
    cell = table.sheet.cells.get((row, table.columns["value"]))
    return read_flag(cell) if measure.is_flag else read_count(cell, measure.whole)


def _entry(reading: Reading, table: Table, kind: str, measure: MeasureSpec, rows: list[int]) -> Entry:
    """The measure's cell; rows with the same code must say the same."""
    reads = {row: _read(table, measure, row) for row in rows}
    row = next((row for row in rows if reads[row].found), rows[0])
    read = reads[row]
    place = address(row, table.columns["value"])
    others = {r.value for other, r in reads.items() if other != row and r.found}
    if others - {read.value}:
        read = Read(None, "B16.conflict", "; ".join(r.found for r in reads.values()))
    elif len(rows) > 1:
        reading.remarks.append(Remark("B16.double", table.sheet.name, place, read.found, measure.code))
    return Entry(kind, measure.code, place, read.value, read.variant, read.found, table.sheet.name)


def _checked_label(
    reading: Reading, table: Table, measure: MeasureSpec, row: int, entry: Entry, labels: Mapping[str, str]
) -> Entry:
    """A row's name must be the measure's: an alias is noted, an unknown name asked about, another's name not believed."""
    label = table.label(row)
    key = fold_label(label)
    if not key or key == fold_label(measure.name):
        return entry
    owner = labels.get(key)
    if owner not in (None, measure.code):
        return replace(entry, value=None, variant="B17.conflict", found=f"{measure.code}: {label[:60]}")
    variant = "B17.alias" if owner else "B17.renamed"
    reading.remarks.append(Remark(variant, table.sheet.name, entry.cell, label[:80], measure.code))
    return entry


def _unknown(reading: Reading, table: Table) -> set[int]:
    """Say which rows hold a value and are none of the form's; returns these rows."""
    told = set()
    for row, cell in unknown_rows(table, "value"):
        told.add(row)
        texts = [str(c.value) for (r, _), c in table.sheet.cells.items() if r == row and c.kind == "text"]
        variant = "B21" if any(_TOTAL.search(plain(text)) for text in texts) else "B17.unknown"
        found = f"{texts[0][:60]}: {shown(cell)}" if texts and texts[0] != cell.value else shown(cell)
        reading.remarks.append(Remark(variant, table.sheet.name, address(row, table.columns["value"]), found))
    return told


def _merged(reading: Reading, table: Table) -> None:
    merged = [part for part in table.sheet.merged if touches(table, part)]
    if merged:
        reading.remarks.append(Remark("B15", table.sheet.name, merged[0].partition(":")[0], merged[0]))


def touches(table: Table, merged: str) -> bool:
    """Does a merged range reach into the table?"""
    first, _, last = merged.partition(":")
    place = parse_address(last or first)
    return place is not None and place[0] >= table.header_row
