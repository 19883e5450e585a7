"""One indicator of one unit, period by period, with its target and outside events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from analysis.periods import Period, parse_period
from analysis.report.chart_style import BLUE, GRID, INK, LINE, MUTED, ORANGE, REPORT_MM, SMALL_PT, house_style
from analysis.report.charts_page import CROSS, DOT, Page, Scale, empty_chart, scale_for, width_mm
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import (
    NO_LABELS,
    Labels,
    goal,
    listed,
    month_label,
    numeric,
    period_label,
    quantity,
    sentence,
    tick_labels,
)

SCHOOL_YEAR_STARTS = 9  # the form of September opens the count of cumulative values anew
PLOT_MM = 46.0
EVENT_ROW_MM = 3.6
LEFT_MM = 12.0
RIGHT_MM = 26.0
MANY_POINTS = 14
FEW_POINTS = 6  # up to which every value is printed


class Event(Protocol):
    """An outside event: month keys ``first`` and ``last`` (None: one moment), and its ``name``."""

    @property
    def first(self) -> str: ...
    @property
    def last(self) -> str | None: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Break:
    """An event of our own making, e.g. «капитальный ремонт» of one school."""

    first: str
    last: str | None
    name: str


@dataclass(frozen=True)
class _Plot:
    months: Scale
    values: Scale
    top: float
    bottom: float

    def at(self, month: float, value: float) -> tuple[float, float]:
        return self.months(month), self.values(value)


@house_style()
def run_chart(
    indicators: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    breaks: Iterable[Event] = (),
    cumulative: bool = False,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """One indicator of one unit by period, with the target and marked events.

    ``indicators``: contract rows of one indicator and unit, one for each period (period, indicator, unit_id, value,
    target). ``breaks``: events (first, last, name), e.g. ``settings.project.breaks``. ``cumulative``: the value counts
    from 1 September (type C), so every school year is a line of its own. A missing value interrupts the line; a
    suppressed one (text) is marked at the foot. Raises KeyError when a column is absent.
    """
    rows = indicators.assign(month=[_month(key) for key in indicators["period"]]).sort_values("month")
    values = numeric(rows["value"])
    if not np.isfinite(values).any():
        return empty_chart("Нет значений показателя по периодам.", width, caption, note)
    unit = labels.unit(rows["indicator"].iloc[0])
    shown = sorted(
        (event for event in breaks if _within(event, rows["month"].min(), rows["month"].max())),
        key=lambda event: event.first,
    )
    top = 3.0 + EVENT_ROW_MM * len(shown)
    page = Page(width, top + PLOT_MM + 9.0)
    plot = _plot(page, rows, values, unit, top)
    _axes(page, plot, rows, unit)
    _events(page, plot, shown)
    _target(page, plot, rows, unit)
    _value_lines(page, plot, rows, values, unit, cumulative)
    _hidden(page, plot, rows)
    return page.finish(_alt(rows, values, unit, labels, shown), caption, note)


def _month(key: str) -> int:
    period = _closing(key)
    return period.year * 12 + period.number - 1


def _closing(key: str) -> Period:
    return parse_period(key).closing_month()


def _within(event: Event, first: int, last: int) -> bool:
    return _month(event.first) <= last and _month(event.last or event.first) >= first


def _plot(page: Page, rows: pd.DataFrame, values: np.ndarray, unit: str, top: float) -> _Plot:
    first, last = float(rows["month"].min()), float(rows["month"].max())
    bottom = top + PLOT_MM
    months = Scale(first, max(last, first + 1), LEFT_MM + 4, page.width - RIGHT_MM)
    numbers = [*values, *numeric(rows["target"])]
    return _Plot(months, scale_for(numbers, bottom, top, percent=unit in ("percent", "yes_no")), top, bottom)


def _axes(page: Page, plot: _Plot, rows: pd.DataFrame, unit: str) -> None:
    ticks = plot.values.ticks()
    for tick, label in zip(ticks, tick_labels(ticks, unit), strict=True):
        page.lines([[(LEFT_MM, plot.values(tick)), (page.width - RIGHT_MM + 3, plot.values(tick))]])
        page.text(LEFT_MM - 1.2, plot.values(tick), label, size=SMALL_PT, color=MUTED, align="right")
    shown_year = None
    for number, (key, month) in enumerate(zip(rows["period"], rows["month"], strict=True)):
        period = _closing(key)
        if len(rows) > MANY_POINTS and number and period.number not in (1, 4, 7, 10):
            continue
        x = plot.months(month)
        monthly = parse_period(key).kind == "month"
        words = month_label(period.number) if monthly else period_label(key).split("\u00a0")[0]
        page.text(x, plot.bottom + 2.6, words, size=SMALL_PT, color=MUTED, align="center")
        if period.year != shown_year and words != str(period.year):
            page.text(x, plot.bottom + 5.9, period.year, size=SMALL_PT, color=MUTED, align="center")
        shown_year = period.year


def _events(page: Page, plot: _Plot, events: Sequence[Event]) -> None:
    """A line for each, named above the plot; the earliest name stands highest, so that no line crosses another's."""
    low, high = plot.months.low, plot.months.high
    before = LEFT_MM
    for number, event in enumerate(events):
        start, end = max(_month(event.first), low), min(_month(event.last or event.first), high)
        x, y = plot.months(start), plot.top - EVENT_ROW_MM * (len(events) - number) + 1.4
        if event.last and end > start:
            page.boxes([(x, plot.top, plot.months(end) - x, plot.bottom - plot.top)], color=GRID)
        left = max(min(x + 1.2, page.width - width_mm(event.name, SMALL_PT)), before + 1.2)
        page.lines([[(x, y + (1.6 if left < x else -1.2)), (x, plot.bottom)]], color=MUTED, width=0.8, dash="dashed")
        page.text(left, y, event.name, size=SMALL_PT, color=MUTED, room=page.width - left + 0.2)
        before = x


