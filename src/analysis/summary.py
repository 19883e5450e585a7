"""What a finished report tells the person who asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.intake.submissions import REPORTED
from analysis.tablestore import load_table

if TYPE_CHECKING:
    from analysis.requests import ReportRequest


@dataclass
class ReportSummary:
    """What was made: the folder, how schools reported, what was taken over unchanged and what could not be made."""

    folder: Path
    expected: int = 0
    reported: int = 0
    late: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cards: int = 0
    unchanged_cards: int = 0
    resumed_cards: int = 0  # finished by a run that was stopped
    unchanged: bool = False  # nothing at all had to be made
    failures: Mapping[str, str] = field(default_factory=dict)


def summarise(request: ReportRequest, failures: Mapping[str, str]) -> ReportSummary:
    """Read the summary of a finished report from its tables."""
    folder = request.space.report_folder(request.period)
    submissions = load_table(folder / "tables", "submissions")
    rows = submissions[submissions["period"] == request.period.key]
    schools = load_table(folder / "tables", "schools").set_index("school_id")["name"]
    named = rows.assign(name=rows["school_id"].map(schools)).sort_values("school_id")
    return ReportSummary(
        folder=folder,
        expected=int((rows["status"] != "not_due").sum()),
        reported=int(rows["status"].isin(REPORTED).sum()),
        late=tuple(named.loc[named["status"] == "late", "name"]),
        missing=tuple(named.loc[named["status"] == "missing", "name"]),
        cards=sum(1 for _ in folder.glob("schools/*/card.html")),
        failures=failures,
    )
