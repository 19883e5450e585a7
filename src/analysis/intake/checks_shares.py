"""Checks of shares and denominators within one period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.intake.hits import Hits, make_hits, number_text
from analysis.intake.side_by_side import SideBySide
from analysis.settings import Check, Settings


def check_exact_hundred(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """Exactly 100 % in at least ``threshold`` indicators of one form."""
    forms = SideBySide.of(values, ["school_id", "form"], ["measure"])
    count = np.zeros(len(forms.first), dtype=int)
    for indicator in settings.indicators:
        if indicator.unit == "percent" and indicator.denominator and set(indicator.measures) <= set(forms.values):
            whole = forms.values[indicator.denominator]
            count += (sum(forms.values[code] for code in indicator.numerator) == whole) & (whole > 0)
    bad = count >= (check.threshold or 4)
    return make_hits(
        row=forms.first[bad].tolist(),
        found=[f"100\N{NO-BREAK SPACE}% по {number} показателям" for number in count[bad]],
        expected=["доли, посчитанные по фактическим данным"] * bad.sum(),
        action=[f"{check.text}: подтвердите или исправьте"] * bad.sum(),
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
