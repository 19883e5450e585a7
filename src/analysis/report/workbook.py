"""``results.xlsx``: the tables of a period as an analyst wants them, safe against formulas in text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from analysis.dictionary import ColumnEntry, TableEntry, table_dictionary
from analysis.report.document import DEMO_STAMP
from analysis.xlsxfile import save_workbook

_HEADER_FILL = PatternFill("solid", fgColor="1F3A5F")
_NUMBER_FORMATS = {"number": "0.00", "int": "0"}
_MAX_WIDTH, _MIN_WIDTH = 48, 9
_FIRST_ROW = 4  # title, meaning of a row, Russian headers, column names


def write_results(path: Path, tables: Mapping[str, pd.DataFrame], heading: str, demo: bool) -> None:
    """Write a contents sheet and one sheet per contract table. ``heading`` names the period and the edition."""
    workbook = Workbook()
    entries = [entry for name, entry in table_dictionary().items() if name in tables]
    _write_contents(workbook.active, entries, tables, heading, demo)
    for entry in entries:
        _write_table(workbook.create_sheet(entry.name), entry, tables[entry.name], demo)
    save_workbook(workbook, path)


def _write_contents(
    sheet: Worksheet, entries: list[TableEntry], tables: Mapping[str, pd.DataFrame], heading: str, demo: bool
) -> None:
    sheet.title = "Содержание"
    _put(sheet, 1, 1, heading, Font(bold=True, size=14))
    _put(sheet, 2, 1, DEMO_STAMP if demo else "", Font(bold=True, color="B00020"))
    for column, text in enumerate(("Лист", "Таблица", "Что в строке", "Строк"), start=1):
        _put(sheet, 4, column, text, Font(bold=True))
    for row, entry in enumerate(entries, start=5):
        link = sheet.cell(row, 1, entry.name)
        link.hyperlink, link.font = f"#'{entry.name}'!A1", Font(color="1F3A5F", underline="single")
        _put(sheet, row, 2, entry.title)
        _put(sheet, row, 3, entry.row)
        sheet.cell(row, 4, len(tables[entry.name]))
    for letter, width in zip("ABCD", (18, 44, 70, 9), strict=True):
        sheet.column_dimensions[letter].width = width


def _write_table(sheet: Worksheet, entry: TableEntry, frame: pd.DataFrame, demo: bool) -> None:
    _put(sheet, 1, 1, entry.title + (f"   {DEMO_STAMP}" if demo else ""), Font(bold=True, size=13))
    _put(sheet, 2, 1, f"{entry.row[:1].upper()}{entry.row[1:]}. Значения столбцов – в docs/tables.md.")
    rows = [[_value(value, column) for value in frame[column.name]] for column in entry.columns]
    for number, column in enumerate(entry.columns, start=1):
        _put(sheet, _FIRST_ROW - 1, number, column.header, Font(italic=True, color="555555"))
        header = sheet.cell(_FIRST_ROW, number, column.name)
        header.font, header.fill = Font(bold=True, color="FFFFFF"), _HEADER_FILL
        header.alignment = Alignment(wrap_text=True, vertical="top")
        _fill_column(sheet, number, column, rows[number - 1])
    sheet.freeze_panes = sheet.cell(_FIRST_ROW + 1, 2)
    _make_excel_table(sheet, entry, len(frame))
    _print_setup(sheet)


def _fill_column(sheet: Worksheet, number: int, column: ColumnEntry, values: list[Any]) -> None:
    number_format = _NUMBER_FORMATS.get(column.kind)
    for row, value in enumerate(values, start=_FIRST_ROW + 1):
        if isinstance(value, str):
            _put(sheet, row, number, value)
        elif value is not None:
            cell = sheet.cell(row, number, value)
            if number_format:
                cell.number_format = number_format
    longest = max([len(column.name), len(column.header), *(len(str(value)) for value in values if value is not None)])
    sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 3, _MIN_WIDTH), _MAX_WIDTH)


def _value(value: Any, column: ColumnEntry) -> Any:
    """A cell of the right type; None for a missing value, never zero."""
    if pd.isna(value):
        return None
    if column.kind == "bool":
        return "да" if value else "нет"
    if column.kind in ("number", "int"):
        return float(value) if column.kind == "number" else int(value)
    return str(value)


def _put(sheet: Worksheet, row: int, column: int, text: str, font: Font | None = None) -> None:
    """Text stays text: what begins with = + - @ is never read as a formula."""
    cell = sheet.cell(row, column)
    cell.value, cell.data_type = ILLEGAL_CHARACTERS_RE.sub("", text), "s"
    if text[:1] in ("=", "+", "-", "@"):
        cell.quotePrefix = True
    if font:
        cell.font = font


def _make_excel_table(sheet: Worksheet, entry: TableEntry, n_rows: int) -> None:
    """A real Excel table (filters, banding); Excel wants at least one row below the header."""
    last = f"{get_column_letter(len(entry.columns))}{_FIRST_ROW + max(n_rows, 1)}"
    table = Table(displayName=f"t_{entry.name}", ref=f"A{_FIRST_ROW}:{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)


def _print_setup(sheet: Worksheet) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{_FIRST_ROW}:{_FIRST_ROW}"
