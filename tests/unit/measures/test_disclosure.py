"""What each edition hides, table by table, in cities small enough to check by hand."""

import doctest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.measures.disclosure import protect
from analysis.measures.disclosure_breaches import breaches
from analysis.measures.disclosure_tables import made_of_hidden
from tests.unit.measures.disclosure_kit import AT, PERIODS, SETTINGS, changes_of, city_of, random_city

SECONDARY = "скрыто, чтобы нельзя было вычислить соседнее значение"
PRIVACY = SETTINGS.project.privacy
NOW, BEFORE = PERIODS


def edition_of(tables, schools, edition="meeting", own_school=None, privacy=PRIVACY):
    return protect(tables, edition, privacy, schools=schools, settings=SETTINGS, own_school=own_school)


def by_unit(protected, indicator, period=NOW):
    """Rows of one indicator by unit."""
    table = protected.tables["indicators"]
    return table[(table["indicator"] == indicator) & (table["period"] == period)].set_index("unit_id")


def contest(participants, pupils=None, groups=None):
    """A city of П13: participants of contests among pupils of grades 8–11."""
    size = len(participants)
    return city_of(group=groups or ["А"] * size, ws_part=participants, N8_11=pupils or [200] * size)


def test_small_count_is_hidden_with_two_others_in_its_group():
    # one other would do for a reader, but the head of that school knows its figure
    rows = by_unit(edition_of(*contest([3, 40, 12, 25])), "П13")
    assert rows["suppressed"].to_dict() == {
        "city": SECONDARY, "А": SECONDARY, "s101": "менее 5", "s102": None, "s103": SECONDARY, "s104": SECONDARY,
    }  # fmt: skip
    assert (
        rows.loc[["s101", "s103", "s104"], ["numerator", "value", "attainment", "ci_low", "ci_high"]]
        .isna()
        .all(axis=None)
    )
    assert rows.loc["s101", "denominator"] == 200
    # of the totals only the intervals go: they rest on the spread of hidden figures
    assert rows.loc["А", ["numerator", "value"]].to_list() == [80, 10.0]
    assert rows.loc[["city", "А"], ["ci_low", "ci_high"]].isna().all(axis=None)


def test_zero_and_five_are_printed():
    rows = by_unit(edition_of(*contest([0, 5, 40, 12])), "П13")
    assert rows["suppressed"].isna().all()
    assert rows.loc["s101", "numerator"] == 0


def test_people_outside_the_numerator_are_people_too():
    tables, schools = city_of(group=["А"] * 4, to10=[30, 20, 20, 20], to_spo=[27, 20, 20, 20], grad9=[60, 60, 60, 60])
    rows = by_unit(edition_of(tables, schools), "П23")
    assert rows.loc["s101", "suppressed"] == "остальных менее 5"
    assert np.isnan(rows.loc["s101", "numerator"])
    # a rate is not a part of its denominator: nobody is «outside»
    assert by_unit(edition_of(*contest([198, 40, 12])), "П13")["suppressed"].isna().all()


def test_small_denominator_hides_share_and_numerator_but_not_the_contingent():
    tables, schools = city_of(group=["А"] * 4, ovz_cov=[6, 10, 12, 15], N_ovz=[8, 20, 22, 25])
    rows = by_unit(edition_of(tables, schools), "П16")
    assert rows.loc["s101", "suppressed"] == "малый знаменатель"
    assert rows.loc["s101", ["numerator", "value"]].isna().all()
    assert rows.loc["s101", "denominator"] == 8


def test_small_contingent_is_hidden_too():
    tables, schools = city_of(group=["А"] * 5, ovz_cov=[1, 10, 12, 15, 20], N_ovz=[2, 20, 22, 25, 40])
    rows = by_unit(edition_of(tables, schools), "П16")
    assert np.isnan(rows.loc["s101", "denominator"])
    hidden = rows[rows["denominator"].isna()]
    assert hidden.index.to_list() == ["s101", "s102", "s103"]
    assert hidden["numerator"].isna().all()


