"""Which periods of a set of tables cover common months, so that one gives away the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

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


def overlaps(periods: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each period the other ones that share a month with it, sorted."""
    keys = sorted(set(periods))
    return {one: tuple(two for two in keys if two != one and months_of(one) & months_of(two)) for one in keys}


def score_kind(period: str) -> str:
    """The kind of a period by which indicators are scored: ``month``, ``H1``, ``H2`` or ``year``."""
    if len(months_of(period)) == 1:
        return "month"
    return period[4:] if "H" in period else "year"
