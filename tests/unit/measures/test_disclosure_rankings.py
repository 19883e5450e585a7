"""Scores, places and levels of schools with hidden figures."""

import pandas as pd
import pytest

from analysis.measures.disclosure import protect
from analysis.measures.disclosure_rankings import telling
from tests.unit.measures.disclosure_kit import PERIODS, SETTINGS, city_of

PRIVACY = SETTINGS.project.privacy
SECONDARY = "скрыто, чтобы нельзя было вычислить соседнее значение"
LEVELS = {
    "s101": "достигнут",
    "s102": "близко к достижению",
    "s103": "близко к достижению",
    "s104": "требует поддержки",
}


def ranking(scores, group="А"):
    """The contract table ``rankings`` of one group, best first."""
    ids = [f"s{101 + i}" for i in range(len(scores))]
    places = list(range(1, len(scores) + 1))
    return pd.DataFrame(
        {
            "school_id": ids, "group": group, "period": PERIODS[0], "n_valid": 10, "score": scores,
            "score_low": [s - 5 for s in scores], "score_high": [s + 5 for s in scores], "rank": places, "rank_low": 1,
            "rank_high": len(scores), "rank_low_joint": 1, "rank_high_joint": len(scores),
            "attainment_level": [LEVELS[one] for one in ids], "previous_rank": places, "ranked": True, "reason": "",
        }
    )  # fmt: skip


def hidden(school, now, span, need=None):
    """One hidden attainment: points it adds to the score, from–to of what a reader allows, and of what must stay."""
    least, most = need or (float("nan"), float("nan"))
    return {"school_id": school, "period": PERIODS[0], "now": now, "least": span[0], "most": span[1],
        "need_least": least, "need_most": most}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "place", "level"),
    [
        # s102 has 80 points; with 5 fewer it would stay above s103 (70), with 4 more below s101 (90)
        ([hidden("s102", 6, (1, 10), (1, 10))], False, False),
        # with 12 more points it would pass s101, which has another level too
        ([hidden("s102", 6, (1, 18), (1, 18))], True, True),
        # with 11 fewer it would fall behind s103, which has the same level
        ([hidden("s102", 12, (1, 12), (1, 12))], True, False),
        # another hidden figure that may be lower makes up for the rise, one that may be higher for the fall
        ([hidden("s102", 6, (1, 18), (1, 18)), hidden("s102", 5, (1, 5))], False, False),
        ([hidden("s102", 12, (1, 12), (1, 12)), hidden("s102", 5, (5, 9))], False, False),
        # a figure hidden only for others' sake may have any place
        ([hidden("s102", 6, (1, 18))], False, False),
    ],
)
def test_places_and_levels_that_rule_out_a_value(cells, place, level):
    frame = ranking([90.0, 80.0, 70.0, 60.0])
    places, levels = telling(frame, pd.DataFrame(cells))
    assert places.to_list() == [False, place, False, False]
    assert levels.to_list() == [False, level, False, False]


def test_a_shared_place_tells_the_exact_score():
    frame = ranking([90.0, 80.0, 80.0, 60.0])
    places, _ = telling(frame, pd.DataFrame([hidden("s102", 6, (5, 7), (5, 7))]))
    assert places.to_list() == [False, True, False, False]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        # alone on its step between 90 and 70: with 12 more points it would pass s101
        ([1, 2, 3, 3], True),
        # one step with s101: whichever of the two is ahead, the step is the same
        ([1, 1, 2, 2], False),
        ([1, 1, 1, 1], False),
    ],
)
def test_steps_that_rule_out_a_value(steps, told):
    frame = ranking([90.0, 80.0, 70.0, 60.0]).assign(step=steps)
    answers = telling(frame, pd.DataFrame([hidden("s102", 6, (1, 18), (1, 18))]))
    assert answers[2].to_list() == [False, told, False, False]


def meeting(scores, places=True, participants=(2, 40, 50, 60), steps=(1, 1, 2, 2)):
    tables, schools = city_of(group=["А"] * 4, ws_part=list(participants), N8_11=[200] * 4)
    sensitivity = pd.DataFrame({"school_id": ["s101"], "period": PERIODS[0], "scenario": "weights", "rank_mean": 1.5})
    counts = pd.DataFrame({"group": ["А"] * 2, "attainment_level": ["достигнут", "требует поддержки"], "n": [2, 2]})
    tables |= {"rankings": ranking(scores), "sensitivity": sensitivity, "level_counts": counts}
    tables |= {"place_steps": tables["rankings"][["school_id", "group", "period"]].assign(step=list(steps))}
    privacy = PRIVACY.model_copy(update={"meeting_places": places})
    return protect(tables, "meeting", privacy, schools=schools, settings=SETTINGS).tables


