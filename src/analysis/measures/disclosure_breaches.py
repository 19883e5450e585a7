"""Is an edition safe? What it prints, and what can be worked out from it, against the true figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from analysis.measures.disclosure_audit import feasible_intervals, node, true_counts
from analysis.measures.disclosure_between import Relation, relations, with_members
from analysis.measures.disclosure_counts import (
    ROW,
    TOLERANCE,
    Limits,
    counted_indicators,
    groups_of,
    nested_measures,
    people_rows,
    with_sensitivity,
)
from analysis.measures.disclosure_rules import Rule, reason_text
from analysis.measures.disclosure_system import Enough
from analysis.settings import Settings

COLUMNS = [*ROW, "count", "breach"]


class DisclosureError(AssertionError):
    """An edition gives away a count it should hide; the message names rows, never values."""


def audit(
    raw: Mapping[str, pd.DataFrame],
    edition: Mapping[str, pd.DataFrame],
    *,
    schools: pd.DataFrame,
    settings: Settings,
    own_school: str | None = None,
    rounding: int | None = None,
) -> None:
    """Raise DisclosureError unless the edition has no :func:`breaches`."""
    found = breaches(raw, edition, schools=schools, settings=settings, own_school=own_school, rounding=rounding)
    if len(found):
        shown = [" ".join(map(str, row)) for row in found.head(10).itertuples(index=False)]
        raise DisclosureError(f"{len(found)} breaches of disclosure control: " + "; ".join(shown))


def breaches(
    raw: Mapping[str, pd.DataFrame],
    edition: Mapping[str, pd.DataFrame],
    *,
    schools: pd.DataFrame,
    settings: Settings,
    own_school: str | None = None,
    rounding: int | None = None,
) -> pd.DataFrame:
    """Counts that the edition prints or narrows too far; one row each, empty if it is safe.

    raw: the working tables; edition: the protected ones; own_school: whose head reads a card (own figures are plain).
    Columns ``level, unit_id, period, indicator, count`` and ``breach``: ``printed`` (a count of 1…4, or a share of a
    small denominator, stands there), ``narrow`` (its feasible interval does not contain 1…4), ``exact`` (a share
    hidden for its small denominator can be worked out). The rest of a share is a count of people too, and so are the
    people of schools that are in one of two periods only (``level`` departed).
    """
    privacy = settings.project.privacy
    limits = Limits(privacy.min_count, privacy.min_denominator)
    counted = counted_indicators(settings.indicators, settings.measures)
    rows = people_rows(raw["indicators"].reset_index(drop=True), counted, groups_of(schools))
    truth = with_sensitivity(_with_zero_wholes(rows, settings), limits).set_index(ROW)
    hidden = _with_others(truth, own_school, schools, limits)
    if own_school is None:
        hidden = pd.concat([hidden, _departed(rows, counted, limits, edition["indicators"])])
    intervals = feasible_intervals(
        with_unprinted_schools(edition, raw["indicators"], own_school),
        schools=schools,
        settings=settings,
        rounding=rounding,
        wanted=_few(hidden),
        truth=rows,
        enough=_enough(hidden, limits),
    )
    level, unit = (truth.index.get_level_values(name) for name in ("level", "unit_id"))
    # beside the own figures a total is judged by what it leaves to the others
    judged = truth if own_school is None else truth[(level == "school") & (unit != own_school)]
    found = [
        _printed(judged, edition["indicators"]),
        _narrow(hidden, intervals, limits),
    ]
    return pd.concat(found, ignore_index=True)[COLUMNS]


def breaches_to_head(
    raw: Mapping[str, pd.DataFrame],
    edition: Mapping[str, pd.DataFrame],
    school: str,
    *,
    schools: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """:func:`breaches` of other schools' counts to the head of one school, who knows the own figures of all periods.

    The labels of totals are disregarded: that a total «менее 5» holds the own three is no secret an edition could keep.
    """
    limits = Limits(settings.project.privacy.min_count, settings.project.privacy.min_denominator)
    counted = counted_indicators(settings.indicators, settings.measures)
    rows = people_rows(raw["indicators"].reset_index(drop=True), counted, groups_of(schools))
    truth = with_sensitivity(_with_zero_wholes(rows, settings), limits)
    others = truth[(truth["level"] == "school") & (truth["unit_id"] != school)].set_index(ROW)
    intervals = feasible_intervals(
        known_to_head(edition, raw, school, limits),
        schools=schools,
        settings=settings,
        wanted=_few(others),
        truth=rows,
        enough=_enough(others, limits),
    )
    return _narrow(others, intervals, limits)[COLUMNS]


def known_to_head(
    edition: Mapping[str, pd.DataFrame], raw: Mapping[str, pd.DataFrame], school: str, limits: Limits
) -> dict[str, pd.DataFrame]:
    """The edition's figures with those of one school filled in, and without the labels of totals."""
    table, full = edition["indicators"].set_index(ROW), raw["indicators"].drop_duplicates(ROW).set_index(ROW)
    own = table.index[(table.index.get_level_values("unit_id") == school) & table.index.isin(full.index)]
    figures = ["numerator", "denominator", "value", "attainment"]
    table[figures] = table[figures].astype("Float64")
    table.loc[own, figures] = full.loc[own, figures].astype("Float64")
    totals = (table.index.get_level_values("level") != "school") & table["suppressed"].notna()
    reasons = table["suppressed"].mask(totals, reason_text(Rule.SECONDARY, limits))
    reasons[table.index.isin(own)] = None
    return {**edition, "indicators": table.assign(suppressed=reasons).reset_index()}


