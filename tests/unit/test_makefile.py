"""make is a façade: it passes on what was given, as it was written, and says plainly what is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = (
    "PERIOD",
    "DATA",
    "BASELINE",
    "SCHOOLS",
    "JOBS",
    "FORCE",
    "OUT",
    "PARAMS",
    "SEND",
    "ON",
    "CLUSTER",
    "PYTHON",
    "NAME",
    "ARGS",
)
OF_AN_OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
HELP = (ROOT / "Makefile").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments, folder=ROOT):
    environment = {name: value for name, value in os.environ.items() if name not in (*OPTIONS, *OF_AN_OUTER_MAKE)}
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8")


def command(*arguments):
    """The line that make would run last."""
    result = make("--dry-run", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.rstrip().splitlines()[-1]


def test_make_alone_is_the_help():
    shown = make().stdout
    assert shown == make("help").stdout
    assert "make report PERIOD=2022H1" in shown


def test_help_names_only_targets_and_commands_that_exist():
    from analysis.cli import app

    commands = {info.name or info.callback.__name__ for info in app.registered_commands}
    targets = set(re.findall(r"^##   make (\w+)", HELP, re.MULTILINE))
    assert {"report", "intake", "forms", "demo", "test"} <= targets
    for target in targets:
        recipe = re.search(rf"^{target}:.*\n\t@?(.*)", HELP, re.MULTILINE)
        assert recipe, f"no rule for make {target}"
        run = re.match(r"\$\(ANALYSIS\) (\w+)", recipe.group(1))
        assert run is None or run.group(1) in commands, f"no command behind make {target}"


def test_only_what_is_set_is_passed_on():
    assert command("report", "PERIOD=2022H1").split() == [".venv/bin/python", "-m", "analysis", "report", "'2022H1'"]
    line = command("report", "PERIOD=2022", "BASELINE=2021", "SCHOOLS=none", "JOBS=2", "FORCE=yes")
    assert line.split()[4:] == "'2022' --baseline '2021' --schools 'none' --jobs '2' --force".split()
    assert "--force" not in command("report", "PERIOD=2022", "FORCE=no")


def test_values_reach_the_command_as_written():
    line = command("report", "PERIOD=2022H1", "DATA=/мой город/it's $x `y`")
    shell = subprocess.run(
        ["sh", "-c", line.replace(".venv/bin/python", "printf '%s\\n'")], capture_output=True, encoding="utf-8"
    )
    assert shell.stdout.splitlines()[-1] == "/мой город/it's $x `y`"


def test_report_without_a_period_says_what_to_write():
    result = make("report")
    assert result.returncode == 2
    assert "PERIOD=2022H1" in result.stderr
    assert ".venv" not in result.stdout


@pytest.mark.parametrize("missing", ["python", "version"])
def test_no_python_or_an_old_one_is_said_plainly(tmp_path, missing):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "sed"):
        (tools / name).symlink_to(shutil.which(name))
    if missing == "version":
        for name in ("python3", "python3.11"):
            (tools / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
            (tools / name).chmod(0o755)
    result = subprocess.run(
        [shutil.which("make"), "report", "PERIOD=2022H1", "SHELL=" + str(tools / "sh")],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 2
    assert "Нужен Python 3.11" in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_init_takes_a_name_and_passes_further_options_on():
    line = command("init", "NAME=мой город", "ARGS=--city Тула")
    assert line.split("-m ")[1] == "analysis init 'мой город'  --city Тула"
    result = make("init")
    assert result.returncode == 2
    assert "NAME=" in result.stderr or "NAME=" in result.stdout
