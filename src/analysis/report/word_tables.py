"""Tables of the Word file: columns wide enough for their words, rows that stay whole, heads that stay with their rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from analysis.report.tables_width import text_width

PAGE_POINTS = 496.0  # width of the text on the page
SIZES = (10.0, 9.0, 8.0, 7.5)  # points of type, from the usual to the least
REGULAR, BOLD = 1.04, 1.16  # letters of Times against those of PT Sans, which are measured
MARGINS = 8.5  # points of both sides of a cell, and a little for rounding
KEPT_ROWS = 2  # rows that keep the next one on their page, at the start; the last but one too
LONGEST_LINE = 26.0  # em; a longer text is better on several lines
_TABLE = re.compile(r"<w:tbl>.*?</w:tbl>", re.DOTALL)
_ROW = re.compile(r"<w:tr>.*?</w:tr>", re.DOTALL)
_CELL = re.compile(r"<w:tc>.*?</w:tc>", re.DOTALL)
_TEXT = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>")
_SPAN = re.compile(r'<w:gridSpan w:val="(\d+)" ?/>')
_EMPTY = re.compile(r"<w:p><w:pPr ?/></w:p>")
_GRID = re.compile(r"<w:tblGrid>.*?</w:tblGrid>", re.DOTALL)
_PIECES = re.compile(r"[ \u200b]|(?<=[-/])")
_GROUP_FILL = '<w:shd w:val="clear" w:color="auto" w:fill="F1F4F7"/>'


def with_fitted_tables(document: str) -> str:
    """The text of the document with every table made to fit."""
    return _TABLE.sub(lambda found: _fitted(found[0]), document)


def cell_styles() -> str:
    """Styles of cells by role and size of type."""
    roles = (("", ""), ("Kept", "<w:keepNext/>"), ("Head", "<w:keepNext/>"))
    return "".join(
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{_style(role, at)}"><w:name w:val="{_style(role, at)}"/>'
        f'<w:basedOn w:val="Normal"/><w:pPr>{kept}<w:spacing w:before="10" w:after="10"/></w:pPr>'
        f"<w:rPr>{'<w:b/><w:bCs/>' if role == 'Head' else ''}"
        f'<w:sz w:val="{int(2 * size)}"/><w:szCs w:val="{int(2 * size)}"/></w:rPr></w:style>'
        for at, size in enumerate(SIZES)
        for role, kept in roles
    )


def _style(role: str, size: int) -> str:
    return f"Cell{role}{size + 1}"


def _fitted(table: str) -> str:
    rows = _ROW.findall(table)
    n_columns = table.count("<w:gridCol")
    least, wish = _needs(rows, n_columns)
    size = next((at for at, points in enumerate(SIZES) if _points(least, points) <= PAGE_POINTS), len(SIZES) - 1)
    widths = _widths(least, wish, SIZES[size])
    grid = "".join(f'<w:gridCol w:w="{round(20 * width)}"/>' for width in widths)
    table = _GRID.sub(f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>', table, count=1)
    table = table.replace("</w:tblPr><w:tblLayout", "<w:tblLayout", 1)
    return _with_styles(table, len(rows), n_columns, size)


def _needs(rows: Sequence[str], n_columns: int) -> tuple[list[float], list[float]]:
    """What each column needs at least (its longest word) and would like to have (its longest text), in em."""
    least, wish = [1.0] * n_columns, [1.0] * n_columns
    for row in rows:
        face, column = BOLD if "<w:tblHeader" in row else REGULAR, 0
        for cell in _CELL.findall(row):
            span = _SPAN.search(cell)
            width = int(span[1]) if span else 1
            text = unescape("".join(_TEXT.findall(cell)))
            if width == 1 and column < n_columns:
                words = [text_width(word) * face for word in _PIECES.split(text)]
                least[column] = max(least[column], *words)
                wish[column] = max(wish[column], min(text_width(text) * face, LONGEST_LINE))
            column += width
    return least, [max(pair) for pair in zip(least, wish, strict=True)]


def _points(needs: Sequence[float], size: float) -> float:
    return sum(need * size + MARGINS for need in needs)


def _widths(least: Sequence[float], wish: Sequence[float], size: float) -> list[float]:
    """Widths in points that fill the page: what is left beyond the words goes to the longest texts."""
    own = [need * size + MARGINS for need in least]
    extra = [(more - need) * size for more, need in zip(wish, least, strict=True)]
    left, asked = PAGE_POINTS - sum(own), sum(extra)
    share = min(1.0, left / asked) if left > 0 and asked > 0 else 0.0
    widths = [width + share * more for width, more in zip(own, extra, strict=True)]
    return [width * PAGE_POINTS / sum(widths) for width in widths]


def _with_styles(table: str, n_rows: int, n_columns: int, size: int) -> str:
    """Cells in their type; heads, headings of groups, the first and the last rows keep the next one with them."""
    number = -1

    def styled(found: re.Match[str]) -> str:
        nonlocal number
        number += 1
        row, is_head = found[0], "<w:tblHeader" in found[0]
        is_group = n_columns > 1 and f'<w:gridSpan w:val="{n_columns}"' in row
        if is_group:
            row = _SPAN.sub(lambda span: span[0] + _GROUP_FILL, row)
        kept = number < KEPT_ROWS + heads or number == n_rows - 2
        style = _style("Head" if is_head or is_group else "Kept" if kept else "", size)
        row = _EMPTY.sub(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr></w:p>', row)
        row = row.replace('"Compact"', f'"{style}"').replace("<w:trPr>", "<w:trPr><w:cantSplit/>")
        return row if "<w:trPr>" in row else row.replace("<w:tr>", "<w:tr><w:trPr><w:cantSplit/></w:trPr>", 1)

    heads = table.count("<w:tblHeader")
    return _ROW.sub(styled, table)
