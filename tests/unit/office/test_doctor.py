"""doctor: every check finds what it is for, and none of them can break the command."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from filelock import FileLock

from analysis import doctor
from analysis.doctor import Line, attempt, examine, fit, locked_versions, packages

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def city(tmp_path):
    """A small data folder that is in order."""
    data = tmp_path / "город"
    (data / "inbox").mkdir(parents=True)
    (data / "inbox" / "a.xlsx").write_bytes(b"x")
    (data / "schools.csv").write_text("school_id,name,group,email\ns1,Школа,А,a@b.ru\n", encoding="utf-8")
    (data / "received.csv").write_text("file_name,received_at\na.xlsx,2022-06-20\n", encoding="utf-8")
    return data


def lines(data, params=ROOT / "params", out=None):
    return {line.what: line for line in examine(str(data), str(params), str(out or data.parent / "reports"))}


def test_a_machine_in_order(city):
    found = lines(city)
    assert [line for line in found.values() if line.state == "failure"] == []
    assert "1 в" in found["Школы"].found
    assert found["received.csv"].state == "ok"
    assert all(str(line).endswith((".", "!", "?")) for line in found.values())


@pytest.mark.parametrize(
    ("file", "text", "what", "state", "words"),
    [
        ("schools.csv", "имя\n", "Школы", "failure", "нет столбца"),
        ("schools.csv", "school_id,name,group\ns1,Школа,Ы\n", "Школы", "failure", "группа «Ы»"),
        ("schools.csv", "school_id,name,group\n#s1,Школа,А\n", "Школы", "failure", "ни одной школы"),
        ("schools.csv", "school_id,name,group\ns1,Школа,А\n", "Адреса почты", "attention", "1 из 1"),
        ("received.csv", "file_name,received_at\na.xlsx,вчера\n", "received.csv", "attention", "0 строк из 1"),
        ("received.csv", "file_name,received_at\n../../x,2022-06-20\n", "received.csv", "attention", "которых нет"),
        ("received.csv", "file_name,received_at\n/etc/*,2022-06-20\n", "received.csv", "attention", "которых нет"),
        ("received.csv", "имя;время\na.xlsx;вчера\n", "received.csv", "attention", "0 строк из 1"),
    ],
)
def test_what_is_wrong_with_the_data_is_said(city, file, text, what, state, words):
    (city / file).write_text(text, encoding="utf-8")
    found = lines(city)
    assert found[what].state == state
    assert words in str(found[what])


def test_no_data_folder_and_no_forms(city, tmp_path):
    assert lines(tmp_path / "нет")["Школы"].state == "failure"
    (city / "inbox" / "a.xlsx").unlink()
    assert lines(city)["Формы"].state == "attention"


@pytest.mark.parametrize(
    "text", ["data: [", "data: demo\nлишнее: 1\n", "", "\x00", "!!python/object/apply:os.system ['x']"]
)
def test_broken_params_are_a_line_and_not_a_crash(city, tmp_path, text):
    params = tmp_path / "params"
    shutil.copytree(ROOT / "params", params)
    (params / "project.yaml").write_text(text, encoding="utf-8")
    found = lines(city, params)
    assert found["Параметры"].state == "failure"
    assert "project.yaml" in found["Параметры"].found
    assert found["Папка отчётов"].state == "ok"
    assert "Школы" not in found  # what hangs on the params is not blamed beside them


def test_someone_else_at_work(city):
    (city / "accepted").mkdir()
    with FileLock(city / "accepted" / ".lock"):
        assert lines(city)["Блокировки"].state == "attention"
    assert lines(city)["Блокировки"].state == "ok"
    (city.parent / "reports" / "город" / ".2022H1.building").mkdir(parents=True)
    assert "2022H1" in lines(city)["Прерванные запуски"].found


def test_packages_are_compared_with_the_lock(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "pandas==0.1 \\\n    --hash=sha256:0\nnosuchpackage==1.0\nother==2 ; sys_platform == 'atari'\n",
        encoding="utf-8",
    )
    assert locked_versions(lock.read_text()) == {"pandas": "0.1", "nosuchpackage": "1.0"}
    absent, other = packages(lock)
    assert (absent.state, "nosuchpackage" in absent.found) == ("failure", True)
    assert (other.state, "вместо 0.1" in other.found) == ("attention", True)
    assert next(packages(tmp_path / "none")).state == "attention"


@pytest.mark.parametrize(("free", "state"), [(50, "failure"), (1000, "attention"), (9000, "ok")])
def test_disk(monkeypatch, tmp_path, free, state):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(0, 0, free * 2**20))
    assert next(doctor.room(tmp_path / "deep" / "er")).state == state


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    assert next(doctor.writable("Папка", tmp_path / "x")).state == "failure"


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    assert next(doctor.writable("Папка", tmp_path / "file" / "reports")).state == "failure"


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), ImportError("y", name="z"), UnicodeDecodeError("a", b"", 0, 1, "b")]
)
def test_a_check_that_breaks_is_a_line(error):
    def broken():
        yield Line("ok", "а", "б")
        raise error

    found = list(attempt("в", broken))
    assert [line.state for line in found] == ["ok", "failure"]
    assert not fit(found)


def test_without_any_package_doctor_still_speaks():
    """A bare interpreter: no site-packages at all."""
    script = (
        "import runpy, sys; sys.argv = ['analysis', *sys.argv[1:]]; runpy.run_module('analysis', run_name='__main__')"
    )
    bare = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {script}"]
    done = subprocess.run([*bare, "doctor"], capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (1, "")
    assert "tools/setup_env.py" in done.stdout
    done = subprocess.run([*bare, "report", "2022H1"], capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Не установлен пакет")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("spoil", "code", "last"), [(False, 0, "Можно работать"), (True, 1, "Работать пока нельзя")])
def test_the_exit_code_tells(city, spoil, code, last):
    if spoil:
        (city / "schools.csv").unlink()
    command = [sys.executable, "-m", "analysis", "doctor", "--data", str(city), "--out", str(city.parent / "reports")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(last)
