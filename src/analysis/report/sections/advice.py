"""Addressed recommendations: «действие – срок – показатель», in numbers of pupils to the target. Always drafts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from analysis.params.indicators import Level
from analysis.periods import next_working_day
from analysis.report.blocks import Block, Bullets, Paragraph
from analysis.report.charts_words import goal
from analysis.report.numbers import count_of, format_date, is_missing, lack_of, plural, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.sections.values import in_quotes
from analysis.report.tables import Column, Signal, Table
from analysis.settings import Indicator

ALL_SCHOOLS, SOME_SCHOOLS = "Все учреждения", "Отдельные учреждения"
DONE = {"done": Signal("исполнена", "good"), "open": Signal("не исполнена", "warn")}
NOT_DONE = "не выполнено"  # in place of a number, where a school only answers yes or no


@dataclass(frozen=True)
class Advice:
    """One recommendation: what to do, until when, for which indicator, and how much is lacking."""

    unit_id: str
    indicator: Indicator
    action: str
    due: date
    lacking: str
    weight: float  # points of attainment lacking: the order of urgency


def judged_units(report: PeriodReport, level: Level) -> pd.DataFrame:
    """Scored indicators of a level's units whose attainment is known, with the points lacking, worst first."""
    table = report.indicators
    rows = table[(table["level"] == level) & (table["period"] == report.period.key)]
    scored = {i.code for i in report.settings.indicators if i.is_scored(report.period, level)}
    rows = rows[rows["indicator"].isin(scored) & rows["attainment"].notna()]
    rows = rows.assign(lacking=100 - rows["attainment"])
    return rows.sort_values(["unit_id", "lacking", "indicator"], ascending=[True, False, True])


def gaps(report: PeriodReport, level: Level) -> pd.DataFrame:
    """Those of them that miss their target by the params' margin."""
    rows = judged_units(report, level)
    return rows[rows["lacking"] >= report.settings.project.decisions.gap_points]


def advice_for(report: PeriodReport, level: Level) -> list[Advice]:
    """The most urgent recommendations of every unit of a level, at most as many as params allow.

    To a group, too, only what is its schools' to do.
    """
    limit = report.settings.project.decisions.max_recommendations
    rows = gaps(report, level)
    of_schools = {i.code for i in report.settings.indicators if i.is_scored(report.period)}
    rows = rows[rows["indicator"].isin(of_schools)].groupby("unit_id", sort=True).head(limit)
    return [_advice(report, row) for row in rows.itertuples()]


def _advice(report: PeriodReport, row: Any) -> Advice:
    indicator = report.settings.indicator(row.indicator)
    return Advice(
        unit_id=row.unit_id,
        indicator=indicator,
        action=action_text(report, indicator),
        due=advice_due(report),
        lacking=lacking_text(indicator, row.numerator, row.denominator, row.target),
        weight=row.lacking,
    )


def advice_due(report: PeriodReport) -> date:
    """Until when recommendations are to be carried out: a working day."""
    day = report.date + timedelta(days=report.settings.project.decisions.due_after_days)
    return next_working_day(day, report.period.rules.holidays_country)


def action_text(report: PeriodReport, indicator: Indicator) -> str:
    """What the order itself offers to a school for the indicator: an activity that is the schools' own, or a clause."""
    names = {one.code: one.short_name for one in report.settings.activities if one.reported_by_schools}
    known = [code for code in indicator.activities if code in names]
    if known:
        listed = "; ".join(f"{code} {in_quotes(names[code])}" for code in known)
        word = "мероприятию" if len(known) == 1 else "мероприятиям"
        return f"внести в план меры по {word} {listed}"
    clause = f" (п.\u00a0{indicator.clauses[0]} приказа)" if indicator.clauses else ""
    actions = {
        "plan": "утвердить план мероприятий по повышению значений показателей",
        "resp": "назначить лицо, ответственное за мониторинг",
        "ok_forms": "наладить представление форм в срок и без возврата",
    }
    return actions.get(indicator.numerator[0], f"повысить показатель {in_quotes(indicator.short_name)}") + clause


def lacking_text(indicator: Indicator, numerator: float, denominator: float, target: float) -> str:
    """«37 обучающихся», «2 договоров»: of what there is too little; a count beats percentage points."""
    if any(is_missing(value) or isinstance(value, str) for value in (numerator, denominator, target)):
        return ""
    lacking = math.ceil(target * denominator / indicator.scale - numerator - 1e-9)
    if lacking <= 0:
        return ""
    if indicator.unit == "yes_no" and denominator == 1:
        return NOT_DONE
    return lack_of(lacking, indicator.counted)


