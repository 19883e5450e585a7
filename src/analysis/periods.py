"""Reporting periods: months, half-years, years and the whole roadmap.

A month window runs from day ``month_starts_on`` of the month before to the day before it in the month itself, so that
windows tile the half-years (21 December – 20 June, 21 June – 20 December) and the years (two half-years).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from holidays import HolidayBase

Kind = Literal["month", "half", "year", "roadmap"]
Case = Literal["nominative", "genitive", "instrumental"]

MONTH_NAMES = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь".split()
_MONTHS_GENITIVE = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
_MONTHS_INSTRUMENTAL = "январём февралём мартом апрелем маем июнем июлем августом сентябрём октябрём ноябрём декабрём"
_TITLES: dict[Case, tuple[list[str], str, str, str]] = {
    "nominative": (MONTH_NAMES, "полугодие", "год", "годы"),
    "genitive": (_MONTHS_GENITIVE, "полугодия", "года", "годов"),
    "instrumental": (_MONTHS_INSTRUMENTAL.split(), "полугодием", "годом", "годами"),
}
_PATTERN = re.compile(r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])|H(?P<half>[12])|-(?P<last>\d{4}))?", re.ASCII)


class PeriodError(ValueError):
    """The text names no period; the message (Russian) says what is allowed."""


@dataclass(frozen=True)
class PeriodRules:
    """How windows and cut-offs are drawn; built from ``project.yaml`` by :mod:`analysis.settings`."""

    month_starts_on: int = 21
    due_day: int = 20
    year_state_date: tuple[int, int] = (7, 1)
    first_month: str = "2021-07"
    last_year: int = 2025
    move_from_days_off: bool = True
    holidays_country: str = "RU"


@dataclass(frozen=True)
class Period:
    """One reporting period: ``key`` as written, window ``start``–``end`` (both inclusive)."""

    key: str
    kind: Kind
    year: int
    number: int  # month 1–12, half 1–2, else 0; for the roadmap the last year
    rules: PeriodRules
    through: int = 0  # roadmap: the last year with data, 0 = not known

    @property
    def start(self) -> date:
        return _month_start(*self._month_numbers()[0], self.rules)

    @property
    def end(self) -> date:
        year, month = self._month_numbers()[-1]
        return _month_start(*_shift(year, month, 1), self.rules) - timedelta(days=1)

    @property
    def cutoff(self) -> date:
        """The nominal last day for the reports: the due day of the closing month."""
        year, month = self._month_numbers()[-1]
        return date(year, month, self.rules.due_day)

    @property
    def due(self) -> date:
        """The cut-off in force: moved off weekends and public holidays (Civil Code 193, by analogy)."""
        if not self.rules.move_from_days_off:
            return self.cutoff
        return next_working_day(self.cutoff, self.rules.holidays_country)

    @property
    def as_of(self) -> date:
        """The date whose state is reported: 1 July for the year, else the end of the window."""
        return date(self.year, *self.rules.year_state_date) if self.kind == "year" else self.end

    @property
    def calendar_year(self) -> int:
        """The year whose targets apply."""
        return (self.through or self.number) if self.kind == "roadmap" else self.year

    @property
    def half(self) -> int | None:
        return self.number if self.kind == "half" else None

    @property
    def score_kind(self) -> str:
        """``month``, ``H1``, ``H2`` or ``year``: the name used by an indicator's ``shown_in`` and ``scored_in``."""
        if self.kind == "half":
            return f"H{self.number}"
        return "month" if self.kind == "month" else "year"

    @property
    def first_due(self) -> bool:
        """False for baseline periods, which are never due and never overdue."""
        return self.months()[-1].key >= self.rules.first_month and (
            self.kind == "month" or self.months()[0].key >= self.rules.first_month
        )

    def months(self) -> tuple[Period, ...]:
        return tuple(month_period(year, month, self.rules) for year, month in self._month_numbers())

    def known_through(self, keys: Iterable[str]) -> Period:
        """The whole roadmap up to the last year among the keys of periods with data; other kinds are as they are."""
        if self.kind != "roadmap":
            return self
        years = {int(key[:4]) for key in keys if re.fullmatch(r"\d{4}(H1)?", str(key))}
        within = [year for year in years if self.year < year <= self.number]
        return replace(self, through=max(within, default=0))

    def closing_year(self) -> Period:
        """The year whose values a roadmap ends with; other kinds are as they are."""
        return self if self.kind != "roadmap" else parse_period(str(self.calendar_year), self.rules)

    def reporting_year(self) -> Period:
        """The year, from July to June, that this period ends in."""
        year, month = self._month_numbers()[-1]
        return parse_period(str(year + (month > 6)), self.rules)

    def closing_month(self) -> Period:
        """The month whose form closes this period."""
        return self.months()[-1]

    def parts(self) -> tuple[Period, ...]:
        """The next smaller periods that make up this one; a month has none."""
        if self.kind == "year":
            keys = (f"{self.year - 1}H2", f"{self.year}H1")
            return tuple(parse_period(key, self.rules) for key in keys)
        if self.kind == "half":
            return self.months()
        if self.kind == "roadmap":
            years = range(self.year + 1, self.number + 1)
            return tuple(parse_period(str(year), self.rules) for year in years)
        return ()

    def year_before(self) -> Period:
        """The same period a year before (АППГ); for the whole roadmap the year it starts from."""
        if self.kind == "roadmap":
            return parse_period(str(self.year), self.rules)
        tail = self.key[4:]
        return parse_period(f"{self.year - 1:04d}{tail}", self.rules)

    def title(self, case: Case = "nominative") -> str:
        """«март 2022 года», «I полугодие 2022 года», «2022 год», also in other cases: «с мартом 2022 года»."""
        months, half, year, years = _TITLES[case]
        if self.kind == "month":
            return f"{months[self.number - 1]} {self.year} года"
        if self.kind == "half":
            return f"{'I' * self.number} {half} {self.year} года"
        return f"{self.year} {year}" if self.kind == "year" else f"{self.year}–{self.number} {years}"

    def window_title(self) -> str:
        """«с 21 декабря 2021 г. по 20 июня 2022 г.»."""
        return f"с {_long(self.start)} по {_long(self.end)}"

    def _month_numbers(self) -> list[tuple[int, int]]:
        if self.kind == "month":
            return [(self.year, self.number)]
        if self.kind == "half":
            first = 1 if self.number == 1 else 7
            return [(self.year, first + i) for i in range(6)]
        if self.kind == "year":
            return [_shift(self.year, 1, i) for i in range(-6, 6)]
        first_year, first_month = map(int, self.rules.first_month.split("-"))
        start = (first_year, first_month) if first_year == self.year else (self.year, 1)
        last = (self.through, 6) if self.through else (self.number, 12)
        count = (last[0] - start[0]) * 12 + last[1] - start[1] + 1
        return [_shift(*start, i) for i in range(count)]


