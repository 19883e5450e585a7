"""Checks between the stages: is there anything to report on, and do the tables keep their promises."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.dictionary import table_dictionary
from analysis.intake.identity import load_schools
from analysis.periods import Period
from analysis.settings import Settings
from analysis.stages import MEASURES, read_measures_of
from analysis.tableschemas import check_table
from analysis.tablestore import load_table
from analysis.workspace import RequestError

if TYPE_CHECKING:
    from analysis.requests import ReportRequest


def check_data_for(observations: pd.DataFrame, request: ReportRequest) -> None:
    """Raise RequestError when no school has reported a single value for the period."""
    period = request.period
    keys = {period.key, *(part.key for part in period.parts()), *(month.key for month in period.months())}
    if not observations["period"].isin(keys).any():
        raise RequestError(
            f"За период {period.key} ({period.window_title()}) в папке {request.space.data_name} нет данных. "
            f"{_known_periods(observations, period)}"
        )


def _known_periods(observations: pd.DataFrame, period: Period) -> str:
    known = sorted(key for key in observations["period"].unique() if len(str(key)) == len(period.key))
    if not known:
        return "Положите формы школ в inbox/ или таблицу в imports/ и повторите."
    return f"Данные есть за: {known[0]} … {known[-1]}. Проверьте период или положите формы школ в inbox/."


def check_measures(data: Path, settings: Settings) -> None:
    """Raise RequestError naming the line of measures.csv that says nothing: it would drop out without a word."""
    measures = read_measures_of(data)
    if measures.empty:
        return
    groups = [group.code for group in settings.project.groups]
    schools = {school.school_id for school in load_schools(data / "schools.csv")}
    units = {
        "school": (schools, "такой школы нет в schools.csv."),
        "group": (groups, f"такой группы нет. Группы: {', '.join(groups)}."),
        "city": (("city",), "мера для всех школ пишется city."),
    }
    codes = {indicator.code for indicator in settings.indicators}
    for line, row in zip(measures.index, measures.to_dict("records"), strict=True):
        column, problem = _problem(row, units, codes)
        if column:
            raise RequestError(f"{MEASURES}, строка {line}, столбец {column}: «{row[column][:60]}» – {problem}")


def _problem(
    row: Mapping[str, str], units: Mapping[str, tuple[Collection[str], str]], codes: Collection[str]
) -> tuple[str, str]:
    """The column that says nothing and what to do; two empty texts for a sound row."""
    if not row["measure"]:
        return "measure", "нет кода меры. Укажите его, например М1: строки с одним кодом – одна мера."
    if row["indicator"] not in codes:
        return "indicator", f"такого показателя нет. Нужен код из params/indicators.yaml, например {min(codes)}."
    if row["scope"] not in units:
        return "scope", f"нужно одно из: {', '.join(units)}."
    known, problem = units[row["scope"]]
    if row["unit_id"] not in known:
        return "unit_id", problem
    if row["from"] and row["to"] and row["to"] < row["from"]:
        return "to", f"раньше, чем мера началась ({row['from']}). Исправьте даты."
    return "", ""


def check_tables(folder: Path, names: tuple[str, ...]) -> None:
    """Every table is there, and the contract's tables keep their promises. Raises TableError."""
    for name in names:
        frame = load_table(folder, name)
        if name in table_dictionary():
            check_table(name, frame)
