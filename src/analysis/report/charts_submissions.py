"""Who reported and when: schools against reporting periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.periods import PeriodError, parse_period
from analysis.report.chart_style import (
    CELL_INK,
    LINE,
    MUTED,
    ORANGE,
    PALE_AMBER,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    REPORT_MM,
    SMALL_PT,
    house_style,
)
from analysis.report.charts_page import CHECK, CROSS, DOT, RETURN, Page, empty_chart, width_mm
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import NO_LABELS, Labels, month_label, period_label, sentence
from analysis.report.numbers import format_number, is_missing

STATUS_NAMES = {
    "on_time": "в срок",
    "late": "с опозданием (+ дней)",
    "returned": "возвращено",
    "missing": "не представлено",
    "not_due": "срок не наступил",
}
_FILLS = {"on_time": PALE_BLUE, "late": PALE_AMBER, "returned": PALE_ORANGE, "missing": ORANGE}
_SIGNS: dict[str, dict[str, Any]] = {
    "on_time": {"sign": CHECK, "size": 4.2, "color": CELL_INK, "fill": "none"},
    "late": {"sign": DOT, "size": 3.2, "color": CELL_INK},
    "returned": {"sign": RETURN, "size": 4.0, "color": CELL_INK},
    "missing": {"sign": CROSS, "size": 4.0, "color": PAPER, "width": 1.3},
    "not_due": {"sign": DOT, "size": 1.6, "color": LINE},
}
ROW_MM = 4.3
KEY_MM = 7.0
HEAD_MM = 8.0
GUTTER_MM = 6.0
WIDEST_CELL_MM = 11.0
NAMES_MM = 34.0  # at least
WIDEST_NAMES_MM = 62.0
ROWS_FOR_TWO_PANELS = 24
PERIODS_FOR_TWO_PANELS = 7


@house_style()
def submission_matrix(
    submissions: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Schools (rows, in the frame's order) against periods (columns, in time order): how each form arrived.

    ``submissions``: the contract table (school_id, period, status on_time|late|returned|missing|not_due, days_late);
    an optional column ``group`` puts a heading over each group's schools. With few periods and many schools the rows
    stand in two columns. Raises KeyError when a column is absent.
    """
    if submissions.empty:
        return empty_chart("Нет данных о представлении форм.", width, caption, note)
    periods = sorted(submissions["period"].unique(), key=_in_time)
    rows = _rows(submissions)
    two = len(rows) > ROWS_FOR_TWO_PANELS and len(periods) <= PERIODS_FOR_TWO_PANELS
    panels = _in_two(rows) if two else [rows]
    page = Page(width, KEY_MM + HEAD_MM + max(len(panel) for panel in panels) * ROW_MM + 1)
    _key(page, submissions)
    panel_width = (width - GUTTER_MM * (len(panels) - 1)) / len(panels)
    cells = {(row.school_id, row.period): row for row in submissions.itertuples(index=False)}
    for number, members in enumerate(panels):
        panel = _panel_at(number * (panel_width + GUTTER_MM), panel_width, periods)
        _draw_panel(page, panel, members, cells, labels)
    return page.finish(_alt(submissions, periods), caption, note)


@dataclass(frozen=True)
class _Panel:
    left: float
    names: float
    cell: float
    periods: Sequence[str]

    def middle(self, column: int) -> float:
        return self.left + self.names + (column + 0.5) * self.cell


def _panel_at(left: float, width: float, periods: Sequence[str]) -> _Panel:
    cell = min(WIDEST_CELL_MM, (width - NAMES_MM) / len(periods))
    return _Panel(left, min(width - cell * len(periods), WIDEST_NAMES_MM), cell, periods)


def _rows(submissions: pd.DataFrame) -> list[tuple[str, str]]:
    """(school_id, "") for a school, ("", group) for the heading of a group."""
    rows: list[tuple[str, str]] = []
    schools = submissions.drop_duplicates("school_id")
    if "group" not in schools:
        return [(school, "") for school in schools["school_id"]]
    for group, members in schools.groupby("group", sort=False, dropna=False):
        rows.append(("", str(group)))
        rows.extend((school, "") for school in members["school_id"])
    return rows


