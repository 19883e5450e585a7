"""Other counts that would have led to the same edition: whoever reads it cannot tell them from the true ones.

The bounds of linear programming cover what editions print of counts. Places, levels, steps, verdicts and p-values rest
on the counts too, in ways that no linear programme can hold. So the counts are changed, within what the programme leaves
open, until a hidden one is 1 or 4, everything is computed again from the changed observations, and each figure that
the edition shows must come out the same. One such witness proves that no reader, however he computes, can rule the
number out by figures. (Which cells are hidden is taken as given.)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.measures.disclosure_audit import Goal, told_by, true_counts
from analysis.measures.disclosure_between import with_members
from analysis.measures.disclosure_counts import Limits, counted_indicators, groups_of, marked, people_rows
from analysis.measures.disclosure_periods import tilings
from analysis.measures.disclosure_system import LinearSystem, Term
from analysis.settings import Settings
from tests.rendered.small_tables import City
from tests.rendered.told import ROW

Tables = Mapping[str, pd.DataFrame]
Counts = dict[Hashable, float]
Terms = Sequence[Term]
Question = tuple[Goal, float]
KEYS: Mapping[str, list[str]] = {
    "indicators": ROW, "indicator_history": ROW, "changes": [*ROW, "baseline"],
    "comparisons": ["period", "baseline", "indicator", "test"], "effects": ["measure", "indicator"],
    "rankings": ["school_id", "period"], "place_steps": ["school_id"], "level_counts": ["group", "attainment_level"],
    "group_medians": ["group", "indicator"], "indicator_ranks": ["school_id", "indicator"],
    "sensitivity": ["school_id", "scenario"], "funnel": ["school_id", "indicator"],
}  # fmt: skip
MARKS = {"numerator": "few", "denominator": "few_x", "rest": "few_rest"}


@dataclass(frozen=True)
class Questions:
    """The hidden counts of editions that must be able to be 1 and 4, and what the editions say about all."""

    system: LinearSystem
    true: Counts
    goals: list[Question]
    hidden: list[Goal]


def few_draws(settings: Settings) -> Settings:
    """Fewer permutations and draws: the same figures every time, a little coarser."""
    tests = settings.project.tests.model_copy(update={"permutations": 199, "bootstrap": 400})
    return replace(settings, project=settings.project.model_copy(update={"tests": tests}))


def questions(truth: Tables, told: Tables, city: City) -> Questions:
    """One question per small count and end that it does not have. truth, told: see :func:`told.together`."""
    settings, schools = city.settings, city.schools
    limits = Limits(settings.project.privacy.min_count, settings.project.privacy.min_denominator)
    rows = people_rows(
        truth["indicators"], counted_indicators(settings.indicators, settings.measures), groups_of(schools)
    )
    system, goals = told_by(told, schools=schools, settings=settings, truth=rows)
    _keep_classes(system, rows, limits)
    small = marked(rows, limits).set_index(ROW)
    few = {count: set(small.index[small[mark]]) for count, mark in MARKS.items()}
    true = true_counts(with_members(rows, rows)) | _unprinted_parts(system, rows, city)
    once = {tuple(goal[2]): goal for goal in goals if goal[0] in few[goal[1]]}
    ends = (1.0, float(limits.largest_few))
    schools = small["n_schools"].to_dict()
    wanted = [
        (goal, end)
        for goal in once.values()
        for end in (max(ends[0], schools[goal[0]]) if goal[1] == "denominator" else ends[0], ends[1])
        if end != amount(goal, system.known | true)
    ]
    return Questions(system, true, wanted, goals)


def _unprinted_parts(system: LinearSystem, rows: pd.DataFrame, city: City) -> Counts:
    """Numerators that editions print for the city alone: nobody knows who has how many, their sums are known."""
    values = city.observations.astype({"school_id": str, "period": str, "measure": str})
    true: Counts = {}
    for _, one in rows.groupby("indicator"):
        part, whole = one["numerator_key"].iloc[0], one["denominator_key"].iloc[0]
        if not one["share"].iloc[0] or (one["level"] == "school").any():
            continue
        own = values[values["measure"] == part]
        by_period = {str(period): list(same["school_id"]) for period, same in own.groupby("period")}
        true |= {("school", r.school_id, r.period, part): float(r.value) for r in own.itertuples()}
        for period, units in by_period.items():
            names = [("school", unit, period, part) for unit in units]
            for name in names:
                system.at_most([(name, 1.0), ((*name[:3], whole), -1.0)])
            system.equal([(name, 1.0) for name in names], sum(true[name] for name in names))
            for tiles in tilings(period, by_period):
                for name in names:
                    terms = [(("school", name[1], tile, part), 1.0) for tile in tiles if name[1] in by_period[tile]]
                    if sum(true[one] for one, _ in terms) == true[name]:
                        system.equal([*terms, (name, -1.0)])
    return true


def _keep_classes(system: LinearSystem, rows: pd.DataFrame, limits: Limits) -> None:
    """Denominators stay nobody, too few for a score, or enough: editions tell how many schools and indicators count."""
    keys = set(rows.loc[rows["denominator_people"], "denominator_key"])
    for row in rows[rows["level"] == "school"].itertuples():
        if row.numerator_key in keys and not np.isnan(row.y):
            system.bound(("school", row.unit_id, row.source, row.numerator_key), *((1, np.inf) if row.y else (0, 0)))
        if row.denominator_people and not np.isnan(row.x):
            few = limits.min_denominator
            ends = (0, 0) if row.x == 0 else (1, few - 1) if row.x < few else (few, np.inf)
            system.bound(("school", row.unit_id, row.source, row.denominator_key), *ends)


def unproved(
    asked: Questions, replay: Callable[[pd.DataFrame], list[str]], city: City, *, together: int = 8
) -> list[tuple[Question, list[str]]]:
    """Questions without a witness, each with the figures that would be others; replay: :func:`differences` of observations.

    Several counts are moved at once; where that shows, fewer; a single one by other ways, see :func:`_ways`.
    """
    waiting, size, failed = list(asked.goals), together, []

    def attempt(ends: Sequence[tuple[Terms, float]], cost: Counts) -> tuple[Counts, list[str]]:
        counts = asked.system.nearest(ends, asked.true, cost)
        return counts or {}, ["no whole numbers"] if counts is None else replay(
            moved(city.observations, counts, asked.true)
        )

    while waiting:
        batch = {tuple(goal[2]): (goal[2], end) for goal, end in reversed(waiting[:size])}
        counts, found = attempt(list(batch.values())[::-1], {})
        ways = _ways(asked, waiting[0]) if found and size == 1 else ()
        counts, found = next((tried for way in ways if not (tried := attempt(*way))[1]), (counts, found))
        if not found:
            met = asked.system.known | asked.true | counts
            waiting = [(goal, end) for goal, end in waiting if abs(amount(goal, met) - end) > 1e-6]
            size = min(together, 2 * size)
        elif size > 1:
            size //= 2
        else:
            failed.append((waiting.pop(0), found))
    return failed


def _ways(asked: Questions, question: Question) -> Iterable[tuple[list[tuple[Terms, float]], Counts]]:
    """Other ways to move people: at random, then another hidden count of the same unit and period at an end of its range."""
    rng, (goal, end) = np.random.default_rng(1), question
    for _ in range(5):
        yield [(goal[2], end)], {name: float(np.exp(2 * rng.normal())) for name in asked.true}
    others = [one for one in asked.hidden if one[0][:3] == goal[0][:3] and one[0] != goal[0]]
    for other, ends in zip(others, asked.system.range_of([one[2] for one in others]), strict=True):
        for value in ends:
            if np.isfinite(value):
                yield [(goal[2], end), (other[2], float(np.rint(value)))], {}


def amount(goal: Goal, counts: Mapping[Hashable, float]) -> float:
    """The goal's number of people."""
    return sum(coefficient * counts[name] for name, coefficient in goal[2])


