"""Reports of several periods, read together, give no more away than each alone."""

import pandas as pd
import pytest

from analysis.measures.disclosure import protect
from analysis.measures.disclosure_breaches import breaches, breaches_to_head
from analysis.measures.disclosure_periods import grows_into, in_order, source_of, tilings
from tests.unit.measures.disclosure_kit import SETTINGS, city_of, with_totals

ROW = ["level", "unit_id", "period", "indicator"]
# In the first half the three of s101 hide behind s103 and s104; in the second nobody has to hide.
FIRST, SECOND = [3, 40, 12, 25], [20, 41, 13, 26]


def contest(counts, period):
    tables, schools = city_of(group=["А"] * 4, ws_part=counts, N8_11=[200] * 4)
    return tables["indicators"].assign(period=period), schools


def year(counts):
    return contest(counts, "2022")[0]


def cases():
    first, schools = contest(FIRST, "2021H2")
    second, _ = contest(SECOND, "2022H1")
    whole = year([a + b for a, b in zip(FIRST, SECOND, strict=True)])
    return first, second, whole, schools


def edition(own, parts, schools, name):
    tables = {"indicators": own} | ({"indicator_parts": pd.concat(parts)} if parts else {})
    return protect(tables, name, SETTINGS.project.privacy, schools=schools, settings=SETTINGS).tables["indicators"]


@pytest.mark.parametrize("name", ["meeting", "public"])
def test_a_year_less_a_half_does_not_give_the_other_half_away(name):
    first, second, whole, schools = cases()
    halves = [edition(first, [], schools, name), edition(second, [], schools, name)]
    together = pd.concat([*halves, edition(whole, [first, second], schools, name)], ignore_index=True)
    truth = {"indicators": pd.concat([first, second, whole], ignore_index=True)}
    assert breaches(truth, {"indicators": together}, schools=schools, settings=SETTINGS).empty


def test_each_report_protected_alone_would_give_it_away():
    first, second, whole, schools = cases()
    alone = pd.concat([edition(one, [], schools, "meeting") for one in (first, second, whole)], ignore_index=True)
    truth = {"indicators": pd.concat([first, second, whole], ignore_index=True)}
    found = breaches(truth, {"indicators": alone}, schools=schools, settings=SETTINGS)
    assert ("school", "s101", "2021H2") in set(found[ROW[:3]].itertuples(index=False, name=None))


def test_what_has_been_printed_is_not_hidden_later():
    first, second, whole, schools = cases()
    later = edition(whole, [first, second], schools, "meeting").set_index("unit_id")
    assert later.loc["s102", "numerator"] == 81  # 40 + 41, both printed
    assert later.loc[["s101", "s103", "s104"], "numerator"].isna().all()
    # the halves are decided without the year, which is not there yet when they come out
    alone = edition(first, [], schools, "meeting")
    pd.testing.assert_frame_equal(alone, edition(first, [second], schools, "meeting"))


def test_a_roadmap_repeats_what_its_last_year_shows():
    first, second, whole, schools = cases()
    closing = edition(whole, [first, second], schools, "meeting")
    own = whole.assign(period="2021-2025")
    roadmap = edition(own, [whole, first, second], schools, "meeting")
    columns = ["level", "unit_id", "numerator", "denominator", "suppressed"]
    pd.testing.assert_frame_equal(roadmap[columns], closing[columns])


def test_periods_in_the_order_of_their_reports():
    assert in_order(["2022", "2022H1", "2021H2", "2022-06"]) == ["2021H2", "2022-06", "2022H1", "2022"]
    assert tilings("2022", ["2022H1", "2021H2", "2022-06"]) == [["2021H2", "2022H1"]]
    assert tilings("2022", ["2022H1"]) == []


@pytest.mark.parametrize(
    ("period", "use", "source"),
    [("2022", "", "2022"), ("2022", "H2", "2021H2"), ("2021-2025", "", "2022"), ("2022H1", "H2", "2022H1")],
)
def test_figures_are_those_of_the_period_whose_forms_gave_them(period, use, source):
    assert source_of(period, use, ["2021", "2022"]) == source


def without(table, schools, gone):
    """The table of a period when some of the schools did not exist."""
    rows = table[(table["level"] == "school") & ~table["unit_id"].isin(gone)]
    group = rows["unit_id"].map(dict(zip(schools["school_id"], schools["group"], strict=True)))
    return with_totals(rows.assign(group=group))


