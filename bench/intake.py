"""How long reading a year of the city takes: about 600 workbooks for the first time, unchanged, and with one new.

Run: .venv/bin/python bench/intake.py [repetitions]
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAST_MONTH = "2022-06"
PROGRAM = """
import resource, sys, time
from pathlib import Path
from analysis.settings import load_settings
from analysis.intake.run import run_intake
settings = load_settings(Path(sys.argv[2]))
started, begun = time.perf_counter(), time.process_time()
run_intake(Path(sys.argv[1]), settings, jobs=2)
seconds = time.perf_counter() - started
usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
processor = sum(one.ru_utime + one.ru_stime for one in usage) - begun
print(seconds, processor, *(one.ru_maxrss / 1024 for one in usage))
"""


def make_year(folder: Path) -> int:
    """The demo's inbox from July 2021 to June 2022; returns the number of workbooks."""
    from analysis.demo import generate_demo
    from analysis.settings import load_settings

    generate_demo(folder, load_settings(ROOT / "params"), jobs=2, progress=lambda *_: None)
    for month in (folder / "inbox").iterdir():
        if month.name > LAST_MONTH:
            shutil.rmtree(month)
    return sum(1 for path in (folder / "inbox").rglob("*") if path.is_file())


def measure(folder: Path) -> tuple[float, ...]:
    """One intake in a fresh process: seconds, processor seconds, its memory and that of its largest child, MB."""
    command = [sys.executable, "-c", PROGRAM, str(folder), str(ROOT / "params")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return tuple(map(float, answer))


def forget(folder: Path) -> None:
    for name in ("accepted", "protocols"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "register.csv").unlink(missing_ok=True)


def main(repetitions: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "demo")
        files = make_year(folder)
        newest = sorted((folder / "inbox" / LAST_MONTH).iterdir())[0]
        kept = newest.read_bytes()
        results: dict[str, list[tuple[float, ...]]] = {"first time": [], "unchanged": [], "one new file": []}
        for _ in range(repetitions):
            forget(folder)
            newest.unlink()
            results["first time"].append(measure(folder))
            results["unchanged"].append(measure(folder))
            newest.write_bytes(kept)
            results["one new file"].append(measure(folder))
    versions = ", ".join(f"{name} {version(name)}" for name in ("pandas", "openpyxl", "pyarrow"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    print(f"\n{files} files in the inbox, 2 reading processes, {repetitions} repetitions\n")
    print(
        "| intake | median, s | from–to, s | processor, s | memory, MB | memory of a reader, MB |\n|---|---|---|---|---|---|"
    )
    for name, rows in results.items():
        seconds = [row[0] for row in rows]
        processor = statistics.median(row[1] for row in rows)
        own, child = (max(row[place] for row in rows) for place in (2, 3))
        spread = f"{min(seconds):.2f}–{max(seconds):.2f}"
        print(f"| {name} | {statistics.median(seconds):.2f} | {spread} | {processor:.2f} | {own:.0f} | {child:.0f} |")


if __name__ == "__main__":
    started = time.perf_counter()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    print(f"\n{time.perf_counter() - started:.0f} s in all")
