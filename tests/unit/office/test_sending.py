"""Sending against a real server with TLS and a password: refusals, broken connections, a wrong password, a kill."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.distribution import Parcel, plan, unsent
from analysis.distribution_journal import load_journal
from analysis.distribution_mail import send_parcels, server_from
from analysis.letters import Letter

ROOT = Path(__file__).resolve().parents[3]
CODES = [f"s{number}" for number in range(1, 7)]
ADDRESSES = {code: f"{code}@mail.test" for code in CODES}
KILLED = """
import sys
from pathlib import Path
from tests.unit.office.test_sending import run
run(Path(sys.argv[1]))
"""


def parcels():
    return [
        Parcel("2022H1", code, f"Школа № {code}", address, Letter("Карта", f"Письмо {code}\n"), {
            "card.pdf": b"%PDF" + code.encode(), "card.html": f"<p>{code}</p>".encode()})
        for code, address in ADDRESSES.items()
    ]  # fmt: skip


def run(data, pauses=None, environment=None):
    """One run of sending, as the command does it."""
    journal = load_journal(data)
    todo = [item.parcel for item in unsent(plan(parcels(), journal))]
    pause = (pauses if pauses is not None else []).append
    server = server_from(environment or os.environ)
    return send_parcels(todo, ADDRESSES, server, journal, 30, lambda *_: None, pause)


def assert_each_got_its_own(post):
    for recipients, message in post.accepted:
        code = message["To"].partition("@")[0]
        assert recipients == [ADDRESSES[code]] == [message["To"]]
        parts = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
        assert parts["card.pdf"] == b"%PDF" + code.encode()
        assert message.get_body().get_content().strip() == f"Письмо {code}"


def test_everyone_gets_one_message_and_the_second_run_sends_nothing(post, tmp_path):
    pauses = []
    assert run(tmp_path, pauses) == {}
    assert post.schools == list(ADDRESSES.values())
    assert_each_got_its_own(post)
    assert pauses == [2.0] * 5
    assert run(tmp_path) == {}
    assert len(post.accepted) == 6


def test_a_refused_recipient_is_named_and_tried_again_next_time(post, tmp_path):
    post.refuse = {"s3@mail.test"}
    failures = run(tmp_path)
    assert list(failures) == ["s3"]
    assert "550" in failures["s3"]
    assert len(post.accepted) == 5
    post.refuse = set()
    assert run(tmp_path) == {}
    assert post.schools[5:] == ["s3@mail.test"]


def test_a_dropped_connection_is_opened_again(post, tmp_path):
    post.drop_at = {3}
    assert run(tmp_path) == {}
    assert post.schools == list(ADDRESSES.values())
    assert_each_got_its_own(post)


def test_when_the_server_is_gone_the_rest_waits_for_the_next_run(post, tmp_path):
    post.drop_at = {3, 4}
    failures = run(tmp_path)
    assert list(failures) == CODES[2:]
    assert "нет связи" in failures["s3"]
    post.drop_at = set()
    assert run(tmp_path) == {}
    assert sorted(post.schools) == sorted(ADDRESSES.values())


def test_a_wrong_password_or_an_unknown_authority_sends_nothing(post, tmp_path, monkeypatch):
    wrong = dict(os.environ) | {"ORIENTIR_SMTP_PASSWORD": "another"}
    failures = run(tmp_path, environment=wrong)
    assert list(failures) == CODES
    assert "пароль" in failures["s1"]
    stranger = dict(os.environ) | {"ORIENTIR_SMTP_CA": ""}
    assert "CERTIFICATE" in run(tmp_path, environment=stranger)["s1"].upper()
    assert post.accepted == []
    assert "another" not in (tmp_path / "sent.jsonl").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("moment", [1, 3, 6])
def test_a_kill_in_the_middle_loses_nobody(post, tmp_path, moment):
    post.kill_at = moment
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, cwd=ROOT)
    post.victim = child.pid
    assert child.wait(60) == -9
    assert len(post.accepted) == moment
    before = (tmp_path / "sent.jsonl").read_bytes()
    assert load_journal(tmp_path).unconfirmed("2022H1", f"s{moment}")
    assert run(tmp_path) == {}
    assert (tmp_path / "sent.jsonl").read_bytes().startswith(before)
    assert sorted(set(post.schools)) == sorted(ADDRESSES.values())
    doubled = [to for to in ADDRESSES.values() if post.schools.count(to) > 1]
    assert doubled == [f"s{moment}@mail.test"]
    identities = {message["Message-ID"] for _, message in post.accepted if message["To"] in doubled}
    assert len(identities) == 1
    assert_each_got_its_own(post)
    assert run(tmp_path) == {}
    assert len(post.accepted) == 7
