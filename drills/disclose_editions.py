"""Drill: many small cities, all reports' editions together, every hidden count bounded by linear programming.

``python drills/disclose_editions.py [first seed] [number of cities]`` – the tables go through the same stages' functions
and the same protection as in a report, without rendering; tests/rendered/test_readers.py does it over finished files.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import combinations
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from analysis.intake.identity import load_schools  # noqa: E402
from analysis.intake.run import load_accepted, run_intake  # noqa: E402
from analysis.intake.submissions import submissions_by_school  # noqa: E402
from analysis.measures.changes import changes_by_unit_indicator  # noqa: E402
from analysis.measures.comparison import comparisons_by_test  # noqa: E402
from analysis.measures.disclosure import protect  # noqa: E402
from analysis.measures.disclosure_breaches import breaches  # noqa: E402
from analysis.measures.indicators import indicators_by_period, indicators_by_unit  # noqa: E402
from analysis.settings import Settings, load_settings  # noqa: E402
from analysis.stages import Stage  # noqa: E402
from tests.rendered.small_city import write_small_city  # noqa: E402
from tests.rendered.told import together  # noqa: E402

PERIODS = ("2021-12", "2021H2", "2022-06", "2022H1", "2022", "2021-2025")


def tables_of_period(data: Path, key: str, settings: Settings) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """What stages 2 and 4 save for one report, and the schools."""
    accepted, schools = load_accepted(data), load_schools(data / "schools.csv").frame()
    period = settings.parse_period(key).known_through(accepted.observations["period"].unique())
    baseline = period.year_before()
    stage = Stage(None, period, baseline, data)  # type: ignore[arg-type]
    submissions = {one: submissions_by_school(accepted.register, schools, one, settings) for one in (baseline, period)}
    frames = [
        indicators_by_unit(accepted.observations, schools, rows, one, settings) for one, rows in submissions.items()
    ]
    own = pd.concat(frames, ignore_index=True)
    parts = indicators_by_period(accepted.observations, schools, submissions[period], stage.other_periods(), settings)
    everything = pd.concat([parts, own])
    shown = everything["period"].isin([one.key for one in stage.history_months()])
    history = everything[shown & (everything["level"] == "city")]
    tests = comparisons_by_test(own, schools, period, baseline, settings)
    changes = changes_by_unit_indicator(own, tests, schools, period, baseline, settings)
    tables = {"indicators": own, "indicator_history": history, "indicator_parts": parts, "changes": changes}
    return tables, schools


def check_city(seed: int, settings: Settings) -> int:
    """Number of breaches in one city, over each pair of reports and over all of them."""
    with tempfile.TemporaryDirectory(prefix="orientir-disclose-") as folder:
        data = Path(folder) / "city"
        write_small_city(data, seed)
        run_intake(data, settings, jobs=1)
        made = {key: tables_of_period(data, key, settings) for key in PERIODS}
    schools = made[PERIODS[0]][1]
    n_found = 0
    for edition in ("public", "meeting"):
        seen = {
            key: protect(tables, edition, settings.project.privacy, schools=schools, settings=settings).tables  # type: ignore[arg-type]
            for key, (tables, _) in made.items()
        }
        for chosen in (*((key,) for key in PERIODS), *combinations(PERIODS[-4:], 2), PERIODS):
            truth = together([made[key][0] for key in PERIODS], ("indicators", "indicator_history", "indicator_parts"))
            told = together([seen[key] for key in chosen], ("indicators", "indicator_history"))
            found = breaches(truth, told, schools=schools, settings=settings)
            hidden = int(told["indicators"]["suppressed"].notna().sum())
            if len(found):
                print(f"city {seed}, {edition}, {' + '.join(chosen)}: {len(found)} breaches\n{found.to_string()}")
            n_found += len(found)
        print(f"city {seed}, {edition}: {hidden} rows with hidden figures in all reports together", flush=True)
    return n_found


def main(first: int = 1, number: int = 3) -> int:
    """Exit code 1 when any city gives something away."""
    settings = load_settings(ROOT / "params")
    found = sum(check_city(seed, settings) for seed in range(first, first + number))
    print(f"{number} cities, {found} breaches")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
