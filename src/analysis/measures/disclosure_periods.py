"""Which periods of a set of tables cover common months, so that one gives away the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from analysis.measures.aggregation import SCHOOL_YEAR_STARTS

_FIRST_MONTH = SCHOOL_YEAR_STARTS - 1  # as months are numbered here
_KEY = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|H([12])|-(\d{4}))?")


@cache
def months_of(period: str) -> frozenset[int]:
    """Months of a period key, numbered year·12 + month − 1; a year is the second half before and its first half.

    Raises ValueError for a text that is no period key.
    """
    match = _KEY.fullmatch(period)
    if not match:
        raise ValueError(f"not a period key: {period!r}")
    year, month, half, last = (int(part) if part else None for part in match.groups())
    assert year is not None
    if month:
        return frozenset({year * 12 + month - 1})
    if half:
        return frozenset(range(year * 12 + 6 * (half - 1), year * 12 + 6 * half))
    first = year * 12 - 6 if last is None else year * 12 + 6
    return frozenset(range(first, (last or year) * 12 + 6))


def source_of(period: str, year_uses: str, years: Sequence[str]) -> str:
    """The period whose forms gave the figures: a roadmap repeats its last year, some of a year's are of one half.

    years: sorted keys of the years in the same tables.
    """
    if len(period) == 9:
        within = [year for year in years if months_of(year) <= months_of(period)]
        period = within[-1] if within else period
    if len(period) == 4 and year_uses:
        return f"{int(period) - (year_uses == 'H2')}{year_uses}"
    return period


def in_order(periods: Iterable[str]) -> list[str]:
    """Periods as their reports come out: by their last month, the shorter first."""
    return sorted(set(periods), key=lambda key: (max(months_of(key)), len(months_of(key)), key))


def tilings(whole: str, periods: Iterable[str]) -> list[list[str]]:
    """Ways to make up a period of shorter ones of equal length among those given."""
    inside = [one for one in in_order(periods) if months_of(one) < months_of(whole)]
    found = []
    for length in sorted({len(months_of(one)) for one in inside}):
        same = [one for one in inside if len(months_of(one)) == length]
        if frozenset().union(*map(months_of, same)) == months_of(whole):
            found.append(same)
    return found


def grows_into(earlier: str, later: str) -> bool:
    """True when cumulative counts of the later period go on from the earlier one: same school year, a later end."""
    first, second = max(months_of(earlier)), max(months_of(later))
    return first < second and (first - _FIRST_MONTH) // 12 == (second - _FIRST_MONTH) // 12


def overlaps(periods: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each period the other ones that share a month with it, sorted."""
    keys = sorted(set(periods))
    return {one: tuple(two for two in keys if two != one and months_of(one) & months_of(two)) for one in keys}


def score_kind(period: str) -> str:
    """The kind of a period by which indicators are scored: ``month``, ``H1``, ``H2`` or ``year``."""
    if len(months_of(period)) == 1:
        return "month"
    return period[4:] if "H" in period else "year"
