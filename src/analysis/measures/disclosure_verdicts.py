"""The verdict on every row of ``indicators``: what of it an edition hides, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.measures.disclosure_cells import hidden_rows
from analysis.measures.disclosure_counts import (
    FEW_SCHOOLS,
    ROW,
    Limits,
    labelled,
    marked,
    people_rows,
    with_sensitivity,
)
from analysis.measures.disclosure_others import hidden_totals
from analysis.measures.disclosure_periods import overlaps
from analysis.measures.disclosure_rules import RULE_OF_LABEL, Rule, reason_text

FLAGS = ["hide_numerator", "hide_denominator", "hide_value", "parts_hidden"]
PARTS = "indicator_parts"  # the table of the other periods
# The last call of `_of_meeting` and its answer: the meeting's, the public edition and all cards of a report share it.
_DECIDED_LAST: list[tuple[pd.DataFrame, tuple[Limits, tuple[tuple[str, str], ...]], pd.DataFrame]] = []
MIN_SCHOOLS = 5  # medians, and spreads beside the own school's figures, need as many schools


@dataclass(frozen=True)
class Verdicts:
    """What one edition hides.

    rows: the rows that count people (in a card, of those the head may see) with sensitivity, :data:`FLAGS`, ``rule``
    and ``reason``; ``parts_hidden``: some but not all figures under a total are hidden, so a number that rests on
    their spread would give them away. by_row: flags and reasons indexed by :data:`ROW`.
    """

    edition: str
    limits: Limits
    rows: pd.DataFrame
    groups: Mapping[str, str]
    own_school: str | None
    places: bool
    periods: tuple[str, ...]
    table: pd.DataFrame
    counted: pd.DataFrame

    @cached_property
    def school_figures(self) -> pd.DataFrame:
        """School rows of ``indicators`` that enter totals, printed or not (columns of the table, its index)."""
        table = self.table
        used = (table["level"] == "school") & table["numerator"].notna() & (table["denominator"] > 0)
        return table[used]

    def judged(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Some :attr:`school_figures` that count people, marked, with ``hide_value``."""
        people = marked(people_rows(rows, self.counted, self.groups), self.limits)
        hidden = self.rows["hide_value"].reindex(people.index)
        return people.assign(hide_value=hidden.astype("boolean").fillna(False).astype(bool))

    @cached_property
    def unmatched(self) -> dict[tuple[str, str], set[tuple[str, str]]]:
        """A memory for :mod:`disclosure_panels`, which several tables ask the same question."""
        return {}

    @cached_property
    def _position(self) -> dict[tuple[str, ...], int]:
        return {key: at for at, key in enumerate(zip(*(self.rows[name] for name in ROW), strict=True))}

    def positions(self, frame: pd.DataFrame, **columns: object) -> np.ndarray:
        """Position in ``rows`` of each row of a frame; −1 where the row counts no people.

        columns: the frame's columns (or constants) for level, unit_id, period, indicator where they differ.
        """
        keys = [columns.get(name, frame.get(name)) for name in ROW]
        lists = [[key] * len(frame) if isinstance(key, str) else list(key) for key in keys]  # type: ignore[call-overload]
        return np.array([self._position.get(key, -1) for key in zip(*lists, strict=True)], dtype=int)

    def of(self, frame: pd.DataFrame, **columns: object) -> pd.DataFrame:
        """Flags, rule and reason for each row of a frame (see :meth:`positions`); False where it counts no people."""
        at = self.positions(frame, **columns)
        known = at >= 0
        found = {name: known & np.append(self.rows[name].to_numpy(bool), False)[at] for name in FLAGS}
        texts = {name: [*self.rows[name], None] for name in ("rule", "reason")}
        texts = {name: np.array(values, dtype=object)[at] for name, values in texts.items()}
        return pd.DataFrame(found | texts | {"known": known}, index=frame.index)

    @property
    def secondary(self) -> str:
        """The text of secondary suppression."""
        return reason_text(Rule.SECONDARY, self.limits)


def limits_of(edition: str, privacy: object) -> Limits:
    """Thresholds of an edition from the settings' privacy."""
    return Limits(
        min_count=privacy.min_count,  # type: ignore[attr-defined]
        min_denominator=privacy.min_denominator,  # type: ignore[attr-defined]
        complements=getattr(privacy, "complements", True),
        few_schools=FEW_SCHOOLS if edition == "public" else 0,
    )


def verdicts(
    tables: Mapping[str, pd.DataFrame],
    edition: str,
    limits: Limits,
    counted: pd.DataFrame,
    groups: Mapping[str, str],
    own_school: str | None,
    places: bool = True,
    nested: Sequence[tuple[str, str]] = (),
) -> Verdicts:
    """Decide what the edition hides of ``indicators`` and of the city's monthly history, together.

    Beside them stand the periods that other reports print (:data:`PARTS`), so that all reports decide alike.
    """
    own = _all_rows(tables)
    table = own if edition == "card" else _with_parts(own, tables.get(PARTS))
    seen = table["unit_id"].isin([own_school, groups.get(str(own_school), ""), "city"]) | (edition != "card")
    rows = people_rows(table[seen], counted, groups)
    if edition == "card":
        judged = labelled(rows, limits).assign(told=False)
        decided = judged.join(hidden_totals(judged, limits, own_school, groups.get(str(own_school), "")))
    else:
        decided = _of_meeting(rows, limits, nested)
        decided = _of_public(decided, rows, limits, nested) if edition == "public" else decided
    for name in FLAGS[:3]:
        decided[name] = decided[name].astype("boolean").fillna(False).astype(bool)
    decided["hide_value"] |= _hidden_before(own).reindex(decided.index, fill_value=False)
    # a month of the city's history has its schools among the other reports' rows
    decided["parts_hidden"] = _parts_hidden(decided, edition, set(own.loc[own["level"] == "school", "period"]))
    decided = decided[decided.index < len(own)]
    decided = decided.assign(**_rules(decided, limits))
    return Verdicts(edition, limits, decided, groups, own_school, places, _periods(tables), own, counted)


