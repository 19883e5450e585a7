"""What the analyst looks at in explore.ipynb: one function a view, on the tables of one period.

Nothing here is hidden from the analyst: the views show the working edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.intake.run import load_accepted
from analysis.measures.indicators import city_by_month
from analysis.measures.scoring import score_inputs
from analysis.report import charts
from analysis.report.blocks import Paragraph
from analysis.report.charts import Chart
from analysis.report.opening import PeriodReport
from analysis.report.sections.coverage import SEVERITIES, findings_table
from analysis.report.sections.pictures import labels
from analysis.report.sections.values import format_value
from analysis.report.tables import Column, Table
from analysis.stages import history_months
from analysis.workspace import Workspace

CITY = "city"


def months_of_unit(report: PeriodReport, space: Workspace, unit: str = CITY) -> pd.DataFrame:
    """One row per month and indicator of the city, a group or a school: contract columns of ``indicators``."""
    if unit == CITY:
        return report.tables["indicator_history"]
    schools = report.tables["schools"]
    chosen = schools[(schools["school_id"] == unit) | (schools["group"] == unit)]
    observed = load_accepted(space.data).observations
    observed = observed[observed["school_id"].isin(chosen["school_id"])]
    months = history_months(report.baseline, report.period)
    return city_by_month(observed, chosen, report.tables["submissions"], months, report.settings).assign(unit_id=unit)


def trend(report: PeriodReport, indicator: str, months: pd.DataFrame) -> Chart:
    """An indicator month by month, from :func:`months_of_unit`; without monthly values the chart says so."""
    rows = months[months["indicator"] == indicator]
    found = report.settings.indicator(indicator)
    caption = found.label + "".join(f": {labels(report).place(unit)}" for unit in rows["unit_id"].unique())
    breaks = report.settings.project.breaks
    return charts.run_chart(rows, labels(report), breaks=breaks, cumulative=found.type == "C", caption=caption)


def school_rows(report: PeriodReport, indicator: str, group: str = "") -> pd.DataFrame:
    """One row per school with a value: the contract's columns, ``group`` and the group's ``median``; best first."""
    table = report.tables["indicators"]
    rows = table[(table["level"] == "school") & (table["period"] == report.period.key)]
    rows = rows[(rows["indicator"] == indicator) & rows["value"].notna()]
    groups = report.tables["schools"].set_index("school_id")["group"]
    rows = rows.assign(group=rows["unit_id"].map(groups))
    rows = rows[rows["group"] == group] if group else rows
    medians = report.tables["group_medians"].query("indicator == @indicator").set_index("group")["median"]
    rows = rows.assign(median=rows["group"].map(medians))
    return rows.sort_values(["value", "unit_id"], ascending=[not _higher_is_better(report, indicator), True])


def _higher_is_better(report: PeriodReport, indicator: str) -> bool:
    return report.settings.indicator(indicator).direction != "down"


def spread(report: PeriodReport, indicator: str, group: str = "") -> Chart:
    """How the schools' values are distributed within groups."""
    caption = f"{report.settings.indicator(indicator).label}: распределение по школам"
    return charts.distribution(school_rows(report, indicator, group), labels(report), caption=caption)


def among_group(report: PeriodReport, indicator: str, group: str, school: str = "") -> Chart:
    """The schools of a group on one indicator, with intervals, target and the group's median."""
    rows = school_rows(report, indicator, group)
    found, names = report.settings.indicator(indicator), labels(report)
    caption = f"{found.label}: {names.place(group)}"
    for place, row in enumerate(rows.itertuples(), start=1):
        if row.unit_id == school:
            caption += f"; {names.place(school)} – {format_value(row.value, found, 'school')}, {place}-е из {len(rows)}"
    return charts.dot_plot(rows, names, caption=caption)


def reweighted(report: PeriodReport, group: str, weights: Mapping[str, float]) -> pd.DataFrame:
    """One row per ranked school of a group: ``school_id, score, place`` with the weights, and ``score_was, place_was``.

    ``weights``: by indicator code, instead of those of params; what is not named keeps weight 1.
    """
    table = report.tables["indicators"]
    now = table[table["period"] == report.period.key]
    inputs = score_inputs(now, report.tables["schools"], report.settings)
    changed = replace(inputs, weights=np.array([weights.get(one.code, 1.0) for one in inputs.indicators]))
    ranked = report.tables["rankings"]
    ranked = ranked[ranked["ranked"].astype(bool) & (ranked["group"] == group)].set_index("school_id")
    scores = pd.Series(changed.scores(), index=inputs.school_ids).reindex(ranked.index)
    frame = pd.DataFrame({"score": scores, "score_was": ranked["score"], "place_was": ranked["rank"]})
    frame = frame.assign(place=frame["score"].rank(ascending=False, method="min").astype("Int64"))
    return frame.rename_axis("school_id").reset_index().sort_values(["place", "school_id"]).reset_index(drop=True)


def ranking(report: PeriodReport, group: str, weights: Mapping[str, float]) -> Table:
    """The ranking of a group with other weights beside the ranking of the report."""
    frame = reweighted(report, group, weights)
    frame = frame.assign(
        school=frame["school_id"].map(report.school_names), moved=_moves(frame["place_was"] - frame["place"])
    )
    columns = [
        Column("school", "Учреждение"),
        Column("place", "Место", "place"),
        Column("place_was", "Место в отчёте", "place"),
        Column("moved", "Сдвиг", align="end"),
        Column("score", "Балл, %", "number"),
        Column("score_was", "Балл в отчёте, %", "number"),
    ]
    note = "Место зависит от весов; в отчёте – веса из params/project.yaml. Сдвиг вверх – «+»."
    caption = f"Распределение при выбранных весах: {labels(report).place(group)}"
    return Table(frame, columns, caption, note=note, row_header="school")


def _moves(difference: pd.Series) -> list[str]:
    signs = difference.fillna(0).astype(int)
    return ["0" if n == 0 else f"+{n}" if n > 0 else f"\u2212{-n}" for n in signs]


def missing(report: PeriodReport) -> Table | Paragraph:
    """Who has not sent the form of the period or of one of its months."""
    table = report.tables["submissions"]
    rows = table[table["status"] == "missing"]
    if rows.empty:
        return Paragraph("Все формы представлены.")
    rows = rows.sort_values(["school_id", "period"])
    titles = rows["period"].map(lambda key: report.settings.parse_period(key).title())
    frame = rows.assign(school=rows["school_id"].map(report.school_names), period=titles)
    columns = [Column("school", "Учреждение"), Column("period", "Период"), Column("due", "Срок", "date")]
    return Table(frame, columns, "Формы не представлены", row_header="school")


def findings(report: PeriodReport, school: str = "") -> Table | Paragraph:
    """Findings by kind for all schools; for one school each of them."""
    rows = report.tables["findings"]
    if not school:
        return findings_table(report) or Paragraph("Замечаний нет.")
    rows = rows[rows["school_id"] == school]
    if rows.empty:
        return Paragraph("К формам этой школы замечаний нет.")
    columns = [
        Column("severity", "Что сделать", "status"), Column("sheet", "Лист"), Column("cell", "Ячейка"),
        Column("found", "Найдено"), Column("expected", "Ожидалось"), Column("action", "Как исправить"),
    ]  # fmt: skip
    caption = f"Замечания: {report.school_names.get(school, school)}"
    return Table(rows, columns, caption, signals={"severity": SEVERITIES})
