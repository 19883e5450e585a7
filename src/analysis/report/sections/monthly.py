"""The monthly digest: key figures so far, events of the month, and what needs attention before the next form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pandas as pd

from analysis.intake.rules import rule_text
from analysis.periods import Period, month_of
from analysis.report.blocks import Bullets, Paragraph
from analysis.report.charts_months import SCHOOL_YEAR_STARTS
from analysis.report.charts_words import goal
from analysis.report.inline import Strong
from analysis.report.numbers import (
    count_of,
    format_number,
    full_stop,
    is_missing,
    lower_first,
    upper_first,
)
from analysis.report.opening import PeriodReport
from analysis.report.sections.conclusions import who_reported
from analysis.report.sections.coverage import (
    coverage_counts,
    due_sentence,
    findings_counts,
    next_due,
    quality_sentence,
    some_names,
)
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.values import (
    format_change,
    format_value,
    hidden_note,
    in_sentence,
    join_words,
    suppressed_or,
    unbroken,
)
from analysis.report.tables import Column, Table
from analysis.settings import Indicator

_NAMED = 3
LEAST_CHANGE = 0.05  # percentage points: less is printed as nothing


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
    if gained.empty:
        since, gained = _month_before(report), _gained(report, rows["value"])
    if gained.empty and report.period.number == SCHOOL_YEAR_STARTS:
        return f"Счёт нарастающим итогом начат заново 1 сентября; {lower_first(_no_baseline(report))}"
    if gained.empty:
        return "Сравнить не с чем: за прошлые месяцы данных нет."
    if not gained.abs().ge(LEAST_CHANGE).any():
        return f"По сравнению с {since.title('instrumental')} значения города не изменились."
    best = gained.sort_values(key=abs, ascending=False).head(_NAMED)
    indicators = [report.settings.indicator(code) for code in best.index]
    named = [
        f"{in_sentence(report, i.code)} ({format_change(change, i)})"
        for i, change in zip(indicators, best, strict=True)
    ]
    return f"По сравнению с {since.title('instrumental')} больше всего изменились: {join_words(named)}."


def _month_before(report: PeriodReport) -> Period:
    return month_of(report.period.start - timedelta(days=1), report.period.rules)


def _gained(report: PeriodReport, now: pd.Series) -> pd.Series:
    """By how much the cumulative shares of the city grew over the month; empty for the month that opens the count."""
    if report.period.number == SCHOOL_YEAR_STARTS:
        return pd.Series(dtype=float)
    history = report.tables["indicator_history"]
    before = history[history["period"] == _month_before(report).key].set_index("indicator")["value"]
    return _differences(report, now, before, "C")


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
        return "Исправлять и досылать учреждениям нечего."
    return full_stop(f"До {next_due(report)} нужно: {'; '.join(todo)}")


def forms(report: PeriodReport) -> Paragraph:
    """The window and the term; who was late and by how much, where schools are named."""
    rows = report.submissions_of_period()
    late = rows[rows["status"] == "late"].sort_values(["days_late", "school_id"], ascending=[False, True])
    days = [
        f"{unbroken(report.school_names.get(row.school_id, row.school_id))} – на "
        f"{count_of(int(row.days_late), 'день', 'дня', 'дней')}"
        for row in late.itertuples()
    ]
    named = f" С опозданием: {some_names(days)}." if days else ""
    return Paragraph(str(due_sentence(report).text) + named)


def quality(report: PeriodReport) -> Paragraph:
    """How many findings there are, and which is the most frequent of those that need an answer."""
    text = str(quality_sentence(report).text)
    asked = report.findings[report.findings["severity"].isin(["error", "query"])]
    counts = asked.groupby("rule", sort=True).size().sort_values(ascending=False, kind="stable")
    if counts.empty or counts.iloc[0] == 1:
        return Paragraph(text)
    rule = upper_first(rule_text(str(counts.index[0]), report.settings))
    return Paragraph(f"{text} Чаще всего: «{rule}» – {counts.iloc[0]}.")


def key_figures_table(report: PeriodReport) -> Table:
    """Indicators of the month: value, gain of the month, a year before, target; the activity and how many took part."""
    rows = city_rows(report)
    indicators = [report.settings.indicator(code) for code in rows["indicator"]]
    gained = _gained(report, rows.set_index("indicator")["value"]).reindex(rows["indicator"])
    frame = pd.DataFrame(
        {
            "name": [i.label for i in indicators],
            "activity": [", ".join(i.activities) for i in indicators],
            "total": [_total(number) for number in rows["numerator"]],
            "n_schools": rows["n_schools"],
            "value": _written(suppressed_or(rows, "value"), indicators),
            "gained": [format_change(v, i) for v, i in zip(gained, indicators, strict=True)],
            "before": _written(rows["baseline_value"], indicators),
            "target": [goal(value, i.unit) for value, i in zip(rows["target"], indicators, strict=True)],
        }
    )
    columns = [
        Column("name", "Показатель"),
        Column("activity", "Пункт", blank=True),
        Column("total", "Число", align="end"),
        Column("n_schools", "ОУ", "int"),
        Column("value", _short(report.period), align="end"),
        *([Column("gained", "За месяц", align="end")] if gained.notna().any() else []),
        *([Column("before", _short(report.baseline), align="end")] if rows["baseline_value"].notna().any() else []),
        Column("target", f"Цель {report.period.calendar_year} г.", align="end"),
    ]
    return Table(
        frame,
        columns,
        f"Показатели города, {report.period.title()}",
        row_header="name",
        note=hidden_note(frame).strip(),
    )


def _short(month: Period) -> str:
    return month.title().removesuffix(" года")


def _written(values: Iterable[object], indicators: list[Indicator]) -> list[str]:
    return [format_value(value, indicator) for value, indicator in zip(values, indicators, strict=True)]


def _total(numerator: object) -> str:
    return numerator if isinstance(numerator, str) else format_number(numerator, 0)


def figures_sentence(report: PeriodReport) -> Paragraph:
    """How to read the key figures: which are of the month alone, what the targets are for, what is compared."""
    rows = city_rows(report)
    flows = [code for code in rows["indicator"] if report.settings.indicator(code).type == "F"]
    text = "Цели – на конец учебного года: до него значение ниже цели – ещё не отставание. "
    text += f"{join_words(flows)} – за месяц. " if flows else ""
    compared = "Разница с прошлым годом здесь не проверяется."
    return Paragraph(text + (compared if rows["baseline_value"].notna().any() else _no_baseline(report)))


def _no_baseline(report: PeriodReport) -> str:
    return f"За {report.baseline.title()} данных для сравнения нет."


def events_sentence(report: PeriodReport) -> Paragraph:
    """Events and publications of the month."""
    rows = city_rows(report).set_index("indicator")
    parts: list[str] = []
    for code, verb, words in (
        ("events", "провели", ("мероприятие", "мероприятия", "мероприятий")),
        ("pubs", "разместили", ("публикацию", "публикации", "публикаций")),
    ):
        own = [i for i in report.settings.indicators if i.numerator == (code,) and i.code in rows.index]
        if own and not is_missing(rows.loc[own[0].code, "numerator"]):
            clauses = join_words(list(own[0].activities))
            where = f" (п.\u00a0{clauses})" if clauses else ""
            parts.append(f"{verb} {count_of(int(rows.loc[own[0].code, 'numerator']), *words)}{where}")
    if not parts:
        return Paragraph("Школы не представили сведений о мероприятиях месяца.")
    return Paragraph(f"За {report.period.title()} школы {join_words(parts)}.")


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
            items.append(f"{upper_first(text)} ({len(names)}): {some_names([unbroken(name) for name in names])}.")
    lead = f"Срок следующей формы – {full_stop(next_due(report))} До этого дня нужно:"
    return Bullets(items, lead=lead) if items else Bullets([_what_needs_decision(report)])
