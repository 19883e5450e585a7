"""Which counts of an edition are hidden: small ones, and others so that no small one can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measures.disclosure_bounds import counts
from analysis.measures.disclosure_counts import Limits
from analysis.measures.disclosure_inherited import NODE, inherited
from analysis.measures.disclosure_periods import in_order
from analysis.measures.suppression import Figures, Flags, Pattern, SumTree, complete

FIGURES = ["value", "low", "high", "need_low", "need_high"]
TOLERANCE = 1e-6


def hidden_rows(
    rows: pd.DataFrame, limits: Limits, *, leaf: str, insider: bool, nested: Sequence[tuple[str, str]] = ()
) -> pd.DataFrame:
    """Decide for every row that counts people what of it is hidden.

    rows: from :func:`disclosure_counts.with_sensitivity`. leaf: the lowest level the edition prints (``school`` or
    ``group``). insider: protect against a reader who knows one school's own figures. nested: pairs of count keys
    (part, whole).
    Periods are decided in the order in which their reports come out, each beside what has been printed before: a
    figure that is out cannot be taken back, so what a later report prints must not give it away.
    Returns a frame with the index of ``rows``: booleans ``hide_numerator, hide_denominator, hide_value`` and
    ``neutral`` (its label would say too much); ``low, high, need_low, need_high``
    of the numerator as in :func:`disclosure_counts.counts`.
    """
    printed = counts(rows, limits, nested)
    printed = printed.assign(hide=printed["need_low"].notna(), fixed=False)
    earlier: dict[str, pd.DataFrame] = {}
    for source in in_order(printed["source"]):
        now = inherited(printed[printed["source"] == source], earlier)
        earlier[source] = _decided(now, leaf, insider)
    return _by_row(pd.concat([printed.iloc[:0], *earlier.values()]), rows)


def _decided(printed: pd.DataFrame, leaf: str, insider: bool) -> pd.DataFrame:
    """The counts of one period with what is hidden of them, beside what has been decided for earlier periods."""
    printed = printed.copy()
    _close(printed)
    numerators = set(printed.loc[printed["role"] == "numerator", "key"])
    of_numerator = printed["key"].isin(numerators).to_numpy()
    sensitive = printed["need_low"].notna().to_numpy()
    places = printed.reset_index(drop=True).groupby("key", sort=True).indices
    # denominators first: a hidden denominator hides the numerators above it, which may then protect others
    for last in (False, True):
        for index in places.values():
            if of_numerator[index[0]] == last and sensitive[index].any():
                _protect(printed, index, leaf, insider)
        _close(printed)
    _hide_loose_totals(printed, leaf)
    _close(printed)
    return printed


@dataclass(frozen=True)
class _Units:
    """Counts of one key in one period by unit: of several limits the tightest, of several needs the widest."""

    name: npt.NDArray[np.object_]
    group: npt.NDArray[np.object_]
    figures: Figures
    hide: Flags
    enters_in: npt.NDArray[np.object_]

    def where(self, kept: Flags) -> _Units:
        """Some of the units."""
        figures = Figures(*(getattr(self.figures, name)[kept] for name in FIGURES))
        return _Units(self.name[kept], self.group[kept], figures, self.hide[kept], self.enters_in[kept])


def _protect(printed: pd.DataFrame, index: npt.NDArray[np.intp], leaf: str, insider: bool) -> None:
    """Hide what one count of one period needs; writes ``hide`` and ``neutral`` of ``printed``."""
    of_key = printed.take(index)
    is_leaf = (of_key["level"] == leaf).to_numpy()
    totals = _units(_unbounded(of_key[~is_leaf & (of_key["level"] != "school").to_numpy()]))
    leaves = _units(of_key[is_leaf & (of_key["enters"] | (leaf == "group")).to_numpy()])
    unit = of_key["unit_id"].to_numpy()
    hidden, neutral_labels = of_key["hide"].to_numpy().copy(), False
    signatures = sorted(set(leaves.enters_in)) if leaf == "school" else [None]
    for signature in signatures:
        units = leaves.where(leaves.enters_in == signature) if len(signatures) > 1 else leaves
        if not len(units.name):
            continue
        above, parent = _parents(units, leaf)
        tree, open_already = _tree(units, totals, above, parent, leaf, whole=len(signatures) == 1)
        pattern = complete(tree, open_already, units.figures.value, insider)
        if pattern.exhausted:  # the labels of totals say too much: without them less has to be hidden
            neutral_labels = True
            pattern = complete(tree.unlabelled(), open_already, units.figures.value, insider)
        open_totals = {name for name, is_open in zip(above, pattern.groups, strict=True) if is_open}
        open_totals |= {"city"} if leaf == "school" and pattern.root else set()
        hidden |= np.where(is_leaf, np.isin(unit, units.name[pattern.leaves]), np.isin(unit, list(open_totals)))
    at = printed.index[index]
    printed.loc[at, "hide"] = hidden
    if neutral_labels:
        printed.loc[at, "neutral"] = True


def _unbounded(totals: pd.DataFrame) -> pd.DataFrame:
    """Hidden totals without a telling label may be anything, unless they have been printed elsewhere."""
    plain = ~totals["labelled"]
    high = totals["high"].mask(plain | totals["open_ended"], np.inf)
    known = totals["fixed"]
    low = totals["low"].mask(plain, -np.inf)
    return totals.assign(low=low.mask(known, totals["count"]), high=high.mask(known, totals["count"]))


def _units(counts_of_key: pd.DataFrame) -> _Units:
    """One element per unit, sorted by name.

    Schools may enter the totals of different indicators; the difference of two totals then tells about a few of
    them, so each such class (``enters_in``) is protected as if its own total were printed.
    """
    name, first, place = np.unique(counts_of_key["unit_id"].to_numpy(), return_index=True, return_inverse=True)
    merged = []
    for column, widest in zip(FIGURES, (np.fmax, np.fmax, np.fmin, np.fmin, np.fmax), strict=True):
        figure = np.full(len(name), np.nan)
        widest.at(figure, place, counts_of_key["count" if column == "value" else column].to_numpy(float))
        merged.append(figure)
    hide = np.bincount(place, counts_of_key["hide"].to_numpy(float), len(name)) > 0
    indicator = counts_of_key["indicator"].to_numpy()
    codes: list[set[str]] = [set() for _ in name]
    for at, code in zip(place, indicator, strict=True):
        codes[at].add(code)
    enters_in = np.array(["+".join(sorted(some)) for some in codes], dtype=object)
    return _Units(name, counts_of_key["group"].to_numpy()[first], Figures(*merged), hide, enters_in)


def _parents(units: _Units, leaf: str) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Names of the totals right above the leaves, and the position of each leaf's total among them."""
    if leaf == "group":
        return ["city"], np.zeros(len(units.name), dtype=np.intp)
    names, parent = np.unique(units.group, return_inverse=True)
    return list(names), parent


