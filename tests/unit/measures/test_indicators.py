"""The table of indicators: hand-made schools, values worked out on paper."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.measures.indicators import COLUMNS, forms_by_school, in_special_conditions, indicators_by_unit
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")
H1 = SETTINGS.parse_period("2022H1")
SCHOOLS = pd.DataFrame(
    {
        "school_id": ["a", "b", "c", "p"],
        "group": ["Б", "Б", "В", "Г"],
        "valid_from": None,
        "valid_to": None,
        "conditions": ["", "repair:2022-02-21/2022-08-31", "", ""],
    }
)


def observation(school, measure, value, period="2022-06"):
    return {"school_id": school, "period": period, "measure": measure, "value": value}


OBSERVATIONS = pd.DataFrame(
    [
        observation("a", "N5_11", 400), observation("a", "tested", 300),
        observation("b", "N5_11", 100), observation("b", "tested", 20),
        observation("c", "N5_11", 50), observation("c", "tested", np.nan),
        observation("a", "plan", 1, "2022H1"), observation("p", "plan", 0, "2022H1"),
        observation("a", "N_ovz", 0), observation("a", "ovz_cov", 0),
        observation("a", "agr", 14, "2022H1"), observation("b", "agr", 1, "2022H1"),
    ]
)  # fmt: skip
SUBMISSIONS = pd.DataFrame(
    {
        "school_id": ["a"] * 6 + ["b"] * 6,
        "period": [m.key for m in H1.months()] * 2,
        "status": ["on_time"] * 5 + ["late"] + ["on_time", "missing", "returned", "on_time", "on_time", "not_due"],
    }
)


@pytest.fixture(scope="module")
def table():
    return indicators_by_unit(OBSERVATIONS, SCHOOLS, SUBMISSIONS, H1, SETTINGS)


def row(table, unit, indicator):
    found = table[(table["unit_id"] == unit) & (table["indicator"] == indicator)]
    assert len(found) == 1
    return found.iloc[0]


def test_the_contract_columns_and_one_row_a_unit_and_indicator(table):
    assert list(table.columns) == COLUMNS
    assert not table.duplicated(["level", "unit_id", "indicator"]).any()


def test_the_city_is_the_ratio_of_totals_not_the_mean_of_percentages(table):
    city = row(table, "city", "П04")
    assert (city["numerator"], city["denominator"], city["n_schools"]) == (320, 500, 2)
    assert city["value"] == pytest.approx(64.0)  # the mean of 75 % and 20 % would be 47.5
    assert row(table, "Б", "П04")["value"] == pytest.approx(64.0)


def test_missing_is_never_zero(table):
    school = row(table, "c", "П04")
    assert school["status"] == "missing"
    assert np.isnan(school["value"]) and np.isnan(school["attainment"])


def test_repair_is_shown_as_special_conditions(table):
    assert row(table, "b", "П04")["status"] == "special_conditions"
    assert row(table, "b", "П04")["value"] == 20
    assert list(in_special_conditions(SCHOOLS, SETTINGS.parse_period("2021H2"))) == [False] * 4


def test_a_zero_contingent_and_a_foreign_group_are_not_applicable(table):
    assert row(table, "a", "П16")["status"] == "not_applicable"
    assert row(table, "p", "П04")["status"] == "not_applicable"
    assert row(table, "p", "П01")["value"] == 0


def test_attainment_is_the_share_of_the_target_at_most_100(table):
    school = row(table, "a", "П04")
    assert (school["value"], school["target"], school["attainment"]) == (75, 60, 100)
    assert row(table, "b", "П04")["attainment"] == pytest.approx(20 / 60 * 100)
    assert row(table, "a", "П28")["attainment"] == 100  # 14 contracts, capped at 10, target 3
    assert row(table, "b", "П28")["attainment"] == pytest.approx(100 / 3)


def test_forms_in_order_count_monthly_forms_on_time(table):
    forms = forms_by_school(SUBMISSIONS, H1)
    assert forms.loc["a"].tolist() == [5, 6]
    assert forms.loc["b"].tolist() == [3, 5]
    assert row(table, "city", "П03")["value"] == pytest.approx(100 * 8 / 11)


def test_wilson_interval_of_a_school(table):
    # By hand: centre (300 + 1.92073) / 403.84146 = 0.74762, half-width 1.95996 / 403.84146 · √(75 + 0.96036) = 0.04230.
    school = row(table, "a", "П04")
    assert (school["ci_low"], school["ci_high"]) == (pytest.approx(70.53, abs=0.01), pytest.approx(78.99, abs=0.01))


def test_an_indicator_of_the_year_is_absent_from_a_half(table):
    assert "П08" not in set(table["indicator"])
    assert "П04" in set(table["indicator"])
