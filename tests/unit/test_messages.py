"""What commands say while they work, and when they cannot go on."""

import errno
import io
import subprocess
import sys
from pathlib import Path

import pytest
import rich.console
import typer

from analysis.demo.model import DemoError
from analysis.intake.identity import School, SchoolsError
from analysis.intake.register import RegisterError
from analysis.intake.run import IntakeError
from analysis.intake.store import StoreError
from analysis.messages import Console, guarded
from analysis.tablestore import TableError
from analysis.workspace import Workspace
from tests.unit.intake.kit import PARAMS, Folder

ROOT = Path(__file__).resolve().parents[2]


def test_one_bar_names_what_is_being_done(monkeypatch):
    screen = rich.console.Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(rich.console, "Console", lambda **_: screen)
    with Console().progress() as progress:
        progress("Расчёт", 1, 4)
        progress("Отчёты и карты", 0, 52)
        progress("Отчёты и карты", 52, 52)
    last = screen.file.getvalue().rpartition("Отчёты и карты")[2]
    assert "52/52" in last
    assert "Расчёт" not in screen.file.getvalue().rpartition("\x1b[2K")[2]


def test_without_a_terminal_each_kind_of_work_is_announced_once(capsys):
    with Console().progress() as progress:
        for done in range(3):
            progress("Расчёт", done, 4)
        progress("Отчёты и карты", 0, 52)
    assert capsys.readouterr().err == "Расчёт…\nОтчёты и карты…\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_to_do(capsys, number):
    with pytest.raises(typer.Exit) as stopped, guarded(debug=False):
        raise OSError(number, "No space left on device", "/reports/card.pdf")
    assert stopped.value.exit_code == 3
    said = capsys.readouterr().err
    assert said.startswith("На диске нет места") and "/reports/card.pdf" in said
    assert "Освободите место и повторите команду; прежний отчёт не изменён." in said


@pytest.mark.parametrize(
    ("error", "code"),
    [(SchoolsError, 2), (IntakeError, 2), (DemoError, 2), (RegisterError, 3), (StoreError, 3), (TableError, 3)],
)
def test_errors_of_our_own_are_told_as_they_are_written(capsys, error, code):
    with pytest.raises(typer.Exit) as stopped, guarded(debug=False):
        raise error("Школы нет. Добавьте её.")
    assert (stopped.value.exit_code, capsys.readouterr().err) == (code, "Школы нет. Добавьте её.\n")


def test_other_errors_say_how_to_learn_more(capsys):
    with pytest.raises(typer.Exit) as stopped, guarded(debug=False):
        raise KeyError("x")
    assert stopped.value.exit_code == 3
    assert capsys.readouterr().err == "Не получилось: KeyError: 'x'. Подробности: та же команда с --debug.\n"


def test_ctrl_c_is_one_line_and_130(capsys):
    with pytest.raises(typer.Exit) as stopped, guarded(debug=False):
        raise KeyboardInterrupt
    assert stopped.value.exit_code == 130
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="locales of the system")
def test_under_a_locale_without_utf_8_names_of_files_are_read_right(tmp_path):
    (tmp_path / "город").mkdir()
    (tmp_path / "город" / "schools.csv").write_text("school_id,name,kind,group\nsА,СОШ,СОШ,нет\n", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "analysis", "intake", "--data", str(tmp_path / "город")], cwd=ROOT, capture_output=True,
        env={"PATH": "", "PYTHONPATH": str(ROOT / "src"), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.decode("utf-8").startswith("schools.csv: у школы sА группа «нет»")


def test_intake_names_what_has_to_be_put_right_newest_first(tmp_path, capsys):
    """A finding stays on its line, whatever a school wrote."""
    folder = Folder(tmp_path / "город", (School("s1", "СОШ № 1", group="Б"),))
    folder.send("s1", "2021-07", name="a.xlsx", values={"tested": "около 20\nВернуть: все"}, at="2021-07-15T10:00")
    folder.send("s1", "2021-08", name="b.xlsx", values={"tested": "12,5"}, at="2021-08-15T10:00")
    result = folder.run()
    Console().print_intake(result, Workspace(PARAMS, folder.path, tmp_path))
    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if line.startswith("Вернуть: ")]
    assert [line.partition(", Месяц, D")[0] for line in told][:2] == ["Вернуть: b.xlsx", "Вернуть: a.xlsx"]
    assert "12,5. Дробного количества не бывает" in told[0]
    assert len(told) == 2
    assert lines[-1].startswith("Файлов в журнале: 2,")
