"""The register and the accepted tables: append-only, idempotent, safe against a kill; timeliness and versions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake import store
from analysis.intake.identity import School, load_schools
from analysis.intake.register import COLUMNS, RegisterError
from analysis.intake.run import IntakeError, load_accepted, previous_values, run_intake
from analysis.intake.submissions import annual_state, submissions_by_school, with_annual_state
from tests.unit.intake.kit import Folder, found, good_values, month, set_cell, settings, value, write_schools

SCHOOLS = (
    School("s1", "СОШ № 1", group="Б"),
    School("s2", "СОШ № 2", group="Б"),
    School("s3", "СОШ № 3", group="В"),
    School("s4", "СОШ № 4", group="В", valid_to=date(2022, 1, 31)),
    School("p5", "Начальная школа № 5", group="Г"),
)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "city", SCHOOLS)


def snapshot(path: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and time, locks apart."""
    files = [file for file in path.rglob("*") if file.is_file() and file.name != ".lock"]
    return {file.relative_to(path).as_posix(): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


KNOWN_AS_777 = [
    School("s2", "СОШ № 2", group="Б", aliases=("СОШ № 777",)),
    *(s for s in SCHOOLS if s.school_id != "s2"),
]


def contents(path: Path) -> dict[str, bytes]:
    return {name: content for name, (content, _) in snapshot(path).items()}


def test_a_second_run_changes_no_byte(folder):
    folder.send("s1")
    folder.send("s2", change=set_cell("tested", "12,5"))
    folder.put("чужой.pdf", b"%PDF-1.4")
    first = folder.run()
    before = snapshot(folder.path)
    again = run_intake(folder.path, settings(), jobs=1)
    assert snapshot(folder.path) == before
    for name in ("observations", "findings", "register", "activities"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))


def test_accepted_can_be_deleted_and_comes_back_the_same(folder):
    for key in ("2022-02", "2022-03"):
        folder.send("s1", key)
        folder.send("s2", key, change=set_cell("tested", "5 чел."))
    folder.run()
    before = contents(folder.path)
    shutil.rmtree(folder.path / "accepted")
    shutil.rmtree(folder.path / "protocols", ignore_errors=True)
    folder.run(jobs=2)
    assert contents(folder.path) == before


def test_rows_are_only_added(folder):
    folder.send("s1", "2022-02")
    folder.run()
    old = (folder.path / "register.csv").read_bytes()
    folder.send("s2", "2022-02", at="2022-02-01T08:00")  # came earlier than what is registered
    folder.send("s1", "2022-03")
    result = folder.run()
    new = (folder.path / "register.csv").read_bytes()
    assert new.startswith(old) and new.count(b"\n") == old.count(b"\n") + 2
    assert new.splitlines()[0].decode() == ",".join(COLUMNS)
    assert result.register["school_id"].tolist() == ["s1", "s2", "s1"]


def test_time_of_arrival_once_registered_stands(folder):
    name = folder.send("s1")
    path = folder.path / "inbox" / name
    folder.received.clear()
    os.utime(path, (1_647_600_000, 1_647_600_000))  # 18 March 2022, 10:40 UTC
    first = folder.run()
    assert first.register["received_at"].tolist() == ["2022-03-18T13:40"]
    os.utime(path, (1_700_000_000, 1_700_000_000))
    folder.send("s2")
    assert folder.run().register["received_at"].tolist() == ["2022-03-18T13:40", "2022-03-18T10:00"]


@pytest.mark.parametrize(
    ("written", "local"),
    [
        ("2022-03-20T20:30:00Z", "2022-03-20T23:30"),
        ("2022-03-20 23:30:00+00:00", "2022-03-21T02:30"),
        ("Sun, 20 Mar 2022 20:30:00 +0000", "2022-03-20T23:30"),
        ("20.03.2022 20:30", "2022-03-20T20:30"),
        ("когда-то", "2022-03-18T03:00"),
    ],
)
def test_time_zones_of_letters(folder, written, local):
    """A time that names its zone becomes local time; one that is no time gives way to the file's own."""
    path = folder.path / "inbox" / folder.send("s1", at=written)
    midnight = pd.Timestamp("2022-03-18", tz="UTC").timestamp()
    os.utime(path, (midnight, midnight))
    assert settings().project.hours_from_utc == 3
    assert folder.run().register["received_at"].tolist() == [local]


