"""Counts of schools that every edition may show: coverage, levels, activities. Schools are counted, never named."""

from __future__ import annotations

import pandas as pd


def coverage_by_status(submissions: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """One row per period and status: schools; and per severity: findings (column ``status`` holds it, period empty)."""
    counts = submissions.groupby(["period", "status"]).size().rename("n").reset_index()
    kinds = findings.groupby("severity").agg(n=("severity", "size"), n_schools=("school_id", "nunique"))
    kinds = kinds.rename_axis("status").reset_index().assign(period="")
    return pd.concat([counts.assign(n_schools=counts["n"]), kinds], ignore_index=True)[
        ["period", "status", "n", "n_schools"]
    ]


def schools_by_level(rankings: pd.DataFrame) -> pd.DataFrame:
    """One row per group and level of attainment: number of ranked schools."""
    ranked = rankings[rankings["ranked"].astype(bool)]
    return ranked.groupby(["group", "attainment_level"]).size().rename("n").reset_index()


def schools_by_activity_status(activities: pd.DataFrame) -> pd.DataFrame:
    """One row per activity and status: number of schools."""
    schools = activities[activities["level"] == "school"]
    return schools.groupby(["activity", "status"]).size().rename("n").reset_index()
