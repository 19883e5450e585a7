"""The counts of people an edition would print, and which of them are too small to be printed.

A *count* is a numerator or a denominator of a row of ``indicators`` (or of the city's monthly history). The same
number may stand in several rows (the contingent of grades 5–11 is the denominator of nine indicators), so counts are
known by their ``key``: the measures they add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.disclosure_periods import months_of, overlaps, score_kind

PEOPLE = "чел."
ROW = ["level", "unit_id", "period", "indicator"]
FEW_SCHOOLS = 3
LEVELS = ("school", "group", "city")


@dataclass(frozen=True)
class Limits:
    """Thresholds: counts below ``min_count`` and shares of fewer than ``min_denominator`` people are not printed.

    complements: the people who are *not* in the numerator of a share are a count of people too.
    few_schools: totals of fewer schools than this are a school's figures in disguise (0: allowed).
    """

    min_count: int = 5
    min_denominator: int = 10
    complements: bool = True
    few_schools: int = 0

    @property
    def largest_few(self) -> int:
        """The largest count that is too small to be printed."""
        return self.min_count - 1


def counted_indicators(
    indicators: Iterable[Any], measures: Iterable[Any], weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """What each indicator counts and how it enters scores; one row per indicator, index ``indicator``.

    Columns: ``numerator_key, denominator_key`` (measure codes joined by +, empty for none), ``numerator_people,
    denominator_people`` (is it a number of people), ``share`` (the numerator is part of the denominator), ``scale``,
    ``cap, downward, weight, scored_in``.
    """
    people = {measure.code for measure in measures if measure.unit == PEOPLE}
    rows = []
    for one in indicators:
        top, bottom = set(one.numerator) & people, one.denominator in people
        rows.append(
            {
                "indicator": one.code, "numerator_key": "+".join(sorted(one.numerator)),
                "denominator_key": one.denominator or "", "numerator_people": bool(top), "denominator_people": bottom,
                "share": one.unit == "percent" and bool(top) and bottom, "scale": float(one.scale),
                "cap": np.inf if one.cap is None else one.cap, "downward": one.direction == "down",
                "weight": (weights or {}).get(one.code, 1.0),
                "scored_in": () if one.informational or "school" not in one.levels_scored else one.scored_in,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).set_index("indicator")


def groups_of(schools: pd.DataFrame) -> dict[str, str]:
    """Group code by school id (the last row of a school that changed its group)."""
    return dict(zip(schools["school_id"], schools["group"], strict=True))


def people_rows(table: pd.DataFrame, counted: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Rows of ``indicators`` that count people, in the order and with the index of ``table``.

    Columns of the row, ``group`` (of a school or the group itself; empty for the city), the columns of
    :func:`counted_indicators`, ``y`` and ``x`` (numerator, denominator; NaN = missing or hidden already),
    ``enters``: the row's school is part of the totals, and ``scored``: its attainment enters the school's score.
    """
    unknown = sorted(set(table["indicator"]) - set(counted.index))
    if unknown:
        raise ValueError(f"indicators unknown to the settings: {', '.join(unknown)}")
    rows = table[[*ROW, "numerator", "denominator", "n_schools", "status", "target"]].join(counted, on="indicator")
    rows = rows[rows["numerator_people"] | rows["denominator_people"]].astype(dict.fromkeys(ROW, object))
    y, x = (rows[name].astype("Float64").to_numpy(float, na_value=np.nan) for name in ("numerator", "denominator"))
    return rows.assign(
        group=np.where(
            rows["level"] == "school",
            rows["unit_id"].map(groups).fillna(""),
            np.where(rows["level"] == "group", rows["unit_id"], ""),
        ),
        y=y,
        x=x,
        enters=(rows["level"] == "school") & ~np.isnan(y) & ~np.isnan(x) & (x > 0),
        scored=[score_kind(p) in kinds for p, kinds in zip(rows["period"], rows["scored_in"], strict=True)],
    )


