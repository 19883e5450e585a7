"""Which counts of an edition are hidden: small ones, and others so that no small one can be worked out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.measures.disclosure_counts import Limits, counts
from analysis.measures.disclosure_periods import overlaps
from analysis.measures.suppression import Figures, Pattern, SumTree, complete

FIGURES = ["count", "low", "high", "need_low", "need_high"]
TOLERANCE = 1e-6


def hidden_rows(rows: pd.DataFrame, limits: Limits, *, leaf: str, insider: bool) -> pd.DataFrame:
    """Decide for every row that counts people what of it is hidden.

    rows: from :func:`disclosure_counts.with_sensitivity`. leaf: the lowest level the edition prints (``school`` or
    ``group``). insider: protect against a reader who knows one school's own figures.
    Returns a frame with the index of ``rows``: booleans ``hide_numerator, hide_denominator, hide_value`` and
    ``exhausted`` (all around it is hidden, and its label must not be told either); ``low, high, need_low, need_high``
    of the numerator as in :func:`disclosure_counts.counts`.
    """
    printed = counts(rows, limits)
    printed = printed.assign(hide=printed["need_low"].notna(), exhausted=False)
    _close(printed)
    numerators = set(printed.loc[printed["role"] == "numerator", "key"])
    # denominators first: a hidden denominator hides the numerators above it, which may then protect others
    for last in (False, True):
        of_turn = printed[printed["key"].isin(numerators) == last]
        for _, of_key in of_turn.groupby(["period", "key"], sort=True):
            _protect(printed, of_key.index, leaf, insider)
        _close(printed)
    _hide_loose_totals(printed, leaf)
    return _by_row(printed, rows)


def _protect(printed: pd.DataFrame, index: pd.Index, leaf: str, insider: bool) -> None:
    """Hide what one count of one period needs; writes ``hide`` and ``exhausted`` of ``printed``."""
    of_key = printed.loc[index]
    if of_key["need_low"].isna().all():
        return
    totals = of_key[of_key["level"].isin(["group", "city"]) & (of_key["level"] != leaf)]
    by_unit = _merged(totals, "unit_id")
    classes = list(_classes(of_key, leaf))
    for units in classes:
        names, parent = _parents(units, leaf)
        whole = len(classes) == 1
        tree, hidden = _tree(units, by_unit, names, parent, leaf, whole)
        pattern = complete(tree, hidden, units["count"].to_numpy(float), insider)
        open_totals = {name for name, is_open in zip(names, pattern.groups, strict=True) if is_open}
        open_totals |= {"city"} if leaf == "school" and pattern.root else set()
        is_leaf = of_key["level"] == leaf
        is_hidden = is_leaf & of_key["unit_id"].isin(units.index[pattern.leaves])
        is_hidden |= ~is_leaf & of_key["unit_id"].isin(open_totals)
        printed.loc[index[is_hidden], "hide"] = True
        printed.loc[index, "exhausted"] |= pattern.exhausted


def _merged(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """One row per unit: of several limits the tightest, of several needs the widest."""
    if frame[by].is_unique:
        return frame.set_index(by)[["group", *FIGURES, "hide"]].sort_index()
    return frame.groupby(by, sort=True).agg(
        group=("group", "first"), count=("count", "max"), low=("low", "max"), high=("high", "min"),
        need_low=("need_low", "min"), need_high=("need_high", "max"), hide=("hide", "any"),
    )  # fmt: skip


def _classes(of_key: pd.DataFrame, leaf: str) -> Iterator[pd.DataFrame]:
    """Leaves, one row per unit; one class for those that enter the totals of the same indicators.

    Where schools enter totals of different indicators, the difference of two totals tells about a few of them, so
    each class is protected as if its own total were printed.
    """
    leaves = of_key[(of_key["level"] == leaf) & (of_key["enters"] | (leaf == "group"))]
    if leaves.empty:
        return
    units = _merged(leaves, "unit_id")
    if leaf == "group" or leaves["indicator"].nunique() == 1:
        yield units
        return
    signature = leaves.groupby("unit_id")["indicator"].agg(lambda names: "+".join(sorted(names)))
    yield from (same for _, same in units.groupby(signature, sort=True))


def _parents(units: pd.DataFrame, leaf: str) -> tuple[list[str], np.ndarray]:
    """Names of the totals right above the leaves, and the position of each leaf's total among them."""
    if leaf == "group":
        return ["city"], np.zeros(len(units), dtype=np.intp)
    names = sorted(units["group"].unique())
    return names, np.array([names.index(group) for group in units["group"]], dtype=np.intp)


