"""What a school head can work out from totals beside the own figures: the other schools', by subtraction."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.disclosure_counts import Limits
from analysis.measures.disclosure_periods import overlaps

AT = ["period", "indicator"]


def hidden_totals(rows: pd.DataFrame, limits: Limits, own_school: str | None, group: str) -> pd.DataFrame:
    """What of the totals the card of one school hides.

    rows: from :func:`disclosure_counts.with_sensitivity`, all levels. The head knows the own figures, so what counts
    is the rest: the other schools of the group, of the city, and the city outside the group. A total is hidden whole
    when such a rest is of few people, of few people outside the numerator, a share of a small denominator, or of a
    single school. Where the group's total is hidden and nobody else is counted in the city, so is the city's.
    Returns a frame like :func:`disclosure_cells.hidden_rows`; the label of a hidden total is never told, since it
    would bound the schools outside the group too.
    """
    own = rows[(rows["level"] == "school") & (rows["unit_id"] == own_school) & rows["enters"]].set_index(AT)
    of_group = rows[(rows["level"] == "group") & (rows["unit_id"] == group)].set_index(AT)
    city = rows[rows["level"] == "city"].set_index(AT)
    others, elsewhere, outside = _rest(of_group, own), _rest(city, own), _rest(city, of_group)
    hide_group = _gives_away(others, limits)
    hide_group |= _gives_away(outside, limits).reindex(hide_group.index, fill_value=False)
    nobody = (elsewhere["y"] == 0) | (elsewhere["share"] & (elsewhere["x"] == elsewhere["y"]))
    hide_city = _gives_away(elsewhere, limits)
    hide_city |= nobody & hide_group.reindex(city.index, fill_value=False)
    hidden = _in_overlapping(hide_group[hide_group], group) | _in_overlapping(hide_city[hide_city], "city")
    keys = zip(rows["unit_id"], rows["period"], rows["indicator"], strict=True)
    totals = (rows["level"] != "school") & np.fromiter((key in hidden for key in keys), dtype=bool, count=len(rows))
    return pd.DataFrame(
        {
            "hide_numerator": totals & rows["numerator_people"],
            "hide_denominator": totals & rows["denominator_people"],
            "hide_value": totals,
            "neutral": totals,
        }
    )


def _rest(totals: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The totals without what is known of them: ``y, x, n_schools`` of the remaining schools."""
    part = known[["y", "x", "n_schools"]].reindex(totals.index).fillna(0.0)
    rest = totals.assign(n_parts=totals["n_schools"] - part["n_schools"])
    return rest.assign(y=totals["y"] - part["y"], x=totals["x"] - part["x"])


def _gives_away(rest: pd.DataFrame, limits: Limits) -> pd.Series:
    y, x = rest["y"], rest["x"]
    few = rest["numerator_people"] & (y > 0) & (y < limits.min_count)
    few_rest = rest["share"] & limits.complements & (x - y > 0) & (x - y < limits.min_count)
    small = rest["denominator_people"] & (x > 0) & (x < limits.min_denominator)
    return few | few_rest | small | (rest["n_parts"] == 1)


def _in_overlapping(hidden: pd.Series, unit: str) -> set[tuple[str, str, str]]:
    """Unit, period and indicator of the hidden totals, and the same in periods with common months."""
    found = list(hidden.index)
    covers = overlaps(hidden.index.get_level_values("period").unique()) if found else {}
    everywhere = {(unit, period, indicator) for period, indicator in found}
    return everywhere | {(unit, other, indicator) for period, indicator in found for other in covers[period]}
