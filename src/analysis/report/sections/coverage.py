"""«Источники, охват и качество данных»: who reported, when, and what was wrong with the forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from analysis.intake.rules import rule_text
from analysis.intake.submissions import REPORTED
from analysis.params.indicators import COMPUTED_MEASURES
from analysis.periods import month_of
from analysis.report.absence import reason_without_form
from analysis.report.blocks import KeyFact, KeyFacts, Paragraph
from analysis.report.numbers import NBSP, count_of, format_date, format_percent, full_stop, plural, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.values import join_words, unbroken
from analysis.report.tables import Column, Signal, Table

STATUSES: dict[str, Signal] = {
    "on_time": Signal("в срок", "good"),
    "late": Signal("с опозданием", "warn"),
    "returned": Signal("возвращена на исправление", "bad"),
    "missing": Signal("не представлена", "bad"),
    "not_due": Signal("не ожидается", "neutral"),
}
SEVERITIES = {
    "error": Signal("вернуть", "bad"),
    "query": Signal("уточнить", "warn"),
    "note": Signal("к сведению", "neutral"),
}
SPECIAL = "особые условия (ремонт, переезд, дистанционное обучение): показатели приведены, место не определяется"
CAME = {"on_time": "в срок", "late": "с опозданием", "returned": "на исправлении"}
NOT_REQUIRED = "Формы за этот период не требовались: данные – из прежних сведений."
MOST_NAMED = 8
LEAST_MONTHS = 3  # of which a habit can be told
NOT_BY_SCHOOL = "В этой редакции данные отдельных учреждений не приводятся."


def coverage_sentence(report: PeriodReport) -> Paragraph:
    """«Информацию за I полугодие 2022 года представили 44 из 46 ОУ (95,7 %)…»: late forms are among them."""
    counts = coverage_counts(report)
    if not counts["due"]:
        return Paragraph(NOT_REQUIRED)
    verb = plural(counts["in"], "представило", "представили", "представили")
    text = f"Информацию за {report.period.title()} {verb} {reported_words(counts)}."
    missing = _names(report, "missing")
    text += f" Формы нет: {some_names(missing)}." if missing else ""
    return Paragraph(text + _habits(report))


def _habits(report: PeriodReport) -> str:
    """Who sent no monthly form of the period at all, and who was late with most of them; only where schools are named."""
    rows = report.submissions
    rows = rows[rows["period"].isin([month.key for month in report.period.months()]) & (rows["status"] != "not_due")]
    if rows.empty:
        return ""
    counts = pd.crosstab(rows["school_id"], rows["status"]).reindex(columns=list(STATUSES), fill_value=0)
    counts = counts.assign(n=counts.sum(axis=1)).query("n >= @LEAST_MONTHS")
    never, often = counts[counts["missing"] == counts["n"]], counts[counts["late"] > counts["n"] / 2]
    parts = []
    for words, own, status in (
        ("ни одной ежемесячной формы", never, "missing"),
        ("больше половины с опозданием", often, "late"),
    ):
        names = [f"{_name(report, row.Index)} ({getattr(row, status)} из {row.n})" for row in own.itertuples()]
        parts += [f"{words} – {some_names(names)}"] if names else []
    return full_stop(f" За период: {'; '.join(parts)}") if parts else ""


def reported_words(counts: Mapping[str, int]) -> str:
    """«47 из 48 ОУ (97,9 %): 44 в срок, 2 с опозданием, 1 на исправлении»; «48 из 48 ОУ (100,0 %), все в срок»."""
    came = counts["in"]
    text = f"{came} из {counts['due']} ОУ ({format_percent(100 * came / counts['due'])})"
    parts = [(counts[status], words) for status, words in CAME.items() if counts[status]]
    if len(parts) == 1:
        return f"{text}, {'все ' if came > 1 else ''}{parts[0][1]}"
    return f"{text}: {', '.join(f'{n}{NBSP}{words}' for n, words in parts)}" if parts else text


def some_names(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """«а, б и в»; of many the first and how many more."""
    if len(names) <= most:
        return join_words(list(names))
    return f"{', '.join(names[:most])} и ещё {len(names) - most}"


def coverage_facts(report: PeriodReport) -> KeyFacts:
    """The first numbers of every report: in, late, missing, findings."""
    counts = coverage_counts(report)
    errors, _ = findings_counts(report)["error"]
    returned = KeyFact(str(errors), _returned_words(errors), tone="warn" if errors else "good")
    if not counts["due"]:
        return KeyFacts([returned])
    return KeyFacts(
        [
            KeyFact(f"{counts['in']} из {counts['due']}", "ОУ представили формы"),
            KeyFact(str(counts["late"]), "с опозданием", tone="warn" if counts["late"] else "good"),
            KeyFact(str(counts["missing"]), "не представили", tone="bad" if counts["missing"] else "good"),
            returned,
        ]
    )


def _returned_words(errors: int) -> str:
    return f"{plural(errors, 'замечание', 'замечания', 'замечаний')} на исправление"


def coverage_counts(report: PeriodReport) -> dict[str, int]:
    """Schools by status of the period's form, plus ``in`` (reported) and ``due`` (expected)."""
    table = report.tables["coverage"]
    known = table[table["period"] == report.period.key].set_index("status")["n"]
    counts = {status: int(known.get(status, 0)) for status in STATUSES}
    return counts | {"in": sum(counts[status] for status in REPORTED), "due": sum(counts.values()) - counts["not_due"]}


