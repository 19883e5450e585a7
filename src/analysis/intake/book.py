"""A spreadsheet as intake sees it, whatever program wrote it: sheets of non-empty cells, names, and oddities."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

COMMENTS, PICTURES = "примечания к ячейкам", "рисунки"
CellKind = Literal["number", "text", "bool", "date", "error", "uncached"]


class Unreadable(Exception):
    """The file gives no table. ``code`` names the rule in :mod:`analysis.intake.rules`, ``detail`` is Russian."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Limits:
    """What a file may cost before it is refused; a school's form needs a hundredth of each."""

    file_bytes: int = 20_000_000
    unpacked_bytes: int = 60_000_000
    parts: int = 2_000
    cells: int = 100_000  # non-empty
    elements: int = 400_000  # XML elements, empty cells and rows included
    rows: int = 20_000
    columns: int = 1_000
    text: int = 32_767  # characters in a cell: Excel's own limit


BULK_LIMITS = Limits(
    file_bytes=100_000_000, unpacked_bytes=500_000_000, cells=5_000_000, elements=20_000_000, rows=1_048_576
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One non-empty cell. ``value`` is what was shown last; a formula without a cached value is ``uncached``."""

    value: float | str | bool
    kind: CellKind
    formula: bool = False
    percent: bool = False


@dataclass
class Sheet:
    """One sheet: cells by (row, column), both from 1."""

    name: str
    state: str = "visible"  # visible, hidden, veryHidden
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    hidden_rows: bool = False
    filtered: bool = False
    cut_short: bool = False  # more rows than Limits.rows, the rest not read


@dataclass
class Book:
    """A whole file."""

    kind: str  # xlsx, ods, csv
    sheets: list[Sheet] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # defined name → reference
    macros: bool = False
    external_links: bool = False
    unread: tuple[str, ...] = ()  # what lies over the cells: comments, pictures (Russian)

    def sheet(self, name: str) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


def column_letters(column: int) -> str:
    """4 → «D»."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """(7, 4) → «D7»."""
    return f"{column_letters(column)}{row}"


def parse_address(text: str) -> tuple[int, int] | None:
    """«D7» → (7, 4); None when it is no address."""
    column = index = 0
    while index < len(text) and "A" <= text[index] <= "Z":
        column = column * 26 + ord(text[index]) - 64
        index += 1
    digits = text[index:]
    if not column or not digits.isascii() or not digits.isdigit() or len(digits) > 7 or index > 3:
        return None
    return int(digits), column


def excel_date(serial: float, date1904: bool = False) -> str | None:
    """«12.05.2022» for a date serial; None outside 1900–2199."""
    if not 1 <= serial < 109_575:
        return None
    origin = date(1904, 1, 1) if date1904 else date(1899, 12, 30)
    return f"{origin + timedelta(days=int(serial)):%d.%m.%Y}"


def iso_date(text: str) -> str:
    """«12.05.2022» for «2022-05-12T00:00»; the text itself when it is no date."""
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)(?!\d)", text)
    return f"{match[3]}.{match[2]}.{match[1]}" if match else text[:50]


def rows_of(sheet: Sheet) -> Iterable[tuple[int, dict[int, Cell]]]:
    """Rows that hold something, in order: number and cells by column."""
    rows: dict[int, dict[int, Cell]] = {}
    for (row, column), cell in sheet.cells.items():
        rows.setdefault(row, {})[column] = cell
    return sorted(rows.items())
