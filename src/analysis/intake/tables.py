"""Find a form's table on a sheet: by codes, else by labels, else by defined names; never by position."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.intake.book import Book, Cell, Sheet, parse_address, rows_of
from analysis.intake.layout import (
    ACTIVITY_HEADERS,
    PASSPORT_HEADERS,
    SHEET_TITLES,
    TABLE_HEADERS,
    Mark,
    cell_name,
    parse_mark,
)
from analysis.intake.names import plain
from analysis.intake.reading import fold_code, fold_label

_HEADINGS = tuple(sorted({fold_label(text) for text in (*PASSPORT_HEADERS, *TABLE_HEADERS, *ACTIVITY_HEADERS)} - {""}))
_REFERENCE = re.compile(r"\$?'?(?P<sheet>(?:[^'!]|'')+?)'?[!.](?P<place>\$?[A-Z]{1,3}\$?\d{1,7})")


@dataclass
class Table:
    """Where the rows and columns of a form's sheet are."""

    sheet: Sheet
    rows: dict[str, list[int]] = field(default_factory=dict)  # code → rows
    columns: dict[str, int] = field(default_factory=dict)  # field → column
    headings: dict[str, list[int]] = field(default_factory=dict)  # folded heading of the form → columns
    lost: str = ""  # heading of a column that is not there, or there twice
    header_row: int = 0
    code_column: int = 0

    def cell(self, code: str, name: str) -> Cell | None:
        return self.sheet.cells.get((self.rows[code][0], self.columns[name]))

    def label(self, row: int) -> str:
        """The text between the code and the value."""
        texts = (self.sheet.cells.get((row, c)) for c in range(self.code_column + 1, min(self.columns.values())))
        return next((str(cell.value) for cell in texts if cell and cell.kind == "text"), "")

    @property
    def taken(self) -> set[int]:
        """The rows that belong to a code."""
        return {row for rows in self.rows.values() for row in rows}


def sheet_mark(sheet: Sheet) -> Mark | None:
    """The form's mark printed on a sheet, wherever it was moved to."""
    for cell in sheet.cells.values():
        if cell.kind == "text" and "форма" in str(cell.value):
            mark = parse_mark(str(cell.value))
            if mark:
                return mark
    return None


def references(book: Book) -> dict[str, tuple[str, int, int]]:
    """Defined name → sheet, row, column, for names of one cell."""
    found = {}
    for name, text in book.names.items():
        match = _REFERENCE.fullmatch(text[:200])
        place = parse_address(match["place"].replace("$", "")) if match else None
        if match and place:
            found[name] = (match["sheet"].replace("''", "'"), *place)
    return found


def kind_by_names(sheet: Sheet, names: Mapping[str, tuple[str, int, int]]) -> str:
    """The form's sheet that the defined names say this one is."""
    kinds = Counter(name.partition("_")[0] for name, (target, _, _) in names.items() if target == sheet.name)
    return next((kind for kind, _ in kinds.most_common() if kind in SHEET_TITLES), "")


def kind_by_title(sheet: Sheet) -> str:
    """The form's sheet by its name, copies like «Месяц (2)» included."""
    title = re.sub(r"[\s_]*\(?\d*\)?$", "", plain(sheet.name))
    return next((kind for kind, name in SHEET_TITLES.items() if plain(name) == title), "")


def find_table(
    sheet: Sheet,
    kind: str,
    codes: Mapping[str, str],
    labels: Mapping[str, str],
    headers: Mapping[str, str],
    names: Mapping[str, tuple[str, int, int]],
) -> Table | None:
    """The table of a sheet; ``codes`` and ``labels`` map folded text to code, ``headers`` field to its heading."""
    table = Table(sheet)
    _find_codes(table, codes)
    named = {code: names.get(cell_name(kind, code)) for code in dict.fromkeys(codes.values())}
    places = {code: place for code, place in named.items() if place and place[0] == sheet.name}
    if len(table.rows) < max(1, len(labels) // 10):
        table.rows.clear()
        table.code_column = 0
    _find_headings(table)
    _find_labels(table, labels)
    if not table.rows and places:
        table.rows = {code: [place[1]] for code, place in places.items()}
    if not table.rows:
        return None
    _choose_columns(table, headers, [place[2] for place in places.values()])
    return table


def _find_codes(table: Table, codes: Mapping[str, str]) -> None:
    hits: dict[int, dict[str, list[int]]] = {}
    for (row, column), cell in sorted(table.sheet.cells.items()):
        if cell.kind == "text" and len(str(cell.value)) < 60:
            code = codes.get(fold_code(str(cell.value)))
            if code:
                hits.setdefault(column, {}).setdefault(code, []).append(row)
    if hits:
        table.code_column = max(hits, key=lambda column: (len(hits[column]), -column))
        table.rows = hits[table.code_column]


def _find_headings(table: Table) -> None:
    """The row above the table with most of the form's headings (the lowest of equals), and where each stands."""
    last = min((rows[0] for rows in table.rows.values()), default=10**7)
    for row, cells in rows_of(table.sheet):
        if row >= last:
            break
        headings: dict[str, list[int]] = {}
        for column, key in _folded(cells):
            heading = _heading(key)
            if heading:
                headings.setdefault(heading, []).append(column)
        if headings and len(headings) >= len(table.headings):
            table.headings, table.header_row = headings, row


def _heading(key: str) -> str:
    """The form's heading that a text is: itself, or with something added («Значение за март»)."""
    return next((heading for heading in _HEADINGS if key == heading or key.startswith(f"{heading} ")), "")


def _folded(cells: Mapping[int, Cell]) -> Iterable[tuple[int, str]]:
    return ((c, fold_label(str(cell.value))) for c, cell in cells.items() if cell.kind == "text")


def _find_labels(table: Table, labels: Mapping[str, str]) -> None:
    """Rows whose code is gone but whose label is known."""
    taken = table.taken
    for row, cells in rows_of(table.sheet):
        if row in taken or row <= table.header_row:
            continue
        code = next((labels[key] for _, key in _folded(cells) if key in labels), None)
        if code and code not in table.rows:
            table.rows[code] = [row]


def _choose_columns(table: Table, headers: Mapping[str, str], named: Sequence[int]) -> None:
    """Each field's column: by its heading, else where the defined names point, else by the usual distance.

    A column that bears another heading of the form is never taken, nor one of two with the same heading.
    """
    first = Counter(named).most_common(1)[0][0] if named else table.code_column + 3
    foreign = {column for columns in table.headings.values() for column in columns}
    for offset, (name, heading) in enumerate(headers.items()):
        found = table.headings.get(fold_label(heading), [])
        guess = first + offset
        if len(found) == 1:
            table.columns[name] = found[0]
        elif found or guess in foreign or not (named or table.headings):
            table.lost = table.lost or heading
        else:
            table.columns[name] = guess
    if not table.code_column and table.columns:
        table.code_column = max(1, min(table.columns.values()) - 3)
    if not table.header_row:
        table.header_row = min(rows[0] for rows in table.rows.values()) - 1


def unknown_rows(table: Table, name: str) -> Iterable[tuple[int, Cell]]:
    """Rows below the heading that hold a value and belong to no code."""
    column, taken = table.columns[name], table.taken
    for (row, place), cell in sorted(table.sheet.cells.items()):
        if place == column and row > table.header_row and row not in taken:
            yield row, cell
