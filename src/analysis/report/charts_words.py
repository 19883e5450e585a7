"""What charts write: names for codes, values with their units, periods on an axis, and the sentence of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analysis.periods import MONTH_NAMES, PeriodError, parse_period
from analysis.report.numbers import MISSING, NBSP, answer_change, format_number, is_missing

if TYPE_CHECKING:
    from analysis.settings import Settings

LONGEST_LIST = 12  # an alt text with more values than this gives the extremes instead
STATUS_TEXTS = {"not_applicable": "н/п", "missing": "нет данных", "special_conditions": "особые условия"}

Unit = Literal["percent", "per_100", "yes_no", "count"]


@dataclass(frozen=True)
class Labels:
    """Names to print for codes; a code without a name is printed as it is.

    ``indicators``, ``units``: by indicator code (units: percent, per_100, yes_no, count); ``schools``, ``groups``,
    ``activities``, ``levels``: by school id, group code, activity code and level code (in the order of the levels).
    """

    indicators: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    schools: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    activities: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    city: str = "Все ОУ"

    @classmethod
    def of(cls, settings: Settings, schools: pd.DataFrame | None = None) -> Labels:
        """The names of a params folder and of ``schools.csv`` (columns school_id, name)."""
        names = {} if schools is None else dict(zip(schools["school_id"], schools["name"], strict=True))
        return cls(
            indicators={i.code: i.short_name for i in settings.indicators},
            units={i.code: i.unit for i in settings.indicators},
            schools=names,
            groups={group.code: group.label for group in settings.project.groups},
            activities={activity.code: activity.short_name for activity in settings.activities},
            levels={level.code: level.name for level in settings.project.scoring.levels},
            city=settings.project.institution.city,
        )

    def indicator(self, code: str) -> str:
        """«П04 Тестирование, 5–11 кл.»"""
        return f"{code}{NBSP}{self.indicators[code]}" if code in self.indicators else str(code)

    def unit(self, indicator: str) -> str:
        """The unit of an indicator, percent unless told otherwise."""
        return self.units.get(indicator, "percent")

    def place(self, unit_id: str) -> str:
        """The name of the city, a group («А. Гимназии и лицеи») or a school."""
        if unit_id == "city":
            return self.city
        if unit_id in self.groups:
            return f"{unit_id}. {self.groups[unit_id]}"
        return self.schools.get(unit_id, str(unit_id))

    def activity(self, code: str) -> str:
        """«2.3 Профориентационное тестирование»"""
        return f"{code}{NBSP}{self.activities[code]}" if code in self.activities else str(code)

    def ordered_levels(self, found: Iterable[str]) -> list[str]:
        """Levels in the order of params, whether named by code or by name; unknown ones follow as they come."""
        known = [*self.levels, *self.levels.values()]
        return sorted(dict.fromkeys(found), key=lambda level: known.index(level) if level in known else len(known))

    def level(self, code: str) -> str:
        """The name of a level of attainment."""
        return self.levels.get(code, str(code))


NO_LABELS = Labels()


def quantity(value: Any, unit: str = "percent", *, school: bool = False) -> str:
    """A value as charts print it: «63,2 %», «1,4», «да» for one school's flag; text (a suppressed value) stays."""
    if isinstance(value, str):
        return value
    if is_missing(value):
        return MISSING
    if unit == "yes_no" and school and value in (0, 100):
        return "да" if value else "нет"
    if unit in ("percent", "yes_no"):
        return format_number(value, 1, "%")
    return format_number(value, None if unit == "count" else 1)


def goal(value: Any, unit: str = "percent", *, school: bool = False) -> str:
    """A target: like a value, without the decimals of a whole number."""
    if isinstance(value, str) or is_missing(value) or (unit == "yes_no" and school):
        return quantity(value, unit, school=school)
    return format_number(value, None, "%" if unit in ("percent", "yes_no") else "")


def difference(value: Any, unit: str = "percent", *, school: bool = False) -> str:
    """A change with its sign, in percentage points for shares: «+4,2 п.п.»; text (a suppressed value) stays."""
    if isinstance(value, str):
        return value
    if unit == "yes_no" and school:
        before, arrow, now = answer_change(value).partition(" → ")  # the charts' typeface has no arrow
        return f"теперь «{now}»" if arrow else before
    return format_number(value, 1, "п.п." if unit in ("percent", "yes_no") else "", signed=True)


def tick_labels(ticks: Sequence[float], unit: str = "percent") -> list[str]:
    """Numbers of an axis; the percent sign stands at the last only."""
    digits = 0 if all(float(tick).is_integer() for tick in ticks) else 1
    labels = [format_number(tick, digits if tick else 0) for tick in ticks]
    if labels and unit in ("percent", "yes_no"):
        labels[-1] += f"{NBSP}%"
    return labels


def numeric(values: pd.Series) -> np.ndarray:
    """Floats; text in place of a value (suppressed) and missing values are NaN, so they are never drawn as points."""
    return np.array([_float(value) for value in values], dtype=float)


def _float(value: Any) -> float:
    if isinstance(value, str) or is_missing(value):
        return math.nan
    return float(value)


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column, or missing values where the frame has none."""
    return frame[name] if name in frame else pd.Series(np.nan, index=frame.index)


def value_text(value: Any, status: Any, unit: str, *, school: bool = False) -> str:
    """The value, or the reason why there is none."""
    if is_missing(value) and status in STATUS_TEXTS:
        return STATUS_TEXTS[status]
    return quantity(value, unit, school=school)


def period_label(key: str) -> str:
    """«июн 2022», «I полугодие 2022», «2022 год»; what is no period is printed as it is."""
    try:
        period = parse_period(key)
    except PeriodError:
        return str(key)
    if period.kind == "month":
        return f"{month_label(period.number)}{NBSP}{period.year}"
    return period.title().replace(" года", "").replace(" ", NBSP)


def month_label(number: int) -> str:
    """«янв» … «дек»."""
    return MONTH_NAMES[number - 1][:3]


def listed(names: Sequence[str], texts: Sequence[str], values: Sequence[float]) -> str:
    """«А – 60 %; Б – 55 %», or only the least and the greatest when there are many."""
    pairs = [f"{name}{NBSP}– {text}" for name, text in zip(names, texts, strict=True)]
    if len(pairs) <= LONGEST_LIST:
        return "; ".join(pairs)
    known = [i for i, value in enumerate(values) if np.isfinite(value)]
    if not known:
        return f"значений нет ({len(pairs)} строк)"
    low, high = min(known, key=lambda i: values[i]), max(known, key=lambda i: values[i])
    return f"значений – {len(known)} из {len(pairs)}, от {texts[low]} ({names[low]}) до {texts[high]} ({names[high]})"


def sentence(text: str) -> str:
    """The text ended with one full stop."""
    return text.rstrip(" .;,") + "."
