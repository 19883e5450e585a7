"""Executed notebooks made by hand: a realistic interim report, a school card, and a foreign notebook."""

from __future__ import annotations

import base64
from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.report import blocks
from analysis.report.blocks import (
    Bullets,
    Callout,
    Columns,
    Document,
    Heading,
    KeyFact,
    KeyFacts,
    Paragraph,
    Strong,
    Terms,
)
from analysis.report.tables import Column, Signal, Table

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
LEVELS = {
    "reached": Signal("достигнут", "good"),
    "near": Signal("близко к достижению", "warn"),
    "support": Signal("требует адресной поддержки", "bad"),
    "unranked": Signal("не ранжируется – неполные данные", "neutral"),
}
HEADER = (
    "АДМИНИСТРАЦИЯ ГОРОДА БЕЛГОРОДА",
    "УПРАВЛЕНИЕ ОБРАЗОВАНИЯ",
    "МУНИЦИПАЛЬНОЕ БЮДЖЕТНОЕ УЧРЕЖДЕНИЕ «НАУЧНО-МЕТОДИЧЕСКИЙ ИНФОРМАЦИОННЫЙ ЦЕНТР» Г. БЕЛГОРОДА",
)
INTERIM = Document(
    title="Промежуточная информация об итогах мониторинга системы профессионального самоопределения обучающихся",
    subtitle="за I полугодие 2022 года",
    kind="interim",
    edition="working",
    demo=True,
    header_lines=HEADER,
    place="г. Белгород",
    date="2022-06-20",
    order_reference="Основание: приказ МБУ НМИЦ от 21.06.2021 № 49, приказ управления образования от 07.06.2021 № 749",
    running="Мониторинг профессионального самоопределения · I полугодие 2022 года (21.12.2021–20.06.2022)",
    signature_position="Начальник отдела профилактической и социально-педагогической работы",
    signature_name="И.О. Фамилия",
    executor="Исполнитель: аналитик отдела, тел. 00-00-00",
)


def shown(item: Any, source: str = "result", **metadata: Any) -> NotebookNode:
    """A code cell that showed one object."""
    data = item if isinstance(item, dict) else blocks.bundle(item)
    output = new_output("display_data", data=data, metadata=metadata)
    return new_code_cell(source, outputs=[output], execution_count=1)


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook of these cells, with ids that do not change from run to run."""
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    book = new_notebook(cells=list(cells))
    nbformat.validate(book)
    return book


def svg(title: str = "", bars: int = 12) -> str:
    """A small bar chart."""
    rects = "".join(
        f'<rect x="{40 + i * 50}" y="{220 - 14 * (i + 1)}" width="34" height="{14 * (i + 1)}" fill="#1c4b78"/>'
        for i in range(bars)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 250" width="660" height="250">'
        f'{rects}<path d="M30 220H640" stroke="#59636e"/></svg>'
    )


def chart(caption: str, alt: str) -> dict[str, Any]:
    """The bundle that report.charts gives."""
    picture = svg()
    inline = picture.replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)
    code = picture.replace('"', '\\"')
    return {
        "text/html": f'<figure role="group" class="chart">{inline}<figcaption>{caption}</figcaption></figure>',
        "application/x-typst": f'#figure(image(bytes("{code}"), format: "svg", alt: "{alt}", width: 100%), '
        f'caption: [#"{caption}"])',
        "text/plain": alt,
    }


def schools_table(rows: int = 49, **options: Any) -> Table:
    """The table of levels: one row per school."""
    states = list(LEVELS)
    frame = pd.DataFrame(
        {
            "school": [f"МБОУ СОШ № {101 + i}" for i in range(rows)],
            "group": [f"Группа {'АБВГ'[i * 4 // rows]}" for i in range(rows)],
            "forms": [6 - i % 3 for i in range(rows)],
            "score": [96.4 - 1.37 * i if i % 11 else None for i in range(rows)],
            "change": [4.2 - 0.31 * i if i % 7 else None for i in range(rows)],
            "places": [f"{max(1, i % 12 - 2)}–{i % 12 + 5}" for i in range(rows)],
            "received": [f"2022-06-{10 + i % 12:02d}T14:05" for i in range(rows)],
            "level": [states[i * 4 // rows] for i in range(rows)],
        }
    )
    columns = [
        Column("school", "Учреждение"),
        Column("forms", "Форм из 6", kind="int"),
        Column("score", "Средняя степень достижения", kind="percent", signal_from="level"),
        Column("change", "Изменение к АППГ", kind="pp"),
        Column("places", "Места с учётом колебаний", kind="place"),
        Column("received", "Получено", kind="date"),
        Column("level", "Уровень", kind="status"),
    ]
    settings: dict[str, Any] = {
        "row_header": "school",
        "sortable": True,
        "group_by": "group",
        "signals": {"level": LEVELS},
        "note": "АППГ – аналогичный период прошлого года. Знак «—» означает, что данные не представлены.",
    }
    return Table(
        frame,
        columns,
        caption="Распределение ОУ по уровню достижения показателей «дорожной карты»",
        **settings | options,
    )


def indicators_table() -> Table:
    """The city's indicators against last year and the target."""
    names = {
        "П04": "Доля обучающихся 5–11 классов, прошедших профориентационное тестирование",
        "П05": "Доля обучающихся 9 классов, прошедших профориентационное тестирование",
        "П08": "Доля обучающихся, охваченных профориентационными мероприятиями",
        "П12": "Доля обучающихся, побывавших на экскурсиях на предприятиях",
        "П16": "Доля обучающихся с ОВЗ и инвалидностью, охваченных мероприятиями",
        "П27": "Доля обучающихся, родители которых охвачены семинарами и консультациями",
    }
    frame = pd.DataFrame({"code": list(names), "name": list(names.values())})
    frame["numerator"] = [13920, 3012, 18804, 5120, 402, 9611]
    frame["value"] = [60.0, 81.2, 81.1, 22.1, 71.0, 41.4]
    frame["before"] = [52.3, 79.9, 83.4, 17.0, None, 40.9]
    frame["change"] = frame["value"] - frame["before"]
    frame["target"] = [60, 80, 85, 25, 70, 50]
    frame["state"] = ["reached", "reached", "near", "near", "reached", "support"]
    columns = [
        Column("code", "Код"),
        Column("name", "Показатель"),
        Column("numerator", "Обучающихся", kind="int"),
        Column("value", "2022", kind="percent", span="I полугодие", signal_from="state"),
        Column("before", "2021", kind="percent", span="I полугодие"),
        Column("change", "Изменение", kind="pp"),
        Column("target", "План", kind="percent", digits=0),
    ]
    return Table(frame, columns, "Динамика показателей по городу", row_header="name", signals={"state": LEVELS})