def _in_two(rows: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Two columns of rows; a group that runs over has its heading again."""
    half = (len(rows) + 1) // 2
    if not rows[half - 1][0]:
        half -= 1
    headings = [row for row in rows[:half] if not row[0]]
    repeated = headings[-1:] if rows[half][0] else []
    return [rows[:half], repeated + rows[half:]]


def _in_time(key: str) -> tuple[Any, ...]:
    try:
        period = parse_period(key)
    except PeriodError:
        return (9999, key)
    return (period.end.year, str(period.end), period.kind)


def _key(page: Page, submissions: pd.DataFrame) -> None:
    counts = submissions["status"].value_counts()
    x = 0.0
    for status, name in STATUS_NAMES.items():
        if status not in counts:
            continue
        page.boxes([(x, 1.3, 3.4, 3.4)] if status in _FILLS else [], color=_FILLS.get(status, PAPER))
        page.marks([(x + 1.7, 3.0)], **_SIGNS[status])
        words = f"{name}: {format_number(int(counts[status]))}"
        page.text(x + 4.4, 3.0, words, size=SMALL_PT, color=MUTED)
        x += 4.4 + width_mm(words, SMALL_PT) + 4.0


def _draw_panel(
    page: Page, panel: _Panel, rows: Sequence[tuple[str, str]], cells: dict[tuple[str, str], Any], labels: Labels
) -> None:
    top = KEY_MM + HEAD_MM
    _heads(page, panel)
    by_status: dict[str, list[tuple[float, float, Any]]] = {}
    for number, (school, group) in enumerate(rows):
        y = top + (number + 0.5) * ROW_MM
        if not school:
            page.text(panel.left, y + 0.5, labels.place(group), size=SMALL_PT, bold=True, room=panel.names + 20)
            continue
        page.text(panel.left, y, labels.place(school), size=SMALL_PT, room=panel.names - 1.5)
        for place, period in enumerate(panel.periods):
            row = cells.get((school, period))
            if row is not None:
                by_status.setdefault(row.status, []).append((panel.middle(place), y, getattr(row, "days_late", None)))
    for status in sorted(by_status):
        _cells(page, panel.cell, status, by_status[status])


def _heads(page: Page, panel: _Panel) -> None:
    """Month names; the year under the first month shown and under each January."""
    shown_year = None
    for place, key in enumerate(panel.periods):
        x, y = panel.middle(place), KEY_MM + 2.2
        try:
            period = parse_period(key)
        except PeriodError:
            page.text(x, y, key, size=SMALL_PT, color=MUTED, align="center", room=panel.cell)
            continue
        name = month_label(period.number) if period.kind == "month" else "I" * (period.half or 0) or "год"
        page.text(x, y, name, size=SMALL_PT, color=MUTED, align="center")
        if period.year != shown_year:
            page.text(x, y + 3.1, period.year, size=SMALL_PT, color=MUTED, align="center")
        shown_year = period.year


def _cells(page: Page, cell: float, status: str, places: Sequence[tuple[float, float, Any]]) -> None:
    box_width, box_height = cell - 0.5, ROW_MM - 0.5
    if status in _FILLS:
        boxes = [(x - box_width / 2, y - box_height / 2, box_width, box_height) for x, y, _ in places]
        page.boxes(boxes, color=_FILLS[status])
    with_days = [] if status != "late" else [place for place in places if not is_missing(place[2])]
    for x, y, days in with_days:
        page.text(x, y, f"+{int(days)}", size=SMALL_PT, color=CELL_INK, align="center", room=cell)
    if status in _SIGNS:
        page.marks([(x, y) for x, y, days in places if (x, y, days) not in with_days], **_SIGNS[status])


def _alt(submissions: pd.DataFrame, periods: Sequence[str]) -> str:
    counts = submissions["status"].value_counts()
    parts = [
        f"{name.partition(' (')[0]} – {format_number(int(counts[status]))}"
        for status, name in STATUS_NAMES.items()
        if status in counts
    ]
    span = period_label(periods[0])
    if len(periods) > 1:
        span += f" – {period_label(periods[-1])}"
    n_schools = submissions["school_id"].nunique()
    return sentence(f"Представление форм, {span}, школ – {n_schools}: {'; '.join(parts)}")