def test_a_school_to_which_an_indicator_applies_has_somebody():
    # 15 in eight schools: beside the printed 6 nine are left for seven, who have one at least each, so none has four
    pupils = [3, 1, 1, 1, 6, 1, 1, 1]
    tables, schools = city_of(group=["А"] * 8, abil=[1, 0, 0, 0, 3, 0, 0, 0], N_ovz14=pupils)
    protected = edition_of(tables, schools)
    assert breaches(tables, protected.tables, schools=schools, settings=SETTINGS).empty
    rows = by_unit(protected, "П15")
    printed = rows.assign(
        denominator=rows["denominator"].where(~rows.index.isin(["city", "А", "s105"]), [15, 15, *pupils])
    )
    bare = protected.tables | {"indicators": printed.reset_index()}
    found = breaches(tables, bare, schools=schools, settings=SETTINGS)
    assert "s102" in set(found.loc[found["count"] == "denominator", "unit_id"])


def test_a_contingent_hidden_in_one_indicator_is_hidden_in_all():
    tables, schools = city_of(
        group=["А"] * 5, tested=[2, 100, 100, 100, 90], N5_11=[4, 200, 200, 210, 220], events=[1, 2, 3, 4, 5]
    )
    protected = edition_of(tables, schools)
    tests, events = by_unit(protected, "П04"), by_unit(protected, "П07")
    assert np.isnan(tests.loc["s101", "denominator"])
    assert events["denominator"].isna().to_list() == tests["denominator"].isna().to_list()
    # events are not people, but a rate over a hidden contingent would give it away
    assert events.loc["s101", "numerator"] == 1
    assert events.loc["s101", ["value", "ci_low", "ci_high"]].isna().all()


def test_winners_are_counted_among_participants_of_another_indicator():
    # one school in the only group: its 3 participants are the city's, and the city's are the denominator of П14
    tables, schools = city_of(group=["А"], ws_part=[3], ws_win=[1], N8_11=[200])
    rows = by_unit(edition_of(tables, schools), "П14")
    assert rows.loc["city", ["numerator", "denominator", "value"]].isna().all()


def test_counts_of_schools_and_events_are_never_hidden():
    tables, schools = city_of(
        group=["А"] * 3 + ["Б"] * 3, plan=[1, 0, 1] * 2, events=[1, 2, 3] * 2, N5_11=[100, 200, 300] * 2
    )
    for edition in ("meeting", "public"):
        table = edition_of(tables, schools, edition).tables["indicators"]
        assert table["suppressed"].isna().all()
        assert table["value"].notna().all()


def test_one_school_in_a_group_hides_the_groups_total_and_another_groups():
    rows = by_unit(edition_of(*contest([3, 20, 30, 40, 50], groups=["А", "Б", "Б", "Б", "Б"])), "П13")
    assert rows["numerator"].isna().to_dict() == {
        "city": False, "А": True, "Б": True, "s101": True, "s102": True, "s103": True, "s104": False, "s105": False,
    }  # fmt: skip


def test_labels_under_a_small_total_do_not_add_up_against_it():
    # groups А: 2 + 1 = 3. «менее 5» at every school would leave at least 2 for the total and at most 3 for each
    tables, schools = contest([2, 1, 0, 40, 50, 60, 70], groups=["А", "А", "А", "Б", "Б", "Б", "Б"])
    protected = edition_of(tables, schools)
    rows = by_unit(protected, "П13")
    assert rows.loc["А", "suppressed"] == "менее 5"
    assert rows.loc[["s101", "s102"], "suppressed"].to_list() == [SECONDARY, SECONDARY]
    assert breaches(tables, protected.tables, schools=schools, settings=SETTINGS).empty
    # the record knows the rule all the same
    record = protected.record.set_index("unit_id")
    assert record.loc["s101", "rule"] == "few"


def test_public_edition_has_groups_and_city_only():
    tables, schools = contest([3, 20, 30, 40, 50, 60], groups=["А", "Б", "Б", "Б", "Б", "Б"])
    rows = by_unit(edition_of(tables, schools, "public"), "П13")
    assert rows.index.to_list() == ["city", "А", "Б"]
    assert rows.loc["А", "suppressed"] == "менее 5"
    assert rows.loc["Б", "suppressed"] == SECONDARY
    assert rows.loc["city", "numerator"] == 203