def _tree(
    units: _Units, totals: _Units, above: list[str], parent: npt.NDArray[np.intp], leaf: str, whole: bool
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


def _totals(totals: _Units, names: list[str], sums: npt.NDArray[np.float64], whole: bool) -> tuple[Figures, Flags]:
    """Figures of the totals above the leaves; a total that is not printed is open and knows no limits."""
    place = {name: i for i, name in enumerate(totals.name)}
    open_ = np.array([name not in place or bool(totals.hide[place[name]]) for name in names])
    at = np.array([place.get(name, -1) for name in names])
    columns = {name: np.append(getattr(totals.figures, name), np.nan)[at] for name in FIGURES[1:]}
    known = whole & ~np.isnan(columns["low"])
    low, high = np.where(known, columns["low"], -np.inf), np.where(known, columns["high"], np.inf)
    needs = [np.where(known, columns[name], np.nan) for name in ("need_low", "need_high")]
    return Figures(sums, low, high, *needs), open_


def _close(printed: pd.DataFrame) -> None:
    """Hide the same count of a period wherever it stands; a hidden denominator hides the numerator of its row."""
    node = pd.MultiIndex.from_frame(printed[NODE])
    row = printed["row"].to_numpy()
    while True:
        before = int(printed["hide"].sum())
        denominators = printed["hide"] & (printed["role"] == "denominator")
        printed.loc[np.isin(row, row[denominators]), "hide"] = True
        printed["hide"] |= node.isin(node[printed["hide"].to_numpy()].unique())
        if int(printed["hide"].sum()) == before:
            return


def _hide_loose_totals(printed: pd.DataFrame, leaf: str) -> None:
    """Hide totals that are not the sum of the schools that enter them, where one of those is hidden."""
    if leaf != "school":
        return
    by = ["source", "key"]
    # a year and the half-year it takes a figure from, a roadmap and its last year stand in the tables twice
    enters = printed[printed["enters"]].drop_duplicates([*by, "unit_id", "indicator", "role"])
    schools = enters.drop_duplicates([*by, "unit_id"])
    for level, keys in (("group", [*by, "group"]), ("city", by)):
        totals = printed[printed["level"] == level]
        sums = enters.groupby([*keys, "indicator", "role"])["count"].sum().rename("sum")
        any_hidden = schools.groupby(keys)["hide"].any().rename("part_hidden")
        joined = totals.join(sums, on=[*keys, "indicator", "role"]).join(any_hidden, on=keys)
        loose = ~(joined["sum"].sub(joined["count"]).abs() < TOLERANCE)
        elsewhere = _sum_of_key(schools, keys, joined)
        loose &= ~(joined["sum"].isna() & (elsewhere - joined["count"]).abs().lt(TOLERANCE))
        hidden = joined[loose & joined["part_hidden"].fillna(False).astype(bool)]
        printed.loc[printed["row"].isin(hidden["row"]), "hide"] = True


def _sum_of_key(schools: pd.DataFrame, keys: list[str], totals: pd.DataFrame) -> pd.Series:
    """Sum of the count over the schools of each total, from whatever indicator prints it for schools."""
    sums = schools.groupby(keys)["count"].sum().rename("of_key")
    return totals.join(sums, on=keys)["of_key"]


def _by_row(printed: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """What is hidden of each row."""
    flags = pd.DataFrame({"neutral": False}, index=rows.index)
    for role in ("numerator", "denominator"):
        hidden = printed.loc[printed["hide"] & (printed["role"] == role), "row"]
        flags[f"hide_{role}"] = rows.index.isin(hidden)
    of_numerator = printed[printed["role"] == "numerator"].set_index("row")
    flags = flags.join(of_numerator[["low", "high", "need_low", "need_high"]])
    flags["neutral"] = rows.index.isin(printed.loc[printed["neutral"], "row"])
    flags["hide_value"] = flags["hide_numerator"] | flags["hide_denominator"] | rows["small"]
    return flags
