"""Find the table in an import file: long form by its headings, or a wide summary with measures as columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.intake.book import Book, Cell, Sheet, Unreadable, address, rows_of
from analysis.intake.cells import read_count, shown
from analysis.intake.names import plain
from analysis.intake.reading import FormSpec, fold_code, fold_label

REQUIRED = ("school_id", "period", "measure", "value")
OPTIONAL = ("received_at", "source")
_HEADINGS = {
    "school_id": ("school_id", "school", "школа", "код школы", "оо", "общеобразовательное учреждение"),
    "period": ("period", "период", "отчетный период"),
    "measure": ("measure", "показатель", "код показателя", "код"),
    "value": ("value", "значение"),
    "received_at": ("received_at", "получено"),
    "source": ("source", "источник"),
}
_BY_HEADING = {fold_label(text): name for name, texts in _HEADINGS.items() for text in texts}
_TOTALS = ("итого", "всего", "сумма")

Record = dict[str, Cell | None]


@dataclass
class BulkTable:
    """Records with the fields of the long form and ``place``; remarks as (rule, cell, found)."""

    records: list[Record]
    sheet: str = ""
    remarks: list[tuple[str, str, str]] = field(default_factory=list)


def from_book(book: Book, spec: FormSpec) -> BulkTable:
    """The first sheet with the headings of the long form, else with a wide summary. Raises Unreadable."""
    sheets = [sheet for sheet in book.sheets if sheet.cells]
    for sheet in sheets:
        table = _long(sheet)
        if table:
            return table
    for sheet in sheets:
        table = _wide(sheet, spec)
        if table:
            return table
    raise Unreadable("no_form", "нет столбцов school_id, period, measure, value")


def _long(sheet: Sheet) -> BulkTable | None:
    for header_row, cells in list(rows_of(sheet))[:10]:
        columns = {_BY_HEADING[key]: column for column, key in _keys(cells) if key in _BY_HEADING}
        if set(REQUIRED) <= set(columns):
            return BulkTable(_records(sheet, header_row, columns), sheet.name)
    return None


def _keys(cells: Mapping[int, Cell]) -> list[tuple[int, str]]:
    return [(column, fold_label(str(cell.value))) for column, cell in cells.items() if cell.kind == "text"]


def _records(sheet: Sheet, header_row: int, columns: Mapping[str, int]) -> list[Record]:
    records: list[Record] = []
    for row, cells in rows_of(sheet):
        if row > header_row:
            record: Record = {
                name: cells.get(columns[name]) if name in columns else None for name in (*REQUIRED, *OPTIONAL)
            }
            if any(record.values()):
                record["place"] = Cell(address(row, columns["value"]), "text")
                records.append(record)
    return records


def _wide(sheet: Sheet, spec: FormSpec) -> BulkTable | None:
    """School and period columns, then a column per measure; a row «Итого» is a check, not data."""
    codes = {fold_code(measure.code): measure.code for measure in spec.measures}
    codes |= {fold_code(measure.name): measure.code for measure in spec.measures}
    for header_row, cells in list(rows_of(sheet))[:15]:
        fields = {_BY_HEADING[key]: column for column, key in _keys(cells) if key in _BY_HEADING}
        measures = {
            column: codes[fold_code(shown(cell))] for column, cell in cells.items() if fold_code(shown(cell)) in codes
        }
        if {"school_id", "period"} <= set(fields) and measures:
            return _melt(sheet, header_row, fields, measures)
    return None


def _melt(sheet: Sheet, header_row: int, fields: Mapping[str, int], measures: Mapping[int, str]) -> BulkTable:
    table = BulkTable([], sheet.name)
    sums = dict.fromkeys(measures, 0.0)
    for row, cells in rows_of(sheet):
        if row <= header_row:
            continue
        school = cells.get(fields["school_id"])
        if any(plain(shown(cell)).startswith(_TOTALS) for cell in cells.values() if cell.kind == "text"):
            _check_totals(table, row, cells, sums)
            continue
        for column, code in measures.items():
            if column in cells:
                sums[column] += read_count(cells[column]).value or 0.0
                place = Cell(address(row, column), "text")
                period = cells.get(fields["period"])
                record = {"school_id": school, "period": period, "measure": Cell(code, "text"), "value": cells[column]}
                table.records.append({**record, "received_at": None, "source": None, "place": place})
    return table


def _check_totals(table: BulkTable, row: int, cells: Mapping[int, Cell], sums: Mapping[int, float]) -> None:
    table.remarks.append(("B21", address(row, 1), "итого"))
    for column, total in sums.items():
        given = read_count(cells.get(column)).value
        if given is not None and given != total:
            table.remarks.append(("B21.differs", address(row, column), f"итого {given:g}, сумма строк {total:g}"))


def parquet_frame(path: Path) -> pd.DataFrame:
    """A Parquet file in long form: the columns of the contract it has. Raises Unreadable."""
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow raises many kinds for damaged files
        raise Unreadable("damaged") from error
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing:
        raise Unreadable("no_form", f"нет столбца {missing[0]}")
    names = [*REQUIRED, *(name for name in OPTIONAL if name in frame.columns)]
    return frame[names].reset_index(drop=True)


def frame_records(frame: pd.DataFrame) -> Iterator[tuple[int, Record]]:
    """Each row's position and record; the index holds the positions in the file."""
    names = list(frame.columns)
    for number, *row in frame.itertuples(name=None):
        record: Record = {name: as_cell(value) for name, value in zip(names, row, strict=True)}
        yield number, {**dict.fromkeys(OPTIONAL), **record, "place": Cell(f"строка {number + 1}", "text")}


def as_cell(value: object) -> Cell | None:
    """A table's value as the cell of a form; None for a missing one."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return Cell(value, "bool")
    try:
        return Cell(float(value), "number") if not isinstance(value, str) else Cell(value, "text")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return Cell(str(value), "text")
