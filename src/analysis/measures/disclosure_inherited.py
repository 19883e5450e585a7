"""What an earlier report has hidden or printed of a count stays hidden or known in the later ones.

A state or a cumulative count of a period is that of its last month; a flow is the sum over the parts of the period.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.measures.disclosure_periods import months_of, tilings

NODE = ["level", "unit_id", "key"]
TOLERANCE = 1e-6


def inherited(printed: pd.DataFrame, earlier: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The counts of one period with ``hide`` and ``fixed`` as earlier periods leave them.

    printed: rows of one period from :func:`disclosure_bounds.counts`; earlier: such rows by period, decided.
    A count is hidden where the same count, or a part of a flow, was hidden; it is ``fixed`` (``low = high``) where it
    follows from what was printed, so that hiding it protects nothing.
    """
    if printed.empty or not earlier:
        return printed
    source = str(printed["source"].iloc[0])
    same = [frame for key, frame in earlier.items() if max(months_of(key)) == max(months_of(source))]
    parts = [frame for key, frame in earlier.items() if months_of(key) < months_of(source)]
    node, flow = pd.MultiIndex.from_frame(printed[NODE]), printed["flow"].to_numpy(bool)
    hide = np.where(flow, node.isin(_hidden(parts)), node.isin(_hidden(same)))
    known = np.where(flow, _summed(node, source, earlier), _printed(node, same))
    fixed = ~hide & (np.abs(known - printed["count"].to_numpy(float)) < TOLERANCE)
    return printed.assign(
        hide=printed["hide"] | hide,
        fixed=fixed,
        low=printed["low"].mask(fixed, printed["count"]),
        high=printed["high"].mask(fixed, printed["count"]),
    )


def _hidden(frames: list[pd.DataFrame]) -> pd.MultiIndex:
    found = [frame.loc[frame["hide"], NODE] for frame in frames]
    return pd.MultiIndex.from_frame(pd.concat(found)) if found else pd.MultiIndex.from_tuples([], names=NODE)


def _printed(node: pd.MultiIndex, frames: list[pd.DataFrame]) -> np.ndarray:
    """The count that one of the frames prints (NaN: none does)."""
    shown = [frame.loc[~frame["hide"], [*NODE, "count"]] for frame in frames]
    if not shown:
        return np.full(len(node), np.nan)
    counts = pd.concat(shown).drop_duplicates(NODE).set_index(NODE)["count"]
    return counts.reindex(node).to_numpy(float)


def _summed(node: pd.MultiIndex, source: str, earlier: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """The sum of printed parts that make up the period (NaN: there are none, or one is hidden)."""
    answer = np.full(len(node), np.nan)
    for parts in tilings(source, earlier):
        total = sum((_printed(node, [earlier[part]]) for part in parts), np.zeros(len(node)))
        answer = np.where(np.isnan(answer), total, answer)
    return answer