def test_public_total_of_one_school_is_a_school():
    tables, schools = contest([30, 20, 30, 40], groups=["А", "Б", "Б", "Б"])
    rows = by_unit(edition_of(tables, schools, "public"), "П13")
    assert rows.loc["А", "suppressed"] == "менее 3 школ"
    assert rows.loc["Б", ["numerator", "value"]].isna().all()
    assert rows.loc["city", "numerator"] == 120


def test_card_hides_totals_that_give_away_the_others():
    tables, schools = contest([30, 2, 1, 40, 50], groups=["А", "А", "А", "Б", "Б"])
    rows = by_unit(edition_of(tables, schools, "card", "s101"), "П13")
    assert rows.index.to_list() == ["city", "А", "s101"]
    assert rows.loc["А", ["numerator", "denominator", "value"]].isna().all()
    assert rows.loc["city", "numerator"] == 123
    # a head of the other group can subtract nothing small
    other = by_unit(edition_of(tables, schools, "card", "s104"), "П13")
    assert other.loc["s104", "numerator"] == 40
    # … but the group has one other school, whose figure would be the difference
    assert np.isnan(other.loc["Б", "numerator"])


def test_own_small_figures_are_plain_in_the_card():
    rows = by_unit(edition_of(*contest([3, 20, 30, 40]), "card", "s101"), "П13")
    assert rows.loc["s101", ["numerator", "value", "suppressed"]].to_list() == [3, 1.5, None]


def two_periods(now, before):
    """П13 in two periods and its changes, from participants of each."""
    first, schools = contest(now)
    second, _ = contest(before)
    table = pd.concat([first["indicators"], second["indicators"].assign(period=BEFORE)], ignore_index=True)
    return {"indicators": table, "changes": changes_of(table, schools)}, schools


def test_change_goes_with_either_periods_value():
    tables, schools = two_periods([30, 40, 50, 60], [3, 20, 30, 40])
    changes = edition_of(tables, schools).tables["changes"].set_index("unit_id")
    hidden = ["change", "ci_low", "ci_high", "p_value", "p_adjusted", "effect", "verdict", "baseline_value"]
    assert changes.loc["s101", hidden].isna().all()
    assert changes.loc["s101", "value"] == 15
    assert changes.loc["s101", "suppressed"] == "менее 5"
    assert changes.loc["s104", "change"] == 10
    # the adjusted p of one school tells the place of the hidden one's p
    assert changes.loc["s104", ["p_value", "verdict", "p_adjusted"]].isna().to_list() == [False, False, True]
    # of the city the change and its verdict stay, not the test, which rests on every school's change
    assert changes.loc["city", ["change", "verdict"]].notna().all()
    assert changes.loc["city", ["ci_low", "ci_high", "p_value", "p_adjusted", "effect"]].isna().all()


def test_an_adjusted_p_made_of_a_hidden_one_is_hidden():
    # Holm over 0.001, 0.02, 0.03: 3 · 0.001, 2 · 0.02 and, since it may not be less, 0.04 again
    p, adjusted = pd.Series([0.03, 0.02, 0.001, 0.9]), [0.04, 0.04, 0.003, 1.0]
    shown = pd.DataFrame({"level": "city", "p_value": p.mask(p == 0.02), "p_adjusted": adjusted})
    assert made_of_hidden(shown, p).to_list() == [True, True, False, False]
    assert not made_of_hidden(shown.assign(p_value=p), p).any()


def test_change_whose_baseline_is_not_in_the_tables_is_hidden():
    tables, schools = two_periods([30, 40, 50, 60], [35, 20, 30, 40])
    only_now = tables["indicators"][tables["indicators"]["period"] == NOW]
    changes = edition_of(tables | {"indicators": only_now}, schools).tables["changes"]
    assert changes["value"].notna().all()
    assert changes[["baseline_value", "change"]].isna().all(axis=None)


