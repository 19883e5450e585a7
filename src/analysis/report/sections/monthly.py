"""The monthly digest: key figures so far, events of the month, and what needs attention before the next form."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from analysis.periods import month_of
from analysis.report.blocks import Bullets, Paragraph
from analysis.report.charts_months import SCHOOL_YEAR_STARTS
from analysis.report.inline import Strong
from analysis.report.numbers import count_of, format_date, format_number, full_stop, is_missing, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.sections.conclusions import who_reported
from analysis.report.sections.coverage import coverage_counts, findings_counts
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.values import format_change, format_value, in_sentence, join_words
from analysis.report.tables import Column, Table

_NAMED = 3


def conclusions(report: PeriodReport) -> Bullets:
    """The same three answers as in the larger reports; a month has no tests, so differences are only told."""
    return Bullets(
        [
            [Strong("Кто отчитался. "), who_reported(report)],
            [Strong("Что изменилось. "), _what_changed(report)],
            [Strong("Что требует решения. "), _what_needs_decision(report)],
            *report.overrides.conclusions,
        ]
    )


def _what_changed(report: PeriodReport) -> str:
    """Against the month a year before; without it, against the month before, for what accumulates over the year."""
    rows = city_rows(report).set_index("indicator")
    since, gained = report.baseline, _differences(report, rows["value"], rows["baseline_value"], "CSF")
    if gained.empty and report.period.number != SCHOOL_YEAR_STARTS:
        since = month_of(report.period.start - timedelta(days=1), report.period.rules)
        history = report.tables["indicator_history"]
        before = history[history["period"] == since.key].set_index("indicator")["value"]
        gained = _differences(report, rows["value"], before, "C")
    if gained.empty:
        return "Сравнить не с чем: за прошлые месяцы данных нет."
    best = gained.sort_values(key=abs, ascending=False).head(_NAMED)
    indicators = [report.settings.indicator(code) for code in best.index]
    named = [
        f"{in_sentence(report, i.code)} ({format_change(change, i)})"
        for i, change in zip(indicators, best, strict=True)
    ]
    return f"Сравнение: {since.title()} – {report.period.title()}. Больше всего изменились: {join_words(named)}."


def _differences(report: PeriodReport, now: pd.Series, before: pd.Series, types: str) -> pd.Series:
    """Differences of the city's shares of the given types, in percentage points."""
    codes = [i.code for i in report.settings.indicators if i.unit == "percent" and i.type in types]
    pairs = [pd.to_numeric(values.reindex(codes), errors="coerce") for values in (now, before)]
    return (pairs[0] - pairs[1]).dropna()


def _what_needs_decision(report: PeriodReport) -> str:
    counts, findings = coverage_counts(report), findings_counts(report)
    todo = [
        f"{words} – {number} ОУ"
        for words, number in (
            ("представить форму", counts["missing"]),
            ("исправить возвращённую форму", counts["returned"]),
            ("ответить на вопросы по данным", findings["query"][1]),
        )
        if number
    ]
    if not todo:
        return "Требований к учреждениям нет."
    return full_stop(f"До {_next_due(report)} должны {'; '.join(todo)}")


def _next_due(report: PeriodReport) -> str:
    following = month_of(report.period.end + timedelta(days=1), report.period.rules)
    return format_date(following.due)


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
    for code, verb, words in (
        ("events", "провели", ("мероприятие", "мероприятия", "мероприятий")),
        ("pubs", "разместили", ("публикацию", "публикации", "публикаций")),
    ):
        own = [i for i in report.settings.indicators if i.numerator == (code,) and i.code in rows.index]
        if own and not is_missing(rows.loc[own[0].code, "numerator"]):
            parts.append(f"{verb} {count_of(int(rows.loc[own[0].code, 'numerator']), *words)}")
    text = f"За {report.period.title()} школы {join_words(parts)}." if parts else ""
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
    rows = report.submissions_of_period().assign(school=lambda r: r["school_id"].map(report.school_names))
    items = []
    for condition, text in (
        (rows["status"] == "missing", "представить форму"),
        (rows["status"] == "returned", "исправить возвращённую форму"),
        (rows["n_queries"].fillna(0) > 0, "ответить на вопросы по данным"),
    ):
        names = sorted(rows.loc[condition, "school"])
        if names:
            shown = ", ".join(names[:8]) + (f" и ещё {len(names) - 8}" if len(names) > 8 else "")
            items.append(f"{upper_first(text)} ({len(names)}): {shown}.")
    lead = f"Срок следующей формы – {full_stop(_next_due(report))} До этого дня нужно:"
    return Bullets(items, lead=lead) if items else Bullets([_what_needs_decision(report)])
