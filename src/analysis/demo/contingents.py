"""How many pupils and teachers each demo school has: cohorts of grades 5–11 that move up every September."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.demo.months import MONTHS, SCHOOL_YEARS, columns_of, stream
from analysis.demo.roster import OPENED, DemoSchool

Counts = NDArray[np.int64]  # schools × months, or one number per school

_GRADES = range(5, 12)
_SHARES = np.array([0.175, 0.175, 0.175, 0.175, 0.16, 0.07, 0.07])  # of N5_11, after domain practice
_GRADE_9, _GRADE_10, _GRADE_11 = 4, 5, 6
_TO_GRADE_10 = 0.44
_TOTAL_PER_5_11, _PUPILS_PER_TEACHER = 1.75, 17


@dataclass(frozen=True)
class Contingents:
    """``monthly``: measure → schools × months; ``grades``: school year → schools × grades 5–11."""

    monthly: dict[str, Counts]
    grades: dict[int, Counts]

    def grade(self, number: int, year: int) -> Counts:
        return self.grades[year][:, number - 5]


def build_contingents(schools: tuple[DemoSchool, ...]) -> Contingents:
    """Nested by construction: every total is a sum of the same grades."""
    grades = _cohorts(schools)
    names = ("N5_11", "N6_11", "N8_11", "N9", "N10_11", "N11", "N_ovz", "N_ovz14", "N14_17", "T")
    monthly: dict[str, Counts] = {name: np.zeros((len(schools), len(MONTHS)), np.int64) for name in names}
    for year in SCHOOL_YEARS:
        columns = columns_of(year)
        totals = _totals(grades[year], _movement(grades[year], len(columns), year))
        totals |= _special_needs(grades[year])
        totals["T"] = _teachers(grades[year])
        for name, values in totals.items():
            monthly[name][:, columns] = values
    return Contingents(monthly, grades)


def _cohorts(schools: tuple[DemoSchool, ...]) -> dict[int, Counts]:
    sizes = np.array([school.size for school in schools], float)
    noise = stream("cohorts").normal(1, 0.015, (len(schools), len(_GRADES)))
    grades = {SCHOOL_YEARS[0]: np.rint(sizes[:, None] * _SHARES * noise).astype(np.int64)}
    for year in SCHOOL_YEARS[1:]:
        grades[year] = _next_year(grades[year - 1], sizes, year)
    return _open_later(grades, [school.school_id == OPENED for school in schools])


def _next_year(before: Counts, sizes: NDArray[np.float64], year: int) -> Counts:
    draw = stream("cohorts", year)
    after = np.zeros_like(before)
    after[:, 0] = np.rint(sizes * _SHARES[0] * draw.normal(1.005, 0.015, len(sizes)))
    after[:, 1 : _GRADE_9 + 1] = before[:, :_GRADE_9] * np.where(sizes > 0, 1, 0)[:, None]
    after[:, _GRADE_9] = np.rint(after[:, _GRADE_9] * _SHARES[_GRADE_9] / _SHARES[0])
    after[:, _GRADE_10] = np.rint(before[:, _GRADE_9] * _TO_GRADE_10 * draw.normal(1, 0.02, len(sizes)))
    after[:, _GRADE_11] = np.maximum(before[:, _GRADE_10] - draw.integers(0, 2, len(sizes)), 0)
    return after


def _open_later(grades: dict[int, Counts], opened: list[bool]) -> dict[int, Counts]:
    """The new school starts in 2021 with grades 5–9 and gains grade 10 a year later."""
    for year, present in ((2019, 0), (2020, 0), (2021, _GRADE_10), (2022, _GRADE_11)):
        grades[year][opened, present:] = 0
    return grades


def _movement(grades: Counts, n_months: int, year: int) -> Counts:
    """Pupils who came to and left grades 7 and 8 since September, month by month."""
    steps = stream("movement", year).choice([-1, 0, 1], (2, len(grades), n_months), p=[0.08, 0.82, 0.10])
    steps[:, :, 0] = 0
    return np.cumsum(steps, axis=2) * (grades[:, 0] > 0)[None, :, None]


def _totals(grades: Counts, movement: Counts) -> dict[str, Counts]:
    grade_7, grade_8 = movement
    whole = grades[:, :, None] + np.zeros_like(grade_7)[:, None, :]
    return {
        "N5_11": whole.sum(axis=1) + grade_7 + grade_8,
        "N6_11": whole[:, 1:].sum(axis=1) + grade_7 + grade_8,
        "N8_11": whole[:, 3:].sum(axis=1) + grade_8,
        "N9": whole[:, _GRADE_9],
        "N10_11": whole[:, _GRADE_10:].sum(axis=1),
        "N11": whole[:, _GRADE_11],
        "N14_17": np.rint(0.6 * whole[:, 3]).astype(np.int64) + whole[:, _GRADE_9:].sum(axis=1),
    }


def _special_needs(grades: Counts) -> dict[str, Counts]:
    """Pupils with disabilities, 2–4 % of the school: one share per school, steady over the years."""
    share = stream("special needs").uniform(0.02, 0.04, len(grades))
    older = stream("special needs 14").uniform(0.32, 0.48, len(grades))
    count = np.rint(grades.sum(axis=1) * share).astype(np.int64)
    return {"N_ovz": count[:, None], "N_ovz14": np.rint(count * older).astype(np.int64)[:, None]}


def _teachers(grades: Counts) -> Counts:
    per_teacher = _PUPILS_PER_TEACHER * stream("teachers").normal(1, 0.06, len(grades))
    return np.rint(grades.sum(axis=1) * _TOTAL_PER_5_11 / per_teacher).astype(np.int64)[:, None]