def test_a_list_of_times_saved_by_excel(folder):
    """In Russian Excel «CSV» means Windows-1251 and semicolons."""
    path = folder.path / "inbox" / folder.send("s1", name="март/форма школы 1.xlsx")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    listed = "file_name;received_at\nмарт/форма школы 1.xlsx;19.03.2022 14:05\n"
    (folder.path / "received.csv").write_bytes(listed.encode("cp1251"))
    result = run_intake(folder.path, settings())
    assert result.register["received_at"].tolist() == ["2022-03-19T14:05"]


def test_a_form_laid_over_the_former_one_is_its_next_version(folder):
    """The old file is lost to the inbox; the register still knows it, and a late change is «пересчитано»."""
    name = folder.send("s1")
    folder.run()
    folder.send("s1", values={"par": 151}, at="2022-03-25T10:00")
    result = folder.run()
    rows = result.register
    assert rows["file_name"].tolist() == [name, name] and rows["version"].tolist() == [1, 2]
    assert rows["status"].tolist() == ["on_time", "recalculated"] and rows["in_force"].tolist() == [False, True]
    assert value(result, "s1", "2022-03", "par") == 151
    assert sorted(found(result, "s1")["rule"]) == ["B33", "B50"]
    before = snapshot(folder.path)
    run_intake(folder.path, settings())
    assert snapshot(folder.path) == before


def test_a_file_taken_out_of_the_inbox_is_missed(folder):
    name = folder.send("s1")
    folder.send("s2")
    folder.run()
    (folder.path / "inbox" / name).rename(folder.path / "inbox" / "переименована.xlsx")
    folder.received["переименована.xlsx"] = "2022-03-18T10:00"
    assert found(folder.run(), "s1", "B50").empty  # it only has another name
    (folder.path / "inbox" / "переименована.xlsx").unlink()
    result = folder.run()
    missed = found(result, "s1", "B50")
    assert missed["file"].tolist() == [name, "переименована.xlsx"] and set(missed["severity"]) == {"note"}
    assert set(result.observations["school_id"]) == {"s2"}


def test_an_imports_time_may_be_listed_with_its_folder(folder):
    (folder.path / "imports").mkdir()
    (folder.path / "imports" / "old.csv").write_text(
        "school_id,period,measure,value\ns1,2021H1,N9,5\n", encoding="utf-8"
    )
    folder.received["imports/old.csv"] = "2021-06-24T10:00"
    assert folder.run().register[["file_name", "received_at"]].values.tolist() == [
        ["imports/old.csv", "2021-06-24T10:00"]
    ]


def test_versions_and_statuses(folder):
    folder.send("s1", name="1.xlsx", change=set_cell("tested", "12,5"), at="2022-03-15T10:00")
    folder.run()
    folder.send("s1", name="2.xlsx", change=set_cell("tested", "около 20"), at="2022-03-16T10:00")
    folder.run()
    folder.send("s1", name="3.xlsx", at="2022-03-17T10:00")
    folder.send("s1", name="3 (копия).xlsx", at="2022-03-17T11:00")
    result = folder.run()
    rows = result.register.set_index("file_name")
    assert rows["version"].tolist() == [1, 2, 3, 4]
    assert rows["status"].tolist() == ["returned", "returned", "on_time", "duplicate"]
    assert rows["in_force"].tolist() == [False, False, True, False]
    assert value(result, "s1", "2022-03", "tested") is not None
    assert set(result.observations["version"]) == {3}
    closed = found(result, "s1", state="closed")
    assert sorted(closed["rule"]) == ["B08", "B23", "E1"]
    assert set(found(result, "s1")["severity"]) == {"note"}


