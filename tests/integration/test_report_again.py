"""A report made again: nothing to do, one form corrected, a file damaged, a notebook that fails; and verified."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import openpyxl
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUP_A = ("s102", "s104", "s109", "s112", "s114", "s120", "s123", "s132", "s137", "s145")
OTHERS = ("s103", "s107", "s126")  # one of every other group
CARDS = ",".join((*GROUP_A, *OTHERS))
PERIOD = "2022H1"
MONTH, YEAR, TWO_CARDS = "2022-03", "2022", "s102,s126"
ELSEWHERE = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"}


def run(*arguments, env=None, code=0):
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    result = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **(env or {})},
    )
    assert result.returncode == code, result.stdout + result.stderr
    return result.stdout + result.stderr


def report(data, out, *options, cards=CARDS, period=PERIOD, **kwargs):
    return run("report", period, "--data", data, "--out", out, "--schools", cards, *options, **kwargs)


def digest(data, out, *options, **kwargs):
    return report(data, out, *options, cards=TWO_CARDS, period=MONTH, **kwargs)


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "run.log"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def built(folder):
    """The names in the log: what was made by the last run."""
    lines = (folder / "run.log").read_text(encoding="utf-8").splitlines()
    return {line.split("  ")[1].split(":")[0] for line in lines if "без изменений" not in line}


@pytest.fixture(scope="module")
def first(made, tmp_path_factory):
    """Demo data with a report of these schools' cards, taken over from one of all: (data folder, out folder)."""
    data = tmp_path_factory.mktemp("data") / "demo"
    out = tmp_path_factory.mktemp("out")
    shutil.copytree(made.data, data)
    shutil.copytree(made.reports / PERIOD, out / "demo" / PERIOD)
    assert "13 карт без изменений" in report(data, out).replace("\xa0", " ")
    assert not built(out / "demo" / PERIOD)
    return data, out


@pytest.fixture
def copied(first, tmp_path):
    """The same, to be changed."""
    data, out = tmp_path / "data" / "demo", tmp_path / "out"
    shutil.copytree(first[0], data)
    shutil.copytree(first[1], out)
    return data, out


@pytest.fixture
def month(made, tmp_path):
    """Demo data with the report that is made in least time, a month's, to be changed: (data folder, out folder)."""
    return with_report(MONTH, made, tmp_path)


@pytest.fixture
def year(made, tmp_path):
    """The same with the report that has most sections."""
    return with_report(YEAR, made, tmp_path)


def with_report(period, made, folder):
    data, out = folder / "data" / "demo", folder / "out"
    shutil.copytree(made.data, data)
    shutil.copytree(made.reports / period, out / "demo" / period)
    return data, out


def test_nothing_has_changed(first):
    data, out = first
    folder = out / "demo" / PERIOD
    before, identity = contents(folder), folder.stat().st_ino
    said = report(data, out)
    assert "13 карт без изменений" in said.replace("\xa0", " ")
    assert folder.stat().st_ino == identity
    assert contents(folder) == before


def test_a_damaged_file_is_made_again_and_nothing_else(month):
    data, out = month
    folder = out / "demo" / MONTH
    before = contents(folder)
    (folder / "schools" / "s102" / "card.html").write_text("", encoding="utf-8")
    said = digest(data, out)
    assert "1 карта без изменений, заново – 1 карта" in said.replace("\xa0", " ")
    assert built(folder) == {"schools/s102"}
    assert contents(folder) == before


def correct_form(data, school):
    """Five pupils fewer tested in the school's June form."""
    register = pd.read_csv(data / "register.csv").query("period == '2022-06' and school_id == @school")
    path = data / "inbox" / register.iloc[-1]["file_name"]
    workbook = openpyxl.load_workbook(path)
    sheet, _, cell = workbook.defined_names["month_tested"].attr_text.replace("$", "").rpartition("!")
    workbook[sheet.strip("'")][cell].value -= 5
    workbook.save(path)