def _tree(
    units: pd.DataFrame, totals: pd.DataFrame, names: list[str], parent: np.ndarray, leaf: str, whole: bool
) -> tuple[SumTree, Pattern]:
    """The tree of sums over one class, and what of it is not printed or hidden already.

    whole: the class makes up the totals, so their needs are known to it. Otherwise a total that needs protection
    leaves all totals open: what is known about the parts of a small total is not worth printing it.
    """
    value = units["count"].to_numpy(float)
    sums = np.bincount(parent, value, len(names))
    above = ["city"] if leaf == "school" else []
    groups, groups_open = _totals(totals, names, sums, whole)
    root, root_open = _totals(totals, above, np.array([value.sum()]), whole)
    if not whole and totals["need_low"].notna().any():
        groups_open, root_open = np.ones_like(groups_open), np.ones_like(root_open)
    tree = SumTree(Figures(*(units[name].to_numpy(float) for name in FIGURES)), groups, root, parent)
    return tree, Pattern(units["hide"].to_numpy(bool), groups_open, bool(root_open[0]))


def _totals(totals: pd.DataFrame, names: list[str], sums: np.ndarray, whole: bool) -> tuple[Figures, np.ndarray]:
    """Figures of the totals above the leaves; a total that is not printed is open and knows no limits."""
    found = totals.reindex(names if names else [""])
    printed = found["count"].notna().to_numpy()
    low, high = (found[name].to_numpy(float) for name in ("low", "high"))
    sensitive = found["need_low"].notna().to_numpy() & whole
    needs = [np.where(sensitive, found[name].to_numpy(float), np.nan) for name in ("need_low", "need_high")]
    box_low, box_high = np.where(sensitive, low, -np.inf), np.where(sensitive, high, np.inf)
    hidden = found["hide"].astype("boolean").fillna(True).to_numpy(bool)
    return Figures(sums, box_low, box_high, *needs), ~printed | hidden


def _close(printed: pd.DataFrame) -> None:
    """Hide the same count wherever it stands: in other indicators, in periods that overlap, under a hidden total.

    A hidden denominator hides the numerator of its row.
    """
    covers = overlaps(printed["period"].unique())
    node = pd.MultiIndex.from_frame(printed[["level", "unit_id", "period", "key"]])
    row = printed["row"].to_numpy()
    while True:
        before = int(printed["hide"].sum())
        denominators = printed["hide"] & (printed["role"] == "denominator")
        printed.loc[np.isin(row, row[denominators]), "hide"] = True
        hidden = set(node[printed["hide"].to_numpy()])
        hidden |= {(level, unit, other, key) for level, unit, period, key in hidden for other in covers[period]}
        printed["hide"] |= node.isin(list(hidden)) if hidden else False
        if int(printed["hide"].sum()) == before:
            return


def _hide_loose_totals(printed: pd.DataFrame, leaf: str) -> None:
    """Hide totals that are not the sum of the schools that enter them, where one of those is hidden."""
    if leaf != "school":
        return
    by = ["period", "key"]
    enters = printed[printed["enters"]]
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
    flags = pd.DataFrame({"exhausted": False}, index=rows.index)
    for role in ("numerator", "denominator"):
        hidden = printed.loc[printed["hide"] & (printed["role"] == role), "row"]
        flags[f"hide_{role}"] = rows.index.isin(hidden)
    of_numerator = printed[printed["role"] == "numerator"].set_index("row")
    flags = flags.join(of_numerator[["low", "high", "need_low", "need_high"]])
    flags["exhausted"] = rows.index.isin(printed.loc[printed["exhausted"], "row"])
    flags["hide_value"] = flags["hide_numerator"] | flags["hide_denominator"] | rows["small"]
    return flags