def test_one_run_or_three_give_the_same_values(folder, tmp_path):
    """What is in force depends on the files, not on when intake was run."""
    steps = [("1.xlsx", "12,5", "15"), ("2.xlsx", "около 20", "16"), ("3.xlsx", 111, "17"), ("4.xlsx", 112, "18")]
    at_once = Folder(tmp_path / "at once", SCHOOLS)
    for name, typed, day in steps:
        for one in (folder, at_once):
            one.send("s1", name=name, change=set_cell("tested", typed), at=f"2022-03-{day}T10:00")
        folder.run()
    once, steadily = at_once.run(), folder.run()
    pd.testing.assert_frame_equal(once.observations, steadily.observations)
    pd.testing.assert_frame_equal(once.findings, steadily.findings)
    assert value(once, "s1", "2022-03", "tested") == 111


def test_a_correction_answers_a_check_over_months(folder):
    """E6 is known only with February beside it; the corrected March needs no mark to answer it."""
    folder.send("s1", "2022-02")
    folder.send("s1", "2022-03", values={"tested": 5})
    folder.send("s1", "2022-03", name="ещё раз.xlsx", at="2022-03-19T10:00")
    result = folder.run()
    assert value(result, "s1", "2022-03", "tested") == good_values("2022-03", 1)["tested"]
    assert found(result, "s1", severity="error").empty


def test_the_same_form_marked_confirms_what_was_asked(folder):
    """A query about a true number is closed by the form itself, sent again with the mark; what is missing stays asked."""
    folder.send("s1", "2022-02")
    sent = {"values": {"N5_11": 900}, "change": set_cell("par", "–")}
    folder.send("s1", "2022-03", **sent)
    folder.send("s1", "2022-03", **sent, name="копия.xlsx", at="2022-03-19T10:00")
    assert sorted(found(folder.run(), "s1", severity="query")["rule"]) == ["B02", "W5"]
    marked = {"extra": {"revision": "уточнённая"}, "name": "подтверждаем.xlsx", "at": "2022-03-19T11:00"}
    folder.send("s1", "2022-03", **sent, **marked)
    result = folder.run()
    assert found(result, "s1", severity="query")["rule"].tolist() == ["B02"]
    assert found(result, "s1", severity="query", state="closed")["rule"].tolist() == ["W5"]
    assert value(result, "s1", "2022-03", "N5_11") == 900
    page = (folder.path / "protocols/2022-03/protocol_2022-03_s1.html").read_text(encoding="utf-8")
    assert "уточнить: 1" in page and "та же форма с этой отметкой" in page


PROGRAM = """
import sys
from pathlib import Path
from analysis.settings import load_settings
from analysis.intake.run import run_intake
run_intake(Path(sys.argv[1]), load_settings(Path(sys.argv[2])), jobs=2)
"""


class Killed(BaseException):
    """As abrupt as a signal: no handler in the program catches it."""


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory):
    """A folder with one form taken in and another waiting; contents before and after the second run."""
    folder = Folder(tmp_path_factory.mktemp("kill") / "city", SCHOOLS)
    folder.send("s1", "2022-02")
    folder.send("s2", "2022-02", extra={"school_name": "СОШ № 777"})
    folder.run()
    old = contents(folder.path)
    folder.send("s1", "2022-03", change=set_cell("tested", "–"))
    write_schools(folder.path / "schools.csv", KNOWN_AS_777)  # the protocol of s2 is no longer needed
    waiting = folder.path.parent / "waiting"
    shutil.copytree(folder.path, waiting)
    folder.run()
    return waiting, folder.received, old, contents(folder.path)


