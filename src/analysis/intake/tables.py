"""Find a form's table on a sheet: by codes, else by labels, else by defined names; never by position."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.intake.book import Book, Cell, Sheet, parse_address, rows_of
from analysis.intake.layout import SHEET_TITLES, Mark, cell_name, parse_mark
from analysis.intake.names import plain
from analysis.intake.reading import fold_code, fold_label

_REFERENCE = re.compile(r"\$?'?(?P<sheet>(?:[^'!]|'')+?)'?[!.](?P<place>\$?[A-Z]{1,3}\$?\d{1,7})")


@dataclass
class Table:
    """Where the rows and columns of a form's sheet are."""

    sheet: Sheet
    rows: dict[str, list[int]] = field(default_factory=dict)  # code → rows
    columns: dict[str, int] = field(default_factory=dict)  # field → column
    header_row: int = 0
    code_column: int = 0
    by_label: set[str] = field(default_factory=set)  # codes found by their label only

    def cell(self, code: str, name: str) -> Cell | None:
        return self.sheet.cells.get((self.rows[code][0], self.columns[name]))

    def label(self, row: int) -> str:
        """The text between the code and the value."""
        texts = (self.sheet.cells.get((row, c)) for c in range(self.code_column + 1, min(self.columns.values())))
        return next((str(cell.value) for cell in texts if cell and cell.kind == "text"), "")


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
    _find_headers(table, headers)
    _find_labels(table, labels)
    if not table.rows and places:
        table.rows = {code: [place[1]] for code, place in places.items()}
    if not table.rows:
        return None
    _guess_columns(table, headers, [place[2] for place in places.values()])
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


def _find_headers(table: Table, headers: Mapping[str, str]) -> None:
    """The lowest row above the table that holds the headings."""
    last = min((rows[0] for rows in table.rows.values()), default=10**7)
    wanted = {fold_label(text): name for name, text in headers.items()}
    for row, cells in rows_of(table.sheet):
        if row >= last:
            break
        found = {wanted[key]: column for column, key in _folded(cells) if key in wanted}
        if found:
            table.columns, table.header_row = found, row


def _folded(cells: Mapping[int, Cell]) -> Iterable[tuple[int, str]]:
    return ((c, fold_label(str(cell.value))) for c, cell in cells.items() if cell.kind == "text")


def _find_labels(table: Table, labels: Mapping[str, str]) -> None:
    """Rows whose code is gone but whose label is known."""
    taken = {row for rows in table.rows.values() for row in rows}
    for row, cells in rows_of(table.sheet):
        if row in taken or row <= table.header_row:
            continue
        code = next((labels[key] for _, key in _folded(cells) if key in labels), None)
        if code and code not in table.rows:
            table.rows[code] = [row]
            table.by_label.add(code)


def _guess_columns(table: Table, headers: Mapping[str, str], named: Sequence[int]) -> None:
    first = Counter(named).most_common(1)[0][0] if named else table.code_column + 3
    if not table.code_column:
        table.code_column = max(1, min((*table.columns.values(), first)) - 3)
    for offset, name in enumerate(headers):
        table.columns.setdefault(name, first + offset)
    if not table.header_row:
        table.header_row = min(rows[0] for rows in table.rows.values()) - 1


def unknown_rows(table: Table, name: str) -> Iterable[tuple[int, Cell]]:
    """Rows below the heading that hold a value and belong to no code."""
    taken = {row for rows in table.rows.values() for row in rows}
    column = table.columns[name]
    for (row, place), cell in sorted(table.sheet.cells.items()):
        if place == column and row > table.header_row and row not in taken:
            yield row, cell


def outside_cells(table: Table, last_column: int) -> list[tuple[int, int]]:
    """Cells in the rows of the table, to the right of its last column."""
    return sorted((row, column) for row, column in table.sheet.cells if row > table.header_row and column > last_column)
