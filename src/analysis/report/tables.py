"""One table object for every output: HTML for screens, Typst for paper, text for the terminal.

A table is a frame plus the description of its columns. Cells are formatted here, once; the writers in `tables_html`
and `tables_typst` only place the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from analysis.report import numbers, tables_html, tables_typst, tables_width, typst_text
from analysis.report.blocks import SIGNS, TYPST_MIME, Tone, require
from analysis.report.inline import Inline, to_plain

Kind = Literal["text", "int", "number", "percent", "pp", "date", "place", "status"]
Align = Literal["start", "end", "center"]
NUMERIC_KINDS = frozenset({"int", "number", "percent", "pp", "place"})


@dataclass(frozen=True)
class Signal:
    """A word for a state, with a tone that adds a sign and a colour to it."""

    label: str
    tone: Tone = "neutral"

    def __post_init__(self) -> None:
        require(self.tone, Tone, "tone")

    @property
    def sign(self) -> str:
        return SIGNS[self.tone]


@dataclass(frozen=True)
class Cell:
    """A value formatted by the caller, with the key it sorts by and an optional signal."""

    text: str
    sort: float | str | None = None
    signal: Signal | None = None


@dataclass(frozen=True)
class Column:
    """One column of a table.

    name : column of the frame; header : what the reader sees
    kind : how values are written. `percent` and `pp` take 0–100; `status` needs the table's signals
    digits : decimals of number, percent and pp; unit : put after number and int
    align : by default numbers end-aligned, text start-aligned
    span : a header over this and its neighbours with the same span («АППГ»)
    signal_from : another column of the frame whose value picks the signal shown beside this one's text
    blank : nothing to say is an empty cell, not «—»: for remarks
    """

    name: str
    header: str
    kind: Kind = "text"
    digits: int = 1
    unit: str = ""
    align: Align | None = None
    span: str = ""
    signal_from: str = ""
    blank: bool = False

    def __post_init__(self) -> None:
        require(self.kind, Kind, "kind of column")

    @property
    def alignment(self) -> Align:
        if self.align:
            return self.align
        return "end" if self.kind in NUMERIC_KINDS else "start"


@dataclass(frozen=True)
class Shown:
    """A cell as every writer gets it: its text, the key it sorts by, its signal; `missing` has «—» as text."""

    text: str
    sort: float | str | None = None
    signal: Signal | None = None
    missing: bool = False
    own_label: bool = False


@dataclass(frozen=True)
class Group:
    """Rows that belong together under a heading; the heading is empty when the table has no groups."""

    heading: str
    rows: list[list[Shown]] = field(default_factory=list)


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table for a report.

    frame : one row per row of the table, in the order shown
    columns : what is shown, from left to right
    caption : the title above; note : small print below
    row_header : name of the column that names the row (read out before each cell)
    sortable : offer sorting and filtering on screen
    group_by : name of a frame column; its values head runs of rows
    signals : per column name, what each value of a status means
    missing : what a screen reader says for «—»

    Raises
    ------
    ValueError : a column, the row header or the grouping is not in the frame, or a status has no signal
    """

    frame: pd.DataFrame
    columns: Sequence[Column]
    caption: Inline
    note: Inline = ""
    row_header: str = ""
    sortable: bool = False
    group_by: str | None = None
    signals: Mapping[str, Mapping[Any, Signal]] = field(default_factory=dict)
    missing: str = "нет данных"

    def __post_init__(self) -> None:
        asked = [column.name for column in self.columns]
        asked += [column.signal_from for column in self.columns if column.signal_from]
        asked += [self.group_by] if self.group_by else []
        absent = [name for name in asked if name not in self.frame.columns]
        if absent:
            raise ValueError(f"the frame has no column {', '.join(map(repr, absent))}")
        if self.row_header and self.row_header not in asked:
            raise ValueError(f"the row header {self.row_header!r} is not among the columns shown")

    @cached_property
    def groups(self) -> list[Group]:
        """The rows as shown, in runs of the same `group_by` value."""
        shown = [self._column(column) for column in self.columns]
        headings = [_text(v) for v in self.frame[self.group_by]] if self.group_by else [""] * len(self.frame)
        groups: list[Group] = []
        for heading, *row in zip(headings, *shown, strict=True):
            if not groups or groups[-1].heading != heading:
                groups.append(Group(heading))
            groups[-1].rows.append(row)
        return groups

    def _column(self, column: Column) -> list[Shown]:
        values = self.frame[column.name].tolist()
        own = self.signals.get(column.name, {})
        if column.kind == "status" or (own and not column.signal_from):
            return [self._status(value, column.name) for value in values]
        if not column.signal_from:
            return [_shown(value, column) for value in values]
        states = self.frame[column.signal_from].tolist()
        return [
            _shown(value, column, self._signal(state, column.signal_from))
            for value, state in zip(values, states, strict=True)
        ]

    def _status(self, value: Any, name: str) -> Shown:
        if isinstance(value, Cell):
            return Shown(value.text, value.sort, value.signal)
        signal = self._signal(value, name)
        if signal is None:
            return Shown(numbers.MISSING, missing=True)
        return Shown(signal.label, list(self.signals.get(name, {})).index(value), signal, own_label=True)

    def _signal(self, value: Any, name: str) -> Signal | None:
        if numbers.is_missing(value):
            return None
        try:
            return self.signals[name][value]
        except KeyError:
            raise ValueError(f"the table has no signal for {value!r} in column {name!r}") from None

    @cached_property
    def legend(self) -> list[Signal]:
        """Signals shown only as a sign beside a number; they are explained below the table."""
        cells = (cell for group in self.groups for row in group.rows for cell in row)
        return list(dict.fromkeys(c.signal for c in cells if c.signal and not c.own_label))

    @cached_property
    def widths(self) -> list[float]:
        """The width in em that each column would like to have."""
        return tables_width.needed_widths(self)

    def html(self) -> str:
        return tables_html.write(self)

    def typst(self) -> str:
        return tables_typst.write(self)

    def plain(self) -> str:
        """The table as lines of text with aligned columns."""
        rows = [[column.header for column in self.columns]]
        for group in self.groups:
            rows += [[group.heading]] if group.heading else []
            rows += [[cell.text for cell in row] for row in group.rows]
        full = [row for row in rows if len(row) == len(self.columns)]
        widths = [max(map(len, texts)) for texts in zip(*full, strict=True)]
        lines = ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=False)).rstrip() for row in rows]
        return "\n".join(filter(None, (to_plain(self.caption), *lines, to_plain(self.note))))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html(), TYPST_MIME: self.typst(), "text/plain": self.plain()}

    def __repr__(self) -> str:
        return self.plain()


