"""Generated data, and real reports on them: made once for all tests, whichever process runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from analysis.demo import generate_demo
from analysis.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
#: Every kind of report; cards of all schools for one of the periods, of two very different ones for the others.
PERIODS = {"2022H1": "all", "2022-03": "s102,s126", "2022": "s102,s126", "2021-2025": "s102,s126"}
EDITIONS = ("working", "meeting", "public")


#: Files that take longest, in the order in which two processes best take them: while one makes the reports that most
#: others share, the other is at what needs none; the rest, hundreds of short tests, fills both up to the end.
FIRST = (
    *("golden/test_golden.py", "integration/test_drills.py", "integration/test_report_again.py"),
    *("rendered/test_readers.py", "rendered/test_jupyterlab.py", "integration/test_cluster.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files = {ROOT / "tests" / name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: files.get(item.path, len(FIRST)))


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


def shared(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all processes of a run of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Path:
    """Demo data as they are generated, not read yet: to be copied, never changed."""
    folder = shared(tmp_path_factory, "generated")
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            generate_demo(folder / "demo", load_settings(ROOT / "params"), jobs=2)
            (folder / "done").touch()
    return folder / "demo"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Key and certificate of the server that receives letters in tests."""
    from tests.unit.office.mailserver import certificate

    return certificate(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def post(keys, monkeypatch):
    """What a real server with TLS and a password receives; the environment leads there."""
    from tests.unit.office.mailserver import Post, Running

    with Running(Post(), *keys) as server:
        for name, value in server.environment(keys[1]).items():
            monkeypatch.setenv(name, value)
        yield server.post


@pytest.fixture(scope="session")
def made(tmp_path_factory, generated) -> Made:
    """The reports of every kind on demo data: to be read or copied, never changed."""
    folder = shared(tmp_path_factory, "made")
    result = Made(folder / "data" / "demo", folder / "reports" / "demo")
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            shutil.copytree(generated, result.data)
            for period, schools in PERIODS.items():
                options = ("--data", result.data, "--out", folder / "reports", "--schools", schools, "--jobs", 2)
                done = analysis("report", period, *options)
                assert done.returncode == 0, done.stderr
            done = analysis("site", "--data", result.data, "--out", folder / "reports")
            assert done.returncode == 0, done.stderr
            (folder / "done").touch()
    return result
