"""One parcel per school: what is in it, whose address it goes to, and whether it went already.

A parcel is a plain folder, so that it can be handed over without e-mail too.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analysis.distribution_journal import Journal
from analysis.files import write_whole
from analysis.intake.identity import School
from analysis.intake.register import escape
from analysis.letters import Letter, one_line

State = Literal["new", "changed", "sent", "refused"]
LETTER, LIST = "letter.txt", "list.csv"
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[\w-]+(\.[\w-]+)+")
_WORDS: Mapping[State, str] = {
    "new": "отправить",
    "changed": "отправить: изменилось",
    "sent": "уже отправлено",
    "refused": "не отправить",
}


@dataclass(frozen=True)
class Parcel:
    """What one school gets. ``attachments``: file name → content; ``address`` is that of the school in schools.csv."""

    topic: str  # what it is about: the period, or the day of a reminder
    school_id: str
    school: str
    address: str
    letter: Letter
    attachments: Mapping[str, bytes]
    problem: str = ""  # why it cannot be sent; Russian

    @property
    def digest(self) -> str:
        """Changes when the school would read something else."""
        parts = [self.letter.subject.encode(), self.letter.text.encode()]
        for name in sorted(self.attachments):
            parts += [name.encode(), self.attachments[name]]
        whole = hashlib.sha256()
        for part in parts:
            whole.update(len(part).to_bytes(8, "big") + part)
        return whole.hexdigest()


@dataclass(frozen=True)
class Planned:
    """A parcel and what is to be done with it."""

    parcel: Parcel
    state: State

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """One row of the table of who gets what at which address."""
        parcel = self.parcel
        what = _WORDS[self.state] + (f" – {parcel.problem}" if parcel.problem else "")
        address = one_line(parcel.address) or "нет адреса"
        return one_line(parcel.school_id), one_line(parcel.school), address, what, _brief(parcel.attachments)


def _brief(names: Iterable[str]) -> str:
    """«card.html+pdf, protocol_2022-05_s104.html+xlsx»."""
    endings: dict[str, list[str]] = {}
    for name in sorted(names):
        endings.setdefault(name.rpartition(".")[0], []).append(name.rpartition(".")[2])
    return ", ".join(f"{stem}.{'+'.join(found)}" for stem, found in endings.items()) or "письмо без вложений"


def table_lines(planned: Sequence[Planned]) -> list[str]:
    """Who gets what at which address, in columns."""
    rows = [("код", "школа", "адрес", "что сделать", "вложения"), *(item.row for item in planned)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def address_problem(school: School, schools: Iterable[School]) -> str:
    """Why a school's address cannot be used, in Russian; empty when it can.

    An address that two schools share is refused: one of them would read the other's card.
    """
    if not school.email:
        return "в schools.csv не указан email"
    if not is_address(school.email):
        return f"адрес «{one_line(school.email)}» не похож на адрес почты; нужен один адрес"
    twins = [other.school_id for other in schools if same_address(other.email, school.email)]
    if len(twins) > 1:
        others = ", ".join(code for code in twins if code != school.school_id)
        return f"тот же адрес указан у школы {others}: исправьте schools.csv"
    return ""


def is_address(text: str) -> bool:
    """One plain address: no name, no list, nothing that a mail server could take for a second recipient."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and ".." not in text


def same_address(one: str, other: str) -> bool:
    """Mail providers do not tell capital letters apart."""
    return one.strip().casefold() == other.strip().casefold()


def plan(parcels: Sequence[Parcel], journal: Journal) -> list[Planned]:
    """What is still to be sent: parcels that are new, changed, or were sent to a former address."""
    return [Planned(parcel, _state(parcel, journal)) for parcel in parcels]


def _state(parcel: Parcel, journal: Journal) -> State:
    if parcel.problem:
        return "refused"
    last = journal.last_sent(parcel.topic, parcel.school_id)
    if last is None:
        return "new"
    unchanged = last["digest"] == parcel.digest and same_address(last["address"], parcel.address)
    return "sent" if unchanged else "changed"


def write_parcels(folder: Path, planned: Sequence[Planned]) -> None:
    """A folder per school under ``folder`` and ``list.csv``; what earlier runs left there and no longer holds goes.

    A file that already has its content is not touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for item in planned:
        _write_parcel(folder / item.parcel.school_id, item.parcel)
    schools = {item.parcel.school_id for item in planned}
    for stale in folder.iterdir():
        if stale.is_dir() and stale.name not in schools:
            shutil.rmtree(stale)
    _write_changed(folder / LIST, list_bytes(planned))


def _write_parcel(folder: Path, parcel: Parcel) -> None:
    files = {LETTER: f"{parcel.letter.subject}\n\n{parcel.letter.text}".encode(), **parcel.attachments}
    for name, content in files.items():
        _write_changed(folder / name, content)
    for stale in folder.iterdir():
        if stale.name not in files:
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()


def _write_changed(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write_whole(path, content)


def list_bytes(planned: Sequence[Planned]) -> bytes:
    """Who gets what at which address, as CSV that a spreadsheet takes for text."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("school_id", "name", "address", "files", "problem"))
    for parcel in (item.parcel for item in planned):
        files = " ".join(sorted(parcel.attachments))
        row = (parcel.school_id, one_line(parcel.school), parcel.address, files, parcel.problem)
        writer.writerow([escape(text) for text in row])
    return buffer.getvalue().encode("utf-8-sig")


def unsent(planned: Sequence[Planned]) -> list[Planned]:
    """Parcels that a send would try."""
    return [item for item in planned if item.state in ("new", "changed")]
