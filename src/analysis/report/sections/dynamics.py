"""«Динамика показателей»: the city now, a year before, the target, and what changed beyond usual fluctuation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.periods import Period
from analysis.report.blocks import Bullets, Paragraph
from analysis.report.charts_words import goal
from analysis.report.numbers import count_of, format_percent, full_stop, is_missing, whole_attainment
from analysis.report.opening import PeriodReport
from analysis.report.sections.values import (
    VERDICTS,
    format_change,
    format_value,
    hidden_note,
    in_sentence,
    join_words,
    span,
    spoken_change,
    suppressed_or,
)
from analysis.report.tables import Column, Table

NEEDS_ATTENTION = 100.0  # attainment below this: the target is not reached


def city_rows(report: PeriodReport, level: str = "city", unit: str = "city") -> pd.DataFrame:
    """One row per indicator of a unit: value, baseline value, change, target, attainment, verdict, as numbers.

    ``value`` and ``baseline_value`` use every school that reported; ``change`` the schools of both periods.
    """
    now = report.indicators[(report.indicators["level"] == level) & (report.indicators["unit_id"] == unit)]
    before = now[now["period"] == report.baseline.key].set_index("indicator")
    now = now[now["period"] == report.period.key].set_index("indicator")
    changes = report.changes[(report.changes["level"] == level) & (report.changes["unit_id"] == unit)]
    changes = changes.set_index("indicator")[["change", "ci_low", "ci_high", "p_adjusted", "n_pairs", "verdict"]]
    changes = changes.add_prefix("change_").rename(columns={"change_change": "change", "change_verdict": "verdict"})
    rows = now.assign(baseline_value=before["value"].reindex(now.index)).join(changes)
    return rows[rows["status"] != "not_applicable"].reset_index()


def dynamics_table(report: PeriodReport) -> Table:
    """The city's indicators: АППГ → now, change, target, attainment, verdict."""
    rows = city_rows(report)
    rows["attainment"] = rows["attainment"].where(rows["indicator"].isin(judged(report)["indicator"]))
    indicators = [report.settings.indicator(code) for code in rows["indicator"]]
    frame = pd.DataFrame(
        {
            "name": [i.label for i in indicators],
            "before": [format_value(v, i) for v, i in zip(rows["baseline_value"], indicators, strict=True)],
            "now": [format_value(v, i) for v, i in zip(suppressed_or(rows, "value"), indicators, strict=True)],
            "change": [format_change(v, i) for v, i in zip(rows["change"], indicators, strict=True)],
            "target": [goal(v, i.unit) for v, i in zip(rows["target"], indicators, strict=True)],
            "attainment": rows["attainment"].map(whole_attainment),
            "verdict": rows["verdict"],
        }
    )
    columns = [
        Column("name", "Показатель"),
        Column("before", _short(report.baseline), align="end"),
        Column("now", _short(report.period), align="end"),
        Column("change", "Изменение", align="end"),
        Column("target", "Цель", align="end"),
        Column("attainment", "Достижение цели", "percent", digits=0),
        Column("verdict", "Вывод", "status"),
    ]
    return Table(
        frame, columns, f"Показатели города, {report.period.title()}", row_header="name",
        note=panel_note(report, rows) + yearly_note(report, rows) + hidden_note(frame),
        signals={"verdict": VERDICTS},
    )  # fmt: skip


def _short(period: Period) -> str:
    return period.title().replace("полугодие", "п/г").replace(" года", "").replace(" год", "")


def panel_note(report: PeriodReport, rows: pd.DataFrame) -> str:
    """Which schools the changes are about, and what the verdict means."""
    compared = pairs_span(rows["change_n_pairs"])
    if not compared:
        return no_comparison(report, rows)
    hidden = bool((rows["change"].isna() & rows["value"].notna() & rows["baseline_value"].notna()).any())
    return (
        f"Изменение рассчитано по ОУ, представившим данные за оба периода{compared}, поэтому может отличаться от "
        "разности столбцов. «Рост» и «снижение» – изменение больше обычных колебаний от школы к школе "
        "(с поправкой на число показателей). Справочные показатели и ответы «да» и «нет» не проверяются."
        + (" Прочерк в изменении: разность не приводится, чтобы по ней нельзя было узнать малые числа." * hidden)
    )


