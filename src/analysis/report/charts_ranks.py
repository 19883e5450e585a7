"""Places and scores of schools within their group, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.chart_style import BLUE, LINE, MUTED, ORANGE, PAPER, REPORT_MM, SKY, SMALL_PT, house_style
from analysis.report.charts_page import DIAMOND, DOT, Page, Scale, close_scale, empty_chart
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import NO_LABELS, Labels, listed, numeric, sentence, tick_labels
from analysis.report.numbers import format_number, format_places

NOT_RANKED, HIDDEN = "вне распределения", "уровень не приводится"
ROW_MM = 4.6
AXIS_MM = 5.0
NAMES_MM = 56.0
LEVEL_DOTS: list[dict[str, Any]] = [
    {"sign": DOT, "size": 5.2, "color": BLUE},
    {"sign": DIAMOND, "size": 4.6, "color": BLUE, "fill": SKY},
    {"sign": DOT, "size": 4.8, "color": ORANGE, "fill": PAPER, "width": 1.5},
]
OTHER_DOT: dict[str, Any] = {"sign": DOT, "size": 4.6, "color": MUTED}


@house_style()
def caterpillar(
    rankings: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    by: str = "rank",
    joint: bool = False,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Places (``by="rank"``) or scores (``by="score"``) of a group's schools with their intervals, best first.

    ``rankings``: contract rows, usually of one group (several get a heading each): school_id, group, score, score_low,
    score_high, rank, rank_low, rank_high, rank_low_joint, rank_high_joint, attainment_level, ranked, reason.
    ``joint`` takes the simultaneous intervals; a school without an exact place shows the ends of its own, in the order
    given. Schools not ranked stand last with the reason, without a mark.
    Raises KeyError when a column is absent, ValueError for another ``by``.
    """
    if by not in ("rank", "score"):
        raise ValueError(f"by must be 'rank' or 'score', not {by!r}")
    if rankings.empty:
        return empty_chart("Нет школ для распределения по местам.", width, caption, note)
    groups = [(str(code), _ordered(rows)) for code, rows in rankings.groupby("group", sort=True)]
    heading = 5.0 if len(groups) > 1 else 0.0
    page = Page(width, 7.0 + len(groups) * (heading + 7.0) + ROW_MM * len(rankings))
    levels = _levels(rankings, labels)
    hidden = rankings["ranked"].astype(bool) & rankings["attainment_level"].isna()
    beside = [(OTHER_DOT, HIDDEN)] if hidden.any() else []
    page.key(0.0 if beside else NAMES_MM, 2.6, [*((dot, labels.level(code)) for code, dot in levels.items()), *beside])
    ends = (by, f"{by}_low_joint", f"{by}_high_joint") if joint and by == "rank" else (by, f"{by}_low", f"{by}_high")
    top = 7.0
    for code, rows in groups:
        if heading:
            page.text(0, top + 1.6, labels.place(code), bold=True, room=NAMES_MM + 60)
        scale = _place_scale(page, rankings if by == "score" else rows, ends)
        _intervals(page, rows, scale, top + heading, ends, labels, levels)
        top += heading + ROW_MM * len(rows) + 7.0
    return page.finish(_places_alt(groups, labels, ends), caption, note)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """By exact place, those not ranked last; without exact places, and within one, in the order given."""
    keyed = rows.assign(_place=numeric(rows["rank"]), _last=~rows["ranked"].astype(bool))
    return keyed.sort_values(["_last", "_place"], kind="stable").drop(columns=["_place", "_last"])


def _levels(rankings: pd.DataFrame, labels: Labels) -> dict[str, dict[str, Any]]:
    order = labels.ordered_levels(rankings.loc[rankings["ranked"].astype(bool), "attainment_level"].dropna())
    return {code: LEVEL_DOTS[i] if i < len(LEVEL_DOTS) else OTHER_DOT for i, code in enumerate(order)}


