"""The monthly digest: key figures so far, events of the month, and what needs attention before the next form."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from analysis.periods import month_of
from analysis.report.blocks import Bullets, Paragraph
from analysis.report.numbers import count_of, format_date, format_number, full_stop, is_missing
from analysis.report.opening import PeriodReport
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.values import format_change, format_value
from analysis.report.tables import Column, Table


def key_figures_table(report: PeriodReport) -> Table:
    """Indicators of the month, cumulative since September: value, a year before, target of the year."""
    rows = city_rows(report)
    indicators = [report.settings.indicator(code) for code in rows["indicator"]]
    difference = rows["value"] - rows["baseline_value"]
    frame = pd.DataFrame(
        {
            "name": [i.label for i in indicators],
            "value": [format_value(v, i) for v, i in zip(rows["value"], indicators, strict=True)],
            "before": [format_value(v, i) for v, i in zip(rows["baseline_value"], indicators, strict=True)],
            "change": [format_change(v, i) for v, i in zip(difference, indicators, strict=True)],
            "target": [format_value(v, i) for v, i in zip(rows["target"], indicators, strict=True)],
            "n_schools": rows["n_schools"],
        }
    )
    has_before = rows["baseline_value"].notna().any()
    before = [
        Column("before", report.baseline.title().removesuffix(" года"), align="end"),
        Column("change", "Разница", align="end"),
    ]
    columns = [
        Column("name", "Показатель"),
        Column("value", report.period.title().removesuffix(" года"), align="end"),
        *(before if has_before else []),
        Column("target", f"Цель {report.period.calendar_year} г.", align="end"),
        Column("n_schools", "ОУ", "int"),
    ]
    compared = "Разница с прошлым годом здесь не проверяется." if has_before else _no_baseline(report)
    return Table(
        frame, columns, "Ключевые показатели нарастающим итогом с 1 сентября", row_header="name",
        note="Цель установлена на конец учебного года: в первые месяцы показатель нарастающим итогом ниже её, и это не "
        f"отставание. {compared}",
    )  # fmt: skip


def _no_baseline(report: PeriodReport) -> str:
    return f"Сравнить с прошлым годом нельзя: за {report.baseline.title()} данных нет."


def events_sentence(report: PeriodReport) -> Paragraph:
    """Events and publications of the month."""
    rows = city_rows(report).set_index("indicator")
    parts = []
    for code, words in (
        ("events", ("мероприятие", "мероприятия", "мероприятий")),
        ("pubs", ("публикация", "публикации", "публикаций")),
    ):
        own = [i for i in report.settings.indicators if i.numerator == (code,) and i.code in rows.index]
        if own and not is_missing(rows.loc[own[0].code, "numerator"]):
            parts.append(count_of(int(rows.loc[own[0].code, "numerator"]), *words))
    text = f"За {report.period.title()} школы провели и опубликовали: {', '.join(parts)}." if parts else ""
    return Paragraph(text or "Школы не представили сведений о мероприятиях месяца.")


def events_by_activity(report: PeriodReport) -> Table:
    """Indicators of the month by the roadmap activity they belong to."""
    rows = city_rows(report).set_index("indicator")
    lines = []
    for activity in report.settings.activities:
        for indicator in report.settings.indicators:
            if indicator.activities[:1] != (activity.code,) or indicator.code not in rows.index:
                continue
            row = rows.loc[indicator.code]
            total = row["numerator"]
            lines.append(
                {
                    "activity": activity.label,
                    "indicator": indicator.short_name,
                    "total": total if isinstance(total, str) else format_number(total, 0),
                    "schools": row["n_schools"],
                }
            )
    columns = [
        Column("activity", "Мероприятие «дорожной карты»"),
        Column("indicator", "Показатель"),
        Column("total", "Всего", align="end"),
        Column("schools", "ОУ", "int"),
    ]
    frame = pd.DataFrame(lines, columns=["activity", "indicator", "total", "schools"])
    return Table(frame, columns, "Что сделано по пунктам «дорожной карты»", row_header="activity")


def attention(report: PeriodReport) -> Bullets:
    """What must happen before the next form is due: missing forms, returned values, unanswered questions."""
    following = month_of(report.period.end + timedelta(days=1), report.period.rules)
    rows = report.submissions_of_period().assign(school=lambda r: r["school_id"].map(report.school_names))
    items = []
    for condition, text in (
        (rows["status"] == "missing", "представить форму"),
        (rows["n_errors"].fillna(0) > 0, "исправить возвращённые значения"),
        (rows["n_queries"].fillna(0) > 0, "ответить на вопросы по данным"),
    ):
        names = sorted(rows.loc[condition, "school"])
        if names:
            shown = ", ".join(names[:8]) + (f" и ещё {len(names) - 8}" if len(names) > 8 else "")
            items.append(f"{text[:1].upper()}{text[1:]} ({len(names)}): {shown}.")
    lead = f"Срок следующей формы – {full_stop(format_date(following.due))} До этого дня нужно:"
    return Bullets(items, lead=lead) if items else Bullets(["Требований к учреждениям нет."])
