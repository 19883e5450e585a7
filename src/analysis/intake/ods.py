"""Read .ods as values: LibreOffice's form of the same workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analysis.intake.archive import Archive, StopReading
from analysis.intake.book import COMMENTS, PICTURES, Book, Cell, Sheet, Unreadable, address, iso_date

_NUMBERS = ("float", "percentage", "currency")
_ERROR = re.compile(r"#[\w/!?]+[!?]?|Err:\d+|Ошибка:\d+")


def read_ods(archive: Archive) -> Book:
    """All sheets of an OpenDocument spreadsheet. Raises Unreadable."""
    if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Unreadable("encrypted")
    if "content.xml" not in archive.names:
        raise Unreadable("damaged", "в файле нет содержания")
    book = _ContentReader(archive).read()
    book.macros = any(name.startswith("Basic/") for name in archive.names)
    book.unread += (PICTURES,) if any(name.startswith("Pictures/") for name in archive.names) else ()
    if not book.sheets:
        raise Unreadable("damaged", "в файле нет листов")
    return book


@dataclass
class _Open:
    """The cell being read."""

    given: dict[str, str]
    repeat: int
    error: bool
    paragraphs: list[list[str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join("".join(pieces) for pieces in self.paragraphs)


class _ContentReader:
    """Collects sheets while content.xml streams by."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.limits = archive, archive.limits
        self.book = Book("ods")
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.row = self.column = self.row_repeat = 0
        self.cell: _Open | None = None
        self.annotation = False
        self.paragraph = False
        self.skipping = False  # the rest of a sheet that is cut short

    def read(self) -> Book:
        self.archive.parse("content.xml", self._start, self._end, self._characters)
        if self.archive.exhausted and self.book.sheets:
            self.book.sheets[-1].cut_short = True
        return self.book

    @property
    def sheet(self) -> Sheet:
        return self.book.sheets[-1]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        handler = _STARTS.get(tag)
        if handler is not None:
            given = {key.rpartition(":")[2]: value for key, value in attributes.items() if "calcext" not in key}
            handler(self, given | {"error": str(attributes.get("calcext:value-type") == "error")})

    def _end(self, tag: str) -> None:
        if tag == "p":
            self.paragraph = False
        elif tag == "annotation":
            self.annotation = False
        elif tag in ("table-cell", "covered-table-cell") and self.cell is not None:
            self._keep(self.cell)
            self.cell = None
        elif tag == "table-row":
            self.row += max(self.row_repeat - 1, 0)
        elif tag == "table":
            self.skipping = False

    def _characters(self, piece: str) -> None:
        if self.paragraph and self.cell is not None and not self.annotation:
            self.cell.paragraphs[-1].append(piece)

    def _open_style(self, given: dict[str, str]) -> None:
        self.style = given.get("name", "")

    def _table_properties(self, given: dict[str, str]) -> None:
        if given.get("display") == "false":
            self.hidden_styles.add(self.style)

    def _open_table(self, given: dict[str, str]) -> None:
        state = "hidden" if given.get("style-name") in self.hidden_styles else "visible"
        self.book.sheets.append(Sheet(given.get("name", ""), state))
        self.row = 0

    def _open_row(self, given: dict[str, str]) -> None:
        if not self.book.sheets:
            raise StopReading
        self.row, self.column = self.row + 1, 0
        self.row_repeat = _count(given.get("number-rows-repeated"))
        hidden = given.get("visibility") in ("collapse", "filter")
        self.sheet.hidden_rows |= hidden and self.row_repeat < 1_000
        if self.row > self.limits.rows and not self.skipping:
            self.skipping = True

    def _open_cell(self, given: dict[str, str]) -> None:
        if not self.book.sheets:
            raise StopReading
        repeat = _count(given.get("number-columns-repeated"))
        self.column += 1
        self.cell = _Open(given, repeat, given["error"] == "True")
        columns, rows = given.get("number-columns-spanned", "1"), given.get("number-rows-spanned", "1")
        if (columns, rows) != ("1", "1"):
            self.sheet.merged.append(address(self.row, self.column))

    def _open_paragraph(self, _: dict[str, str]) -> None:
        if self.cell is not None and not self.annotation:
            self.cell.paragraphs.append([])
            self.paragraph = True

    def _open_annotation(self, _: dict[str, str]) -> None:
        self.annotation = True
        self.book.unread = (COMMENTS,)

    def _space(self, given: dict[str, str]) -> None:
        self._characters(" " * min(_count(given.get("c")), 100))

    def _named_range(self, given: dict[str, str]) -> None:
        self.book.names.setdefault(given.get("name", ""), given.get("cell-range-address", ""))

    def _database_range(self, given: dict[str, str]) -> None:
        if given.get("display-filter-buttons") == "true":
            for sheet in self.book.sheets:
                sheet.filtered |= sheet.name in given.get("target-range-address", "")

    def _keep(self, opened: _Open) -> None:
        cell = _cell(opened, self.limits.text)
        if cell is not None and cell.value != "":
            rows = min(self.row_repeat, self.limits.rows)
            for row in range(self.row, self.row + rows):
                for column in range(self.column, self.column + opened.repeat):
                    self._put(row, column, cell)
        self.column += opened.repeat - 1

    def _put(self, row: int, column: int, cell: Cell) -> None:
        if self.skipping or row > self.limits.rows or column > self.limits.columns:
            self.sheet.cut_short = True
            return
        self.sheet.cells[row, column] = cell
        if len(self.sheet.cells) > self.limits.cells:
            raise Unreadable("too_large", f"на листе более {self.limits.cells} заполненных ячеек")


_STARTS = {
    "style": _ContentReader._open_style,
    "table-properties": _ContentReader._table_properties,
    "table": _ContentReader._open_table,
    "table-row": _ContentReader._open_row,
    "table-cell": _ContentReader._open_cell,
    "covered-table-cell": _ContentReader._open_cell,
    "p": _ContentReader._open_paragraph,
    "annotation": _ContentReader._open_annotation,
    "s": _ContentReader._space,
    "named-range": _ContentReader._named_range,
    "database-range": _ContentReader._database_range,
}


def _count(text: str | None) -> int:
    return min(int(text), 2**20) if text and text.isascii() and text.isdigit() else 1


def _cell(opened: _Open, most: int) -> Cell | None:
    given, text = opened.given, opened.text[:most]
    formula = "formula" in given
    kind = given.get("value-type")
    if opened.error or (formula and _ERROR.fullmatch(text.strip())):
        return Cell(text[:50] or "#", "error", formula)
    if kind in _NUMBERS:
        try:
            return Cell(float(given.get("value", "")), "number", formula, kind == "percentage")
        except ValueError:
            return Cell(text, "text", formula)
    if kind == "date":
        return Cell(iso_date(given.get("date-value", "")), "date", formula)
    if kind == "boolean":
        return Cell(given.get("boolean-value") == "true", "bool", formula)
    if kind is None and formula and not text:
        return Cell("=", "uncached", True)
    return Cell(given.get("string-value", text), "text", formula) if text or "string-value" in given else None
