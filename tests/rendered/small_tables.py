"""The tables of a small city's reports, by the same functions as in the stages, without notebooks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.intake.identity import load_schools
from analysis.intake.run import load_accepted
from analysis.intake.submissions import submissions_by_school
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import comparisons_by_test
from analysis.measures.indicators import indicators_by_period, indicators_by_unit
from analysis.settings import Settings
from analysis.stages import Stage

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
