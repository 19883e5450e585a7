"""Throw spoilt workbooks at the reader for a limited time: no crash, no hang over 5 s, memory under 500 MB.

Bytes of the archive, its XML parts, and texts of cells are changed at random from a fixed seed; each file is read in a
child process, as intake does, and every hundred of them lie in one inbox for a whole intake. An input that breaks a
promise is kept and named. Run: make drills [ARGS="--seconds 600"]
"""

from __future__ import annotations

import argparse
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


def spoil_xml(chance: random.Random, content: bytes) -> bytes:
    """Put fragments of markup into one or two parts, or take runs of it out."""
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
    with zipfile.ZipFile(BytesIO(content)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = chance.choice([name for name in sorted(parts) if "worksheets/" in name])
    rows = re.findall(rb"<row .*?</row>", parts[name], re.DOTALL)
    if rows:
        more = chance.choice(rows) * chance.choice([100, 10_000, 50_000])
        parts[name] = parts[name].replace(b"</sheetData>", more + b"</sheetData>")
    return zipped(parts)


def zipped(parts: dict[str, bytes]) -> bytes:
    """The parts as an archive."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name, part in parts.items():
            target.writestr(name, part)
    return buffer.getvalue()


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
        kind = self.chance.choices(list(SPOILS), [weight for weight, _ in SPOILS.values()])[0]
        path = self.folder / "input.xlsx"
        path.write_bytes(SPOILS[kind][1](self.chance, form(self.chance, self.settings)))
        before = time.perf_counter()
        answer = self.process.ask(path)
        seconds, peak = time.perf_counter() - before, memory(self.process)
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, peak)
        self.tried[kind] += 1
        wrong = broken_promise(answer, seconds, peak)
        if wrong:
            saved = path.rename(self.folder / f"{self.tried.total()}.xlsx")
            self.failures.append(f"{kind}: {wrong}: {saved}")
            self.process.end()
            self.process = ReaderProcess(self.spec)
            return
        self.put(path)

    def put(self, path: Path) -> None:
        """Leave the file in the inbox; a full one goes through the whole intake and is emptied."""
        inbox = self.data / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        path.rename(inbox / f"{self.tried.total()}.xlsx")
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
        kinds = ", ".join(f"{name}: {number}" for name, number in self.tried.most_common())
        print(f"{self.tried.total()} inputs ({kinds}), {self.intakes} whole intakes")
        print(f"slowest {self.slowest:.2f} s, memory {self.largest:.0f} MB, broken promises: {len(self.failures)}")
        print("\n".join(self.failures[:20]))


def main() -> int:
    """Run for a limited time; 1 when a promise was broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=49)
    options = parser.parse_args()
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