@pytest.mark.parametrize("moment", [0, 5, 15, 16, 17, 18, 19, 21, 25, 26, 27])
def test_a_kill_leaves_the_old_state_or_the_new(before_and_after, tmp_path, monkeypatch, moment):
    waiting, received, old, new = before_and_after
    shutil.copytree(waiting, tmp_path / "city")
    folder = Folder(tmp_path / "city", KNOWN_AS_777, received=dict(received))
    calls = iter(range(100))
    for target, name in ((store, "write_whole"), (Path, "replace"), (Path, "unlink")):
        original = getattr(target, name)

        def dying(*args, _original=original, **options):
            if next(calls) == moment:
                raise Killed
            return _original(*args, **options)

        monkeypatch.setattr(target, name, dying)
    with pytest.raises(Killed):
        folder.run()
    monkeypatch.undo()
    kept = load_accepted(folder.path)  # whoever reads first puts things in order
    state = contents(folder.path)
    keep = {name for name in old | new if not name.startswith(("inbox/", "received.csv", "schools.csv"))}
    is_old = all(state.get(name) == old.get(name) for name in keep)
    is_new = all(state.get(name) == new.get(name) for name in keep)
    assert (is_old, is_new) == (moment < 18, moment >= 18)  # 8 files and their list come first, two steps each;
    # then 8 moves and 2 protocols removed
    assert set(kept.observations["period"]) == ({"2022-02", "2022-03"} if is_new else {"2022-02"})
    folder.run()
    assert contents(folder.path) == new


def test_a_real_kill(folder, tmp_path):
    """SIGKILL at five moments of the work, told by what lies in the folder, not by a clock."""
    for number, key in enumerate(["2021-09", "2021-10", "2021-11", "2022-01", "2022-02", "2022-03"]):
        for code in ("s1", "s2", "s3"):
            folder.send(code, key, values={"par": 60 + number})
    other = Folder(tmp_path / "undisturbed", SCHOOLS)
    shutil.copytree(folder.path, other.path, dirs_exist_ok=True)
    other.received |= folder.received
    whole = other.run()
    shutil.copy(other.path / "received.csv", folder.path / "received.csv")
    accepted = folder.path / "accepted"
    moments = [
        lambda: accepted.exists(),
        lambda: (accepted / "pending").exists(),
        lambda: (accepted / "pending" / "3").exists(),
        lambda: (accepted / "pending" / "list.json").exists(),
        lambda: (accepted / "observations.parquet").exists(),
    ]
    for moment in moments:
        child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder.path), str(settings().folder)])
        while child.poll() is None and not moment():
            pass
        child.kill()
        child.wait()
        registered = (folder.path / "register.csv").read_bytes() if (folder.path / "register.csv").exists() else b""
        assert registered in (b"", (other.path / "register.csv").read_bytes())
    result = folder.run()
    pd.testing.assert_frame_equal(result.observations, whole.observations)
    assert contents(folder.path) == contents(other.path)


# submissions


def statuses(folder, result, key: str, on: date | None = None) -> dict[tuple[str, str], str]:
    schools = load_schools(folder.path / "schools.csv").frame()
    table = submissions_by_school(result.register, schools, settings().parse_period(key), settings(), on)
    return {(row.period, row.school_id): row.status for row in table.itertuples()}


def test_statuses_of_a_month(folder):
    folder.send("s1", at="2022-03-21T10:00")
    folder.send("s2", at="2022-03-22T10:00")
    folder.send("s3", change=set_cell("tested", "12,5"))
    result = folder.run()
    assert statuses(folder, result, "2022-03") == {
        ("2022-03", "s1"): "on_time",
        ("2022-03", "s2"): "late",
        ("2022-03", "s3"): "returned",
        ("2022-03", "p5"): "missing",
    }  # s4 was closed


