"""«Методика и допущения», half a page: definitions in force, who is not in the figures, how the order's gaps are treated."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Block, Bullets, Paragraph
from analysis.report.charts_words import goal
from analysis.report.inline import Inline, Strong
from analysis.report.numbers import count_of, format_date, format_number, format_percent, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.tables import Column, Table

VALUES = (
    "Город и группа",
    "сумма числителей школ, делённая на сумму знаменателей; нет данных – не ноль.",
)


def definitions(report: PeriodReport) -> Block:
    """How the numbers of this report were made, and whose are not among them."""
    pairs = [VALUES]
    if report.period.kind != "month":
        pairs.append(("Интервал и вывод", _conclusion(report)))
    if report.period.kind in ("half", "year"):
        pairs.append(("Балл и место", _score(report)))
    pairs += [("Кто не вошёл", _left_out(report)), *_expected(report), ("Малые числа", _hidden(report))]
    return Bullets([[Strong(term), f" – {text}"] for term, text in pairs], role="note")


def _conclusion(report: PeriodReport) -> str:
    tests = report.settings.project.tests
    changed = count_of(tests.min_pairs, "школы", "школ", "школ")
    return (
        f"отчитываются все школы, выборки нет: интервал ({format_percent(100 * tests.confidence, 0)}) – границы обычных "
        "колебаний от школы к школе и от года к году. «Рост» и «снижение» – изменение больше них у школ с данными за оба "
        f"периода (уровень {format_number(tests.alpha, 2)}, поправка на число показателей; вывода нет, если изменилось менее "
        f"{changed})."
    )


def _score(report: PeriodReport) -> str:
    project = report.settings.project
    return (
        "среднее достижение целей (каждое до 100 %), без справочных показателей и долей от менее чем "
        f"{project.scoring.min_denominator} чел.; интервал мест – где школа оказалась бы при таких колебаниях (датчик "
        f"случайных чисел начат с {project.tests.seed})."
    )


def _left_out(report: PeriodReport) -> str:
    """How many schools are not in the figures, and why; numbers only, the names stand in other sections."""
    silent = _silent(report)
    valid_to = pd.to_datetime(report.tables["schools"]["valid_to"])
    first, last = pd.Timestamp(report.period.start), pd.Timestamp(report.period.cutoff)
    closed = int(((valid_to >= first) & (valid_to < last)).sum())
    parts = [f"школы, не приславшие данных ({silent})"] if silent else []
    parts += [f"закрытые ({closed})"] if closed else []
    listed = ", ".join([*parts, "числа на исправлении"])
    if report.period.kind not in ("half", "year"):
        return f"{listed}."
    share = format_percent(100 * report.settings.project.scoring.min_valid_share, 0)
    return (
        f"{listed}; из распределения – школы в особых условиях (ремонт, переезд, дистанционно) и с данными "
        f"менее чем по {share} показателей."
    )


def _silent(report: PeriodReport) -> int:
    """Schools from which nothing came for the period, neither a form nor an import."""
    table = report.tables["coverage"]
    rows = table[(table["period"] == report.period.key) & (table["status"] == "silent")]
    return int(rows["n"].sum())


def _expected(report: PeriodReport) -> list[tuple[str, str]]:
    if report.period.kind not in ("year", "roadmap"):
        return []
    state, due = (format_date(day, "short") for day in (report.period.closing_year().as_of, report.period.due))
    return [("Ожидаемые значения", f"состояние на {state}, собранное по приказу к {due}; потом уточняется.")]


def _hidden(report: PeriodReport) -> str:
    privacy = report.settings.project.privacy
    if report.edition == "working":
        return f"от 1 до {privacy.min_count - 1} человек: здесь открыты, в остальных редакциях скрыты."
    return (
        f"от 1 до {privacy.min_count - 1} чел. – «менее {privacy.min_count}»; доли от менее чем "
        f"{privacy.min_denominator} чел. и всё, что их выдаёт, скрыты."
    )


def assumptions(report: PeriodReport) -> Block:
    """The order's inconsistencies and how each is treated."""
    roadmap = report.settings.roadmap
    written = roadmap.assumptions_for(report.period.kind) if roadmap else ()
    items: list[Inline] = [*written, *report.overrides.notes]
    if not items:
        return Paragraph("Особых допущений нет.", role="note")
    return Bullets(items, lead=[Strong("Где приказ неоднозначен, принято:")], role="note")


def passport_table(report: PeriodReport) -> Table:
    """The indicators of the period: what is divided by what, the target, the type."""
    types = {"S": "на дату", "C": "нарастающим итогом с 1 сентября", "F": "за период"}
    settings = report.settings
    frame = pd.DataFrame(
        [
            {
                "name": f"{i.code}. {i.name}",
                "formula": _formula(report, i.numerator, i.denominator),
                "type": types[i.type] + ("; справочный" if i.informational else ""),
                "target": goal(i.target(report.period), i.unit),
            }
            for i in settings.indicators_in(report.period.score_kind)
        ]
    )
    columns = [
        Column("name", "Показатель"),
        Column("formula", "Как считается"),
        Column("type", "Вид"),
        Column("target", f"Цель {report.period.calendar_year} г.", align="end"),
    ]
    return Table(frame, columns, f"Показатели ({settings.indicator_set.status})", row_header="name")


def _formula(report: PeriodReport, numerator: tuple[str, ...], denominator: str | None) -> str:
    names = {measure.code: measure.name for measure in report.settings.measures}
    names |= {"ok_forms": "формы в срок и без возврата", "due_forms": "ожидаемые формы"}
    above = " + ".join(names[code] for code in numerator)
    return upper_first(f"{above} ÷ {names[denominator]}" if denominator else above)
