"""Figures of several reports as one reader has them: each where any of the reports prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

ROW = ["level", "unit_id", "period", "indicator"]
FIGURES = ["numerator", "denominator", "value", "attainment"]


def together(reports: Sequence[Mapping[str, pd.DataFrame]], names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """``indicators`` from all tables named, one row per level, unit, period and indicator; and all ``changes``."""
    frames = [report[name] for report in reports for name in names if name in report and len(report[name])]
    rows = pd.concat(frames, ignore_index=True)
    if "suppressed" not in rows:
        rows["suppressed"] = None
    rows["suppressed"] = rows["suppressed"].astype(object).where(rows["suppressed"].notna(), None)
    rows = rows.sort_values("suppressed", key=lambda reasons: reasons.notna(), kind="stable", ignore_index=True)
    merged = rows.drop_duplicates(ROW).set_index(ROW)
    figures = [name for name in FIGURES if name in rows]
    merged[figures] = rows.groupby(ROW)[figures].first().reindex(merged.index)
    changes = [report["changes"] for report in reports if "changes" in report]
    return {"indicators": merged.reset_index()} | (
        {"changes": pd.concat(changes, ignore_index=True)} if changes else {}
    )
