"""Proof that an edition gives nothing away: what its figures leave possible for every hidden count.

The bounds come from linear programming over all printed figures of both periods, independently of the closed form
by which :mod:`analysis.measures.suppression` chose the hidden cells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.disclosure_between import ENTER, relations, with_members
from analysis.measures.disclosure_counts import (
    ROW,
    TOLERANCE,
    Limits,
    counted_indicators,
    groups_of,
    nested_measures,
    people_rows,
)
from analysis.measures.disclosure_rules import Rule, reason_text
from analysis.measures.disclosure_system import Enough, LinearSystem, Term
from analysis.settings import Settings

SOURCE_ROW = ["level", "unit_id", "source", "indicator"]
Part = tuple[tuple[str, ...], str, Hashable]
Goal = tuple[tuple[str, ...], str, list[Term]]


def feasible_intervals(
    tables: Mapping[str, pd.DataFrame],
    *,
    schools: pd.DataFrame,
    settings: Settings,
    rounding: int | None = None,
    wanted: Collection[tuple[str, ...]] | None = None,
    truth: pd.DataFrame | None = None,
    enough: Callable[[tuple[str, ...], str], Enough] | None = None,
) -> pd.DataFrame:
    """What a reader of the tables must allow for each hidden count.

    The tables may be those of several reports together, one row per level, unit, period and indicator.

    rounding: decimals to which values and changes are printed; None takes them as exact. wanted: rows (level, unit,
    period, indicator) to look at; None for all with hidden counts. enough: see :meth:`LinearSystem.range_of`, by row
    and count; without it the ranges are exact.
    One row per hidden count: ``level, unit_id, period, indicator``, ``count`` (numerator, denominator, or rest: the
    people of the denominator outside the numerator), ``low, high`` (people). A part of a total whose units are not
    printed has ``level`` others, the schools that are in one of two periods only ``departed``. Raises ValueError if the
    printed figures contradict each other.
    """
    system, goals = told_by(tables, schools=schools, settings=settings, rounding=rounding, truth=truth)
    goals = [goal for goal in goals if wanted is None or goal[0] in wanted]
    wide = None if enough is None else [enough(unit, count) for unit, count, _ in goals]
    found = system.range_of([goal for _, _, goal in goals], wide)
    frame = pd.DataFrame([(*unit, count, *ends) for (unit, count, _), ends in zip(goals, found, strict=True)])
    return frame.set_axis([*ROW, "count", "low", "high"], axis=1) if len(frame) else _no_intervals()


def told_by(
    tables: Mapping[str, pd.DataFrame],
    *,
    schools: pd.DataFrame,
    settings: Settings,
    rounding: int | None = None,
    truth: pd.DataFrame | None = None,
) -> tuple[LinearSystem, list[Goal]]:
    """Everything the tables say about hidden counts, and each of these as row, count and linear expression."""
    counted = counted_indicators(settings.indicators, settings.measures)
    rows = people_rows(tables["indicators"], counted, groups_of(schools))
    rows = rows.join(tables["indicators"][["value", "attainment", "suppressed"]])
    rows = with_members(rows, rows if truth is None else truth)
    limits = Limits(settings.project.privacy.min_count, settings.project.privacy.min_denominator)
    system = LinearSystem()
    _know(system, rows)
    _add_labels(system, rows, limits)
    others = _add_sums(system, rows)
    _add_values(system, _printed_values(tables, rows), rounding)
    true = None if truth is None else true_counts(with_members(truth, truth))
    _add_nested(system, rows, settings, true or {})
    departed = list(_add_periods(system, rows, true))
    _add_panels(system, tables.get("changes"), rows, rounding)
    return system, [*_goals(rows, others), *_with_rests(departed, rows)]


def _no_intervals() -> pd.DataFrame:
    return pd.DataFrame(columns=[*ROW, "count", "low", "high"])


def node(row: pd.Series | object, role: str) -> Hashable:
    """Name of a count: for a school by what is counted, for a total by the indicator and the schools in it too."""
    level, unit, period, indicator = (getattr(row, name) for name in SOURCE_ROW)
    key = getattr(row, f"{role}_key")
    return (level, unit, period, key) if level == "school" else (level, unit, period, key, indicator, row.members)  # type: ignore[union-attr]


def _roles(row: object) -> Iterator[tuple[str, float]]:
    """Roles of a row that count people, with the printed count."""
    for role, count in (("numerator", "y"), ("denominator", "x")):
        if getattr(row, f"{role}_people"):
            yield role, getattr(row, count)


def _know(system: LinearSystem, rows: pd.DataFrame) -> None:
    for row in rows.itertuples():
        for role, count in (("numerator", row.y), ("denominator", row.x)):
            if not np.isnan(count):
                system.known[node(row, role)] = count


def _add_labels(system: LinearSystem, rows: pd.DataFrame, limits: Limits) -> None:
    """What the labels of hidden rows say."""
    texts = {rule: reason_text(rule, limits) for rule in Rule}
    for row in rows[rows["suppressed"].notna()].itertuples():
        y, x = node(row, "numerator"), node(row, "denominator")
        if row.suppressed and row.status in ENTER and row.denominator_people:
            system.bound(x, row.n_schools)  # it applies: somebody in each of the schools
        if row.suppressed == texts[Rule.SMALL_DENOMINATOR]:
            system.bound(x, 0, limits.min_denominator - 1)
        elif np.isnan(row.y) and row.suppressed == texts[Rule.FEW]:
            system.bound(y, 1, limits.largest_few)
        elif np.isnan(row.y) and row.suppressed == texts[Rule.FEW_REST]:
            system.at_most([(y, 1.0), (x, -1.0)], -1.0)
            system.at_most([(x, 1.0), (y, -1.0)], limits.largest_few)
        if row.share:
            system.at_most([(y, 1.0), (x, -1.0)])


def _add_sums(system: LinearSystem, rows: pd.DataFrame) -> list[Part]:
    """Totals are sums of their parts; returns the parts nobody prints (as unit, role, name)."""
    others: list[Part] = []
    same: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for row in rows[rows["status"].isin(ENTER)].itertuples():
        same.setdefault((row.period, row.indicator), {}).setdefault(row.level, []).append(row)
    for _, by_level in sorted(same.items()):
        schools, groups = by_level.get("school", []), by_level.get("group", [])
        for total in groups:
            parts = [one for one in schools if one.group == total.unit_id]
            others += _sum(system, total, parts, len(parts))
        for total in by_level.get("city", []):
            if len(schools) == total.n_schools:
                others += _sum(system, total, schools, len(schools))
            else:
                others += _sum(system, total, groups, int(sum(one.n_schools for one in groups)))
    return others


def _sum(system: LinearSystem, total: Any, parts: Sequence[Any], n_schools: int) -> Iterator[Part]:
    if not parts:
        return
    unit = ("others", *(str(getattr(total, name)) for name in ROW[1:]))
    for role, _ in _roles(total):
        terms: list[Term] = [(node(part, role), 1.0) for part in parts]
        if n_schools < total.n_schools:
            rest = (*unit, role)
            system.bound(rest)
            terms.append((rest, 1.0))
            yield unit, role, rest
        system.equal([*terms, (node(total, role), -1.0)])
    if n_schools < total.n_schools and total.share:
        system.at_most([((*unit, "numerator"), 1.0), ((*unit, "denominator"), -1.0)])


def _printed_values(tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> pd.DataFrame:
    """Every printed value that is a ratio of a row's counts: columns of the row and ``printed``, ``capped``."""
    value = rows.assign(printed=rows["value"], capped=False)
    reached = rows["attainment"] >= 100 - TOLERANCE
    goal = rows.assign(
        printed=(rows["attainment"] * rows["target"] / 100).where(~reached, rows["target"]), capped=reached
    )
    found = [value, goal.where(rows["attainment"].notna()).dropna(subset=["level"])]
    changes = tables.get("changes")
    if changes is not None and len(changes):
        changes = changes[changes["level"] == "school"]
        now = changes["value"].fillna(changes["baseline_value"] + changes["change"])
        before = changes["baseline_value"].fillna(changes["value"] - changes["change"])
        for printed, period in ((now, "period"), (before, "baseline")):
            at = changes.assign(printed=printed, capped=False, period=changes[period])
            found.append(rows.merge(at[[*ROW, "printed", "capped"]], on=ROW))
    return pd.concat(found, ignore_index=True).dropna(subset=["printed"])


