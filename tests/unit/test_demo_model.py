"""The demo city's true values keep every rule that schools' values must keep."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.demo import KNOWN_MEASURES, DemoError, true_values
from analysis.demo.chance import school_shares
from analysis.demo.levels import Share
from analysis.demo.model import form_months
from analysis.demo.participation import schools_with
from analysis.demo.roster import CLOSED, GROUP_SIZE, OPENED, SILENT, demo_schools
from analysis.params.indicators import Measure
from analysis.settings import load_settings

PARAMS = Path(__file__).resolve().parents[2] / "params"
SCHOOLS = demo_schools()
IDS_OF = {group: [s.school_id for s in SCHOOLS if s.group == group] for group in "АБВГ"}


@pytest.fixture(scope="module")
def settings():
    return load_settings(PARAMS)


@pytest.fixture(scope="module")
def values(settings):
    return true_values(settings)


@pytest.fixture(scope="module")
def table(values):
    """Schools × (period, measure)."""
    return values.pivot(index="school_id", columns=["period", "measure"], values="value")


def reports(settings, table):
    """One frame per moment of reporting: all measures that stand side by side in a form."""
    for month in form_months(settings):
        yield month.key, table[month.key]
    yield "2020H2", table["2020H2"]
    yield "2021H1", pd.concat([table["2021H1"], table["2021"].drop(columns=table["2021H1"], errors="ignore")], axis=1)
    for month, half, year in (("2021-12", "2021H2", None), ("2022-06", "2022H1", "2022"), ("2022-12", "2022H2", None)):
        parts = [table[month], table[half]] + ([table[year]] if year else [])
        joined = pd.concat(parts, axis=1)
        yield f"{month} whole", joined.loc[:, ~joined.columns.duplicated()]


def test_values_are_counts_known_once(values):
    assert list(values.columns) == ["school_id", "period", "measure", "value"]
    assert not values.duplicated(["school_id", "period", "measure"]).any()
    assert ((values["value"] >= 0) & (values["value"] % 1 == 0)).all()
    assert values["school_id"].nunique() == 49


def test_the_same_values_every_time(settings, values):
    pd.testing.assert_frame_equal(true_values(settings), values)


def test_parts_never_exceed_wholes(settings, table):
    rules = [rule for check in settings.checks if check.kind == "at_most" for rule in check.rules]
    checked = set()
    for name, report in reports(settings, table):
        for rule in rules:
            left, right = (side.strip() for side in rule.split("<="))
            parts = [part.strip() for part in left.split("+")]
            if {*parts, right} <= set(report.columns):
                checked.add(rule)
                broken = report[parts].sum(axis=1, min_count=len(parts)) > report[right]
                assert not broken.any(), (rule, name, broken[broken].index.tolist())
    assert checked == set(rules)


def test_cumulative_values_grow_from_september_to_august(settings, table):
    cumulative = [m.code for m in settings.measures if m.type == "C" and m.on_sheet("month", 7)]
    months = [month.key for month in form_months(settings)]
    for before, after in zip(months, months[1:], strict=False):
        growth = table[after][cumulative] - table[before][cumulative]
        if after.endswith("-09"):
            assert growth[["tested", "covered", "par"]].sum().max() < 0
        else:
            assert (growth.fillna(0) >= 0).all(axis=None), after
    assert (table["2022H1", "tested9"] - table["2021H2", "tested9"]).dropna().min() >= 0


def test_flows_add_up(settings, table):
    for code in ("events", "pubs"):
        for half in ("2021H2", "2022H1", "2022H2"):
            months = [month.key for month in settings.parse_period(half).months()]
            total = sum(table.get((month, code)).fillna(0) for month in months)
            given = table[half, code]
            assert (total[given.notna()] == given.dropna()).all(), (code, half)
    for code in ("events", "pubs", "ws_part", "ws_win", "conf"):
        for year, halves in (("2021", ("2020H2", "2021H1")), ("2022", ("2021H2", "2022H1"))):
            total = sum(table[half, code] for half in halves)
            pd.testing.assert_series_equal(total.dropna(), table[year, code].dropna(), check_names=False)


def test_contingents_are_steady_within_a_school_year(table):
    for year in (2021, 2022):
        months = [f"{year}-{m:02d}" for m in range(9, 13)] + [f"{year + 1}-{m:02d}" for m in range(1, 9)]
        pupils = table.loc[:, [(m, "N5_11") for m in months if (m, "N5_11") in table.columns]].dropna()
        assert (pupils.max(axis=1) / pupils.min(axis=1)).max() < 1.04


def test_groups_follow_the_number_of_pupils(table):
    for month in ("2021-09", "2022-06"):
        pupils = table[month, "N5_11"]
        assert (pupils[IDS_OF["Б"]] >= GROUP_SIZE).all()
        assert (pupils[IDS_OF["В"]].dropna() < GROUP_SIZE).all()
        assert pupils[IDS_OF["Г"]].isna().all()


def test_primary_schools_report_only_their_measures(settings, values):
    allowed = {measure.code for measure in settings.measures_for("Г")}
    assert set(values.loc[values["school_id"].isin(IDS_OF["Г"]), "measure"]) == allowed


def test_closed_and_opened_school(values):
    periods = values.groupby("school_id")["period"].agg(set)
    assert max(p for p in periods[CLOSED] if "-" in p) == "2022-01"
    assert not periods[CLOSED] & {"2022H1", "2022"}
    assert min(periods[OPENED]) == "2021-09"
    assert {"2020H2", "2021H1", "2022H1"} <= periods[SILENT]


def test_few_pupils_with_special_needs(table):
    share = table["2022-06", "N_ovz"].sum() / table["2022-06", "N5_11"].sum()
    assert 0.02 <= share <= 0.04
    assert (table["2022", "N_ovz14"].dropna() < 15).all()


def city_value(settings, table, code, year):
    indicator = settings.indicator(code)
    places = (year, f"{year}H1", f"{int(year) - 1}H2") + ((f"{year}-06",) if year == "2022" else ())
    columns = [
        next(table[place][measure] for place in places if measure in table[place]) for measure in indicator.measures
    ]
    counts = pd.concat(columns, axis=1).dropna()
    numerator = counts.iloc[:, : len(indicator.numerator)].to_numpy().sum()
    denominator = counts.iloc[:, -1].sum() if indicator.denominator else len(counts)
    return numerator / denominator * indicator.scale


def test_city_stands_near_its_targets(settings, table):
    reached, rose = [], []
    for indicator in settings.indicators:
        if indicator.denominator == "due_forms" or 2022 not in indicator.targets:
            continue
        before, now = (city_value(settings, table, indicator.code, year) for year in ("2021", "2022"))
        target = indicator.targets[2022]
        assert 0.75 <= now / target <= 1.3, (indicator.code, now)
        reached.append(now >= target)
        rose.append(now > before)
    assert 8 <= sum(reached) <= len(reached) - 8
    assert len(rose) - 4 <= sum(rose) < len(rose)
    assert city_value(settings, table, "П12", "2022") < city_value(settings, table, "П12", "2021") - 3


def test_school_shares_are_plausible(settings, table):
    for code, month in (("П04", "2022-06"), ("П06", "2022-06"), ("П12", "2022-06")):
        indicator = settings.indicator(code)
        share = table[month, indicator.numerator[0]] / table[month, indicator.denominator] * 100
        assert share.dropna().between(*indicator.plausible).all(), code


@pytest.mark.parametrize("known", KNOWN_MEASURES, ids=lambda known: known.code)
def test_known_effects_are_in_the_values(settings, table, known):
    base = settings.indicator(known.indicator).denominator
    before, after = (
        table[p, known.measure] / table[q, base] for p, q in (("2021H1", "2021H1"), ("2022-06", "2022-06"))
    )
    change = (after - before).dropna()
    took_part = change.index.isin(schools_with(known, SCHOOLS))
    assert took_part.sum() == known.n_schools
    difference = change[took_part].mean() - change[~took_part].mean()
    assert abs(difference - known.effect) < 0.04


def test_level_of_the_city_is_met_exactly():
    weights = np.array([200, 500, 900, 40])
    shares = school_shares(Share("tested", "N5_11", (0.4, 0.5, 0.6)), 0.57, weights, 2021)
    assert (weights * shares).sum() / weights.sum() == pytest.approx(0.57, abs=1e-9)


def test_a_measure_the_model_does_not_know_is_named(settings):
    stranger = Measure(code="new_one", name="Новая мера", unit="чел.", type="S", asked=[{"sheet": "month"}])
    measures = (*settings.measures, stranger)
    changed = replace(settings, indicator_set=settings.indicator_set.model_copy(update={"measures": measures}))
    with pytest.raises(DemoError, match="«new_one»"):
        true_values(changed)