def group_advice_table(report: PeriodReport) -> Table | None:
    """Recommendations to groups of schools, unless the analyst's replace them."""
    if report.overrides.recommendations_replace:
        return None
    advice = advice_for(report, "group")
    frame = _frame(report, advice)
    frame["unit"] = [report.group_labels.get(item.unit_id, item.unit_id) for item in advice]
    return Table(
        frame, _columns(), f"Адресные рекомендации группам учреждений (проект){_term(report)}", row_header="indicator",
        group_by="unit", note="Не хватает – разница между числом, нужным для цели, и достигнутым числом.",
    )  # fmt: skip


def school_advice(report: PeriodReport) -> Table | Paragraph | None:
    """The most urgent recommendation of every school in the working edition; elsewhere it stands in the card."""
    if report.overrides.recommendations_replace:
        return None
    if report.edition != "working":
        return Paragraph("Рекомендации каждому учреждению – в его карте.")
    advice = advice_for(report, "school")
    frame = _frame(report, advice)
    frame["unit"] = [report.school_names.get(item.unit_id, item.unit_id) for item in advice]
    frame = frame.groupby("unit", sort=False).head(1)
    return Table(
        frame, [Column("unit", "Учреждение"), *_columns()],
        f"Первоочередные рекомендации учреждениям (проект){_term(report)}", row_header="unit", sortable=True,
    )  # fmt: skip


def _term(report: PeriodReport) -> str:
    """The term of all recommendations, told once: a column of one date would only narrow the others."""
    return f". Срок – до {format_date(advice_due(report))}"


def _frame(report: PeriodReport, advice: list[Advice]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "action": [upper_first(item.action) for item in advice],
            "indicator": [item.indicator.label for item in advice],
            "target": [goal(item.indicator.target(report.period), item.indicator.unit) for item in advice],
            "lacking": [item.lacking for item in advice],
        }
    )


def _columns() -> list[Column]:
    return [
        Column("indicator", "Показатель"),
        Column("action", "Действие"),
        Column("target", "Цель", align="end"),
        Column("lacking", "Не хватает", align="end"),
    ]


def analysts_advice(report: PeriodReport) -> Bullets | None:
    """Recommendations the analyst wrote in params/periods/<PERIOD>.yaml."""
    written = report.overrides.recommendations
    return Bullets(written) if written else None


def given_recommendations(report: PeriodReport) -> Block | Table:
    """«Исполнение ранее данных рекомендаций»: what was due by the end of the period; single schools only in working."""
    table = report.tables["recommendations"]
    if table.empty:
        return Paragraph("Реестр ранее данных рекомендаций (recommendations.csv) не ведётся.")
    earlier = table[table["period"] < report.period.key]
    if earlier.empty:
        return Paragraph("Рекомендаций, данных до этого периода, в реестре нет.")
    done = earlier["done"].str.strip() != ""
    frame = earlier.assign(
        unit=[_addressee(report, unit) for unit in earlier["unit_id"]], state=done.map({True: "done", False: "open"})
    )
    columns = [Column("text", "Рекомендация"), Column("due", "Срок", "date"), Column("state", "Исполнение", "status")]
    verb = plural(int(done.sum()), "Исполнена", "Исполнено", "Исполнено")
    caption = f"{verb} {done.sum()} из {count_of(len(earlier), 'рекомендации', 'рекомендаций', 'рекомендаций')}"
    if report.edition == "public":
        caption += ", данных группам и всем учреждениям"
    if report.edition == "working":
        columns = [Column("unit", "Кому"), *columns]
        return Table(frame, columns, caption, row_header="unit", signals={"state": DONE})
    frame = frame.sort_values("unit", key=lambda units: units.map(_from_all_to_some), kind="stable")
    return Table(frame, columns, caption, row_header="text", group_by="unit", signals={"state": DONE})


def _addressee(report: PeriodReport, unit_id: str) -> str:
    if unit_id in report.group_labels:
        return f"Группа {report.group_labels[unit_id]}"
    if unit_id in ("", "city"):
        return ALL_SCHOOLS
    return report.school_names.get(unit_id, unit_id) if report.edition == "working" else SOME_SCHOOLS


def _from_all_to_some(addressee: str) -> str:
    return {ALL_SCHOOLS: "0", SOME_SCHOOLS: "2"}.get(addressee, f"1 {addressee}")
