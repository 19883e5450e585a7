"""Every file of the inbox as a job: what is in it, what it is called and when it arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analysis.demo.edits import Change, changed
from analysis.demo.mistakes import SETTLED, Mistake
from analysis.demo.model import City, Form, form_months, form_values
from analysis.demo.months import FIRST_FORM, MONTHS
from analysis.demo.post import file_name, is_sent, received_at
from analysis.demo.roadmap_answers import Answer, activity_answers
from analysis.demo.roster import DemoSchool
from analysis.intake.form_fill import template_for
from analysis.intake.forms import form_bytes
from analysis.intake.identity import School
from analysis.periods import Period
from analysis.settings import Settings

_EVENTS_OF_PRIMARY = 4  # in a half-year; primary schools are not asked for the number
_HALF_YEAR_MONTHS = (6, 12)


@dataclass(frozen=True)
class FormJob:
    """One file to write: ``path`` in the inbox; ``change`` is what people did to the file after filling it."""

    path: str
    received_at: datetime
    school: School
    month: str
    values: Mapping[str, object]  # «sheet.measure»: what stands in the cell
    previous: Mapping[str, float]
    activities: Mapping[str, Answer]
    extra: Mapping[str, object]
    zero_report: bool = False
    change: Change | None = None
    mistake: Mistake | None = None


def write_job(inbox: Path, job: FormJob, settings: Settings) -> str:
    """Write one file; returns the address of the cell its mistake is in, or nothing."""
    month = settings.parse_period(job.month)
    content = form_bytes(
        job.school, month, settings, job.previous, job.values, job.activities, job.zero_report, job.extra
    )
    if job.change:
        content = changed(content, job.change, settings)
    (inbox / job.path).write_bytes(content)
    if job.mistake is None:
        return ""
    cells = template_for(settings, job.school.group, month.number).cells
    return cells.get((job.mistake.sheet, job.mistake.measure), "")


def correct_jobs(city: City, settings: Settings, schools: Mapping[str, School]) -> Iterator[dict[str, FormJob]]:
    """The forms without any mistake, month by month: school → job, for every form that was sent."""
    for month in form_months(settings):
        forms = form_values(city, settings, month)
        previous = _shown_beside(city, settings, month)
        yield {
            school.school_id: _job(school, schools[school.school_id], month, forms, previous, settings)
            for school in city.schools
            if school.school_id in forms and is_sent(school, month, SETTLED)
        }


def _closes_half(month: Period) -> bool:
    return month.number in _HALF_YEAR_MONTHS


def _shown_beside(city: City, settings: Settings, month: Period) -> dict[str, Form]:
    """The last report of each sheet: a month, a half-year or a year before; the baseline had no months."""
    shown: dict[str, Form] = {}
    for sheet, months_before in (("month", 1), ("half", 6), ("year", 12)):
        place = MONTHS.index(month.key) - months_before
        if sheet == "month" and MONTHS[place] < FIRST_FORM or sheet != "month" and not _closes_half(month):
            continue
        for school_id, form in form_values(city, settings, settings.parse_period(MONTHS[place])).items():
            cells = {cell: value for cell, value in form.items() if cell.startswith(f"{sheet}.")}
            shown.setdefault(school_id, {}).update(cells)
    return shown


def _job(
    school: DemoSchool,
    known: School,
    month: Period,
    forms: Mapping[str, Form],
    previous: Mapping[str, Form],
    settings: Settings,
) -> FormJob:
    form, before = forms[school.school_id], previous.get(school.school_id, {})
    arrived = received_at(school, month)
    events = form.get("half.events", _EVENTS_OF_PRIMARY)
    is_zero = not _closes_half(month) and _nothing_happened(form, before, settings)
    return FormJob(
        path=f"{month.key}/{file_name(school, month)}",
        received_at=arrived,
        school=known,
        month=month.key,
        values=_states(form, settings) if is_zero else form,
        previous=before,
        activities=activity_answers(school, month, events, settings) if _closes_half(month) else {},
        extra={"filled_on": arrived.date()},
        zero_report=is_zero,
    )


def _nothing_happened(form: Form, before: Form, settings: Settings) -> bool:
    """Flows are zero and everything cumulative stands where it stood: the school ticks «Нулевой отчёт»."""
    growing = {cell for cell in form if _type(cell, settings) == "C"}
    flowing = {cell for cell in form if _type(cell, settings) == "F"}
    return bool(growing) and all(form[c] == before.get(c) for c in growing) and not any(form[c] for c in flowing)


def _states(form: Form, settings: Settings) -> Form:
    return {cell: value for cell, value in form.items() if _type(cell, settings) == "S"}


def _type(cell: str, settings: Settings) -> str:
    return settings.measure(cell.partition(".")[2]).type
