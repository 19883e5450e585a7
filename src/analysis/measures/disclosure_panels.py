"""Totals over the schools of both periods differ from the printed totals by the schools of one period only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.disclosure_verdicts import Verdicts


def tells_about_unmatched(frame: pd.DataFrame, verdicts: Verdicts) -> pd.Series:
    """Rows of ``changes`` whose totals would tell about a school that is in one of the two periods only.

    City and group values of ``changes`` are those of the matched schools; together with the totals of
    ``indicators`` they give the figures of the schools that are not matched. True where such a school's figure is
    hidden, or where those schools count few people together.
    """
    answer = pd.Series(False, index=frame.index)
    totals = frame[frame["level"] != "school"]
    totals = totals[totals["n_pairs"] < _schools(totals, verdicts)]
    for (period, baseline), part in totals.groupby(["period", "baseline"]):
        at = (str(period), str(baseline))
        if at not in verdicts.unmatched:
            verdicts.unmatched[at] = _telling_units(verdicts, *at)
        telling = verdicts.unmatched[at]
        answer[part.index] = [key in telling for key in zip(part["unit_id"], part["indicator"], strict=True)]
    return answer


def _telling_units(verdicts: Verdicts, period: str, baseline: str) -> set[tuple[str, str]]:
    """(group or city, indicator) whose unmatched schools could be worked out."""
    rows = verdicts.school_figures
    rows = rows[rows["period"].isin([period, baseline])]
    alone = verdicts.judged(rows[~rows.duplicated(["unit_id", "indicator"], keep=False)])
    telling: set[tuple[str, str]] = set()
    for unit in (alone["group"], pd.Series("city", index=alone.index)):
        by = [unit.rename("unit"), "indicator", "period"]
        sums = alone.groupby(by)[["y", "x"]].sum()
        kinds = alone.groupby(by)[["numerator_people", "denominator_people", "share"]].any()
        small = _few_together(sums, kinds, verdicts)
        small |= alone.groupby(by)["hide_value"].any()
        telling |= {(str(name), str(code)) for name, code, _ in sums.index[small]}
    return telling


def _few_together(sums: pd.DataFrame, kinds: pd.DataFrame, verdicts: Verdicts) -> pd.Series:
    limits, y, x = verdicts.limits, sums["y"], sums["x"]
    few = kinds["numerator_people"] & (y > 0) & (y < limits.min_count)
    rest = kinds["share"] & limits.complements & (x - y > 0) & (x - y < limits.min_count)
    small = kinds["denominator_people"] & (x > 0) & (x < limits.min_denominator)
    return few | rest | small


def _schools(frame: pd.DataFrame, verdicts: Verdicts) -> np.ndarray:
    """The most schools in the printed totals of either period (NaN: not printed)."""
    n_schools = np.append(verdicts.rows["n_schools"].to_numpy(float), np.nan)
    both = [n_schools[verdicts.positions(frame, period=frame[name])] for name in ("period", "baseline")]
    return np.fmax(*both)
