"""A sheet in millimetres on which charts draw: texts, lines, boxes and marks at their printed size.

One matplotlib axes covers the sheet, x to the right and y downwards, so a chart's rows and labels never have to be
fitted after drawing. It belongs to a figure of its own: pyplot's state is neither used nor changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from analysis.report.chart_style import (
    GRID,
    INK,
    MUTED,
    PAPER,
    POINTS_PER_MM,
    REPORT_MM,
    SMALL_PT,
    TEXT_PT,
    fit,
    printable,
    text_width,
)
from analysis.report.charts_svg import Chart, svg_of

CAP_HEIGHT = 0.35  # half the height of a capital letter, in units of the type size
LEADING = 1.2

CHECK = Path([(-1.0, 0.0), (-0.35, -0.7), (1.0, 0.8)], [Path.MOVETO, Path.LINETO, Path.LINETO])
RETURN = Path([(0.9, 0.9), (-0.9, 0.0), (0.9, -0.9), (0.9, 0.9)], [Path.MOVETO] + [Path.LINETO] * 2 + [Path.CLOSEPOLY])
TICK = "|"
DOT = "o"
DIAMOND = "D"
CROSS = "x"


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` on a line from ``start`` to ``end`` (mm)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values inside the scale, about ``count`` of them."""
        values = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-6
        return [float(v) for v in values if self.low - slack <= v <= self.high + slack]


def scale_for(values: Iterable[float], start: float, end: float, *, percent: bool = False) -> Scale:
    """A scale from zero (lower, if a value is negative) to past the largest value; percents up to 100 end at 100."""
    finite = [v for v in values if np.isfinite(v)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    if percent and 60 < high <= 100:
        return Scale(low, 100.0, start, end)
    return Scale(low, high + (high - low) * 0.06 if high > low else low + 1.0, start, end)


class Page:
    """The sheet of one chart."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), frameon=False)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)

    def inset(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes of their own at a place on the sheet, for what is drawn in data units."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box, facecolor="none")

    def text(
        self,
        x: float,
        y: float,
        text: object,
        *,
        size: float = TEXT_PT,
        color: str = INK,
        bold: bool = False,
        align: str = "left",
        room: float | None = None,
        lines: int = 1,
    ) -> None:
        """Text whose middle is at ``y``; with ``room`` (mm) it is broken into ``lines`` and shortened to fit."""
        parts = fit(text, room, size, bold, lines) if room else [printable(text)]
        step = size * LEADING / POINTS_PER_MM
        first = y - step * (len(parts) - 1) / 2 + size * CAP_HEIGHT / POINTS_PER_MM
        weight = "bold" if bold else "normal"
        for number, part in enumerate(parts):
            self.axes.text(
                x, first + number * step, part, size=size, color=color, weight=weight, ha=align, va="baseline",
                clip_on=False,
            )  # fmt: skip

    def lines(
        self,
        segments: Sequence[Sequence[tuple[float, float]]],
        *,
        color: str = GRID,
        width: float = 0.6,
        dash: Any = "solid",
    ) -> None:
        """Lines through the given points, width in points."""
        drawn = [np.asarray(segment, dtype=float) for segment in segments if len(segment) > 1]
        if drawn:
            style = {"colors": color, "linewidths": width, "linestyles": dash, "clip_on": False, "zorder": 1}
            self.axes.add_collection(LineCollection(drawn, **style), autolim=False)

    def boxes(
        self, boxes: Sequence[tuple[float, float, float, float]], *, color: str, edge: str = "none", width: float = 0.6
    ) -> None:
        """Filled rectangles given as left, top, width, height."""
        corners = [np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]) for x, y, w, h in boxes]
        if corners:
            line = 0.0 if edge == "none" else width
            drawn = PolyCollection(corners, facecolors=color, edgecolors=edge, linewidths=line, clip_on=False, zorder=1)
            self.axes.add_collection(drawn, autolim=False)

    def marks(
        self,
        points: Sequence[tuple[float, float]],
        sign: str | Path = DOT,
        *,
        size: float = 5.0,
        color: str = INK,
        fill: str | None = None,
        width: float = 1.0,
    ) -> None:
        """One sign at every point; ``fill`` (default: the colour; "none": hollow), sizes in points."""
        if points:
            x, y = zip(*points, strict=True)
            self.axes.add_line(
                Line2D(
                    x, y, linestyle="none", marker=sign, markersize=size, markeredgecolor=color,
                    markerfacecolor=color if fill is None else fill, markeredgewidth=width, clip_on=False,
                )
            )  # fmt: skip

    def key(self, x: float, y: float, entries: Sequence[tuple[dict, str]], *, gap: float = 4.0) -> None:
        """Signs with their meaning, side by side; an entry holds the arguments of :meth:`marks` and the words."""
        for mark, words in entries:
            self.marks([(x + 1.2, y)], **mark)
            self.text(x + 3.4, y, words, size=SMALL_PT, color=MUTED)
            x += 3.4 + width_mm(words, SMALL_PT) + gap

    def x_axis(self, scale: Scale, top: float, bottom: float, labels: Sequence[str], ticks: Sequence[float]) -> None:
        """Light vertical lines from ``top`` to ``bottom`` with labels under them."""
        self.lines([[(scale(tick), top), (scale(tick), bottom)] for tick in ticks])
        for tick, label in zip(ticks, labels, strict=True):
            self.text(scale(tick), bottom + 2.4, label, size=SMALL_PT, color=MUTED, align="center")

    def finish(self, alt: str, caption: str = "", note: str = "") -> Chart:
        """The chart as it is on the sheet."""
        return Chart(svg_of(self.figure), alt, caption, note)


def close_scale(values: Iterable[float], start: float, end: float) -> Scale:
    """A scale from just below the least value to just past the largest, for positions rather than lengths."""
    finite = [v for v in values if np.isfinite(v)] or [0.0]
    slack = (max(finite) - min(finite)) * 0.05 or 1.0
    return Scale(min(finite) - slack, max(finite) + slack, start, end)


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places moved apart to at least ``gap`` inside ``low``…``high``, in the same order (closer if it is full)."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    moved = [min(max(places[i], low), high) for i in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], high - gap * (len(moved) - 1 - i))
    return [place for _, place in sorted(zip(order, moved, strict=True))]


def width_mm(text: str, size: float = TEXT_PT, bold: bool = False) -> float:
    """Printed width of a text."""
    return text_width(text, size, bold) / POINTS_PER_MM


def empty_chart(sentence: str, width: float = REPORT_MM, caption: str = "", note: str = "") -> Chart:
    """In place of a chart that has nothing to show: one honest sentence."""
    page = Page(width, 12.0)
    page.boxes([(0.2, 0.2, width - 0.4, 11.6)], color=PAPER, edge=GRID)
    page.text(4, 6, sentence, color=MUTED, room=width - 8, lines=2)
    return page.finish(sentence, caption, note)