def parse_period(text: str, rules: PeriodRules | None = None) -> Period:
    """Read ``2022-03``, ``2022H1``, ``2022`` or ``2021-2025``.

    Raises PeriodError with a Russian message when the text names no period.
    """
    rules = rules or PeriodRules()
    match = _PATTERN.fullmatch(str(text).strip())
    if match is None or not 2000 <= int(match["year"]) <= 2100:
        raise PeriodError(
            f"Период «{text}» не распознан. Допустимы: месяц «2022-03», полугодие «2022H1» или «2022H2», "
            "год «2022», вся «дорожная карта» «2021-2025»."
        )
    year = int(match["year"])
    if match["month"]:
        return month_period(year, int(match["month"]), rules)
    if match["half"]:
        return Period(match[0], "half", year, int(match["half"]), rules)
    if match["last"]:
        return _roadmap(match[0], year, int(match["last"]), rules)
    return Period(match[0], "year", year, 0, rules)


def _roadmap(key: str, first: int, last: int, rules: PeriodRules) -> Period:
    if last <= first or last > 2100:
        raise PeriodError(f"Период «{key}»: последний год должен быть больше первого, например «2021-2025».")
    return Period(key, "roadmap", first, last, rules)


def month_period(year: int, month: int, rules: PeriodRules) -> Period:
    """The month as a period."""
    return Period(f"{year:04d}-{month:02d}", "month", year, month, rules)


def month_of(day: date, rules: PeriodRules) -> Period:
    """The one month whose window holds the day."""
    year, month = day.year, day.month
    if rules.month_starts_on > 1 and day.day >= rules.month_starts_on:
        year, month = _shift(year, month, 1)
    return month_period(year, month, rules)


def half_of(month: Period) -> Period:
    """The half-year that holds a month."""
    return parse_period(f"{month.year}H{1 if month.number <= 6 else 2}", month.rules)


def year_of(part: Period) -> Period:
    """The reporting year that holds a month or a half-year: the second half belongs to the next year."""
    half = half_of(part) if part.kind == "month" else part
    return parse_period(str(half.year + (half.number == 2)), part.rules)


def sheet_period(sheet: str, month: Period) -> Period:
    """The period that a sheet of a month's form describes.

    The December «Год» sheet (past summer, leavers) belongs to the second half-year.
    """
    if sheet == "month":
        return month
    half = half_of(month)
    return year_of(half) if sheet == "year" and half.number == 1 else half


@lru_cache(maxsize=512)
def next_working_day(day: date, country: str) -> date:
    """The day itself or the first working day after it; weekends moved by decree are known to the library."""
    calendar = _calendar(country)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=4)
def _calendar(country: str) -> HolidayBase:
    import holidays

    return holidays.country_holidays(country)


def _month_start(year: int, month: int, rules: PeriodRules) -> date:
    if rules.month_starts_on > 1:
        year, month = _shift(year, month, -1)
    return date(year, month, rules.month_starts_on)


def _shift(year: int, month: int, by: int) -> tuple[int, int]:
    index = year * 12 + month - 1 + by
    return index // 12, index % 12 + 1


def _long(day: date) -> str:
    return f"{day.day} {_MONTHS_GENITIVE[day.month - 1]} {day.year} г."
