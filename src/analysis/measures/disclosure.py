"""Statistical disclosure control: the tables of a period as the reader of an edition may see them.

Editions: ``working`` (the centre), ``meeting`` (directors), ``public`` (site), ``card`` (one school's head). Nothing
is drawn, tabulated or worded but from what :func:`protect` returns. Rules and their reasons: docs/methods/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from analysis.measures.disclosure_counts import (
    ROW,
    counted_indicators,
    groups_of,
    nested_measures,
    people_rows,
    with_sensitivity,
)
from analysis.measures.disclosure_editions import rows_of_edition
from analysis.measures.disclosure_rankings import hidden_contributions, possible_places
from analysis.measures.disclosure_rules import RULE_OF_LABEL, Rule, reason_text
from analysis.measures.disclosure_suppressed import REASON, RULE, with_reasons
from analysis.measures.disclosure_tables import APPLY
from analysis.measures.disclosure_verdicts import PARTS, Verdicts, limits_of, verdicts
from analysis.params.project import Privacy
from analysis.settings import Settings

__all__ = ["Edition", "Protected", "Rule", "of_other_schools", "protect", "reason_text"]

Edition = Literal["working", "meeting", "public", "card"]
SMALL = "small"
RECORD = ["table", *ROW, "rule", "reason"]


@dataclass(frozen=True)
class Protected:
    """Tables of one edition, and what was hidden of them.

    tables: as given, with an object column ``suppressed``: None, or what to print in place of the row's NA cells
    («менее 5», «малый знаменатель», …). The working edition hides nothing and has a column ``small`` instead, the
    reason for which other editions hide the row. record: one row per row with hidden figures: ``table, level,
    unit_id, period, indicator, rule, reason``, never a value; it tells more than the labels, so it stays with the
    working edition.
    """

    edition: Edition
    tables: dict[str, pd.DataFrame] = field(repr=False)
    record: pd.DataFrame = field(repr=False)

    def counts_by_rule(self) -> pd.DataFrame:
        """Number of rows with hidden figures per table and rule."""
        return self.record.groupby(["table", "rule"], sort=True).size().rename("n").reset_index()


def protect(
    tables: Mapping[str, pd.DataFrame],
    edition: Edition,
    privacy: Privacy,
    *,
    schools: pd.DataFrame,
    settings: Settings,
    own_school: str | None = None,
) -> Protected:
    """Apply the disclosure rules of an edition to the tables of a period.

    tables: contract tables and helpers by name; ``indicators`` must hold the period and the period of comparison,
    ``indicator_parts`` the periods of other reports that overlap them (it is in no edition but the working one).
    schools: ``school_id, group``. own_school: the card's school. The input is not changed; the result does not
    depend on the order of rows, and protecting it again changes nothing.
    Raises ValueError for an unknown edition, a card without a school, a table without a rule, or an indicator that
    the settings do not know.
    """
    _check(tables, edition, own_school)
    given = {name: frame.drop(columns=[REASON, SMALL]) if SMALL in frame else frame for name, frame in tables.items()}
    if edition == "working":
        counted = counted_indicators(settings.indicators, settings.measures)
        rows = people_rows(given["indicators"].reset_index(drop=True), counted, groups_of(schools))
        return _working(given, rows, limits_of(edition, privacy))
    found = _verdicts(given, edition, privacy, schools, settings, own_school)
    protected = {name: _protected(name, frame, found, given) for name, frame in given.items() if name != PARTS}
    records = [_record(name, frame) for name, frame in protected.items() if frame[RULE].notna().any()]
    record = pd.concat(records, ignore_index=True) if records else pd.DataFrame(columns=RECORD, dtype=object)
    return Protected(edition, {name: frame.drop(columns=RULE) for name, frame in protected.items()}, record)


def of_other_schools(
    tables: Mapping[str, pd.DataFrame], privacy: Privacy, *, schools: pd.DataFrame, settings: Settings
) -> dict[str, pd.DataFrame]:
    """What a card may say that rests on the other schools' figures, hidden at the meeting or not.

    ``group_medians`` as the meeting may see them; ``places``: ``school_id, period, rank_low, rank_high`` (as the meeting
    may see them), ``place_low, place_high`` (:func:`disclosure_rankings.possible_places`).
    """
    found = _verdicts(tables, "meeting", privacy.model_copy(update={"meeting_places": True}), schools, settings, None)
    ranked = tables["rankings"].reset_index(drop=True)
    places = possible_places(ranked, hidden_contributions(ranked, found))
    shown = APPLY["rankings"](ranked, found, tables)[["school_id", "period", "rank_low", "rank_high"]]
    medians = _protected("group_medians", tables["group_medians"], found, tables)
    return {"group_medians": medians, "places": shown.merge(places, on=["school_id", "period"])}


def _verdicts(
    tables: Mapping[str, pd.DataFrame],
    edition: str,
    privacy: Privacy,
    schools: pd.DataFrame,
    settings: Settings,
    own_school: str | None,
) -> Verdicts:
    counted = counted_indicators(settings.indicators, settings.measures, settings.project.scoring.weights)
    limits, nested = limits_of(edition, privacy), nested_measures(settings.checks)
    return verdicts(tables, edition, limits, counted, groups_of(schools), own_school, privacy.meeting_places, nested)


def _check(tables: Mapping[str, pd.DataFrame], edition: str, own_school: str | None) -> None:
    if edition not in ("working", "meeting", "public", "card"):
        raise ValueError(f"unknown edition: {edition!r}")
    if edition == "card" and not own_school:
        raise ValueError("a card needs own_school")
    unknown = sorted(set(tables) - set(APPLY) - {PARTS})
    if unknown and edition != "working":
        raise ValueError(f"no disclosure rule for tables: {', '.join(unknown)}")


def _working(tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame, limits: object) -> Protected:
    """Everything as it is; ``small`` tells which rows other editions hide of themselves."""
    marked = with_sensitivity(rows, limits)  # type: ignore[arg-type]
    texts = {label: reason_text(rule, limits) for label, rule in RULE_OF_LABEL.items() if label}  # type: ignore[arg-type]
    label = marked["label"].where(~marked["small"], "small")
    small = label.map(texts).rename(SMALL)
    small.index = pd.MultiIndex.from_frame(marked[ROW])
    result = {}
    for name, frame in tables.items():
        plain = with_reasons(frame).drop(columns=RULE)
        keys = pd.MultiIndex.from_frame(plain[ROW]) if set(ROW) <= set(plain.columns) else None
        reasons = small.reindex(keys).to_numpy(object) if keys is not None else [None] * len(plain)
        result[name] = plain.assign(**{SMALL: pd.Series(reasons, index=plain.index, dtype=object)})
    return Protected("working", result, pd.DataFrame(columns=RECORD))


def _protected(name: str, frame: pd.DataFrame, found: Verdicts, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One table: the rows the edition has, with what it may show of them."""
    if frame.empty and not len(frame.columns):
        return with_reasons(frame)
    seen = rows_of_edition(name, frame, found).reset_index(drop=True)
    return with_reasons(APPLY[name](seen, found, tables))


def _record(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """What was hidden in one table."""
    hidden = frame[frame[RULE].notna()]
    unit = hidden["unit_id"] if "unit_id" in hidden else hidden.get("school_id", hidden.get("group"))
    level = hidden.get("level", "school" if "school_id" in hidden else "group")
    rows = hidden.assign(table=name, level=level, unit_id=unit, rule=hidden[RULE], reason=hidden[REASON])
    return rows.reindex(columns=RECORD).astype(object)
