"""«Источники, охват и качество данных»: who reported, when, and what was wrong with the forms."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.intake.rules import rule_text
from analysis.intake.submissions import REPORTED
from analysis.report.blocks import Block, KeyFact, KeyFacts, Paragraph
from analysis.report.numbers import count_of, format_date, format_percent, full_stop
from analysis.report.opening import PeriodReport
from analysis.report.sections.values import join_words
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
NOT_BY_SCHOOL = "В этой редакции данные отдельных учреждений не приводятся."


def coverage_sentence(report: PeriodReport) -> Paragraph:
    """«По состоянию на 20 июня 2022 г. информацию представили 44 из 46 ОУ (95,7 %)…»."""
    counts = coverage_counts(report)
    share = 100 * counts["in"] / counts["due"] if counts["due"] else None
    parts = [f"в срок – {counts['on_time']}"]
    parts += [f"с опозданием – {counts['late']}"] if counts["late"] else []
    parts += [f"возвращены на исправление – {counts['returned']}"] if counts["returned"] else []
    text = (
        f"По состоянию на {format_date(report.date)} информацию за {report.period.title()} представили "
        f"{counts['in']} из {counts['due']} ОУ ({format_percent(share)}): {', '.join(parts)}."
    )
    missing = _names(report, "missing")
    return Paragraph(text + (f" Не представили: {join_words(missing)}." if missing else ""))


def coverage_facts(report: PeriodReport) -> KeyFacts:
    """The first numbers of every report: in, late, missing, findings."""
    counts = coverage_counts(report)
    errors, _ = _findings_counts(report)["error"]
    return KeyFacts(
        [
            KeyFact(f"{counts['in']} из {counts['due']}", "ОУ представили формы"),
            KeyFact(str(counts["late"]), "с опозданием", tone="warn" if counts["late"] else "good"),
            KeyFact(str(counts["missing"]), "не представили", tone="bad" if counts["missing"] else "good"),
            KeyFact(str(errors), "значений возвращено на исправление", tone="warn" if errors else "good"),
        ]
    )


def coverage_counts(report: PeriodReport) -> dict[str, int]:
    """Schools by status of the period's form, plus ``in`` (reported) and ``due`` (expected)."""
    table = report.tables["coverage"]
    known = table[table["period"] == report.period.key].set_index("status")["n"]
    counts = {status: int(known.get(status, 0)) for status in STATUSES}
    return counts | {"in": sum(counts[status] for status in REPORTED), "due": sum(counts.values()) - counts["not_due"]}


def _findings_counts(report: PeriodReport) -> dict[str, tuple[int, int]]:
    """Severity → findings, schools."""
    table = report.tables["coverage"]
    rows = table[table["period"] == ""].set_index("status")
    return {name: (int(rows["n"].get(name, 0)), int(rows["n_schools"].get(name, 0))) for name in SEVERITIES}


def _names(report: PeriodReport, status: str) -> list[str]:
    rows = report.submissions_of_period()
    ids = sorted(rows.loc[rows["status"] == status, "school_id"])
    return [report.school_names.get(school_id, school_id) for school_id in ids]


def due_sentence(report: PeriodReport) -> Paragraph:
    """The window, the cut-off as ordered and as moved off a day off, and the state date of a year."""
    period = report.period
    text = f"Отчётный период: {full_stop(period.window_title())} Срок представления: {format_date(period.cutoff)}"
    if period.due != period.cutoff:
        text += f" (выходной день, срок перенесён на {format_date(period.due)})"
    text = full_stop(text)
    if period.kind == "year":
        text += (
            f" Годовые значения даны по состоянию на {format_date(period.as_of)}; представленные до этой даты "
            "считаются ожидаемыми и уточняются после неё."
        )
    return Paragraph(text)


def excluded_table(report: PeriodReport) -> Table | Paragraph:
    """Schools without data or under special conditions, with the reason: never silently left out."""
    rows = report.submissions_of_period()
    if rows.empty:
        return Paragraph(NOT_BY_SCHOOL, role="note")
    reasons = [(row.school_id, _reason(report, row)) for row in rows.itertuples()] + closed_schools(report)
    frame = pd.DataFrame(sorted(reasons), columns=["school_id", "reason"])
    frame = frame[frame["reason"] != ""].assign(school=lambda known: known["school_id"].map(report.school_names))
    columns = [Column("school", "Учреждение"), Column("reason", "Почему данных нет или они не сравниваются")]
    return Table(frame, columns, "Учреждения, не вошедшие в сравнение", row_header="school")