def test_columns_and_counts(folder):
    folder.send("s1", change=lambda w: [set_cell(c, t)(w) for c, t in (("tested", "12,5"), ("par", "–"))])
    result = folder.run()
    schools = load_schools(folder.path / "schools.csv").frame()
    table = submissions_by_school(result.register, schools, month("2022-03"), settings())
    assert list(table.columns) == [
        "school_id", "period", "due", "received_at", "days_late", "version", "status", "n_errors", "n_queries",
    ]  # fmt: skip
    row = table.set_index("school_id").loc["s1"]
    assert (row["due"], row["received_at"], row["version"]) == ("2022-03-21", "2022-03-18T10:00", 1)
    assert (row["days_late"], row["n_errors"], row["n_queries"]) == (0, 1, 1)


def test_half_year_rows_months_and_the_half_itself(folder):
    folder.send("s1", "2022-06", at="2022-06-22T10:00")
    result = folder.run()
    table = statuses(folder, result, "2022H1")
    assert table["2022H1", "s1"] == "late" and table["2022-06", "s1"] == "late"
    assert table["2022-01", "s1"] == "missing"
    assert {period for period, _ in table} == {"2022H1", *(f"2022-0{i}" for i in range(1, 7))}
    assert ("2022-01", "s4") in table and ("2022-02", "s4") not in table and ("2022H1", "s4") not in table


def test_baseline_periods_are_never_due(folder):
    folder.send("s1", "2021-05")
    result = folder.run()
    table = statuses(folder, result, "2021H1")
    assert table["2021-05", "s1"] == "on_time"
    assert table["2021-04", "s1"] == "not_due" and table["2021H1", "s2"] == "not_due"


def test_not_due_before_the_day(folder):
    result = folder.run()
    assert statuses(folder, result, "2022-03", date(2022, 3, 10))["2022-03", "s1"] == "not_due"
    assert statuses(folder, result, "2022-03", date(2022, 3, 21))["2022-03", "s1"] == "missing"


def test_a_form_corrected_in_time_is_in_time_and_a_later_revision_does_not_make_it_late(folder):
    folder.send("s1", change=set_cell("tested", "12,5"), at="2022-03-15T10:00")
    folder.send("s1", name="s1 b.xlsx", at="2022-03-18T10:00")
    folder.send("s1", name="s1 уточн.xlsx", values={"par": 150}, at="2022-03-29T10:00")
    folder.send("s2", change=set_cell("tested", "12,5"), at="2022-03-15T10:00")
    folder.send("s2", change=set_cell("tested", "12,5"), name="s2 ещё раз.xlsx", at="2022-03-16T10:00")
    folder.send("s2", name="s2 b.xlsx", at="2022-03-24T10:00")
    result = folder.run()
    table = statuses(folder, result, "2022-03")
    assert table["2022-03", "s1"] == "on_time" and table["2022-03", "s2"] == "late"
    assert value(result, "s1", "2022-03", "par") == 150


def test_unreadable_is_returned_not_missing(folder):
    folder.put("forma_2022-03_s1.pdf", b"%PDF-1.4")
    folder.put("forma_2022-03_s2.xlsx", b"PK damaged")
    result = folder.run()
    table = statuses(folder, result, "2022-03")
    assert table["2022-03", "s1"] == table["2022-03", "s2"] == "returned"


def imports(folder, name: str, rows: list[tuple]) -> None:
    (folder.path / "imports").mkdir(exist_ok=True)
    lines = [",".join(map(str, row)) for row in [("school_id", "period", "measure", "value", "received_at"), *rows]]
    (folder.path / "imports" / name).write_text("\n".join(lines), encoding="utf-8")


