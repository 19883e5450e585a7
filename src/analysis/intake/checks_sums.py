"""E7: flows add up – months to half-years, half-years to years."""

from __future__ import annotations

import pandas as pd

from analysis.intake.hits import Hits, make_hits, number_text
from analysis.settings import Check, Settings

_KEYS = ["school_id", "measure"]


def check_reconcile(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """A given total must equal the sum of its parts when all are known, and may never be less than those known.

    The total is rejected; the parts stand.
    """
    flows = values[(values["type"] == "F") & values["value"].notna()]
    months = _summed(flows[flows["level"] == "month"], per=6)
    halves = flows[flows["level"] == "half"].assign(part=lambda frame: frame["month"] // 6)
    bad_halves = _differing(halves, months, parts=6)
    hits = [_hits(halves, bad_halves, "месяцев", check)]
    good = halves[~halves.index.isin(bad_halves.index)]
    years = flows[flows["level"] == "year"]
    if not years.empty:
        # a year is the second half of the year before and the first of its own: closing months 6n+5, 12 apart
        years = years.assign(part=(years["month"] + 6) // 12)
        sums = _summed(_known_halves(good, months), per=2, column="part")
        hits.append(_hits(years, _differing(years, sums, parts=2), "полугодий", check))
    return pd.concat(hits, ignore_index=True)


def _summed(rows: pd.DataFrame, per: int, column: str = "month") -> pd.DataFrame:
    """Sum and number of parts by school, measure and the next longer period."""
    part = rows[column] // per if column == "month" else (rows[column] + 1) // per
    grouped = rows.assign(part=part).groupby([*_KEYS, "part"], sort=False)["value"]
    return grouped.agg(total="sum", n="size")


def _known_halves(given: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
    """Half-year values: the given ones, else complete sums of months."""
    derived = months[months["n"] == 6]["total"].rename("value").reset_index()
    both = pd.concat([given[[*_KEYS, "part", "value"]], derived], ignore_index=True)
    return both.drop_duplicates([*_KEYS, "part"])


def _differing(totals: pd.DataFrame, sums: pd.DataFrame, parts: int) -> pd.DataFrame:
    keys = pd.MultiIndex.from_frame(totals[[*_KEYS, "part"]])
    found = sums.reindex(keys)
    total, n = found["total"].to_numpy(), found["n"].fillna(0).to_numpy()
    value = totals["value"].to_numpy()
    bad = ((n == parts) & (total != value)) | ((n > 0) & (total > value))
    return totals.assign(sum_of_parts=total)[bad]


def _hits(totals: pd.DataFrame, bad: pd.DataFrame, what: str, check: Check) -> Hits:
    return make_hits(
        row=bad.index,
        found=[
            f"{number_text(value)}, а сумма {what} – {number_text(total)}"
            for value, total in zip(bad["value"], bad["sum_of_parts"], strict=True)
        ],
        expected=[f"сумма {what}"] * len(bad),
        action=[f"{check.text}: исправьте итог или форму за месяц"] * len(bad),
    )
