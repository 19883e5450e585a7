"""A calendar file (RFC 5545) of whole days; equal events give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_OCTETS = 75  # of one line, its end left out


@dataclass(frozen=True)
class Event:
    """One day in the calendar. ``uid`` names it for good, so that a newer file replaces it."""

    uid: str
    day: date
    title: str
    text: str = ""


def calendar_bytes(name: str, events: Iterable[Event], stamp: date, alarm_days: int = 3) -> bytes:
    """A calendar of all events, each with a reminder some days before. ``stamp`` is the date of the wording."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//orientir//due//RU", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    for event in events:
        lines += _event(event, stamp, alarm_days)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines).encode()


def _event(event: Event, stamp: date, alarm_days: int) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(event.uid)}",
        f"DTSTAMP:{stamp:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(event.title)}",
        *([f"DESCRIPTION:{escaped(event.text)}"] if event.text else []),
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(event.title)}",
        f"TRIGGER:-P{alarm_days}D",
        "END:VALARM",
        "END:VEVENT",
    ]


def escaped(text: str) -> str:
    """Text of a property: a line break cannot begin a property of its own."""
    lines = ["".join(letter for letter in line if letter.isprintable()) for line in text.splitlines()]
    plain = "\n".join(lines)
    for letter in "\\;,":
        plain = plain.replace(letter, f"\\{letter}")
    return plain.replace("\n", "\\n")


def folded(line: str) -> str:
    """A line of at most 75 octets, continued on lines that begin with a space; no character is cut in two."""
    parts, room, part = [], _OCTETS, ""
    for letter in line:
        size = len(letter.encode())
        if size > room:
            parts.append(part)
            part, room = "", _OCTETS - 1
        part, room = part + letter, room - size
    return "\r\n ".join([*parts, part])
