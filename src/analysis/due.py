"""What is due on a day: the next deadline, forms that did not come, findings that wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from analysis.calendar_ics import Event
from analysis.distribution import Parcel, address_problem
from analysis.distribution_period import protocols
from analysis.intake.findings import awaiting_answer
from analysis.intake.identity import School, Schools
from analysis.intake.run import IntakeResult
from analysis.intake.submissions import submissions_by_school
from analysis.letters import Letters, write_letter
from analysis.periods import Period, half_of, parse_period, year_of
from analysis.report.numbers import count_of, format_date
from analysis.settings import Settings
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Due:
    """How things stand on a day. Frames hold one row per school and month.

    missing : forms past their deadline that did not come (school_id, period, due)
    findings : open errors and queries (school_id, period, n_errors, n_queries, until – ISO date or empty)
    waiting : schools whose form for the next deadline has not come yet
    """

    on: date
    upcoming: Period | None
    missing: pd.DataFrame
    findings: pd.DataFrame
    waiting: tuple[str, ...]


def due_months(settings: Settings) -> tuple[Period, ...]:
    """Every month whose form is due, from the first due month to the end of the roadmap."""
    rules = settings.rules
    first_year = int(rules.first_month[:4])
    return Period(f"{first_year}-{rules.last_year}", "roadmap", first_year, rules.last_year, rules).months()


def due_on(on: date, accepted: IntakeResult, schools: Schools, settings: Settings) -> Due:
    """What is due on a day, from what had arrived by its end."""
    came = accepted.register["received_at"].str[:10] <= on.isoformat()
    register, frame = accepted.register[came], schools.frame()
    months = due_months(settings)
    past = [month for month in months if month.due < on]
    states = [submissions_by_school(register, frame, month, settings, on) for month in past]
    columns = ["school_id", "period", "due"]
    table = pd.concat(
        [state[state["status"] == "missing"][columns] for state in states] or [pd.DataFrame(columns=columns)]
    )
    upcoming = next((month for month in months if month.due >= on), None)
    return Due(
        on, upcoming, table.reset_index(drop=True), open_findings(accepted.findings, register),
        _waiting(upcoming, register, schools),
    )  # fmt: skip


def open_findings(findings: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Open errors and queries of the given files, one row per school and month."""
    rows = awaiting_answer(findings)
    rows = rows[(rows["version"] > 0) & rows["file"].isin(register["file_name"])]
    rows = rows.assign(error=rows["severity"] == "error", query=rows["severity"] == "query")
    counted = rows.groupby(["school_id", "period"], as_index=False).agg(
        n_errors=("error", "sum"), n_queries=("query", "sum"), until=("until", "max")
    )
    return counted[["school_id", "period", "n_errors", "n_queries", "until"]]


def _waiting(upcoming: Period | None, register: pd.DataFrame, schools: Schools) -> tuple[str, ...]:
    if upcoming is None:
        return ()
    sent = set(register.loc[(register["period"] == upcoming.key) & (register["version"] > 0), "school_id"])
    return tuple(school.school_id for school in schools.valid_in(upcoming) if school.school_id not in sent)


def deadline_sentence(month: Period) -> str:
    """«20 июня 2022 г. – форма за июнь 2022 года, с ней I полугодие 2022 года и 2022 год»."""
    closed = [part.title() for part in closed_with(month)]
    more = f", с ней {' и '.join(closed)}" if closed else ""
    return f"{format_date(month.due)} – форма за {month.title()}{more}"


def closed_with(month: Period) -> list[Period]:
    """Longer periods that the month's form closes and that are due at all."""
    if month.number not in (6, 12):
        return []
    half = half_of(month)
    return [part for part in ([half, year_of(half)] if month.number == 6 else [half]) if part.first_due]


def reminders(due: Due, schools: Schools, letters: Letters, space: Workspace) -> list[Parcel]:
    """A letter to every school that owes a form past its deadline or an answer to a finding."""
    late = {code: list(rows["period"]) for code, rows in due.missing.groupby("school_id")}
    asked = dict(iter(due.findings.groupby("school_id")))
    owing = [school for school in schools if school.school_id in late or school.school_id in asked]
    return [
        _reminder(due, school, schools, late.get(school.school_id, []), asked.get(school.school_id), letters, space)
        for school in sorted(owing, key=lambda school: school.school_id)
    ]


def _reminder(
    due: Due,
    school: School,
    schools: Schools,
    late: list[str],
    asked: pd.DataFrame | None,
    letters: Letters,
    space: Workspace,
) -> Parcel:
    settings = space.settings
    months = list(asked["period"]) if asked is not None else []
    words = {
        "срок": deadline_sentence(due.upcoming).rstrip(".") if due.upcoming else "сроки дорожной карты прошли",
        "долг": _debt(late, settings),
        "замечания": _remarks(asked, due.on, settings),
    }
    letter = write_letter(letters.reminder, school.name, words, settings, space.is_demo)
    topic = f"due-{due.on.isoformat()}"
    attachments = protocols(space.data, school.school_id, months)
    problem = address_problem(school, schools)
    return Parcel(topic, school.school_id, school.name, school.email, letter, attachments, problem)


def _debt(late: list[str], settings: Settings) -> str:
    if not late:
        return ""
    lines = [_deadline_of(settings.parse_period(key)) for key in late]
    return "Не представлены формы:\n" + "\n".join(f"– {line}" for line in lines) + "\n"


def _deadline_of(month: Period) -> str:
    return f"за {month.title()} (срок {format_date(month.due, 'short')})"


def _remarks(asked: pd.DataFrame | None, on: date, settings: Settings) -> str:
    if asked is None:
        return ""
    lines = [_remark(row, on, settings) for row in asked.itertuples(index=False)]
    return "Ждут ответа замечания к формам (протоколы приложены):\n" + "\n".join(lines) + "\n"


def _remark(row: object, on: date, settings: Settings) -> str:
    month = settings.parse_period(row.period)  # type: ignore[attr-defined]
    counts = [
        f"{verb} {count_of(number, 'место', 'места', 'мест')}"
        for verb, number in (("исправить", row.n_errors), ("уточнить", row.n_queries))  # type: ignore[attr-defined]
        if number
    ]
    last = str(row.until)  # type: ignore[attr-defined]
    word = "до" if last >= on.isoformat() else "срок был"
    until = f", {word} {format_date(last, 'short')}" if last else ""
    return f"– {month.title()}: {', '.join(counts)}{until}"


def calendar_events(settings: Settings) -> list[Event]:
    """Every deadline of the monitoring: one event per month, with what its form closes."""
    events = []
    for month in due_months(settings):
        closed = "".join(f", {part.title()}" for part in closed_with(month))
        moved = "" if month.due == month.cutoff else f" Срок {format_date(month.cutoff)} приходится на выходной."
        text = f"Школы представляют форму за {month.title()}{closed}.{moved}"
        events.append(Event(f"{month.key}@orientir", month.due, f"Срок: форма за {month.title()}{closed}", text))
    return events


def stamp_of(settings: Settings) -> date:
    """The date on the calendar's events: fixed, so that the same params give the same file."""
    return parse_period(settings.rules.first_month, settings.rules).start