def test_matched_totals_do_not_give_away_a_school_of_one_period():
    tables, schools = two_periods([30, 40, 50, 60, 3], [35, 20, 30, 40, 10])
    table = tables["indicators"]
    gone = (table["unit_id"] == "s105") & (table["period"] == BEFORE)
    table.loc[gone, ["numerator", "value", "attainment"]] = np.nan
    table.loc[gone, "status"] = "missing"
    total = (table["level"] != "school") & (table["period"] == BEFORE)
    table.loc[total, ["numerator", "denominator", "n_schools"]] = [125, 800, 4]
    table.loc[total, "value"] = 100 * 125 / 800
    changes = changes_of(table, schools)
    assert 100 * 180 / 800 in set(changes.loc[changes["level"] == "city", "value"])  # without the fifth's 3 of 200
    for edition in ("meeting", "public"):
        protected = edition_of({"indicators": table, "changes": changes}, schools, edition)
        city = protected.tables["changes"].set_index("unit_id").loc["city"]
        assert city[["value", "baseline_value", "change", "verdict"]].isna().all()


def test_periods_that_share_months_hide_together():
    tables, schools = contest([3, 40, 12, 25])
    halves = {"2022H1": [2, 22, 6, 15], "2021H2": [1, 18, 6, 10]}
    parts = [contest(counts)[0]["indicators"].assign(period=period) for period, counts in halves.items()]
    table = pd.concat([tables["indicators"], *parts], ignore_index=True)
    protected = edition_of({"indicators": table}, schools)
    hidden = [set(by_unit(protected, "П13", period).query("numerator.isna()").index) for period in (NOW, *halves)]
    assert hidden[0] == hidden[1] == hidden[2]
    assert "s101" in hidden[0]
    # «менее 5» is told once a year: two labelled halves make a year of two or more, a labelled year halves of up to 3
    labels = [by_unit(protected, "П13", period).loc["s101", "suppressed"] for period in ("2021H2", "2022H1", NOW)]
    assert labels == ["менее 5", SECONDARY, SECONDARY]
    assert breaches({"indicators": table}, protected.tables, schools=schools, settings=SETTINGS).empty


def test_an_estimate_made_of_two_schools_changes_is_not_public():
    tables, schools = contest([30, 40, 12, 25])
    tests = ["ratio_change", "permutation", "wilcoxon"]
    rows = pd.DataFrame({"period": NOW, "baseline": BEFORE, "indicator": "П13", "test": tests, "estimate": 2.0})
    rows = rows.assign(ci_low=1.0, ci_high=3.0, p_value=0.1, effect=0.2, n_pairs=4)
    public, meeting = (
        edition_of(tables | {"comparisons": rows}, schools, name).tables["comparisons"].set_index("test")
        for name in ("public", "meeting")
    )
    assert public["estimate"].isna().to_dict() == {"ratio_change": False, "permutation": False, "wilcoxon": True}
    assert public.loc["wilcoxon", ["ci_low", "ci_high"]].isna().all()
    assert public.loc["wilcoxon", "p_value"] == 0.1
    assert meeting["estimate"].notna().all()


def test_monthly_history_of_the_city_is_protected_with_the_rest():
    tables, schools = contest([3])
    table = tables["indicators"]
    history = table[table["level"] == "city"].assign(period="2022-06")
    protected = edition_of({"indicators": table, "indicator_history": history}, schools)
    row = protected.tables["indicator_history"].iloc[0]
    assert row[["numerator", "value", "ci_low"]].isna().all()
    assert row["suppressed"] is not None


def test_an_interval_of_a_month_goes_with_a_school_that_only_another_report_lists():
    tables, schools = contest([3, 40, 12, 25])
    month = tables["indicators"].assign(period="2019-11")
    given = tables | {"indicator_parts": month, "indicator_history": month[month["level"] == "city"]}
    row = edition_of(given, schools).tables["indicator_history"].iloc[0]
    assert row["value"] == 10
    assert row[["ci_low", "ci_high"]].isna().all()


