"""«Методика и допущения»: definitions in force, how the order's gaps are treated, what intervals mean."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Block, Bullets, Paragraph, Terms
from analysis.report.inline import Inline
from analysis.report.numbers import format_date, format_number, format_percent
from analysis.report.opening import PeriodReport
from analysis.report.sections.coverage import coverage_counts
from analysis.report.tables import Column, Table

VALUES: tuple[tuple[str, str], ...] = (
    (
        "Значение города и группы",
        "отношение сумм: сумма числителей школ к сумме знаменателей, а не среднее школьных процентов.",
    ),
    ("Нет данных", "не ноль и не последнее место: такая школа в расчёт не входит, причина названа."),
)
COMPARISONS: tuple[tuple[str, str], ...] = (
    (
        "Интервал",
        "границы, в которых значение могло оказаться из-за обычных колебаний от школы к школе и от года к году "
        "(для долей школы – Уилсона, для отношений на 100 – Пуассона). Отчитываются все, выборки нет.",
    ),
    (
        "Изменение города",
        "по школам с данными за оба периода; «рост» и «снижение» – больше обычных колебаний, с поправкой Холма на число "
        "показателей. По отдельным школам (Бенджамини – Хохберг) это отбор для внимания, не доказательство: состав "
        "обучающихся пересекается.",
    ),
)
RANKING: tuple[tuple[str, str], ...] = (
    ("Балл", "среднее достижение целей, каждое не более 100 %, без справочных показателей."),
    (
        "Интервал мест",
        "места, совместимые с данными (Могстад, Романо, Шейх, Вильгельм, 2024); учтено и то, что случайный недобор балл "
        "снижает, а перебор сверх цели не повышает. Кого данные не различают, видно по ступеням.",
    ),
)
TERMS: dict[str, tuple[tuple[str, str], ...]] = {
    "month": VALUES,
    "half": VALUES + COMPARISONS + RANKING,
    "year": VALUES + COMPARISONS + RANKING,
    "roadmap": VALUES + COMPARISONS,
}


def definitions(report: PeriodReport) -> Terms:
    """How the numbers of this report were made, and whose are not among them."""
    return Terms([*TERMS[report.period.kind], ("Кто не вошёл", _left_out(report)), *_expected(report)])


def _left_out(report: PeriodReport) -> str:
    """How many schools are not in the figures, and why; numbers only, the names stand in other sections."""
    silent = coverage_counts(report)["missing"]
    valid_to = pd.to_datetime(report.tables["schools"]["valid_to"])
    first, last = pd.Timestamp(report.period.start), pd.Timestamp(report.period.cutoff)
    closed = int(((valid_to >= first) & (valid_to < last)).sum())
    parts = [f"не представившие форму ({silent})"] if silent else []
    parts += [f"закрытые в этом периоде ({closed})"] if closed else []
    text = f"в значения: {', '.join([*parts, 'возвращённые на исправление значения'])}."
    if report.period.kind in ("half", "year"):
        text += " В распределение: школы в особых условиях (ремонт, перевод, дистанционно) и с неполными данными."
    return text


def _expected(report: PeriodReport) -> list[tuple[str, str]]:
    if report.period.kind not in ("year", "roadmap"):
        return []
    state, due = format_date(report.period.closing_year().as_of), format_date(report.period.due)
    return [("Ожидаемые значения", f"сведения собраны к {due}, состояние – на {state}; после этой даты уточняются.")]


def parameters_sentence(report: PeriodReport) -> Paragraph:
    """Confidence, thresholds and the seed in force: enough to repeat the computation."""
    project = report.settings.project
    tests, scoring, privacy = project.tests, project.scoring, project.privacy
    hidden = (
        f"Числа людей от 1 до {privacy.min_count - 1} в редакциях, кроме рабочей, скрыты («менее {privacy.min_count}»), "
        f"с ними – числа, по которым их можно вычислить; доли при знаменателе менее {privacy.min_denominator} тоже."
    )
    if report.period.kind == "month":
        return Paragraph(hidden)
    text = (
        f"Доверительная вероятность {format_percent(100 * tests.confidence, 0)}, уровень значимости "
        f"{format_number(tests.alpha, 2)}; проверки нет, если значение изменилось менее чем у {tests.min_pairs} школ. "
    )
    if report.period.kind != "roadmap":
        text += (
            f"Школа распределяется при данных не менее чем по {format_percent(100 * scoring.min_valid_share, 0)} "
            f"применимых показателей; доля при знаменателе менее {scoring.min_denominator} в балл не входит. "
        )
    return Paragraph(f"{text}{hidden} Начальное число генератора: {tests.seed}.")


def assumptions(report: PeriodReport) -> Block:
    """The order's inconsistencies and how each is treated."""
    roadmap = report.settings.roadmap
    written = roadmap.assumptions_for(report.period.kind) if roadmap else ()
    items: list[Inline] = [*written, *report.overrides.notes]
    if not items:
        return Paragraph("Особых допущений нет.")
    return Bullets(items, lead="Где приказ неоднозначен, принято следующее:")


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
                "target": i.target(report.period),
            }
            for i in settings.indicators_in(report.period.score_kind)
        ]
    )
    columns = [
        Column("name", "Показатель"),
        Column("formula", "Как считается"),
        Column("type", "Вид"),
        Column("target", f"Цель {report.period.calendar_year} г.", "number"),
    ]
    return Table(frame, columns, f"Показатели ({settings.indicator_set.status})", row_header="name")


def _formula(report: PeriodReport, numerator: tuple[str, ...], denominator: str | None) -> str:
    names = {measure.code: measure.name for measure in report.settings.measures}
    names |= {"ok_forms": "формы в срок и без возврата", "due_forms": "ожидаемые формы"}
    above = " + ".join(names[code] for code in numerator)
    return f"{above} ÷ {names[denominator]}" if denominator else above
