"""The checks of params, each on a small table made for it; the numbers are worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.intake.checks import FUNCTIONS, run_checks
from analysis.intake.values import COLUMNS, month_index, school_year
from analysis.settings import Check
from tests.unit.intake.kit import settings

MONTHS = ["2022-01", "2022-02", "2022-03", "2022-04", "2022-05", "2022-06"]


def table(rows, group: str = "Б", zero_report: bool = False) -> pd.DataFrame:
    """(school, period, measure, value) as the values table."""
    records = []
    for number, (school_id, key, measure, number_value) in enumerate(rows):
        period = settings().parse_period(key)
        kind = settings().measure(measure)
        kind_code = "flag" if kind.is_flag else kind.type
        form = period.closing_month().key
        records.append(
            (0, school_id, group, form, period.kind, measure, kind_code, key, period.kind,
             month_index(period), number_value, "", str(number_value), f"D{number}", "Лист", "f.xlsx", 1, "",
             zero_report, True, 0)
        )  # fmt: skip
    return pd.DataFrame(records, columns=COLUMNS).astype({"value": "float64"})


def hits(code: str, rows, **options) -> list[str]:
    """What a check of params finds: «school period measure» of each hit."""
    check = next(check for check in settings().checks if check.code == code)
    values = table(rows, **options)
    found = FUNCTIONS[check.kind](values, check, settings())
    places = values.loc[found["row"]]
    return sorted(f"{row.school_id} {row.period} {row.measure}" for row in places.itertuples())


def test_every_declared_check_has_a_function():
    assert {check.kind for check in settings().checks} - {"count"} == set(FUNCTIONS)
    assert [check.code for check in settings().checks] == [f"E{i}" for i in range(1, 8)] + [
        f"W{i}" for i in range(1, 8)
    ]


@pytest.mark.parametrize("rule", [(check.code, rule) for check in settings().checks
                                  if check.kind == "at_most" for rule in check.rules], ids=str)  # fmt: skip
def test_each_rule_holds_at_equality_and_fails_one_above(rule):
    code, text = rule
    left, right = text.split("<=")
    parts = [part.strip() for part in left.split("+")]
    equal = [("s1", "2022", part, 10) for part in parts] + [("s1", "2022", right.strip(), 10 * len(parts))]
    assert hits(code, equal) == []
    above = [("s1", "2022", parts[0], 11), *equal[1:]]
    assert hits(code, above) == [f"s1 2022 {parts[0]}"]


def test_a_rule_over_several_sheets_of_one_form():
    """«tested9» is asked by half-year, «tested» by month: they meet in the June form."""
    rows = [("s1", "2022H1", "tested9", 50), ("s1", "2022-06", "tested", 49)]
    rows += [("s2", "2022H1", "tested9", 49), ("s2", "2022-06", "tested", 49)]
    rows += [("s3", "2022H1", "tested9", 50), ("s3", "2022-05", "tested", 1)]
    assert hits("E3", rows) == ["s1 2022H1 tested9"]


def test_a_rule_with_a_missing_number_says_nothing():
    assert hits("E2", [("s1", "2022-03", "tested", 50)]) == []
    assert hits("E5", [("s1", "2022", "N9", 50), ("s1", "2022", "N8_11", 10)]) == []  # N10_11 is missing


def test_only_the_part_is_rejected():
    rows = [("s1", "2022", "to10", 50), ("s1", "2022", "to_spo", 40), ("s1", "2022", "grad9", 80)]
    checked, found = run_checks(table(rows), settings())
    assert checked["value"].isna().tolist() == [True, True, False]
    assert found["rule"].tolist() == ["E5"]
    assert "90" in found["found"].iloc[0] and "80" in found["found"].iloc[0]


def test_cumulative_values():
    fall = [("s1", month, "tested", value) for month, value in zip(MONTHS, (10, 20, 5, 15, 20, 25), strict=True)]
    assert hits("E6", fall) == ["s1 2022-03 tested", "s1 2022-04 tested"]
    assert hits("E6", [("s1", "2022-08", "tested", 90), ("s1", "2022-09", "tested", 3)]) == []
    assert hits("E6", [("s1", "2021-12", "tested", 90), ("s1", "2022-03", "tested", 3)]) == ["s1 2022-03 tested"]
    assert hits("E6", [("s1", "2022-02", "events", 9), ("s1", "2022-03", "events", 3)]) == []  # a flow may fall
    assert hits("E6", [("s1", "2021H2", "tested9", 9), ("s1", "2022H1", "tested9", 8)]) == ["s1 2022H1 tested9"]
    assert hits("E6", [("s1", "2022H1", "tested9", 9), ("s1", "2022H2", "tested9", 2)]) == []  # September is between


def test_school_year():
    index = pd.Series(
        [month_index(settings().parse_period(key)) for key in ("2021-08", "2021-09", "2022-08", "2022-09")]
    )
    years = school_year(index, 9).tolist()
    assert years[1] == years[2] and years[0] + 1 == years[1] and years[2] + 1 == years[3]


def events(values, half=None, year=None, other_half=None) -> list[tuple]:
    rows = [("s1", key, "events", value) for key, value in zip(MONTHS, values, strict=False) if value is not None]
    rows += [("s1", "2022H1", "events", half)] if half is not None else []
    rows += [("s1", "2021H2", "events", other_half)] if other_half is not None else []
    return rows + ([("s1", "2022", "events", year)] if year is not None else [])


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (events([1, 2, 3, 4, 5, 6], 21), []),
        (events([1, 2, 3, 4, 5, 6], 20), ["s1 2022H1 events"]),
        (events([1, 2, 3, 4, 5, 6], 22), ["s1 2022H1 events"]),
        (events([1, 2, None, 4, 5, 6], 22), []),  # a month is missing: more is possible
        (events([1, 2, None, 4, 5, 6], 17), ["s1 2022H1 events"]),  # less is not
        (events([], 21, 40, 19), []),
        (events([], 21, 41, 19), ["s1 2022 events"]),
        (events([], 21, 41), []),
        (events([], 21, 20), ["s1 2022 events"]),
        (events([1, 2, 3, 4, 5, 6], None, 40, 19), []),  # the half is derived from its months
        (events([1, 2, 3, 4, 5, 6], None, 41, 19), ["s1 2022 events"]),
    ],
)
def test_flows_add_up(rows, wrong):
    assert hits("E7", rows) == wrong


def test_states_and_cumulative_values_are_not_added():
    rows = [("s1", key, "tested", 10) for key in MONTHS] + [("s1", "2022H1", "tested", 10)]
    assert hits("E7", rows) == []


def test_events_without_pupils_and_pupils_without_events():
    def pair(key: str, held: float, covered: float) -> list[tuple]:
        return [("s1", key, "events", held), ("s1", key, "covered", covered)]

    assert hits("W1", pair("2022-02", 2, 30) + pair("2022-03", 0, 30)) == []  # nothing held, nobody new
    assert hits("W1", pair("2022-02", 2, 30) + pair("2022-03", 0, 35)) == ["s1 2022-03 events"]
    assert hits("W1", pair("2022-03", 4, 0)) == ["s1 2022-03 events"]
    assert hits("W1", pair("2022-09", 0, 5)) == ["s1 2022-09 events"]  # the school year begins
    assert hits("W1", pair("2022-03", 0, 35)) == []  # the month before is not known


def test_exactly_hundred_percent():
    full = [("s1", "2022-03", code, 100) for code in ("N5_11", "tested", "covered", "proekt", "exc")]
    assert hits("W2", full) == ["s1 2022-03 N5_11"]
    assert hits("W2", full[:-1]) == []  # three indicators only
    nobody = [("s1", "2022-03", code, 0) for code in ("N5_11", "tested", "covered", "proekt", "exc")]
    assert hits("W2", nobody) == []


def test_the_same_form_again():
    def form(key: str, held: float, school: str = "s1") -> list[tuple]:
        return [(school, key, "tested", 50), (school, key, "covered", 70), (school, key, "events", held)]

    assert hits("W3", form("2022-02", 4) + form("2022-03", 4)) == ["s1 2022-03 covered"]
    assert hits("W3", form("2022-02", 4) + form("2022-03", 5)) == []
    assert hits("W3", form("2022-07", 0) + form("2022-08", 0)) == []  # nothing happened in summer
    assert hits("W3", form("2022-01", 4) + form("2022-03", 4)) == []  # not the month before
    assert hits("W3", form("2022-02", 4) + form("2022-03", 4, "s2")) == []


def test_a_jump_against_the_group():
    rows = []
    for number in range(12):
        rows += [(f"s{number}", key, "N5_11", 500) for key in ("2022-02", "2022-03")]
        rows += [(f"s{number}", "2022-02", "tested", 100), (f"s{number}", "2022-03", "tested", 120 + number % 4)]
    assert hits("W4", rows) == []
    jump = [*rows[:-1], ("s11", "2022-03", "tested", 300)]
    assert hits("W4", jump) == ["s11 2022-03 tested"]
    assert hits("W4", jump[:-24]) == []  # too few schools to know what is usual


def test_contingents():
    rows = [("s1", "2022-02", "N5_11", 500), ("s1", "2022-03", "N5_11", 551), ("s2", "2022-02", "N5_11", 500),
            ("s2", "2022-03", "N5_11", 550), ("s3", "2022-02", "N_ovz", 12), ("s3", "2022-03", "N_ovz", 15),
            ("s4", "2022-08", "N5_11", 500), ("s4", "2022-09", "N5_11", 600)]  # fmt: skip
    assert hits("W5", rows) == ["s1 2022-03 N5_11"]  # 10,2 %; not 10 %, not three people, not over the summer


def test_zero_contingent_is_a_note():
    assert hits("W6", [("s1", "2022", "N11", 0), ("s2", "2022", "N11", 5)]) == ["s1 2022 N11"]


def test_an_error_taken_back_does_not_cause_another():
    """A spike refused by E2 is not what the next month is compared with."""
    rows = [("s1", "2022-02", "N5_11", 500), ("s1", "2022-02", "tested", 4500), ("s1", "2022-03", "tested", 460)]
    _, found = run_checks(table(rows), settings())
    assert found["rule"].tolist() == ["E2"]


def test_thresholds_come_from_params():
    loose = Check(code="W5", severity="query", kind="contingent_change", text="т", threshold=50, measures=("N5_11",))
    values = table([("s1", "2022-02", "N5_11", 500), ("s1", "2022-03", "N5_11", 700)])
    assert FUNCTIONS[loose.kind](values, loose, settings()).empty


def test_nothing_to_check():
    checked, found = run_checks(table([]), settings())
    assert checked.empty and found.empty
