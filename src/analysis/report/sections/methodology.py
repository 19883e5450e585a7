"""«Методика и допущения»: definitions in force, how the order's gaps are treated, what intervals mean."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Block, Bullets, Paragraph, Terms
from analysis.report.inline import Inline
from analysis.report.numbers import format_number, format_percent
from analysis.report.opening import PeriodReport
from analysis.report.tables import Column, Table

METHODS: tuple[tuple[str, str], ...] = (
    (
        "Значение города и группы",
        "отношение сумм: сумма числителей школ, делённая на сумму знаменателей, а не среднее школьных процентов.",
    ),
    ("Интервал значения школы", "интервал Уилсона для долей и точный пуассоновский для отношений на 100."),
    (
        "Изменение города",
        "по школам с данными за оба периода; отчитываются все школы, поэтому проверка отвечает на вопрос, "
        "больше ли изменение обычных колебаний от школы к школе.",
    ),
    (
        "Поправка на число показателей",
        "метод Холма по показателям города; по школам – Бенджамини – Хохберг, это отбор для внимания, а не "
        "доказательство: состав обучающихся двух периодов пересекается.",
    ),
    ("Балл", "среднее достижение целевых значений, каждое не более 100 %, без справочных показателей."),
    (
        "Интервал мест",
        "места, совместимые с данными при случайных колебаниях (Могстад, Романо, Шейх, Вильгельм, 2024).",
    ),
    ("Нет данных", "отсутствующее значение не считается нулём и не ставит школу на последнее место."),
)


def definitions(report: PeriodReport) -> Terms:
    """How the numbers of this report were made."""
    return Terms([(name, text) for name, text in METHODS])


def parameters_sentence(report: PeriodReport) -> Paragraph:
    """Confidence, thresholds and the seed in force: enough to repeat the computation."""
    project = report.settings.project
    tests, scoring, privacy = project.tests, project.scoring, project.privacy
    return Paragraph(
        f"Доверительная вероятность {format_percent(100 * tests.confidence, 0)}, уровень значимости "
        f"{format_number(tests.alpha, 2)}; проверка не делается, если менее {tests.min_pairs} школ изменили значение. "
        f"Школа распределяется, если есть не менее {format_percent(100 * scoring.min_valid_share, 0)} применимых "
        f"показателей; доля при знаменателе менее {scoring.min_denominator} показывается, но в балл не входит. "
        f"Числа людей от 1 до {privacy.min_count - 1} в редакциях, кроме рабочей, заменены словами «менее "
        f"{privacy.min_count}». Начальное число генератора: {tests.seed}."
    )


def assumptions(report: PeriodReport) -> Block:
    """The order's inconsistencies and how each is treated."""
    written = report.settings.roadmap.assumptions if report.settings.roadmap else ()
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
