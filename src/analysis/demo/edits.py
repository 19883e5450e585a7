"""What people do to a filled form beyond typing into it: each change takes the file's bytes and returns new ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from analysis.files import pack
from analysis.intake import layout
from analysis.settings import Settings
from analysis.xlsxfile import workbook_parts

_CODE, _LABEL, _VALUE = 1, 2, 4
_MARK_ROWS = range(1, 7)
_ROW_OF_NAME = re.compile(r"^(?P<sheet>'?[^!]+'?!\$[A-Z]+\$)(?P<row>\d+)$")
_SCAN = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True)
class Change:
    """Which change, and the cell it is about."""

    kind: str
    sheet: str
    measure: str
    school_name: str


def changed(content: bytes, change: Change, settings: Settings) -> bytes:
    """The file after the change; a kind that is no change of the file leaves it as it is."""
    if change.kind == "damaged":
        return content[: len(content) * 3 // 5]
    if change.kind == "scan":
        return _SCAN
    if change.kind not in _IN_WORKBOOK:
        return content
    workbook = load_workbook(BytesIO(content))
    _IN_WORKBOOK[change.kind](workbook, change, settings)
    return pack(workbook_parts(workbook))


def _sheet(workbook: Workbook, change: Change) -> Worksheet:
    return workbook[layout.SHEET_TITLES[change.sheet]]


def _row(sheet: Worksheet, code: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, _CODE).value == code)


def _formula_error(workbook: Workbook, change: Change, settings: Settings) -> None:
    sheet = _sheet(workbook, change)
    sheet.cell(_row(sheet, change.measure), _VALUE).value = "#REF!"


def _date_cell(workbook: Workbook, change: Change, settings: Settings) -> None:
    """«12.5» typed where Excel reads dates."""
    sheet = _sheet(workbook, change)
    cell = sheet.cell(_row(sheet, change.measure), _VALUE)
    cell.value, cell.number_format = date(2022, 5, 12), "D MMM"


def _inserted_row(workbook: Workbook, change: Change, settings: Settings) -> None:
    sheet = _sheet(workbook, change)
    _insert(workbook, sheet, _row(sheet, change.measure), "в том числе мальчиков", 20)


def _total_row(workbook: Workbook, change: Change, settings: Settings) -> None:
    sheet = _sheet(workbook, change)
    first = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, _CODE).value == layout.CODE_HEADER) + 1
    last = sheet.max_row
    numbers = [sheet.cell(row, _VALUE).value for row in range(first, last)]
    total = sum(value for value in numbers if isinstance(value, int | float))
    _insert(workbook, sheet, last, "ИТОГО", total)


def _insert(workbook: Workbook, sheet: Worksheet, row: int, label: str, value: float) -> None:
    sheet.insert_rows(row)
    sheet.cell(row, _LABEL).value = label
    sheet.cell(row, _VALUE).value = value
    for name in workbook.defined_names.values():
        match = _ROW_OF_NAME.match(name.attr_text)
        if match and match["sheet"].strip("'").startswith(sheet.title) and int(match["row"]) >= row:
            name.attr_text = f"{match['sheet']}{int(match['row']) + 1}"


def _renamed_row(workbook: Workbook, change: Change, settings: Settings) -> None:
    """The code is gone, the label is the school's own word for it."""
    sheet = _sheet(workbook, change)
    row = _row(sheet, change.measure)
    aliases = settings.measure(change.measure).aliases
    sheet.cell(row, _CODE).value = None
    sheet.cell(row, _LABEL).value = aliases[-1] if aliases else settings.measure(change.measure).name
    del workbook.defined_names[layout.cell_name(change.sheet, change.measure)]


def _second_sheet(workbook: Workbook, change: Change, settings: Settings) -> None:
    copy = workbook.copy_worksheet(_sheet(workbook, change))
    copy.title = f"{layout.SHEET_TITLES[change.sheet]} (2)"
    cell = copy.cell(_row(copy, "events"), _VALUE)
    cell.value = int(cell.value or 0) + 3


def _hidden_rows(workbook: Workbook, change: Change, settings: Settings) -> None:
    sheet = _sheet(workbook, change)
    for code in ("exc_online", "ovz_cov"):
        sheet.row_dimensions[_row(sheet, code)].hidden = True


def _name_variant(workbook: Workbook, change: Change, settings: Settings) -> None:
    """An own table under the school's everyday name; the C is Latin."""
    short = change.school_name.replace("СОШ № ", "CОШ №")
    _anonymous(workbook, f'МБОУ "{short}" г. {settings.project.institution.city}')


def _number_only(workbook: Workbook, change: Change, settings: Settings) -> None:
    _anonymous(workbook, "№ " + change.school_name.rpartition(" ")[2])


def _anonymous(workbook: Workbook, school_name: str) -> None:
    """Copied into an own workbook: nothing hidden tells the school any more."""
    del workbook[layout.HIDDEN_SHEET]
    for name in layout.NAME_OF_FIELD.values():
        del workbook.defined_names[name]
    for sheet in workbook.worksheets:
        for row in _MARK_ROWS:
            if layout.parse_mark(str(sheet.cell(row, 1).value or "")):
                sheet.cell(row, 1).value = None
        sheet.cell(2, 1).value = school_name
    passport = workbook[layout.SHEET_TITLES["passport"]]
    passport.cell(_row(passport, "school_name"), _VALUE).value = school_name


_IN_WORKBOOK: dict[str, Callable[[Workbook, Change, Settings], None]] = {
    "formula_error": _formula_error,
    "date_cell": _date_cell,
    "inserted_row": _inserted_row,
    "total_row": _total_row,
    "renamed_row": _renamed_row,
    "second_sheet": _second_sheet,
    "hidden_rows": _hidden_rows,
    "name_variant": _name_variant,
    "number_only": _number_only,
}
