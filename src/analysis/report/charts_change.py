"""Values over time: from the baseline period to now, and month by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.chart_style import BLUE, INK, LINE, MUTED, ORANGE, REPORT_MM, SMALL_PT, house_style
from analysis.report.charts_page import Page, Scale, empty_chart, spread, width_mm
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import (
    NO_LABELS,
    Labels,
    difference,
    listed,
    numeric,
    period_label,
    quantity,
    sentence,
)

ROW_MM = 4.4
VERDICTS: dict[str, tuple[str, dict[str, Any]]] = {
    "up": ("рост", {"color": BLUE, "width": 1.8}),
    "down": ("снижение", {"color": ORANGE, "width": 1.8, "dash": (0, (4, 1.6))}),
    "no_clear_change": ("изменение в пределах обычных колебаний", {"color": LINE, "width": 1.0}),
    "not_tested": ("без оценки значимости", {"color": LINE, "width": 1.0, "dash": (0, (1, 1.5))}),
}
NOW_LABELS_MM = 96.0
FIRST_X_MM = 17.0


@house_style()
def slope_to_baseline(
    changes: pd.DataFrame,
    labels: Labels = NO_LABELS,
    *,
    caption: str = "",
    note: str = "",
    width: float = REPORT_MM,
) -> Chart:
    """From the baseline (АППГ) to now, a line for each indicator, labelled at its end.

    ``changes``: contract rows of one unit (period, baseline, indicator, value, baseline_value, change, verdict). Units
    of measurement get scales of their own; an indicator without both values is listed in the alt text only. The
    verdict sets colour and dash. Raises KeyError when a column is absent.
    """
    rows = changes[np.isfinite(numeric(changes["value"])) & np.isfinite(numeric(changes["baseline_value"]))]
    if rows.empty:
        return empty_chart("Нет показателей, известных в обоих периодах.", width, caption, note)
    units = rows["indicator"].map(labels.unit).replace("yes_no", "percent")
    blocks = [(str(unit), block) for unit, block in rows.groupby(units, sort=False)]
    heights = [max(ROW_MM * len(block) + 4, 14.0) for _, block in blocks]
    page = Page(width, 12.0 + sum(heights) + 4.0 * (len(blocks) - 1))
    _slope_heads(page, rows)
    top = 12.0
    for (unit, block), height in zip(blocks, heights, strict=True):
        _slope_block(page, block, unit, labels, top, height)
        top += height + 4.0
    return page.finish(_slope_alt(rows, labels), caption, note)


def _slope_heads(page: Page, rows: pd.DataFrame) -> None:
    x = 0.0
    for verdict, (words, style) in VERDICTS.items():
        if verdict in set(rows["verdict"]):
            page.lines([[(x, 2.2), (x + 7, 2.2)]], **style)
            page.text(x + 8.5, 2.2, words, size=SMALL_PT, color=MUTED)
            x += 8.5 + width_mm(words, SMALL_PT) + 5
    first = rows.iloc[0]
    end = page.width - NOW_LABELS_MM
    page.text(0, 8.4, _baseline_label(first), size=SMALL_PT, bold=True)
    page.text(end + 1.5, 8.4, period_label(str(first["period"])), size=SMALL_PT, bold=True)


def _baseline_label(row: pd.Series) -> str:
    """АППГ is the same period a year before; anything else is a base."""
    baseline, same_kind = str(row["baseline"]), len(str(row["baseline"])) == len(str(row["period"]))
    return f"{'АППГ' if same_kind else 'База'}: {period_label(baseline)}"


def _slope_block(page: Page, block: pd.DataFrame, unit: str, labels: Labels, top: float, height: float) -> None:
    now, before = numeric(block["value"]), numeric(block["baseline_value"])
    low, high = min(now.min(), before.min()), max(now.max(), before.max())
    scale = Scale(low, high if high > low else low + 1.0, top + height - 2.0, top + 2.0)
    start, end = FIRST_X_MM, page.width - NOW_LABELS_MM
    page.lines([[(x, top), (x, top + height)] for x in (start, end)], color=LINE)
    left = spread([scale(v) for v in before], 3.1, top + 1.5, top + height - 1.5)
    right = spread([scale(v) for v in now], 3.9, top + 1.5, top + height - 1.5)
    for i, row in enumerate(block.itertuples(index=False)):
        style = VERDICTS.get(row.verdict, VERDICTS["not_tested"])[1]
        page.lines([[(start, scale(before[i])), (end, scale(now[i]))]], **style)
        page.lines([[(end + 0.6, scale(now[i])), (end + 4.4, right[i])]], color=LINE, width=0.4)
        page.lines([[(start - 0.5, scale(before[i])), (start - 2.2, left[i])]], color=LINE, width=0.4)
        page.text(start - 2.6, left[i], quantity(before[i], unit), size=SMALL_PT, color=MUTED, align="right")
        strong = row.verdict in ("up", "down")
        ink = style["color"] if strong else INK
        page.text(end + 5.0, right[i], quantity(now[i], unit), size=SMALL_PT, color=ink, bold=strong)
        page.text(end + 18.0, right[i], f"({difference(row.change, unit)})", size=SMALL_PT, color=ink, room=22)
        name = labels.indicator(row.indicator)
        page.text(end + 39.0, right[i], name, size=SMALL_PT, color=ink, room=page.width - end - 39.0)


def _slope_alt(rows: pd.DataFrame, labels: Labels) -> str:
    names = [labels.indicator(code) for code in rows["indicator"]]
    units = [labels.unit(code) for code in rows["indicator"]]
    texts = [
        f"{quantity(old, unit)} → {quantity(new, unit)} ({difference(change, unit)})"
        for old, new, change, unit in zip(rows["baseline_value"], rows["value"], rows["change"], units, strict=True)
    ]
    counts = rows["verdict"].value_counts()
    verdicts = ", ".join(f"{words} – {int(counts[code])}" for code, (words, _) in VERDICTS.items() if code in counts)
    span = f"{period_label(str(rows['baseline'].iloc[0]))} → {period_label(str(rows['period'].iloc[0]))}"
    extremes = listed(names, texts, list(numeric(rows["change"])))
    return sentence(f"Изменение показателей, {span} ({verdicts}): {extremes}")