def moved(observations: pd.DataFrame, counts: Counts, true: Mapping[Hashable, float]) -> pd.DataFrame:
    """The observations with the counts of schools that differ from the true ones."""
    keys = ["school_id", "period", "measure"]
    values = observations.set_index(observations[keys].astype(str).agg("/".join, axis=1))["value"].astype(float)
    for name, count in counts.items():
        if name[0] != "school" or name not in true or count == true[name]:  # type: ignore[index]
            continue
        _, school, period, key = name  # type: ignore[misc]
        places = [at for at in (f"{school}/{period}/{code}" for code in key.split("+")) if at in values.index]
        left = count - true[name]
        for at in places:
            step = max(left, -values[at])
            values[at] += step
            left -= step
    return observations.assign(value=values.to_numpy())


def differences(edition: Tables, true: Tables, other: Tables) -> list[str]:
    """Figures that the edition shows and that come out otherwise: table, column, row, what stands there, what would."""
    names = [name for name in KEYS if name in edition]
    return [found for name in names for found in _in_table(name, KEYS[name], edition, true, other)]


def _in_table(name: str, keys: Sequence[str], edition: Tables, true: Tables, other: Tables) -> Iterable[str]:
    if edition[name].empty:
        return
    shown, full, new = (tables[name].set_index(list(keys)) for tables in (edition, true, other))
    if name == "level_counts":  # a level that no school of the group had
        groups = set(shown.index.get_level_values("group")[shown["n"].notna()])
        yield from (
            f"{name} n {row}: nothing → a school" for row in new.index.difference(shown.index) if row[0] in groups
        )
    if name == "group_medians":
        new = new.assign(median=new["median"].round(1))
    full, new = full.reindex(shown.index), new.reindex(shown.index)
    for column in shown.columns.difference(["suppressed"]):
        here, there = shown[column], new[column]
        nothing = here.isna() & full[column].isna() & shown["suppressed"].isna()
        changed = (here.notna() & ~_equal(here, there)) | (nothing & there.notna())
        for row in shown.index[changed]:
            yield f"{name} {column} {row}: {here[row]} → {there[row]}"


def _equal(one: pd.Series, two: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(one.dtype) and not pd.api.types.is_bool_dtype(one.dtype):
        a, b = (part.astype("Float64").to_numpy(float, na_value=np.nan) for part in (one, two))
        return np.isclose(a, b, rtol=1e-9, atol=1e-9)
    return (one.astype(object) == two.astype(object)).to_numpy(bool)
