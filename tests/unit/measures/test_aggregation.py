"""Values of a period from what was given for it and for its parts; hand-made expectations."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.measures.aggregation import measure_values, valid_on
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")
SCHOOLS = pd.DataFrame(
    {
        "school_id": ["a", "b", "new"],
        "group": ["Б", "Б", "Б"],
        "valid_from": [None, None, pd.Timestamp("2022-04-01")],
        "valid_to": [None, None, None],
        "conditions": ["", "", ""],
    }
)
H1 = SETTINGS.parse_period("2022H1")
MONTHS = [month.key for month in H1.months()]


def rows(school, measure, values, periods=MONTHS):
    pairs = zip(periods, values, strict=True)
    return [{"school_id": school, "period": period, "measure": measure, "value": value} for period, value in pairs]


def values(*groups, period=H1):
    return measure_values(pd.DataFrame([row for group in groups for row in group]), SCHOOLS, period, SETTINGS)


def test_flows_are_summed_and_cumulative_values_are_the_last():
    frame = values(rows("a", "events", [1, 2, 3, 4, 5, 6]), rows("a", "tested", [10, 20, 30, 40, 50, 55]))
    assert frame.loc["a", "events"] == 21
    assert frame.loc["a", "tested"] == 55


def test_a_flow_with_a_missing_month_is_missing_not_smaller():
    frame = values(rows("a", "events", [1, 2, np.nan, 4, 5, 6]))
    assert np.isnan(frame.loc["a", "events"])


def test_a_given_value_beats_the_derived_one():
    frame = values(rows("a", "events", [1] * 6), rows("a", "events", [9], ["2022H1"]))
    assert frame.loc["a", "events"] == 9


def test_silence_in_the_closing_month_makes_states_missing():
    frame = values(rows("a", "tested", [10, 20, 30, 40, 50, np.nan]), rows("b", "tested", [1, 2, 3, 4, 5, np.nan]),
                   rows("b", "N5_11", [300], ["2022-06"]))  # fmt: skip
    assert np.isnan(frame.loc["a", "tested"])
    assert frame.loc["b", "tested"] == 5  # the form came, the cell was empty: the last reported value


def test_a_cumulative_value_of_the_school_year_before_is_not_carried_on():
    half = SETTINGS.parse_period("2021H2")
    keys = [month.key for month in half.months()]
    frame = values(rows("a", "tested", [80, 90, np.nan, np.nan, np.nan, np.nan], keys),
                   rows("a", "N5_11", [500, 500, 500, 510, 510, 510], keys), period=half)  # fmt: skip
    assert np.isnan(frame.loc["a", "tested"])
    assert frame.loc["a", "N5_11"] == 510


def test_a_new_school_is_not_expected_before_it_opened():
    frame = values(rows("new", "events", [2, 3, 4], MONTHS[3:]))
    assert frame.loc["new", "events"] == 9
    assert list(valid_on(SCHOOLS, SETTINGS.parse_period("2022-03"))) == [True, True, False]


def test_the_year_joins_its_halves():
    year = SETTINGS.parse_period("2022")
    frame = values(
        rows("a", "events", [30, 40], ["2021H2", "2022H1"]),
        rows("a", "tested", [100, 250], ["2021H2", "2022H1"]),
        rows("a", "grad9", [70], ["2021H2"]),
        rows("a", "uday", [400], ["2022"]),
        period=year,
    )
    assert frame.loc["a", ["events", "tested", "grad9", "uday"]].tolist() == [70, 250, 70, 400]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_result_depends_on_row_order(seed):
    data = pd.DataFrame(rows("a", "events", range(6)) + rows("b", "events", range(6)) + rows("b", "tested", range(6)))
    shuffled = data.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        measure_values(data, SCHOOLS, H1, SETTINGS), measure_values(shuffled, SCHOOLS, H1, SETTINGS)
    )
