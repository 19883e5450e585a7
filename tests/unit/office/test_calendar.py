"""The calendar file against RFC 5545: folding, escaping, every deadline once."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.calendar_ics import Event, calendar_bytes, escaped, folded
from analysis.due import calendar_events, stamp_of
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")


def unfolded(content: bytes) -> list[str]:
    assert content.endswith(b"\r\n")
    lines = content.decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in "".join(lines)
    return "\r\n".join(lines[:-1]).replace("\r\n ", "").split("\r\n")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_title_stays_one_line(text):
    event = Event("x", date(2022, 6, 20), text, text)
    lines = unfolded(calendar_bytes(text, [event], date(2022, 1, 1)))
    assert sum(line == "BEGIN:VEVENT" for line in lines) == 1
    assert [line for line in lines if line.startswith("SUMMARY:")] == [f"SUMMARY:{escaped(text)}"]


def test_an_event_cannot_be_slipped_in():
    lines = unfolded(calendar_bytes("x", [Event("x", date(2022, 6, 20), "a\r\nEND:VEVENT\nX:1")], date(2022, 1, 1)))
    assert lines.count("END:VEVENT") == 1
    assert "SUMMARY:a\\nEND:VEVENT\\nX:1" in lines


def test_special_signs():
    assert escaped("a;b,c\\d\ne") == "a\\;b\\,c\\\\d\\ne"
    assert folded("я" * 40) == "я" * 37 + "\r\n " + "я" * 3


def test_every_deadline_of_the_roadmap_is_there_once():
    events = calendar_events(SETTINGS)
    assert len(events) == 54
    assert len({event.uid for event in events}) == 54
    by_uid = {event.uid.partition("@")[0]: event for event in events}
    june = by_uid["2022-06"]
    assert june.day == date(2022, 6, 20)
    assert all(word in june.title for word in ("июнь 2022 года", "I полугодие 2022 года", "2022 год"))
    december = by_uid["2025-12"]
    assert december.day == date(2025, 12, 22)
    assert "20 декабря 2025" in december.text.replace("\u00a0", " ")
    assert sum("полугодие" in event.title for event in events) == 9
    assert sum(" год" in event.title.partition("полугодие")[2].partition(",")[2] for event in events) == 4


def test_equal_params_give_equal_bytes():
    one, two = (calendar_bytes("x", calendar_events(SETTINGS), stamp_of(SETTINGS)) for _ in range(2))
    assert one == two
    assert len(unfolded(one)) == 7 + 54 * 14 - sum(1 for event in calendar_events(SETTINGS) if not event.text)


@pytest.mark.parametrize("day", [date(2021, 7, 20), date(2025, 12, 22)])
def test_first_and_last(day):
    assert day in {event.day for event in calendar_events(SETTINGS)}
