"""Drill: many small cities, all reports' editions together, every hidden count bounded by linear programming.

``python drills/disclose_editions.py [first seed] [number of cities] [--figures N]`` – the tables go through the same
stages' functions and protection as in a report, without rendering; tests/rendered/test_readers.py does it over files.
The reader has both editions of all reports at once, since more is never told by less; then a head adds the figures of
the own school.

``--figures N``: cities with ranked schools instead, and of each N questions whether places, levels, steps, verdicts and
all other figures could be the same with other counts (tests/rendered/witness.py); 0 asks about every small count.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from analysis.intake.run import run_intake  # noqa: E402
from analysis.measures.disclosure import protect  # noqa: E402
from analysis.measures.disclosure_breaches import breaches, breaches_to_head  # noqa: E402
from analysis.settings import Settings, load_settings  # noqa: E402
from tests.rendered.small_city import write_small_city  # noqa: E402
from tests.rendered.small_tables import PERIODS, City, tables_of_period  # noqa: E402
from tests.rendered.told import together  # noqa: E402
from tests.rendered.witness import differences, few_draws, questions, unproved  # noqa: E402

TABLES = ("indicators", "indicator_history")


def tables_of_city(seed: int, settings: Settings) -> tuple[list[dict[str, pd.DataFrame]], pd.DataFrame]:
    """The tables of all reports of one city, and its schools."""
    with tempfile.TemporaryDirectory(prefix="orientir-disclose-") as folder:
        data = Path(folder) / "city"
        write_small_city(data, seed)
        run_intake(data, settings, jobs=1)
        made = [tables_of_period(data, key, settings) for key in PERIODS]
    return [tables for tables, _ in made], made[0][1]


def _quick(settings: Settings) -> Settings:
    """Few permutations: no bound rests on a p-value."""
    tests = settings.project.tests.model_copy(update={"permutations": 99})
    return replace(settings, project=settings.project.model_copy(update={"tests": tests}))


def check_city(seed: int, settings: Settings) -> tuple[int, int]:
    """Breaches in one city to the reader of everything and to one head, and rows with hidden figures."""
    made, schools = tables_of_city(seed, settings)
    by = {"schools": schools, "settings": settings}
    seen = [
        protect(tables, edition, settings.project.privacy, **by).tables  # type: ignore[arg-type]
        for edition in ("meeting", "public")
        for tables in made
    ]
    truth, told = together(made, (*TABLES, "indicator_parts")), together(seen, TABLES)
    head = str(schools["school_id"].iloc[seed % len(schools)])
    found = pd.concat([breaches(truth, told, **by), breaches_to_head(truth, told, head, **by).assign(reader=head)])
    hidden = int(told["indicators"]["suppressed"].notna().sum())
    print(f"city {seed}: {hidden} rows with hidden figures, {len(found)} breaches", flush=True)
    if len(found):
        print(found.to_string(), flush=True)
    return len(found), hidden


def check_figures(seed: int, settings: Settings, number: int) -> tuple[int, int]:
    """Small counts of one city that some figure might narrow, and how many were asked about."""
    settings = few_draws(settings)
    with tempfile.TemporaryDirectory(prefix="orientir-disclose-") as folder:
        data = Path(folder) / "city"
        write_small_city(data, seed, ranked=True)
        run_intake(data, settings, jobs=1)
        city = City.of(data, settings, ranked=True)
    true = {key: city.tables(key, city.observations) for key in PERIODS}
    by = {"schools": city.schools, "settings": settings}
    seen = [
        (key, protect(tables, edition, settings.project.privacy, **by).tables)  # type: ignore[arg-type]
        for edition in ("meeting", "public")
        for key, tables in true.items()
    ]
    truth = together(list(true.values()), (*TABLES, "indicator_parts"))
    asked = questions(truth, together([tables for _, tables in seen], TABLES), city)
    asked = replace(asked, goals=asked.goals[:: max(1, len(asked.goals) // number)] if number else asked.goals)

    def replay(observations: pd.DataFrame) -> list[str]:
        other = {key: city.tables(key, observations) for key in PERIODS}
        return [f"{key}: {one}" for key, tables in seen for one in differences(tables, true[key], other[key])]

    failed = unproved(asked, replay, city)
    print(f"city {seed}: {len(asked.goals)} questions, {len(failed)} without a witness", flush=True)
    for ((row, count, _), end), found in failed:
        print(f"  {' '.join(row)} {count} {end:g}: {len(found)} differences, {'; '.join(found[:3])}", flush=True)
    return len(failed), len(asked.goals)


def main(first: int = 1, number: int = 3, figures: int | None = None) -> int:
    """Exit code 1 when any city gives something away."""
    settings = _quick(load_settings(ROOT / "params"))
    seeds = range(first, first + number)
    if figures is not None:
        counts = [check_figures(seed, settings, figures) for seed in seeds]
        found, asked = map(sum, zip(*counts, strict=True))
        print(f"{number} cities, {asked} questions, {found} without a witness")
        return int(found > 0)
    counts = [check_city(seed, settings) for seed in seeds]
    found, hidden = map(sum, zip(*counts, strict=True))
    print(f"{number} cities, {hidden} rows with hidden figures, {found} breaches")
    return int(found > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", nargs="?", type=int, default=1)
    parser.add_argument("number", nargs="?", type=int, default=3)
    parser.add_argument("--figures", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(**vars(_arguments())))