def found_in(own, others, schools, name="meeting", apart=False):
    """Breaches of a report and the ones before it, read together; ``apart``: decided without them."""
    before = [edition(one, others[:at], schools, name) for at, one in enumerate(others)]
    last = edition(own, [] if apart else others, schools, name)
    truth = {"indicators": pd.concat([*others, own], ignore_index=True)}
    told = {"indicators": pd.concat([*before, last], ignore_index=True)}
    return breaches(truth, told, schools=schools, settings=SETTINGS)


def test_a_school_that_has_closed_is_not_what_a_year_lacks_of_its_halves():
    first, second, _, schools = cases()
    second = without(second, schools, ["s101"])
    whole = without(year([a + b for a, b in zip(FIRST, SECOND, strict=True)]), schools, ["s101"])
    assert found_in(whole, [first, second], schools).empty
    # s103 and s104 hide it in the first half; the year less the second half would tell what they had
    apart = found_in(whole, [first, second], schools, apart=True)
    assert ("school", "s101", "2021H2") in set(apart[ROW[:3]].itertuples(index=False, name=None))
    printed = edition(whole, [first, second], schools, "meeting").set_index("unit_id")["numerator"]
    assert printed[["А", "s102"]].isna().to_list() == [True, False]


def test_public_totals_do_not_differ_by_the_few_of_a_closed_school():
    first, second, _, schools = cases()
    second = without(second, schools, ["s101"])
    whole = without(year([a + b for a, b in zip(FIRST, SECOND, strict=True)]), schools, ["s101"])
    assert found_in(whole, [first, second], schools, "public").empty
    apart = found_in(whole, [first, second], schools, "public", apart=True)
    assert "departed" in set(apart["level"])


def test_a_school_that_has_opened_adds_to_the_year_what_it_did_in_its_half():
    first, second, _, schools = cases()
    first = without(first, schools, ["s102"])
    counts = [a + b for a, b in zip([3, 0, 12, 25], SECOND, strict=True)]
    assert found_in(year(counts), [first, second], schools).empty


def covered(counts, period):
    tables, schools = city_of(group=["А"] * 4, ovz_cov=counts, N_ovz=[60] * 4)
    return tables["indicators"].assign(period=period), schools


def test_a_count_that_only_grows_is_not_bounded_by_what_it_became():
    # in December the three of s101 hide behind s103 and s104, which had as many in June
    december, schools = covered([3, 40, 12, 25], "2021-12")
    june, _ = covered([20, 41, 12, 25], "2022-06")
    assert found_in(june, [december], schools).empty
    apart = found_in(june, [december], schools, apart=True)
    assert ("school", "s101", "2021-12") in set(apart[ROW[:3]].itertuples(index=False, name=None))
    hidden = edition(june, [december], schools, "meeting").set_index("unit_id")["numerator"].isna()
    assert not hidden["s102"]
    # a new school year begins anew
    autumn, _ = covered([20, 41, 12, 25], "2022-12")
    assert edition(autumn, [december], schools, "meeting")["numerator"].notna().all()


def test_which_periods_count_on():
    assert grows_into("2021-12", "2022-06")
    assert grows_into("2021H2", "2022")
    assert not grows_into("2022H1", "2022-12")
    assert not grows_into("2021-08", "2021-09")
    assert not grows_into("2022-06", "2022H1")


def test_a_head_with_the_own_figures_of_all_periods_learns_nothing_of_others():
    first, second, whole, schools = cases()
    parts = [first, second]
    told = pd.concat([edition(one, parts[:at], schools, "meeting") for at, one in enumerate([*parts, whole])])
    truth = {"indicators": pd.concat([*parts, whole], ignore_index=True)}
    told = {"indicators": told.reset_index(drop=True)}
    for head in schools["school_id"]:
        assert breaches_to_head(truth, told, head, schools=schools, settings=SETTINGS).empty
    # one that hides the others' three behind its own figure only would do for everybody else
    row = told["indicators"]
    open_ = row.assign(
        numerator=row["numerator"].mask(row["unit_id"] == "s103", truth["indicators"]["numerator"]),
    )
    found = breaches_to_head(truth, {"indicators": open_}, "s104", schools=schools, settings=SETTINGS)
    assert ("school", "s101", "2021H2") in set(found[ROW[:3]].itertuples(index=False, name=None))
