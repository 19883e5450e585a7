"""Places and levels of schools in the meeting edition: what of them would tell about a hidden figure.

A score is the mean of attainments, so the score of a school with one hidden indicator gives that indicator away.
Scores of such schools are hidden. Places and levels are coarser: they stay as long as the hidden figures, within
what the edition leaves open, could have led to the same place and level with every value they must be able to take.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.measures.disclosure_counts import FEW_SCHOOLS
from analysis.measures.disclosure_rules import Rule, reason_text
from analysis.measures.disclosure_suppressed import hide, with_reasons
from analysis.measures.disclosure_verdicts import Verdicts

Tables = Mapping[str, pd.DataFrame]
SCHOOL = ["school_id", "period"]
KEPT = ("rank", "attainment_level")
INTERVALS = ["rank_low", "rank_high", "rank_low_joint", "rank_high_joint"]


def rankings(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Scores, places and levels; whole groups lose exact places, since one missing place shows itself."""
    if verdicts.edition != "meeting":
        return with_reasons(frame)
    # an earlier report may have hidden the exact places of its period
    frame = frame.assign(previous_rank=pd.Series(pd.NA, index=frame.index, dtype="Int64"))
    cells = hidden_contributions(frame, verdicts)
    touched = pd.MultiIndex.from_frame(frame[SCHOOL]).isin(pd.MultiIndex.from_frame(cells[SCHOOL]))
    place, level = telling(frame, cells)
    groups = [frame["group"], frame["period"]]
    certain = frame["rank_low"] == frame["rank_high"]
    text = verdicts.secondary
    result = hide(frame, pd.Series(touched, index=frame.index), ["score"], text)
    result = hide(result, place.groupby(groups).transform("any"), ["rank"], text)
    result = hide(result, place & certain, INTERVALS, text)
    result = hide(result, level, ["attainment_level"], text)
    if not verdicts.places:
        everywhere = pd.Series(True, index=frame.index)
        no_places = reason_text(Rule.PLACES, verdicts.limits)
        result = hide(result, everywhere, ["rank", *INTERVALS, "previous_rank"], no_places, Rule.PLACES)
    # how far chance moves a score is judged by the figures of the whole group
    of_group = pd.Series(touched, index=frame.index).groupby(groups).transform("any")
    return hide(result, of_group, ["score_low", "score_high"], text)


def hidden_contributions(frame: pd.DataFrame, verdicts: Verdicts) -> pd.DataFrame:
    """Hidden attainments that enter scores; one row per school, period and indicator.

    Columns ``now`` (points the attainment adds to the score), ``least, most`` (over what a reader must allow),
    ``need_least, need_most`` (over what must stay possible; NaN where the figure needs no protection).
    """
    rows = verdicts.rows
    rows = rows[(rows["level"] == "school") & rows["hide_value"] & rows["scored"] & ~rows["small"] & (rows["x"] > 0)]
    rows = rows.assign(school_id=rows["unit_id"]).merge(frame[[*SCHOOL, "n_valid"]], on=SCHOOL)
    ends = {name: _points(rows, rows[count]) for name, count in (("now", "y"), ("a", "low"), ("b", "high"))} | {
        name: _points(rows, rows[count]) for name, count in (("c", "need_low"), ("d", "need_high"))
    }
    return rows[SCHOOL].assign(
        now=ends["now"],
        least=np.minimum(ends["a"], ends["b"]),
        most=np.maximum(ends["a"], ends["b"]),
        need_least=np.minimum(ends["c"], ends["d"]),
        need_most=np.maximum(ends["c"], ends["d"]),
    )


def _points(rows: pd.DataFrame, numerator: pd.Series) -> pd.Series:
    """Points of the score for a numerator: weight × capped attainment / number of indicators."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.fmin(rows["scale"] * numerator / rows["x"], rows["cap"])
        share = np.where(rows["downward"], rows["target"] / value, value / rows["target"])
    reached = pd.Series(share, index=rows.index).clip(0, 1)
    return rows["weight"] * 100 * reached / rows["n_valid"].astype(float)


def telling(frame: pd.DataFrame, cells: pd.DataFrame) -> tuple[pd.Series, ...]:
    """Schools whose exact place, and whose level, rule out a value that a hidden figure must be able to take.

    With a column ``step``, a third answer: those whose step does.
    """
    room = cells.assign(up=cells["most"] - cells["now"], down=cells["now"] - cells["least"])
    total = room.groupby(SCHOOL)[["up", "down"]].transform("sum")
    room = room.assign(up_others=total["up"] - room["up"], down_others=total["down"] - room["down"])
    room = room[room["need_least"].notna()]
    highest_when_low = room["need_least"] - room["now"] + room["up_others"]
    lowest_when_high = room["need_most"] - room["now"] - room["down_others"]
    room = room.assign(ceiling=highest_when_low.clip(upper=0), floor=lowest_when_high.clip(lower=0))
    ends = room.groupby(SCHOOL).agg(ceiling=("ceiling", "min"), floor=("floor", "max"))
    moves = frame[SCHOOL].join(ends, on=SCHOOL).fillna({"ceiling": 0.0, "floor": 0.0})
    return tuple(_leaves_band(frame, moves, kept) for kept in (*KEPT, *(["step"] * ("step" in frame))))


def possible_places(frame: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Between which places in the group a head, who knows the own score, must look for the own school.

    cells: as in :func:`hidden_contributions`. One row per ranked school: ``school_id, period, place_low, place_high``;
    the two are equal where no hidden figure of another school could change the own place.
    """
    moves = cells.assign(down=cells["least"] - cells["now"], up=cells["most"] - cells["now"])
    moves = frame[SCHOOL].join(moves.groupby(SCHOOL)[["down", "up"]].sum(), on=SCHOOL).fillna({"down": 0.0, "up": 0.0})
    ranked = frame["ranked"].astype(bool) & frame["score"].notna()
    low, high = frame["score"] + moves["down"], frame["score"] + moves["up"]
    result = frame.loc[ranked, SCHOOL].assign(place_low=0, place_high=0)
    for _, same in frame[ranked].groupby(["group", "period"]):
        own = same["score"].to_numpy(float) + 1e-9
        for name, others, mine in (("place_low", low, moves["down"]), ("place_high", high, moves["up"])):
            above = np.sort(others[same.index].to_numpy(float))
            # the own school is never above itself
            itself = mine[same.index].to_numpy(float) > 1e-9
            result.loc[same.index, name] = 1 + len(above) - np.searchsorted(above, own, "right") - itself
    return result