def school_at_the_median(folder):
    table = pd.read_parquet(folder / "tables" / "indicators.parquet")
    rows = table.query("period == @PERIOD and indicator == 'П04' and unit_id in @GROUP_A").sort_values("value")
    return rows["unit_id"].iloc[len(rows) // 2]


def test_one_corrected_form_rebuilds_what_depends_on_it_and_no_more(copied, tmp_path):
    data, out = copied
    folder = out / "demo" / PERIOD
    before = contents(folder)
    school = school_at_the_median(folder)
    correct_form(data, school)
    said = report(data, out)
    after, cards = contents(folder), {name for name in built(folder) if name.startswith("schools/")}
    report(data, tmp_path / "whole", "--force")
    assert after == contents(tmp_path / "whole" / "demo" / PERIOD)
    assert built(tmp_path / "whole" / "demo" / PERIOD) > {f"schools/{one}" for one in (*GROUP_A, *OTHERS)}
    # the group's median has moved, and so have all cards of the group; no other card has
    assert cards == {f"schools/{one}" for one in GROUP_A}
    assert "3 карты без изменений, заново – 10 карт" in said.replace("\xa0", " ")
    changed = {name for name in after if name.endswith("card.pdf") and after[name] != before[name]}
    assert changed == {f"schools/{one}/card.pdf" for one in GROUP_A}


def test_equal_outputs_without_fork_and_a_note_in_the_log(month, tmp_path):
    """Spawned workers and Jupyter kernels, as on Windows: stages, reports and cards are the same bytes."""
    data, out = month
    digest(data, tmp_path / "unforked", env={"ORIENTIR_FORK": "no"})
    ours, theirs = contents(out / "demo" / MONTH), contents(tmp_path / "unforked" / "demo" / MONTH)
    assert ours == theirs
    executed = [name for name in theirs if name.endswith(".ipynb")]
    log = (tmp_path / "unforked" / "demo" / MONTH / "run.log").read_text(encoding="utf-8")
    assert len(executed) == 4 + 3 + 2
    assert log.count("тетрадь выполнена обычным ядром Jupyter") == len(executed)


def others_marked(mark):
    """Processes with the mark in their environment: a command and everything it started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            found += [path] if mark.encode() in path.read_bytes() else []
    return found


def wait_for(condition, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="sends signals, reads /proc")
def test_ctrl_c_keeps_the_old_report_and_the_next_run_goes_on(month, monkeypatch):
    data, out = month
    folder, building = out / "demo" / MONTH, out / "demo" / f".{MONTH}.building"
    report(data, out, period=MONTH)
    before = contents(folder)
    monkeypatch.setenv("MARK_OF_A_TEST", str(out))
    # where a shell has started us in the background, our children would ignore Ctrl-C as we do
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "analysis", "report", MONTH, "--data", str(data), "--out", str(out)]
    command += ["--schools", CARDS, "--force"]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        wait_for(lambda: len(list(building.glob("schools/*/card.pdf"))) > 1)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        signal.signal(signal.SIGINT, previous)
        process.kill()
    assert process.returncode == 130
    assert "Остановлено. Прежний отчёт, если он был, не изменён" in said
    assert "Traceback" not in said
    wait_for(lambda: not others_marked(str(out)))
    assert contents(folder) == before
    assert not building.exists()
    shutil.rmtree(folder)  # so that there is nothing else to go on with
    said = report(data, out, period=MONTH).replace("\xa0", " ")
    assert "Из прерванного запуска – " in said
    assert contents(folder) == before
    assert [path.name for path in folder.parent.glob(f".{MONTH}*")] == []


def test_a_second_run_for_the_same_report_is_refused(first):
    from filelock import FileLock

    data, out = first
    before = contents(out / "demo" / PERIOD)
    with FileLock(out / "demo" / f".lock-{PERIOD}"):
        said = report(data, out, "--force", code=2)
    assert "Отчёт за 2022H1 сейчас делает другой запуск этой команды" in said
    assert contents(out / "demo" / PERIOD) == before


def test_damaged_accepted_tables_are_made_again(month):
    """A report that itself is whole does not hide them."""
    data, out = month
    tables = [data / "accepted" / name for name in ("observations.parquet", "findings.parquet", "readings.cache")]
    whole = [path.read_bytes() for path in tables]
    for path, content in zip(tables, whole, strict=True):
        path.write_bytes(content[: len(content) // 2])
    assert "2 карты без изменений" in digest(data, out).replace("\xa0", " ")
    assert [path.read_bytes() for path in tables] == whole


def test_verify_names_what_differs_and_only_that(year):
    """Rebuilt in one process, with another hash seed, time zone and locale, in another folder."""
    data, out = year
    folder = out / "demo" / YEAR
    (folder / "tables" / "effects.parquet").write_bytes(b"")
    (folder / "public" / "report.pdf").unlink()
    said = run("verify", YEAR, "--data", data, "--out", out, "--jobs", "1", env=ELSEWHERE, code=3)
    assert "Отличаются: public/report.pdf, tables/effects.parquet\n" in said


@pytest.fixture
def project(month, tmp_path):
    """A project of its own, whose notebooks can be broken."""
    for name in ("params", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path, *month


def break_notebook(project, name, code):
    path = project / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    nbformat.write(notebook, path)
    return path


def test_a_failed_card_is_named_kept_and_made_when_mended(project):
    root, data, out = project
    whole = (root / "notebooks" / "school_card.ipynb").read_bytes()
    break_notebook(root, "school_card", "if school == 's126': raise ValueError('нет такой строки')")
    said = digest(data, out, "--params", root / "params", code=1)
    kept = out / "demo" / f"{MONTH}.failed" / "school_card-s126.ipynb"
    assert "Не сделано: s126 – Тетрадь school_card.ipynb, ячейка" in said
    assert "нет такой строки. Что сделать" in said
    assert f"с описанием ошибки: {kept}\n" in said
    assert "нет такой строки" in kept.read_text(encoding="utf-8")
    folder = out / "demo" / MONTH
    assert json.loads((folder / "manifest.json").read_bytes())["failed"] == ["s126"]
    assert sorted(path.name for path in (folder / "schools").iterdir()) == ["s102"]
    assert "s126.ipynb" not in " ".join(contents(folder))
    digest(data, out, "--params", root / "params", code=1)
    assert built(folder) == {"schools/s126"}
    (root / "notebooks" / "school_card.ipynb").write_bytes(whole)
    digest(data, out, "--params", root / "params")
    assert not kept.exists()
    assert (folder / "schools" / "s126" / "card.pdf").exists()


@pytest.mark.parametrize("notebook", ["3_rankings", "monthly_report"])
def test_a_failed_stage_or_report_leaves_the_old_report(project, notebook):
    root, data, out = project
    before = contents(out / "demo" / MONTH)
    break_notebook(root, notebook, "1 / 0")
    said = digest(data, out, "--params", root / "params", code=3)
    failed = out / "demo" / f"{MONTH}.failed"
    kept = [path for path in failed.iterdir() if path.stem.startswith(notebook)]
    assert "ZeroDivisionError" in said
    assert any(f"с описанием ошибки: {path}\n" in said for path in kept)
    assert (failed / "1_intake.ipynb").exists()
    assert contents(out / "demo" / MONTH) == before
    assert not list((out / "demo").glob(".2022-03*"))
