"""What an earlier report has hidden or printed of a count stays hidden or known in the later ones.

A state or a cumulative count of a period is that of its last month; a flow is the sum over the parts of the period; a
cumulative count does not fall within a school year. Totals of two periods differ by the schools of one of them only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measures.disclosure_counts import TOLERANCE, Limits
from analysis.measures.disclosure_periods import grows_into, months_of, tilings

NODE = ["level", "unit_id", "key"]
Stage = tuple[int, int, str]  # when the reports with these counts come out; the months they cover; their source
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """What the reports of one stage tell of each count (arrays by the number in the column ``node``).

    there: the count stands in the stage's tables at all; shown: as printed, NaN where it is not; gone: what is hidden
    of schools (``node, unit_id, key``; group and city as units).
    """

    source: str
    there: Flags
    hidden: Flags
    shown: Floats
    gone: pd.DataFrame

    @classmethod
    def of(cls, decided: pd.DataFrame, n_nodes: int) -> Told:
        node, hide = decided["node"].to_numpy(), decided["hide"].to_numpy(bool)
        there, hidden, shown = np.zeros(n_nodes, bool), np.zeros(n_nodes, bool), np.full(n_nodes, np.nan)
        there[node] = True
        hidden[node[hide]] = True
        shown[node[~hide]] = decided["count"].to_numpy(float)[~hide]
        shown[hidden] = np.nan
        schools = decided.loc[hide & (decided["level"] == "school") & decided["enters"], ["node", "group", "key"]]
        schools = schools.rename(columns={"group": "unit_id"})
        gone = pd.concat([schools, schools.assign(unit_id="city")], ignore_index=True)
        return cls(str(decided["source"].iloc[0]), there, hidden, shown, gone)


def stages(printed: pd.DataFrame) -> pd.Series:
    """The stage of each count: by the last month of its reports, the shorter periods first.

    A year that takes a figure from its first half prints it half a year later, of the schools that are still there.
    """
    keys = {}
    for source, period in set(zip(printed["source"], printed["period"], strict=True)):
        later = 6 if source.endswith("H2") and len(period) in (4, 9) else 0
        keys[source, period] = (max(months_of(source)) + later, len(months_of(source)), source)
    found = [keys[one] for one in zip(printed["source"], printed["period"], strict=True)]
    return pd.Series(found, index=printed.index, dtype=object)


def inherited(printed: pd.DataFrame, earlier: Sequence[Told], limits: Limits) -> pd.DataFrame:
    """The counts of one stage with ``hide``, ``fixed`` and needs as earlier stages leave them.

    printed: rows of one stage from :func:`disclosure_bounds.counts` with their ``node``; earlier: in their order.
    A count is hidden where the same count, or a part of a flow, was hidden; it is ``fixed`` (``low = high``) where it
    follows from what was printed, so that hiding it protects nothing. A total needs protection where it would tell
    the difference to an earlier one.
    """
    if printed.empty or not earlier:
        return printed
    source, node = str(printed["source"].iloc[0]), printed["node"].to_numpy()
    same = [told for told in earlier if max(months_of(told.source)) == max(months_of(source))]
    parts = [told for told in earlier if months_of(told.source) < months_of(source)]
    again = [told for told in same if told.source == source]
    flow, count = printed["flow"].to_numpy(bool), printed["count"].to_numpy(float)
    hide = np.where(flow, _hidden([*parts, *again], node), _hidden(same, node))
    summed = _summed(source, earlier, node)
    of_flow = np.where(np.isnan(summed), _shown(again, node), summed)
    known = np.where(flow, of_flow, _shown(same, node))
    fixed = ~hide & (np.abs(known - count) < TOLERANCE)
    printed = printed.assign(
        hide=printed["hide"] | hide,
        fixed=fixed,
        low=printed["low"].mask(fixed, count),
        high=printed["high"].mask(fixed, count),
    )
    return _after_growth(_beside_departed(printed, known, [*same, *parts], limits), source, earlier)


def _beside_departed(printed: pd.DataFrame, known: Floats, before: Sequence[Told], limits: Limits) -> pd.DataFrame:
    """Totals whose difference to what is ``known`` is few people, or the hidden count of a school that is gone."""
    few, count = limits.largest_few, printed["count"].to_numpy(float)
    rest = known - count
    differs = (printed["level"] != "school").to_numpy() & (rest > TOLERANCE)
    if not differs.any():
        return printed
    of_few = differs & (rest < limits.min_count)
    gone = pd.concat([told.gone for told in before])
    gone = gone[~gone["node"].isin(printed["node"])]
    units = set(zip(gone["unit_id"], gone["key"], strict=True))
    of_hidden = differs & [one in units for one in zip(printed["unit_id"], printed["key"], strict=True)]
    low = np.select([of_few, of_hidden], [known - few, count - few + 1], np.nan)
    high = np.select([of_few, of_hidden], [known - 1, count + few - 1], np.nan)
    return printed.assign(
        need_low=np.fmin(printed["need_low"], low),
        need_high=np.fmax(printed["need_high"], high),
        hide=printed["hide"] | of_few | of_hidden,
    )


def _after_growth(printed: pd.DataFrame, source: str, earlier: Sequence[Told]) -> pd.DataFrame:
    """Cumulative counts are no less than what was printed of them earlier in the school year."""
    before = [told for told in earlier if grows_into(told.source, source)]
    growing = printed["cumulative"].to_numpy(bool)
    if not before or not growing.any():
        return printed
    floor = np.fmax.reduce([told.shown for told in before])[printed["node"].to_numpy()]
    floor = np.where(growing & (floor <= printed["count"].to_numpy(float)), floor, np.nan)
    need = printed["need_low"].to_numpy(float)
    return printed.assign(
        low=np.fmax(printed["low"], floor), need_low=np.where(np.isnan(need), need, np.fmax(need, floor))
    )


def _hidden(before: Sequence[Told], node: npt.NDArray[np.intp]) -> Flags:
    return np.logical_or.reduce([np.zeros(len(node), bool), *(told.hidden[node] for told in before)])


def _shown(before: Sequence[Told], node: npt.NDArray[np.intp]) -> Floats:
    """The count that one of the stages prints (NaN: none does), the first of them."""
    answer = np.full(len(node), np.nan)
    for told in before:
        answer = np.where(np.isnan(answer), told.shown[node], answer)
    return answer


def _summed(source: str, earlier: Sequence[Told], node: npt.NDArray[np.intp]) -> Floats:
    """The sum of printed parts that make up the period (NaN: there are none, or one is hidden).

    A school adds nothing in a part for which it has no row at all: it did not exist.
    """
    answer = np.full(len(node), np.nan)
    by_source = {told.source: told for told in reversed(earlier)}  # of two the first stage
    for parts in tilings(source, by_source):
        told = [by_source[part] for part in parts]
        total = np.sum([np.where(one.there, one.shown, 0.0)[node] for one in told], axis=0)
        total[~np.logical_or.reduce([one.there[node] for one in told])] = np.nan
        answer = np.where(np.isnan(answer), total, answer)
    return answer
