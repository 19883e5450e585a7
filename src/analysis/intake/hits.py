"""What a check returns: one row per finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import pandas as pd

Hits: TypeAlias = pd.DataFrame


def make_hits(
    row: Sequence[int] = (),
    found: Sequence[str] = (),
    expected: Sequence[str] = (),
    action: Sequence[str] = (),
    reject: Sequence[Sequence[int]] | None = None,
    whole_form: bool = False,
) -> Hits:
    """Hits on rows of the values table; ``reject`` lists further rows that an error takes back.

    With ``whole_form`` the row only names the form: the finding is about no cell in particular.
    """
    rows = [int(label) for label in row]
    return pd.DataFrame(
        {
            "row": pd.Series(rows, dtype="int64"),
            "found": pd.Series(list(found), dtype="str"),
            "expected": pd.Series(list(expected), dtype="str"),
            "action": pd.Series(list(action), dtype="str"),
            "reject": pd.Series(list(reject) if reject is not None else [[] for _ in rows], dtype=object),
            "whole_form": whole_form,
        }
    )


def number_text(value: float) -> str:
    """«552», «12,5»."""
    return f"{value:.10g}".replace(".", ",")
