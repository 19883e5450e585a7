"""What was sent, when and to whom: one JSON object a line, only ever added to, safe against a kill at any moment.

A message is written down as begun before it is handed to the server and as sent after the server took it. A message
that was begun but never confirmed is sent again under the same Message-ID: a school may get a letter twice, never none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from analysis.files import reason_of
from analysis.workspace import RequestError

JOURNAL = "sent.jsonl"  # in the data folder: it cannot be rebuilt, and reports/ can be deleted
_KEYS = ("event", "topic", "school_id", "address", "digest")


@dataclass
class Journal:
    """The journal of one data folder and what its lines say."""

    path: Path
    rows: list[dict[str, str]] = field(default_factory=list)

    def last_sent(self, topic: str, school_id: str) -> dict[str, str] | None:
        """The latest confirmed sending about a topic to a school."""
        found = (row for row in reversed(self.rows) if _about(row, topic, school_id) and row["event"] == "sent")
        return next(found, None)

    def unconfirmed(self, topic: str, school_id: str) -> bool:
        """Was the last message begun without the server's answer being known?"""
        last = next((row for row in reversed(self.rows) if _about(row, topic, school_id)), None)
        return last is not None and last["event"] == "begun"

    def add(self, **row: str) -> None:
        """Append one line and wait until the disk has it. A torn last line is closed off first."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        with self.path.open("ab+") as file:
            if file.tell() and not _ends_whole(file):
                line = b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.rows.append(row)


def _about(row: dict[str, str], topic: str, school_id: str) -> bool:
    return row["topic"] == topic and row["school_id"] == school_id


def _ends_whole(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def load_journal(data: Path) -> Journal:
    """Read the journal of a data folder; what a kill left half-written is skipped. Raises RequestError."""
    path = data / JOURNAL
    try:
        lines = path.read_bytes().split(b"\n") if path.exists() else []
    except OSError as error:
        raise RequestError(
            f"Журнал отправки {path} не читается ({reason_of(error)}). Проверьте права на файл."
        ) from None
    return Journal(path, [row for row in map(_row, lines) if row])


def _row(line: bytes) -> dict[str, str] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and all(isinstance(row.get(key), str) for key in _KEYS) else None


@contextmanager
def sending(data: Path) -> Iterator[Journal]:
    """The journal while nobody else sends from this data folder. Raises RequestError when someone does."""
    lock = FileLock(data / ".sending.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RequestError("Отправка из этой папки данных уже идёт. Дождитесь её конца и повторите.") from None
    except OSError as error:
        raise RequestError(f"В папку {data} нельзя писать ({reason_of(error)}): журнал отправки вести негде.") from None
    try:
        yield load_journal(data)
    finally:
        lock.release()
