"""Attainment of targets as a table of shaded cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.report.chart_style import (
    CELL_INK,
    LINE,
    MUTED,
    REPORT_MM,
    SHORTFALL_FILLS,
    SMALL_PT,
    house_style,
)
from analysis.report.charts_page import Page, empty_chart
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import (
    NO_LABELS,
    Labels,
    column,
    goal,
    listed,
    numeric,
    quantity,
    sentence,
    value_text,
)
from analysis.report.numbers import format_number, whole_attainment
from analysis.report.typst_text import bind

SHORTFALL_STEPS = (100.0, 95.0, 80.0)  # attainment from which a cell takes the next paler fill
ROW_MM = 5.0
KEY_MM = 7.0
HEAD_MM = 12.0
WIDEST_CELL_MM = 24.0


@house_style()
def heat_table(
    indicators: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    steps: Sequence[float] = SHORTFALL_STEPS,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Attainment of targets: indicators (rows) against units (columns), the number in every cell.

    ``indicators``: contract rows of one period (unit_id, indicator, attainment in percent of the target, status);
    usually the levels group and city. Rows and columns keep the frame's order. ``steps``: attainments, descending,
    where the fill changes; the darker, the further from the target. Raises KeyError when a column is absent.
    """
    if indicators.empty:
        return empty_chart("Нет данных о достижении целевых значений.", width, caption, note)
    units, codes = list(dict.fromkeys(indicators["unit_id"])), list(dict.fromkeys(indicators["indicator"]))
    names = 54.0 if len(units) <= 6 else 44.0
    grid = _Grid(names, KEY_MM + HEAD_MM, min(WIDEST_CELL_MM, (width - names) / len(units)), units, codes)
    page = Page(width, grid.top + ROW_MM * len(codes) + 0.5)
    _shortfall_key(page, steps)
    _heads(page, grid, labels)
    values = numeric(indicators["attainment"])
    _cells(page, grid, indicators, values, steps)
    places = [f"{c}, {labels.place(u)}" for u, c in zip(indicators["unit_id"], indicators["indicator"], strict=True)]
    texts = [quantity(value) for value in indicators["attainment"]]
    alt = f"Достижение целевых значений, % от цели: {listed(places, texts, list(values))}"
    return page.finish(sentence(alt), caption, note)


@dataclass(frozen=True)
class _Grid:
    left: float
    top: float
    cell: float
    units: list[str]
    codes: list[str]

    def corner(self, unit: str, code: str) -> tuple[float, float]:
        return self.left + self.units.index(unit) * self.cell, self.top + self.codes.index(code) * ROW_MM


def _heads(page: Page, grid: _Grid, labels: Labels) -> None:
    for place, unit in enumerate(grid.units):
        x, y = grid.left + (place + 0.5) * grid.cell, KEY_MM + HEAD_MM / 2
        page.text(x, y, bind(labels.place(unit)), size=SMALL_PT, align="center", room=grid.cell - 1, lines=3)
    for number, code in enumerate(grid.codes):
        page.text(0, grid.top + (number + 0.5) * ROW_MM, labels.indicator(code), size=SMALL_PT, room=grid.left - 2)
    rules = [grid.top + number * ROW_MM for number in range(len(grid.codes))]
    page.lines([[(0, y), (grid.left, y)] for y in rules])


def _cells(page: Page, grid: _Grid, indicators: pd.DataFrame, values: np.ndarray, steps: Sequence[float]) -> None:
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    statuses = column(indicators, "status")
    rows = zip(indicators["unit_id"], indicators["indicator"], indicators["attainment"], statuses, values, strict=True)
    for unit, code, given, status, value in rows:
        x, y = grid.corner(unit, code)
        known = bool(np.isfinite(value))
        if known:
            boxes.setdefault(_fill(value, steps), []).append((x + 0.3, y + 0.3, grid.cell - 0.6, ROW_MM - 0.6))
        text = format_number(whole_attainment(value), 0) if known else value_text(given, status, "percent")
        ink, middle = CELL_INK if known else MUTED, (x + grid.cell / 2, y + ROW_MM / 2)
        page.text(*middle, text, size=SMALL_PT, color=ink, align="center", room=grid.cell)
    for fill in sorted(boxes):
        page.boxes(boxes[fill], color=fill, edge=LINE, width=0.3)


def _fill(value: float, steps: Sequence[float]) -> str:
    passed = sum(value < step for step in steps)
    return SHORTFALL_FILLS[min(passed, len(SHORTFALL_FILLS) - 1)]


def _shortfall_key(page: Page, steps: Sequence[float]) -> None:
    bounds = [f"{goal(step)} и более" if i == 0 else f"от {goal(step)}" for i, step in enumerate(steps)]
    bounds.append(f"менее {goal(steps[-1])}")
    for number, words in enumerate(bounds):
        x = 38.0 + number * 30.0
        fill = SHORTFALL_FILLS[min(number, len(SHORTFALL_FILLS) - 1)]
        page.boxes([(x, 1.6, 3.6, 3.6)], color=fill, edge=LINE, width=0.3)
        page.text(x + 4.8, 3.4, words, size=SMALL_PT, color=MUTED)
    page.text(0, 3.4, "Достигнуто от цели:", size=SMALL_PT, color=MUTED)
