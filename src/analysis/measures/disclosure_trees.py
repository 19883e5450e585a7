"""The trees of sums that one count of one period makes, and what of them is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measures.suppression import Figures, Flags, Pattern, SumTree

FIGURES = ["value", "low", "high", "need_low", "need_high"]
COLUMNS = (
    "level",
    "unit_id",
    "group",
    "indicator",
    "enters",
    "count",
    "hide",
    "labelled",
    "fixed",
    "open_ended",
    *FIGURES[1:],
)
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Units:
    """Counts of one key in one period by unit: of several limits the tightest, of several needs the widest."""

    name: npt.NDArray[np.object_]
    group: npt.NDArray[np.object_]
    figures: Figures
    hide: Flags
    enters_in: npt.NDArray[np.object_]

    def where(self, kept: Flags) -> Units:
        """Some of the units."""
        figures = Figures(*(getattr(self.figures, name)[kept] for name in FIGURES))
        return Units(self.name[kept], self.group[kept], figures, self.hide[kept], self.enters_in[kept])


@dataclass(frozen=True)
class Tree:
    """The schools (or groups) of one class, the totals right above them (``above``), and what is hidden."""

    units: Units
    above: list[str]
    sums: SumTree
    hidden: Pattern


def trees_of(of_key: pd.DataFrame, leaf: str) -> Iterator[Tree]:
    """The trees of one count of one period: one for each class of schools that enter the same totals."""
    columns = {name: of_key[name].to_numpy() for name in COLUMNS}
    is_leaf = columns["level"] == leaf
    totals = _units(_unbounded(_taken(columns, ~is_leaf & (columns["level"] != "school"))))
    leaves = _units(_taken(columns, is_leaf & (columns["enters"].astype(bool) | (leaf == "group"))))
    signatures = sorted(set(leaves.enters_in)) if leaf == "school" else [None]
    for signature in signatures:
        units = leaves.where(leaves.enters_in == signature) if len(signatures) > 1 else leaves
        if len(units.name):
            above, parent = _parents(units, leaf)
            yield Tree(units, above, *_tree(units, totals, above, parent, leaf, whole=len(signatures) == 1))


def _taken(columns: Columns, which: Flags) -> Columns:
    return {name: values[which] for name, values in columns.items()}


def _unbounded(totals: Columns) -> Columns:
    """Hidden totals without a telling label may be anything, unless they have been printed elsewhere."""
    plain, known, count = ~totals["labelled"].astype(bool), totals["fixed"].astype(bool), totals["count"]
    high = np.where(plain | totals["open_ended"].astype(bool), np.inf, totals["high"])
    low = np.where(plain, -np.inf, totals["low"])
    return totals | {"low": np.where(known, count, low), "high": np.where(known, count, high)}


def _units(counts_of_key: Columns) -> Units:
    """One element per unit, sorted by name.

    Schools may enter the totals of different indicators; the difference of two totals then tells about a few of
    them, so each such class (``enters_in``) is protected as if its own total were printed.
    """
    name, first, place = np.unique(counts_of_key["unit_id"], return_index=True, return_inverse=True)
    merged = []
    for column, widest in zip(FIGURES, (np.fmax, np.fmax, np.fmin, np.fmin, np.fmax), strict=True):
        figure = np.full(len(name), np.nan)
        widest.at(figure, place, counts_of_key["count" if column == "value" else column].astype(float))
        merged.append(figure)
    hide = np.bincount(place, counts_of_key["hide"].astype(float), len(name)) > 0
    indicator = counts_of_key["indicator"]
    codes: list[set[str]] = [set() for _ in name]
    for at, code in zip(place, indicator, strict=True):
        codes[at].add(code)
    enters_in = np.array(["+".join(sorted(some)) for some in codes], dtype=object)
    return Units(name, counts_of_key["group"][first], Figures(*merged), hide, enters_in)


def _parents(units: Units, leaf: str) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Names of the totals right above the leaves, and the position of each leaf's total among them."""
    if leaf == "group":
        return ["city"], np.zeros(len(units.name), dtype=np.intp)
    names, parent = np.unique(units.group, return_inverse=True)
    return list(names), parent


def _tree(
    units: Units, totals: Units, above: list[str], parent: npt.NDArray[np.intp], leaf: str, whole: bool
) -> tuple[SumTree, Pattern]:
    """The tree of sums over one class, and what of it is not printed or hidden already.

    whole: the class makes up the totals, so their needs are known to it. Otherwise a total that needs protection
    leaves all totals open: what is known about the parts of a small total is not worth printing it.
    """
    value = units.figures.value
    groups, groups_open = _totals(totals, above, np.bincount(parent, value, len(above)).astype(float), whole)
    root, root_open = _totals(totals, ["city"] if leaf == "school" else [""], np.array([value.sum()]), whole)
    if not whole and totals.figures.sensitive.any():
        groups_open, root_open = np.ones_like(groups_open), np.ones_like(root_open)
    return SumTree(units.figures, groups, root, parent), Pattern(units.hide, groups_open, bool(root_open[0]))


def _totals(totals: Units, names: list[str], sums: npt.NDArray[np.float64], whole: bool) -> tuple[Figures, Flags]:
    """Figures of the totals above the leaves; a total that is not printed is open and knows no limits."""
    place = {name: i for i, name in enumerate(totals.name)}
    open_ = np.array([name not in place or bool(totals.hide[place[name]]) for name in names])
    at = np.array([place.get(name, -1) for name in names])
    columns = {name: np.append(getattr(totals.figures, name), np.nan)[at] for name in FIGURES[1:]}
    known = whole & ~np.isnan(columns["low"])
    low, high = np.where(known, columns["low"], -np.inf), np.where(known, columns["high"], np.inf)
    needs = [np.where(known, columns[name], np.nan) for name in ("need_low", "need_high")]
    return Figures(sums, low, high, *needs), open_
