"""How wide the columns of a table need to be, judged from the length of their texts.

Typst gives a column its longest line and would let a long header push a table off the page; a browser spreads a small
table over the whole screen. Widths are in em of the table's type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.report.typst_text import bind

if TYPE_CHECKING:
    from analysis.report.tables import Table

TEXT_WIDTH = 49.0  # em of table type that fit in the width of a page
PADDING = 1.1  # both insets of a cell, and a little for rounding
SIGN = 1.0  # a signal's sign and its space
BOLD = 1.04  # bold letters against regular ones
SHORT_TEXT = 10.5  # columns of shorter texts are not wrapped
LEAST_TEXT, MOST_WORD = 7.0, 11.6  # a column of long text must be left with its longest word, within these bounds
MOST_TEXT = 16.0  # and with no more than this for a long text
LETTERS, FEW_LETTERS = 18, 8  # of a word that fits in MOST_WORD; in a column of a table that is too wide
SMALLEST = 0.72  # of the usual size of type in tables
# The advances of PT Sans to the nearest twentieth of an em; other letters count as wide ones.
_GROUPS = {
    0.20: "',.:",
    0.25: " ;ij|\u00a0",
    0.30: "!()IJ[]`fl",
    0.35: '"*-/rt{}г„“',
    0.40: "\\_sт",
    0.45: "?cyzГзсуьэя",
    0.50: "+<=>FL^aekvx~авеклхчъё«»−",
    0.55: "#$0123456789CEPSTVYZbdghnopquБЕЗРСТУЬЯбдийнопрцЁ",
    0.60: "ABGKRXАВКЛХЧЭ",
    0.65: "DHNUДНПЪжмы–",
    0.70: "OQИЙОЦфю",
    0.75: "%wЫшщ…",
    0.80: "&MmЖМФ—",
    0.90: "WШЩЮ",
    1.00: "№@",
}
_ADVANCES = {letter: width for width, letters in _GROUPS.items() for letter in letters}


def needed_widths(table: Table) -> list[float]:
    """What each column would like to have."""
    return [_needed(table, index) for index in range(len(table.columns))]


def _needed(table: Table, index: int) -> float:
    """Width of the longest value and, over up to three lines, of the bold header."""
    header = table.columns[index].header
    cells = (row[index] for group in table.groups for row in group.rows)
    values = (text_width(cell.text) + (SIGN if cell.signal else 0) for cell in cells)
    words = (text_width(word) * BOLD for word in _words(header))
    whole = text_width(header) * BOLD
    return max(*values, *words, min(whole / 3 + 1, whole), 1.0) + PADDING


def _words(text: str) -> list[str]:
    """What is never broken: words, with the short ones and the units that stay with them."""
    return bind(text).split(" ")


def text_width(text: str) -> float:
    """Width of a text in PT Sans, within a few per cent: what a column needs, not what it will take."""
    return sum(_ADVANCES.get(letter, 0.65) for letter in text)


def is_small(table: Table) -> bool:
    """A table that would look lost when spread over the page."""
    return sum(table.widths) < TEXT_WIDTH / 2


def is_short(table: Table, index: int) -> bool:
    """A column whose texts should stay on one line."""
    return table.widths[index] <= SHORT_TEXT


def column_widths(table: Table) -> tuple[list[str], float]:
    """Widths as Typst lengths (em or fr), and the factor by which type must shrink for the table to fit the page.

    A table that fits with every text on one line fills the page with its columns in proportion (a small one keeps
    its own width). Otherwise numbers get what they need and columns of long text share the rest.
    """
    needs = table.widths
    if is_small(table):
        return [f"{need * 1.15:.2f}em" for need in needs], 1.0
    if sum(needs) <= TEXT_WIDTH:
        return [f"{need:.2f}fr" for need in needs], 1.0
    least = {index: _least(table, index) for index in _long_columns(table)}
    fixed = sum(need for index, need in enumerate(needs) if index not in least)
    scale = min(1.0, TEXT_WIDTH / (fixed + sum(least.values())))
    if scale < SMALLEST:
        return [f"{need**0.6:.2f}fr" for need in needs], SMALLEST
    shares = _share(TEXT_WIDTH / scale - fixed, {index: needs[index] for index in least}, least)
    return [shares.get(index, f"{need:.2f}em") for index, need in enumerate(needs)], scale


def unbroken_word(table: Table) -> int:
    """How many letters of a word are never broken: all that fit a column, but for too many columns."""
    return LETTERS if column_widths(table)[1] > SMALLEST else FEW_LETTERS


def _least(table: Table, index: int) -> float:
    """What a column of long text cannot do without: its longest word, and four lines for its longest text."""
    return max(LEAST_TEXT, min(_longest_word(table, index), MOST_WORD), min(table.widths[index] / 4, MOST_TEXT))


def _longest_word(table: Table, index: int) -> float:
    cells = [row[index] for group in table.groups for row in group.rows]
    words = (text_width(word) + (SIGN if cell.signal else 0) for cell in cells for word in _words(cell.text))
    return max(words, default=0.0) + PADDING


def _long_columns(table: Table) -> set[int]:
    """Columns of long text, which may wrap; when there is none, the widest."""
    kinds = [column.kind in ("text", "status") for column in table.columns]
    long = {index for index, wraps in enumerate(kinds) if wraps and not is_short(table, index)}
    return long or {table.widths.index(max(table.widths))}


def _share(room: float, needs: dict[int, float], least: dict[int, float]) -> dict[int, str]:
    """Give each column its need as long as that is below an even share of the room; the longest divide the rest."""
    shares, waiting = {}, sorted(needs, key=lambda index: needs[index])
    while len(waiting) > 1 and needs[waiting[0]] <= room / len(waiting):
        index = waiting.pop(0)
        shares[index] = f"{needs[index]:.2f}em"
        room -= needs[index]
    left = max(room - sum(least[index] for index in waiting), 0.0)
    weights = {index: max(needs[index] - least[index], 0.1) ** 0.6 for index in waiting}
    wide = {index: least[index] + left * weights[index] / sum(weights.values()) for index in waiting}
    return shares | {index: f"{width:.2f}em" for index, width in wide.items()} | {waiting[-1]: "1fr"}
