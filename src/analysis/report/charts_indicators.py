"""Values of indicators beside their targets: rows of one unit, or of several units on one indicator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.chart_style import (
    BLUE,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    REPORT_MM,
    SKY,
    SMALL_PT,
    house_style,
)
from analysis.report.charts_page import DIAMOND, DOT, TICK, Page, Scale, empty_chart, scale_for
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import (
    NO_LABELS,
    Labels,
    column,
    goal,
    listed,
    numeric,
    sentence,
    tick_labels,
    value_text,
)

ROW_MM = 5.0
LOW_ROW_MM = 4.2
MANY_ROWS = 30
AXIS_MM = 7.5
KEY_MM = 6.5
NAMES_MM = 58.0
UNIT_TITLES = {"per_100": "На 100 человек", "count": "Единиц"}

DOTS: dict[str, dict[str, Any]] = {
    "reached": {"sign": DOT, "size": 5.6, "color": BLUE},
    "short": {"sign": DOT, "size": 5.2, "color": ORANGE, "fill": PAPER, "width": 1.5},
    "free": {"sign": DOT, "size": 5.0, "color": MUTED},
}
BARS = {"reached": BLUE, "short": SKY, "free": LINE}
STATES = {"reached": "цель достигнута", "short": "не достигнута", "free": "без цели"}
TARGET: dict[str, Any] = {"sign": TICK, "size": 8.0, "color": INK, "width": 1.6}
MEDIAN: dict[str, Any] = {"sign": DIAMOND, "size": 4.0, "color": LINE}


@dataclass(frozen=True)
class _Rows:
    """Rows of one unit of measurement, ready to draw."""

    names: list[str]
    texts: list[str]
    values: np.ndarray
    targets: np.ndarray
    medians: np.ndarray
    low: np.ndarray
    high: np.ndarray
    unit: str

    def scale(self, start: float, end: float) -> Scale:
        numbers = np.concatenate([self.values, self.targets, self.medians, self.low, self.high])
        return scale_for(numbers.tolist(), start, end, percent=self.unit in ("percent", "yes_no"))

    @property
    def row(self) -> float:
        """Height of a row; many rows must fit a page."""
        return ROW_MM if len(self.names) <= MANY_ROWS else LOW_ROW_MM

    def middles(self, top: float) -> list[float]:
        """Where the rows are when the first starts at ``top``."""
        return [top + (number + 0.5) * self.row for number in range(len(self.names))]

    @property
    def states(self) -> list[str]:
        """``reached``, ``short`` of the target, ``free`` of one, or empty where no value is known."""
        return [target_state(value, target) for value, target in zip(self.values, self.targets, strict=True)]


def target_state(value: float, target: float) -> str:
    """``reached``, ``short`` of the target, ``free`` of one, or empty where the value is not known."""
    if not np.isfinite(value):
        return ""
    return "free" if not np.isfinite(target) else "reached" if value >= target else "short"


def rows_by_unit(indicators: pd.DataFrame, labels: Labels) -> list[_Rows]:
    """The frame's rows in its order, one block for each unit of measurement, in the order of appearance."""
    one_indicator = indicators["indicator"].nunique() == 1 and len(indicators) > 1
    units = indicators["indicator"].map(labels.unit).replace("yes_no", "percent")
    blocks = []
    for unit, block in indicators.groupby(units, sort=False):
        named = block["unit_id"].map(labels.place) if one_indicator else block["indicator"].map(labels.indicator)
        statuses = column(block, "status")
        texts = [value_text(v, s, str(unit)) for v, s in zip(block["value"], statuses, strict=True)]
        extra = [numeric(column(block, name)) for name in ("target", "median", "ci_low", "ci_high")]
        blocks.append(_Rows(list(named), texts, numeric(block["value"]), *extra, unit=str(unit)))  # type: ignore[misc, arg-type]
    return blocks


