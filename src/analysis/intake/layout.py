"""What the form looks like: shared by the writer and the reader, so that neither guesses about the other.

Every sheet is a table «Код | Показатель | Ед. | Значение | Прошлый отчёт | Проверка». Cells are found by the code in
column A, then by the label, then by a defined name ``<sheet>_<code>``; positions are never trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.periods import Period
    from analysis.settings import Measure, Settings

MEASURE_SHEETS = ("month", "half", "year")
SHEET_TITLES = {
    "passport": "Паспорт",
    "month": "Месяц",
    "half": "Полугодие",
    "year": "Год",
    "activities": "Мероприятия",
}
PROTOCOL = "Протокол контроля данных"
HIDDEN_SHEET = "_form"
HIDDEN_FIELDS = ("school_id", "period", "form_version")
NAME_OF_FIELD = {"school_id": "form_school", "period": "form_period", "form_version": "form_version"}
CODE_HEADER = "Код"
VALUE_HEADER = "Значение"
PREVIOUS_HEADER = "Прошлый отчёт"
CHECK_HEADER = "Проверка"
TABLE_HEADERS = (CODE_HEADER, "Показатель", "Ед.", VALUE_HEADER, PREVIOUS_HEADER, CHECK_HEADER)
PASSPORT_HEADERS = (CODE_HEADER, "Сведения", "", VALUE_HEADER)
FILLED, MARKED = "Заполнено и проверено", "Отмечено мероприятий"
STATUS_HEADER = "Состояние"
EVENTS_HEADER = "Количество мероприятий"
EVIDENCE_HEADER = "Подтверждение"
ACTIVITY_HEADERS = ("№", "Мероприятие «дорожной карты»", "Срок", STATUS_HEADER, EVENTS_HEADER, EVIDENCE_HEADER)
ACTIVITY_FIELDS = {"status": STATUS_HEADER, "n_events": EVENTS_HEADER, "evidence": EVIDENCE_HEADER}
ACTIVITY_STATUSES = ("выполнено", "выполняется", "не выполнено")
PASSPORT_FIELDS = {
    "school_name": "Общеобразовательное учреждение",
    "period_text": "Отчётный период",
    "zero_report": "Нулевой отчёт (работы за период не было)",
    "revision": "Вид представления (первичная / уточнённая)",
    "filled_on": "Дата заполнения",
}
YES, NO = "да", "нет"
FIRST, REVISED = "первичная", "уточнённая"
MAX_COUNT = 99_999

_MARK = re.compile(r"форма\s+(?P<version>[^/\s]+)/(?P<period>\d{4}-\d{2})/(?P<school>[^/\s]+)/(?P<sheet>[a-z]+)")


@dataclass(frozen=True)
class Mark:
    """The line printed on every sheet that says whose form it is and which sheet."""

    version: str
    period: str
    school_id: str
    sheet: str

    @property
    def text(self) -> str:
        return f"форма {self.version}/{self.period}/{self.school_id}/{self.sheet}"


def parse_mark(text: str) -> Mark | None:
    """The mark in a cell's text, if it is one."""
    match = _MARK.fullmatch(text.strip())
    if match is None or match["sheet"] not in SHEET_TITLES:
        return None
    return Mark(match["version"], match["period"], match["school"], match["sheet"])


def cell_name(sheet: str, code: str) -> str:
    """The defined name of an input cell; the prefix keeps codes like N9 from reading as addresses."""
    return f"{sheet}_{code}"


def asked_measures(settings: Settings, group: str, month: int) -> Iterator[tuple[str, Measure]]:
    """Sheet and measure of every input cell in the form of a calendar month for a school of the group."""
    measures = settings.measures_for(group)
    for sheet in MEASURE_SHEETS:
        for measure in measures:
            if measure.on_sheet(sheet, month):
                yield sheet, measure


def has_activities(settings: Settings, month: int) -> bool:
    """Activities are reported with the half-year sheets, or in June and December when there are none."""
    return bool(settings.activities) and month in (6, 12)


def form_version(settings: Settings) -> str:
    """The version of the form: that of the set of indicators, without spaces and slashes."""
    return re.sub(r"[\s/]+", "-", settings.indicator_set.version)


def sheets_of(settings: Settings, group: str, month: int) -> tuple[str, ...]:
    """Sheets of the form, in order."""
    asked = {sheet for sheet, _ in asked_measures(settings, group, month)}
    tables = tuple(sheet for sheet in MEASURE_SHEETS if sheet in asked)
    return ("passport", *tables, *(("activities",) if has_activities(settings, month) else ()))


def sheet_heading(sheet: str, period: Period) -> str:
    """What a sheet of the month's form covers, for its title."""
    from analysis.periods import sheet_period

    if sheet == "passport":
        return f"{SHEET_TITLES[sheet]}: {period.title()} ({period.window_title()})"
    covered = sheet_period("half" if sheet == "activities" else sheet, period)
    if sheet == "year" and covered.kind == "half":
        return f"Итоги лета и выпуска: {covered.title()}"
    return f"{SHEET_TITLES[sheet]}: {covered.title()} ({covered.window_title()})"