def _leaves_band(frame: pd.DataFrame, moves: pd.DataFrame, kept: str) -> pd.Series:
    score, ranked = frame["score"], frame["ranked"].astype(bool) & frame["score"].notna()
    low, high = _band(frame, kept)
    return ((score + moves["ceiling"] < low - 1e-9) | (score + moves["floor"] > high + 1e-9)) & ranked


def _band(frame: pd.DataFrame, kept: str) -> tuple[pd.Series, pd.Series]:
    """Between which scores of others a school keeps its place or step in the group, or its level among all schools."""
    low, high = pd.Series(-np.inf, index=frame.index), pd.Series(np.inf, index=frame.index)
    by = ["period"] if kept == "attainment_level" else ["group", "period"]
    ranked = frame[frame["ranked"].astype(bool) & frame["score"].notna()]
    for _, same in ranked.groupby(by):
        score = same["score"].to_numpy(float)
        order = np.argsort(score, kind="stable")
        sorted_score = score[order]
        if kept == "rank":
            tied = np.searchsorted(sorted_score, score, "right") - np.searchsorted(sorted_score, score, "left") > 1
            below = np.searchsorted(sorted_score, score, "left") - 1
            above = np.searchsorted(sorted_score, score, "right")
            padded = np.concatenate([[-np.inf], sorted_score, [np.inf]])
            low[same.index] = np.where(tied, score, padded[below + 1])
            high[same.index] = np.where(tied, score, padded[above + 1])
            continue
        spans = same.groupby(kept)["score"].agg(["min", "max"]).sort_values("min")
        lower, upper = spans["max"].shift(1, fill_value=-np.inf), spans["min"].shift(-1, fill_value=np.inf)
        low[same.index] = same[kept].map(lower)
        high[same.index] = same[kept].map(upper)
    return low, high


def sensitivity(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Places under other methods: none when the meeting sees no places, none in groups with a hidden figure."""
    frame = with_reasons(frame)
    if verdicts.edition != "meeting":
        return frame
    if not verdicts.places:
        return frame.iloc[:0]
    ranked = tables["rankings"]
    touched = hidden_contributions(ranked, verdicts)["school_id"].map(verdicts.groups)
    of_group = frame["school_id"].map(verdicts.groups)
    places = ["rank_mean", "rank_median", "rank_q05", "rank_q95"]
    return hide(frame, of_group.isin(set(touched)), places, verdicts.secondary)


def place_steps(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Steps: like levels, not where a step would tell about a hidden figure; none when the meeting sees no places."""
    if verdicts.edition != "meeting":
        return with_reasons(frame)
    ranked = tables["rankings"]
    ranked = ranked.assign(step=ranked["school_id"].map(frame.set_index("school_id")["step"]))
    step = telling(ranked, hidden_contributions(ranked, verdicts))[2]
    frame = hide(frame, frame["school_id"].isin(set(ranked.loc[step, "school_id"])), ["step"], verdicts.secondary)
    if verdicts.places:
        return frame
    no_places = reason_text(Rule.PLACES, verdicts.limits)
    return hide(frame, pd.Series(True, index=frame.index), ["step"], no_places, Rule.PLACES)


def level_counts(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Schools by level: not for groups with a hidden level, nor, outside the meeting, for groups of few schools."""
    ranked = tables["rankings"]
    if verdicts.edition != "card":
        _, level = telling(ranked, hidden_contributions(ranked, verdicts))
        frame = hide(frame, frame["group"].isin(set(ranked.loc[level, "group"])), ["n"], verdicts.secondary)
    if verdicts.edition == "meeting":
        return frame
    few = frame.groupby("group")["n"].transform("sum") < FEW_SCHOOLS
    return hide(frame, few, ["n"], reason_text(Rule.FEW_SCHOOLS, verdicts.limits), Rule.FEW_SCHOOLS)
