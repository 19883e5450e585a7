"""Throw spoilt files at the reader for a limited time: no crash, no hang over 5 s, memory under 500 MB.

Forms as .xlsx, .ods and .csv and the bytes of an old .xls; their bytes, XML parts, and texts of cells are changed at
random from a fixed seed. Each file is read in a child process, as intake does, and every hundred of them lie in one inbox
for a whole intake. An input that breaks a promise is kept and named. LibreOffice, which would convert a real .xls in
seconds of its own, is out of the drill. Run: make drills [ARGS="--seconds 600"]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from _fuzz_formats import OLE, WRITERS, zipped

from analysis.intake.forms import form_bytes
from analysis.intake.identity import School
from analysis.intake.layout import asked_measures
from analysis.intake.reading import spec_of
from analysis.intake.rules import RULES
from analysis.intake.run import run_intake
from analysis.intake.workers import ReaderProcess
from analysis.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS, MOST_MEGABYTES = 5.0, 500.0
INBOX = 100  # inputs of one whole intake
SCHOOLS = "school_id,name,group\ns1,СОШ № 1,Б\ns2,СОШ № 2,Б\n"
PIECES = [
    *"0123456789-–—+=%.,;:()/\\'\"<>&№ \t\n\0\u00a0\u200b\ufeff\ud7ff😀",
    "нет", "чел.", "около", "из них", "1e308", "1e-308", "-1", "9" * 400, "0x1F", "#REF!", "=1+1", "@SUM(A1)", "NaN",
    "Infinity", "٣", "½", "12.май", "20.6.22", "да", "приказ", "Иванов Пётр", "ИТОГО", "()" * 5000, "а" * 33_000,
]  # fmt: skip
XML = [
    b"<", b">", b"&", b"&#0;", b"&#x10FFFF;", b"<v>", b"</v>", b"<c>", b"</c>", b"<row r='99999999'>", b"</row>",
    b"<f>",
    b't="s"', b't="e"', b't="inlineStr"', b' s="99999"', b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<!DOCTYPE x>",
    b"<?xml version='1.1'?>", b"\xff\xfe", b"\x00", b"<mergeCell ref='A1:XFD1048576'/>", b'r="ZZZZ1"', b"1e999", b"-0",
]  # fmt: skip

Spoil = Callable[[random.Random, bytes], bytes]


def form(chance: random.Random, settings: Settings) -> bytes:
    """A form with random texts in random cells."""
    period = settings.parse_period(chance.choice(["2022-03", "2022-06", "2022-12"]))
    cells = [f"{sheet}.{measure.code}" for sheet, measure in asked_measures(settings, "Б", period.number)]
    values = {cell: typed(chance) for cell in chance.sample(cells, chance.randint(0, len(cells)))}
    extra = {name: typed(chance) for name in ("school_name", "period_text", "filled_on") if chance.random() < 0.3}
    rows = {chance.choice(settings.activities).code: (typed(chance), typed(chance), typed(chance)) for _ in range(3)}
    return form_bytes(School("s1", "СОШ № 1", group="Б"), period, settings, values=values, extra=extra, activities=rows)


def typed(chance: random.Random) -> object:
    """Something a person or a machine might put into a cell."""
    if chance.random() < 0.3:
        return chance.choice([0, 1, -1, 12.5, 0.45, 1e6, 1e308, float("inf"), True, chance.randint(0, 10**9)])
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 6)))


def cut(chance: random.Random, content: bytes) -> bytes:
    """The file as a broken connection leaves it."""
    return content[: chance.randrange(len(content))]


def flip(chance: random.Random, content: bytes) -> bytes:
    """Single bytes changed."""
    spoilt = bytearray(content)
    for _ in range(chance.choice([1, 3, 30, 300])):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def splice(chance: random.Random, content: bytes) -> bytes:
    """A run of bytes taken out or repeated."""
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    return content[:first] + content[first:second] * chance.choice([0, 2, 5]) + content[second:]


def noise(chance: random.Random, content: bytes) -> bytes:
    """Pieces that mean something to a reader, put anywhere."""
    for _ in range(chance.choice([1, 5, 50])):
        place = chance.randrange(len(content) + 1)
        piece = chance.choice(
            [chance.choice(PIECES).encode(errors="surrogatepass"), chance.choice(XML), OLE, b"PK\x03\x04"]
        )
        content = content[:place] + piece + content[place + chance.choice([0, 0, 3, 50]) :]
    return content


def spoil_xml(chance: random.Random, content: bytes) -> bytes:
    """Put fragments of markup into one or two parts, or take runs of it out."""
    if not content.startswith(b"PK"):
        return noise(chance, content)
    with zipfile.ZipFile(BytesIO(content)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    for name in chance.sample(sorted(parts), chance.randint(1, 2)):
        for _ in range(chance.choice([1, 5, 50])):
            place = chance.randrange(len(parts[name]) + 1)
            end = place + chance.choice([0, 0, 5, 200])
            parts[name] = parts[name][:place] + chance.choice(XML) + parts[name][end:]
    if chance.random() < 0.2:
        del parts[chance.choice(sorted(parts))]
    return zipped(parts)


def repeat_rows(chance: random.Random, content: bytes) -> bytes:
    """A sheet grown a hundred- or thousandfold."""
    if not content.startswith(b"PK"):
        return content * chance.choice([2, 20, 200])
    with zipfile.ZipFile(BytesIO(content)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = chance.choice([name for name in sorted(parts) if "worksheets/" in name or name == "content.xml"])
    rows = re.findall(rb"<(?:row|table:table-row)[ >].*?</(?:row|table:table-row)>", parts[name], re.DOTALL)
    if rows:
        more = chance.choice(rows) * chance.choice([100, 10_000, 50_000])
        parts[name] = re.sub(rb"(</sheetData>|</table:table>)", lambda end: more + end[0], parts[name], count=1)
    return zipped(parts)


def as_it_is(_: random.Random, content: bytes) -> bytes:
    """The form with its random texts."""
    return content


SPOILS: dict[str, tuple[int, Spoil]] = {
    "texts of cells": (4, as_it_is),
    "cut short": (1, cut),
    "bytes changed": (3, flip),
    "bytes moved": (1, splice),
    "XML changed": (5, spoil_xml),
    "rows repeated": (1, repeat_rows),
}


def memory(process: ReaderProcess) -> float:
    """The child's peak memory in MB, where the system tells."""
    status = Path(f"/proc/{process.process.pid}/status")
    text = status.read_text(encoding="utf-8") if status.exists() else ""
    found = re.search(r"VmHWM:\s+(\d+)", text)
    return int(found[1]) / 1024 if found else 0.0


