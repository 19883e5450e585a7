"""Totals over the schools of both periods differ from the printed totals by the schools of one period only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.disclosure_counts import ROW
from analysis.measures.disclosure_verdicts import Verdicts


def tells_about_unmatched(frame: pd.DataFrame, verdicts: Verdicts) -> pd.Series:
    """Rows of ``changes`` whose totals would tell about a school that is in one of the two periods only.

    City and group values of ``changes`` are those of the matched schools; together with the totals of
    ``indicators`` they give the figures of the schools that are not matched. True where such a school's figure is
    hidden, or where those schools count few people together.
    """
    answer = np.zeros(len(frame), dtype=bool)
    totals = (frame["level"] != "school") & frame["n_pairs"].lt(_schools(frame, verdicts))
    for (period, baseline), part in frame[totals].groupby(["period", "baseline"]):
        telling = _telling_units(verdicts, str(period), str(baseline))
        keys = zip(part["unit_id"], part["indicator"], strict=True)
        answer[frame.index.get_indexer(part.index)] = [key in telling for key in keys]
    return pd.Series(answer, index=frame.index)


def _telling_units(verdicts: Verdicts, period: str, baseline: str) -> set[tuple[str, str]]:
    """(group or city, indicator) whose unmatched schools could be worked out."""
    rows = verdicts.everybody[verdicts.everybody["enters"]]
    sides = [rows[rows["period"] == key] for key in (period, baseline)]
    keys = [pd.MultiIndex.from_frame(side[["unit_id", "indicator"]]) for side in sides]
    alone = pd.concat([sides[0][~keys[0].isin(keys[1])], sides[1][~keys[1].isin(keys[0])]])
    telling: set[tuple[str, str]] = set()
    for unit in (alone["group"], pd.Series("city", index=alone.index)):
        by = [unit.rename("unit"), "indicator", "period"]
        sums = alone.groupby(by)[["y", "x"]].sum()
        kinds = alone.groupby(by)[["numerator_people", "denominator_people", "share"]].any()
        small = _few_together(sums, kinds, verdicts)
        if verdicts.edition == "meeting":
            small |= alone.groupby(by)["hide_value"].any()
        telling |= {(str(name), str(code)) for name, code, _ in sums.index[small]}
    return telling


def _few_together(sums: pd.DataFrame, kinds: pd.DataFrame, verdicts: Verdicts) -> pd.Series:
    limits, y, x = verdicts.limits, sums["y"], sums["x"]
    few = kinds["numerator_people"] & (y > 0) & (y < limits.min_count)
    rest = kinds["share"] & limits.complements & (x - y > 0) & (x - y < limits.min_count)
    small = kinds["denominator_people"] & (x > 0) & (x < limits.min_denominator)
    return few | rest | small


def _schools(frame: pd.DataFrame, verdicts: Verdicts) -> pd.Series:
    """The most schools in the printed totals of either period."""
    both = [_n_schools(frame, verdicts, period) for period in ("period", "baseline")]
    return pd.Series(np.fmax(*both), index=frame.index)


def _n_schools(frame: pd.DataFrame, verdicts: Verdicts, period: str) -> np.ndarray:
    keys = pd.MultiIndex.from_frame(frame.assign(period=frame[period])[ROW])
    return verdicts.rows.drop_duplicates(ROW).set_index(ROW)["n_schools"].reindex(keys).to_numpy(float)
