"""Harm done to runs on purpose: kills, a full disk, a read-only folder, clocks, damage.

Promised after each: the next run succeeds, its files are byte for byte those of an undisturbed run, nothing that was sent or
registered is lost, nothing is left running or half-written.
Run: .venv/bin/python drills/failures.py [--only report-kills,disk-full] [--period 2022H1] [--kills 50] [--seed 49]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from _surroundings import clock_behind, limited, little_room, more_room, read_only, spoilt
from _town import PERIOD, Broken, Ended, Town, expect, make_town

LATER = 4_000_000_000  # seconds: the year 2096
STOPPED = (130, -signal.SIGINT)  # the second before a line of ours has run


class Drills:
    """A town, what an undisturbed run makes of it, and the ways to disturb one."""

    def __init__(self, root: Path, period: str, kills: int, seed: int) -> None:
        self.root, self.kills, self.chance = root, kills, random.Random(seed)
        self.unread = make_town(root / "unread", period)
        self.town = self.unread.copy(root / "made")
        self.undisturbed = self.town.run("report")
        expect(self.undisturbed.code == 0, f"the undisturbed run: {self.undisturbed}")
        self.sent, self.expected = self.town.sent(), self.town.made()

    def fresh(self, **places: str) -> Town:
        """A copy of the town in which nothing was read or made."""
        return self.unread.copy(Path(tempfile.mkdtemp(dir=self.root)), **places)

    def finished(self) -> Town:
        """A copy of the town with its report."""
        return self.town.copy(Path(tempfile.mkdtemp(dir=self.root)))

    def check(self, town: Town) -> Ended:
        """All promises hold after one more run; the town is removed."""
        ended = town.check_restored(self.expected, self.sent)
        shutil.rmtree(town.root, ignore_errors=True)
        return ended

    # --- stopped at a random moment

    def report_kills(self) -> str:
        """kill -9 while a report is made from unread forms, or made anew over a finished one, which stays valid."""
        resumed = 0
        for number in range(self.kills):
            again = number % 2 == 1
            town, options = (self.finished(), ["--force"]) if again else (self.fresh(), [])
            before = town.made()
            self._stop_midway(town, signal.SIGKILL, "report", *options, anew=_as_it_is if again else Town.forget)
            if again:
                expect(town.made() == before, "a kill has changed the finished report")
            resumed += town.is_begun()
            self.check(town)
        return f"{self.kills} kills; after {resumed} there were finished pieces to go on with"

    def intake_kills(self) -> str:
        """kill -9 while forms are read and registered; every second time some are registered already."""
        for number in range(self.kills):
            town, anew = self.fresh(), self._read_in_part if number % 2 else Town.forget
            anew(town)
            rows = self._register(town)
            self._stop_midway(town, signal.SIGKILL, "intake", anew=anew)
            expect(self._register(town)[: len(rows)] == rows, "rows of the register are lost")
            ended = town.run("intake")
            expect(ended.code == 0, f"the next intake ended with {ended.code}: {ended.said}")
            differing = sorted(name for name, content in town.made().items() if content != self.expected.get(name))
            expect(not differing, f"differs from an undisturbed intake: {differing}")
            expect(town.sent() == self.sent, "what schools sent has changed")
            shutil.rmtree(town.root)
        return f"{self.kills} kills"

    def ctrl_c(self) -> str:
        """Ctrl-C, to the whole process group as a terminal sends it: the old report stays, nothing half-written is left."""
        slowest, resumed, count = 0.0, 0, max(self.kills // 2, 1)
        for number in range(count):
            again = number % 2 == 1
            town, options = (self.finished(), ["--force"]) if again else (self.fresh(), [])
            before = town.made()
            anew = _as_it_is if again else Town.forget
            ended = self._stop_midway(town, signal.SIGINT, "report", *options, anew=anew)
            expect(ended.code in STOPPED, f"Ctrl-C ended with {ended.code}: {ended.said}")
            expect(not town.half_written(), f"left behind: {town.half_written()}")
            expect(not again or town.made() == before, "Ctrl-C has changed the finished report")
            slowest = max(slowest, ended.seconds)
            resumed += town.is_begun()
            self.check(town)
        return f"{count} times, slowest end after {slowest:.2f} s; after {resumed} there were finished pieces to go on with"

    def _stop_midway(self, town: Town, number: int, *command: str, anew: Callable[[Town], None] = Town.forget) -> Ended:
        """Stop a command at a random moment of its work; one that was quicker is started again after ``anew``."""
        span = self.undisturbed.seconds if command[0] == "report" else 3.0
        for _ in range(20):
            ended = town.start(*command).stop_after(self.chance.uniform(0.2, span), number)
            if ended is not None:
                return ended
            span *= 0.8
            anew(town)
        raise Broken("the command always ended before it could be stopped")

    def _read_in_part(self, town: Town) -> None:
        """Register the forms of the first months and no others."""
        town.forget()
        aside = town.root / "later"
        months = sorted((town.data / "inbox").iterdir())
        aside.mkdir(exist_ok=True)
        for folder in months[len(months) // 2 :]:
            folder.rename(aside / folder.name)
        expect(town.run("intake").code == 0, "the first intake failed")
        for folder in aside.iterdir():
            folder.rename(town.data / "inbox" / folder.name)

    def _register(self, town: Town) -> list[bytes]:
        path = town.data / "register.csv"
        return path.read_bytes().splitlines() if path.exists() else []

    # --- where there is nothing to write to

    def disk_full(self) -> str:
        """No room for reports, for the data folder's tables, or for temporary files."""
        tried = 0
        for place in ("out", "data", "temporary"):
            for kilobytes in (40, 400, 1500) if place == "out" else (20, 70):
                town = self.fresh()
                with little_room(town, place, kilobytes) as (env, limit):
                    ended = limited(town, limit) if limit else town.run("report", env=env)
                    expect(
                        ended.code in (1, 3),
                        f"a full disk ({place}, {kilobytes} KB) ended with {ended.code}: {ended.said}",
                    )
                    expect(not town.half_written(), f"left behind: {town.half_written()}")
                    expect("мест" in ended.said, f"not told that the disk is full: {ended.said}")
                    more_room(town, place)
                    town.check_restored(self.expected, self.sent)
                shutil.rmtree(town.root, ignore_errors=True)
                tried += 1
        return f"{tried} full disks"

    def read_only(self) -> str:
        """A folder for reports, then a data folder, that cannot be written to: refused in a sentence."""
        for place in ("out", "data"):
            town = self.fresh()
            folder = getattr(town, place)
            with read_only(folder):
                ended = town.run("report")
            expect(ended.code in (2, 3) and "нельзя писать" in ended.said, f"{place}: {ended}")
            self.check(town)
        return "2 folders"

    # --- other surroundings

    def clock(self) -> str:
        """Files from the future, and a clock years behind them where a compiler is there to make one."""
        town = self.finished()
        for path in town.root.rglob("*"):
            os.utime(path, (LATER, LATER))
        said = self.check(town).said
        expect("оставлен как есть" in said, "times of files alone had everything made anew")
        town = self.fresh()
        for path in town.root.rglob("*"):
            os.utime(path, (LATER, LATER))
        shim = clock_behind(self.root)
        env = {"LD_PRELOAD": str(shim)} if shim else {}
        ended = town.run("report", env=env)
        expect(ended.code == 0, f"with the clock set back: {ended}")
        self.check(town)
        return "files of 2096" + ("; clock of 1995" if shim else "; no compiler for another clock")

    def two_at_once(self) -> str:
        """Two runs for one period: one does the work; the other waits for it or says what is going on."""
        codes = []
        for pause in (0.0, 0.5, 3.0):
            town = self.fresh()
            first = town.start("report")
            time.sleep(pause)
            second = town.start("report")
            ended = [first.end(), second.end()]
            codes.append("+".join(str(one.code) for one in ended))
            expect(any(one.code == 0 for one in ended), f"neither run succeeded: {ended}")
            for one in ended:
                expect(one.code == 0 or (one.code == 2 and "другой запуск" in one.said), f"unclear: {one}")
            self.check(town)
        return f"3 pairs, exit codes {', '.join(codes)}"

    def corrupt_caches(self) -> str:
        """Every memory between runs cut short, overwritten, or with one bit changed."""
        places = [
            "data/town/accepted/readings.cache",
            "data/town/accepted/state.json",
            f"reports/town/{self.town.period}/manifest.json",
        ]
        return self._damage(places) + "; " + self._damage_of_a_stopped_run()

    def _damage_of_a_stopped_run(self) -> str:
        town = self.fresh()
        self._stop_midway(town, signal.SIGKILL, "report")
        damaged = [path for path in town.report.parent.rglob("*") if path.is_file()]
        for path in damaged:
            path.write_bytes(spoilt(path.read_bytes(), "bit", self.chance))
        self.check(town)
        return f"{len(damaged)} files of a killed run"

    def corrupt_tables(self) -> str:
        """Accepted and finished Parquet tables damaged."""
        accepted = [
            f"data/town/accepted/{name}.parquet" for name in ("observations", "findings", "activities", "register")
        ]
        tables = [
            f"reports/town/{self.town.period}/tables/{name}.parquet" for name in ("indicators", "rankings", "schools")
        ]
        return self._damage([*accepted, *tables])

    def _damage(self, places: list[str]) -> str:
        for place in places:
            for kind in ("cut", "garbage", "bit"):
                town = self.finished()
                path = town.root / place
                path.write_bytes(spoilt(path.read_bytes(), kind, self.chance))
                self.check(town)
        return f"{3 * len(places)} damages to {len(places)} files"

    def no_home(self) -> str:
        """HOME unset, and one that is not there."""
        for home in (None, "/nonexistent"):
            self._in(self.fresh(), {"HOME": home, "XDG_CACHE_HOME": None, "MPLCONFIGDIR": None})
        return "2 runs"

    def locale(self) -> str:
        """Locales that know no UTF-8."""
        tried: list[Mapping[str, str | None]] = [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
        if shutil.which("localedef") and Path("/usr/share/i18n/charmaps").exists():
            made = ["localedef", "-i", "ru_RU", "-f", "KOI8-R", str(self.root / "ru_RU.KOI8-R")]
            subprocess.run(made, check=True, capture_output=True)
            tried.append({"LC_ALL": "ru_RU.KOI8-R", "LOCPATH": str(self.root), "PYTHONUTF8": None})
        for env in tried:
            self._in(self.fresh(), env)
        return " and ".join(env["LC_ALL"] or "" for env in tried)

    def odd_paths(self) -> str:
        """Spaces, quotes and Cyrillic in every path."""
        town = self.unread.copy(
            self.root / "Мой город, «весна» it's 2022", out="Отчёты за год", data="данные города/town"
        )
        temporary = town.root / "временные файлы"
        temporary.mkdir()
        self._in(town, {"TMPDIR": str(temporary)})
        return "1 town"

    def _in(self, town: Town, env: Mapping[str, str | None]) -> None:
        ended = town.run("report", env=env)
        expect(ended.code == 0, f"{dict(env)}: {ended}")
        expect(town.made() == self.expected, f"other bytes under {dict(env)}")
        self.check(town)


def _as_it_is(town: Town) -> None:
    """A finished report made anew is the same again."""


def main() -> int:
    """Run the drills asked for; 1 when a promise was broken."""
    names = ["report-kills", "intake-kills", "ctrl-c", "disk-full", "read-only", "clock", "two-at-once"]
    names += ["corrupt-caches", "corrupt-tables", "no-home", "locale", "odd-paths"]
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(names), help="names separated by commas: " + ", ".join(names))
    parser.add_argument("--period", default=PERIOD, help="of which the report is made")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=49)
    options, _ = parser.parse_known_args()
    # A shell that starts us in the background has us ignore Ctrl-C, and our children with us.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    broken = 0
    with tempfile.TemporaryDirectory(prefix="orientir-drills-", ignore_cleanup_errors=True) as folder:
        drills = Drills(Path(folder), options.period, options.kills, options.seed)
        print(f"undisturbed run: {drills.undisturbed.seconds:.1f} s, {len(drills.expected)} files", flush=True)
        for name in options.only.split(","):
            drill: Callable[[], str] = getattr(drills, name.replace("-", "_"))
            began = time.monotonic()
            try:
                print(f"{name}: ok, {drill()} ({time.monotonic() - began:.0f} s)", flush=True)
            except Exception:
                broken += 1
                print(f"{name}: BROKEN\n{traceback.format_exc()}", flush=True)
    print(f"drills broken: {broken}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