def test_funnel_ranks_and_findings():
    tables, schools = contest([3, 40, 12, 25])
    ids = schools["school_id"]
    funnel = pd.DataFrame({"school_id": ids, "indicator": "П13", "value": [1.5, 20, 6, 12.5], "z": 1.0, "low95": 0.0,
        "high95": 9.0, "low998": 0.0, "high998": 9.0, "band": "inside"})  # fmt: skip
    ranks = pd.DataFrame({"school_id": ids, "group": "А", "period": NOW, "indicator": "П13", "rank": [4, 1, 3, 2],
        "rank_low": 1, "rank_high": 4})  # fmt: skip
    findings = pd.DataFrame({"severity": "error", "school_id": ids, "file": "f.xlsx", "sheet": "Месяц", "cell": "C5",
        "found": "3", "expected": "не более 2", "action": "исправить 3 на 2", "rule": "E2"})  # fmt: skip
    funnel.attrs["phi"] = 1.25
    tables |= {"funnel": funnel, "indicator_ranks": ranks, "findings": findings}
    meeting = edition_of(tables, schools).tables
    assert meeting["funnel"].set_index("school_id").loc["s101", ["value", "z", "band"]].isna().all()
    assert meeting["funnel"].set_index("school_id").loc["s102", "value"] == 20
    # the limits give the share of the schools without special conditions: the city's less these is what the others have
    assert meeting["funnel"][["z", "low95", "high998"]].isna().all(axis=None)
    assert meeting["funnel"]["band"].notna().to_list() == [False, True, False, False]
    assert meeting["funnel"].attrs == {}
    # a gap among the places would tell the place of the hidden one
    assert meeting["indicator_ranks"][["rank", "rank_low", "rank_high"]].isna().all(axis=None)
    assert meeting["findings"][["found", "expected", "action"]].isna().all(axis=None)
    assert meeting["findings"]["cell"].notna().all()
    public = edition_of(tables, schools, "public").tables
    assert all(public[name].empty for name in ("funnel", "indicator_ranks", "findings"))
    card = edition_of(tables, schools, "card", "s101").tables
    assert card["findings"]["found"].to_list() == ["3"]
    assert card["funnel"]["value"].to_list() == [1.5]
    assert card["indicator_ranks"]["rank"].to_list() == [4]


def test_comparisons_and_effects_over_hidden_schools():
    tables, schools = two_periods([30, 40, 50, 60], [3, 20, 30, 40])
    comparison = {"period": NOW, "baseline": BEFORE, "indicator": "П13", "estimate": 5.0, "ci_low": 1.0, "ci_high": 9.0,
        "p_value": 0.03, "effect": 0.4, "effect_name": "gz", "n_pairs": 4, "n_up": 4, "n_down": 0, "n_same": 0,
        "status": "ok", "primary": True}  # fmt: skip
    effect = {"measure": "Встречи", "indicator": "П13", "before": 1.0, "after": 2.0, "difference_in_differences": 1.0,
        "ci_low": 1.4, "ci_high": 9.5, "p_value": 0.04, "n_with": 2, "n_without": 2, "verdict": "эффективна"}  # fmt: skip
    tables |= {
        "comparisons": pd.DataFrame([comparison | {"test": "ratio_change"}, comparison | {"test": "wilcoxon"}]),
        "effects": pd.DataFrame([effect, effect | {"measure": "Пробы", "ci_low": 1.6}]),
    }
    meeting = edition_of(tables, schools).tables
    assert meeting["comparisons"]["estimate"].isna().to_list() == [False, True]
    # «all_zero» would say that the hidden figures are what they were
    assert meeting["comparisons"][["p_value", "n_up", "n_down", "status"]].isna().all(axis=None)
    assert meeting["effects"][["before", "after", "difference_in_differences", "p_value"]].isna().all(axis=None)
    # 3 of 200 may be 1 to 4, 1.5 points: the means of two schools move by 0.75 each
    assert meeting["effects"]["verdict"].isna().to_list() == [True, False]
    # two schools with a measure are not told to the public, nor anything of it to a single head
    assert edition_of(tables, schools, "public").tables["effects"].empty
    assert edition_of(tables, schools, "card", "s101").tables["effects"].empty


def medians(n_schools, value=6.0):
    return pd.DataFrame(
        {"group": ["А"], "indicator": ["П13"], "median": [value], "n_schools": [n_schools], "n_ranked": 5}
    )


