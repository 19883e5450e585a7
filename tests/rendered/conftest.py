"""Real reports on generated data, made once for all tests of rendered pages, whichever process runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
#: Every kind of report; cards of all schools for one of the periods, of two very different ones for the others.
PERIODS = {"2022H1": "all", "2022-03": "s102,s126", "2022": "s102,s126", "2021-2025": "s102,s126"}
EDITIONS = ("working", "meeting", "public")


@dataclass(frozen=True)
class Made:
    """The data folder and the folder of its reports."""

    data: Path
    reports: Path

    def report(self, period: str, edition: str, kind: str) -> Path:
        return self.reports / period / edition / f"report.{kind}"


def analysis(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "made"
    result = Made(folder / "data" / "demo", folder / "reports" / "demo")
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            for period, schools in PERIODS.items():
                options = ("--data", result.data, "--out", folder / "reports", "--schools", schools, "--jobs", 2)
                done = analysis("report", period, *options)
                assert done.returncode == 0, done.stderr
            done = analysis("site", "--data", result.data, "--out", folder / "reports")
            assert done.returncode == 0, done.stderr
            (folder / "done").touch()
    return result
