"""Why a school has no data for a period: the one wording of reports and of the index."""

from __future__ import annotations

import pandas as pd

from analysis.periods import Period
from analysis.report.numbers import format_date

NO_FORM = "форма не представлена"
NOT_DUE = "форма за этот период не требовалась"


def reason_without_form(status: str | None, school: pd.Series, period: Period) -> str:
    """Why there is no form: it did not come, or the school did not exist yet, or no longer; empty when there is one.

    status : the school's row of ``submissions`` for the period, None when it has none
    school : the school's row of ``schools``
    """
    if status == "missing":
        return NO_FORM
    if status not in (None, "not_due"):
        return ""
    opened, closed = (pd.to_datetime(school[name]) for name in ("valid_from", "valid_to"))
    if pd.notna(closed) and closed.date() < period.cutoff:
        return f"учреждение закрыто {format_date(closed.date())}"
    if pd.notna(opened) and opened.date() > period.cutoff:
        return f"учреждение открыто {format_date(opened.date())}"
    return NOT_DUE
