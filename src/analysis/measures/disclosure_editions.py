"""Which rows of a table an edition has at all."""

from __future__ import annotations

import pandas as pd

from analysis.measures.disclosure_counts import FEW_SCHOOLS
from analysis.measures.disclosure_verdicts import Verdicts

NOT_IN_CARD = ("effects",)


def rows_of_edition(name: str, frame: pd.DataFrame, verdicts: Verdicts) -> pd.DataFrame:
    """The rows the edition's reader may see.

    Meeting: all. Public: rows of the city and of groups, no school's. Card: the own school's rows, its group's and
    the city's.
    """
    edition = verdicts.edition
    if edition == "meeting":
        return frame
    if edition == "public":
        kept = _not_of_schools(frame, verdicts)
        return kept[kept["n_with"] >= FEW_SCHOOLS] if name == "effects" else kept
    return frame.iloc[:0] if name in NOT_IN_CARD else _own(frame, verdicts)


def _not_of_schools(frame: pd.DataFrame, verdicts: Verdicts) -> pd.DataFrame:
    if "level" in frame:
        return frame[frame["level"] != "school"]
    if "school_id" in frame:
        return frame.iloc[:0]
    if "unit_id" in frame:
        return frame[frame["unit_id"].fillna("").isin(_totals(verdicts))]
    return frame


def _own(frame: pd.DataFrame, verdicts: Verdicts) -> pd.DataFrame:
    own, group = verdicts.own_school, verdicts.groups.get(str(verdicts.own_school), "")
    if "level" in frame:
        school = (frame["level"] == "school") & (frame["unit_id"] == own)
        return frame[school | ((frame["level"] == "group") & (frame["unit_id"] == group)) | (frame["level"] == "city")]
    if "school_id" in frame:
        return frame[frame["school_id"] == own]
    if "unit_id" in frame:
        return frame[frame["unit_id"].fillna("").isin(["", "city", group, own])]
    if "group" in frame:
        return frame[frame["group"] == group]
    return frame


def _totals(verdicts: Verdicts) -> set[str]:
    return {"", "city", *verdicts.groups.values()}