def seconds_of(process: ReaderProcess) -> float:
    """Processor seconds of the child so far, where the system tells, else the clock: other work does not count."""
    times = Path(f"/proc/{process.process.pid}/stat")
    if not times.exists():
        return time.perf_counter()
    fields = times.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def broken_promise(answer: dict | None, seconds: float, megabytes: float) -> str:
    """What the reader did wrong; empty when nothing."""
    if answer is None:
        return "the reader died"
    if seconds > MOST_SECONDS:
        return f"{seconds:.1f} s"
    if megabytes > MOST_MEGABYTES:
        return f"{megabytes:.0f} MB"
    said = {remark["variant"] for remark in answer["remarks"]} | {entry["variant"] for entry in answer["entries"]}
    if not said - {""} <= set(RULES):
        return f"unknown rules {said - set(RULES)}"
    lost = [entry for entry in answer["entries"] if entry["value"] is None and not entry["variant"]]
    return f"a cell without value or finding: {lost[0]}" if lost else ""


class Drill:
    """One run: what was tried and what broke; files that broke a promise stay in ``folder``."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.settings = load_settings(ROOT / "params")
        self.spec = spec_of(self.settings)
        self.folder = Path(tempfile.mkdtemp(prefix="intake-fuzz-"))
        self.tried: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest = self.largest = 0.0
        self.intakes = 0
        self.data = self.folder / "data"
        self.process = ReaderProcess(self.spec)

    def one(self) -> None:
        """Spoil one form and have it read."""
        suffix = self.chance.choices(list(WRITERS), [weight for weight, _ in WRITERS.values()])[0]
        spoil = self.chance.choices(list(SPOILS), [weight for weight, _ in SPOILS.values()])[0]
        kind = f".{suffix} {spoil}"
        path = self.folder / f"input.{suffix}"
        written = WRITERS[suffix][1](form(self.chance, self.settings))
        path.write_bytes(SPOILS[spoil][1](self.chance, written))
        before = seconds_of(self.process)
        answer = self.process.ask(path)
        seconds, peak = seconds_of(self.process) - before, memory(self.process)
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, peak)
        self.tried[kind] += 1
        wrong = broken_promise(answer, seconds, peak)
        if wrong:
            saved = path.rename(self.folder / f"{self.tried.total()}{path.suffix}")
            self.failures.append(f"{kind}: {wrong}: {saved}")
            self.process.end()
            self.process = ReaderProcess(self.spec)
            return
        self.put(path)

    def put(self, path: Path) -> None:
        """Leave the file in the inbox; a full one goes through the whole intake and is emptied."""
        inbox = self.data / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        path.rename(inbox / f"{self.tried.total()}{path.suffix}")
        if sum(1 for _ in inbox.iterdir()) < INBOX:
            return
        (self.data / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
        try:
            run_intake(self.data, self.settings)
        except Exception as error:  # whatever it is, it would stop the work of all schools
            saved = self.data.rename(self.folder / f"intake-{self.tried.total()}")
            self.failures.append(f"intake: {type(error).__name__}: {error}: {saved}")
        self.intakes += 1
        shutil.rmtree(self.data, ignore_errors=True)

    def report(self) -> None:
        """Print what was tried and what broke."""
        files = Counter[str]()
        for name, number in self.tried.items():
            files[name.partition(" ")[0]] += number
        told = ", ".join(f"{name} {number}" for name, number in files.most_common())
        print(f"{self.tried.total()} inputs tried ({told}), {self.intakes} whole intakes")
        print("; ".join(f"{name} {number}" for name, number in self.tried.most_common()))
        print(f"slowest {self.slowest:.2f} s, memory {self.largest:.0f} MB, broken promises: {len(self.failures)}")
        print("\n".join(self.failures[:20]))


def main() -> int:
    """Run for a limited time; 1 when a promise was broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=49)
    options = parser.parse_args()
    os.environ["PATH"] = ""  # no LibreOffice for the readers: its own seconds are not intake's
    drill = Drill(options.seed)
    started = time.perf_counter()
    while time.perf_counter() - started < options.seconds:
        drill.one()
    drill.process.end()
    drill.report()
    if not drill.failures:
        shutil.rmtree(drill.folder)
    return 1 if drill.failures else 0


if __name__ == "__main__":
    sys.exit(main())