def findings_counts(report: PeriodReport) -> dict[str, tuple[int, int]]:
    """Severity → findings, schools."""
    table = report.tables["coverage"]
    rows = table[table["period"] == ""].set_index("status")
    return {name: (int(rows["n"].get(name, 0)), int(rows["n_schools"].get(name, 0))) for name in SEVERITIES}


def _names(report: PeriodReport, status: str) -> list[str]:
    rows = report.submissions_of_period()
    return [_name(report, school_id) for school_id in sorted(rows.loc[rows["status"] == status, "school_id"])]


def _name(report: PeriodReport, school_id: str) -> str:
    return unbroken(report.school_names.get(school_id, school_id))


def due_sentence(report: PeriodReport) -> Paragraph:
    """The window, the cut-off as ordered and as moved off a day off, and the state date of a year."""
    period = report.period
    if not period.first_due:
        return Paragraph(f"Отчётный период: {full_stop(period.window_title())} Это базовый период: сроков он не имел.")
    text = f"Отчётный период: {full_stop(period.window_title())} Срок представления: {format_date(period.cutoff)}"
    if period.due != period.cutoff:
        text += f" (выходной день, срок перенесён на {format_date(period.due)})"
    text = full_stop(text)
    if period.kind == "year":
        text += (
            f" Годовые значения даны по состоянию на {format_date(period.as_of)}; представленные до этой даты "
            "считаются ожидаемыми и уточняются после неё."
        )
    if not report.baseline.first_due and city_rows(report)["baseline_value"].notna().any():
        text += (
            f" Сравнение – с {report.baseline.title('instrumental')}: мониторинга тогда ещё не было, данные – из прежних "
            "сведений учреждений."
        )
    return Paragraph(text)


def next_due(report: PeriodReport) -> str:
    """When the next form is due: until then missing and returned ones are waited for."""
    following = month_of(report.period.end + timedelta(days=1), report.period.rules)
    return format_date(following.due)


def excluded_table(report: PeriodReport) -> Table | Paragraph:
    """Schools without data or under special conditions, with the reason: never silently left out."""
    rows = report.submissions_of_period()
    if rows.empty:
        return Paragraph(NOT_BY_SCHOOL, role="note")
    reasons = [(row.school_id, _reason(report, row)) for row in rows.itertuples()] + closed_schools(report)
    frame = pd.DataFrame(sorted(reasons), columns=["school_id", "reason"])
    frame = frame[frame["reason"] != ""].assign(school=lambda known: known["school_id"].map(report.school_names))
    columns = [Column("school", "Учреждение"), Column("reason", "Почему")]
    return Table(frame, columns, "Учреждения, данные которых вошли не во все расчёты", row_header="school")


def _reason(report: PeriodReport, row: Any) -> str:
    own = report.values_of_school(row.school_id)
    special = SPECIAL if (own["status"] == "special_conditions").any() else ""
    if _has_data(report, own):
        return special or _new_school(report, row.school_id)
    return reason_without_form(row.status, _school(report, row.school_id), report.period) or special


def _new_school(report: PeriodReport, school_id: str) -> str:
    """A school that opened after the period of comparison has nothing to be compared with."""
    opened = pd.to_datetime(_school(report, school_id)["valid_from"])
    if pd.isna(opened) or opened.date() <= report.baseline.cutoff:
        return ""
    return f"учреждение открыто {format_date(opened.date())}: с {report.baseline.title('instrumental')} не сравнивается"