SECTIONS = (
    "Краткие выводы",
    "1. Основание и цель",
    "2. Источники, охват и качество данных",
    "4. Динамика показателей",
    "6. Распределение ОУ по уровню достижения показателей",
    "9. Адресные рекомендации",
    "Методика и допущения",
)
PROSE = (
    "Мониторинг проведён в соответствии с *пунктами 2.5 и 3.2* приказа. Сведения представлены "
    "общеобразовательными учреждениями города по утверждённым формам; сопоставление выполнено с аналогичным "
    "периодом прошлого года (АППГ). Под **значимым** понимается изменение, превышающее обычные колебания между "
    "учреждениями, а не случайный разброс отдельных значений.\n\n"
    "Порядок работы:\n\n1. сбор форм до 20 числа;\n2. контроль данных:\n   - арифметический;\n   - логический;\n"
    "3. расчёт показателей.\n"
)


def interim() -> NotebookNode:
    """A half-year report in the working edition."""
    facts = KeyFacts(
        [
            KeyFact("44 из 46", "ОУ представили информацию", "95,7\u00a0%; не представили 2 ОУ", "warn"),
            KeyFact("60,0\u00a0%", "обучающихся 5–11 классов прошли тестирование", "+7,7 п.п. к АППГ", "good"),
            KeyFact("14 из 24", "показателей достигли планового значения", "в АППГ – 11"),
            KeyFact("7", "учреждений требуют адресной поддержки", "по группам Б и В", "bad"),
        ]
    )
    lead = Paragraph(
        [
            "По состоянию на 20.06.2022 информацию представили ",
            Strong("44 из 46 ОУ (95,7\u00a0%)"),
            "; в сравнении с АППГ показатель увеличился на 4,2 п.п.",
        ],
        role="lead",
    )
    decision = Callout(
        [
            Paragraph("Рассмотреть на совещании руководителей 28 июня 2022 г."),
            Bullets(["утвердить перечень показателей;", "поручить учреждениям группы В уточнить планы."]),
        ],
        title="Проект управленческих решений",
        tone="warn",
    )
    advice = pd.DataFrame(
        {
            "who": ["СОШ № 113", "СОШ № 127", "Группа В"],
            "what": [
                "Провести профориентационное тестирование ещё 37 обучающихся 8–9 классов",
                "Заключить договор с профессиональной образовательной организацией и сообщить реквизиты в форме",
                "Организовать не менее двух экскурсий на предприятия в каждом учреждении",
            ],
            "due": ["2022-10-20", "2022-12-20", "2022-11-20"],
            "code": ["П04 (2.3)", "П28 (2.1)", "П12 (2.10)"],
        }
    )
    recommendations = Table(
        advice,
        [
            Column("who", "Кому"),
            Column("what", "Действие"),
            Column("due", "Срок", "date"),
            Column("code", "Показатель"),
        ],
        "Рекомендации учреждениям",
        row_header="who",
    )
    return notebook(
        new_code_cell('period = "2022H1"', metadata={"tags": ["parameters"]}),
        new_code_cell('period = "2022H1"  # injected', metadata={"tags": ["injected-parameters"]}),
        shown(INTERIM),
        new_markdown_cell("# Промежуточный отчёт\n\n## " + SECTIONS[0]),
        shown(lead),
        shown(facts),
        shown(decision),
        new_markdown_cell("## " + SECTIONS[1] + "\n\n" + PROSE),
        new_markdown_cell("## " + SECTIONS[2] + "\n\n### 2.1. Представление форм"),
        shown(chart("Представление форм по месяцам", "Число форм растёт с 14 в январе до 168 в декабре")),
        new_markdown_cell("Две школы не представили формы за май и июнь, одна представила форму с опозданием."),
        shown(Heading("2.2. Качество данных", 3)),
        new_markdown_cell("| Проверка | Ошибок |\n|---|--:|\n| E1 | 12 |\n| E6 | 3 |\n"),
        new_markdown_cell("## " + SECTIONS[3]),
        shown(indicators_table()),
        new_markdown_cell(PROSE),
        shown(chart("Доля обучающихся, прошедших тестирование", "Доля выросла с 52,3 до 60,0 процента")),
        new_markdown_cell("## " + SECTIONS[4] + "\n\nМеста указаны внутри групп, с учётом случайных колебаний."),
        shown(schools_table()),
        new_markdown_cell("## " + SECTIONS[5]),
        shown(recommendations),
        shown(Heading(SECTIONS[6], 2)),
        shown(
            Terms(
                [
                    ("АППГ", "аналогичный период прошлого года: с 21.12.2020 по 20.06.2021."),
                    ("Доля по городу", "отношение сумм по учреждениям, представившим обе величины."),
                    ("Интервал", "границы, в которых значение остаётся с вероятностью 95\u00a0%."),
                ]
            )
        ),
        new_code_cell('print("secret stdout")', outputs=[new_output("stream", name="stdout", text="secret stdout\n")]),
        new_markdown_cell("Скрытая ячейка", metadata={"tags": ["hide"]}),
    )