def yearly_note(report: PeriodReport, rows: pd.DataFrame) -> str:
    """Which targets are for the whole year, where the period is shorter: part of a year cannot miss them."""
    indicators = [report.settings.indicator(code) for code in rows.loc[rows["target"].notna(), "indicator"]]
    codes = [one.code for one in indicators if not one.informational and not one.is_scored(report.period, "city")]
    if not codes or report.period.kind != "half":
        return ""
    return f" Цели {join_words(codes)} – на весь год: за полугодие их достижение ещё не оценивается."


def pairs_span(n_pairs: pd.Series) -> str:
    """« (от 42 до 46 ОУ)»: how many schools the changes compare; empty where there are none."""
    pairs = n_pairs.dropna()
    pairs = pairs[pairs > 0].astype(int)
    if pairs.empty:
        return ""
    return f" ({span(pairs.min(), pairs.max())}\u00a0ОУ)"


def change_bullets(report: PeriodReport) -> Bullets:
    """What grew, what fell, what stayed, each with its numbers."""
    rows = city_rows(report)
    items = []
    for verdict, one, many in (("up", "Вырос", "Выросли"), ("down", "Снизился", "Снизились")):
        found = rows[rows["verdict"] == verdict].sort_values("change", key=abs, ascending=False)
        if len(found):
            named = "; ".join(_named_change(report, row) for row in found.itertuples())
            start = f"{one} 1 показатель" if len(found) == 1 else f"{many} ({len(found)})"
            items.append(full_stop(f"{start}: {named}"))
    steady = int((rows["verdict"] == "no_clear_change").sum())
    if steady:
        words = count_of(steady, "показатель", "показателя", "показателей")
        items.append(f"Без явных изменений – {words}: разница не больше обычных колебаний от школы к школе.")
    return Bullets(items or [no_comparison(report, rows)])


def no_comparison(report: PeriodReport, rows: pd.DataFrame) -> str:
    """Why no change is told: nothing to compare with, or too few schools in both periods."""
    if rows["baseline_value"].notna().any():
        other = report.baseline.title("instrumental")
        return f"Изменения по сравнению с {other} не оценивались: школ с данными за оба периода слишком мало."
    return f"Сравнить не с чем: за {report.baseline.title()} данных нет."


def _named_change(report: PeriodReport, row: Any) -> str:
    indicator = report.settings.indicator(row.indicator)
    return f"{in_sentence(report, row.indicator)} – на {spoken_change(row.change, indicator)}"


def below_target(report: PeriodReport) -> pd.DataFrame:
    """City rows that miss their target, worst first; informational indicators have none."""
    known = judged(report)
    missed = known[known["attainment"] < NEEDS_ATTENTION]
    return missed.sort_values(["attainment", "indicator"]).reset_index(drop=True)


def judged(report: PeriodReport) -> pd.DataFrame:
    """City rows of the indicators scored in this kind of period whose attainment is known."""
    rows = city_rows(report)
    judged_here = {i.code for i in report.settings.indicators if i.is_scored(report.period, "city")}
    scored = rows[rows["indicator"].isin(judged_here)]
    return scored[~scored["attainment"].map(is_missing)]


def target_sentence(report: PeriodReport) -> Paragraph:
    """How many of the indicators scored in this kind of period reached the target."""
    known = judged(report)
    if known.empty:
        return Paragraph("Показателей, по которым в этом периоде оценивается достижение цели, нет.")
    reached = int((known["attainment"] >= NEEDS_ATTENTION).sum())
    words = count_of(len(known), "показателя", "показателей", "показателей")
    text = f"Цель {report.period.calendar_year} года достигнута по {reached} из {words}"
    missed = below_target(report)
    if missed.empty:
        return Paragraph(text + ".")
    named = [
        f"{in_sentence(report, row.indicator)} ({format_percent(whole_attainment(row.attainment), 0)} цели)"
        for row in missed.head(3).itertuples()
    ]
    return Paragraph(f"{text}. Дальше всего от цели: {join_words(named)}.")