def test_medians_need_five_schools_and_a_printable_middle():
    tables, schools = contest([3, 40, 12, 25, 30])
    card = edition_of(tables | {"group_medians": medians(5, 12.54)}, schools, "card", "s102").tables["group_medians"]
    assert card["median"].to_list() == [12.5]
    few = edition_of(tables | {"group_medians": medians(4)}, schools, "card", "s102").tables["group_medians"]
    assert few["suppressed"].to_list() == ["менее 5 школ"]
    # 3 of 200 in the middle: the median would be a hidden figure
    tables, schools = contest([0, 0, 3, 25, 30])
    hidden = edition_of(tables | {"group_medians": medians(5, 1.5)}, schools, "card", "s105").tables["group_medians"]
    assert hidden["median"].isna().all()
    # the meeting sees the other schools, so a median would place the hidden ones
    meeting = edition_of(tables | {"group_medians": medians(5)}, schools).tables["group_medians"]
    assert meeting["median"].isna().all()


def test_free_text_mail_and_recommendations():
    tables, schools = contest([10, 20, 30])
    activities = pd.DataFrame({"level": ["city", "school"], "unit_id": ["city", "s101"], "period": NOW, "activity": "2.3",
        "status": "выполнено", "n_events": 3, "evidence": ["приказ", "участвовали 3 ученика"]})  # fmt: skip
    recommendations = pd.DataFrame({"period": "2021H2", "unit_id": ["s101", "А", ""], "text": ["раз", "два", "три"]})
    tables |= {"activities": activities, "recommendations": recommendations, "schools": schools}
    meeting = edition_of(tables, schools).tables
    assert meeting["activities"]["evidence"].fillna("").to_list() == ["приказ", ""]
    assert meeting["activities"]["n_events"].to_list() == [3, 3]
    assert "email" not in meeting["schools"]
    public = edition_of(tables, schools, "public").tables
    assert public["schools"].empty
    assert public["recommendations"]["text"].to_list() == ["два", "три"]
    card = edition_of(tables, schools, "card", "s102").tables
    assert card["recommendations"]["text"].to_list() == ["два", "три"]
    assert card["schools"]["school_id"].to_list() == ["s102"]


def test_wrong_requests_are_refused():
    tables, schools = contest([10, 20, 30])
    with pytest.raises(ValueError, match="unknown edition"):
        edition_of(tables, schools, "secret")
    with pytest.raises(ValueError, match="own_school"):
        edition_of(tables, schools, "card")
    with pytest.raises(ValueError, match="no disclosure rule for tables: observations"):
        edition_of(tables | {"observations": pd.DataFrame({"value": [3]})}, schools)
    unknown = tables["indicators"].assign(indicator="П99")
    with pytest.raises(ValueError, match="П99"):
        edition_of({"indicators": unknown}, schools)


def test_other_thresholds():
    privacy = PRIVACY.model_copy(update={"min_count": 3, "min_denominator": 5})
    rows = by_unit(edition_of(*contest([2, 3, 40, 50]), privacy=privacy), "П13")
    assert rows.loc["s101", "suppressed"] == "менее 3"
    assert rows.loc["s102", "suppressed"] in (None, SECONDARY)


def test_record_names_rows_and_rules_and_no_values():
    protected = edition_of(*random_city(5, 9, small=True))
    assert list(protected.record.columns) == ["table", *AT, "rule", "reason"]
    assert set(protected.record["rule"]) <= {"few", "few_rest", "small_denominator", "secondary"}
    assert protected.counts_by_rule()["n"].sum() == len(protected.record)


def test_empty_tables_stay_empty():
    tables, schools = contest([10, 20, 30])
    tables |= {"rankings": pd.DataFrame(), "group_medians": pd.DataFrame(), "indicator_history": pd.DataFrame()}
    for edition in ("meeting", "public", "card"):
        result = edition_of(tables, schools, edition, "s101").tables
        assert result["group_medians"].empty


def test_the_method_pages_example_is_right():
    page = Path(__file__).parents[3] / "docs" / "methods" / "disclosure.md"
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.attempted >= 8
    assert result.failed == 0
