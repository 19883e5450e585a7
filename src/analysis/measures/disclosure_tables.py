"""The rules of an edition applied to each table: hidden figures become NA, the reason goes to ``suppressed``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.measures.disclosure_panels import tells_about_unmatched
from analysis.measures.disclosure_rankings import level_counts, place_steps, rankings, sensitivity
from analysis.measures.disclosure_rules import Rule, reason_text
from analysis.measures.disclosure_suppressed import hide, with_reasons
from analysis.measures.disclosure_verdicts import MIN_SCHOOLS, Verdicts

Tables = Mapping[str, pd.DataFrame]
INTERVAL = ["ci_low", "ci_high"]
TESTED = [*INTERVAL, "p_value", "p_adjusted", "effect"]


def indicators(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Counts, value and what derives from it; of totals over hidden parts the interval too (it shows their spread)."""
    found = verdicts.of(frame)
    frame = hide(frame, found["hide_numerator"], ["numerator"], found)
    frame = hide(frame, found["hide_denominator"], ["denominator"], found)
    frame = hide(frame, found["hide_value"], ["value", "attainment", *INTERVAL], found)
    return hide(frame, found["parts_hidden"], INTERVAL, verdicts.secondary)


def changes(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Both periods' values; the change and its test where one of them is hidden, or a total tells about its parts.

    An adjusted p goes too where it was made of another row's hidden one.
    """
    given = frame["p_value"]
    now, before = verdicts.of(frame), verdicts.of(frame, period=frame["baseline"])
    # a value whose counts are not in the tables cannot be judged
    unjudged = now["known"] & ~before["known"] & frame["baseline_value"].notna()
    panel = tells_about_unmatched(frame, verdicts)
    either = now["hide_value"] | before["hide_value"] | unjudged | panel
    spread = (now["parts_hidden"] | before["parts_hidden"]) & (frame["level"] != "school")
    few_pairs = (frame["level"] != "school") & (frame["n_pairs"] < MIN_SCHOOLS) & now["known"]
    spread |= few_pairs if verdicts.edition == "card" else False
    frame = hide(frame, now["hide_value"], ["value", "change", *TESTED, "verdict"], now)
    frame = hide(frame, before["hide_value"], ["baseline_value"], before)
    frame = hide(frame, panel, ["value"], verdicts.secondary)
    frame = hide(frame, panel | unjudged, ["baseline_value"], verdicts.secondary)
    frame = hide(frame, either, ["change", *TESTED, "verdict"], verdicts.secondary)
    frame = hide(frame, spread, TESTED, verdicts.secondary)
    return hide(frame, made_of_hidden(frame, given), ["p_adjusted"], verdicts.secondary)


def made_of_hidden(frame: pd.DataFrame, given: pd.Series) -> pd.Series:
    """Rows whose adjusted p rests on the p-value of another row that is hidden.

    Holm's is a multiple of a p-value of the family, the row's own or a smaller one. Benjamini and Hochberg's tells the
    place of each p among all, also of the hidden ones, so no school has one beside hidden ones.
    """
    answer = pd.Series(False, index=frame.index)
    for level, rows in frame.groupby("level"):
        p, adjusted = (
            rows[name].astype("Float64").to_numpy(float, na_value=np.nan) for name in ("p_value", "p_adjusted")
        )
        tested = given[rows.index].notna().to_numpy()
        if not (tested & np.isnan(p)).any():
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            times = adjusted[:, None] / p[~np.isnan(p)]
        whole = np.rint(times)
        multiple = np.isclose(times, whole, rtol=1e-9, atol=0) & (whole >= 1) & (whole <= tested.sum())
        answer[rows.index] = (level == "school") | (~multiple.any(axis=1) & (adjusted < 1))
    return answer


def comparisons(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Tests over schools: nothing but the change of the printed totals may rest on hidden figures.

    The status does too: «all_zero» says that every hidden figure is what it was.
    """
    city = frame.assign(level="city", unit_id="city")
    now, before = verdicts.of(city), verdicts.of(city, period=city["baseline"])
    parts = now["parts_hidden"] | before["parts_hidden"]
    totals = now["hide_value"] | before["hide_value"] | tells_about_unmatched(city, verdicts)
    signs = ["n_up", "n_down", "n_same", "status"]
    # Hodges and Lehmann's estimate and its interval are halves of two schools' changes, often one school's own figure
    of_schools = now["known"] & (frame["test"] == "wilcoxon") & (verdicts.edition == "public")
    frame = hide(frame, of_schools, ["estimate", *INTERVAL], verdicts.secondary)
    frame = hide(frame, parts | totals, [*INTERVAL, "p_value", "effect", *signs], verdicts.secondary)
    return hide(frame, totals | (parts & (frame["test"] != "ratio_change")), ["estimate"], verdicts.secondary)


def indicator_ranks(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Places on one indicator: none in a group with a hidden figure (a gap among the places would show it)."""
    if verdicts.edition == "card":
        return with_reasons(frame)
    at = ["group", "period", "indicator"]
    hidden = pd.MultiIndex.from_frame(_hidden_schools(verdicts)[at])
    touched = pd.Series(pd.MultiIndex.from_frame(frame[at]).isin(hidden), index=frame.index)
    return hide(frame, touched, ["rank", "rank_low", "rank_high"], verdicts.secondary)


def _hidden_schools(verdicts: Verdicts) -> pd.DataFrame:
    rows = verdicts.rows
    return rows[(rows["level"] == "school") & rows["hide_value"]]


def funnel(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Value and position. No limits: they give the share of the schools without special conditions, all others' rest."""
    for period in verdicts.periods:
        found = verdicts.of(frame, level="school", unit_id=frame["school_id"], period=period)
        frame = hide(frame, found["hide_value"], ["value", "band"], found)
    everywhere = pd.Series(True, index=frame.index)
    return hide(frame, everywhere, ["z", "low95", "high95", "low998", "high998"], verdicts.secondary)


def effects(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Means over the schools with a measure: not where a school's figure is hidden.

    The verdict stays unless other hidden counts might have led to another one.
    """
    if verdicts.edition == "card":
        return with_reasons(frame.iloc[:0])
    hidden = _hidden_schools(verdicts)
    touched = frame["indicator"].isin(set(hidden["indicator"]))
    frame = hide(frame, touched & _near_zero(frame, hidden), ["verdict"], verdicts.secondary)
    figures = ["before", "after", "difference_in_differences", *INTERVAL, "p_value"]
    return hide(frame, touched, figures, verdicts.secondary)


def _near_zero(frame: pd.DataFrame, hidden: pd.DataFrame) -> pd.Series:
    """Differences whose interval ends so near to zero that one hidden school beside and one against could turn it.

    A school's value moves its side's mean by what the hidden count may move the value, over the number of schools.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        room = (hidden["need_high"] - hidden["need_low"]).fillna(0) / hidden["x"]
    reach = (hidden["scale"] * room.where(~(hidden["small"] | hidden["few_x"]), 1.0)).groupby(hidden["indicator"]).max()
    step = frame["indicator"].map(reach).astype(float).fillna(0.0)
    sides = step / frame["n_with"].astype(float) + step / frame["n_without"].astype(float)
    return frame[INTERVAL].astype(float).abs().min(axis=1) <= sides


def group_medians(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Medians to one decimal; none over few schools, none that is a hidden figure or counts hidden ones."""
    rows = verdicts.school_figures
    shown = {school for school, group in verdicts.groups.items() if group in set(frame["group"])}
    rows = verdicts.judged(rows[rows["period"].isin(verdicts.periods) & rows["unit_id"].isin(shown)])
    sensitive = rows[_at_the_middle(rows)] if verdicts.edition == "card" else rows[rows["hide_value"]]
    at = ["group", "indicator"]
    touched = pd.MultiIndex.from_frame(frame[at]).isin(pd.MultiIndex.from_frame(sensitive[at]))
    text = reason_text(Rule.FEW_SCHOOLS, verdicts.limits).replace("3", str(MIN_SCHOOLS))
    frame = hide(frame.assign(median=frame["median"].round(1)), frame["n_schools"] < MIN_SCHOOLS, ["median"], text)
    return hide(frame, pd.Series(touched, index=frame.index), ["median"], verdicts.secondary)


def _at_the_middle(rows: pd.DataFrame) -> pd.Series:
    """Rows whose share may not be printed and which stand in the middle of their group."""
    value = rows["scale"] * rows["y"] / rows["x"]
    by = [rows["group"], rows["period"], rows["indicator"]]
    rank, size = value.groupby(by).rank(method="first"), value.groupby(by).transform("count")
    middle = (rank - (size + 1) / 2).abs() <= 0.5
    return middle & (rows["small"] | rows["few"])


def findings(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Findings quote the cells of a form: other schools' heads see that there are some, not what stands there."""
    return _own_text(frame, verdicts, ["found", "expected", "action"])


def activities(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """Evidence is free text of a school, which may tell numbers of people; the centre's own stays."""
    school = frame["level"] == "school"
    return pd.concat([_own_text(frame[school], verdicts, ["evidence"]), with_reasons(frame[~school])]).reindex(
        frame.index
    )


def _own_text(frame: pd.DataFrame, verdicts: Verdicts, columns: Sequence[str]) -> pd.DataFrame:
    if verdicts.edition == "card":
        return with_reasons(frame)
    everywhere = pd.Series(True, index=frame.index)
    return hide(frame, everywhere, columns, reason_text(Rule.FREE_TEXT, verdicts.limits))


def schools(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """The list of schools without addresses for mail."""
    return with_reasons(frame.drop(columns=["email"], errors="ignore"))


def as_is(frame: pd.DataFrame, verdicts: Verdicts, tables: Tables) -> pd.DataFrame:
    """A table that holds no counts of people."""
    return with_reasons(frame)


APPLY: Mapping[str, Callable[[pd.DataFrame, Verdicts, Tables], pd.DataFrame]] = {
    "submissions": as_is, "findings": findings, "indicators": indicators, "indicator_ranks": indicator_ranks,
    "changes": changes, "comparisons": comparisons, "rankings": rankings, "sensitivity": sensitivity,
    "funnel": funnel, "effects": effects, "activities": activities, "schools": schools, "coverage": as_is,
    "activity_counts": as_is, "level_counts": level_counts, "group_medians": group_medians,
    "place_steps": place_steps,
    "indicator_history": indicators, "measures": as_is, "recommendations": as_is,
}  # fmt: skip
