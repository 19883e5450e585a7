"""How forms arrive: what schools call their files and when they send them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from analysis.demo.months import stream
from analysis.demo.roster import CLOSED, LATE, OPENED, SILENT, DemoSchool
from analysis.periods import MONTH_NAMES, Period

ISO_MINUTES = "%Y-%m-%dT%H:%M"
_FORGOTTEN = 0.012  # share of ordinary months' forms that were never sent
_LATE_SCHOOL = 0.75  # share of forms the notorious school sends late
_SATURDAY = 5

# A school keeps to one way of naming; most leave the name as it was sent to them.
_NAMES = (
    "forma_{key}_{id}.xlsx",
    "forma_{key}_{id}.xlsx",
    "forma_{key}_{id}.xlsx",
    "forma_{key}_{id} (1).xlsx",
    "{kind} {n} {month} {year}.xlsx",
    "Мониторинг профориентация {mm}.{year} {kind} № {n}.xlsx",
    "{n}_отчёт_{mm}.{year}.xlsx",
    "Форма {kind} {n} за {month} {year} года.xlsx",
)


def file_name(school: DemoSchool, month: Period, named_month: Period | None = None) -> str:
    """What the school calls its form; ``named_month`` differs from the month where it errs."""
    named = named_month or month
    pattern = _NAMES[stream("file name", school.school_id).integers(len(_NAMES))]
    return pattern.format(
        key=named.key, id=school.school_id, kind=school.kind, n=school.number,
        month=MONTH_NAMES[named.number - 1], mm=f"{named.number:02d}", year=named.year,
    )  # fmt: skip


def is_sent(school: DemoSchool, month: Period, settled: set[tuple[str, str]]) -> bool:
    """Did this form arrive at all? ``settled`` forms always do: something is planted in them."""
    if school.school_id == SILENT:
        return False
    if (school.school_id, month.key) in settled or month.number in (6, 12):
        return True
    if school.school_id in (CLOSED, OPENED):
        return True
    return bool(stream("forgotten", school.school_id, month.key).random() >= _FORGOTTEN)


def received_at(school: DemoSchool, month: Period) -> datetime:
    """When the first version arrived: usually within the last working days, sometimes at night, seldom late."""
    chance = stream("received", school.school_id, month.key)
    late_share = _LATE_SCHOOL if school.school_id == LATE else _lateness(school)
    if chance.random() < late_share:
        longest = 10 if school.school_id == LATE else 4
        day = _workday(month.due + timedelta(days=int(chance.integers(1, longest))), 1)
    else:
        day = _workday(month.due - timedelta(days=int(min(chance.geometric(0.45) - 1, 6))), -1)
    return datetime.combine(day, _hour(chance.random(), int(chance.integers(60)), day == month.due))


def corrected_at(first: datetime, days: int) -> datetime:
    """When a corrected form came back: some days later, in working hours."""
    return datetime.combine(_workday(first.date() + timedelta(days=days), 1), time(11, first.minute))


def _lateness(school: DemoSchool) -> float:
    return float(stream("lateness", school.school_id).beta(1, 24))


def _workday(day: date, step: int) -> date:
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=step)
    return day


def _hour(chance: float, minute: int, last_day: bool) -> time:
    if last_day and chance > 0.9:
        return time(23, minute)
    return time(8 + int(chance * 10), minute)
