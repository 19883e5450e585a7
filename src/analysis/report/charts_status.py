"""How many schools stand where: levels of attainment by group, and the roadmap's activities by status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.report.chart_style import (
    AMBER,
    BLUE,
    GRID,
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
from analysis.report.charts_page import Page, empty_chart, width_mm
from analysis.report.charts_ranks import HIDDEN, NOT_RANKED
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import NO_LABELS, Labels, sentence
from analysis.report.numbers import count_of, format_number

STATUSES = ("выполнено", "выполняется", "не выполнено", "нет данных")
_FILLS = (BLUE, SKY, ORANGE, AMBER)  # from the best
_INKS = {BLUE: PAPER, SKY: INK, ORANGE: PAPER, AMBER: INK, GRID: INK, LINE: INK}
HEAD_MM = 7.0


@house_style()
def levels_bar(
    rankings: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Number of schools by level of attainment, one bar for each group.

    ``rankings``: contract rows (group, attainment_level, ranked). Levels stand in the order of ``labels.levels``, else
    of appearance; schools whose level an edition hides and schools not ranked come last in grey. Raises KeyError when
    a column is absent.
    """
    if rankings.empty:
        return empty_chart("Нет данных о распределении школ по уровням.", width, caption, note)
    level = rankings["attainment_level"].fillna(HIDDEN).where(rankings["ranked"].astype(bool), NOT_RANKED)
    found = set(level)
    order = labels.ordered_levels([name for name in level.unique() if name not in (HIDDEN, NOT_RANKED)])
    beside = [name for name in (HIDDEN, NOT_RANKED) if name in found or name == NOT_RANKED]
    counts = pd.crosstab(rankings["group"], level).reindex(columns=[*order, *beside], fill_value=0)
    names = [labels.level(code) for code in order] + beside
    fills = [*_FILLS[: len(order)], *(LINE, GRID)[-len(beside) :]]
    table = [[int(n) for n in row] for row in counts.to_numpy()]
    groups = [labels.place(str(group)) for group in counts.index]
    page = Page(width, HEAD_MM + 7.0 * len(groups) + 1)
    _key(page, names, fills, [sum(column) for column in zip(*table, strict=True)])
    _stacked(page, groups, table, fills, row_height=7.0, name_width=52.0, as_share=False)
    return page.finish(_levels_alt(groups, names, table), caption, note)


def _levels_alt(groups: Sequence[str], names: Sequence[str], table: Sequence[Sequence[int]]) -> str:
    parts = []
    for group, row in zip(groups, table, strict=True):
        counts = ", ".join(f"{name} – {n}" for name, n in zip(names, row, strict=True) if n)
        parts.append(f"{group}: {counts}")
    return sentence(f"Число школ по уровню достижения показателей. {'; '.join(parts)}".replace(". ", ": ", 1))


@house_style()
def roadmap_status(
    activities: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """Share of schools by status of each activity of the roadmap.

    ``activities``: contract rows of one period (level, unit_id, activity, status); a row of level ``school`` is one
    school, a row of level ``city`` is the centre's own log and is printed in words where no school reports the
    activity. Activities stand in the order of ``labels.activities``, else of appearance; a status other than
    выполнено, выполняется, не выполнено counts as нет данных. Raises KeyError when a column is absent.
    """
    if activities.empty:
        return empty_chart("Нет сведений об исполнении мероприятий «дорожной карты».", width, caption, note)
    found = list(dict.fromkeys(activities["activity"]))
    order = [code for code in labels.activities if code in found]
    order += [code for code in found if code not in order]
    schools = activities[activities["level"] == "school"]
    status = schools["status"].map(_status_name)
    counts = pd.crosstab(schools["activity"], status).reindex(index=order, columns=list(STATUSES), fill_value=0)
    table = [[int(n) for n in row] for row in counts.to_numpy()]
    log = activities[activities["level"] == "city"].drop_duplicates("activity", keep="last")
    logged = {row.activity: _log_words(row.status) for row in log.itertuples(index=False)}
    words = ["" if sum(row) else logged.get(code, STATUSES[-1]) for code, row in zip(order, table, strict=True)]
    names = [labels.activity(code) for code in order]
    page = Page(width, HEAD_MM + 5.4 * len(order) + 1)
    fills = [*_FILLS[:3], GRID]
    _key(page, list(STATUSES), fills, None)
    _stacked(page, names, table, fills, row_height=5.4, name_width=72.0, as_share=True, words=words)
    return page.finish(_roadmap_alt(order, table, words), caption, note)


def _status_name(status: Any) -> str:
    return status if status in STATUSES else STATUSES[-1]


def _log_words(status: Any) -> str:
    known = _status_name(status)
    return known if known == STATUSES[-1] else f"{known} (по журналу центра)"


def _roadmap_alt(order: Sequence[str], table: Sequence[Sequence[int]], words: Sequence[str]) -> str:
    reported = [(code, row) for code, row in zip(order, table, strict=True) if sum(row)]
    parts = [f"{code} – {row[0]} из {sum(row)}" for code, row in reported]
    logged = [f"{code} – {text}" for code, text in zip(order, words, strict=True) if text]
    start = f"Исполнение {count_of(len(order), 'мероприятия', 'мероприятий', 'мероприятий')} «дорожной карты»"
    numbers = f"выполнено школами: {'; '.join(parts)}" if parts else "сведений школ нет"
    return sentence(f"{start}, {numbers}" + (f"; {'; '.join(logged)}" if logged else ""))


def _key(page: Page, names: Sequence[str], fills: Sequence[str], totals: Sequence[int] | None) -> None:
    x = 0.0
    for number, (name, fill) in enumerate(zip(names, fills, strict=True)):
        if totals is not None and not totals[number]:
            continue
        words = name if totals is None else f"{name}: {format_number(totals[number])}"
        page.boxes([(x, 1.4, 3.4, 3.4)], color=fill, edge=LINE if fill == GRID else "none")
        page.text(x + 4.6, 3.1, words, size=SMALL_PT, color=MUTED)
        x += 4.6 + width_mm(words, SMALL_PT) + 4.5


def _stacked(
    page: Page,
    names: Sequence[str],
    table: Sequence[Sequence[int]],
    fills: Sequence[str],
    *,
    row_height: float,
    name_width: float,
    as_share: bool,
    words: Sequence[str] = (),
) -> None:
    """Stacked bars with their counts inside; ``words`` stand where a row has none."""
    left, room = name_width, page.width - name_width - 12.0
    longest = max((sum(row) for row in table), default=0)
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    for number, (name, row) in enumerate(zip(names, table, strict=True)):
        y = HEAD_MM + (number + 0.5) * row_height
        page.text(0, y, name, size=SMALL_PT, room=name_width - 2.5, lines=2)
        total = sum(row)
        if not total:
            page.text(left, y, words[number] if words else "нет данных", size=SMALL_PT, color=MUTED)
            continue
        x, per_school = left, room / (total if as_share else longest)
        for count, fill in zip(row, fills, strict=True):
            wide = count * per_school
            if count:
                boxes.setdefault(fill, []).append((x, y - row_height * 0.38, wide, row_height * 0.76))
                if wide > width_mm(str(count), SMALL_PT) + 0.8:
                    page.text(x + wide / 2, y, count, size=SMALL_PT, color=_INKS[fill], align="center")
            x += wide
        page.text(x + 1.5, y, f"из {total}" if as_share else total, size=SMALL_PT, color=MUTED)
    for fill in sorted(boxes):
        page.boxes(boxes[fill], color=fill, edge=PAPER, width=0.8)