CARD = Document(
    title="СОШ № 113",
    subtitle="Карта школы за I полугодие 2022 года",
    kind="card",
    edition="card",
    demo=True,
    header_lines=("МБУ «Научно-методический информационный центр» г. Белгорода",),
    date="2022-06-20",
    running="СОШ № 113 · I полугодие 2022 года",
    executor="Вопросы по карте: отдел профилактической и социально-педагогической работы",
)


def card(extra: int = 0) -> NotebookNode:
    """A school card; `extra` adds paragraphs to make it longer."""
    frame = indicators_table().frame.assign(median=[58.0, 80.1, 82.0, 20.0, 70.0, 42.0])
    names = ["Тестирование 5–11 кл.", "Тестирование 9 кл.", "Охват мероприятиями", "Экскурсии", "ОВЗ", "Родители"]
    columns = [
        Column("short", "Показатель"),
        Column("value", "Школа", kind="percent", signal_from="state"),
        Column("change", "К АППГ", kind="pp"),
        Column("median", "Медиана группы", kind="percent"),
        Column("target", "План", kind="percent", digits=0),
    ]
    table = Table(frame.assign(short=names), columns, "Показатели школы", row_header="short", signals={"state": LEVELS})
    facts = KeyFacts(
        [
            KeyFact("6 из 6", "форм в срок", "замечаний нет", "good"),
            KeyFact("средняя треть", "положение в группе Б", "с учётом колебаний: места 5–12"),
            KeyFact("37", "обучающихся до цели по тестированию", "П04", "warn"),
        ]
    )
    strong = [
        Heading("Сильные стороны", 3),
        Bullets(["экскурсии: 22,1\u00a0% при плане 20\u00a0%;", "девятые классы."]),
    ]
    gaps = [Heading("Что подтянуть", 3), Bullets(["до цели по тестированию не хватает 37 обучающихся."])]
    filler = [shown(Paragraph("Дополнительное пояснение к карте школы. " * 6)) for _ in range(extra)]
    return notebook(
        shown(CARD),
        shown(facts),
        shown(Heading("Показатели")),
        shown(table),
        shown(chart("Показатели и медиана группы", "Школа выше медианы по четырём показателям из шести")),
        shown(Columns(strong, gaps)),
        new_markdown_cell("## Рекомендации\n\n1. До 20.10.2022 провести тестирование ещё 37 обучающихся (П04)."),
        *filler,
        shown(Paragraph("При числе обучающихся менее 10 доля не оценивается.", role="note")),
    )


def foreign() -> NotebookNode:
    """A notebook that knows nothing of this package."""
    frame = pd.DataFrame({"x": [1, 2], "имя": ["a", "б"]})
    html = {"text/html": frame.to_html(), "text/plain": repr(frame)}
    return notebook(
        new_markdown_cell("# Чужая тетрадь\n\nТекст и `код`.\n\n#### Пропущенные уровни"),
        shown(html),
        shown({"image/svg+xml": svg(), "text/plain": "<Figure>"}, alt="Столбцы растут"),
        shown({"image/png": PIXEL, "text/plain": "<Figure>"}),
        shown({"text/plain": "42"}),
        new_code_cell("1/0", outputs=[new_output("error", ename="ZeroDivisionError", evalue="x < 0", traceback=["t"])]),
    )


assert base64.b64decode(PIXEL)