def with_sensitivity(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Mark what may not be printed.

    Adds booleans: ``small`` the denominator is under the least one, ``few`` the numerator is 1…4 people,
    ``few_rest`` the people outside the numerator are 1…4, ``few_x`` the denominator is 1…4 people, ``thin`` the
    total is of too few schools; ``label``, the first of them that hides the numerator (empty: none); and ``told``,
    False where the label itself would give the figure away.
    """
    y, x = rows["y"], rows["x"]
    thin = (rows["level"] != "school") & (rows["n_schools"] > 0) & (rows["n_schools"] < limits.few_schools)
    marked = rows.assign(
        small=rows["denominator_people"] & (x > 0) & (x < limits.min_denominator),
        few=rows["numerator_people"] & (y > 0) & (y < limits.min_count),
        few_rest=rows["share"] & limits.complements & (x - y > 0) & (x - y < limits.min_count),
        few_x=rows["denominator_people"] & (x > 0) & (x < limits.min_count),
        thin=thin & (y.notna() | x.notna()),
    )
    names = ["small", "few", "few_rest", "thin"]
    label = np.select([(marked[name] & marked["numerator_people"]).to_numpy() for name in names], names, "")
    shared = shared_labels(marked, "few", y) | shared_labels(marked, "few_rest", x - y) | _parts_in_time(marked)
    return marked.assign(label=label, told=~(shared & np.isin(label, ["few", "few_rest"])))


def shared_labels(rows: pd.DataFrame, mark: str, amount: pd.Series) -> pd.Series:
    """Rows whose label must not be told: the total above is «менее 5» too and is shared by several units.

    Two schools labelled «менее 5» (each at least 1) under a total labelled «менее 5» (at most 4) would leave only
    1…3 for each of them. Returns a boolean series.
    """
    by = ["indicator", "period"]
    nonzero = amount > 0
    answer = pd.Series(False, index=rows.index)
    for below, above, unit in (("school", "group", "group"), ("school", "city", None), ("group", "city", None)):
        keys = [*by, unit] if unit else by
        marked = rows[(rows["level"] == above) & rows[mark]].set_index(keys).index
        if marked.empty:
            continue
        parts = rows[(rows["level"] == below) & nonzero].groupby(keys).size()
        shared = parts.index[(parts > 1) & parts.index.isin(marked)]
        at = pd.MultiIndex.from_frame(rows[keys])
        answer |= (rows["level"] == below) & rows[mark] & at.isin(shared)
    return answer


def _parts_in_time(rows: pd.DataFrame) -> pd.Series:
    """Rows of a shorter period inside a longer one in the same tables, where both are marked (parts add up)."""
    marked = rows[rows["few"] | rows["few_rest"]]
    covers = overlaps(marked["period"].unique())
    keys = set(zip(*(marked[name] for name in ROW), strict=True))
    inside = {
        index
        for index, row in zip(marked.index, marked[ROW].itertuples(index=False), strict=True)
        if any(
            (row.level, row.unit_id, wider, row.indicator) in keys
            and len(months_of(wider)) > len(months_of(row.period))
            for wider in covers[row.period]
        )
    }
    return pd.Series(rows.index.isin(inside), index=rows.index)


def counts(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """One row per printed count of people: what a reader takes for granted once it is hidden, what must stay possible.

    Columns: ``level, unit_id, group, period, indicator, key, role`` (numerator or denominator), ``count``,
    ``enters``, ``low, high`` (taken for granted), ``need_low, need_high`` (NaN: needs no protection), ``row`` (index
    of the row in the table).
    """
    parts = []
    for role, count, figures in (("numerator", "y", _numerators), ("denominator", "x", _denominators)):
        of_people = rows[rows[f"{role}_people"] & rows[count].notna()]
        frame = of_people[["level", "unit_id", "group", "period", "indicator", "enters"]].assign(
            key=of_people[f"{role}_key"], role=role, count=of_people[count], row=of_people.index
        )
        parts.append(frame.assign(**figures(of_people, limits)))
    return pd.concat(parts, ignore_index=True)


def _numerators(rows: pd.DataFrame, limits: Limits) -> dict[str, np.ndarray]:
    y, x, few = rows["y"].to_numpy(), rows["x"].to_numpy(), limits.largest_few
    label, told, share = (rows[name].to_numpy() for name in ("label", "told", "share"))
    whole = np.where(share | (y <= x), x, 2 * y)
    widest = np.where(np.isnan(whole), 2 * y, whole)
    margin = np.where(share & limits.complements, limits.min_count, 0)
    cases = [label == name for name in ("small", "few", "few_rest", "thin")]
    # a figure of nobody or of everybody has no room to make for another one
    plain_low = np.where((widest - y >= margin) & (y >= limits.min_count), limits.min_count, y)
    plain_high = np.where((widest - y >= margin) & (y > 0), widest - margin, y)
    low = np.select(cases, [0 * y, np.where(told, 1, 0), x - few, 0 * y], plain_low)
    small_high = np.where(rows["few_x"], few, x)
    high = np.select(
        cases, [small_high, np.full(len(y), few), np.where(told, x - 1, x), np.fmax(widest, y + few)], plain_high
    )
    return {"low": low, "high": high} | _numerator_needs(rows, limits, high)


def _numerator_needs(rows: pd.DataFrame, limits: Limits, high: np.ndarray) -> dict[str, np.ndarray]:
    y, x, few = rows["y"].to_numpy(), rows["x"].to_numpy(), limits.largest_few
    label = rows["label"].to_numpy()
    is_few = rows["few"].to_numpy()
    is_rest = rows["few_rest"].to_numpy() & np.isin(label, ["small", "few_rest"]) & (x >= few)
    fewer = np.where(y >= few - 1, y - (few - 1), y)
    more = np.where(y >= few - 1, y, np.fmin(y + few - 1, high))
    windows = [
        (np.isin(label, ["small", "thin"]) & ~is_few & ~is_rest, fewer, more),
        (is_few, np.ones(len(y)), np.full(len(y), float(few))),
        (is_rest, x - few, x - 1),
    ]
    need_low, need_high = np.full(len(y), np.nan), np.full(len(y), np.nan)
    for applies, least, most in windows:
        need_low = np.where(applies, np.fmin(need_low, least), need_low)
        need_high = np.where(applies, np.fmax(need_high, most), need_high)
    return {"need_low": need_low, "need_high": need_high}


def _denominators(rows: pd.DataFrame, limits: Limits) -> dict[str, np.ndarray]:
    x, few = rows["x"].to_numpy(), limits.largest_few
    few_x, small = rows["few_x"].to_numpy(), rows["small"].to_numpy()
    tell = ~shared_labels(rows, "few_x", rows["x"]).to_numpy()
    margin = limits.min_count if limits.complements else 0
    part = np.where(rows["share"], np.nan_to_num(rows["y"].to_numpy()), 0)
    room = np.fmin(np.fmax(limits.min_denominator, np.where(part < x, part + margin, part)), x)
    low = np.select([few_x, small], [np.where(tell, 1.0, 0.0), np.fmin(np.fmax(limits.min_count, part), x)], room)
    high = np.select([few_x, small], [np.full(len(x), few), limits.min_denominator - 1], 2 * x)
    thin = rows["thin"].to_numpy() & ~few_x
    need_low = np.select([few_x, thin], [np.ones(len(x)), np.fmax(0, x - few + 1)], np.nan)
    need_high = np.select([few_x, thin], [np.full(len(x), float(few)), x], np.nan)
    return {"low": np.where(thin, 0, low), "high": high, "need_low": need_low, "need_high": need_high}
