"""The charts of the reports: which rows each one gets. Drawing itself is in :mod:`analysis.report.charts`."""

from __future__ import annotations

import pandas as pd

from analysis.params.indicators import Level
from analysis.report import charts
from analysis.report.charts import Chart
from analysis.report.opening import PeriodReport
from analysis.report.sections.card import profile_rows
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.groups import group_values
from analysis.report.sections.levels import ranked_rows


def labels(report: PeriodReport) -> charts.Labels:
    """Names for codes, from params and the list of schools."""
    return charts.Labels.of(report.settings, report.tables["schools"])


def submissions(report: PeriodReport) -> Chart | None:
    """Schools × months of the window; the public edition has no such picture."""
    rows = report.submissions
    months = rows[rows["period"].isin([month.key for month in report.period.months()])]
    if report.edition == "public" or months.empty:
        return None
    groups = report.tables["schools"].set_index("school_id")["group"]
    months = months.assign(group=months["school_id"].map(groups)).sort_values(["group", "school_id", "period"])
    return charts.submission_matrix(months, labels(report), caption="Представление форм по месяцам")


def roadmap(report: PeriodReport) -> Chart | None:
    """Share of schools by status of each activity; the public edition has the table alone."""
    if report.edition == "public" or not report.settings.activities:
        return None
    return charts.roadmap_status(report.activities, labels(report), caption="Исполнение мероприятий: доли учреждений")


def slope(report: PeriodReport) -> Chart | None:
    """АППГ → now for the city; None where no indicator is known in both."""
    rows = report.changes[report.changes["level"] == "city"]
    if rows["baseline_value"].isna().all():
        return None
    rows = rows.assign(period=report.period.closing_year().key)
    caption = f"Город: {report.baseline.title()} и {report.period.closing_year().title()}"
    note = "По учреждениям, представившим данные за оба периода."
    return charts.slope_to_baseline(rows, labels(report), caption=caption, note=note)


def targets(report: PeriodReport) -> Chart:
    """City values against their targets."""
    rows = _judged_here(report, city_rows(report), "city").assign(unit_id="city")
    caption = f"Значения города и цели {report.period.calendar_year} года"
    return charts.bullet_bars(rows[rows["target"].notna()], labels(report), caption=caption)


def _judged_here(report: PeriodReport, rows: pd.DataFrame, level: Level) -> pd.DataFrame:
    """Without the indicators whose target is for a longer time than the report's."""
    return rows[rows["indicator"].map(lambda code: report.settings.indicator(code).is_scored(report.period, level))]


def group_heat(report: PeriodReport) -> Chart:
    """Attainment of targets by group."""
    rows = _judged_here(report, group_values(report), "group")
    rows = rows[rows["target"].notna()].sort_values(["indicator", "unit_id"])
    return charts.heat_table(rows, labels(report), caption="Достижение целевых значений по группам, %")


def level_bars(report: PeriodReport) -> Chart | None:
    """Schools by level in each group."""
    if report.rankings.empty:
        return None
    return charts.levels_bar(report.rankings, labels(report), caption="Учреждения по уровню достижения показателей")


def place_intervals(report: PeriodReport) -> Chart | None:
    """Joint intervals of places, as in the table; in the meeting edition only where places may be shown."""
    rows = ranked_rows(report)
    hidden = report.edition == "meeting" and not report.settings.project.privacy.meeting_places
    if rows.empty or hidden or report.edition == "public":
        return None
    caption = "Места в группах с учётом случайных колебаний"
    return charts.caterpillar(rows, labels(report), joint=True, caption=caption)


def run_charts(report: PeriodReport) -> Chart | None:
    """The city by month for the broadest indicator that accumulates over the school year; None without one."""
    history = report.tables["indicator_history"]
    broad = [i for i in report.settings.indicators if i.type == "C" and i.code in set(history.get("indicator", ()))]
    if not broad:
        return None
    indicator = broad[0]
    rows = history[history["indicator"] == indicator.code]
    breaks = report.settings.project.breaks
    caption = f"{indicator.label}: город по месяцам, нарастающим итогом с 1 сентября"
    return charts.run_chart(rows, labels(report), breaks=breaks, cumulative=True, caption=caption)


def years(report: PeriodReport) -> Chart | None:
    """The city year by year with outside events marked; two years are a slope, not a run."""
    history = report.tables["indicator_history"]
    scored = [i for i in report.settings.indicators if i.type == "C" and i.code in set(history["indicator"])]
    if not scored or history["period"].nunique() < 3:
        return None
    rows = history[history["indicator"] == scored[0].code]
    caption = f"{scored[0].label}: город по годам"
    return charts.run_chart(rows, labels(report), breaks=report.settings.project.breaks, caption=caption)


def card_profile(report: PeriodReport) -> Chart:
    """The school's indicators: own value, target, median of the group."""
    return charts.card_profile(profile_rows(report), labels(report))
