"""Sums of cumulative counts when schools have closed, opened or sent no form between two reports of a school year.

Each school that is in both totals has no fewer people in the later one. So the later total, less the schools that are
new in it, is no less than the earlier one, less the schools that are gone: both totals printed bound the hidden counts
of the gone from below, of the new from above.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measures.disclosure_counts import TOLERANCE
from analysis.measures.disclosure_inherited import Flags, Floats
from analysis.measures.disclosure_periods import grows_into

CITY = "city"
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sums:
    """Cumulative counts of one stage, by the numbers that :func:`with_sums` gave to schools (rows) and totals (columns).

    least, most: what everybody may be sure of about a school's count (NaN: it is not in the totals); protected: the
    count must not be narrowed; group, city: the totals it is part of; printed: totals as printed (NaN: they are
    not); node: the totals' counts.
    """

    source: str
    least: Floats
    most: Floats
    protected: Flags
    group: Numbers
    city: Numbers
    printed: Floats
    node: Numbers

    @classmethod
    def of(cls, decided: pd.DataFrame, n_schools: int, n_totals: int) -> Sums:
        """decided: the counts of one stage with the columns of :func:`with_sums`."""
        rows = decided[decided["total"].to_numpy() >= 0]
        is_school = (rows["level"] == "school").to_numpy(bool)
        schools = rows[is_school & rows["enters"].to_numpy(bool)]
        totals = rows[~is_school & ~rows["hide"].to_numpy(bool)]
        at = schools["school"].to_numpy()
        least, most, protected = np.full(n_schools, np.nan), np.full(n_schools, np.nan), np.zeros(n_schools, bool)
        least[at], most[at], protected[at] = _bounds(schools)
        group, city = np.zeros(n_schools, dtype=np.intp), np.zeros(n_schools, dtype=np.intp)
        group[at], city[at] = schools["total"], schools["city"]
        printed, node = np.full(n_totals, np.nan), np.full(n_totals, -1, dtype=np.intp)
        printed[totals["total"]], node[totals["total"]] = totals["count"], totals["node"]
        return cls(str(decided["source"].iloc[0]), least, most, protected, group, city, printed, node)


def with_sums(printed: pd.DataFrame) -> pd.DataFrame:
    """Numbers of cumulative counts under which something is protected: ``school, total, city`` (−1: another count).

    A count of a school is part of as many sums as indicators print it; ``total`` is its group's sum, or the row itself.
    """
    cumulative, key = printed["cumulative"].to_numpy(bool), printed["key"]
    protected = set(key[cumulative & printed["need_low"].notna().to_numpy()])
    kept = cumulative & key.isin(protected).to_numpy()
    by = ["key", "indicator", "role"]
    unit = printed["unit_id"].where(printed["level"] != "school", printed["group"])
    school = printed[kept].groupby(["unit_id", *by], sort=False).ngroup()
    both = pd.concat([printed.loc[kept, by].assign(unit=one) for one in (unit[kept], CITY)], ignore_index=True)
    total = both.groupby(["unit", *by], sort=False).ngroup().to_numpy()
    result = printed.assign(school=-1, total=-1, city=-1)
    result.loc[kept, "school"] = school
    result.loc[kept, "total"], result.loc[kept, "city"] = total[: kept.sum()], total[kept.sum() :]
    return result


def sums_maker(printed: pd.DataFrame) -> Callable[[pd.DataFrame], Sums]:
    """:meth:`Sums.of` for stages of these counts."""
    sizes = [int(printed[name].max()) + 1 if len(printed) else 0 for name in ("school", "total")]
    return lambda decided: Sums.of(decided, *sizes)


def _bounds(schools: pd.DataFrame) -> tuple[Floats, Floats, Flags]:
    """Of a hidden count what its label says and no more, so wider than the limits it was decided with.

    Under a denominator that is hidden too the limits are not known to anybody.
    """
    hide, known = schools["hide"].to_numpy(bool), schools["role"].to_numpy() == "numerator"
    known &= ~schools[["neutral", "open_ended"]].to_numpy(bool).any(axis=1)
    told = known & schools["told"].to_numpy(bool)
    count, low, high = (schools[name].to_numpy(float) for name in ("count", "low", "high"))
    least = np.where(hide, np.where(told, low, 0.0), count)
    most = np.where(hide, np.where(told, high, np.inf), count)
    return least, most, schools["need_low"].notna().to_numpy()


def narrowed_by_sums(now: Sums, before: Sequence[Sums]) -> set[int]:
    """Nodes of printed totals that might narrow a protected count, since their schools are not those of an earlier one."""
    if np.isnan(now.least).all() or np.isnan(now.printed).all():
        return set()
    telling = [_telling(earlier, now) for earlier in before if grows_into(earlier.source, now.source)]
    return set(now.node[np.logical_or.reduce(telling)]) if telling else set()


def _telling(earlier: Sums, now: Sums) -> Flags:
    """Could two totals say anything about a hidden count that the schools' own bounds do not?"""
    was, still = ~np.isnan(earlier.least), ~np.isnan(now.least)

    def over(amount: Floats | Flags, some: Flags) -> Floats:
        """Sum over some of the schools of each total."""
        weight = np.where(some, amount, 0.0)
        sides = ((earlier, was), (now, still & ~was))
        parts = [
            np.bincount(total[there], weight[there], len(now.printed))
            for side, there in sides
            for total in (side.group, side.city)
        ]
        return np.sum(parts, axis=0)

    moved = over(was != still, was != still) > 0
    protected = over(earlier.protected | now.protected, was | still) > 0
    fresh, stay = over(now.most, still & ~was), over(earlier.most, was & still)
    unbounded = np.where(np.isnan(earlier.printed), -np.inf, earlier.printed) - now.printed
    harmless = over(earlier.least, was & ~still) - fresh >= unbounded - TOLERANCE
    harmless |= stay + fresh <= now.printed + TOLERANCE
    return moved & protected & ~harmless & ~np.isnan(now.printed)
