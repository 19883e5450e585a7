"""What a report notebook opens: under a command only what was prepared for it; a card only what a card shows."""

import dataclasses
import pickle
from datetime import date

import pandas as pd
import pytest

from analysis.measures.disclosure import protect
from analysis.report import opening
from analysis.report.opening import CARD_TABLES, PREPARED_FILE, PeriodReport, open_report, protected_tables, report_of
from analysis.report.prepared import report_from_bytes, report_to_bytes
from analysis.settings import load_settings
from analysis.slices import digest_of
from analysis.workspace import RequestError

SCHOOLS = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")


@pytest.fixture(scope="module")
def settings():
    from pathlib import Path

    return load_settings(Path(__file__).resolve().parents[3] / "params")


def rows_of_indicators(code):
    """Seven schools in two groups, counts from 2 to 80; totals of groups and the city in two periods."""
    rows = []
    for period, shift in (("2022H1", 0), ("2021H1", 3)):
        counts = {school: (2 + 13 * at + shift, 20 + 15 * at) for at, school in enumerate(SCHOOLS)}
        units = {"city": SCHOOLS, "А": SCHOOLS[:4], "Б": SCHOOLS[4:]} | {school: (school,) for school in SCHOOLS}
        for unit, members in units.items():
            level = "city" if unit == "city" else "group" if unit in "АБ" else "school"
            top, bottom = (sum(counts[one][place] for one in members) for place in (0, 1))
            known = {"level": level, "unit_id": unit, "period": period, "indicator": code, "n_schools": len(members)}
            rows.append(known | {"numerator": float(top), "denominator": float(bottom), "value": 100 * top / bottom})
    return pd.DataFrame(rows).assign(ci_low=1.0, ci_high=99.0, target=50.0, attainment=90.0, status="ok")


@pytest.fixture(scope="module")
def tables(settings):
    code = "П04"
    indicators = rows_of_indicators(code)
    groups = ["А"] * 4 + ["Б"] * 3
    schools = pd.DataFrame({"school_id": SCHOOLS, "name": [f"Школа {one}" for one in SCHOOLS], "group": groups})
    now = indicators[indicators["period"] == "2022H1"].reset_index(drop=True)
    changes = now[["level", "unit_id", "period", "indicator", "value"]].assign(
        baseline="2021H1", baseline_value=40.0, change=2.0, ci_low=0.0, ci_high=4.0, p_value=0.1, p_adjusted=0.2,
        effect=0.1, n_pairs=now["n_schools"], verdict="up",
    )  # fmt: skip
    rankings = schools[["school_id", "group"]].assign(
        period="2022H1", n_valid=1, score=80.0, score_low=70.0, score_high=90.0, rank=1, rank_low=1, rank_high=2,
        rank_low_joint=1, rank_high_joint=3, attainment_level="высокий", previous_rank=1, ranked=True, reason="",
    )  # fmt: skip
    medians = pd.DataFrame({"group": ["А", "Б"], "indicator": code, "median": [55.55, 66.66], "n_schools": [6, 6]})
    return {
        "schools": schools, "indicators": indicators, "changes": changes, "rankings": rankings,
        "group_medians": medians.assign(period="2022H1", n_ranked=4),
        "submissions": schools[["school_id"]].assign(period="2022H1", status="on_time"),
        "indicator_history": now[now["level"] == "city"].assign(period="2022-03"),
    }  # fmt: skip


@pytest.mark.parametrize("school", SCHOOLS)
def test_a_card_is_a_part_of_the_whole_edition(tables, settings, school):
    """Judged by its own group alone, a card shows what the rules over all tables would let it show."""
    privacy = settings.project.privacy
    whole = protect(tables, "card", privacy, schools=tables["schools"], settings=settings, own_school=school).tables
    card = protected_tables(tables, "card", settings, school)
    assert set(card) == set(CARD_TABLES) & set(tables)
    own = {name: opening._own(whole[name], school).reset_index(drop=True) for name in card}
    own = {name: frame[list(CARD_TABLES[name] or frame.columns)] for name, frame in own.items()}
    for name, expected in opening._no_more_than(opening.of_others(tables, settings), own).items():
        pd.testing.assert_frame_equal(card[name], expected)
    assert set(card["indicators"]["unit_id"]) == {school}
    assert list(card["schools"]["school_id"]) == [school]
    assert "score_low" not in card["rankings"]


@pytest.fixture
def prepared(tables, settings, tmp_path, monkeypatch):
    """A folder in which a card was prepared for a notebook."""
    now, before = settings.parse_period("2022H1"), settings.parse_period("2021H1")
    report = report_of(tables, settings, now, before, "card", "s3", demo=True)
    (tmp_path / PREPARED_FILE).write_bytes(report_to_bytes(report))
    monkeypatch.chdir(tmp_path)
    return report


def test_a_prepared_report_is_opened_without_the_tables(prepared):
    report = open_report("2022H1", "2021H1", edition="card", school="s3")
    pd.testing.assert_frame_equal(report.indicators, prepared.indicators)
    assert report.settings == prepared.settings
    assert report.demo
    assert report.school_names == {"s3": "Школа s3"}


@pytest.mark.parametrize(
    ("period", "edition", "school"), [("2022H1", "working", ""), ("2022H1", "card", "s4"), ("2021H1", "card", "s3")]
)
def test_a_notebook_opens_nothing_but_what_was_prepared_for_it(prepared, period, edition, school):
    with pytest.raises(RequestError, match="Передайте в open_report"):
        open_report(period, "2021H1", edition=edition, school=school)


def test_a_prepared_report_keeps_every_value_and_type(tables, settings):
    """None, NaN and their names apart, whole numbers with gaps, dates, digits of floats; params as they were."""
    now, before = settings.parse_period("2021-2025").known_through(["2022"]), settings.parse_period("2021")
    odd = pd.DataFrame({
        "number": [0.1 + 0.2, float("nan")], "whole": pd.array([2**53 + 1, None], dtype="Int64"), "flag": [True, False],
        "text": pd.Series(["nan", None], dtype="str"), "any": pd.Series([None, float("nan")], dtype=object),
        "day": pd.Series([date(2022, 6, 20), "2022-06-20"], dtype=object),
    })  # fmt: skip
    report = PeriodReport(settings, now, before, "working", {**tables, "odd": odd, "empty": odd.iloc[:0]}, "", True)
    again = report_from_bytes(report_to_bytes(report))
    assert dataclasses.replace(again, tables={}) == dataclasses.replace(report, tables={})
    assert digest_of(again) == digest_of(report)
    assert list(again.tables) == list(report.tables)
    for name, frame in report.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], frame, check_exact=True)


def test_a_prepared_report_holds_values_not_code(tables, settings):
    now, before = settings.parse_period("2022H1"), settings.parse_period("2021H1")
    unknown = pd.DataFrame({"call": pd.Series([print], dtype=object)})
    with pytest.raises(TypeError, match="builtin_function"):
        report_to_bytes(PeriodReport(settings, now, before, "working", {"t": unknown}))
    with pytest.raises(ValueError, match="codec|JSON|Expecting"):
        report_from_bytes(pickle.dumps(print))
