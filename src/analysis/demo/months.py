"""The months the demo model runs over, and the seeded streams of chance it draws from."""

from __future__ import annotations

import zlib

import numpy as np

SEED = 49
# Baseline months (an earlier order's monitoring) and the months reported on forms.
MONTHS = tuple(f"{year}-{month:02d}" for year in (2020, 2021, 2022) for month in range(1, 13))[6:]
FIRST_FORM = "2021-07"
SCHOOL_YEARS = (2019, 2020, 2021, 2022)  # named by the September they start in


def stream(*names: object) -> np.random.Generator:
    """An own stream for each quantity, so that adding one leaves the others as they were."""
    return np.random.default_rng([SEED, zlib.crc32("/".join(map(str, names)).encode())])


def month_number(month: str) -> int:
    """1–12 of a month key."""
    return int(month[5:])


def school_year(month: str) -> int:
    """The school year a month's form belongs to: the form due on 20 September opens the new one."""
    return int(month[:4]) - (month_number(month) < 9)


def columns_of(year: int) -> list[int]:
    """Places of a school year's months, in order."""
    return [place for place, month in enumerate(MONTHS) if school_year(month) == year]


def column(month: str) -> int:
    """The month's place in every schools × months table."""
    return MONTHS.index(month)


def half_columns(half: str) -> list[int]:
    """Places of a half-year's six months: «2021H2»."""
    year, first = half[:4], 1 if half.endswith("H1") else 7
    return [column(f"{year}-{month:02d}") for month in range(first, first + 6)]