def test_score_of_a_school_with_a_hidden_figure_is_hidden():
    # 2 of 200 pupils = 1 per 100 of 1.5: 67 % of the target, 6.7 of 10 indicators' points; at most 10, at least 3.3
    table = meeting([90.0, 80.0, 70.0, 60.0])["rankings"].set_index("school_id")
    touched = ["s101", "s102", "s103"]
    assert table.loc[touched, ["score", "score_low", "score_high"]].isna().all(axis=None)
    assert table.loc["s104", "score"] == 60
    assert table["rank"].to_list() == [1, 2, 3, 4]
    assert table["attainment_level"].notna().all()
    assert table.loc["s101", "suppressed"] == SECONDARY


def test_exact_places_of_the_group_go_together_and_intervals_stay():
    # the neighbour is half a point below: place 1 would rule out that there was one participant only,
    # unless the two others hidden with it could have changed places with it – they cannot: they are above the target
    tables = meeting([90.0, 89.5, 70.0, 60.0])
    table = tables["rankings"].set_index("school_id")
    assert table["rank"].isna().all()
    assert table[["rank_low", "rank_high", "rank_low_joint"]].notna().all(axis=None)
    assert pd.isna(table.loc["s101", "attainment_level"])
    assert table.loc["s104", "attainment_level"] == "требует поддержки"
    # and the number of schools at each level would tell the hidden one
    assert tables["level_counts"]["n"].isna().all()


def test_steps_are_shown_like_levels():
    # s101 may have up to 3.3 points more or fewer; the next school is 10 points below, or half a point
    assert meeting([90.0, 80.0, 70.0, 60.0])["place_steps"]["step"].to_list() == [1, 1, 2, 2]
    telling_one = meeting([90.0, 89.5, 70.0, 60.0], steps=(1, 2, 3, 3))["place_steps"].set_index("school_id")
    assert pd.isna(telling_one.loc["s101", "step"])
    assert telling_one.loc["s101", "suppressed"] == SECONDARY
    assert telling_one.loc["s104", "step"] == 3
    assert meeting([90.0, 80.0, 70.0, 60.0], places=False)["place_steps"]["step"].isna().all()


def test_no_places_at_all_when_privacy_says_so():
    tables = meeting([90.0, 80.0, 70.0, 60.0], places=False)
    table = tables["rankings"]
    assert (
        table[["rank", "rank_low", "rank_high", "rank_low_joint", "rank_high_joint", "previous_rank"]]
        .isna()
        .all(axis=None)
    )
    assert table["attainment_level"].notna().all()
    assert tables["sensitivity"].empty
    assert table.set_index("school_id").loc["s104", "suppressed"] == "места не показываются"


def test_nothing_hidden_nothing_lost():
    tables = meeting([90.0, 80.0, 70.0, 60.0], participants=(30, 40, 50, 60))
    assert tables["rankings"]["suppressed"].isna().all()
    assert tables["rankings"]["score"].to_list() == [90, 80, 70, 60]
    assert tables["level_counts"]["n"].to_list() == [2, 2]


def test_public_has_no_rankings_and_the_card_its_own_row():
    tables, schools = city_of(group=["А"] * 4, ws_part=[2, 40, 50, 60], N8_11=[200] * 4)
    counts = pd.DataFrame({"group": ["А", "Б"], "attainment_level": "достигнут", "n": [4, 1]})
    tables |= {"rankings": ranking([90.0, 80.0, 70.0, 60.0]), "level_counts": counts}
    tables |= {"place_steps": tables["rankings"][["school_id", "group", "period"]].assign(step=1)}
    by = {"schools": schools, "settings": SETTINGS}
    public = protect(tables, "public", PRIVACY, **by).tables
    assert public["rankings"].empty
    assert public["place_steps"].empty
    assert list(public["rankings"].columns) == [*tables["rankings"].columns, "suppressed"]
    # one ranked school in a group: its level is a school's position
    assert public["level_counts"]["n"].isna().to_list() == [False, True]
    card = protect(tables, "card", PRIVACY, own_school="s101", **by).tables["rankings"]
    assert card[["school_id", "score", "rank"]].to_numpy().tolist() == [["s101", 90.0, 1]]
