"""Which counts of an edition are hidden: small ones, and others so that no small one can be worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measures.disclosure_bounds import counts
from analysis.measures.disclosure_counts import TOLERANCE, Limits
from analysis.measures.disclosure_growth import Growing, growing_trees, told_too_much
from analysis.measures.disclosure_inherited import NODE, Told, inherited, stages
from analysis.measures.disclosure_sums import Sums, narrowed_by_sums, sums_maker, with_sums
from analysis.measures.disclosure_trees import trees_of
from analysis.measures.suppression import complete


def hidden_rows(
    rows: pd.DataFrame,
    limits: Limits,
    *,
    leaf: str,
    insider: bool,
    nested: Sequence[tuple[str, str]] = (),
    hidden: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Decide for every row that counts people what of it is hidden.

    rows: from :func:`disclosure_counts.with_sensitivity`. leaf: the lowest level the edition prints (``school`` or
    ``group``). insider: protect against a reader who knows one school's own figures. nested: pairs of count keys
    (part, whole). hidden: ``hide_numerator, hide_denominator`` of what is hidden by other rules already.
    Periods are decided in the order in which their reports come out, each beside what has been printed before: a
    figure that is out cannot be taken back, so what a later report prints must not give it away.
    Returns a frame with the index of ``rows``: booleans ``hide_numerator, hide_denominator, hide_value`` and
    ``neutral`` (its label would say too much); ``low, high, need_low, need_high``
    of the numerator as in :func:`disclosure_counts.counts`.
    """
    printed = counts(rows, limits, nested)
    printed = printed.assign(
        hide=printed["need_low"].notna() | _hidden_already(printed, hidden),
        fixed=False,
        node=printed.groupby(NODE, sort=False).ngroup(),
    )
    printed = with_sums(printed)
    sums_of = sums_maker(printed)
    n_nodes = int(printed["node"].max()) + 1 if len(printed) else 0
    told: list[Told] = []
    growing: list[Growing] = []
    sums: list[Sums] = []
    decided = [printed.iloc[:0]]

    def narrowed(one: pd.DataFrame) -> set[int]:
        return narrowed_by_sums(sums_of(one), sums)

    for _, now in sorted(printed.groupby(stages(printed)), key=lambda one: one[0]):
        decided.append(_beside_growth(inherited(now, told, limits), growing, narrowed, limits, leaf, insider))
        told.append(Told.of(decided[-1], n_nodes))
        growing += growing_trees(decided[-1], leaf)
        sums.append(sums_of(decided[-1]))
    return _by_row(pd.concat(decided), rows)


def _hidden_already(printed: pd.DataFrame, hidden: pd.DataFrame | None) -> npt.NDArray[np.bool_]:
    if hidden is None:
        return np.zeros(len(printed), dtype=bool)
    by_role = [hidden[f"hide_{role}"].reindex(printed["row"]).to_numpy(bool) for role in ("numerator", "denominator")]
    return np.where(printed["role"] == "numerator", *by_role)


def _beside_growth(
    now: pd.DataFrame,
    growing: Sequence[Growing],
    narrowed: Callable[[pd.DataFrame], set[int]],
    limits: Limits,
    leaf: str,
    insider: bool,
) -> pd.DataFrame:
    """:func:`_decided`, with more hidden while a cumulative count narrows an earlier one too far."""
    source, node = str(now["source"].iloc[0]), now["node"].to_numpy()
    while True:
        decided = _decided(now, leaf, insider)
        hide = decided["hide"].to_numpy(bool)
        shown = np.full(max([node.max(), *(one.last for one in growing)]) + 1, np.nan)
        shown[node[~hide]] = decided["count"].to_numpy(float)[~hide]
        telling = told_too_much(source, shown, growing, insider) | narrowed(decided)
        at = np.isin(node, list(telling))
        if not at.any():
            return decided
        now = now.assign(
            hide=now["hide"] | at,
            need_low=np.fmin(now["need_low"], np.where(at, now["count"], np.nan)),
            need_high=np.fmax(now["need_high"], np.where(at, now["count"] + limits.largest_few, np.nan)),
        )


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


def _protect(printed: pd.DataFrame, index: npt.NDArray[np.intp], leaf: str, insider: bool) -> None:
    """Hide what one count of one period needs; writes ``hide`` and ``neutral`` of ``printed``."""
    of_key = printed.take(index)
    is_leaf, unit = (of_key["level"] == leaf).to_numpy(), of_key["unit_id"].to_numpy()
    hidden, neutral_labels = of_key["hide"].to_numpy().copy(), False
    for tree in trees_of(of_key, leaf):
        cost = tree.units.figures.value
        pattern = complete(tree.sums, tree.hidden, cost, insider)
        if pattern.exhausted:  # the labels of totals say too much: without them less has to be hidden
            neutral_labels = True
            pattern = complete(tree.sums.unlabelled(), tree.hidden, cost, insider)
        open_totals = {name for name, is_open in zip(tree.above, pattern.groups, strict=True) if is_open}
        open_totals |= {"city"} if leaf == "school" and pattern.root else set()
        hidden |= np.where(is_leaf, np.isin(unit, tree.units.name[pattern.leaves]), np.isin(unit, list(open_totals)))
    at = printed.index[index]
    printed.loc[at, "hide"] = hidden
    if neutral_labels:
        printed.loc[at, "neutral"] = True


def _close(printed: pd.DataFrame) -> None:
    """Hide the same count of a period wherever it stands; a hidden denominator hides the numerator of its row."""
    node, row, hide = (printed[name].to_numpy().copy() for name in ("node", "row", "hide"))
    denominator = (printed["role"] == "denominator").to_numpy()
    before = -1
    while int(hide.sum()) != before:
        before = int(hide.sum())
        hide |= np.isin(row, row[hide & denominator])
        hide |= np.isin(node, node[hide])
    printed["hide"] = hide


def _hide_loose_totals(printed: pd.DataFrame, leaf: str) -> None:
    """Hide totals that are not the sum of the schools that enter them, where one of those is hidden."""
    if leaf != "school" or not printed["hide"].any():
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