def _text(value: Any) -> str:
    return numbers.MISSING if numbers.is_missing(value) else typst_text.clean(value)


def _shown(value: Any, column: Column, signal: Signal | None = None) -> Shown:
    """One value as text; a string in a column of numbers («менее 5») stands as it is."""
    if isinstance(value, Cell):
        return Shown(value.text, value.sort, value.signal or signal)
    if numbers.is_missing(value) or value == "":
        if column.blank:
            return Shown("", signal=signal)
        return Shown(numbers.MISSING, signal=signal, missing=True)
    if isinstance(value, str) and column.kind != "date":
        return Shown(typst_text.clean(value), signal=signal)
    return Shown(_format(value, column), _sort_key(value, column), signal)


def _format(value: Any, column: Column) -> str:
    match column.kind:
        case "int":
            return numbers.format_number(value, 0, column.unit)
        case "number":
            return numbers.format_number(value, column.digits, column.unit)
        case "percent":
            return numbers.format_percent(value, column.digits)
        case "pp":
            return numbers.format_pp(value, column.digits)
        case "date":
            return numbers.format_date(value, "short")
        case "place":
            return numbers.format_places(value)
        case _:
            return typst_text.clean(value)


def _sort_key(value: Any, column: Column) -> float | str | None:
    if column.kind in NUMERIC_KINDS:
        return float(value)
    return str(value)[:19] if column.kind == "date" else None
