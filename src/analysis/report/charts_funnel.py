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

HEIGHT_MM = 86.0
MOST_NAMES = 10
LIMITS: dict[str, tuple[Any, str]] = {
    "low95": ((0, (4, 2)), "95\u00a0%"),
    "high95": ((0, (4, 2)), "95\u00a0%"),
    "low998": ("solid", "99,8\u00a0%"),
    "high998": ("solid", "99,8\u00a0%"),
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
    indicator's unit) with the column ``denominator`` joined from ``indicators``. ``target``: the middle line. Schools
    outside the 99,8 % limits are named, and those outside the 95 % limits as well while they are few.
    Raises KeyError when a column is absent.
    """
    size, value = numeric(funnel["denominator"]), numeric(funnel["value"])
    rows = funnel[np.isfinite(size) & np.isfinite(value)].assign(_n=size[np.isfinite(size) & np.isfinite(value)])
    if rows.empty:
        return empty_chart("Нет школ со значением и знаменателем.", width, caption, note)
    rows = rows.sort_values(["_n", "school_id"])
    unit = labels.unit(rows["indicator"].iloc[0])
    page = Page(width, 86.0)
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
    return across, close_scale(numbers.tolist(), 77.0, 4.0)


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
    named = [i for i, band in enumerate(bands) if band != "inside"]
    if len(named) > MOST_NAMES:
        named = [i for i in named if bands[i] != "outside95"]
    names = [(points[i], labels.place(rows["school_id"].iloc[i])) for i in named]
    for (left, middle), name in place_names(names, points + lines, (x.start, x.end)):
        page.text(left, middle, name, size=SMALL_PT)


def place_names(
    names: Sequence[tuple[tuple[float, float], str]],
    points: Sequence[tuple[float, float]],
    across: tuple[float, float],
) -> list[tuple[tuple[float, float], str]]:
    """Left end and middle of each name beside its point, where it meets the fewest points and earlier names."""
    taken: list[tuple[float, float, float]] = []
    placed = []
    for (x, y), name in names:
        wide = width_mm(name, SMALL_PT)
        offers = [(x + 1.8, y), (x - 1.8 - wide, y), *((x - wide / 2, y + dy) for dy in (-3.2, 3.2))]
        offers += [(x + 1.8, y + dy) for dy in (-2.6, 2.6)] + [(x - 1.8 - wide, y + dy) for dy in (-2.6, 2.6)]
        offers = [(left, mid) for left, mid in offers if across[0] <= left and left + wide <= across[1]] or offers
        left, middle = min(offers, key=lambda offer: _clashes(offer, wide, points, taken))
        taken.append((left, middle, wide))
        placed.append(((left, middle), name))
    return placed


def _clashes(
    offer: tuple[float, float],
    wide: float,
    points: Sequence[tuple[float, float]],
    taken: Sequence[tuple[float, float, float]],
) -> int:
    left, middle = offer
    over_points = sum(left - 0.8 < x < left + wide + 0.8 and abs(y - middle) < 2.0 for x, y in points)
    over_names = sum(left < x + w + 1 and x < left + wide + 1 and abs(y - middle) < 2.8 for x, y, w in taken)
    return over_points + 3 * over_names


def _funnel_alt(rows: pd.DataFrame, labels: Labels, target: float | None) -> str:
    bands = _bands(rows)
    unit = labels.unit(rows["indicator"].iloc[0])
    middle = f", среднее по всем ОУ {goal(target, unit)}" if target is not None else ""
    parts = []
    for band, words in (("above998", "выше пределов 99,8\u00a0%"), ("below998", "ниже пределов 99,8\u00a0%")):
        found = rows[bands == band]
        values = zip(found["school_id"], found["value"], strict=True)
        listing = "; ".join(f"{labels.place(school)}\u00a0– {quantity(value, unit)}" for school, value in values)
        parts.append(f"{words} – {len(found)}" + (f" ({listing})" if listing else ""))
    beyond = int((bands == "outside95").sum())
    between = f"между пределами 95 и 99,8\u00a0% – {beyond}"
    start = f"{labels.indicator(rows['indicator'].iloc[0])}{middle}, школ – {len(rows)}"
    return sentence(f"{start}: {', '.join([*parts, between])}")