def test_a_school_whose_values_were_imported_has_reported(folder):
    folder.send("s3", at="2022-03-22T10:00")
    imports(
        folder,
        "system.csv",
        [
            ("s1", "2022-03", "covered", 120, "2022-03-21T20:30:00+00:00"),  # 23:30 here, the last day
            ("s1", "2022-03", "tested", 90, "2022-03-25T10:00"),
            ("s2", "2022-03", "tested", 90, "2022-03-21T21:30:00Z"),  # the day after, here
            ("s3", "2022-03", "tested", 90, "2022-03-18T10:00"),  # has its own form
            ("p5", "2022-03", "pubs", "", "2022-03-18T10:00"),  # nothing was given
            ("s1", "2021-05", "tested", 10, "2021-05-18T10:00"),  # baseline: never due
        ],
    )
    result = folder.run()
    assert statuses(folder, result, "2022-03") == {
        ("2022-03", "s1"): "on_time",
        ("2022-03", "s2"): "late",
        ("2022-03", "s3"): "late",
        ("2022-03", "p5"): "missing",
    }
    assert statuses(folder, result, "2021-05")["2021-05", "s1"] == "not_due"
    rows = result.register[result.register["school_id"] == "s2"]
    assert rows[["received_at", "days_late", "status"]].values.tolist() == [["2022-03-22T00:30", 1, "imported"]]


def test_an_imported_half_year_or_its_last_month_closes_the_half(folder):
    imports(
        folder,
        "system.csv",
        [("s1", "2022H1", "plan", 1, "2022-06-20"), ("s2", "2022-06", "tested", 90, "2022-06-25")],
    )
    table = statuses(folder, folder.run(), "2022H1")
    assert (table["2022H1", "s1"], table["2022-06", "s1"]) == ("on_time", "missing")
    assert (table["2022H1", "s2"], table["2022-06", "s2"]) == ("late", "late")


def test_an_import_with_errors_is_returned_until_another_answers(folder):
    imports(folder, "a.csv", [("s1", "2022-03", "tested", "12,5".replace(",", "."), "2022-03-18")])
    imports(folder, "b.csv", [("s1", "2022-03", "covered", 120, "2022-03-18")])
    assert statuses(folder, folder.run(), "2022-03")["2022-03", "s1"] == "on_time"  # nothing of a.csv was taken
    imports(
        folder, "a.csv", [("s1", "2022-03", "tested", 12.5, "2022-03-18"), ("s1", "2022-03", "par", 5, "2022-03-18")]
    )
    result = folder.run()
    assert found(result, "s1", "E1")["file"].tolist() == ["imports/a.csv"]
    imports(folder, "c.csv", [("s1", "2022-03", "tested", 12, "2022-03-19")])
    result = folder.run()
    assert found(result, "s1", "E1").empty and len(found(result, "s1", "E1", state="closed")) == 1
    assert value(result, "s1", "2022-03", "tested") == 12
    assert statuses(folder, result, "2022-03")["2022-03", "s1"] == "on_time"


def test_annual_figures_are_expected_until_confirmed_after_the_state_date(folder):
    folder.send("s1", "2022-06")
    folder.send("s2", "2022-06")
    folder.send("s2", "2022-06", name="s2 уточн.xlsx", values={"portf": 410}, at="2022-07-04T10:00")
    result = folder.run()
    schools = load_schools(folder.path / "schools.csv").frame()
    table = annual_state(result.register, schools, settings().parse_period("2022")).set_index("school_id")
    assert table["state"].to_dict() == {"s1": "expected", "s2": "confirmed", "s3": "missing", "p5": "missing"}
    assert table.loc["s1", ["cutoff", "as_of"]].tolist() == ["2022-06-20", "2022-07-01"]
    empty = pd.DataFrame(columns=["period", "status", "n", "n_schools"])
    counted = with_annual_state(empty, result.register, schools, settings().parse_period("2022"))
    assert counted[["period", "status", "n"]].values.tolist() == [["2022", "expected", 1], ["2022", "confirmed", 1]]
    assert with_annual_state(empty, result.register, schools, settings().parse_period("2022H1")) is empty


def test_imported_annual_figures_are_confirmed_by_their_date(folder):
    imports(folder, "y.csv", [("s1", "2022", "uday", 300, "2022-06-18"), ("s2", "2022", "uday", 300, "2022-07-02")])
    result = folder.run()
    schools = load_schools(folder.path / "schools.csv").frame()
    table = annual_state(result.register, schools, settings().parse_period("2022")).set_index("school_id")
    assert table["state"].to_dict() == {"s1": "expected", "s2": "confirmed", "s3": "missing", "p5": "missing"}


