"""Which tables the workbook of each edition has, and the sheets that explain codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.dictionary import ColumnEntry, TableEntry, table_dictionary, text_table
from analysis.report.workbook_codes import CODES_SHEET, COLUMNS_SHEET, codes_frame, columns_frame
from analysis.settings import Settings

UNITS = {"percent": "%", "per_100": "на 100", "yes_no": "да/нет, % ответивших «да»", "count": "ед."}
KINDS = {"S": "на дату", "C": "нарастающим итогом с 1 сентября", "F": "за период"}
LEGEND = (
    "Пустая ячейка – данных нет; ноль – то, что школа указала как ноль.",
    "Проценты – числа от 0 до 100; единица каждого показателя – на листе passports.",
    "Что значат столбцы и коды в них – на листах columns и codes.",
    "Цвет только повторяет знак в ячейке: ▲ рост или цель достигнута, ▼ снижение или ошибка, ● близко к цели или "
    "вопрос.",
)
_HIDDEN = "Скрытое малое число тоже пусто: причина – в столбце suppressed той же строки."


@dataclass(frozen=True)
class EditionBook:
    """The workbook of one edition: its name, its tables (in order), what its reader must know, columns it lacks."""

    name: str
    tables: tuple[str, ...]
    notes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


EDITIONS: Mapping[str, EditionBook] = {
    "working": EditionBook("Рабочая редакция: полные данные, для центра", tuple(table_dictionary())),
    "meeting": EditionBook(
        "Редакция для совещания руководителей: малые числа скрыты",
        ("indicators", "changes", "comparisons", "rankings", "indicator_ranks", "activities", "submissions", "effects"),
        (_HIDDEN,),
        ("evidence", "previous_rank", "version", "n_errors", "n_queries"),
    ),
    "public": EditionBook(
        "Публичная редакция: без данных отдельных учреждений, малые числа скрыты",
        ("indicators", "changes", "comparisons", "activities", "effects"),
        (_HIDDEN,),
        ("evidence",),
    ),
}
PASSPORTS = text_table(
    "passports", "Показатели: что значат коды", "одна строка – показатель",
    indicator="Показатель", name="Наименование", unit="Единица значения", numerator="Числитель",
    denominator="Знаменатель", type="Вид",
)  # fmt: skip
UNIT_NAMES = text_table(
    "units", "Группы и школы: что значат коды", "одна строка – группа или школа",
    unit_id="Код", name="Наименование", group="Группа",
)  # fmt: skip
EXPLAINING = {entry.name: entry for entry in (PASSPORTS, UNIT_NAMES, COLUMNS_SHEET, CODES_SHEET)}
SUPPRESSED = ColumnEntry("suppressed", "Почему скрыто", "text", "что стоит в отчёте на месте пустых ячеек строки")


def tables_of(tables: Mapping[str, pd.DataFrame], settings: Settings, edition: str) -> dict[str, pd.DataFrame]:
    """The frames of the workbook by sheet: the edition's tables (without empty ones), then the codes."""
    shown = {name: tables[name] for name in EDITIONS[edition].tables if name in tables}
    if edition != "working":
        shown = {name: frame for name, frame in shown.items() if len(frame)}
    entries = [_entry(table_dictionary()[name], frame, edition) for name, frame in shown.items()]
    explained = {"columns": columns_frame(entries), "codes": codes_frame(entries)}
    return shown | {"passports": _passports(settings), "units": _units(tables, settings, edition)} | explained


def entries_of(frames: Mapping[str, pd.DataFrame], edition: str) -> list[TableEntry]:
    """What stands on each sheet, in the order of the sheets."""
    known = {**table_dictionary(), **EXPLAINING}
    return [_entry(known[name], frame, edition) for name, frame in frames.items()]


def _entry(entry: TableEntry, frame: pd.DataFrame, edition: str) -> TableEntry:
    if edition == "working" or entry.name in EXPLAINING:
        return entry
    columns = [column for column in entry.columns if column.name not in EDITIONS[edition].without]
    return dataclasses.replace(entry, columns=(*columns, *([SUPPRESSED] if SUPPRESSED.name in frame else ())))


def _passports(settings: Settings) -> pd.DataFrame:
    names = {measure.code: measure.name for measure in settings.measures}
    rows = [
        {
            "indicator": one.code, "name": one.name, "unit": UNITS[one.unit],
            "numerator": " + ".join(names.get(code, code) for code in one.numerator),
            "denominator": names.get(one.denominator, one.denominator) if one.denominator else None,
            "type": KINDS[one.type],
        }
        for one in settings.indicators
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _units(tables: Mapping[str, pd.DataFrame], settings: Settings, edition: str) -> pd.DataFrame:
    groups = [{"unit_id": one.code, "name": one.name, "group": one.code} for one in settings.project.groups]
    frame = pd.DataFrame(groups)
    if edition == "public" or "schools" not in tables:
        return frame
    schools = tables["schools"].rename(columns={"school_id": "unit_id"})[["unit_id", "name", "group"]]
    return pd.concat([frame, schools], ignore_index=True)
