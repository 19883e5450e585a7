"""What counts of different periods say about each other: they are equal, add up, or grow through a school year.

Totals of two periods differ by the schools that are in one of them only: a school that has closed, or has sent no form
for a half-year. What is left after the subtraction (``departed``) is a count of people like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.disclosure_counts import TOLERANCE
from analysis.measures.disclosure_periods import grows_into, months_of, tilings
from analysis.measures.disclosure_system import Term

ENTER = ("ok", "special_conditions")
Name = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Relation:
    """Σ coefficient · count = 0; with ``at_most`` ≤ 0; with ``rest`` it is the number of people who departed.

    unit: level, unit, period and indicator of the rest; role: numerator or denominator.
    """

    terms: list[Term]
    at_most: bool = False
    unit: tuple[str, str, str, str] = ("", "", "", "")
    role: str = ""
    rest: float = 0.0


@dataclass
class _Counts:
    """One count of one unit: its names by period and by the schools that make it up."""

    unit: tuple[str, str]
    indicator: str
    role: str
    cumulative: bool
    names: dict[str, dict[Hashable, Hashable]] = field(default_factory=dict)


def with_members(rows: pd.DataFrame, all_rows: pd.DataFrame) -> pd.DataFrame:
    """``members``: the schools that make up a total (empty for a school; their number where no school is listed)."""
    schools = all_rows[(all_rows["level"] == "school") & all_rows["status"].isin(ENTER)]
    at = ["period", "indicator"]
    of_city = {key: frozenset(part) for key, part in schools.groupby(at)["unit_id"]}
    of_group = {key: frozenset(part) for key, part in schools.groupby([*at, "group"])["unit_id"]}
    members = [
        frozenset()
        if row.level == "school"
        else (of_city.get((row.period, row.indicator)) if row.level == "city" else None)
        or of_group.get((row.period, row.indicator, row.unit_id), row.n_schools)
        for row in rows.itertuples()
    ]
    return rows.assign(members=pd.Series(members, index=rows.index, dtype=object))


def relations(rows: pd.DataFrame, name: Name, true_counts: Mapping[Hashable, float] | None) -> Iterator[Relation]:
    """Relations between the counts of :func:`disclosure_counts.people_rows` with ``members``.

    Those that the true counts belie are left out (a value given for a year beats the sum of its halves); without true
    counts only schools are related, since the members of a total may have changed.
    """
    entering = rows[rows["status"].isin(ENTER)]
    every = sorted(set(entering["source"]))
    for counts, is_flow in _by_count(entering, name, with_totals=true_counts is not None):
        for whole, parts in _tiles(every, is_flow):
            yield from _sums(counts, whole, parts, true_counts)
        yield from _fewer_members(counts, true_counts)
        if counts.cumulative:
            yield from _growths(counts, true_counts)


def _by_count(rows: pd.DataFrame, name: Name, with_totals: bool) -> Iterator[tuple[_Counts, bool]]:
    found: dict[tuple[Hashable, ...], tuple[_Counts, bool]] = {}
    for row in rows.itertuples():
        for role in ("numerator", "denominator"):
            if not getattr(row, f"{role}_people") or not (with_totals or row.level == "school"):
                continue
            node, flow = name(row, role), bool(getattr(row, f"{role}_flow"))
            key = (*node[:2], *node[3:5], flow)
            counts = _Counts((row.level, row.unit_id), row.indicator, role, getattr(row, f"{role}_cumulative"))
            kept, _ = found.setdefault(key, (counts, flow))
            kept.names.setdefault(row.source, {})[row.members] = node
    yield from found.values()


def _tiles(periods: list[str], is_flow: bool) -> Iterator[tuple[str, list[str]]]:
    for whole in periods:
        if is_flow:
            yield from ((whole, parts) for parts in tilings(whole, periods))
            continue
        inside = [p for p in periods if months_of(p) < months_of(whole)]
        yield from ((whole, [p]) for p in inside if max(months_of(p)) == max(months_of(whole)))


def _sums(
    counts: _Counts, whole: str, parts: list[str], true_counts: Mapping[Hashable, float] | None
) -> Iterator[Relation]:
    """The whole against its parts; a school has no part for the time when it did not exist."""
    there = [part for part in parts if part in counts.names]
    if not there:
        return
    taken = [list(counts.names[part].values())[-1] for part in there]
    for total in counts.names.get(whole, {}).values():
        yield from _balance(counts, whole, [*((name, 1.0) for name in taken), (total, -1.0)], true_counts)


def _fewer_members(counts: _Counts, true_counts: Mapping[Hashable, float] | None) -> Iterator[Relation]:
    """A year that takes a figure from a half-year has it of those schools that are still there."""
    for source, names in counts.names.items():
        for one, two in combinations(names, 2):
            few, many = sorted((one, two), key=lambda some: len(some) if isinstance(some, frozenset) else some)  # type: ignore[arg-type, return-value]
            yield from _balance(counts, source, [(names[many], 1.0), (names[few], -1.0)], true_counts)


def _balance(
    counts: _Counts, whole: str, terms: list[Term], true_counts: Mapping[Hashable, float] | None
) -> Iterator[Relation]:
    if true_counts is None:
        yield Relation(terms)
        return
    rest = sum(true_counts.get(name, np.nan) * coefficient for name, coefficient in terms)
    if abs(rest) < TOLERANCE:
        yield Relation(terms)
    elif rest > 0 and counts.unit[0] != "school":
        unit = ("departed", "/".join(counts.unit), whole, counts.indicator)
        yield Relation(terms, unit=unit, role=counts.role, rest=float(rest))


def _growths(counts: _Counts, true_counts: Mapping[Hashable, float] | None) -> Iterator[Relation]:
    """A cumulative count does not fall within a school year, as long as the schools are the same (check E6)."""
    for one, two in combinations(counts.names, 2):
        earlier, later = (one, two) if grows_into(one, two) else (two, one)
        if not grows_into(earlier, later):
            continue
        for members in counts.names[earlier].keys() & counts.names[later].keys():
            small, large = counts.names[earlier][members], counts.names[later][members]
            if true_counts is None or true_counts.get(small, np.inf) <= true_counts.get(large, -np.inf):
                yield Relation([(small, 1.0), (large, -1.0)], at_most=True)
