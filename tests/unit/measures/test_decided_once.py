"""What the meeting's, the public edition and all cards rest on is decided once for a report, and for that report alone."""

import pandas as pd
import pytest

from analysis.measures import disclosure_verdicts
from analysis.measures.disclosure import of_other_schools, protect
from tests.unit.measures.disclosure_kit import SETTINGS, random_city

PRIVACY = SETTINGS.project.privacy
STRICTER = PRIVACY.model_copy(update={"min_count": 8})


@pytest.fixture
def decided(monkeypatch):
    """Every decision that is made anew: the number of its rows."""
    made, hidden_rows = [], disclosure_verdicts.hidden_rows

    def counted(rows, *args, **options):
        made.extend([len(rows)] if options["leaf"] == "school" else [])
        return hidden_rows(rows, *args, **options)

    monkeypatch.setattr(disclosure_verdicts, "hidden_rows", counted)
    monkeypatch.setattr(disclosure_verdicts, "_DECIDED_LAST", [])
    return made


def indicators(city, edition, privacy=PRIVACY):
    tables, schools = city
    return protect(tables, edition, privacy, schools=schools, settings=SETTINGS).tables["indicators"]


def test_both_editions_and_what_cards_say_of_others_ask_once(decided):
    tables, schools = city = random_city(3, 12, small=True)
    names = ["school_id", "group", "period", "score", "rank", "rank_low", "rank_high", "n_valid", "ranked"]
    rankings = pd.DataFrame(columns=[*names, "attainment_level", "rank_low_joint", "rank_high_joint"])
    medians = pd.DataFrame(columns=["group", "indicator", "median", "n_schools"])
    assert indicators(city, "meeting")["suppressed"].notna().any()
    indicators(city, "public")
    helpers = {"rankings": rankings, "group_medians": medians}
    of_other_schools(tables | helpers, PRIVACY, schools=schools, settings=SETTINGS)
    assert len(decided) == 1


def test_other_figures_or_limits_are_decided_anew_and_the_answer_is_as_without_memory(decided):
    city, other = random_city(3, 12, small=True), random_city(4, 12, small=True)
    changed = {name: frame.copy() for name, frame in city[0].items()}
    at = changed["indicators"].query("level == 'school' and numerator > 9").index[0]
    changed["indicators"].loc[at, "numerator"] -= 1
    asked = [(city, PRIVACY), (other, PRIVACY), ((changed, city[1]), PRIVACY), (city, STRICTER), (city, PRIVACY)]
    answers = [indicators(one, "public", privacy) for one, privacy in asked]
    assert len(decided) == len(asked)
    for (one, privacy), answer in zip(asked, answers, strict=True):
        indicators(one, "meeting", privacy)  # now remembered
        pd.testing.assert_frame_equal(indicators(one, "public", privacy), answer)


def test_what_is_done_with_an_answer_does_not_change_the_next(decided):
    city = random_city(3, 12, small=True)
    first = indicators(city, "meeting")
    [(_, _, remembered)] = disclosure_verdicts._DECIDED_LAST
    before = remembered.copy()
    indicators(city, "public")
    pd.testing.assert_frame_equal(remembered, before)
    pd.testing.assert_frame_equal(indicators(city, "meeting"), first)
    assert len(decided) == 1
    disclosure_verdicts.forget()
    pd.testing.assert_frame_equal(indicators(city, "meeting"), first)
    assert len(decided) == 2
