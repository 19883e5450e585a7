"""Checks between the stages: is there anything to report on, and do the tables keep their promises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.dictionary import table_dictionary
from analysis.periods import Period
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


def check_tables(folder: Path, names: tuple[str, ...]) -> None:
    """Every table is there, and the contract's tables keep their promises. Raises TableError."""
    for name in names:
        frame = load_table(folder, name)
        if name in table_dictionary():
            check_table(name, frame)
