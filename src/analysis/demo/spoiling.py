"""Put the planted mistakes into the inbox: a correct form becomes what the school really sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

from analysis.demo.edits import Change
from analysis.demo.inbox import FormJob
from analysis.demo.mistakes import COPIED_SCHOOL, Mistake, mistake_in
from analysis.demo.post import corrected_at, file_name
from analysis.demo.roster import DemoSchool
from analysis.intake.identity import School
from analysis.intake.layout import REVISED
from analysis.settings import Settings

_UNKNOWN = ("s199", "СОШ № 199")


def sent_jobs(correct: Mapping[str, FormJob], schools: tuple[DemoSchool, ...], settings: Settings) -> Iterator[FormJob]:
    """The files of one month as they arrived: correct forms, spoilt ones, and corrections."""
    by_id = {school.school_id: school for school in schools}
    for school_id, job in correct.items():
        mistake = mistake_in(school_id, job.month)
        if mistake is None:
            yield job
            continue
        spoilt = _spoilt(job, mistake, by_id[school_id], correct, settings)
        yield replace(spoilt, mistake=None if mistake.noticed_later else mistake)
        later = replace(job, mistake=mistake if mistake.noticed_later else None)
        if mistake.edit == "second_version":
            yield replace(later, path=_with_suffix(job.path, " (2)"), received_at=job.received_at + timedelta(hours=26))
        if mistake.corrected_after is not None:
            yield _corrected(later, mistake.corrected_after)


def _spoilt(
    job: FormJob, mistake: Mistake, school: DemoSchool, correct: Mapping[str, FormJob], settings: Settings
) -> FormJob:
    month = settings.parse_period(job.month)
    if mistake.edit == "named_month_before":
        before = settings.parse_period(f"{month.year}-{month.number - 1:02d}")
        return replace(job, path=f"{job.month}/{file_name(school, month, before)}")
    if mistake.edit == "year_before":
        return replace(job, extra={**job.extra, "period_text": month.year_before().title()})
    if mistake.edit == "unknown_school":
        stranger = School(*_UNKNOWN, kind=school.kind, group=school.group)
        return replace(job, school=stranger, path=f"{job.month}/forma_{job.month}_{_UNKNOWN[0]}.xlsx")
    if mistake.edit == "copy_of_other":
        return replace(job, values=correct[COPIED_SCHOOL].values)
    if mistake.edit == "second_version":
        return replace(job, values=_lower(job.values, "month.par"))
    if mistake.edit:
        path = str(PurePosixPath(job.path).with_suffix(".pdf")) if mistake.edit == "scan" else job.path
        change = Change(mistake.edit, mistake.sheet, mistake.measure, school.name)
        return replace(job, path=path, change=change)
    return replace(job, values={**job.values, mistake.cell: mistake.value(_numbers(job.values))})


def _lower(values: Mapping[str, object], cell: str) -> dict[str, object]:
    """A first version in which one of the pupils was forgotten."""
    return {**values, cell: _numbers(values)[cell] - 1}


def _numbers(values: Mapping[str, object]) -> dict[str, float]:
    return {cell: float(value) for cell, value in values.items() if isinstance(value, int | float)}


def _corrected(job: FormJob, days: int) -> FormJob:
    arrived = corrected_at(job.received_at, days)
    extra = {**job.extra, "revision": REVISED, "filled_on": arrived.date()}
    return replace(job, path=_with_suffix(job.path, " уточнённая"), received_at=arrived, extra=extra)


def _with_suffix(path: str, text: str) -> str:
    pure = PurePosixPath(path)
    return str(pure.with_name(f"{pure.stem}{text}{pure.suffix}"))
