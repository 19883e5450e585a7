"""Funnel plot: does a school's value differ from the city's by more than chance, given its size? (Spiegelhalter 2005)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.chart_style import BLUE, INK, LINE, MUTED, ORANGE, PAPER, REPORT_MM, SKY, SMALL_PT, house_style
from analysis.report.charts_page import DOT, Page, Scale, close_scale, empty_chart, spread, width_mm
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import NO_LABELS, Labels, goal, numeric, quantity, sentence, tick_labels

Point = tuple[float, float]

HEIGHT_MM = 104.0
MOST_NAMES = 16
LIMITS: dict[str, tuple[Any, str]] = {
    "low95": ((0, (4, 2)), "95\u00a0%"),
    "high95": ((0, (4, 2)), "95\u00a0%"),
    "low998": ("solid", "99,8\u00a0%"),
    "high998": ("solid", "99,8\u00a0%"),
}
BAND_WORDS = {
    "above998": "выше пределов 99,8\u00a0%",
    "below998": "ниже пределов 99,8\u00a0%",
    "outside95": "между 95 и 99,8\u00a0%",
    "inside": "внутри пределов 95\u00a0%",
}
BANDS: dict[str, dict[str, Any]] = {
    "inside": {"sign": DOT, "size": 4.0, "color": BLUE, "fill": SKY, "width": 0.6},
    "outside95": {"sign": DOT, "size": 4.4, "color": BLUE},
    "above998": {"sign": "^", "size": 5.6, "color": ORANGE},
    "below998": {"sign": "v", "size": 5.6, "color": ORANGE, "fill": PAPER, "width": 1.4},
}


@house_style()
def funnel_plot(
    funnel: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    target: float | None = None,
    denominator_name: str = "Обучающихся в знаменателе",
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Values of schools against their denominators, with the 95 and 99,8 % limits of chance around the city's value.

    ``funnel``: contract rows of one indicator (school_id, indicator, value, low95, high95, low998, high998, in the
    indicator's unit) with the column ``denominator`` joined from ``indicators``. ``target``: the middle line. Of the
    schools outside the limits those farthest out are named, as far as a name meets no other name and no point.
    Raises KeyError when a column is absent.
    """
    size, value = numeric(funnel["denominator"]), numeric(funnel["value"])
    rows = funnel[np.isfinite(size) & np.isfinite(value)].assign(_n=size[np.isfinite(size) & np.isfinite(value)])
    if rows.empty:
        return empty_chart("Нет школ со значением и знаменателем.", width, caption, note)
    rows = rows.sort_values(["_n", "school_id"])
    unit = labels.unit(rows["indicator"].iloc[0])
    page = Page(width, HEIGHT_MM)
    bands = _bands(rows)
    page.key(13.0, 2.6, [(BANDS[band], words) for band, words in BAND_WORDS.items() if band in bands])
    x, y = _funnel_scales(page, rows)
    ticks = y.ticks()
    for tick, label in zip(ticks, tick_labels(ticks, unit), strict=True):
        page.lines([[(x.start, y(tick)), (x.end, y(tick))]])
        page.text(x.start - 1.5, y(tick), label, size=SMALL_PT, color=MUTED, align="right")
    page.x_axis(x, y.end, y.start, tick_labels(x.ticks(6), "count"), x.ticks(6))
    page.text(x.end, y.start + 5.8, denominator_name, size=SMALL_PT, color=MUTED, align="right")
    lines = _limits(page, rows, x, y, target)
    _funnel_points(page, rows, x, y, labels, lines)
    return page.finish(_funnel_alt(rows, labels, target), caption, note)


def _funnel_scales(page: Page, rows: pd.DataFrame) -> tuple[Scale, Scale]:
    sizes = rows["_n"].to_numpy()
    slack = max((sizes.max() - sizes.min()) * 0.04, 1.0)
    across = Scale(max(0.0, sizes.min() - slack), sizes.max() + slack, 13.0, page.width - 20.0)
    numbers = np.concatenate([numeric(rows[name]) for name in ("value", "low998", "high998")])
    return across, close_scale(numbers.tolist(), HEIGHT_MM - 9.0, 9.0)


def _limits(page: Page, rows: pd.DataFrame, x: Scale, y: Scale, target: float | None) -> list[tuple[float, float]]:
    """Draws the limits and the middle with their names at the right; returns the points of the lines."""
    once = rows.drop_duplicates("_n")
    ends = [(y(target), "все ОУ")] if target is not None else []
    page.lines([[(x.start, place), (x.end, place)] for place, _ in ends], color=INK, width=1.0)
    points = []
    for name, (dash, words) in LIMITS.items():
        sizes = zip(once["_n"], numeric(once[name]), strict=True)
        line = [(x(n), y(limit)) for n, limit in sizes if np.isfinite(limit)]
        page.lines([line], color=LINE, width=1.1, dash=dash)
        ends += [(line[-1][1], words)] if line else []
        points += line
    apart = spread([place for place, _ in ends], 2.9, y.end, y.start)
    for place, (_, words) in zip(apart, ends, strict=True):
        page.text(x.end + 1.0, place, words, size=SMALL_PT, color=MUTED)
    return points


