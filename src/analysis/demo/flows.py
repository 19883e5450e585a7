"""Events, publications, contests, conferences (they add up over months and halves); agreements, yes/no answers."""

from __future__ import annotations

import numpy as np

from analysis.demo import levels
from analysis.demo.chance import Floats, lasting
from analysis.demo.contingents import Contingents, Counts
from analysis.demo.months import MONTHS, SCHOOL_YEARS, half_columns, month_number, school_year, stream
from analysis.demo.participation import newly_covered, works_in_summer
from analysis.demo.roster import DemoSchool


def monthly_flows(schools: tuple[DemoSchool, ...], contingents: Contingents, covered: Counts) -> dict[str, Counts]:
    """Measure → schools × months. A month in which coverage grew had at least one event."""
    expected = _per_month(levels.EVENTS_PER_100) * contingents.monthly["N5_11"] / 100
    events = stream("events").poisson(expected * lasting("events", len(schools), 0.3)[:, None])
    events = np.maximum(events, newly_covered(covered) > 0) * _at_work(len(schools))
    size = np.array([0.6 if school.size == 0 else 1.0 for school in schools])
    rate = _per_month(levels.PUBLICATIONS) * (size * lasting("pubs", len(schools), 0.4))[:, None]
    return {"events": events, "pubs": stream("pubs").poisson(rate)}


def _at_work(n_schools: int) -> Counts:
    """0 in July and August where the school rests, else 1; schools × months."""
    works = {year: works_in_summer(n_schools, year) for year in SCHOOL_YEARS}
    always = np.ones(n_schools, bool)
    columns = [works[school_year(month)] if month_number(month) in (7, 8) else always for month in MONTHS]
    return np.column_stack(columns).astype(np.int64)


def _per_month(by_school_year: tuple[float, ...]) -> Floats:
    return np.array([by_school_year[school_year(m) - 2019] * levels.SEASON[month_number(m) - 1] for m in MONTHS])


def half_year_flows(contingents: Contingents) -> dict[str, dict[str, Counts]]:
    """Measure → half-year → one number per school."""
    n_schools = len(contingents.monthly["T"])
    values: dict[str, dict[str, Counts]] = {"ws_part": {}, "ws_win": {}, "conf": {}}
    for place, half in enumerate(levels.HALVES):
        last = half_columns(half)[-1]
        contests = contingents.monthly["N8_11"][:, last] * levels.CONTESTS_PER_100[place] / 100
        taking_part = stream("ws_part", half).poisson(contests * lasting("ws_part", n_schools, 0.5))
        values["ws_part"][half] = taking_part
        values["ws_win"][half] = stream("ws_win", half).binomial(taking_part, levels.WINNERS)
        conferences = contingents.monthly["T"][:, last] * levels.CONFERENCES_PER_100[place] / 100
        values["conf"][half] = stream("conf", half).poisson(conferences * lasting("conf", n_schools, 0.5))
    return values


def half_year_states(schools: tuple[DemoSchool, ...]) -> dict[str, dict[str, Counts]]:
    """Agreements in force, plan approved, person named: they come and stay."""
    n_schools = len(schools)
    size = np.array([0.6 if school.size == 0 else 1.04 for school in schools])
    habit, threshold = lasting("agr", n_schools, 0.5), stream("agr").uniform(0, 1, n_schools)
    plan, person = (stream(name).uniform(0, 1, n_schools) for name in ("plan", "resp"))
    values: dict[str, dict[str, Counts]] = {"agr": {}, "plan": {}, "resp": {}}
    for place, half in enumerate(levels.HALVES):
        values["agr"][half] = np.floor(levels.AGREEMENTS[place] * size * habit + threshold).astype(np.int64)
        values["plan"][half] = (plan < levels.PLAN_APPROVED[place]).astype(np.int64)
        values["resp"][half] = (person < levels.PERSON_NAMED[place]).astype(np.int64)
    return values


def practices(n_schools: int) -> dict[int, Counts]:
    """Practices taken into the municipal bank: year → one number per school."""
    return {
        year: stream("pract", year).poisson(rate, n_schools)
        for year, rate in zip((2021, 2022), levels.PRACTICES, strict=True)
    }
