"""A table as Typst code: a caption, a header repeated on every page, rows that break over pages.

Column widths are set here from the length of the texts, for Typst gives a column its longest line and would let a
long header push the table off the page.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from analysis.report import typst_text
from analysis.report.inline import to_typst

if TYPE_CHECKING:
    from analysis.report.tables import Column, Shown, Table

TEXT_WIDTH = 49.0  # em of table type that fit in the width of a page
PADDING = 1.0  # em, both insets of a cell
SIGN = 1.0  # em, a signal's sign and its space
BOLD = 1.07  # bold letters against regular ones
SHORT_TEXT = 9.0  # em; columns of shorter texts need no share of the free width
LEAST_TEXT = 11.0  # em that a column of long text must be left with
SMALLEST = 0.72  # of the usual size of type in tables
UNBROKEN = 12  # rows; a shorter table moves to the next page whole
_ADVANCES = (
    dict.fromkeys(" \u00a0.,:;!|'’«»()[]-–/", 0.33)
    | dict.fromkeys("0123456789", 0.545)
    | dict.fromkeys("№—%ЖМФШЩЮжмшщюыф", 0.82)
)
_ALIGNS = {"start": "left", "end": "right", "center": "center"}


def write(table: Table) -> str:
    """The call of the template's `data-table` with every text as a literal."""
    widths, scale = column_widths(table)
    arguments = {
        "caption": to_typst(table.caption) if table.caption else "none",
        "note": to_typst(table.note) if table.note else "none",
        "legend": typst_text.array(_pair(s.tone, s.label) for s in table.legend),
        "columns": typst_text.array(widths),
        "align": typst_text.array(_ALIGNS[column.alignment] for column in table.columns),
        "scale": f"{scale:.3f}",
        "head": typst_text.array(_head(table)),
        "head-rows": "2" if _has_spans(table) else "1",
        "breakable": "false" if len(table.frame) <= UNBROKEN else "true",
    }
    named = ", ".join(f"{name}: {code}" for name, code in arguments.items())
    return f"#data-table({named},\n{''.join(_body(table))})"


def _head(table: Table) -> list[str]:
    if not _has_spans(table):
        return [_header(column) for column in table.columns]
    upper, lower = [], []
    for span, run in groupby(table.columns, key=lambda column: column.span):
        columns = list(run)
        if span:
            upper.append(f"span({len(columns)}, {typst_text.string(span)})")
            lower += [_header(column) for column in columns]
        else:
            upper += [f"table.cell(rowspan: 2, {_header(column)})" for column in columns]
    return upper + lower


def _has_spans(table: Table) -> bool:
    return any(column.span for column in table.columns)


def _header(column: Column) -> str:
    return typst_text.content(column.header)


def _body(table: Table) -> list[str]:
    if not table.groups:
        text = typst_text.content(table.missing)
        return [f"table.cell(colspan: {len(table.columns)}, align: center, {text}),\n"]
    lines = []
    for group in table.groups:
        if group.heading:
            lines.append(f"group({len(table.columns)}, {typst_text.string(group.heading)}),\n")
        lines += ["".join(f"{_cell(cell)}, " for cell in row) + "\n" for row in group.rows]
    return lines


def _cell(cell: Shown) -> str:
    if cell.signal is None:
        return typst_text.string(cell.text)
    tone = typst_text.string(cell.signal.tone)
    name = "state" if cell.own_label else "marked"
    return f"{name}({typst_text.string(cell.text)}, {tone})"


def _pair(tone: str, label: str) -> str:
    return f"({typst_text.string(tone)}, {typst_text.string(label)})"


def column_widths(table: Table) -> tuple[list[str], float]:
    """Widths as Typst lengths (em or fr), and the factor by which type must shrink for the table to fit the page.

    A table that fits with every text on one line fills the page with its columns in proportion (a small one keeps
    its own width). Otherwise numbers get what they need and columns of long text share the rest.
    """
    needs = [_needed(table, index) for index in range(len(table.columns))]
    if sum(needs) < TEXT_WIDTH / 2:
        return [f"{need * 1.15:.2f}em" for need in needs], 1.0
    if sum(needs) <= TEXT_WIDTH:
        return [f"{need:.2f}fr" for need in needs], 1.0
    free = _long_columns(table, needs)
    fixed = sum(need for index, need in enumerate(needs) if index not in free)
    scale = max(min(1.0, TEXT_WIDTH / (fixed + LEAST_TEXT * len(free))), SMALLEST)
    shares = _share(TEXT_WIDTH / scale - fixed, {i: need for i, need in enumerate(needs) if i in free})
    return [shares.get(index, f"{need:.2f}em") for index, need in enumerate(needs)], scale


def _long_columns(table: Table, needs: list[float]) -> set[int]:
    """Columns of long text, which may wrap; when there is none, the widest."""
    long = {
        index
        for index, column in enumerate(table.columns)
        if column.kind in ("text", "status") and needs[index] > SHORT_TEXT
    }
    return long or {needs.index(max(needs))}


def _share(room: float, needs: dict[int, float]) -> dict[int, str]:
    """Give each column its need as long as that is below an even share of the room; the longest divide the rest."""
    shares, waiting = {}, sorted(needs, key=lambda index: needs[index])
    while waiting and needs[waiting[0]] <= room / len(waiting):
        index = waiting.pop(0)
        shares[index] = f"{needs[index]:.2f}em" if waiting else "1fr"
        room -= needs[index]
    return shares | {index: f"{needs[index] ** 0.6:.2f}fr" for index in waiting}


def _needed(table: Table, index: int) -> float:
    """Width in em of the longest value and, over up to three lines, of the bold header."""
    header = table.columns[index].header
    cells = (row[index] for group in table.groups for row in group.rows)
    values = (text_width(cell.text) + (SIGN if cell.signal else 0) for cell in cells)
    words = (text_width(word) * BOLD for word in header.split())
    whole = text_width(header) * BOLD / 3 + 1
    return max(max(values, default=0.0), max(words, default=0.0), min(whole, text_width(header) * BOLD)) + PADDING


def text_width(text: str) -> float:
    """Width in em of a text in PT Sans, within a few per cent: what a column needs, not what it will take."""
    return sum(_ADVANCES.get(char) or (0.66 if char.isupper() else 0.55) for char in text)