def with_unprinted_schools(
    edition: Mapping[str, pd.DataFrame], full: pd.DataFrame, own_school: str | None
) -> Mapping[str, pd.DataFrame]:
    """An edition without schools, with a row for each all the same: everybody knows which schools there are."""
    table = edition["indicators"]
    if own_school is not None or (table["level"] == "school").any():
        return edition
    seen = set(zip(table["period"], table["indicator"], strict=True))
    schools = full[full["level"] == "school"].drop_duplicates(ROW)
    schools = schools[[key in seen for key in zip(schools["period"], schools["indicator"], strict=True)]]
    blank = dict.fromkeys(("numerator", "denominator", "value", "attainment"), np.nan)
    return {**edition, "indicators": pd.concat([table, schools.assign(**blank, suppressed="")], ignore_index=True)}


def _few(truth: pd.DataFrame) -> set[tuple[str, ...]]:
    """Rows with a count that nobody may work out."""
    return set(truth.index[truth[["few", "few_x", "few_rest", "small"]].any(axis=1)])


def _enough(truth: pd.DataFrame, limits: Limits) -> Callable[[tuple[str, ...], str], Enough]:
    """What of a range suffices for :func:`_narrow`: 1…4 people, or a width of one where a share is protected."""
    marks = {"numerator": "few", "denominator": "few_x", "rest": "few_rest"}
    few = {count: set(truth.index[truth[mark].to_numpy(bool)]) for count, mark in marks.items()}
    small = set(truth.index[truth["small"].to_numpy(bool)])
    schools = truth["n_schools"].groupby(level=ROW).first().to_dict()

    def least(unit: tuple[str, ...], count: str) -> float:
        return float(np.fmax(1.0, schools[unit])) if count == "denominator" else 1.0

    def enough(unit: tuple[str, ...], count: str) -> Enough:
        low, high = (least(unit, count), float(limits.largest_few)) if unit in few[count] else (np.inf, -np.inf)
        return low, high, float(count == "numerator" and unit in small)

    return enough


def _departed(rows: pd.DataFrame, counted: pd.DataFrame, limits: Limits, table: pd.DataFrame) -> pd.DataFrame:
    """The true counts of the schools that are in one of two periods only.

    ``least``, ``least_rest``: how many labels «менее 5» («остальных менее 5») the edition has of them. Each says one at
    least, of a school whose closing nobody foresaw, so their sum cannot be less and need not seem to be.
    """
    rows = with_members(rows, rows)
    found: dict[tuple[str, ...], dict[str, float]] = {}
    least: dict[tuple[str, ...], list[int]] = {}
    labels = [_labelled(table, rule, limits) for rule in (Rule.FEW, Rule.FEW_REST)]
    for one in relations(rows, node, true_counts(rows)):
        if one.role:
            found.setdefault(one.unit, {})[one.role] = one.rest
            least[one.unit] = [len(told & _gone(one)) for told in labels]
    counts = [
        (*unit, by_role.get("numerator", np.nan), by_role.get("denominator", np.nan), *least[unit])
        for unit, by_role in found.items()
    ]
    frame = pd.DataFrame(counts, columns=[*ROW, "y", "x", "least", "least_rest"])
    frame = frame.astype({"y": float, "x": float}).join(counted, on="indicator")
    frame = frame.assign(group="", source=frame["period"], n_schools=np.nan, enters=False, zero_whole=False)
    return with_sensitivity(frame, limits).set_index(ROW)