def _bands(rows: pd.DataFrame) -> np.ndarray:
    value, low, high = (numeric(rows[name]) for name in ("value", "low95", "high95"))
    band = np.where((value < low) | (value > high), "outside95", "inside")
    band = np.where(value > numeric(rows["high998"]), "above998", band)
    return np.where(value < numeric(rows["low998"]), "below998", band)


def _funnel_points(
    page: Page, rows: pd.DataFrame, x: Scale, y: Scale, labels: Labels, lines: list[tuple[float, float]]
) -> None:
    bands = _bands(rows)
    points = [(x(n), y(v)) for n, v in zip(rows["_n"], numeric(rows["value"]), strict=True)]
    for band, mark in BANDS.items():
        page.marks([point for point, own in zip(points, bands, strict=True) if own == band], **mark)
    named = [(points[i], labels.place(rows["school_id"].iloc[i])) for i in _farthest_out(rows, bands)]
    for (left, middle), name in place_names(named, points, lines, ((x.start, x.end), (y.end, y.start))):
        page.text(left, middle, name, size=SMALL_PT)


def _farthest_out(rows: pd.DataFrame, bands: np.ndarray) -> list[int]:
    """Positions of the schools outside the limits, the farthest first, measured by the width of the limits there."""
    value, low, high = (numeric(rows[name]) for name in ("value", "low998", "high998"))
    distance = np.abs(value - (low + high) / 2) / np.maximum(high - low, 1e-9)
    outside = np.flatnonzero((bands != "inside") & np.isfinite(distance))
    return [int(i) for i in outside[np.argsort(-distance[outside], kind="stable")][:MOST_NAMES]]


def place_names(
    names: Sequence[tuple[Point, str]], points: Sequence[Point], lines: Sequence[Point], frame: tuple[Point, Point]
) -> list[tuple[Point, str]]:
    """Left end and middle of each name beside its point; a name that would meet a point or an earlier name is left out.

    ``frame``: where names may stand, across and down. Of the free places the one over the fewest points of ``lines``.
    """
    taken: list[tuple[float, float, float]] = []
    placed = []
    for (x, y), name in names:
        wide = width_mm(name, SMALL_PT)
        free = [place for place in _beside(x, y, wide) if _is_free(place, wide, points, taken, frame)]
        if free:
            left, middle = min(free, key=lambda place: _points_under(place, wide, lines))
            taken.append((left, middle, wide))
            placed.append(((left, middle), name))
    return placed


def _beside(x: float, y: float, wide: float) -> list[Point]:
    right, left = x + 1.8, x - 1.8 - wide
    above_below = [(x - wide / 2, y + dy) for dy in (-3.2, 3.2)]
    return [(right, y), (left, y), *above_below, *((side, y + dy) for side in (right, left) for dy in (-2.6, 2.6))]


def _is_free(
    place: Point,
    wide: float,
    points: Sequence[Point],
    taken: Sequence[tuple[float, float, float]],
    frame: tuple[Point, Point],
) -> bool:
    (left, middle), (across, down) = place, frame
    inside = across[0] <= left and left + wide <= across[1] and down[0] <= middle <= down[1]
    over_name = any(left < x + w + 1.2 and x < left + wide + 1.2 and abs(y - middle) < 3.0 for x, y, w in taken)
    return inside and not over_name and not _points_under(place, wide, points)


def _points_under(place: Point, wide: float, points: Sequence[Point]) -> int:
    left, middle = place
    return sum(left - 0.9 < x < left + wide + 0.9 and abs(y - middle) < 2.2 for x, y in points)


def _funnel_alt(rows: pd.DataFrame, labels: Labels, target: float | None) -> str:
    bands = _bands(rows)
    unit = labels.unit(rows["indicator"].iloc[0])
    middle = f", среднее по всем ОУ {goal(target, unit)}" if target is not None else ""
    parts = []
    for band in ("above998", "below998"):
        found, words = rows[bands == band], BAND_WORDS[band]
        values = zip(found["school_id"], found["value"], strict=True)
        listing = "; ".join(f"{labels.place(school)}\u00a0– {quantity(value, unit)}" for school, value in values)
        parts.append(f"{words} – {len(found)}" + (f" ({listing})" if listing else ""))
    beyond = int((bands == "outside95").sum())
    between = f"между пределами 95 и 99,8\u00a0% – {beyond}"
    start = f"{labels.indicator(rows['indicator'].iloc[0])}{middle}, школ – {len(rows)}"
    return sentence(f"{start}: {', '.join([*parts, between])}")
