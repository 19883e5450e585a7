"""What is due on a day, and the reminders: from real forms in a small folder."""

import csv
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.due import due_months, due_on, reminders
from analysis.due_report import due_lines
from analysis.intake.identity import School, load_schools
from analysis.letters import load_letters
from analysis.workspace import Workspace
from tests.unit.intake.kit import PARAMS, Folder, settings
from tests.unit.office.mailserver import Post, Running

SCHOOLS = tuple(School(f"s{n}", f"СОШ № {n}", group="Б", email=f"s{n}@mail.test") for n in (1, 2, 3))
ON = date(2021, 9, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """July came from two of three schools (one of them with a mistake), August from the first alone."""
    made = Folder(tmp_path_factory.mktemp("сроки") / "город", SCHOOLS)
    made.send("s1", "2021-07")
    made.send("s2", "2021-07", values={"tested": 900})
    made.send("s1", "2021-08")
    made.send("s3", "2021-08", at="2021-09-02T10:00")
    made.accepted = made.run()
    return made


@pytest.fixture
def space(folder, tmp_path):
    return Workspace(PARAMS, folder.path, tmp_path / "reports")


def how_things_stand(folder, on=ON):
    return due_on(on, folder.accepted, load_schools(folder.path / "schools.csv"), settings())


def test_who_owes_what_on_the_day(folder):
    due = how_things_stand(folder)
    assert due.upcoming.key == "2021-09"
    assert due.waiting == ("s1", "s2", "s3")
    assert sorted(zip(due.missing["school_id"], due.missing["period"], strict=True)) == [
        ("s2", "2021-08"), ("s3", "2021-07"), ("s3", "2021-08"),
    ]  # fmt: skip
    assert due.findings[["school_id", "period"]].values.tolist() == [["s2", "2021-07"]]
    assert due.findings["n_errors"].iloc[0] >= 1


def test_a_day_sees_only_what_had_come_by_its_end(folder):
    assert ("s3", "2021-08") not in {
        (row.school_id, row.period) for row in how_things_stand(folder, date(2021, 9, 2)).missing.itertuples()
    }
    early = how_things_stand(folder, date(2021, 7, 20))
    assert early.missing.empty
    assert early.upcoming.key == "2021-07"
    assert early.waiting == ("s3",)


def test_after_the_last_deadline_there_is_nothing_to_wait_for(folder):
    due = how_things_stand(folder, date(2026, 5, 1))
    assert (due.upcoming, due.waiting) == (None, ())
    assert len(due.missing) == 3 * 54 - 4


def test_a_reminder_goes_to_every_debtor_and_to_no_other(folder, space):
    letters = load_letters(PARAMS)
    parcels = {
        p.school_id: p
        for p in reminders(how_things_stand(folder), load_schools(folder.path / "schools.csv"), letters, space)
    }
    assert {code: parcel.address for code, parcel in parcels.items()} == {"s2": "s2@mail.test", "s3": "s3@mail.test"}
    second, third = (parcels[code].letter.text.replace("\u00a0", " ") for code in ("s2", "s3"))
    assert "– за август 2021 года (срок 20.08.2021)" in second
    assert "июль 2021 года: исправить" in second
    assert sorted(parcels["s2"].attachments) == ["protocol_2021-07_s2.html", "protocol_2021-07_s2.xlsx"]
    assert "замечания" not in third
    assert "Ближайший срок: 20 сентября 2021 г. – форма за сентябрь 2021 года." in third
    assert parcels["s3"].topic == "due-2021-09-01"


def test_an_answer_whose_day_has_passed_is_said_so(folder, space):
    schools, letters = load_schools(folder.path / "schools.csv"), load_letters(PARAMS)
    texts = {
        on: {p.school_id: p.letter.text for p in reminders(how_things_stand(folder, on), schools, letters, space)}["s2"]
        for on in (date(2021, 7, 19), date(2022, 7, 1))
    }
    assert ", до " in texts[date(2021, 7, 19)]
    assert ", срок был " in texts[date(2022, 7, 1)]


def test_the_lines_for_the_analyst(folder, space):
    schools = load_schools(folder.path / "schools.csv")
    lines = [line.replace("\u00a0", " ") for line in due_lines(how_things_stand(folder), schools, space)]
    assert lines[0] == "На 1 сентября 2021 г."
    assert "Просрочено: форма за июль 2021 года (срок 20.07.2021) – 1 школа: СОШ № 3." in lines
    assert lines[-1].startswith("Открытые замечания (")


def test_the_command_writes_letters_and_the_calendar(folder, tmp_path):
    places = ["--data", str(folder.path), "--params", str(PARAMS), "--out", str(tmp_path)]
    done = CliRunner().invoke(app, ["due", "--on", ON.isoformat(), *places])
    assert done.exit_code == 0, done.output
    assert "Ничего не отправлено" in done.output
    assert {path.name for path in (tmp_path / "город" / "send" / "due-2021-09-01").iterdir()} == {
        "list.csv",
        "s2",
        "s3",
    }
    calendar = (tmp_path / "город" / "calendar.ics").read_text(encoding="utf-8")
    assert calendar.count("BEGIN:VEVENT") == len(due_months(settings())) == 54
    wrong = CliRunner().invoke(app, ["due", "--on", "завтра", *places])
    assert wrong.exit_code == 2


def test_every_deadline_of_the_order_is_in_the_calendar_once(folder):
    months = due_months(settings())
    assert (months[0].key, months[-1].key) == ("2021-07", "2025-12")
    assert {m.due.isoformat() for m in months if m.number == 6} == {
        "2022-06-20",
        "2023-06-20",
        "2024-06-20",
        "2025-06-20",
    }
    assert months[-1].due == date(2025, 12, 22)


def test_the_list_of_a_send_can_be_read_by_a_spreadsheet(folder, tmp_path):
    places = ["--data", str(folder.path), "--params", str(PARAMS), "--out", str(tmp_path)]
    CliRunner().invoke(app, ["due", "--on", ON.isoformat(), *places])
    with (tmp_path / "город" / "send" / "due-2021-09-01" / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["school_id"], row["address"]) for row in rows] == [("s2", "s2@mail.test"), ("s3", "s3@mail.test")]


