"""Disclosure control: what each reader's edition may show, decided before anything of it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import pandas as pd

from analysis.measures.disclosure_cells import hidden_rows
from analysis.measures.disclosure_counts import (
    ROW,
    Limits,
    counted_indicators,
    groups_of,
    people_rows,
    with_sensitivity,
)
from analysis.params.project import Privacy
from analysis.settings import Settings

Edition = Literal["working", "meeting", "public", "card"]
BY_SCHOOL = ("submissions", "findings", "indicator_ranks", "rankings", "sensitivity", "funnel")
DERIVED = ("value", "ci_low", "ci_high", "attainment")
OF_CHANGE = ("value", "baseline_value", "change", "ci_low", "ci_high", "p_value", "p_adjusted", "effect")
MIN_SCHOOLS_OF_MEDIAN = 5
PLACES = ("rank", "rank_low", "rank_high", "rank_low_joint", "rank_high_joint", "previous_rank", "score")


class Rule(StrEnum):
    """Why a figure is not shown."""

    FEW = "few"
    FEW_REST = "few_rest"
    SMALL_DENOMINATOR = "small"
    THIN = "thin"
    SECONDARY = "secondary"


@dataclass(frozen=True)
class Protected:
    """Tables as an edition may show them, and how many figures each rule hid."""

    tables: Mapping[str, pd.DataFrame]
    hidden: Mapping[str, int]


def reason_text(rule: Rule, limits: Limits) -> str:
    """What stands in place of a figure."""
    return {
        Rule.FEW: f"менее {limits.min_count}",
        Rule.FEW_REST: f"не участвовали менее {limits.min_count}",
        Rule.SMALL_DENOMINATOR: "малый знаменатель",
        Rule.THIN: "мало учреждений",
        Rule.SECONDARY: "скрыто",
    }[rule]


def limits_of(privacy: Privacy) -> Limits:
    """The thresholds of the params."""
    return Limits(privacy.min_count, privacy.min_denominator)


def protect(
    tables: Mapping[str, pd.DataFrame],
    edition: Edition,
    privacy: Privacy,
    *,
    schools: pd.DataFrame,
    settings: Settings,
    own_school: str | None = None,
) -> Protected:
    """The tables of an edition: working unchanged, card its own school's rows, meeting and public suppressed.

    Numbers that are hidden become missing; the column ``suppressed`` of ``indicators`` and ``changes`` says why.
    Raises ValueError for an unknown edition or a card without a school.
    """
    if edition == "working":
        return Protected(dict(tables), {})
    if edition == "card":
        if not own_school:
            raise ValueError("a card needs its school")
        return Protected(_own(tables, own_school, schools), {})
    if edition not in ("meeting", "public"):
        raise ValueError(f"unknown edition {edition!r}")
    return _suppressed(_without_schools(tables) if edition == "public" else dict(tables), edition, privacy, schools, settings)


def _own(tables: Mapping[str, pd.DataFrame], school: str, schools: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One school's rows and the city's; medians of its own group over enough schools."""
    kept = dict(tables)
    for name in BY_SCHOOL:
        kept[name] = tables[name][tables[name]["school_id"] == school]
    for name in ("indicators", "changes", "activities"):
        own = (tables[name]["level"] != "school") | (tables[name]["unit_id"] == school)
        kept[name] = tables[name][own]
    kept["schools"] = schools[schools["school_id"] == school]
    medians = tables["group_medians"]
    group = groups_of(schools).get(school, "")
    enough = (medians["group"] == group) & (medians["n_schools"] >= MIN_SCHOOLS_OF_MEDIAN)
    kept["group_medians"] = medians[enough]
    for name in ("measures", "recommendations"):
        if "unit_id" in kept[name]:
            kept[name] = kept[name][kept[name]["unit_id"].isin([school, group, "", "city"])]
    return kept