def _target(page: Page, plot: _Plot, rows: pd.DataFrame, unit: str) -> None:
    """A step line: the target of a period holds half a step to either side, inside the plot."""
    targets = numeric(rows["target"])
    known = [(m, t) for m, t in zip(rows["month"], targets, strict=True) if np.isfinite(t)]
    if not known:
        return
    half = min(np.diff(rows["month"]), default=1) / 2
    first, last = plot.months.low - 0.5, plot.months.high + 0.5
    line = [plot.at(min(max(month + side, first), last), target) for month, target in known for side in (-half, half)]
    page.lines([line], color=ORANGE, width=1.2, dash="dashed")
    x, y = line[-1]
    page.text(x + 1.0, y, f"цель {goal(known[-1][1], unit)}", size=SMALL_PT, color=ORANGE, room=RIGHT_MM)


def _value_lines(page: Page, plot: _Plot, rows: pd.DataFrame, values: np.ndarray, unit: str, cumulative: bool) -> None:
    months = rows["month"].to_numpy()
    years = (months - (SCHOOL_YEAR_STARTS - 1)) // 12
    known = np.isfinite(values)
    breaks_line = ~known | ((np.diff(years, prepend=years[0]) != 0) & cumulative)
    pieces = [
        [plot.at(months[i], values[i]) for i in piece if known[i]]
        for piece in np.split(np.arange(len(values)), np.flatnonzero(breaks_line))
    ]
    page.lines(pieces, color=BLUE, width=1.6)
    page.marks([point for piece in pieces for point in piece], DOT, size=3.6, color=BLUE)
    ends = [int(np.flatnonzero(known & (years == year))[-1]) for year in dict.fromkeys(years[known])]
    for i in ends[:-1] if cumulative else []:
        x, y = plot.at(months[i], values[i])
        words = f"{quantity(values[i], unit)}, {_school_year(years[i])}"
        target = numeric(rows["target"])[i]
        crossed = np.isfinite(target) and abs(y - 3.0 - plot.values(target)) < 2.2
        right = max(x + 0.5, LEFT_MM + 1 + width_mm(words, SMALL_PT))
        page.text(right, plot.values(target) - 2.6 if crossed else y - 3.0, words, size=SMALL_PT, align="right")
    for i in np.flatnonzero(known)[:-1] if not cumulative and len(rows) <= FEW_POINTS else []:
        _point_label(page, plot, (months[i], values[i]), numeric(rows["target"])[i], unit)
    end = (months[ends[-1]], values[ends[-1]])
    _end_label(page, plot, rows, end, unit, _school_year(years[ends[-1]]) if cumulative else "")


def _point_label(page: Page, plot: _Plot, point: tuple[float, float], target: float, unit: str) -> None:
    """The value above its point; below where the target's line is there."""
    x, y = plot.at(*point)
    words = quantity(point[1], unit)
    x = max(x, LEFT_MM + 1 + width_mm(words, SMALL_PT) / 2)
    crossed = np.isfinite(target) and -0.5 < y - plot.values(target) < 6.0
    page.text(x, y + 3.4 if crossed else y - 3.2, words, size=SMALL_PT, align="center")


def _end_label(page: Page, plot: _Plot, rows: pd.DataFrame, end: tuple[float, float], unit: str, year: str) -> None:
    """The last value, right of its point, clear of the target's line and label."""
    x, y = plot.at(*end)
    target, height = numeric(rows["target"])[-1], 3.4 if year else 0.0
    if np.isfinite(target) and -3.6 - height < y - plot.values(target) < 3.6:
        offers = (plot.values(target) - 3.6 - height, plot.values(target) + 3.6)
        y = min(offers, key=lambda offer: abs(offer - y))
    page.text(x + 2.0, y, quantity(end[1], unit), color=BLUE, bold=True)
    if year:
        page.text(x + 2.0, y + 3.4, year, size=SMALL_PT, color=INK)


def _school_year(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02d} уч. г."


def _hidden(page: Page, plot: _Plot, rows: pd.DataFrame) -> None:
    """Suppressed values: a cross at the foot, its words once."""
    hidden = [(m, v) for m, v in zip(rows["month"], rows["value"], strict=True) if isinstance(v, str)]
    page.marks([(plot.months(month), plot.bottom - 1.6) for month, _ in hidden], CROSS, size=3.6, color=LINE)
    words = ", ".join(dict.fromkeys(text for _, text in hidden))
    if words:
        page.text(plot.months(hidden[0][0]) + 1.5, plot.bottom - 1.6, words, size=SMALL_PT, color=MUTED)


def _alt(rows: pd.DataFrame, values: np.ndarray, unit: str, labels: Labels, events: Sequence[Event]) -> str:
    names = [period_label(key) for key in rows["period"]]
    texts = [quantity(value, unit) for value in rows["value"]]
    target = numeric(rows["target"])[-1]
    aim = f", цель {goal(target, unit)}" if np.isfinite(target) else ""
    known = np.flatnonzero(np.isfinite(values))
    ends = f"{names[known[0]]}\u00a0– {texts[known[0]]}, {names[known[-1]]}\u00a0– {texts[known[-1]]}"
    detail = listed(names, texts, list(values))
    place = f"{labels.indicator(rows['indicator'].iloc[0])}, {labels.place(str(rows['unit_id'].iloc[0]))}"
    marked = f"; отмечено: {', '.join(event.name for event in events)}" if events else ""
    return sentence(f"{place}, по периодам{aim}: {detail if len(names) <= 12 else f'{ends}; {detail}'}{marked}")