def test_summer_activities_come_from_december(folder):
    rows = {"2.11": ("выполнено", 3, "отчёт"), "2.3": ("выполняется", 1, "")}
    folder.send("s1", "2021-12", activities=rows)
    folder.send("s1", "2022-06", activities=rows)
    table = folder.run().activities
    assert table[["period", "activity"]].values.tolist() == [
        ["2021-12", "2.11"],
        ["2021-12", "2.3"],
        ["2022-06", "2.3"],
    ]


def test_each_sheet_writes_its_own_period(folder):
    folder.send("s1", "2022-06")
    folder.send("s1", "2021-12")
    folder.send("p5", "2022-06")
    result = folder.run()
    assert value(result, "s1", "2022-06", "tested") is not None
    assert value(result, "s1", "2022H1", "plan") == 1
    assert value(result, "s1", "2022", "uday") == 400
    assert value(result, "s1", "2021H2", "summer") == 30
    assert set(result.observations[result.observations["school_id"] == "p5"]["measure"]) == {
        "pubs", "plan", "resp", "agr", "pract",
    }  # fmt: skip


def test_previous_values_for_the_next_form(folder):
    folder.send("s1", "2022-02")
    folder.send("s1", "2021-12")
    folder.run()
    march = previous_values(folder.path, month("2022-03"))
    assert march["s1"]["month.tested"] == good_values("2022-02", 1)["tested"]
    june = previous_values(folder.path, month("2022-06"))
    assert june["s1"]["half.tested9"] == good_values("2021-12", 1)["tested9"]
    assert previous_values(folder.path / "nowhere", month("2022-03")) == {}


def test_a_folder_that_cannot_be_used_says_so(tmp_path):
    with pytest.raises(IntakeError, match=r"schools\.csv"):
        run_intake(tmp_path, settings())
    with pytest.raises(IntakeError, match="make intake"):
        load_accepted(tmp_path)
    assert list(tmp_path.iterdir()) == []
    folder = Folder(tmp_path / "a", SCHOOLS)
    (folder.path / "register.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(RegisterError, match="received_at"):
        folder.run()


def test_protocols_are_ready_to_send_back(folder):
    folder.send("s1", change=set_cell("tested", "12,5"))
    folder.send("s2")
    folder.run()
    names = sorted(path.name for path in (folder.path / "protocols").rglob("*.*"))
    assert names == ["protocol_2022-03_s1.html", "protocol_2022-03_s1.xlsx"]
    page = (folder.path / "protocols/2022-03/protocol_2022-03_s1.html").read_text(encoding="utf-8")
    for text in (
        "Протокол контроля данных",
        "СОШ № 1",
        "март 2022 года",
        "лист «Месяц», ячейка D12",
        "12,5",
        "21.03.2022",
    ):
        assert text in page
    assert 'lang="ru"' in page and "СОШ № 2" not in page
    folder.send("s1", name="исправленная.xlsx", at="2022-03-19T10:00")
    folder.run()
    page = (folder.path / "protocols/2022-03/protocol_2022-03_s1.html").read_text(encoding="utf-8")
    assert "Замечания сняты" in page and "снято" in page


def test_a_protocol_that_is_no_longer_needed_does_not_stay(folder):
    """The name was unknown, and then written into schools.csv: nothing is asked of the school any more."""
    name = folder.send("s2", extra={"school_name": "СОШ № 777"})
    folder.run()
    assert (folder.path / "protocols/2022-03/protocol_2022-03_s2.html").exists()
    write_schools(folder.path / "schools.csv", KNOWN_AS_777)
    result = folder.run()
    assert result.findings[["file", "rule", "severity"]].values.tolist() == [[name, "B25", "note"]]
    assert [path for path in (folder.path / "protocols").rglob("*") if path.is_file()] == []
