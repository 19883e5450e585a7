"""A town of six schools to do harm to: its forms, its reports, and whether they are what they should be."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.demo import generate_demo
from analysis.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
PERIOD = "2022H1"
SCHOOLS = ("s102", "s103", "s104", "s107", "s109", "s126")  # three of one group, one of each of the others
DERIVED = ("accepted", "protocols", "register.csv")
MARK = "ORIENTIR_DRILL"
LEAVING_SECONDS = 3.0  # from the last line of a command's work to the end of its process, with much to spare
GONE_SECONDS = 60.0  # a process that is still importing notices the end when it is done


class Broken(AssertionError):
    """A promise that did not hold; the message names it."""


def expect(holds: object, promise: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(promise)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its code, everything it said, and the seconds it took."""

    code: int
    said: str
    seconds: float


@dataclass(frozen=True)
class Town:
    """Params, notebooks, a data folder and reports under one folder."""

    root: Path
    data: Path
    out: Path
    period: str

    @property
    def report(self) -> Path:
        """The finished report's folder."""
        return self.out / self.data.name / self.period

    def copy(self, root: Path, data: str = "data/town", out: str = "reports") -> Town:
        """The same town elsewhere, with whatever was read and made."""
        for name in ("params", "notebooks"):
            shutil.copytree(self.root / name, root / name)
        shutil.copytree(self.data, root / data)
        if self.out.exists():
            shutil.copytree(self.out, root / out)
        return Town(root, root / data, root / out, self.period)

    def command(self, name: str, *options: str) -> list[str]:
        """The words of a command on this town."""
        given = ["--data", str(self.data), "--params", str(self.root / "params"), "--jobs", "2", *options]
        if name == "report":
            given = [self.period, "--out", str(self.out), *given]
        return [sys.executable, "-m", "analysis", name, *given]

    def start(self, name: str, *options: str, env: Mapping[str, str | None] | None = None) -> Running:
        """Start a command in a process group of its own."""
        return Running(self.command(name, *options), self.root, env or {})

    def run(self, name: str, *options: str, env: Mapping[str, str | None] | None = None) -> Ended:
        """Run a command to its end."""
        return self.start(name, *options, env=env).end()

    def forget(self) -> None:
        """As if nothing had ever been read or made."""
        for name in DERIVED:
            path = self.data / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        shutil.rmtree(self.out, ignore_errors=True)

    def sent(self) -> dict[str, bytes]:
        """What came from outside: it must never change."""
        return {name: content for name, content in contents(self.data).items() if not name.startswith(DERIVED)}

    def made(self) -> dict[str, bytes]:
        """Everything that was made: the report, what was accepted, the register, the protocols."""
        derived = {name: content for name, content in contents(self.data).items() if name.startswith(DERIVED)}
        return derived | {f"report/{name}": content for name, content in contents(self.report).items()}

    def check_restored(self, expected: Mapping[str, bytes], sent: Mapping[str, bytes]) -> Ended:
        """The next run succeeds, gives the bytes of an undisturbed run, leaves nothing behind and loses nothing."""
        ended = self.run("report")
        expect(ended.code == 0, f"the next run ended with {ended.code}: {ended.said}")
        made = self.made()
        differing = sorted(name for name in {*made, *expected} if made.get(name) != expected.get(name))
        expect(not differing, f"differs from an undisturbed run: {differing[:10]}")
        expect(self.sent() == sent, "what schools sent has changed")
        expect(not self.half_written(), f"left behind: {self.half_written()}")
        return ended

    def is_begun(self) -> bool:
        """Whether a stopped run has left finished pieces to the next."""
        beside = self.report.parent
        return any(beside.glob(f".{self.period}.begun/*")) or any(beside.glob(f".{self.period}.building/.made.jsonl"))

    def half_written(self) -> list[str]:
        """Folders of a report being made."""
        return [
            path.name
            for path in self.report.parent.glob(f".{self.period}.*")
            if path.suffix in (".building", ".slices")
        ]


class Running:
    """A command at work, known with everything it started by a mark in the environment."""

    def __init__(self, command: list[str], folder: Path, env: Mapping[str, str | None]) -> None:
        self.mark = secrets.token_hex(8)
        path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
        given = {**os.environ, "PYTHONPATH": path, MARK: self.mark, **env}
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=folder, env={name: value for name, value in given.items() if value is not None},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
            start_new_session=True,
        )  # fmt: skip

    def end(self) -> Ended:
        """Wait for the end; nothing that it started may outlive it."""
        said, _ = self.process.communicate()
        seconds = time.monotonic() - self.began
        deadline = time.monotonic() + GONE_SECONDS
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        expect(not left, f"outlived the command: {left}")
        return Ended(self.process.returncode, said.strip(), seconds)

    def stop_after(self, seconds: float, number: int) -> Ended | None:
        """Send a signal at a moment, to the whole group as a terminal does; None when the command's work was done by then."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        running = self.process.poll() is None
        self.began = time.monotonic()
        if number == signal.SIGINT:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by now
                os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        ended = self.end()
        went_on = f"told to stop, it went on for {ended.seconds:.1f} s to its end"
        expect(ended.code != 0 or not running or ended.seconds < LEAVING_SECONDS, went_on)
        return ended if running and ended.code != 0 else None

    def _left(self) -> list[str]:
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:80])
        return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path but logs, locks, and intake's note of what it saw last, which it renews when it has to."""
    skipped = ("run.log", ".lock", "state.json")
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in skipped]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def make_town(root: Path, period: str = PERIOD) -> Town:
    """Params, notebooks, and six schools of the demo with the forms that bear their numbers."""
    for name in ("params", "notebooks"):
        shutil.copytree(ROOT / name, root / name)
    data = root / "data" / "town"
    generate_demo(data, load_settings(ROOT / "params"), jobs=1)
    wanted = re.compile(rf".*(?<!\d)({'|'.join(school[1:] for school in SCHOOLS)})(?!\d).*")
    for path in (data / "inbox").rglob("*"):
        if path.is_file() and not wanted.fullmatch(path.name):
            path.unlink()
    for table in ("schools.csv", "measures.csv"):
        _keep_rows(data / table)
    return Town(root, data, root / "reports", period)


def _keep_rows(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    place = head.index("school_id" if "school_id" in head else "unit_id")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *(row for row in rows if row[place] in SCHOOLS)])
