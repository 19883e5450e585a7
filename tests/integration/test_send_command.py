"""`send` as the analyst uses it: real cards and protocols, a real server with TLS and a password, its twin in make."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from tests.unit.intake.kit import PARAMS
from tests.unit.test_makefile import command as line_of_make

SCHOOLS = ("s102", "s104", "s126")
WITHOUT_REPORT = "s133"
CARD = ("card.html", "card.pdf")


@dataclass(frozen=True)
class Town:
    """A few schools of the demo with their cards, and params that let letters go without a pause."""

    root: Path

    @property
    def places(self):
        return {"data": self.root / "data", "params": self.root / "params", "out": self.root / "reports"}

    @property
    def report(self):
        return self.places["out"] / "data" / "2022H1"

    @property
    def parcels(self):
        return self.places["out"] / "data" / "send" / "2022H1"

    def send(self, *options):
        places = [part for name, path in self.places.items() for part in (f"--{name}", str(path))]
        done = CliRunner().invoke(app, ["send", "2022H1", *places, *options])
        return done.exit_code, done.output.replace("\u00a0", " ")

    def address(self, school, text):
        """Give a school another address in schools.csv."""
        path = self.places["data"] / "schools.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(f"{school}@example.invalid", text), encoding="utf-8")

    def change_card(self, school, listed=True):
        """A card with another text, ``listed`` in the manifest as a report lists what it makes."""
        card = self.report / "schools" / school / "card.html"
        card.write_bytes(card.read_bytes() + b"<!-- -->\n")
        manifest = json.loads((self.report / "manifest.json").read_text(encoding="utf-8"))
        if listed:
            manifest["outputs"][f"schools/{school}/card.html"] = hashlib.sha256(card.read_bytes()).hexdigest()
        (self.report / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def town(made, tmp_path):
    made_town = Town(tmp_path)
    data, params, _ = made_town.places.values()
    for name in ("accepted", "protocols"):
        shutil.copytree(made.data / name, data / name)
    shutil.copy(made.data / "DEMO", data)
    with (made.data / "schools.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    with (data / "schools.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *(row for row in rows if row[0] in (*SCHOOLS, WITHOUT_REPORT))])
    shutil.copytree(PARAMS, params)
    letters = (params / "letters.yaml").read_text(encoding="utf-8").replace("per_minute: 20", "per_minute: 600")
    (params / "letters.yaml").write_text(letters, encoding="utf-8")
    made_town.report.mkdir(parents=True)
    shutil.copy(made.reports / "2022H1" / "manifest.json", made_town.report)
    for school in SCHOOLS:
        shutil.copytree(made.reports / "2022H1" / "schools" / school, made_town.report / "schools" / school)
    return made_town


def assert_own_parcel(town, recipients, message):
    """One recipient, and nothing but the files of the school that this address belongs to."""
    school = message["To"].partition("@")[0]
    assert recipients == [message["To"]] == [f"{school}@example.invalid"]
    files = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
    card = {name: (town.report / "schools" / school / name).read_bytes() for name in CARD}
    assert card.items() <= files.items()
    rest = set(files) - set(CARD)
    assert all(name.startswith("protocol_2022-0") and f"_{school}." in name for name in rest)
    others = set(SCHOOLS) - {school}
    text = message["Subject"] + message.get_body().get_content()
    assert not [other for other in others if f"№ {other[1:]}" in text.replace("\u00a0", " ")]
    assert f"№ {school[1:]}" in text.replace("\u00a0", " ")


def test_without_yes_it_shows_who_gets_what_and_stops(town, monkeypatch):
    monkeypatch.delenv("ORIENTIR_SMTP_HOST", raising=False)
    code, said = town.send()
    assert code == 0, said
    rows = [line.split() for line in said.splitlines() if line.startswith("s1")]
    assert [(row[0], f"{row[0]}@example.invalid" in row, "отправить" in row) for row in rows] == [
        (school, True, True) for school in SCHOOLS
    ]
    assert "Без посылки, карты нет (1): СОШ № 133." in said
    assert "Посылок: 3." in said
    assert "Ничего не отправлено. Отправить 3 посылки: та же команда с --yes (make: SEND=yes)." in said
    assert not (town.places["data"] / "sent.jsonl").exists()
    assert {path.name for path in town.parcels.iterdir()} == {*SCHOOLS, "list.csv"}
    for school in SCHOOLS:
        for name in CARD:
            given = (town.parcels / school / name).read_bytes()
            assert given == (town.report / "schools" / school / name).read_bytes()
        assert "Направляем карту" in (town.parcels / school / "letter.txt").read_text(encoding="utf-8")


def test_yes_sends_each_school_its_own_and_only_once(town, post):
    code, first = town.send("--yes")
    assert code == 0, first
    assert "Отправлено: 3 из 3 посылок." in first
    assert post.schools == [f"{school}@example.invalid" for school in SCHOOLS]
    for recipients, message in post.accepted:
        assert_own_parcel(town, recipients, message)
    code, second = town.send("--yes")
    assert (code, second.count("уже отправлено")) == (0, 3)
    assert len(post.accepted) == 3
    assert "secret-1" not in (town.places["data"] / "sent.jsonl").read_text(encoding="utf-8") + first


def test_a_changed_card_goes_again_and_to_its_school_alone(town, post):
    assert town.send("--yes")[0] == 0
    town.change_card("s104")
    code, said = town.send("--yes")
    assert code == 0, said
    assert "отправить: изменилось" in said
    assert post.schools[3:] == ["s104@example.invalid"]
    assert_own_parcel(town, *post.accepted[3])


def test_a_refused_recipient_is_named_and_gets_it_next_time(town, post):
    post.refuse = {"s104@example.invalid"}
    code, said = town.send("--yes")
    assert code == 1
    assert "Отправлено: 2 из 3 посылок." in said
    assert "Не отправлено: s104 – сервер отказал: 550" in said
    post.refuse = set()
    assert town.send("--yes")[0] == 0
    assert post.schools == [f"{school}@example.invalid" for school in ("s102", "s126", "s104")]


def test_what_might_reach_a_stranger_stays(town, post):
    """An address that two schools have, in whatever letters, and a card that is not the report's."""
    town.address("s126", "s102@EXAMPLE.invalid")
    town.change_card("s104", listed=False)
    code, said = town.send("--yes")
    assert code == 1
    assert "Не отправлено: s102 – тот же адрес указан у школы s126" in said
    assert "Не отправлено: s126 – тот же адрес указан у школы s102" in said
    assert "Не отправлено: s104 – карта (card.html) изменена" in said
    assert post.accepted == []


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_its_twin_in_make_stops_too_and_sends_when_told(town, post):
    variables = [f"{name.upper()}={path}" for name, path in town.places.items()]
    for told, sent in (([], 0), (["SEND=yes"], 3)):
        line = line_of_make("send", "PERIOD=2022H1", *variables, *told)
        shell = ["sh", "-c", line.replace(".venv/bin/python", f"'{sys.executable}'", 1)]
        done = subprocess.run(shell, cwd=PARAMS.parent, env=os.environ, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(post.accepted) == sent
