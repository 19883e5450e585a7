"""Whose file is it, and for which month? From the hidden id, else from names; what is unclear is asked, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from analysis.intake.cells import read_month
from analysis.intake.identity import Resolution, School, Schools
from analysis.intake.inbox import Arrival
from analysis.intake.names import plain
from analysis.intake.reading import Reading, Remark
from analysis.periods import Period, PeriodError
from analysis.settings import Settings

_KIND_AND_NUMBER = re.compile(
    r"(?:сош|оош|\bцо|школ\w*|гимнази\w*|лице\w*|центр\w* образования)\s*(?:№|no?)?\s*\d{1,4}(?!\d)"
)
_DAY = re.compile(r"(?<!\d)(?:\d{1,2}[._-]\d{1,2}[._-]20\d\d|20\d\d[._-]\d{1,2}[._-]\d{1,2})(?!\d)")
_REASONS = {"number_only": "B26", "ambiguous": "B26.ambiguous", "unknown": "B27", "not_valid": "B27.not_valid"}


@dataclass
class Submission:
    """One file assigned to a school and a month; ``held`` keeps its values out until somebody answers."""

    arrival: Arrival
    reading: Reading
    school: School | None = None
    period: Period | None = None
    held: bool = False
    named_other_period: bool = False  # the file's name tells another month than the form
    version: int = 0
    in_force: bool = False
    repeats: str = ""  # name of an earlier file that says the same
    confirmed: bool = False  # sent again unchanged and marked «уточнённая»
    remarks: list[Remark] = field(default_factory=list)

    @property
    def readable(self) -> bool:
        return not self.reading.fatal and not self.held and self.school is not None and self.period is not None

    @property
    def key(self) -> tuple[str, str]:
        """School and month, empty when not known."""
        return self.school.school_id if self.school else "", self.period.key if self.period else ""

    @property
    def revised(self) -> bool:
        """Marked «уточнённая» in the passport or in the file's name."""
        name = self.arrival.name.rpartition("/")[2]
        return bool(self.reading.passport.get("revision")) or "уточн" in plain(name)

    @property
    def zero_report(self) -> bool:
        return bool(self.reading.passport.get("zero_report"))

    def say(self, variant: str, sheet: str = "", cell: str = "", found: str = "") -> None:
        self.remarks.append(Remark(variant, sheet, cell, found))


def assign(arrival: Arrival, reading: Reading, schools: Schools, settings: Settings) -> Submission:
    """Give one file its month and its school, and note everything odd about that."""
    submission = Submission(arrival, reading, remarks=list(reading.remarks))
    submission.period = _period(submission, settings)
    submission.school = _school(submission, schools)
    _check_name(submission, schools)
    if submission.period and submission.school:
        _check_dates(submission, submission.school, submission.period)
    return submission


def _period(submission: Submission, settings: Settings) -> Period | None:
    reading = submission.reading
    hidden = reading.hidden.get("period") or next((mark[1] for mark in reading.marks), "")
    shown = reading.passport.get("period_key", "")
    named = month_in_name(submission.arrival.name)
    period = _month(hidden, settings) or _month(shown, settings)
    if period is None:
        period = _month(named, settings)
        if period and not reading.fatal:
            submission.say("B13", found=named)
        if period is None and not reading.fatal:
            submission.held = True
            submission.say("B12.unclear", found=hidden or reading.passport.get("period_text", ""))
        return period
    if named and named != period.key and not reading.fatal:
        submission.named_other_period = True
        submission.say("B13", found=f"в имени файла {named}, в форме {period.key}")
    if shown and shown != period.key:
        submission.say("B14", found=reading.passport.get("period_text", ""))
    printed = reading.passport.get("title_key", "")
    if printed not in ("", period.key, shown):
        other = _month(printed, settings)
        submission.say("B14", found=f"на листе «Месяц»: {other.title() if other else printed}")
    return period


def month_in_name(file_name: str) -> str:
    """The month that a file's name gives; a whole date there is the day of sending and tells no month."""
    return read_month(_DAY.sub(" ", file_name.rpartition("/")[2])) or ""


def _month(key: str, settings: Settings) -> Period | None:
    try:
        period = settings.parse_period(key)
    except PeriodError:
        return None
    return period if period.kind == "month" else None


