"""A report that corrections have overtaken is kept, with its own manifest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.report.manifest import MANIFEST
from analysis.tablestore import load_table

FOLDER = "superseded"  # beside the periods, where nothing takes it for one
RECALCULATED = "B33"  # the rule that notes a correction received after the cut-off


def keep_superseded(report: Path, rebuilt: Path) -> Path | None:
    """Move a finished report aside when the rebuilt one has corrections that it lacks; returns where it went.

    The first report of a period goes to ``superseded/2022H1.v1``, the next to ``superseded/2022H1.v2``. Forms that only
    came late, or were corrected before the cut-off, leave nothing behind: a report made meanwhile was not yet final.
    """
    if not (report / MANIFEST).exists() or _corrections(rebuilt) <= _corrections(report):
        return None
    folder = report.parent / FOLDER
    folder.mkdir(exist_ok=True)
    number = 1
    while (kept := folder / f"{report.name}.v{number}").exists():
        number += 1
    report.replace(kept)
    return kept


def _corrections(report: Path) -> set[tuple[str, str]]:
    """School and file of every correction that the report counts."""
    if not (report / "tables" / "findings.parquet").exists():
        return set()
    findings: pd.DataFrame = load_table(report / "tables", "findings")
    rows = findings.loc[findings["rule"] == RECALCULATED, ["school_id", "file"]]
    return set(rows.itertuples(index=False, name=None))
