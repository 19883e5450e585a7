"""What the centre itself keeps: schools, the old monitoring's figures, its log, measures taken, recommendations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis.demo.levels import KNOWN_MEASURES
from analysis.demo.model import BASELINE_HALVES, BASELINE_YEAR
from analysis.demo.participation import schools_with
from analysis.demo.roster import SCHOOL_COLUMNS, DemoSchool
from analysis.settings import Settings

Row = Sequence[object]
Table = tuple[Sequence[str], Iterable[Row]]

BASELINE_FILE, BASELINE_ARRIVED = "imports/baseline_2020_2021.csv", "2021-06-24T10:00"
_CENTRE_LOG = (
    ("1.1", "выполнено", "2020-09-30", "приказ управления образования от 30.09.2020", "2020H2"),
    ("2.2", "выполняется", "2021-12-15", "положение о мониторинге", "2021H2"),
    ("2.2", "выполнено", "2022-06-14", "аналитическая справка от 14.06.2022", "2022H1"),
    ("2.2", "выполняется", "2022-12-14", "план мониторинга на 2022/2023 учебный год", "2022H2"),
    ("3.2", "выполнено", "2021-11-18", "протокол межведомственного совещания от 18.11.2021", "2021H2"),
    ("3.2", "не выполнено", "2022-06-10", "совещание перенесено на второе полугодие", "2022H1"),
    ("3.2", "выполнено", "2022-10-06", "протокол межведомственного совещания от 06.10.2022", "2022H2"),
    ("3.3", "выполняется", "2021-12-10", "график консультаций на 2021/2022 учебный год", "2021H2"),
    ("3.3", "выполняется", "2022-06-09", "журнал консультаций, 23 записи", "2022H1"),
    ("3.3", "выполняется", "2022-12-09", "журнал консультаций, 19 записей", "2022H2"),
    ("4.1", "выполняется", "2021-12-08", "проект методических рекомендаций", "2021H2"),
    ("4.1", "выполнено", "2022-05-26", "методические рекомендации от 26.05.2022", "2022H1"),
)
_RECOMMENDATIONS = (
    ("city", "Провести совещание ответственных за мониторинг о заполнении форм", "2022-02-28", "2022-02-17"),
    ("А", "Заключить договоры с вузами о профессиональных пробах для 10–11 классов", "2022-05-31", "2022-05-12"),
    ("В", "Включить в план экскурсии на предприятия для 5–7 классов", "2022-05-31", ""),
    ("s128", "Представлять формы до 20-го числа отчётного месяца", "2022-03-20", ""),
    ("s133", "Назначить ответственного и представить формы за II полугодие 2021 года", "2022-02-01", ""),
    ("s104", "Увеличить число участников проекта «Билет в будущее» в 6–9 классах", "2022-05-20", "2022-05-16"),
    ("s108", "Провести профориентационное тестирование 9 классов до выбора экзаменов", "2022-02-01", "2022-01-28"),
    ("s117", "Организовать консультации для родителей девятиклассников", "2022-04-15", "2022-04-12"),
    ("s125", "Охватить мероприятиями обучающихся с ОВЗ и инвалидностью", "2022-05-31", ""),
    ("s145", "Уточнить сведения о победителях конкурсов за II полугодие 2021 года", "2022-01-31", ""),
)
_RECOMMENDED_IN = "2021H2"


def schools_table(schools: tuple[DemoSchool, ...]) -> Table:
    """``schools.csv``."""
    return SCHOOL_COLUMNS, [[getattr(school, column) for column in SCHOOL_COLUMNS] for school in schools]


def baseline_table(true_values: pd.DataFrame, settings: Settings) -> Table:
    """``imports/baseline_2020_2021.csv``: the monitoring before the order, in long form."""
    periods = (*BASELINE_HALVES, BASELINE_YEAR)
    rows = true_values[true_values["period"].isin(periods)]
    source = _old_monitoring(settings)
    columns = ("school_id", "period", "measure", "value", "received_at", "source")
    values = zip(rows["school_id"], rows["period"], rows["measure"], rows["value"], strict=True)
    return columns, [(*keys, int(value), BASELINE_ARRIVED, source) for *keys, value in values]


def _old_monitoring(settings: Settings) -> str:
    basis = settings.roadmap.order.basis if settings.roadmap else None
    return f"мониторинг по приказу № {basis.number}" if basis else "прежний мониторинг"


def measures_table(schools: tuple[DemoSchool, ...]) -> Table:
    """``measures.csv``: one row per measure and school that took part."""
    columns = ("measure", "scope", "unit_id", "indicator", "from", "to", "text", "document")
    rows = [
        (known.code, "school", school_id, known.indicator, known.start, known.end, known.text, known.document)
        for known in KNOWN_MEASURES
        for school_id in schools_with(known, schools)
    ]
    return columns, rows


def centre_log_table() -> Table:
    """``centre_log.csv``: the centre's own activities by half-year."""
    return ("activity", "status", "date", "document", "period"), _CENTRE_LOG


def recommendations_table() -> Table:
    """``recommendations.csv``: ``done`` is the date of fulfilment, empty when there was none."""
    columns = ("period", "unit_id", "text", "due", "done")
    return columns, [(_RECOMMENDED_IN, *row) for row in _RECOMMENDATIONS]
