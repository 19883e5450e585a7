"""Who reported, from a register made by hand: what came by import alone is not called silence."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.intake.submissions import submissions_by_school, with_silent
from analysis.measures.summaries import coverage_by_status
from analysis.report.opening import PeriodReport
from analysis.report.sections import methodology
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")
SCHOOLS = pd.DataFrame({"school_id": ["s1", "s2", "s3"], "name": ["1", "2", "3"], "valid_from": None, "valid_to": None})
NO_FINDINGS = pd.DataFrame(columns=["severity", "school_id"])


def register(**imported: str) -> pd.DataFrame:
    """One import per school, of the period given."""
    rows = [
        {"school_id": school, "period": period, "status": "imported", "received_at": "2022-06-15T10:00", "version": 1,
         "in_force": True, "readable": True, "n_errors": 0, "n_queries": 0}
        for school, period in imported.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def observations(**periods: str) -> pd.DataFrame:
    rows = [
        {"school_id": school, "period": period, "measure": "tested", "value": 5.0} for school, period in periods.items()
    ]
    return pd.DataFrame([*rows, {"school_id": "s2", "period": "2022-06", "measure": "tested", "value": None}])


def coverage(period, imported: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    rows = submissions_by_school(imported, SCHOOLS, period, SETTINGS)
    return with_silent(coverage_by_status(rows, NO_FINDINGS), rows, values, period)


@pytest.mark.parametrize(
    ("key", "first", "missing", "silent"),
    [
        ("2022H1", "2022-03", 2, 1),  # a month gives the half its values, but is not its submission
        ("2022", "2021H2", 2, 1),
        ("2022-03", "2022-04", 2, 2),  # another month gives nothing
        ("2022H1", "2022H1", 1, 1),
        ("2021-2025", "2022", 1, 1),  # the year that a roadmap ends with is its submission
    ],
)
def test_a_school_whose_values_came_by_import_is_not_silent(key, first, missing, silent):
    period = SETTINGS.parse_period(key).known_through(["2022"])
    table = coverage(period, register(s1=first, s3=period.closing_month().key), observations(s1=first, s3="2022-06"))
    counts = table[table["period"] == period.key].set_index("status")["n"]
    assert counts.get("missing", 0) == missing
    assert counts.get("silent", 0) == silent


@pytest.mark.parametrize(
    ("heard", "words"), [("2022-03", "не приславшие данных (1)"), ("2020-03", "не приславшие данных (2)")]
)
def test_the_method_counts_the_silent_alone(heard, words):
    period = SETTINGS.parse_period("2022H1")
    table = coverage(period, register(s3="2022H1"), observations(s1=heard, s3="2022H1"))
    tables = {"coverage": table, "schools": SCHOOLS}
    report = PeriodReport(SETTINGS, period, period.year_before(), "meeting", tables)
    assert words in methodology.definitions(report).plain()
