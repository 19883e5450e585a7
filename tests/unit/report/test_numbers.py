from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report import numbers
from analysis.report.numbers import NBSP, is_missing, whole_attainment


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567, None, "1 234 567"),
        (1234567.25, None, "1 234 567,3"),
        (12.25, 1, "12,3"),
        (-0.04, 1, "0,0"),
        (-6.15, 1, "−6,2"),
        (0.5, 0, "1"),
        (1e300, 0, None),
        (np.int64(12), None, "12"),
        (np.float32(0.5), 1, "0,5"),
        (Decimal("2.50"), 1, "2,5"),
    ],
)
def test_numbers_have_a_comma_groups_and_a_true_minus(value, digits, text):
    shown = numbers.format_number(value, digits).replace(NBSP, " ")
    assert shown == text if text else len(shown) > 300


@pytest.mark.parametrize("value", [None, np.nan, float("inf"), pd.NA, pd.NaT, np.float32("nan")])
def test_missing_is_a_dash_and_never_zero(value):
    assert numbers.format_number(value) == "—"
    assert numbers.format_percent(value) == "—"
    assert numbers.format_pp(value) == "—"
    assert numbers.format_date(value) == "—"
    assert numbers.format_interval(value, 3) == "—"
    assert numbers.format_places(value) == "—"
    assert numbers.count_of(value, "школа", "школы", "школ") == "—"


def test_percent_and_points_are_joined_by_a_no_break_space():
    assert numbers.format_percent(95.652) == f"95,7{NBSP}%"
    assert numbers.format_percent(100, 0) == f"100{NBSP}%"
    assert numbers.format_pp(4.2) == f"+4,2{NBSP}п.п."
    assert numbers.format_pp(-6.1) == f"−6,1{NBSP}п.п."
    assert numbers.format_pp(0.04) == f"0,0{NBSP}п.п."


def test_intervals():
    assert numbers.format_interval(12.34, 15.6, unit="%") == f"12,3–15,6{NBSP}%"
    assert numbers.format_interval(-1.2, 3.4, unit="п.п.") == f"от{NBSP}−1,2 до{NBSP}3,4{NBSP}п.п."
    assert numbers.format_places(3, 14) == "3–14"
    assert numbers.format_places(7.0, 7) == numbers.format_places(7) == "7"


@pytest.mark.parametrize(
    "day", ["2022-06-20", "2022-06-20T14:05", date(2022, 6, 20), datetime(2022, 6, 20, 9), pd.Timestamp("2022-06-20")]
)
def test_dates(day):
    assert numbers.format_date(day) == f"20{NBSP}июня{NBSP}2022{NBSP}г."
    assert numbers.format_date(day, "short") == "20.06.2022"


def test_text_that_is_no_date_is_refused():
    with pytest.raises(ValueError, match="isoformat"):
        numbers.format_date("20.06.2022")


@pytest.mark.parametrize(
    ("n", "form"),
    [(1, "школа"), (2, "школы"), (5, "школ"), (11, "школ"), (21, "школа"), (112, "школ"), (0, "школ"), (1.5, "школы")],
)
def test_plural_forms(n, form):
    assert numbers.plural(n, "школа", "школы", "школ") == form
    assert numbers.count_of(n, "школа", "школы", "школ").endswith(f"{NBSP}{form}")


CONTRACT = ("договор", "договора", "договоров")
PUPIL = ("обучающийся", "обучающегося", "обучающихся")


@pytest.mark.parametrize(
    ("n", "noun", "counted", "lacking"),
    [
        (1, CONTRACT, "1 договор", "1 договора"),
        (2, CONTRACT, "2 договора", "2 договоров"),
        (5, CONTRACT, "5 договоров", "5 договоров"),
        (11, CONTRACT, "11 договоров", "11 договоров"),
        (21, CONTRACT, "21 договор", "21 договора"),
        (1001, CONTRACT, "1 001 договор", "1 001 договора"),
        (1.5, CONTRACT, "1,5 договора", "1,5 договора"),
        (1, PUPIL, "1 обучающийся", "1 обучающегося"),
        (3, PUPIL, "3 обучающихся", "3 обучающихся"),
        (21, PUPIL, "21 обучающийся", "21 обучающегося"),
        (None, PUPIL, "—", "—"),
    ],
)
def test_nouns_of_params_after_numbers(n, noun, counted, lacking):
    assert numbers.count_noun(n, noun).replace(NBSP, " ") == counted
    assert numbers.lack_of(n, noun).replace(NBSP, " ") == lacking


def test_a_whole_number_with_decimals_is_read_as_a_fraction():
    assert numbers.count_noun(3.0, CONTRACT, 1) == f"3,0{NBSP}договора"
    assert numbers.count_noun(3.0, CONTRACT) == f"3{NBSP}договора"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_a_formatted_number_reads_back(value, digits):
    shown = numbers.format_number(value, digits).replace(NBSP, "").replace("−", "-").replace(",", ".")
    assert abs(Decimal(shown) - Decimal(repr(value))) <= Decimal(1).scaleb(-digits) / 2


@pytest.mark.parametrize(("value", "shown"), [(99.86, 99), (99.4, 99), (98.6, 98.6), (100, 100), (104.2, 104.2)])
def test_what_misses_a_target_does_not_round_up_to_it(value, shown):
    assert whole_attainment(value) == shown
    assert is_missing(whole_attainment(None))
