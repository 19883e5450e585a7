"""Schools of two periods side by side, taken from the table ``indicators``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_NUMBERS = ["numerator", "denominator", "value"]


@dataclass(frozen=True)
class Panel:
    """One indicator over the schools with a value in both periods: one array element a school, by school_id.

    ``y, x``: numerators and denominators; ``value``: in the indicator's unit; 1 = first (baseline), 2 = second.
    """

    y1: np.ndarray
    x1: np.ndarray
    value1: np.ndarray
    y2: np.ndarray
    x2: np.ndarray
    value2: np.ndarray

    def __len__(self) -> int:
        return len(self.y1)


def school_pairs(indicators: pd.DataFrame, schools: pd.DataFrame, period: str, baseline: str) -> pd.DataFrame:
    """One row per school and indicator of ``period``: both periods' numbers and statuses, and the school's group.

    Columns ``unit_id, indicator, group, numerator, denominator, value, status`` and the same four with ``_before``
    (missing where the baseline has no such row), sorted by indicator and school.
    """
    rows = indicators[indicators["level"] == "school"]
    columns = ["unit_id", "indicator", *_NUMBERS, "status"]
    now = rows.loc[rows["period"] == period, columns]
    before = rows.loc[rows["period"] == baseline, columns]
    pairs = now.merge(before, on=["unit_id", "indicator"], how="left", suffixes=("", "_before"))
    pairs["group"] = pairs["unit_id"].map(schools.set_index("school_id")["group"])
    return pairs.sort_values(["indicator", "unit_id"], ignore_index=True)


def has_both(pairs: pd.DataFrame) -> pd.Series:
    """Schools with a value in both periods."""
    return pairs["value"].notna() & pairs["value_before"].notna()


def matched_panels(pairs: pd.DataFrame) -> dict[str, Panel]:
    """The matched schools of every indicator."""
    complete = pairs[has_both(pairs)]
    return {str(code): _panel(rows) for code, rows in complete.groupby("indicator", sort=True)}


def panels_by_group(pairs: pd.DataFrame) -> dict[tuple[str, str], Panel]:
    """The matched schools of every group and indicator."""
    complete = pairs[has_both(pairs)]
    groups = complete.groupby(["group", "indicator"], sort=True)
    return {(str(group), str(code)): _panel(rows) for (group, code), rows in groups}


EMPTY = Panel(*[np.empty(0)] * 6)


def _panel(rows: pd.DataFrame) -> Panel:
    names = ["numerator_before", "denominator_before", "value_before", *_NUMBERS]
    return Panel(*(rows[name].to_numpy(float) for name in names))
