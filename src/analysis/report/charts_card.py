"""The school card's chart: its indicators beside target and group median, compact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.chart_style import CARD_MM, GRID, INK, LINE, MUTED, SMALL_PT, house_style
from analysis.report.charts_indicators import DOTS, MEDIAN, TARGET, target_state
from analysis.report.charts_page import Page, Scale, empty_chart
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import (
    NO_LABELS,
    Labels,
    column,
    difference,
    goal,
    numeric,
    quantity,
    sentence,
    value_text,
)
from analysis.report.numbers import is_missing

ROW_MM = 6.4
HEAD_MM = 8.0
NAMES_MM = 60.0
COLUMNS_MM = (59.0, 43.0, 23.0, 0.0)  # right ends of the numbers, from the right edge: own, target, median, change
COLUMN_TITLES = ("Школа", "Цель", "Медиана группы", "К АППГ")


@house_style()
def card_profile(
    profile: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = CARD_MM,
) -> Chart:
    """One school's indicators: own value, target and group median on a line for each, with the numbers beside.

    ``profile``: contract rows of one school in the order to draw (indicator, value, target; status when present) and
    the prepared columns ``median`` (of its group), ``change`` (to the baseline, points) and ``scored`` (is the target one
    of this period already), all optional. A line runs from 0 to 100 % or, for other units, to just past its largest
    number. A filled dot has reached the target, a ring has not; a grey one is not judged.
    Raises KeyError when a column is absent.
    """
    if profile.empty:
        return empty_chart("У школы нет показателей за этот период.", width, caption, note)
    page = Page(width, HEAD_MM + ROW_MM * len(profile) + 0.5)
    rows = profile.assign(median=column(profile, "median"), status=column(profile, "status"))
    shows_change = "change" in profile
    rows["change"] = column(profile, "change")
    rows["scored"] = profile.get("scored", True)
    _heads(page, shows_change, bool((rows["scored"] & rows["target"].notna()).any()))
    alts = []
    for number, row in enumerate(rows.itertuples(index=False)):
        y = HEAD_MM + (number + 0.5) * ROW_MM
        _track(page, row, labels, y)
        alts.append(_numbers(page, row, labels, y, shows_change))
    return page.finish(sentence(f"Показатели школы: {'; '.join(alts)}"), caption, note)


def _heads(page: Page, shows_change: bool, judged: bool) -> None:
    marks = [
        (DOTS["reached"], "цель достигнута"),
        (DOTS["short"], "не достигнута"),
        (TARGET, "цель"),
        (MEDIAN, "медиана"),
    ]
    if judged:
        page.key(0, 3.0, marks[:2], gap=2.5)
    page.key(NAMES_MM, 3.0, marks[2:], gap=2.5)
    for edge, title in zip(COLUMNS_MM, COLUMN_TITLES, strict=True):
        if edge or shows_change:
            page.text(page.width - edge, 3.0, title, size=SMALL_PT, color=MUTED, align="right", room=15.0, lines=2)
    page.lines([[(0, HEAD_MM - 0.6), (page.width, HEAD_MM - 0.6)]], color=LINE)


def _track(page: Page, row: Any, labels: Labels, y: float) -> None:
    unit = labels.unit(row.indicator)
    value, target, median = numeric(pd.Series([row.value, row.target, row.median], dtype=object))
    scale = _own_scale(page, unit, [value, target, median])
    page.text(0, y, labels.indicator(row.indicator), room=NAMES_MM - 2)
    page.lines([[(scale.start, y), (scale.end, y)]], color=GRID, width=2.4)
    state = (target_state(value, target) if row.scored else "") or "free"
    for number, mark in ((median, MEDIAN), (target, TARGET), (value, DOTS[state])):
        if np.isfinite(number):
            page.marks([(scale(number), y)], **mark)


def _own_scale(page: Page, unit: str, numbers: list[float]) -> Scale:
    known = [number for number in numbers if np.isfinite(number)]
    largest = max([100.0 if unit in ("percent", "yes_no") else 0.0, *known]) or 1.0
    past = 1.0 if largest == 100 else 1.1
    return Scale(min([0.0, *known]), largest * past, NAMES_MM + 1, page.width - COLUMNS_MM[0] - 18.0)


def _numbers(page: Page, row: Any, labels: Labels, y: float, shows_change: bool) -> str:
    """Prints the numbers of a row and returns them as words."""
    unit = labels.unit(row.indicator)
    own = value_text(row.value, row.status, unit, school=True)
    aim, median = goal(row.target, unit, school=True), quantity(row.median, unit, school=True)
    change = difference(row.change, unit, school=True)
    texts = (own, aim, median, change) if shows_change else (own, aim, median)
    for place, (edge, text) in enumerate(zip(COLUMNS_MM, texts, strict=False)):
        own_number = place == 0 and bool(np.isfinite(numeric(pd.Series([row.value], dtype=object))[0]))
        ink = INK if own_number or place == 3 else MUTED
        page.text(page.width - edge, y, text, color=ink, bold=own_number, align="right", room=22.0)
    words = [f"{labels.indicator(row.indicator)}\u00a0– {own}"]
    words += [f"цель {aim}"] if not is_missing(row.target) else []
    words += [f"медиана группы {median}"] if not is_missing(row.median) else []
    words += [f"к АППГ {change}"] if not is_missing(row.change) else []
    return ", ".join(words)
