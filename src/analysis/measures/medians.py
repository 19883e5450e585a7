"""Medians of the groups: what a school's card shows beside the school's own value."""

from __future__ import annotations

import pandas as pd

from analysis.periods import Period

COLUMNS = ["group", "indicator", "median", "n_schools", "n_ranked"]


def medians_by_group_indicator(
    indicators: pd.DataFrame, schools: pd.DataFrame, rankings: pd.DataFrame, period: Period
) -> pd.DataFrame:
    """One row per group and indicator: median of the schools' values, schools with a value, schools ranked."""
    rows = indicators[(indicators["level"] == "school") & (indicators["period"] == period.key)]
    rows = rows[rows["value"].notna()]
    groups = rows["unit_id"].map(schools.set_index("school_id")["group"]).rename("group")
    medians = rows.groupby([groups, "indicator"])["value"].agg(median="median", n_schools="size").reset_index()
    ranked = rankings[rankings["ranked"].astype(bool)].groupby("group").size()
    return medians.assign(n_ranked=medians["group"].map(ranked).fillna(0).astype(int))[COLUMNS]
