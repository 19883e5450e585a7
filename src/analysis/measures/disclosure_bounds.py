"""What a reader takes for granted about each count once it is hidden, and which values must stay possible for it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from analysis.measures.disclosure_counts import Limits, shared_labels


def counts(rows: pd.DataFrame, limits: Limits, nested: Sequence[tuple[str, str]] = ()) -> pd.DataFrame:
    """One row per printed count of people: what a reader takes for granted once it is hidden, what must stay possible.

    Columns: ``level, unit_id, group, source, period, indicator, key, flow, cumulative, role`` (numerator or denominator),
    ``count``, ``enters``, ``low, high`` (taken for granted), ``need_low, need_high`` (NaN: needs no protection), ``labelled``
    (a label would say something about the count; ``told``: and stands there; ``by_denominator``: through its
    denominator), ``neutral`` (the label would say too much), ``open_ended`` (so little that its denominator is hidden too: it
    may rise with it), ``row`` (index of the row in the table).
    """
    parts = []
    for role, count, figures in (("numerator", "y", _numerators), ("denominator", "x", _denominators)):
        of_people = rows[rows[f"{role}_people"] & rows[count].notna()]
        labelled = of_people["small"] if role == "denominator" else of_people["label"] != ""
        frame = of_people[["level", "unit_id", "group", "source", "period", "indicator", "enters"]].assign(
            key=of_people[f"{role}_key"],
            flow=of_people[f"{role}_flow"],
            cumulative=of_people[f"{role}_cumulative"],
            role=role,
            count=of_people[count],
            row=of_people.index,
            labelled=labelled,
            told=labelled & of_people["told"],
            by_denominator=of_people["small"],
            open_ended=of_people["few_x"] & (role == "numerator"),
        )
        parts.append(frame.assign(**figures(of_people, limits)))
    return _with_nested(pd.concat(parts, ignore_index=True), nested)


def _with_nested(printed: pd.DataFrame, nested: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Counts that are part of others: no more than the whole, no less than the part.

    A part that must be able to rise above its whole, or a whole that must be able to fall below its part, is only
    protected if the other moves along; so the other one needs protection too.
    """
    limits = {name: printed[name].to_numpy(float).copy() for name in ("low", "high", "need_low", "need_high")}
    low, high, need_low, need_high = limits.values()
    count, key = printed["count"].to_numpy(float), printed["key"].to_numpy(object)
    units = list(zip(printed["level"], printed["unit_id"], printed["source"], strict=True))
    places: dict[str, dict[tuple[str, str, str], list[int]]] = {}
    for at, (unit, name) in enumerate(zip(units, key, strict=True)):
        places.setdefault(name, {}).setdefault(unit, []).append(at)
    for part, whole in nested:
        wholes = places.get(whole, {})
        for unit, small in places.get(part, {}).items():
            large = wholes.get(unit, [])
            for i, j in product(small, large):
                high[i] = max(count[i], min(high[i], count[j]))
                low[j] = min(count[j], max(low[j], count[i]))
                if need_high[i] > count[j]:
                    need_low[j], need_high[j] = np.fmin(need_low[j], count[j]), np.fmax(need_high[j], need_high[i])
                if need_low[j] < count[i]:
                    need_low[i], need_high[i] = np.fmin(need_low[i], need_low[j]), np.fmax(need_high[i], count[i])
    told = printed["labelled"] & ~printed["by_denominator"]
    outside = (need_low < printed["low"]) | (need_high > printed["high"])
    return printed.assign(**limits, neutral=told & outside)


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
    high = np.select(cases, [x, np.fmin(few, widest), np.where(told, x - 1, x), np.fmax(widest, y + few)], plain_high)
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
    # an indicator applies where there is somebody: each school of a total has one at least
    somebody = np.fmin(np.fmax(rows["n_schools"].to_numpy(float), 1), x)
    need_low = np.select([few_x, thin], [somebody, np.fmax(somebody, x - few + 1)], np.nan)
    need_high = np.select([few_x, thin], [np.full(len(x), float(few)), x], np.nan)
    low = np.fmax(np.where(thin, 0, low), somebody)
    return {"low": low, "high": high, "need_low": need_low, "need_high": need_high}