def _school(submission: Submission, schools: Schools) -> School | None:
    reading = submission.reading
    hidden = reading.hidden.get("school_id") or next((mark[2] for mark in reading.marks), "")
    shown = reading.passport.get("school_name", "")
    school = schools.get(hidden)
    if school is not None:
        _check_shown_name(submission, school, shown, schools)
        _check_headings(submission, school, schools)
        return school
    if reading.fatal and not shown:
        return school_in_name(submission.arrival.name, schools)
    answer = schools.resolve(shown, submission.period) if shown else Resolution(None, reason="unknown")
    if answer.school is None:
        submission.held = True
        submission.say(_REASONS[answer.reason], found=_found(shown or hidden, answer))
        return school_in_name(submission.arrival.name, schools)  # whom to ask; the values stay out
    if not answer.exact:
        submission.say("B25", found=shown)
    return answer.school


def _found(text: str, answer: Resolution) -> str:
    names = ", ".join(sorted(school.name for school in answer.candidates)[:4])
    return f"{text[:80]} (возможно: {names})" if names else text[:80]


def _check_shown_name(submission: Submission, school: School, shown: str, schools: Schools) -> None:
    """The printed name may be misspelt, but must not be another school's."""
    if not shown or shown.strip() == school.name:
        return
    answer = schools.resolve(shown)
    others = {candidate.school_id for candidate in answer.candidates} | (
        {answer.school.school_id} if answer.school else set()
    )
    if answer.reason == "number_only":
        submission.say("B26", found=_found(shown, answer))
    elif others and school.school_id not in others:
        submission.held = True
        submission.say("B25.conflict", found=f"{shown[:80]}; код формы {school.school_id}")
    elif not others:
        submission.say("B27", found=shown[:80])
    else:
        submission.say("B25", found=shown[:80])


def _check_headings(submission: Submission, school: School, schools: Schools) -> None:
    """Another school's name over the numbers, though code and passport are this one's."""
    for printed in dict.fromkeys(submission.reading.headings):
        named = schools.resolve(printed).school if printed.strip() != school.name else None
        if named and named != school and not submission.held:
            submission.held = True
            submission.say("B25.conflict", found=f"{printed[:80]}; код формы {school.school_id}")


def school_in_name(file_name: str, schools: Schools) -> School | None:
    """The school that a file's name gives: by id («forma_2022-06_s101.pdf») or by kind and number («СОШ 108 январь»).

    None unless it is exactly one.
    """
    stem = file_name.rpartition("/")[2].rpartition(".")[0]
    words = set(re.split(r"[^\w-]+|_", stem))
    found = {school.school_id: school for school in schools if school.school_id in words}
    if not found:
        named = _KIND_AND_NUMBER.search(plain(stem.replace("_", " ")))
        return schools.resolve(named[0]).school if named else None
    return next(iter(found.values())) if len(found) == 1 else None


def _check_name(submission: Submission, schools: Schools) -> None:
    """A file named for one school that holds the form of another is somebody's copy."""
    named = school_in_name(submission.arrival.name, schools)
    if named and submission.school and named != submission.school and not submission.reading.fatal:
        submission.held = True
        submission.say(
            "B24", found=f"файл назван для школы {named.school_id}, форма школы {submission.school.school_id}"
        )
        submission.school = named  # the sender must hear of it


def _check_dates(submission: Submission, school: School, period: Period) -> None:
    if not school.valid_on(period):
        submission.held = True
        submission.say("B27.not_valid", found=f"{school.name}, {period.title()}")
    received = datetime.fromisoformat(submission.arrival.received_at).date()
    if received < period.start:
        submission.held = True
        submission.say("B40", found=f"форма за {period.title()} получена {received:%d.%m.%Y}")
    late = days_late(submission.arrival.received_at, period)
    if late and submission.readable:
        submission.say("B32", found=f"с опозданием на {late} дн.")


def days_late(received_at: str, period: Period) -> int:
    """Days after the cut-off in force; 0 when in time and for baseline periods."""
    if not received_at or not period.first_due:
        return 0
    return max(0, (datetime.fromisoformat(received_at).date() - period.due).days)


def in_order(submissions: Iterable[Submission]) -> list[Submission]:
    """By time of arrival, then by name."""
    return sorted(submissions, key=lambda one: (one.arrival.received_at, one.arrival.name))
