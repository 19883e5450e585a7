"""What lies in the inbox: files, their contents' hashes, when they came. Nothing here writes."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

_SKIPPED_PREFIXES = ("~$", ".", "__MACOSX")
_SKIPPED_NAMES = ("thumbs.db", "desktop.ini")
_RUSSIAN_TIMES = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


@dataclass(frozen=True)
class Arrival:
    """One file as it came: ``name`` is its path inside the inbox, with slashes."""

    path: Path
    name: str
    sha256: str
    received_at: str  # 2022-06-19T14:05


def file_names(folder: Path) -> list[str]:
    """Files of a folder at any depth, without the leftovers of office programs; sorted."""
    names = []
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(_SKIPPED_PREFIXES))
        for name in files:
            if not name.startswith(_SKIPPED_PREFIXES) and name.lower() not in _SKIPPED_NAMES:
                names.append(Path(base, name).relative_to(folder).as_posix())
    return sorted(names)


def hash_file(path: Path) -> str:
    """SHA-256 of the content; empty when the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def arrivals(
    folder: Path, received: Mapping[str, str], registered: Mapping[tuple[str, str], str], hours: int
) -> list[Arrival]:
    """Every file of a folder with its time of arrival, in order of arrival.

    The time is the registered one, else that of received.csv, else the file's modification time (``hours`` from UTC).
    """
    found = []
    for name in file_names(folder):
        path = folder / name
        digest = hash_file(path)
        time = registered.get((digest, name)) or received.get(name) or received.get(path.name)
        found.append(Arrival(path, name, digest, time or _modified(path, hours)))
    return sorted(found, key=lambda arrival: (arrival.received_at, arrival.name))


def _modified(path: Path, hours: int) -> str:
    try:
        seconds = path.stat().st_mtime
    except OSError:
        seconds = 0.0
    moment = datetime.fromtimestamp(max(seconds, 0), UTC).astimezone(timezone(timedelta(hours=hours)))
    return moment.strftime("%Y-%m-%dT%H:%M")


def load_received(path: Path, hours: int) -> dict[str, str]:
    """received.csv: file name → local time of arrival (``hours`` from UTC); unreadable times are left out."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # as Excel saves it
        text = content.decode("cp1251", errors="replace")
    delimiter = ";" if text.partition("\n")[0].count(";") else ","
    times = {}
    for row in csv.DictReader(text.splitlines(), delimiter=delimiter):
        name, moment = (row.get("file_name") or "").strip(), parse_moment(row.get("received_at") or "", hours)
        if name and moment:
            times[name.replace("\\", "/")] = moment
    return times


def parse_moment(text: str, hours: int | None = None) -> str:
    """«2022-06-19 14:05:31», «19.06.2022 14:05», a date, or a letter's date → «2022-06-19T14:05».

    A time that names its zone is turned into local time, ``hours`` from UTC; without ``hours`` it stands.
    Empty when it is not a time.
    """
    text = text.strip()
    readers: list[Callable[[str], datetime]] = [partial(_by_pattern, pattern) for pattern in _RUSSIAN_TIMES]
    for read in (*readers, datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            if moment.tzinfo and hours is not None:
                moment = moment.astimezone(timezone(timedelta(hours=hours)))
            return moment.strftime("%Y-%m-%dT%H:%M")
        except (ValueError, OverflowError):
            pass
    return ""


def _by_pattern(pattern: str, text: str) -> datetime:
    return datetime.strptime(text, pattern)
