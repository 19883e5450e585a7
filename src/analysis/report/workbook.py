"""``results.xlsx``: the tables of a period as an analyst wants them, safe against formulas in text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from analysis.dictionary import ColumnEntry, TableEntry
from analysis.report.document import DEMO_STAMP
from analysis.report.workbook_marks import add_marks
from analysis.report.workbook_tables import EDITIONS, LEGEND, entries_of, tables_of
from analysis.settings import Settings
from analysis.xlsxfile import workbook_bytes

_HEADER_FILL = PatternFill("solid", fgColor="1F3A5F")
_FORMATS = {"number": "0.00", "int": "0", "date": "dd.mm.yyyy"}
_FORMATS_BY_NAME = {
    "numerator": "0", "denominator": "0", "p_value": "0.0000", "p_adjusted": "0.0000", "received_at": "dd.mm.yyyy hh:mm",
}  # fmt: skip
_MAX_WIDTH, _MIN_WIDTH = 58, 9
_FIRST_ROW = 4  # title, meaning of a row, Russian headers, column names
_FACE = "Calibri"
_SMALL, _BOLD = Font(name=_FACE, italic=True, color="555555"), Font(name=_FACE, bold=True)
_DEMO = Font(name=_FACE, bold=True, color="B00020")
_TEXT = Alignment(horizontal="left", vertical="top", indent=1)  # words do not touch the number before them
_LONG_TEXT = Alignment(horizontal="left", vertical="top", indent=1, wrap_text=True)
_NUMBER = Alignment(vertical="top")
_WORDS_HEAD = Alignment(wrap_text=True, vertical="top", horizontal="left", indent=1)
_NUMBERS_HEAD = Alignment(wrap_text=True, vertical="top", horizontal="right")
_LINE = 15.0  # points of a row


@dataclass(frozen=True)
class Heading:
    """What a workbook is about: the period, the edition (a key of ``EDITIONS``), whether its data are invented."""

    period: str
    edition: str = "working"
    demo: bool = False

    @property
    def title(self) -> str:
        return f"Результаты мониторинга, {self.period}"


def results_workbook(tables: Mapping[str, pd.DataFrame], settings: Settings, heading: Heading) -> bytes:
    """A contents sheet, one sheet per table the edition has, and a sheet that explains the codes."""
    frames = tables_of(tables, settings, heading.edition)
    workbook = Workbook()
    entries = entries_of(frames, heading.edition)
    _write_contents(workbook.active, entries, frames, heading)
    for entry in entries:
        _write_table(workbook.create_sheet(entry.name), entry, frames[entry.name], heading)
    workbook.properties.creator, workbook.properties.title = "Ориентир", heading.title
    workbook.properties.language = "ru"
    return workbook_bytes(workbook)


def _write_contents(
    sheet: Worksheet, entries: Sequence[TableEntry], frames: Mapping[str, pd.DataFrame], heading: Heading
) -> None:
    sheet.title = "Содержание"
    _put(sheet, 1, 1, heading.title, Font(name=_FACE, bold=True, size=14))
    _put(sheet, 2, 1, DEMO_STAMP if heading.demo else "", _DEMO)
    _put(sheet, 3, 1, EDITIONS[heading.edition].name)
    for column, text in enumerate(("Лист", "Таблица", "Что в строке", "Строк"), start=1):
        _put(sheet, 5, column, text, _BOLD)
    for row, entry in enumerate(entries, start=6):
        link = sheet.cell(row, 1, entry.name)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{entry.name}'!A1")
        link.font = Font(name=_FACE, color="1F3A5F", underline="single")
        _put(sheet, row, 2, entry.title)
        _put(sheet, row, 3, entry.row)
        sheet.cell(row, 4, len(frames[entry.name]))
    for row, text in enumerate(EDITIONS[heading.edition].notes + LEGEND, start=len(entries) + 7):
        _put(sheet, row, 1, text)
    for letter, width in zip("ABCD", (18, 58, 78, 9), strict=True):
        sheet.column_dimensions[letter].width = width
    _print_setup(sheet, heading, 5)


def _write_table(sheet: Worksheet, entry: TableEntry, frame: pd.DataFrame, heading: Heading) -> None:
    _put(sheet, 1, 1, entry.title, Font(name=_FACE, bold=True, size=13))
    stamp = f"{DEMO_STAMP}. " if heading.demo else ""
    _put(sheet, 2, 1, f"{stamp}{entry.row[:1].upper()}{entry.row[1:]}.", _DEMO if heading.demo else _SMALL)
    for number, column in enumerate(entry.columns, start=1):
        _put(sheet, _FIRST_ROW - 1, number, column.header, _SMALL)
        header = sheet.cell(_FIRST_ROW, number, column.name)
        header.font, header.fill = Font(name=_FACE, bold=True, color="FFFFFF"), _HEADER_FILL
        header.alignment = _WORDS_HEAD
        sheet.cell(_FIRST_ROW - 1, number).alignment = _NUMBERS_HEAD if _is_number(column) else _WORDS_HEAD
        _fill_column(sheet, number, column, [_value(value, column) for value in frame[column.name]])
    sheet.row_dimensions[_FIRST_ROW - 1].height = _LINE * _lines_of_headers(sheet, entry)
    sheet.freeze_panes = sheet.cell(_FIRST_ROW + 1, 2)
    _make_excel_table(sheet, entry, len(frame))
    add_marks(sheet, entry, _FIRST_ROW + 1, len(frame))
    _print_setup(sheet, heading, _FIRST_ROW)


def _is_number(column: ColumnEntry) -> bool:
    return column.kind in ("number", "int", "date") or column.name in _FORMATS_BY_NAME


def _fill_column(sheet: Worksheet, number: int, column: ColumnEntry, values: list[Any]) -> None:
    number_format = _FORMATS_BY_NAME.get(column.name, _FORMATS.get(column.kind))
    for row, value in enumerate(values, start=_FIRST_ROW + 1):
        if isinstance(value, str):
            _put(sheet, row, number, value)
            lines = len(textwrap.wrap(value, _MAX_WIDTH - 4))
            sheet.cell(row, number).alignment = _LONG_TEXT if lines > 1 else _TEXT
            if lines > 1:  # not every program finds the height of a row by itself
                height = sheet.row_dimensions[row].height or 0
                sheet.row_dimensions[row].height = max(height, lines * _LINE)
        elif value is not None:
            cell = sheet.cell(row, number, value)
            cell.alignment = _NUMBER
            if number_format:
                cell.number_format = number_format
    texts = [len(str(value)) + 2 for value in values if isinstance(value, str)]
    words = [len(word) for word in column.header.split()]
    widest = max([len(column.name) + 4, *words, *texts, _MIN_WIDTH])
    sheet.column_dimensions[get_column_letter(number)].width = min(widest + 1, _MAX_WIDTH)


def _lines_of_headers(sheet: Worksheet, entry: TableEntry) -> int:
    widths = [sheet.column_dimensions[get_column_letter(at)].width for at in range(1, len(entry.columns) + 1)]
    return max(
        len(textwrap.wrap(column.header, max(int(width) - 1, 1)))
        for column, width in zip(entry.columns, widths, strict=True)
    )


def _value(value: Any, column: ColumnEntry) -> Any:
    """A cell of the right type; None for a missing value, never zero."""
    if pd.isna(value):
        return None
    if column.kind == "bool":
        return "да" if value else "нет"
    if column.kind in ("number", "int"):
        return float(value) if column.kind == "number" else int(value)
    if column.kind == "date" and str(value):
        return date.fromisoformat(str(value)[:10])
    if column.name == "received_at" and str(value):
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    return str(value)


def _put(sheet: Worksheet, row: int, column: int, text: str, font: Font | None = None) -> None:
    """Text stays text: what begins with = + - @ is never read as a formula."""
    cell = sheet.cell(row, column)
    cell.value, cell.data_type = ILLEGAL_CHARACTERS_RE.sub("", text), "s"
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        cell.quotePrefix = True
    if font:
        cell.font = font


def _make_excel_table(sheet: Worksheet, entry: TableEntry, n_rows: int) -> None:
    """A real Excel table (filters, banding); Excel wants at least one row below the header."""
    last = f"{get_column_letter(len(entry.columns))}{_FIRST_ROW + max(n_rows, 1)}"
    table = Table(displayName=f"t_{entry.name}", ref=f"A{_FIRST_ROW}:{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)


def _print_setup(sheet: Worksheet, heading: Heading, header_row: int) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{max(header_row - 1, 1)}:{header_row}"
    sheet.oddHeader.center.text = DEMO_STAMP if heading.demo else ""
    sheet.oddFooter.left.text = heading.title
    sheet.oddFooter.right.text = "&P из &N"
