"""Checks of shares and denominators within one period."""

from __future__ import annotations

import pandas as pd

from analysis.intake.hits import Hits, make_hits, number_text
from analysis.settings import Check, Settings


def check_exact_hundred(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """Exactly 100 % in at least ``threshold`` indicators of one form."""
    wide = values.drop_duplicates(["school_id", "form", "measure"]).pivot(
        index=["school_id", "form"], columns="measure", values="value"
    )
    count = pd.Series(0, index=wide.index)
    for indicator in settings.indicators:
        codes = set(indicator.measures)
        if indicator.unit == "percent" and indicator.denominator and codes <= set(wide.columns):
            whole = wide[indicator.denominator]
            count += ((wide[list(indicator.numerator)].sum(axis=1, skipna=False) == whole) & (whole > 0)).astype(int)
    bad = count[count >= (check.threshold or 4)]
    first = values.drop_duplicates(["school_id", "form"]).reset_index().set_index(["school_id", "form"])["index"]
    return make_hits(
        row=first.reindex(bad.index).to_numpy(dtype="int64"),
        found=[f"100\N{NO-BREAK SPACE}% по {number} показателям" for number in bad],
        expected=["доли, посчитанные по фактическим данным"] * len(bad),
        action=[f"{check.text}: подтвердите или исправьте"] * len(bad),
        whole_form=True,
    )


def check_zero_contingent(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """A contingent of zero makes its indicators not applicable; said once, never an error."""
    bad = values[values["measure"].isin(check.measures) & (values["value"] == 0)]
    return make_hits(
        row=bad.index,
        found=[number_text(0)] * len(bad),
        expected=["показатель «не применимо»"] * len(bad),
        action=[check.text] * len(bad),
    )