def _intervals(
    page: Page,
    rows: pd.DataFrame,
    scale: Scale,
    top: float,
    ends: tuple[str, str, str],
    labels: Labels,
    levels: dict[str, dict[str, Any]],
) -> None:
    point, low, high = (numeric(rows[name]) for name in ends)
    is_rank = ends[0] == "rank"
    drawn = rows["ranked"].to_numpy(bool) & (np.isfinite(point) | np.isfinite(low) & np.isfinite(high))
    bottom = top + ROW_MM * int(drawn.sum())
    ticks = sorted({1.0, *(tick for tick in scale.ticks() if tick % 1 == 0)} - {0.0}) if is_rank else scale.ticks()
    if bottom > top:
        page.x_axis(scale, top, bottom, tick_labels(ticks, "count"), ticks)
        page.text(0, bottom + 2.4, "Место в группе" if is_rank else "Балл", size=SMALL_PT, color=MUTED)
    for number, row in enumerate(rows.itertuples(index=False)):
        known = drawn[number]
        y = top + (number + 0.5) * ROW_MM + (0 if known or bottom == top else AXIS_MM)
        page.text(0, y, labels.place(row.school_id), size=SMALL_PT, room=NAMES_MM - 3)
        if not known:
            page.text(NAMES_MM, y, _reason(row), size=SMALL_PT, color=MUTED, room=page.width - NAMES_MM)
            continue
        if np.isfinite(low[number]) and np.isfinite(high[number]):
            page.lines([[(scale(low[number]), y), (scale(high[number]), y)]], color=LINE, width=1.8)
        ends_only = () if np.isfinite(point[number]) else (low[number], high[number])
        page.marks(
            [(scale(at), y) for at in ends_only or (point[number],)], **levels.get(row.attainment_level, OTHER_DOT)
        )
        text = _place_text(point[number], low[number], high[number], is_rank)
        page.text(page.width, y, text, size=SMALL_PT, align="right", room=24.0)


def _place_scale(page: Page, rows: pd.DataFrame, ends: tuple[str, str, str]) -> Scale:
    known = np.concatenate([numeric(rows[name]) for name in ends])
    left, right = NAMES_MM + 2, page.width - 27.0
    if ends[0] == "rank":
        return Scale(1.0, max([2.0, *known[np.isfinite(known)]]), left, right)
    return close_scale(known, left, right)


def _place_text(point: float, low: float, high: float, is_rank: bool) -> str:
    if is_rank:
        interval = format_places(low, high)
        if not np.isfinite(point):
            return interval
        return f"{int(point)} ({interval})" if interval != format_places(point) else str(int(point))
    if not np.isfinite(low):
        return format_number(point, 1)
    return f"{format_number(point, 1)} ({format_number(low, 1)}–{format_number(high, 1)})"


def _reason(row: Any) -> str:
    reason = getattr(row, "reason", "")
    return f"{NOT_RANKED}: {reason}" if isinstance(reason, str) and reason else NOT_RANKED


def _places_alt(groups: Sequence[tuple[str, pd.DataFrame]], labels: Labels, ends: tuple[str, str, str]) -> str:
    parts = []
    for code, rows in groups:
        ranked = rows[rows["ranked"].astype(bool) & np.isfinite(numeric(rows[ends[1]]) + numeric(rows[ends[2]]))]
        point, low, high = (numeric(ranked[name]) for name in ends)
        texts = [_place_text(*values, ends[0] == "rank") for values in zip(point, low, high, strict=True)]
        names = [labels.place(school) for school in ranked["school_id"]]
        left_out = len(rows) - len(ranked)
        tail = f" ({NOT_RANKED} – {left_out})" if left_out else ""
        parts.append(f"{labels.place(code)}{tail}: {listed(names, texts, list(point)) or 'мест нет'}")
    what = "Места в группе с интервалами" if ends[0] == "rank" else "Баллы с интервалами"
    return sentence(f"{what}; {'; '.join(parts)}")