@house_style()
def dot_plot(
    indicators: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Own value, target and group median: units on one indicator, or one unit's indicators, a row for each.

    ``indicators``: contract rows in the order to draw (unit_id, indicator, value, target; ci_low, ci_high, status and
    ``median``, the group's, when present). Different units of measurement get scales of their own. A filled dot has
    reached its target, a hollow one has not. Raises KeyError when a column is absent.
    """
    if indicators.empty:
        return empty_chart("Нет значений показателей для диаграммы.", width, caption, note)
    blocks = rows_by_unit(indicators, labels)
    marks = [(DOTS[state], STATES[state]) for state in _states(blocks)]
    marks += _key_of("цель", TARGET, [block.targets for block in blocks], blocks[0].unit)
    marks += _key_of("медиана группы", MEDIAN, [block.medians for block in blocks], blocks[0].unit)
    page = _page_of_blocks(blocks, width, marks, _dot_block)
    return page.finish(_values_alt("Значения показателей", blocks), caption, note)


def _key_of(words: str, mark: dict, columns: list[np.ndarray], unit: str) -> list[tuple[dict, str]]:
    """The key's entry; a number that all rows share is given there once."""
    if not any(np.isfinite(values).any() for values in columns):
        return []
    shared = _shared(columns[0]) if len(columns) == 1 else None
    return [(mark, words if shared is None else f"{words} {goal(shared, unit)}")]


def _shared(values: np.ndarray) -> float | None:
    """The one number of several rows, if they all have the same."""
    return float(values[0]) if len(values) > 1 and np.isfinite(values).all() and np.ptp(values) == 0 else None


def _page_of_blocks(
    blocks: Sequence[_Rows], width: float, key: list[tuple[dict, str]], draw: Callable[[Page, _Rows, float], None]
) -> Page:
    heights = [block.row * len(block.names) + AXIS_MM for block in blocks]
    page = Page(width, KEY_MM + sum(heights))
    page.key(NAMES_MM, 2.6, key)
    top = KEY_MM
    for block, height in zip(blocks, heights, strict=True):
        draw(page, block, top)
        top += height
    return page


def _states(blocks: Sequence[_Rows]) -> list[str]:
    found = {state for block in blocks for state in block.states}
    return [state for state in STATES if state in found]


def _axis(page: Page, block: _Rows, top: float, right: float) -> Scale:
    scale = block.scale(NAMES_MM, page.width - right)
    bottom = top + block.row * len(block.names)
    ticks = scale.ticks()
    page.x_axis(scale, top, bottom, tick_labels(ticks, block.unit), ticks)
    page.text(0, bottom + 2.4, UNIT_TITLES.get(block.unit, ""), size=SMALL_PT, color=MUTED)
    return scale


def _dot_block(page: Page, block: _Rows, top: float) -> None:
    scale = _axis(page, block, top, 22.0 if _shared(block.targets) is not None else 34.0)
    middles = block.middles(top)
    _row_texts(page, block, middles)
    intervals = _known(block.low, block.high, middles)
    page.lines([[(scale(low), y), (scale(high), y)] for low, high, y in intervals], color=LINE, width=1)
    foot = top + block.row * len(block.names)
    for values, mark in ((block.medians, MEDIAN), (block.targets, TARGET)):
        shared = _shared(values)
        if shared is None:
            page.marks([(scale(v), y) for v, y in _known(values, middles)], **mark)
        else:
            line = [(scale(shared), top), (scale(shared), foot)]
            page.lines([line], color=mark["color"], width=1.4, dash="solid" if mark is TARGET else "dashed")
    for state, mark in DOTS.items():
        rows = zip(block.values, middles, block.states, strict=True)
        page.marks([(scale(value), y) for value, y, own in rows if own == state], **mark)


def _known(*columns: Sequence[float] | np.ndarray) -> list[tuple[float, ...]]:
    return [row for row in zip(*columns, strict=True) if np.isfinite(row).all()]


def _values_alt(title: str, blocks: Sequence[_Rows]) -> str:
    names, texts, values = [], [], []
    for block in blocks:
        for name, text, value, target in zip(block.names, block.texts, block.values, block.targets, strict=True):
            names.append(name)
            texts.append(f"{text} при цели {goal(target, block.unit)}" if np.isfinite(target) else text)
            values.append(value)
    states = [state for block in blocks for state in block.states]
    reached, aimed = states.count("reached"), states.count("reached") + states.count("short")
    summary = f"{title} (цель достигнута в {reached} из {aimed})" if aimed else title
    return sentence(f"{summary}: {listed(names, texts, values)}")


@house_style()
def bullet_bars(
    indicators: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """The city's (or one unit's) value as a bar towards its target tick, a row for each indicator.

    ``indicators``: contract rows of one unit in the order to draw (unit_id, indicator, value, target). A dark bar has
    reached its target, a pale one has not. Raises KeyError when a column is absent.
    """
    if indicators.empty:
        return empty_chart("Нет значений показателей для диаграммы.", width, caption, note)
    blocks = rows_by_unit(indicators, labels)
    key: list[tuple[dict, str]] = [
        ({"sign": "s", "size": 6, "color": BARS[state]}, STATES[state]) for state in _states(blocks)
    ]
    key += _key_of("цель", TARGET, [block.targets for block in blocks], blocks[0].unit)
    page = _page_of_blocks(blocks, width, key, _bullet_block)
    return page.finish(_values_alt("Значения показателей и цели", blocks), caption, note)


def _row_texts(page: Page, block: _Rows, middles: Sequence[float]) -> None:
    """Name on the left; value and, unless the key gives one for all, target on the right."""
    aims = [f"цель {goal(target, block.unit)}" if np.isfinite(target) else "" for target in block.targets]
    value_end = page.width if _shared(block.targets) is not None else page.width - 17.0
    for y, name, text, aim in zip(middles, block.names, block.texts, aims, strict=True):
        page.text(0, y, name, size=SMALL_PT, room=NAMES_MM - 3)
        page.text(value_end, y, text, size=SMALL_PT, align="right", room=17.0, bold=True)
        if value_end < page.width:
            page.text(page.width, y, aim, size=SMALL_PT, color=MUTED, align="right", room=16.0)


def _bullet_block(page: Page, block: _Rows, top: float) -> None:
    scale = _axis(page, block, top, 22.0 if _shared(block.targets) is not None else 34.0)
    middles = block.middles(top)
    _row_texts(page, block, middles)
    thick, zero = block.row * 0.52, scale(0)
    for state, color in BARS.items():
        rows = zip(block.values, middles, block.states, strict=True)
        page.boxes([(zero, y - thick / 2, scale(v) - zero, thick) for v, y, own in rows if own == state], color=color)
    reach = block.row * 0.42
    aims = [(scale(target), y) for target, y in _known(block.targets, middles)]
    page.lines([[(x, y - reach), (x, y + reach)] for x, y in aims], color=INK, width=1.6)
