"""The true values of the demo city: what every school would report if nobody made a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.demo.contingents import Counts, build_contingents
from analysis.demo.flows import half_year_flows, half_year_states, monthly_flows, practices
from analysis.demo.months import FIRST_FORM, MONTHS, column, half_columns
from analysis.demo.participation import cumulative_values, december_values, june_values
from analysis.demo.roster import DemoSchool, demo_schools
from analysis.intake.layout import asked_measures
from analysis.periods import Period, sheet_period
from analysis.settings import Measure, Settings
from analysis.workspace import RequestError

Form = dict[str, float]  # «sheet.measure»: value
FLOW, COLUMNS = "F", ("school_id", "period", "measure", "value")
BASELINE_HALVES, BASELINE_YEAR = ("2020H2", "2021H1"), "2021"


class DemoError(RequestError):
    """The demo data cannot be made; the message (Russian) says why and what to do."""


@dataclass(frozen=True)
class City:
    """All true values. Each table: measure → one number per school, by month, half-year or year."""

    schools: tuple[DemoSchool, ...]
    monthly: dict[str, Counts]
    halves: dict[str, dict[str, Counts]]
    years: dict[str, dict[int, Counts]]
    decembers: dict[str, dict[int, Counts]]

    def values(self, measure: Measure, period: Period) -> Counts:
        """One number per school for a period of any kind. Raises DemoError for a measure the model lacks."""
        code = measure.code
        if code in self.halves and period.kind == "half":
            return self.halves[code][period.key]
        if code in self.halves:
            return np.sum([self.halves[code][part.key] for part in period.parts()], axis=0)
        if code in self.years:
            return self.years[code][period.year]
        if code in self.decembers:
            return self.decembers[code][period.year]
        if code in self.monthly:
            return self._from_months(measure, period)
        raise DemoError(
            f"Мера «{code}» в indicators.yaml не знакома модели демонстрационных данных. "
            "Укажите свою папку данных (DATA=…) или уберите меру."
        )

    def _from_months(self, measure: Measure, period: Period) -> Counts:
        table = self.monthly[measure.code]
        if period.kind == "month":
            return table[:, column(period.key)]
        if measure.type == FLOW:
            halves = [period] if period.kind == "half" else list(period.parts())
            return sum(table[:, half_columns(half.key)].sum(axis=1) for half in halves)
        return table[:, column(period.closing_month().key)]


def build_city() -> City:
    """Run the model: contingents, then what is reached among them, then what adds up."""
    schools = demo_schools()
    contingents = build_contingents(schools)
    cumulative = cumulative_values(schools, contingents)
    flows = monthly_flows(schools, contingents, cumulative["covered"])
    in_june = june_values(contingents) | {"pract": practices(len(schools))}
    return City(
        schools=schools,
        monthly=contingents.monthly | cumulative | flows,
        halves=half_year_flows(contingents) | half_year_states(schools),
        years=in_june,
        decembers=december_values(contingents),
    )


def form_months(settings: Settings) -> tuple[Period, ...]:
    """The months whose forms the schools send."""
    return tuple(settings.parse_period(month) for month in MONTHS if month >= FIRST_FORM)


def true_values(settings: Settings) -> pd.DataFrame:
    """One row = one true value: school_id, period, measure, value, sorted.

    Holds the baseline periods 2020H2, 2021H1 and 2021 and every form from July 2021 to December 2022 of every school
    valid then, the silent school's too: what was sent differs only by the planted errors and the forms not sent.
    """
    return true_values_of(build_city(), settings)


def true_values_of(city: City, settings: Settings) -> pd.DataFrame:
    """:func:`true_values` of a city already built."""
    rows = [*_baseline_rows(city, settings), *_form_rows(city, settings)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": "float64"})
    return frame.sort_values(list(COLUMNS[:3]), ignore_index=True)


def form_values(city: City, settings: Settings, month: Period) -> dict[str, Form]:
    """School → «sheet.measure» → value for every form of a month."""
    values: dict[str, Form] = {}
    columns: dict[str, Counts] = {}
    for place, school in enumerate(city.schools):
        if not school.reports_for(month):
            continue
        form = values.setdefault(school.school_id, {})
        for sheet, measure in asked_measures(settings, school.group, month.number):
            key = f"{sheet}.{measure.code}"
            if key not in columns:
                columns[key] = city.values(measure, sheet_period(sheet, month))
            form[key] = float(columns[key][place])
    return values


def _form_rows(city: City, settings: Settings) -> Iterator[tuple[str, str, str, float]]:
    for month in form_months(settings):
        for school_id, form in form_values(city, settings, month).items():
            for cell, value in form.items():
                sheet, measure = cell.split(".", 1)
                yield school_id, sheet_period(sheet, month).key, measure, value


def _baseline_rows(city: City, settings: Settings) -> Iterator[tuple[str, str, str, float]]:
    """The old monitoring: half-years in full, the June sheet under the year, the December sheet under its half."""
    for half in map(settings.parse_period, BASELINE_HALVES):
        month = half.closing_month()
        for place, school in enumerate(city.schools):
            if not school.reports_for(month):
                continue
            keys = {
                (half.key if sheet == "month" else sheet_period(sheet, month).key, measure.code): measure
                for sheet, measure in asked_measures(settings, school.group, month.number)
            }
            for (period, code), measure in keys.items():
                value = city.values(measure, settings.parse_period(period))[place]
                yield school.school_id, period, code, float(value)
