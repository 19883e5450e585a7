"""The tables of a small city's reports, by the same functions as in the stages, without notebooks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.intake.identity import load_schools
from analysis.intake.run import load_accepted
from analysis.intake.submissions import submissions_by_school
from analysis.measures import rankings
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import comparisons_by_test
from analysis.measures.effects import effects_by_measure
from analysis.measures.indicators import indicators_by_unit
from analysis.measures.medians import medians_by_group_indicator
from analysis.measures.summaries import schools_by_level
from analysis.periods import Period
from analysis.settings import Settings
from analysis.stages import history_months, other_periods

PERIODS = ("2021-12", "2021H2", "2022-06", "2022H1", "2022", "2021-2025")
MEASURES = pd.DataFrame(
    {
        "measure": "М1", "scope": "group", "unit_id": "В", "indicator": ["П04", "П13", "П16"], "from": "2021-09-01", "to": "",
        "text": "",
    }
)  # fmt: skip


def tables_of_period(data: Path, key: str, settings: Settings) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """What stages 2 and 4 save for one report, and the schools."""
    city = City.of(data, settings)
    return city.tables(key, city.observations), city.schools


@dataclass(frozen=True)
class City:
    """What was accepted of a city; with ``ranked`` the tables of stage 3 are made, too.

    What does not depend on changed observations is not computed again.
    """

    observations: pd.DataFrame
    register: pd.DataFrame
    schools: pd.DataFrame
    settings: Settings
    ranked: bool = False
    memory: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, data: Path, settings: Settings, *, ranked: bool = False) -> City:
        """The city of a data folder that was read in."""
        accepted, schools = load_accepted(data), load_schools(data / "schools.csv").frame()
        return cls(accepted.observations, accepted.register, schools, settings, ranked)

    def tables(self, key: str, observations: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The tables of one report from observations: the city's, or others of the same cells."""
        period = self.settings.parse_period(key).known_through(observations["period"].unique())
        baseline = period.year_before()
        own = pd.concat([self._indicators(period, one, observations) for one in (baseline, period)], ignore_index=True)
        known = set(observations["period"].unique())
        others = [one for one in other_periods(baseline, period) if known & set(_sources(one))]
        parts = [self._indicators(period, one, observations) for one in others]
        everything = pd.concat([*parts, own], ignore_index=True)
        shown = everything["period"].isin([one.key for one in history_months(baseline, period)])
        tables = {"indicators": own, "indicator_history": everything[shown & (everything["level"] == "city")]}
        tables["indicator_parts"] = everything.iloc[: len(everything) - len(own)]
        return tables | self._once(("report", key, _digest(own)), lambda: self._report(own, period, baseline))

    def _indicators(self, report: Period, period: Period, observations: pd.DataFrame) -> pd.DataFrame:
        used = observations.loc[observations["period"].isin(_sources(period)), ["value"]]
        return self._once(
            ("indicators", report.key, period.key, _digest(used)),
            lambda: indicators_by_unit(observations, self.schools, self._submissions(report), period, self.settings),
        )

    def _submissions(self, period: Period) -> pd.DataFrame:
        return self._once(
            ("submissions", period.key),
            lambda: submissions_by_school(self.register, self.schools, period, self.settings),
        )

    def _report(self, own: pd.DataFrame, period: Period, baseline: Period) -> dict[str, pd.DataFrame]:
        schools, settings = self.schools, self.settings
        tests = comparisons_by_test(own, schools, period, baseline, settings)
        changes = changes_by_unit_indicator(own, tests, schools, period, baseline, settings)
        if not self.ranked:
            return {"changes": changes}
        effects = effects_by_measure(MEASURES, own, schools, period, baseline, settings)
        return {"changes": changes, "comparisons": tests, "effects": effects} | places_from(
            own, schools, period, settings
        )

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]


def _sources(period: Period) -> list[str]:
    """Keys of the period and of all its parts."""
    period = period.closing_year()
    return [period.key, *(key for part in period.parts() for key in _sources(part))]


def _digest(frame: pd.DataFrame) -> int:
    return hash(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())


def places_from(
    own: pd.DataFrame, schools: pd.DataFrame, period: Period, settings: Settings
) -> dict[str, pd.DataFrame]:
    """What stage 3 saves."""
    now = own[own["period"] == period.key]
    ranking, steps = rankings.rankings_and_steps(now, schools, settings)
    return {
        "rankings": ranking,
        "place_steps": steps,
        "level_counts": schools_by_level(ranking),
        "group_medians": medians_by_group_indicator(now, schools, ranking, period),
        "indicator_ranks": rankings.indicator_ranks_by_school(now, schools, settings),
        "sensitivity": rankings.sensitivity_by_school(now, schools, settings),
        "funnel": rankings.funnel_by_school_indicator(now, settings),
    }