def _add_values(system: LinearSystem, values: pd.DataFrame, rounding: int | None) -> None:
    """value = scale · numerator / denominator, exactly or to the printed decimals."""
    half = 0.5 * 10.0**-rounding if rounding is not None else 0.0
    for row in values.itertuples():
        y, x = node(row, "numerator"), node(row, "denominator")
        if not row.denominator_key:
            system.known.setdefault(x, row.n_schools)
        if row.capped:
            system.at_most([(x, row.printed - half), (y, -row.scale)])
        elif half:
            system.at_most([(y, row.scale), (x, -(row.printed + half))])
            system.at_most([(x, row.printed - half), (y, -row.scale)])
        else:
            system.equal([(y, row.scale), (x, -row.printed)])


def _add_nested(system: LinearSystem, rows: pd.DataFrame, settings: Settings, true: Mapping[Hashable, float]) -> None:
    """Checks of the form say which counts are parts of which; the form is public. Some only query, so may not hold."""
    schools = rows[rows["level"] == "school"]
    units = schools[["unit_id", "source"]].drop_duplicates()
    keys = set(schools["numerator_key"]) | set(schools["denominator_key"])
    for part, whole in nested_measures(settings.checks):
        parts = [part] if part in keys else part.split("+")
        if keys.issuperset(parts) and whole in keys:
            for unit, period in units.itertuples(index=False):
                small, large = [("school", unit, period, one) for one in parts], ("school", unit, period, whole)
                if sum(true.get(one, 0.0) for one in small) <= true.get(large, np.inf):
                    system.at_most([*((one, 1.0) for one in small), (large, -1.0)])