def _of_meeting(rows: pd.DataFrame, limits: Limits, nested: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """What directors see: every reader knows the own school."""
    asked = (replace(limits, few_schools=0), tuple(nested))
    for rows_before, asked_before, decided in _DECIDED_LAST:
        if asked == asked_before and rows.equals(rows_before):
            return decided.copy()
    judged = with_sensitivity(rows, asked[0])
    decided = judged.join(hidden_rows(judged, limits, leaf="school", insider=True, nested=nested))
    _DECIDED_LAST[:] = [(rows, asked, decided)]
    return decided.copy()


def forget() -> None:
    """Free what the last decisions take in memory."""
    _DECIDED_LAST.clear()


def _of_public(
    meeting: pd.DataFrame, rows: pd.DataFrame, limits: Limits, nested: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Totals without schools. Directors read both editions, so this one prints and tells nothing that theirs hides."""
    judged = with_sensitivity(rows, limits)
    told = meeting["told"] & ~meeting["neutral"].astype("boolean").fillna(False)
    totals = rows["level"] != "school"
    flags = hidden_rows(judged[totals], limits, leaf="group", insider=False, nested=nested, hidden=meeting)
    flags = pd.concat([flags, meeting.loc[~totals, flags.columns]]).reindex(rows.index)
    return judged.assign(told=judged["told"] & (told.astype(bool) | (judged["label"] == "thin"))).join(flags)


def _all_rows(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    frames = [tables["indicators"]]
    history = tables.get("indicator_history")
    if history is not None and len(history):
        known = pd.MultiIndex.from_frame(frames[0][ROW])
        frames.append(history[~pd.MultiIndex.from_frame(history[ROW]).isin(known)])
    return pd.concat(frames, ignore_index=True)


def _with_parts(own: pd.DataFrame, parts: pd.DataFrame | None) -> pd.DataFrame:
    if parts is None or parts.empty:
        return own
    new = ~pd.MultiIndex.from_frame(parts[ROW]).isin(pd.MultiIndex.from_frame(own[ROW]))
    return pd.concat([own, parts[new]], ignore_index=True)


def _hidden_before(table: pd.DataFrame) -> pd.Series:
    """Rows that were hidden in the tables already."""
    if "suppressed" not in table.columns:
        return pd.Series(False, index=table.index)
    return table["suppressed"].notna() & table["value"].isna()


def _parts_hidden(rows: pd.DataFrame, edition: str, reported: set[str]) -> pd.Series:
    """Totals over schools some of which the meeting does not see; in a card, totals of few schools.

    reported: the periods whose schools this report lists; what they hide is hidden of overlapping periods, too.
    """
    totals = rows["level"] != "school"
    if edition == "card":
        return totals & (rows["n_schools"] < MIN_SCHOOLS)
    schools = rows[rows["level"] == "school"]
    covers = overlaps(rows["period"].unique())
    answer = np.zeros(len(rows), dtype=bool)
    # by key too: the participants hidden in one indicator are the denominator of another that no school's row shows
    for flag, name in (
        ("hide_value", "indicator"), ("hide_numerator", "numerator_key"), ("hide_denominator", "denominator_key"),
    ):  # fmt: skip
        hidden = schools.loc[schools[flag], ["group", "period", name]].drop_duplicates()
        found = {
            (unit, period, what)
            for group, at, what in hidden.itertuples(index=False)
            for unit in (group, "city")
            for period in (at, *(covers[at] if at in reported else ()))
        }
        for column in ("indicator",) if name == "indicator" else ("numerator_key", "denominator_key"):
            keys = zip(rows["unit_id"], rows["period"], rows[column], strict=True)
            answer |= np.fromiter((key in found for key in keys), dtype=bool, count=len(rows))
    return totals & answer


def _rules(rows: pd.DataFrame, limits: Limits) -> dict[str, np.ndarray]:
    """The rule that hides the row, and the text that may stand in its place."""
    label = np.where(rows["small"], "small", rows["label"])
    rule = np.array([RULE_OF_LABEL[name] for name in label], dtype=object)
    own = rows["told"].to_numpy() & ~rows["neutral"].astype("boolean").fillna(False).to_numpy(bool)
    told = np.where(own, rule, Rule.SECONDARY)
    reason = np.array([reason_text(Rule(one), limits) for one in told], dtype=object)
    hidden = rows["hide_value"].to_numpy() | rows["hide_numerator"].to_numpy()
    secondary = reason_text(Rule.SECONDARY, limits)
    return {"rule": np.where(hidden, rule, Rule.SECONDARY), "reason": np.where(hidden, reason, secondary)}


def _periods(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """The report's own periods (without those it compares with)."""
    for name in ("rankings", "changes", "indicators"):
        frame = tables.get(name)
        if frame is not None and len(frame):
            return tuple(sorted(set(frame["period"])))
    return ()
