"""Periods: windows tile, halves and years are unions of months, cut-offs leave days off."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.periods import PeriodError, PeriodRules, half_of, month_of, parse_period, sheet_period, year_of

RULES = PeriodRules()
CALENDAR = PeriodRules(month_starts_on=1)
WORKED_SATURDAY = date(2021, 2, 20)  # moved by decree № 1648 of 10.10.2020
MONTHS = [parse_period(f"{year}-{month:02d}") for year in range(2021, 2026) for month in range(1, 13)]


@pytest.mark.parametrize("rules", [RULES, CALENDAR, PeriodRules(month_starts_on=11)])
def test_month_windows_tile_without_gap_or_overlap(rules):
    months = [parse_period(month.key, rules) for month in MONTHS]
    for earlier, later in zip(months, months[1:], strict=False):
        assert later.start == earlier.end + timedelta(days=1)


@given(day=st.dates(date(2021, 1, 1), date(2025, 12, 20)), start=st.sampled_from([1, 11, 21, 28]))
def test_every_date_belongs_to_exactly_one_month(day, start):
    rules = PeriodRules(month_starts_on=start)
    month = month_of(day, rules)
    assert month.start <= day <= month.end
    others = [parse_period(m.key, rules) for m in MONTHS if m.key != month.key]
    assert not any(other.start <= day <= other.end for other in others)


@pytest.mark.parametrize("key", ["2021H2", "2022H1", "2022", "2025", "2021H1"])
def test_halves_and_years_are_unions_of_their_parts(key):
    period = parse_period(key)
    parts = period.parts()
    assert (parts[0].start, parts[-1].end) == (period.start, period.end)
    for earlier, later in zip(parts, parts[1:], strict=False):
        assert later.start == earlier.end + timedelta(days=1)
    assert [m.key for part in parts for m in part.months()] == [m.key for m in period.months()]


@pytest.mark.parametrize(
    ("key", "start", "end", "cutoff"),
    [  # the table of design.md §4
        ("2022-03", date(2022, 2, 21), date(2022, 3, 20), date(2022, 3, 20)),
        ("2022H1", date(2021, 12, 21), date(2022, 6, 20), date(2022, 6, 20)),
        ("2022H2", date(2022, 6, 21), date(2022, 12, 20), date(2022, 12, 20)),
        ("2022", date(2021, 6, 21), date(2022, 6, 20), date(2022, 6, 20)),
    ],
)
def test_default_windows(key, start, end, cutoff):
    period = parse_period(key)
    assert (period.start, period.end, period.cutoff) == (start, end, cutoff)


def test_a_cutoff_on_a_day_off_moves_to_the_next_working_day():
    assert parse_period("2025H2").due == date(2025, 12, 22)  # domain.md §1, row 10: Saturday → Monday
    assert parse_period("2022-02").due == date(2022, 2, 21)
    assert parse_period("2022-03", PeriodRules(move_from_days_off=False)).due == date(2022, 3, 20)


@given(month=st.sampled_from(MONTHS))
def test_the_cutoff_in_force_is_a_weekday_not_before_the_nominal_one(month):
    assert month.due >= month.cutoff
    assert month.due.weekday() < 5 or month.due == WORKED_SATURDAY
    assert (month.due - month.cutoff).days < 12


def test_the_year_states_its_figures_on_the_first_of_july():
    year = parse_period("2022")
    assert (year.cutoff, year.as_of) == (date(2022, 6, 20), date(2022, 7, 1))


def test_baseline_periods_are_never_due():
    due = {key: parse_period(key).first_due for key in ("2021-06", "2021H1", "2021", "2021-07", "2021H2", "2022")}
    assert due == {"2021-06": False, "2021H1": False, "2021": False, "2021-07": True, "2021H2": True, "2022": True}


def test_the_roadmap_has_54_months():
    assert len(parse_period("2021-2025").months()) == 54  # domain.md §1, row 5
    assert parse_period("2021-2025").year_before().key == "2021"


def test_comparison_and_containing_periods():
    assert parse_period("2022H1").year_before().key == "2021H1"
    assert parse_period("2022-03").year_before().key == "2021-03"
    assert half_of(parse_period("2021-12")).key == "2021H2"
    assert year_of(parse_period("2021-12")).key == "2022"
    sheets = {
        (m, s): sheet_period(s, parse_period(m)).key for m in ("2022-06", "2021-12") for s in ("month", "half", "year")
    }
    assert sheets == {
        ("2022-06", "month"): "2022-06", ("2022-06", "half"): "2022H1", ("2022-06", "year"): "2022",
        ("2021-12", "month"): "2021-12", ("2021-12", "half"): "2021H2", ("2021-12", "year"): "2021H2",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["2022H3", "2022-13", "22", "", "2022h1 ", "2025-2021", "../2022", "2022-3"])
def test_anything_else_is_refused_with_the_allowed_forms(text):
    with pytest.raises(PeriodError, match="Период"):
        parse_period(text)


def test_titles_read_well():
    assert [parse_period(k).title() for k in ("2022-03", "2022H1", "2021H2", "2022", "2021-2025")] == [
        "март 2022 года", "I полугодие 2022 года", "II полугодие 2021 года", "2022 год", "2021–2025 годы",
    ]  # fmt: skip
    assert parse_period("2022-08").title("instrumental") == "августом 2022 года"
    assert parse_period("2022H2").title("instrumental") == "II полугодием 2022 года"
    assert [parse_period(k).title("genitive") for k in ("2022-05", "2022H1", "2022", "2021-2025")] == [
        "мая 2022 года", "I полугодия 2022 года", "2022 года", "2021–2025 годов",
    ]  # fmt: skip
    assert parse_period("2022H1").window_title() == "с 21 декабря 2021 г. по 20 июня 2022 г."


def test_the_roadmap_is_known_through_its_last_year_with_data():
    roadmap = parse_period("2021-2025")
    known = roadmap.known_through(["2021", "2021H1", "2022-03", "2022H1", "2022H2", "2027"])
    assert (known.key, known.through, known.calendar_year) == ("2021-2025", 2022, 2022)
    assert known.closing_month().key == "2022-06"
    assert known.closing_year().key == "2022"
    assert roadmap.known_through(["2021"]).through == 0
    assert parse_period("2022").known_through(["2021"]) == parse_period("2022")
