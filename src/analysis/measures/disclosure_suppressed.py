"""Hiding figures of a frame: NA in the column, the reason in ``suppressed``, the rule for the record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

REASON = "suppressed"
RULE = "_rule"


def with_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column for reasons (object; None = nothing hidden). Attributes are dropped: they hold data."""
    result = frame.copy(deep=False)
    result.attrs = {}
    nothing = pd.Series([None] * len(result), index=result.index, dtype=object)
    reasons = result[REASON].astype(object) if REASON in result.columns else nothing
    result[REASON] = reasons.where(reasons.notna(), None)
    if RULE not in result.columns:
        result[RULE] = nothing
    return result


def hide(
    frame: pd.DataFrame, mask: pd.Series, columns: Sequence[str], why: pd.DataFrame | str, rule: str = "secondary"
) -> pd.DataFrame:
    """Set columns to NA where the mask holds; a reason given earlier for the row stays.

    why: one text for all rows, or a frame with ``reason`` and ``rule`` by row. Rows in which all the columns are
    missing already get no reason.
    """
    frame = frame.copy(deep=False) if RULE in frame.columns else with_reasons(frame)
    present = [name for name in columns if name in frame.columns]
    there = np.logical_or.reduce(
        [np.zeros(len(frame), bool), *(frame[name].notna().to_numpy(bool) for name in present)]
    )
    mask = mask.fillna(False).astype(bool) & there
    if not mask.any():
        return frame
    for name in present:
        frame[name] = _nullable(frame[name]).mask(mask)
    reason = why["reason"] if isinstance(why, pd.DataFrame) else pd.Series(why, index=frame.index, dtype=object)
    rules = why["rule"] if isinstance(why, pd.DataFrame) else pd.Series(rule, index=frame.index, dtype=object)
    fresh = mask & frame[REASON].isna()
    frame[REASON] = frame[REASON].where(~fresh, reason.astype(object))
    frame[RULE] = frame[RULE].where(~(mask & frame[RULE].isna()), rules.astype(object))
    return frame


def _nullable(column: pd.Series) -> pd.Series:
    """The column in a type that can hold NA."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("boolean")
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return column.astype("Int64")
    return column
