"""The words of `due` for the analyst, the reminder letters and the calendar file."""

from __future__ import annotations

from datetime import date

from analysis.building import check_writable
from analysis.calendar_ics import calendar_bytes
from analysis.distribution import Parcel
from analysis.due import Due, calendar_events, deadline_sentence, due_on, reminders, stamp_of
from analysis.files import write_whole
from analysis.intake.identity import Schools, load_schools
from analysis.intake.run import run_intake
from analysis.letters import Letters
from analysis.messages import Console
from analysis.report.numbers import count_of, format_date, full_stop
from analysis.workspace import Workspace

_NAMED_AT_MOST = 12


def due_parcels(space: Workspace, on: date, letters: Letters, console: Console) -> list[Parcel]:
    """Say what is due, write the calendar, and return the reminders."""
    calendar = space.out / space.data_name / "calendar.ics"
    check_writable(calendar)
    with console.progress() as progress:
        accepted = run_intake(space.data, space.settings, progress=progress)
    schools = load_schools(space.data / "schools.csv")
    due = due_on(on, accepted, schools, space.settings)
    for line in due_lines(due, schools, space):
        console.say(line)
    name = f"Сроки мониторинга, {space.settings.project.institution.short_name}"
    write_whole(calendar, calendar_bytes(name, calendar_events(space.settings), stamp_of(space.settings)))
    console.say(f"Календарь сроков: {calendar}")
    return reminders(due, schools, letters, space)


def due_lines(due: Due, schools: Schools, space: Workspace) -> list[str]:
    """How things stand, a sentence a line."""
    lines = [f"На {format_date(due.on)}"]
    if due.upcoming:
        lines.append(f"Ближайший срок: {full_stop(deadline_sentence(due.upcoming))}")
        lines.append(_named(f"Ещё не прислали форму за {due.upcoming.title()}", list(due.waiting), schools))
    for key, rows in due.missing.groupby("period"):
        month = space.settings.parse_period(str(key))
        title = f"Просрочено: форма за {month.title()} (срок {format_date(month.due, 'short')})"
        lines.append(_named(title, list(rows["school_id"]), schools))
    lines.append(_findings_line(due, schools))
    return lines


def _findings_line(due: Due, schools: Schools) -> str:
    rows = due.findings
    if rows.empty:
        return "Открытых замечаний нет."
    counts = [
        count_of(number, *words)
        for number, words in (
            (rows["n_errors"].sum(), ("ошибка", "ошибки", "ошибок")),
            (rows["n_queries"].sum(), ("вопрос", "вопроса", "вопросов")),
        )
        if number
    ]
    return _named(f"Открытые замечания ({', '.join(counts)})", sorted(set(rows["school_id"])), schools)


def _named(title: str, codes: list[str], schools: Schools) -> str:
    if not codes:
        return f"{title}: нет таких."
    names = [school.name for code in codes if (school := schools.get(code))]
    more = f" и ещё {len(names) - _NAMED_AT_MOST}" if len(names) > _NAMED_AT_MOST else ""
    return f"{title} – {count_of(len(codes), 'школа', 'школы', 'школ')}: {', '.join(names[:_NAMED_AT_MOST])}{more}."
