"""Reports of several periods, read together, give no more away than each alone."""

import pandas as pd
import pytest

from analysis.measures.disclosure import protect
from analysis.measures.disclosure_breaches import breaches
from analysis.measures.disclosure_periods import in_order, source_of, tilings
from tests.unit.measures.disclosure_kit import SETTINGS, city_of

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