def true_counts(truth: pd.DataFrame) -> dict[Hashable, float]:
    """The counts of rows with ``members`` by their names."""
    return {node(row, role): count for row in truth.itertuples() for role, count in _roles(row)}


def _add_periods(system: LinearSystem, rows: pd.DataFrame, true: Mapping[Hashable, float] | None) -> Iterator[Goal]:
    """What the periods say about each other; gives the people who departed between them as goals."""
    for relation in relations(rows, node, true):
        if relation.at_most:
            system.at_most(relation.terms)
        elif not relation.role:
            system.equal(relation.terms)
        else:
            system.at_most([(name, -coefficient) for name, coefficient in relation.terms])
            yield relation.unit, relation.role, relation.terms


def _with_rests(departed: list[Goal], rows: pd.DataFrame) -> Iterator[Goal]:
    """The people who departed, and those of them outside the numerator."""
    terms = {(unit, role): parts for unit, role, parts in departed}
    shares = set(rows.loc[rows["share"], "indicator"])
    for unit, role, parts in departed:
        yield unit, role, parts
        whole = terms.get((unit, "denominator"))
        if role == "numerator" and whole and unit[-1] in shares:
            yield unit, "rest", [*whole, *((name, -coefficient) for name, coefficient in parts)]


def _add_panels(system: LinearSystem, changes: pd.DataFrame | None, rows: pd.DataFrame, rounding: int | None) -> None:
    """Totals of ``changes`` are those of the schools of both periods: the rest belongs to schools of one period only.

    value · (X − x) = scale · (Y − y) for the rest's y and x, which are linear where the printed total is known.
    """
    if changes is None or changes.empty:
        return
    totals = changes[changes["level"] != "school"]
    half = 0.5 * 10.0**-rounding if rounding is not None else 1e-7
    members = dict(zip(rows[ROW].itertuples(index=False, name=None), rows["members"], strict=True))
    for value, period in (("value", "period"), ("baseline_value", "baseline")):
        other = "baseline" if period == "period" else "period"
        printed = totals.assign(period=totals[period], other=totals[other], printed=totals[value])
        printed = printed[[*ROW, "other", "printed", "baseline", "n_pairs"]].dropna(subset=["printed"])
        for row in rows.merge(printed, on=ROW).itertuples():
            _panel(system, row, half, members.get((row.level, row.unit_id, row.other, row.indicator)))


def _panel(system: LinearSystem, row: Any, half: float, matched: Any) -> None:
    y, x = node(row, "numerator"), node(row, "denominator")
    rest_y, rest_x = (("unmatched", *y, row.baseline, role) for role in ("y", "x"))  # type: ignore[misc]
    if row.n_pairs >= row.n_schools or not row.denominator_key:
        return
    for rest, whole, role in ((rest_y, y, "numerator"), (rest_x, x, "denominator")):
        system.bound(rest)
        system.at_most([(rest, 1.0), (whole, -1.0)])
        if isinstance(row.members, frozenset) and isinstance(matched, frozenset):
            alone = sorted(row.members - matched)
            key = getattr(row, f"{role}_key")
            system.equal([(rest, -1.0), *((("school", one, row.source, key), 1.0) for one in alone)])
    for sign in (1.0, -1.0):
        ratio = row.printed + sign * half
        terms: list[Term] = [(y, row.scale), (rest_y, -row.scale), (x, -ratio), (rest_x, ratio)]
        system.at_most([(name, sign * coefficient) for name, coefficient in terms])


def _goals(rows: pd.DataFrame, others: list[Part]) -> Iterator[Goal]:
    """Hidden counts whose bounds are wanted."""
    shares = set(rows.loc[rows["share"], "indicator"])
    for row in rows[rows["suppressed"].notna()].itertuples():
        unit = tuple(str(getattr(row, name)) for name in ROW)
        hidden = [role for role, count in _roles(row) if np.isnan(count)]
        yield from ((unit, role, [(node(row, role), 1.0)]) for role in hidden)
        if row.share and "numerator" in hidden:
            yield unit, "rest", [(node(row, "denominator"), 1.0), (node(row, "numerator"), -1.0)]
    names = {name for _, _, name in others}
    for unit, role, name in others:
        yield unit, role, [(name, 1.0)]
        whole = (*unit, "denominator")
        if role == "numerator" and whole in names and unit[-1] in shares:
            yield unit, "rest", [(whole, 1.0), (name, -1.0)]