def test_the_command_sends_once_and_names_whom_it_could_not_reach(folder, tmp_path, keys, monkeypatch):
    data, params = shutil.copytree(folder.path, tmp_path / "город"), shutil.copytree(PARAMS, tmp_path / "params")
    text = (params / "letters.yaml").read_text(encoding="utf-8").replace("per_minute: 20", "per_minute: 600")
    (params / "letters.yaml").write_text(text, encoding="utf-8")
    places = ["--data", str(data), "--params", str(params), "--out", str(tmp_path / "reports"), "--yes"]
    command = ["due", "--on", ON.isoformat(), *places]
    with Running(Post(), *keys) as server:
        for name, value in server.environment(keys[1]).items():
            monkeypatch.setenv(name, value)
        server.post.refuse = {"s3@mail.test"}
        first = CliRunner().invoke(app, command)
        assert first.exit_code == 1
        assert "Не отправлено: s3 – сервер отказал: 550" in first.output
        server.post.refuse = set()
        assert CliRunner().invoke(app, command).exit_code == 0
        third = CliRunner().invoke(app, command)
        assert third.exit_code == 0
        assert "уже отправлено" in third.output
        assert server.post.schools == ["s2@mail.test", "s3@mail.test"]
    assert "secret-1" not in (data / "sent.jsonl").read_text(encoding="utf-8") + first.output


def test_without_a_server_nothing_is_begun(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("ORIENTIR_SMTP_HOST", raising=False)
    places = ["--data", str(folder.path), "--params", str(PARAMS), "--out", str(tmp_path), "--yes"]
    done = CliRunner().invoke(app, ["due", "--on", ON.isoformat(), *places])
    assert done.exit_code == 2
    assert not (folder.path / "sent.jsonl").exists()
