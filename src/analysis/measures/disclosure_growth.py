"""A cumulative count bounds what it was earlier in the school year: what a later report prints must leave room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measures.disclosure_inherited import Floats
from analysis.measures.disclosure_periods import grows_into
from analysis.measures.disclosure_trees import Tree, trees_of
from analysis.measures.suppression import Figures, is_safe

Nodes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Growing:
    """A tree with protected cumulative counts, and which count (``node``) each of its figures is (−1: none)."""

    source: str
    tree: Tree
    leaves: Nodes
    groups: Nodes
    root: Nodes

    @property
    def last(self) -> int:
        """The greatest node."""
        return int(max(part.max(initial=-1) for part in (self.leaves, self.groups, self.root)))


def growing_trees(decided: pd.DataFrame, leaf: str) -> Iterator[Growing]:
    """The trees of one stage in which something cumulative is protected."""
    cumulative, key = decided["cumulative"].to_numpy(bool), decided["key"].to_numpy()
    protected = set(key[cumulative & decided["need_low"].notna().to_numpy()])
    for name in sorted(protected):
        of_key = decided[cumulative & (key == name)]
        node = dict(zip(zip(of_key["level"], of_key["unit_id"], strict=True), of_key["node"], strict=True))
        above, top = ("group", "city") if leaf == "school" else ("city", "")
        for tree in trees_of(of_key, leaf):
            leaves = np.array([node[leaf, unit] for unit in tree.units.name], dtype=int)
            groups = np.array([node.get((above, name), -1) for name in tree.above], dtype=int)
            root = np.array([node.get((top, top), -1)], dtype=int)
            yield Growing(str(of_key["source"].iloc[0]), tree, leaves, groups, root)


def told_too_much(source: str, shown: Floats, trees: Iterable[Growing], insider: bool) -> set[int]:
    """Nodes that a stage must not show, since an earlier count of the school year would be narrowed too far.

    shown: what the stage prints of each node. Of each tree the one that leaves the hidden figure least room.
    """
    padded = np.append(shown, np.nan)
    trees = (one for one in trees if grows_into(one.source, source))
    return {found for one in trees if (found := _nearest(one, padded, insider)) is not None}


def _nearest(one: Growing, shown: Floats, insider: bool) -> int | None:
    sums, pattern = one.tree.sums, one.tree.hidden
    caps = [shown[nodes] for nodes in (one.leaves, one.groups, one.root)]
    hidden = [pattern.leaves, pattern.groups, np.array([pattern.root])]
    levels = (sums.leaves, sums.groups, sums.root)
    room = [np.where(flags, cap - level.value, np.nan) for flags, cap, level in zip(hidden, caps, levels, strict=True)]
    if np.isnan(np.concatenate(room)).all():
        return None
    leaves, groups, root = (_capped(level, cap) for level, cap in zip(levels, caps, strict=True))
    capped = replace(sums, leaves=leaves, groups=groups, root=root)
    if is_safe(capped, pattern, insider) or not is_safe(sums, pattern, insider):
        return None
    at = int(np.nanargmin(np.concatenate(room)))
    return int(np.concatenate([one.leaves, one.groups, one.root])[at])


def _capped(figures: Figures, cap: Floats) -> Figures:
    return replace(figures, high=np.fmax(figures.value, np.fmin(figures.high, cap)))