def _reason(report: PeriodReport, row: Any) -> str:
    if row.status == "missing":
        return "форма не представлена"
    if row.status == "not_due":
        return _closed_reason(report, row.school_id)
    special = report.indicators
    own = special[(special["unit_id"] == row.school_id) & (special["status"] == "special_conditions")]
    return "особые условия (ремонт, перевод, дистанционное обучение): показано, но не распределяется" * (len(own) > 0)


def closed_schools(report: PeriodReport) -> list[tuple[str, str]]:
    """School id and reason for the schools that closed in the period or since the one it is compared with."""
    schools = report.tables["schools"]
    closed = pd.to_datetime(schools["valid_to"])
    gone = schools[(closed < pd.Timestamp(report.period.cutoff)) & (closed >= pd.Timestamp(report.baseline.start))]
    known = set(report.submissions_of_period()["school_id"])
    return [(school, _closed_reason(report, school)) for school in gone["school_id"] if school not in known]


def _closed_reason(report: PeriodReport, school_id: str) -> str:
    schools = report.tables["schools"].set_index("school_id")
    closed, opened = (pd.to_datetime(schools.loc[school_id, name]) for name in ("valid_to", "valid_from"))
    if pd.notna(closed) and closed.date() < report.period.cutoff:
        return f"закрыта {format_date(closed.date())}"
    if pd.notna(opened) and opened.date() > report.period.cutoff:
        return f"открыта {format_date(opened.date())}"
    return "форма за этот период не требовалась"


def submissions_by_school(report: PeriodReport, only_open: bool = False) -> Table | Paragraph:
    """One row per school: state, date received, days late, errors and queries; not for the public.

    ``only_open`` leaves out the schools whose form came on time and needs no answer.
    """
    rows = report.submissions_of_period()
    if rows.empty:
        return Paragraph(NOT_BY_SCHOOL, role="note")
    if only_open:
        rows = rows[(rows["status"] != "on_time") | (rows[["n_errors", "n_queries"]].fillna(0).sum(axis=1) > 0)]
    if rows.empty:
        return Paragraph("Все формы пришли в срок, вопросов к ним нет.")
    caption = "Формы, к которым есть вопросы" if only_open else "Представление форм"
    rows = rows.assign(school=rows["school_id"].map(report.school_names)).sort_values("school_id")
    columns = [
        Column("school", "Учреждение"),
        Column("status", "Форма", "status"),
        Column("received_at", "Получена", "date"),
        Column("days_late", "Опоздание, дн.", "int"),
        Column("n_errors", "Вернуть", "int"),
        Column("n_queries", "Уточнить", "int"),
    ]
    return Table(rows, columns, caption, row_header="school", sortable=True, signals={"status": STATUSES})


def findings_table(report: PeriodReport) -> Table | None:
    """How many findings of which kind, by rule; nothing when there are none to show."""
    findings = report.findings
    if findings.empty:
        return None
    grouped = findings.groupby(["severity", "rule"], sort=True)
    frame = grouped.agg(n=("rule", "size"), schools=("school_id", "nunique")).reset_index()
    frame = frame.assign(expected=[rule_text(rule, report.settings) for rule in frame["rule"]])
    frame = frame.assign(order=frame["severity"].map(list(SEVERITIES).index)).sort_values(["order", "rule"])
    columns = [
        Column("severity", "Что сделать", "status"),
        Column("expected", "Что ожидалось"),
        Column("rule", "Правило"),
        Column("n", "Замечаний", "int"),
        Column("schools", "Учреждений", "int"),
    ]
    return Table(frame, columns, "Замечания к данным", row_header="expected", signals={"severity": SEVERITIES})


def quality_sentence(report: PeriodReport) -> Block:
    """One sentence on findings: how many values came back, how many need an answer."""
    counts = _findings_counts(report)
    total = sum(n for n, _ in counts.values())
    if not total:
        return Paragraph("Замечаний к данным нет.")
    (errors, error_schools), (queries, query_schools) = counts["error"], counts["query"]
    return Paragraph(
        f"К данным есть {count_of(total, 'замечание', 'замечания', 'замечаний')}: возвращено на исправление – {errors} "
        f"({error_schools} ОУ), требуют уточнения – {queries} ({query_schools} ОУ). Возвращённые значения в расчёт "
        f"не вошли; они считаются отсутствующими, а не нулевыми.{_recalculated(report)}"
    )


def _recalculated(report: PeriodReport) -> str:
    """What was corrected after the cut-off: figures given out before may differ."""
    schools = report.findings.loc[report.findings["rule"] == "B33", "school_id"].nunique()
    if not schools:
        return ""
    who = count_of(schools, "учреждение исправило", "учреждения исправили", "учреждений исправили")
    return f" Пересчитано: {who} данные после срока, прежний отчёт хранится отдельно."
