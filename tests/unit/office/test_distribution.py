"""Parcels: addresses, states, folders, and a journal that survives a kill."""

import csv
import io
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from analysis.distribution import Parcel, address_problem, is_address, plan, table_lines, write_parcels
from analysis.distribution_journal import JOURNAL, load_journal, sending
from analysis.distribution_mail import check_recipient, message_of, send_parcels, server_from
from analysis.intake.identity import School
from analysis.letters import Letter
from analysis.workspace import RequestError

SERVER = {"ORIENTIR_SMTP_HOST": "mail.test", "ORIENTIR_SMTP_FROM": "centre@mail.test"}


def parcel(school="s101", address="s101@mail.test", text="Письмо\n", **changes):
    files = {"card.html": b"<p>card</p>", "card.pdf": b"%PDF"}
    return replace(Parcel("2022H1", school, f"Школа {school}", address, Letter("Карта", text), files), **changes)


def sent(journal, item, event="sent", address=""):
    row = {"event": event, "topic": item.topic, "school_id": item.school_id, "digest": item.digest}
    journal.add(**row, address=address or item.address)


@pytest.mark.parametrize(
    "text",
    ["", "x", "a@b", "a b@c.d", "a@b.c, d@e.f", "a@b.c;d@e.f", "A <a@b.c>", "a@b.c\nBcc: d@e.f", "a@b..c", "@b.c",
     "a@b.c ", "<a@b.c>", "a@b.c\r", '"a\\"@b.c', "a@b.c\x00", "школа@b.c"],
)  # fmt: skip
def test_what_is_no_single_address(text):
    assert not is_address(text)


@pytest.mark.parametrize("text", ["s101@example.invalid", "School.No-5+x@mail.b31.ru"])
def test_what_is_an_address(text):
    assert is_address(text)


def test_a_shared_address_is_refused_for_both():
    schools = [School("s1", "A", email="x@b.ru"), School("s2", "B", email="X@B.RU"), School("s3", "C", email="c@b.ru")]
    assert "s2" in address_problem(schools[0], schools)
    assert "s1" in address_problem(schools[1], schools)
    assert address_problem(schools[2], schools) == ""
    assert "email" in address_problem(School("s4", "D"), schools)


def test_second_run_sends_what_is_missing_or_changed(tmp_path):
    journal = load_journal(tmp_path)
    items = [parcel(f"s{n}", f"s{n}@mail.test") for n in range(5)]
    for item in items[:3]:
        sent(journal, item)
    sent(journal, items[3], "begun")
    items[1] = replace(items[1], letter=Letter("Карта", "Другое\n"))
    items[2] = replace(items[2], address="new@mail.test")
    states = [item.state for item in plan(items, load_journal(tmp_path))]
    assert states == ["sent", "changed", "changed", "new", "new"]
    assert journal.unconfirmed("2022H1", "s3")
    assert not journal.unconfirmed("2022H1", "s0")


def test_the_digest_feels_every_part():
    one = parcel()
    others = [
        parcel(text="x"),
        parcel(letter=Letter("y", "Письмо\n")),
        parcel(attachments={"card.html": b"<p>card</p>"}),
        parcel(attachments={"card.html": b"%PDF", "card.pdf": b"<p>card</p>"}),
    ]
    assert len({item.digest for item in [one, *others]}) == 5
    assert one.digest == parcel().digest


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_line_loses_itself_alone(tmp_path, cut):
    journal = load_journal(tmp_path)
    first, second = parcel("s1", "s1@mail.test"), parcel("s2", "s2@mail.test")
    sent(journal, first)
    sent(journal, second)
    path = tmp_path / JOURNAL
    path.write_bytes(path.read_bytes()[:-cut])
    torn = load_journal(tmp_path)
    assert [item.state for item in plan([first, second], torn)][0] == "sent"
    sent(torn, second)
    assert [item.state for item in plan([first, second], load_journal(tmp_path))] == ["sent", "sent"]


@pytest.mark.parametrize("line", [b"[]", b"null", b'{"event": 1}', b"\xff\xfe", b"__import__('os')", b"{"])
def test_foreign_lines_in_the_journal_say_nothing(tmp_path, line):
    (tmp_path / JOURNAL).write_bytes(line + b"\n")
    journal = load_journal(tmp_path)
    sent(journal, parcel())
    assert [item.state for item in plan([parcel()], load_journal(tmp_path))] == ["sent"]


