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

from analysis.measures.disclosure_periods import in_order, months_of, score_kind, source_of

PEOPLE = "чел."
TOLERANCE = 1e-6  # of sums of counts
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
    denominator_people`` (is it a number of people), ``numerator_flow, denominator_flow`` (do parts of a period add
    up), ``numerator_cumulative, denominator_cumulative`` (does it grow through a school year), ``share`` (the numerator
    is part of the denominator), ``scale``, ``cap, downward, weight, scored_in``, ``year_uses`` (the half-year that a
    year takes the figures from).
    """
    measures = list(measures)
    people = {measure.code for measure in measures if measure.unit == PEOPLE}
    flows, growing = ({measure.code for measure in measures if measure.type == kind} for kind in "FC")
    rows = []
    for one in indicators:
        top, bottom = set(one.numerator) & people, one.denominator in people
        rows.append(
            {
                "indicator": one.code, "numerator_key": "+".join(sorted(one.numerator)),
                "denominator_key": one.denominator or "", "numerator_people": bool(top), "denominator_people": bottom,
                "numerator_flow": set(one.numerator) <= flows, "denominator_flow": one.denominator in flows,
                "numerator_cumulative": set(one.numerator) <= growing, "denominator_cumulative": one.denominator in growing,
                "year_uses": one.year_uses or "",
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
    ``enters``: the row's school is part of the totals, ``scored``: its attainment enters the school's score, and
    ``source``: the period whose forms gave the figures.
    """
    unknown = sorted(set(table["indicator"]) - set(counted.index))
    if unknown:
        raise ValueError(f"indicators unknown to the settings: {', '.join(unknown)}")
    rows = table[[*ROW, "numerator", "denominator", "n_schools", "status", "target"]].join(counted, on="indicator")
    rows = rows[rows["numerator_people"] | rows["denominator_people"]].astype(dict.fromkeys(ROW, object))
    years = sorted(period for period in set(rows["period"]) if len(period) == 4)
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
        source=[source_of(p, use, years) for p, use in zip(rows["period"], rows["year_uses"], strict=True)],
        scored=[score_kind(p) in kinds for p, kinds in zip(rows["period"], rows["scored_in"], strict=True)],
    )


def marked(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Mark what may not be printed.

    Adds booleans: ``small`` the denominator is under the least one, ``few`` the numerator is 1…4 people,
    ``few_rest`` the people outside the numerator are 1…4, ``few_x`` the denominator is 1…4 people, ``thin`` the
    total is of too few schools.
    """
    y, x = rows["y"], rows["x"]
    thin = (rows["level"] != "school") & (rows["n_schools"] > 0) & (rows["n_schools"] < limits.few_schools)
    return rows.assign(
        small=rows["denominator_people"] & (x > 0) & (x < limits.min_denominator),
        few=rows["numerator_people"] & (y > 0) & (y < limits.min_count),
        few_rest=rows["share"] & limits.complements & (x - y > 0) & (x - y < limits.min_count),
        few_x=rows["denominator_people"] & (x > 0) & (x < limits.min_count),
        thin=thin & (y.notna() | x.notna()),
    )


def labelled(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """:func:`marked` rows with ``label``: the first mark that hides the numerator (empty: none)."""
    result = marked(rows, limits)
    names = ["small", "few", "few_rest", "thin"]
    hides = [(result[name] & result["numerator_people"]).to_numpy() for name in names]
    return result.assign(label=np.select(hides, names, ""))


def with_sensitivity(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """:func:`labelled` rows with ``told``: False where the label itself would give the figure away."""
    result = labelled(rows, limits)
    shared = shared_labels(result, "few", rows["y"]) | shared_labels(result, "few_rest", rows["x"] - rows["y"])
    shared |= _later_flows(result)
    return result.assign(told=~(shared & result["label"].isin(["few", "few_rest"])))


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
        totals = rows[(rows["level"] == above) & rows[mark]].set_index(keys).index
        if totals.empty:
            continue
        parts = rows[(rows["level"] == below) & nonzero].groupby(keys).size()
        shared = parts.index[(parts > 1) & parts.index.isin(totals)]
        at = pd.MultiIndex.from_frame(rows[keys])
        answer |= (rows["level"] == below) & rows[mark] & at.isin(shared)
    return answer


def _later_flows(rows: pd.DataFrame) -> pd.Series:
    """Marked flows of a year in which an earlier report has told such a label in the same group.

    «Менее 5» says at least one: two labelled halves would leave a year of two or more, and a labelled year halves of
    three or less; so would halves of two schools leave the year of their group.
    """
    candidates = rows[(rows["few"] | rows["few_rest"]) & rows["numerator_flow"]]
    if candidates.empty:
        return pd.Series(False, index=rows.index)
    place = {source: at for at, source in enumerate(in_order(candidates["source"]))}
    of_year = candidates["source"].map(lambda source: (max(months_of(source)) + 6) // 12).rename("year")
    order = candidates["source"].map(place)
    first = order.groupby([candidates["group"], candidates["indicator"], of_year]).transform("min")
    return (order > first).reindex(rows.index, fill_value=False)


def nested_measures(checks: Iterable[Any]) -> list[tuple[str, str]]:
    """Pairs of count keys (part, whole) from the checks «a + b <= c» of the form."""
    rules = [rule for check in checks if check.kind == "at_most" for rule in check.rules]
    sides = [[side.strip() for side in rule.split("<=")] for rule in rules]
    return [("+".join(sorted(part.strip() for part in a.split("+"))), b) for a, b in sides]
