"""How the schools' values spread within their groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.report.chart_style import BLUE, GRID, INK, MUTED, ORANGE, REPORT_MM, SKY, SMALL_PT, house_style
from analysis.report.charts_page import Page, Scale, empty_chart, scale_for
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import NO_LABELS, Labels, goal, listed, numeric, quantity, sentence, tick_labels

GROUP_MM = 13.0
NAMES_MM = 48.0
HEAD_MM = 6.0


@house_style()
def distribution(
    indicators: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    points: bool = True,
    seed: int = 49,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Box and points of the schools' values on one indicator, a row for each group.

    ``indicators``: contract rows of one indicator and level ``school`` (indicator, value, target) with the column
    ``group``. ``points=False`` leaves the single schools out; ``seed`` fixes their scatter across the row.
    Boxes hold the middle half, whiskers reach the last value within 1.5 box lengths. Raises KeyError when a column
    is absent.
    """
    rows = indicators.assign(value=numeric(indicators["value"])).dropna(subset=["value"])
    if rows.empty:
        return empty_chart("Нет значений показателя по школам.", width, caption, note)
    unit = labels.unit(rows["indicator"].iloc[0])
    groups = sorted(rows["group"].unique())
    page = Page(width, HEAD_MM + GROUP_MM * len(groups) + 6.0)
    bottom = HEAD_MM + GROUP_MM * len(groups)
    targets = numeric(rows["target"])
    percent = unit in ("percent", "yes_no")
    scale = scale_for([*rows["value"], *targets], NAMES_MM, page.width - 24.0, percent=percent)
    ticks = scale.ticks()
    page.x_axis(scale, HEAD_MM, bottom, tick_labels(ticks, unit), ticks)
    _target_line(page, scale, targets, bottom, unit)
    axes = page.inset(scale.start, HEAD_MM, scale.end - scale.start, bottom - HEAD_MM)
    _draw(axes, rows, groups, points, seed)
    axes.set(xlim=(scale.low, scale.high), ylim=(len(groups) - 0.5, -0.5))
    axes.set_axis_off()
    medians = rows.groupby("group")["value"].median()
    for number, group in enumerate(groups):
        y = HEAD_MM + (number + 0.5) * GROUP_MM
        page.text(0, y - 1.7, labels.place(str(group)), size=SMALL_PT, room=NAMES_MM - 4)
        page.text(0, y + 1.7, f"школ: {int((rows['group'] == group).sum())}", size=SMALL_PT, color=MUTED)
        page.text(page.width, y, f"медиана {quantity(medians[group], unit)}", size=SMALL_PT, align="right")
    return page.finish(_alt(rows, groups, labels, unit), caption, note)


def _target_line(page: Page, scale: Scale, targets: np.ndarray, bottom: float, unit: str) -> None:
    known = targets[np.isfinite(targets)]
    if known.size:
        x = scale(known[0])
        page.lines([[(x, HEAD_MM - 1.5), (x, bottom)]], color=ORANGE, width=1.2, dash="dashed")
        page.text(x, HEAD_MM - 3.4, f"цель {goal(known[0], unit)}", size=SMALL_PT, color=ORANGE, align="center")


def _draw(axes: Axes, rows: pd.DataFrame, groups: list[str], points: bool, seed: int) -> None:
    common = {"data": rows, "x": "value", "y": "group", "order": groups, "ax": axes, "orient": "h"}
    sns.boxplot(
        **common, width=0.5, fliersize=0 if points else 3, color=GRID, linecolor=MUTED, linewidth=0.9, saturation=1,
        medianprops={"color": INK, "linewidth": 2.0},
    )  # fmt: skip
    if points:
        with seeded(seed):
            sns.stripplot(**common, size=3.2, color=SKY, edgecolor=BLUE, linewidth=0.6, jitter=0.16)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """seaborn's jitter draws from numpy's global generator: seeded here and put back."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def _alt(rows: pd.DataFrame, groups: list[str], labels: Labels, unit: str) -> str:
    names, texts, medians = [], [], []
    for group in groups:
        values = rows.loc[rows["group"] == group, "value"]
        names.append(f"{labels.place(str(group))} (школ – {len(values)})")
        span = f"от {quantity(values.min(), unit)} до {quantity(values.max(), unit)}"
        texts.append(f"медиана {quantity(values.median(), unit)}, {span}")
        medians.append(values.median())
    title = f"Распределение школ, {labels.indicator(rows['indicator'].iloc[0])}"
    return sentence(f"{title}: {listed(names, texts, medians)}")
