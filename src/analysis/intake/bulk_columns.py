"""The rows of a large import that need no remark, column by column: what the row reader would say, much faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.intake.book import Cell
from analysis.intake.cells import shown
from analysis.intake.identity import Schools
from analysis.intake.inbox import parse_moment
from analysis.intake.layout import MAX_COUNT
from analysis.intake.reading import MeasureSpec
from analysis.intake.rules import RULES
from analysis.intake.values import COLUMNS, month_index
from analysis.periods import Period, PeriodError
from analysis.settings import Settings

AsCell = Callable[[object], Cell | None]
_LARGEST = 1e12


class _Column:
    """One column of the file: what each of its different texts means, and which of them every row has."""

    def __init__(self, column: pd.Series, as_cell: AsCell, look: Callable[[str], Any]) -> None:
        codes, texts = pd.factorize(column)
        self.codes = np.where(codes < 0, len(texts), codes)
        self.found = [*(look(shown(as_cell(text))) for text in texts), None]

    @property
    def known(self) -> np.ndarray:
        """Rows whose text means something."""
        return np.array([one is not None for one in self.found])[self.codes]

    def of(self, name: Callable[[Any], str]) -> pd.Categorical:
        """A property of what was found, as categories."""
        names = [name(one) if one is not None else "" for one in self.found]
        categories, place = np.unique(np.array(names, dtype=object), return_inverse=True)
        return pd.Categorical.from_codes(place[self.codes], categories)

    def numbers(self, number: Callable[[Any], float]) -> np.ndarray:
        """A number that belongs to what was found."""
        return np.array([number(one) if one is not None else 0 for one in self.found])[self.codes]


def clean_rows(
    frame: pd.DataFrame,
    as_cell: AsCell,
    schools: Schools,
    measures: Mapping[str, MeasureSpec],
    fold: Callable[[str], str],
    settings: Settings,
    file: str,
    received: str,
) -> pd.DataFrame:
    """The rows of the values table (texts as categories) for every row of ``frame`` that is plainly in order.

    The index is the row's position; rows that are not here are to be read one by one. In order is: a school by its
    code, a period, a measure, a number within its limits or nothing, received no earlier than the period began.
    """
    numbers = frame["value"]
    if not pd.api.types.is_numeric_dtype(numbers) or pd.api.types.is_bool_dtype(numbers):
        return pd.DataFrame(columns=COLUMNS)
    value = numbers.to_numpy(dtype=float, na_value=np.nan)
    school = _Column(frame["school_id"], as_cell, schools.get)
    period = _Column(frame["period"], as_cell, lambda text: _period(text, settings))
    measure = _Column(frame["measure"], as_cell, lambda text: measures.get(fold(text)))
    moments = frame["received_at"] if "received_at" in frame else pd.Series("", index=frame.index)
    hours = settings.project.hours_from_utc
    moment = _Column(moments.fillna(""), as_cell, lambda text: parse_moment(text, hours) or received)
    starts = period.of(lambda one: f"{one.start:%Y-%m-%d}")
    early = np.asarray(moment.of(lambda one: one[:10]).astype(str) < starts.astype(str))
    good = school.known & period.known & measure.known & ~early & _in_order(value, measure)
    kinds = {one.code: "flag" if one.is_flag else settings.measure(one.code).type for one in measures.values()}
    rows = _rows(school, period, measure, moment, value, kinds, file)
    return rows if good.all() else rows[good]


def _rows(
    school: _Column,
    period: _Column,
    measure: _Column,
    moment: _Column,
    value: np.ndarray,
    kinds: Mapping[str, str],
    file: str,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": -1, "school_id": school.of(lambda one: one.school_id), "group": school.of(lambda one: one.group),
            "form": period.of(lambda one: one.closing_month().key), "sheet": period.of(lambda one: one.kind),
            "measure": measure.of(lambda one: one.code), "type": measure.of(lambda one: kinds[one.code]),
            "period": period.of(lambda one: one.key), "level": period.of(lambda one: one.kind),
            "month": period.numbers(month_index).astype("int64"), "value": value, "variant": _same("", value),
            "found": _found(value), "cell": _places(value), "sheet_name": _same("", value), "file": _same(file, value),
            "version": 1, "received_at": moment.of(str), "zero_report": False, "in_force": True, "copy": 0,
        }
    )  # fmt: skip


def _period(text: str, settings: Settings) -> Period | None:
    try:
        period = settings.parse_period(text)
    except PeriodError:
        return None
    return None if period.kind == "roadmap" else period


def _in_order(value: np.ndarray, measure: _Column) -> np.ndarray:
    """Numbers that the readers of cells take without a remark worth telling."""
    flag = measure.numbers(lambda one: one.is_flag).astype(bool)
    whole = measure.numbers(lambda one: one.whole).astype(bool)
    is_answer = np.isin(value, (0.0, 1.0)) if RULES["B37"].severity == "note" else np.zeros(len(value), bool)
    with np.errstate(invalid="ignore"):
        is_count = (value >= 0) & (value <= MAX_COUNT) & (value == np.floor(value))
        is_amount = (value >= 0) & (value <= _LARGEST)
    return np.isnan(value) | np.where(flag, is_answer, np.where(whole, is_count, is_amount))


def _found(value: np.ndarray) -> pd.Categorical:
    codes, numbers = pd.factorize(value)
    texts = [*(shown(Cell(float(number), "number")) for number in numbers), ""]
    categories, place = np.unique(np.array(texts, dtype=object), return_inverse=True)
    return pd.Categorical.from_codes(place[np.where(codes < 0, len(numbers), codes)], categories)


def _same(text: str, value: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(np.zeros(len(value), dtype="int8"), [text])


def _places(value: np.ndarray) -> pd.Series:
    return "строка " + pd.Series(np.arange(1, len(value) + 1)).astype("str")