def _without_schools(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    kept = dict(tables)
    for name in BY_SCHOOL:
        kept[name] = tables[name].iloc[0:0]
    for name in ("indicators", "changes", "activities"):
        kept[name] = tables[name][tables[name]["level"] != "school"]
    kept["schools"] = tables["schools"].iloc[0:0]
    kept["measures"] = tables["measures"].iloc[0:0]
    kept["group_medians"] = tables["group_medians"].iloc[0:0]
    return kept


def _suppressed(
    tables: dict[str, pd.DataFrame], edition: Edition, privacy: Privacy, schools: pd.DataFrame, settings: Settings
) -> Protected:
    limits = limits_of(privacy)
    leaf = "group" if edition == "public" else "school"
    indicators, hidden = _hide_indicators(tables["indicators"], limits, leaf, schools, settings)
    tables["indicators"] = indicators
    tables["changes"] = _hide_changes(tables["changes"], indicators)
    if edition == "meeting":
        tables["rankings"] = _hide_rankings(tables["rankings"], privacy)
        tables["funnel"] = _drop_hidden_schools(tables["funnel"], indicators)
        tables["indicator_ranks"] = _drop_hidden_schools(tables["indicator_ranks"], indicators)
        tables["findings"] = tables["findings"].assign(found="")
    return Protected(tables, hidden)


def _hide_indicators(
    table: pd.DataFrame, limits: Limits, leaf: str, schools: pd.DataFrame, settings: Settings
) -> tuple[pd.DataFrame, dict[str, int]]:
    table = table.reset_index(drop=True)
    counted = counted_indicators(settings.indicators, settings.measures)
    rows = with_sensitivity(people_rows(table, counted, groups_of(schools)), limits)
    flags = hidden_rows(rows, limits, leaf=leaf, insider=leaf == "school")
    shown = table.assign(suppressed=None)
    reasons = _reasons(rows, flags, limits)
    shown.loc[reasons.index, "suppressed"] = reasons
    for column, flag in (("numerator", "hide_numerator"), ("denominator", "hide_denominator")):
        shown.loc[flags.index[flags[flag]], column] = np.nan
    for column in DERIVED:
        shown.loc[flags.index[flags["hide_value"]], column] = np.nan
    return shown, reasons.value_counts().to_dict()


def _reasons(rows: pd.DataFrame, flags: pd.DataFrame, limits: Limits) -> pd.Series:
    """The text in place of each hidden row's value; a label that would give a figure away is not told."""
    touched = flags["hide_numerator"] | flags["hide_denominator"] | flags["hide_value"]
    names = rows["label"].where(rows["told"] & ~flags["exhausted"], "").where(rows["label"] != "", "")
    names = names.where(~(rows["small"] & (names == "")), Rule.SMALL_DENOMINATOR.value)
    texts = {rule.value: reason_text(rule, limits) for rule in Rule}
    return names[touched].map(texts).fillna(reason_text(Rule.SECONDARY, limits))


def _hide_changes(changes: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """A change with a hidden value on either side is hidden with both: one would give the other."""
    hidden = indicators.loc[indicators["suppressed"].notna(), ROW]
    keys = set(zip(hidden["level"], hidden["unit_id"], hidden["indicator"], strict=True))
    own = [key in keys for key in zip(changes["level"], changes["unit_id"], changes["indicator"], strict=True)]
    shown = changes.assign(suppressed=np.where(own, "скрыто", None))
    shown.loc[own, list(OF_CHANGE)] = np.nan
    return shown


def _hide_rankings(rankings: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Scores are means of attainments and could be inverted: the meeting sees levels and, if allowed, places."""
    hidden = ["score", "score_low", "score_high"] if privacy.meeting_places else [*PLACES, "score_low", "score_high"]
    shown = rankings.copy()
    for column in hidden:
        shown[column] = np.nan
    return shown


def _drop_hidden_schools(table: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    rows = indicators[(indicators["level"] == "school") & indicators["suppressed"].notna()]
    keys = set(zip(rows["unit_id"], rows["indicator"], strict=True))
    own = [key in keys for key in zip(table["school_id"], table["indicator"], strict=True)]
    return table[~np.array(own, dtype=bool)]
