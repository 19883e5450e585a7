"""A table as Typst code: a caption, a header repeated on every page, rows that break over pages."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING

from analysis.report import typst_text
from analysis.report.inline import to_typst
from analysis.report.tables_width import column_widths, unbroken_word

if TYPE_CHECKING:
    from analysis.report.tables import Column, Shown, Table

LONG_CELL = 600  # letters; a row with a longer text may break over pages
OPENING = 3  # rows that a table begins with on a page at least
ENDING = 2  # rows that it ends with on the next
_ALIGNS = {"start": "left", "end": "right", "center": "center"}


def write(table: Table) -> str:
    """The call of the template's `data-table` with every text as a literal."""
    widths, scale = column_widths(table)
    name = _name(table)
    arguments = {
        "caption": to_typst(table.caption) if table.caption else "none",
        "note": to_typst(table.note) if table.note else "none",
        "legend": typst_text.array(_pair(s.tone, s.label) for s in table.legend),
        "columns": typst_text.array(widths),
        "align": typst_text.array(_ALIGNS[column.alignment] for column in table.columns),
        "scale": f"{scale:.3f}",
        "head": typst_text.array(_head(table)),
        "head-rows": "2" if _has_spans(table) else "1",
        "unbroken": str(unbroken_word(table)),
        "whole-rows": typst_text.value(_longest(table) < LONG_CELL),
        "few-rows": typst_text.value(_n_rows(table) < OPENING + ENDING),
        "opening": str(_opening(table)),
        "id": name,
    }
    named = ", ".join(f"{name}: {code}" for name, code in arguments.items())
    return f"#data-table({named},\n{''.join(_body(table, name))})"


def _opening(table: Table) -> int:
    """How many arguments the first rows are, headings of groups included."""
    count = rows = 0
    for group in table.groups:
        taken = min(len(group.rows), OPENING - rows)
        count, rows = count + bool(group.heading) + taken * len(table.columns), rows + taken
        if rows == OPENING:
            break
    return max(count, 1)


def _name(table: Table) -> str:
    """A name by which the exporter speaks of this table to the template."""
    return typst_text.string(hashlib.sha256(table.plain().encode()).hexdigest()[:8])


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


def _longest(table: Table) -> int:
    return max((len(cell.text) for group in table.groups for row in group.rows for cell in row), default=0)


def _has_spans(table: Table) -> bool:
    return any(column.span for column in table.columns)


def _header(column: Column) -> str:
    return typst_text.content(column.header, bound=True)


def _n_rows(table: Table) -> int:
    return sum(len(group.rows) for group in table.groups)


def _body(table: Table, name: str) -> list[str]:
    """The rows, a line each; the last ones tell on which page they stand."""
    if not table.groups:
        text = typst_text.content(table.missing)
        return [f"table.cell(colspan: {len(table.columns)}, align: center, {text}),\n"]
    lines, left = [], _n_rows(table)
    for group in table.groups:
        if group.heading:
            lines.append(f"group({len(table.columns)}, {typst_text.string(group.heading, bound=True)}),\n")
        for row in group.rows:
            first, *others = map(_cell, row)
            lines.append(", ".join([first if left > ENDING else f"placed({name}, {first})", *others]) + ",\n")
            left -= 1
    return lines


def _cell(cell: Shown) -> str:
    if cell.signal is None:
        return typst_text.string(cell.text, bound=True)
    tone = typst_text.string(cell.signal.tone)
    name = "state" if cell.own_label else "marked"
    return f"{name}({typst_text.string(cell.text, bound=True)}, {tone})"


def _pair(tone: str, label: str) -> str:
    return f"({typst_text.string(tone)}, {typst_text.string(label)})"
