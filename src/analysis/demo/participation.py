"""Pupils reached: values that grow from September to June and never fall, and what is asked in June and December."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.demo.chance import HIGHEST_SHARE, draw, school_shares
from analysis.demo.contingents import Contingents, Counts
from analysis.demo.levels import (
    CUMULATIVE,
    IN_DECEMBER,
    IN_JUNE,
    KNOWN_MEASURES,
    NOT_CONTINUED,
    ONLINE_EXCURSIONS,
    KnownMeasure,
    Share,
)
from analysis.demo.months import MONTHS, column, columns_of, month_number, stream
from analysis.demo.roster import CLOSED, OPENED, REPAIRED, SILENT, DemoSchool

_PACE = 14  # the larger, the more evenly a school's year goes
_RESTS_IN_SUMMER = 0.15
_REPAIR_MONTHS = ("2022-03", "2022-04", "2022-05", "2022-06", "2022-07", "2022-08")
_REPAIR_SLOWS, _DISTANCE_SLOWS = 0.25, 0.5
_DISTANCE_MONTHS = ("2022-10", "2022-11")
_COMPONENTS = ("tested", "bvb", "proekt", "probes", "exc")


def schools_with(measure: KnownMeasure, schools: tuple[DemoSchool, ...]) -> tuple[str, ...]:
    """Which schools took part in a known measure: ordinary ones, chosen by chance once."""
    special = {CLOSED, OPENED, SILENT, REPAIRED}
    ordinary = sorted(s.school_id for s in schools if s.size and s.school_id not in special)
    chosen = stream("known measure", measure.code).choice(ordinary, measure.n_schools, replace=False)
    return tuple(sorted(str(school_id) for school_id in chosen))


def cumulative_values(schools: tuple[DemoSchool, ...], contingents: Contingents) -> dict[str, Counts]:
    """Type C: measure → schools × months; «covered» holds every component, parts never exceed wholes."""
    values = {share.measure: _cumulative(share, schools, contingents) for share in CUMULATIVE}
    values["covered"] = np.maximum.reduce([values["covered"], *(values[name] for name in _COMPONENTS)])
    values["ovz_cov"] = np.minimum(values["ovz_cov"], values["covered"])
    values["tested9"] = np.minimum(values["tested9"], values["tested"])
    values["exc_online"] = np.zeros_like(values["exc"])
    for year, online in zip((2020, 2021, 2022), ONLINE_EXCURSIONS, strict=True):
        columns = columns_of(year)
        values["exc_online"][:, columns] = np.floor(values["exc"][:, columns] * online).astype(np.int64)
    return values


def _cumulative(share: Share, schools: tuple[DemoSchool, ...], contingents: Contingents) -> Counts:
    values = np.zeros((len(schools), len(MONTHS)), np.int64)
    for year, level in zip((2020, 2021, 2022), share.levels, strict=True):
        columns = columns_of(year)
        base = contingents.monthly[share.base][:, columns].min(axis=1)  # never more than at the thinnest month
        shares = school_shares(share, level, base, year) + _known_effect(share, schools, year)
        june = draw(share.measure, year, base, np.minimum(shares, HIGHEST_SHARE))
        progress = _progress(share, schools, columns, year)
        values[:, columns] = np.minimum(np.floor(june[:, None] * progress), base[:, None])
    return values


def _known_effect(share: Share, schools: tuple[DemoSchool, ...], year: int) -> NDArray[np.float64]:
    effect = np.zeros(len(schools))
    for known in KNOWN_MEASURES:
        if known.measure == share.measure and year >= known.from_year:
            chosen = schools_with(known, schools)
            effect += [known.effect * (school.school_id in chosen) for school in schools]
    return effect


def _progress(share: Share, schools: tuple[DemoSchool, ...], columns: list[int], year: int) -> NDArray[np.float64]:
    """How much of the June value is reached by each month; June is exactly 1 unless something stood in the way."""
    steps = np.diff(share.profile, prepend=0)
    uneven = steps * stream("pace", share.measure, year).gamma(_PACE, 1 / _PACE, (len(schools), 12))
    uneven[:, :10] /= uneven[:, :10].sum(axis=1, keepdims=True)
    uneven[:, 10:] *= works_in_summer(len(schools), year)[:, None]
    months = [MONTHS[place] for place in columns]
    increments = uneven[:, : len(columns)]
    if share.outdoor:
        increments = increments * _obstacles(schools, months)
    return np.cumsum(increments, axis=1) + 1e-9


def works_in_summer(n_schools: int, year: int) -> NDArray[np.bool_]:
    """Which schools reach anybody at all in July and August."""
    return stream("summer work", year).random(n_schools) >= _RESTS_IN_SUMMER


def _obstacles(schools: tuple[DemoSchool, ...], months: list[str]) -> NDArray[np.float64]:
    distance = np.array([_DISTANCE_SLOWS if month in _DISTANCE_MONTHS else 1.0 for month in months])
    repair = np.array([_REPAIR_SLOWS if month in _REPAIR_MONTHS else 1.0 for month in months])
    return np.array([distance * repair if s.school_id == REPAIRED else distance for s in schools])


def june_values(contingents: Contingents) -> dict[str, dict[int, Counts]]:
    """Asked once a year, in June: measure → year (2021, 2022) → one number per school."""
    values: dict[str, dict[int, Counts]] = {share.measure: {} for share in IN_JUNE}
    for place, year in enumerate((2021, 2022)):
        bases = {name: counts[:, column(f"{year}-06")] for name, counts in contingents.monthly.items()}
        for share in IN_JUNE:
            shares = school_shares(share, share.levels[place], bases[share.base], year)
            values[share.measure][year] = draw(share.measure, year, bases[share.base], shares)
            bases[share.measure] = values[share.measure][year]
    return values


def december_values(contingents: Contingents) -> dict[str, dict[int, Counts]]:
    """Asked once a year, in December, about the summer and the leavers: measure → year → one number per school."""
    values: dict[str, dict[int, Counts]] = {}
    for place, year in enumerate((2020, 2021, 2022)):
        found = _leavers(contingents, place, year)
        bases = {name: counts[:, column(f"{year}-12")] for name, counts in contingents.monthly.items()} | found
        for share in IN_DECEMBER:
            shares = school_shares(share, share.levels[place], bases[share.base], year)
            shares = np.where(_had_summer(contingents, year), shares, 0)
            found[share.measure] = draw(share.measure, year, bases[share.base], shares)
        for name, counts in found.items():
            values.setdefault(name, {})[year] = counts
    return values


def _leavers(contingents: Contingents, place: int, year: int) -> dict[str, Counts]:
    grad9, grad11 = contingents.grade(9, year - 1), contingents.grade(11, year - 1)
    stopped = stream("not continued", year).binomial(grad9, NOT_CONTINUED[place])
    to10 = np.minimum(contingents.grade(10, year), grad9 - stopped)
    return {"grad9": grad9, "grad11": grad11, "to10": to10, "to_spo": grad9 - stopped - to10}


def _had_summer(contingents: Contingents, year: int) -> NDArray[np.bool_]:
    """A school opened this September has no summer to report."""
    return contingents.monthly["N5_11"][:, column(f"{year}-08")] > 0


def newly_covered(covered: Counts) -> Counts:
    """Growth of coverage in each month; September starts from zero."""
    growth = np.diff(covered, axis=1, prepend=0)
    starts = [place for place, month in enumerate(MONTHS) if month_number(month) == 9]
    growth[:, starts] = covered[:, starts]
    return growth
