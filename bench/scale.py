"""Stages 2–4 for a city, a region and a country: synthetic bulk imports, read and computed for real.

Run: .venv/bin/python bench/scale.py [SIZE …]   (64 550 40000 schools by default)

For every size a data folder is written (bench/bulk_data.py). One fresh process reads its import through intake, a
second one computes and saves what the notebooks of stages 2–4 compute and save.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from bulk_data import YEAR, write_folder

from analysis.intake.identity import load_schools
from analysis.intake.run import load_accepted, run_intake
from analysis.intake.submissions import submissions_by_school
from analysis.measures import rankings
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import comparisons_by_test
from analysis.measures.effects import effects_by_measure
from analysis.measures.indicators import indicators_by_period, indicators_by_unit
from analysis.measures.medians import medians_by_group_indicator
from analysis.measures.summaries import schools_by_level
from analysis.settings import Settings, load_settings
from analysis.stages import history_months, other_periods, read_measures_of
from analysis.tablestore import save_table

ROOT = Path(__file__).resolve().parents[1]
SIZES = (64, 550, 40_000)


class Watch:
    """Seconds of named steps."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, step: str, work: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        result = work(*arguments)
        self.seconds[step] = time.perf_counter() - started
        return result


def read(folder: Path) -> dict[str, float]:
    """Read the import through intake."""
    watch = Watch()
    watch("import", run_intake, folder, load_settings(ROOT / "params"))
    return watch.seconds


def compute(folder: Path) -> dict[str, float]:
    """Stages 2–4 of the year as the notebooks do them, tables saved."""
    settings, watch = load_settings(ROOT / "params"), Watch()
    period = settings.parse_period(YEAR)
    before = period.year_before()
    accepted = watch("load", load_accepted, folder)
    schools = load_schools(folder / "schools.csv").frame()
    table, submissions = watch("values", _values, accepted, schools, settings)
    parts, history = watch("other periods", _others, accepted, schools, table, submissions, settings)
    now, then = table[table["period"] == period.key], table[table["period"] == before.key]
    ranks = watch("places", rankings.indicator_ranks_by_school, now, schools, settings)
    previous = watch("score before", rankings.rankings_by_school, then, schools, settings)
    ranking, steps = watch("score", rankings.rankings_and_steps, now, schools, settings, previous)
    sensitivity = watch("sensitivity", rankings.sensitivity_by_school, now, schools, settings)
    funnel = watch("funnel", rankings.funnel_by_school_indicator, now, settings)
    tests = watch("tests", comparisons_by_test, table, schools, period, before, settings)
    changes = watch("changes", changes_by_unit_indicator, table, tests, schools, period, before, settings)
    taken = read_measures_of(folder)
    effects = watch("effects", effects_by_measure, taken, table, schools, period, before, settings)
    medians = medians_by_group_indicator(now, schools, ranking, period)
    frames = {
        "indicators": table, "indicator_history": history, "indicator_parts": parts, "indicator_ranks": ranks,
        "rankings": ranking, "sensitivity": sensitivity, "funnel": funnel, "comparisons": tests, "changes": changes,
        "effects": effects, "group_medians": medians, "level_counts": schools_by_level(ranking), "place_steps": steps,
    }  # fmt: skip
    watch("save", _save, folder / "tables", frames)
    return watch.seconds


def _values(accepted: Any, schools: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    period, frames = settings.parse_period(YEAR), []
    for one in (period.year_before(), period):
        submissions = submissions_by_school(accepted.register, schools, one, settings)
        frames.append(indicators_by_unit(accepted.observations, schools, submissions, one, settings))
    return pd.concat(frames, ignore_index=True), submissions


def _others(
    accepted: Any, schools: pd.DataFrame, table: pd.DataFrame, submissions: pd.DataFrame, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    period = settings.parse_period(YEAR)
    others = other_periods(period.year_before(), period)
    parts = indicators_by_period(accepted.observations, schools, submissions, others, settings)
    shown = [one.key for one in history_months(period.year_before(), period)]
    cities = [frame[(frame["level"] == "city") & frame["period"].isin(shown)] for frame in (parts, table)]
    return parts, pd.concat(cities)


def _save(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    for name, frame in frames.items():
        save_table(folder, name, frame)


def in_fresh_process(job: str, folder: Path) -> dict[str, float]:
    """Seconds of the job's steps and its peak memory in GB."""
    command = [sys.executable, str(Path(__file__)), job, str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _memory() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main(sizes: list[int]) -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas", "pyarrow"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}", flush=True)
    heads = ["schools", "values", "import, s", "GB"]
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, "data")
            rows = write_folder(folder, size, load_settings(ROOT / "params"))
            imported = in_fresh_process("read", folder)
            computed = in_fresh_process("compute", folder)
        memory = computed.pop("memory")
        if size == sizes[0]:
            columns = [*heads, *computed, "stages 2–4, s", "GB"]
            print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
        steps = " | ".join(f"{value:.1f}" for value in computed.values())
        reading = f"{imported['import']:.1f} | {imported['memory']:.2f}"
        print(f"| {size} | {rows} | {reading} | {steps} | {sum(computed.values()):.1f} | {memory:.2f} |", flush=True)


if __name__ == "__main__":
    jobs = {"read": read, "compute": compute}
    if len(sys.argv) > 2 and sys.argv[1] in jobs:
        print(json.dumps(jobs[sys.argv[1]](Path(sys.argv[2])) | {"memory": _memory()}))
    else:
        main([int(word) for word in sys.argv[1:]] or list(SIZES))