def _has_data(report: PeriodReport, own: pd.DataFrame) -> bool:
    """Did anything come from the school, by form or by import? Counts of forms are made from the register alone."""
    known = own.loc[own["status"] == "ok", "indicator"]
    return any(not set(report.settings.indicator(code).numerator) & set(COMPUTED_MEASURES) for code in known)


def closed_schools(report: PeriodReport) -> list[tuple[str, str]]:
    """School id and reason for the schools that closed in the period or since the one it is compared with."""
    schools = report.tables["schools"]
    closed = pd.to_datetime(schools["valid_to"])
    since, until = map(pd.Timestamp, (report.baseline.start, report.period.cutoff))
    gone = schools[(closed >= since) & (closed < until)]
    known = set(report.submissions_of_period()["school_id"])
    return [
        (school, reason_without_form(None, _school(report, school), report.period))
        for school in gone["school_id"]
        if school not in known
    ]


def _school(report: PeriodReport, school_id: str) -> pd.Series:
    return report.tables["schools"].set_index("school_id").loc[school_id]


def submissions_by_school(report: PeriodReport) -> Table | Paragraph:
    """One row per school: state, date received, days late, errors and queries; not for the public."""
    rows = report.submissions_of_period()
    if rows.empty:
        return Paragraph(NOT_BY_SCHOOL, role="note")
    rows = rows.assign(school=rows["school_id"].map(report.school_names)).sort_values("school_id")
    columns = [
        Column("school", "Учреждение"),
        Column("status", "Форма", "status"),
        Column("received_at", "Получена", "date"),
        Column("days_late", "Опоздание, дн.", "int"),
        Column("n_errors", "Вернуть", "int"),
        Column("n_queries", "Уточнить", "int"),
    ]
    return Table(
        rows, columns, "Представление форм", row_header="school", sortable=True, signals={"status": STATUSES}
    )  # fmt: skip


def findings_table(report: PeriodReport) -> Table | None:
    """How many findings of which kind, by rule; nothing when there are none to show."""
    findings = report.findings
    if findings.empty:
        return None
    grouped = findings.groupby(["severity", "rule"], sort=True)
    frame = grouped.agg(n=("rule", "size"), schools=("school_id", "nunique")).reset_index()
    frame = frame.assign(expected=[upper_first(rule_text(rule, report.settings)) for rule in frame["rule"]])
    frame = frame.assign(order=frame["severity"].map(list(SEVERITIES).index)).sort_values(["order", "rule"])
    columns = [
        Column("severity", "Что сделать", "status"),
        Column("expected", "Что ожидалось"),
        Column("rule", "Правило"),
        Column("n", "Замечаний", "int"),
        Column("schools", "Учреждений", "int"),
    ]
    return Table(frame, columns, "Замечания к данным", row_header="expected", signals={"severity": SEVERITIES})


def quality_sentence(report: PeriodReport) -> Paragraph:
    """One sentence on findings: how many values came back, how many need an answer."""
    counts = findings_counts(report)
    total = sum(n for n, _ in counts.values())
    if not total:
        return Paragraph("Замечаний к данным нет.")
    (errors, error_schools), (queries, query_schools) = counts["error"], counts["query"]
    notes = total - errors - queries
    parts = [f"на исправление – {errors} ({error_schools} ОУ)"] if errors else []
    parts += [f"на уточнение – {queries} ({query_schools} ОУ)"] if queries else []
    parts += [f"к сведению – {notes}" if parts else "только к сведению, исправлять и уточнять нечего"] if notes else []
    text = f"К данным есть {count_of(total, 'замечание', 'замечания', 'замечаний')}: {', '.join(parts)}."
    if errors:
        text += " Возвращённые значения в расчёт не вошли; они считаются отсутствующими, а не нулевыми."
    return Paragraph(text + _recalculated(report))


def _recalculated(report: PeriodReport) -> str:
    """What was corrected after the cut-off: figures given out before may differ."""
    schools = report.findings.loc[report.findings["rule"] == "B33", "school_id"].nunique()
    if not schools:
        return ""
    who = count_of(schools, "учреждение исправило", "учреждения исправили", "учреждений исправили")
    return f" Пересчитано: {who} данные после срока, прежний отчёт хранится отдельно."
