"""What people write beside the fields of a form: it is no value, and still nobody may lose it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from analysis.intake.book import Cell, address
from analysis.intake.cells import shown
from analysis.intake.form_checks import is_check_text
from analysis.intake.layout import CHECK_HEADER, FILLED, MARKED, TABLE_HEADERS, parse_mark
from analysis.intake.privacy import has_diagnosis, people_in
from analysis.intake.reading import Remark, fold_label
from analysis.intake.tables import Table

_SHOWN = 3  # places quoted; the rest are counted
_COUNTED = re.compile(r"\d+ из \d+")


def stray_remarks(table: Table, own: Collection[str] = (), told: Collection[int] = ()) -> list[Remark]:
    """One remark on everything that stands outside the fields; ``own`` are folded texts of the form itself.

    Rows of ``told`` were spoken of already. Names of people are left to those who look for them.
    """
    places = [*_above(table), *_beside(table, own, told)]
    texts = [(place, shown(table.sheet.cells[place])) for place in sorted(places)]
    texts = [(place, text) for place, text in texts if not (people_in(text) or has_diagnosis(text))]
    if not texts:
        return []
    quoted = [f"{address(*place)}: {text}" if len(texts) > 1 else text for place, text in texts[:_SHOWN]]
    rest = [f"и ещё {len(texts) - _SHOWN}"] if len(texts) > _SHOWN else []
    return [Remark("B43", table.sheet.name, address(*texts[0][0]), "; ".join([*quoted, *rest]))]


def _above(table: Table) -> Iterator[tuple[int, int]]:
    """Cells between the form's mark and the heading of the table, and beside the lines above the mark."""
    marks = [place for place, cell in table.sheet.cells.items() if cell.kind == "text" and parse_mark(str(cell.value))]
    if not marks:
        return
    mark_row, mark_column = min(marks)
    for (row, column), cell in table.sheet.cells.items():
        if row < table.header_row and (row > mark_row or column != mark_column) and not _is_counter(cell):
            yield row, column


def _is_counter(cell: Cell) -> bool:
    return cell.formula or shown(cell) in (FILLED, MARKED) or bool(_COUNTED.fullmatch(shown(cell)))


def _beside(table: Table, own: Collection[str], told: Collection[int]) -> Iterator[tuple[int, int]]:
    """Cells of the form's rows outside its columns, and cells of other rows that are not the form's own."""
    columns = {column for columns in table.headings.values() for column in columns} | set(table.columns.values())
    if not table.headings:
        columns |= set(range(table.code_column, table.code_column + len(TABLE_HEADERS)))
    checks = table.headings.get(fold_label(CHECK_HEADER), [])
    taken = table.taken
    for (row, column), cell in table.sheet.cells.items():
        if row <= table.header_row or row in told:
            continue
        if row not in taken:
            if fold_label(str(cell.value)) not in own:
                yield row, column
        elif (column not in columns and column != table.code_column) or (
            column in checks and not cell.formula and not is_check_text(shown(cell))
        ):
            yield row, column