def _labelled(table: pd.DataFrame, rule: Rule, limits: Limits) -> set[tuple[str, ...]]:
    """School, period and indicator of the rows with the label."""
    rows = table[(table["level"] == "school") & (table["suppressed"] == reason_text(rule, limits)).fillna(False)]
    return set(rows[ROW[1:]].itertuples(index=False, name=None))


def _gone(relation: Relation) -> set[tuple[str, ...]]:
    """School, period and indicator of the parts that the whole lacks."""
    sums = [(*name[2:], coefficient) for name, coefficient in relation.terms]  # type: ignore[index]
    listed = [one for one in sums if isinstance(one[3], frozenset)]
    kept = frozenset().union(*(members for *_, members, coefficient in listed if coefficient < 0))
    return {
        (school, period, indicator)
        for period, _, indicator, members, coefficient in listed
        if coefficient > 0
        for school in members - kept
    }


def _printed(truth: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    marks = truth[["few", "few_rest", "few_x", "small"]]
    shown = marks.join(table.set_index(ROW)[["numerator", "denominator", "value"]], how="inner")
    cases = {
        "numerator": shown["numerator"].notna() & (shown["few"] | shown["few_rest"]),
        "denominator": shown["denominator"].notna() & shown["few_x"],
        "value": shown["value"].notna() & (shown["small"] | shown["few"] | shown["few_rest"] | shown["few_x"]),
    }
    found = [shown[case].reset_index()[ROW].assign(count=count) for count, case in cases.items()]
    return pd.concat(found, ignore_index=True).assign(breach="printed")


def _with_zero_wholes(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """``zero_whole``: the numerator is part of a wider count that is nobody, so that everyone knows it is 0."""
    at = ["level", "unit_id", "period"]
    zero = {(*row[:3], row[3]) for row in rows.loc[rows["y"] == 0, [*at, "numerator_key"]].itertuples(index=False)}
    wholes: dict[str, set[str]] = {}
    for part, whole in nested_measures(settings.checks):
        wholes.setdefault(part, set()).add(whole)
    known = [
        any((*row[:3], whole) in zero for whole in wholes.get(row[3], ()))
        for row in rows[[*at, "numerator_key"]].itertuples(index=False)
    ]
    return rows.assign(zero_whole=known)


def _with_others(truth: pd.DataFrame, own_school: str | None, schools: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The true figures; for a head, those of the schools the card does not print (totals less what it prints)."""
    if own_school is None:
        return truth
    rows = truth.reset_index()
    own = rows[(rows["unit_id"] == own_school) & rows["enters"]]
    group = rows[(rows["level"] == "group") & (rows["unit_id"] == groups_of(schools).get(own_school))]
    at = ["period", "indicator"]
    others = []
    for total, part in ((group, own), (rows[rows["level"] == "city"], group)):
        known = part.set_index(at)[["y", "x"]].reindex(pd.MultiIndex.from_frame(total[at])).fillna(0)
        rest = total.assign(y=total["y"] - known["y"].to_numpy(), x=total["x"] - known["x"].to_numpy(), level="others")
        others.append(with_sensitivity(rest.assign(n_schools=np.nan), limits))
    return pd.concat(others, ignore_index=True).set_index(ROW)


def _narrow(truth: pd.DataFrame, intervals: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    columns = ["few", "few_x", "few_rest", "small", "y", "zero_whole", "least", "least_rest", "n_schools"]
    truth = truth.reindex(columns=columns)
    found = intervals.join(truth, on=ROW)
    count = found["count"]
    must = (
        ((count == "numerator") & found["few"])
        | ((count == "denominator") & found["few_x"])
        | ((count == "rest") & found["few_rest"])
    )
    # each school of a total to which the indicator applies has somebody, which no edition hides
    least = np.select(
        [count == "numerator", count == "rest", count == "denominator"],
        [found["least"], found["least_rest"], found["n_schools"]],
        np.nan,
    )
    holds = (found["low"] <= np.fmax(1, least.astype(float)) + TOLERANCE) & (
        found["high"] >= limits.largest_few - TOLERANCE
    )
    known_zero = found["y"].eq(0) & found["zero_whole"].astype(bool)
    exact = ~known_zero & (count == "numerator") & found["small"] & (found["high"] - found["low"] < 1 - TOLERANCE)
    breach = np.select([must.astype(bool) & ~holds, exact.astype(bool)], ["narrow", "exact"], "")
    return found.assign(breach=breach)[breach != ""]
