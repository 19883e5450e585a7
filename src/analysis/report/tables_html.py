"""A table as HTML: caption, header scopes, a focusable region that scrolls when the screen is narrow."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from analysis.report.inline import escape, prose, to_html, to_plain
from analysis.report.tables_width import is_short, is_small

if TYPE_CHECKING:
    from analysis.report.tables import Column, Group, Shown, Table

_CLASSES = {"start": "", "end": "n", "center": "c"}


def write(table: Table) -> str:
    """The table in its scrolling region, with the legend of its signs and its note below."""
    kinds = " ".join(["sortable"] * table.sortable + ["small"] * is_small(table))
    kind = f' class="{kinds}"' if kinds else ""
    body = "".join(_group(group, table) for group in table.groups) or _empty(table)
    caption = f"<caption><span>{to_html(table.caption)}</span></caption>" if table.caption else ""
    label = escape(to_plain(table.caption)) or "Таблица"
    return (
        f'<div class="table"><div class="scroll" role="region" aria-label="{label}" tabindex="0">'
        f"<table{kind}>{caption}<thead>{_head(table)}</thead>{body}</table></div>{_below(table)}</div>"
    )


def _below(table: Table) -> str:
    legend = "".join(f"<li>{_sign(s.tone, s.sign)} {escape(s.label)}</li>" for s in table.legend)
    note = f'<p class="note">{to_html(table.note)}</p>' if table.note else ""
    return (f'<ul class="legend">{legend}</ul>' if legend else "") + note


def _head(table: Table) -> str:
    spans = any(column.span for column in table.columns)
    if not spans:
        return f"<tr>{''.join(_header(column) for column in table.columns)}</tr>"
    upper, lower = "", ""
    for span, run in groupby(table.columns, key=lambda column: column.span):
        columns = list(run)
        if span:
            upper += f'<th scope="colgroup" colspan="{len(columns)}" class="c">{escape(span)}</th>'
            lower += "".join(_header(column) for column in columns)
        else:
            upper += "".join(_header(column, ' rowspan="2"') for column in columns)
    return f"<tr>{upper}</tr><tr>{lower}</tr>"


def _header(column: Column, extra: str = "") -> str:
    return f'<th scope="col"{_class(column)}{extra}>{escape(column.header)}</th>'


def _class(column: Column, *more: str) -> str:
    name = " ".join(filter(None, (_CLASSES[column.alignment], *more)))
    return f' class="{name}"' if name else ""


def _group(group: Group, table: Table) -> str:
    heading = ""
    if group.heading:
        text = escape(group.heading)
        heading = f'<tr class="group"><th scope="rowgroup" colspan="{len(table.columns)}">{text}</th></tr>'
    rows = "".join(_row(row, table) for row in group.rows)
    return f"<tbody>{heading}{rows}</tbody>"


def _row(row: list[Shown], table: Table) -> str:
    return f"<tr>{''.join(_cell(cell, index, table) for index, cell in enumerate(row))}</tr>"


def _cell(cell: Shown, index: int, table: Table) -> str:
    column = table.columns[index]
    unwrapped = "u" if column.alignment == "start" and is_short(table, index) else ""
    tag, scope = ("th", ' scope="row"') if column.name == table.row_header else ("td", "")
    key = f' data-v="{escape(cell.sort)}"' if table.sortable and cell.sort is not None else ""
    missing = ' data-missing=""' if table.sortable and cell.missing else ""
    return f"<{tag}{scope}{_class(column, unwrapped)}{key}{missing}>{_content(cell, table)}</{tag}>"


def _content(cell: Shown, table: Table) -> str:
    text = prose(cell.text)
    if cell.missing:
        text = f'<span aria-hidden="true">{text}</span><span class="vh">{escape(table.missing)}</span>'
    if cell.signal is None:
        return text
    sign = _sign(cell.signal.tone, cell.signal.sign)
    if cell.own_label:
        return f"{sign} {text}"
    return f'{text} {sign}<span class="vh"> {escape(cell.signal.label)}</span>'


def _sign(tone: str, sign: str) -> str:
    return f'<span class="sign {tone}" aria-hidden="true">{sign}</span>'


def _empty(table: Table) -> str:
    text = escape(table.missing)
    return f'<tbody><tr><td colspan="{len(table.columns)}" class="c">{text}</td></tr></tbody>'
