"""Lay parcels down, show who gets what, and send them when told to."""

from __future__ import annotations

from analysis.building import check_writable
from analysis.distribution import Parcel, Planned, plan, table_lines, unsent, write_parcels
from analysis.distribution_journal import Journal, load_journal, sending
from analysis.distribution_mail import Server, send_parcels, server_of_environment
from analysis.distribution_period import send_folder
from analysis.intake.identity import load_schools
from analysis.letters import Letters
from analysis.messages import Console
from analysis.report.numbers import count_of
from analysis.workspace import Workspace


def deliver(space: Workspace, topic: str, parcels: list[Parcel], letters: Letters, yes: bool, console: Console) -> bool:
    """True when nothing that should have been sent was left behind; without ``yes`` nothing is sent."""
    server = server_of_environment() if yes else None
    folder = send_folder(space, topic)
    check_writable(folder)
    planned = plan(parcels, load_journal(space.data))
    write_parcels(folder, planned)
    for line in table_lines(planned) if planned else ():
        console.say(line)
    console.say(f"Посылок: {len(planned)}. Папка: {folder}")
    if server is None:
        _say_what_waits(planned, console)
        return True
    with sending(space.data) as journal:
        return _send(space, topic, parcels, letters, server, journal, console)


def _say_what_waits(planned: list[Planned], console: Console) -> None:
    waiting = len(unsent(planned))
    if waiting:
        console.say(f"Ничего не отправлено. Отправить {_parcels(waiting)}: та же команда с --yes (make: SEND=yes).")


def _send(
    space: Workspace,
    topic: str,
    parcels: list[Parcel],
    letters: Letters,
    server: Server,
    journal: Journal,
    console: Console,
) -> bool:
    planned = plan(parcels, journal)
    todo = [item.parcel for item in unsent(planned)]
    again = [parcel.school_id for parcel in todo if journal.unconfirmed(topic, parcel.school_id)]
    if again:
        console.say(f"Отправка прервалась, ответ сервера неизвестен; отправляем ещё раз: {', '.join(again)}.")
    addresses = {school.school_id: school.email for school in load_schools(space.data / "schools.csv")}
    with console.progress() as progress:
        failures = send_parcels(todo, addresses, server, journal, letters.per_minute, progress)
    failures |= {item.parcel.school_id: item.parcel.problem for item in planned if item.state == "refused"}
    done = sum(parcel.school_id not in failures for parcel in todo)
    console.say(f"Отправлено: {done} из {count_of(len(todo), 'посылки', 'посылок', 'посылок')}.")
    for school_id, reason in sorted(failures.items()):
        console.say(f"Не отправлено: {school_id} – {reason}")
    return not failures


def _parcels(number: int) -> str:
    return count_of(number, "посылку", "посылки", "посылок")