def test_only_one_sends(tmp_path):
    with sending(tmp_path), pytest.raises(RequestError, match="уже идёт"), sending(tmp_path):
        pass
    with sending(tmp_path):
        pass


def test_parcels_are_plain_folders_and_stale_ones_go(tmp_path):
    write_parcels(tmp_path, plan([parcel(), parcel("s2", "s2@mail.test")], load_journal(tmp_path)))
    assert {path.name for path in (tmp_path / "s2").iterdir()} == {"card.html", "card.pdf", "letter.txt"}
    only = parcel(attachments={"card.pdf": b"%PDF"})
    write_parcels(tmp_path, plan([only], load_journal(tmp_path)))
    assert {path.name for path in tmp_path.iterdir()} == {"s101", "list.csv"}
    assert {path.name for path in (tmp_path / "s101").iterdir()} == {"card.pdf", "letter.txt"}


@pytest.mark.parametrize("name", ["=1+1", "+7", "-x", "@SUM(A1)", "\t=1", '"a",\n=2'])
def test_the_list_holds_no_formulas(tmp_path, name):
    write_parcels(tmp_path, plan([parcel(school=name, address="a@b.c")], load_journal(tmp_path))[:0])
    item = replace(parcel(), school=name)
    write_parcels(tmp_path, plan([item], load_journal(tmp_path)))
    rows = list(csv.reader(io.StringIO((tmp_path / "list.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) == 2
    assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in rows[1])


def test_a_message_has_its_school_as_the_only_recipient():
    item = parcel(letter=Letter("Карта\r\nBcc: other@mail.test", "Bcc: other@mail.test\n"))
    message = message_of(item, "centre@mail.test")
    assert message["To"] == "s101@mail.test"
    assert message["Bcc"] is None
    assert message["Message-ID"] == message_of(item, "centre@mail.test")["Message-ID"]
    message["Cc"] = "other@mail.test"
    with pytest.raises(AssertionError):
        check_recipient(message, item)


def test_another_schools_address_stops_everything(tmp_path):
    journal = load_journal(tmp_path)
    with pytest.raises(AssertionError, match="не ей"):
        send_parcels([parcel()], {"s101": "else@mail.test"}, server_from(SERVER), journal, 60, lambda *_: None)
    assert journal.rows == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ORIENTIR_SMTP_HOST": ""}, "HOST"),
        ({"ORIENTIR_SMTP_TLS": "maybe"}, "starttls"),
        ({"ORIENTIR_SMTP_TLS": "none"}, "на этом компьютере"),
        ({"ORIENTIR_SMTP_PORT": "x"}, "порт"),
        ({"ORIENTIR_SMTP_PORT": "70000"}, "порт"),
        ({"ORIENTIR_SMTP_FROM": "centre"}, "адрес"),
        ({"ORIENTIR_SMTP_USER": "nobody-here"}, "пароля"),
        ({"ORIENTIR_SMTP_USER": "u", "ORIENTIR_SMTP_PASSWORD": "тайна"}, "латинские"),
    ],
)
def test_a_wrong_server_is_said_before_anything_is_sent(changes, word):
    with pytest.raises(RequestError, match=word):
        server_from(SERVER | changes)


def test_tls_is_the_default_and_the_password_is_never_shown():
    server = server_from(SERVER | {"ORIENTIR_SMTP_USER": "u", "ORIENTIR_SMTP_PASSWORD": "secret"})
    assert (server.tls, server.port) == ("starttls", 587)
    assert "secret" not in repr(server)


def test_the_password_may_lie_in_the_systems_keyring(monkeypatch):
    keyring = SimpleNamespace(
        get_password=lambda service, user: "kept" if (service, user) == ("orientir", "u") else None,
        errors=SimpleNamespace(KeyringError=RuntimeError),
    )
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert server_from(SERVER | {"ORIENTIR_SMTP_USER": "u"}).password == "kept"
    with pytest.raises(RequestError, match="keyring set orientir other"):
        server_from(SERVER | {"ORIENTIR_SMTP_USER": "other"})


def test_the_table_says_who_gets_what_and_why_not(tmp_path):
    items = plan([parcel(), parcel("s2", "", problem="в schools.csv не указан email")], load_journal(tmp_path))
    head, first, second = table_lines(items)
    assert head.split() == ["код", "школа", "адрес", "что", "сделать", "вложения"]
    assert first.index("s101@mail.test") == second.index("нет адреса") == head.index("адрес")
    assert "card.html+pdf" in first
    assert "не отправить – в schools.csv не указан email" in second
