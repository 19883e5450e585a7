"""One look for all charts: colours, sizes, the typeface, and how wide a text is in print.

Colours follow Okabe & Ito (2008), toned down: blue and orange stay apart for every kind of colour blindness and keep
different lightness in greyscale print. A state never rests on colour alone: charts add a sign, a shape or a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache

import matplotlib
from fontTools.ttLib import TTFont
from matplotlib import font_manager

from analysis.report.fonts import drawable, font_files
from analysis.report.typst_text import clean

REPORT_MM = 170.0  # width of the text in a report
CARD_MM = 180.0  # width of the text in a school card
POINTS_PER_MM = 72 / 25.4

TEXT_PT = 8.0
SMALL_PT = 7.0  # the least size in print

PAPER = "#ffffff"
INK = "#1f2328"
MUTED = "#59626d"
LINE = "#8b949e"
GRID = "#dfe3e8"
BLUE = "#0b5c94"
SKY = "#86bbe0"
ORANGE = "#c4500a"
AMBER = "#e8a93b"

CELL_INK = "#20242a"  # on the fixed pale fills below, also on a dark page
PALE_BLUE = "#d9e8f4"
PALE_AMBER = "#fbe3b0"
PALE_ORANGE = "#f5c3a1"
SHORTFALL_FILLS = ("#fffdfb", "#fdeadb", "#f8cfb0", "#f0ab7c")  # darker: further from the target

CSS_NAMES = {
    PAPER: "paper",
    INK: "ink",
    MUTED: "muted",
    LINE: "line",
    GRID: "grid",
    BLUE: "main",
    SKY: "second",
    ORANGE: "accent",
    AMBER: "warn",
}
"""Colours that a page may replace through CSS variables ``--chart-<name>`` (a dark page does)."""

FONT = "PT Sans"
CSS_FONTS = f"'{FONT}','Segoe UI',Arial,'DejaVu Sans',sans-serif"
_NUMBER, _QUOTED = re.compile(r"№[ \u00a0]?\d+"), re.compile(r"«([^»]*№[^»]*)")
_FONT_FILES = {file.stem: file for file in font_files() if file.name.startswith("PT_Sans")}

# What a user's matplotlibrc or notebook may have changed is set back: the same frame gives the same bytes.
_STYLE = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")} | {
    "font.family": [FONT, "DejaVu Sans"],
    "font.size": TEXT_PT,
    "text.color": INK,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "charts",
    "lines.solid_capstyle": "butt",
    "path.simplify": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this (or under it as a decorator): matplotlib's settings are put back afterwards."""
    with matplotlib.rc_context(_STYLE):
        yield


def register_fonts() -> None:
    """Make matplotlib find the packaged PT Sans before any other copy on the machine."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in _FONT_FILES.values():
        if str(file) not in known:
            font_manager.fontManager.addfont(file)
            font_manager.fontManager.ttflist.insert(0, font_manager.fontManager.ttflist.pop())


def printable(text: object) -> str:
    """The text on one line, with only characters that every output can draw in the charts' typeface."""
    return drawable(clean(text)).replace("→", "–").strip()


@cache
def _advances(bold: bool) -> tuple[dict[int, float], float]:
    with TTFont(_FONT_FILES["PT_Sans-Web-Bold" if bold else "PT_Sans-Web-Regular"], lazy=True) as font:
        em = font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        widths = {code: metrics[glyph][0] / em for code, glyph in font.getBestCmap().items()}
    return widths, widths[ord("ш")]


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float = TEXT_PT, bold: bool = False) -> float:
    """Width in points of a text set in PT Sans (a sign the face lacks counts as a wide letter)."""
    widths, wide = _advances(bold)
    return sum(widths.get(ord(sign), wide) for sign in text) * size


def fit(text: object, width_mm: float, size: float = TEXT_PT, bold: bool = False, lines: int = 1) -> list[str]:
    """The text broken at spaces into at most ``lines`` lines of ``width_mm``; what does not fit ends in «…»."""
    room = width_mm * POINTS_PER_MM
    words = printable(text).split(" ")
    done: list[str] = []
    while words and len(done) < lines:
        count = _words_that_fit(words, room, size, bold)
        last = len(done) == lines - 1
        if last and count < len(words):
            return [*done, _shorten(" ".join(words), room, size, bold)]
        done.append(_shorten(" ".join(words[:count]), room, size, bold))
        words = words[count:]
    return done or [""]


def _words_that_fit(words: list[str], room: float, size: float, bold: bool) -> int:
    count = 1
    while count < len(words) and text_width(" ".join(words[: count + 1]), size, bold) <= room:
        count += 1
    return count


def _shorten(text: str, room: float, size: float, bold: bool) -> str:
    """The text cut to the room; of a school's long name what stands in quotes is kept, and its number."""
    if text_width(text, size, bold) <= room:
        return text
    number = _NUMBER.search(text)
    name = _QUOTED.search(text) if number else None
    text, end = (name[1] if name else text), "…"
    if number and text_width(text, size, bold) <= room:
        return text
    if number and number[0] in text:
        text, end = text.partition(number[0])[0], f"… {number[0]}"
    while text and text_width(text + end, size, bold) > room:
        text = text[:-1]
    return text.rstrip(" ,.;:–-(«") + end


register_fonts()
