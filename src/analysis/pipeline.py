"""The whole way of the data for one period, on one screen: stage, check, stage, check, render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.building import BuildFolder, check_writable
from analysis.checks import check_data_for, check_tables
from analysis.intake.run import IntakeResult, run_intake
from analysis.intake.submissions import REPORTED
from analysis.periods import Period
from analysis.rendering import render_cards, render_reports, run_stage
from analysis.report.index import write_index
from analysis.report.manifest import write_manifest
from analysis.report.workbook import write_results
from analysis.runlog import RunLog
from analysis.tablestore import load_table, load_tables
from analysis.workspace import Workspace

STAGES = (
    ("1_intake", ("submissions", "findings", "activities", "schools")),
    ("2_indicators", ("indicators",)),
    ("3_rankings", ("indicator_ranks", "rankings", "sensitivity", "funnel")),
    ("4_comparison", ("comparisons", "changes", "effects")),
)

Progress = Callable[[str, int, int], None]  # what is being done, done so far, of how many


@dataclass(frozen=True)
class ReportRequest:
    """What `report` was asked for; ``baseline`` None means the same period a year before."""

    space: Workspace
    period: Period
    baseline: Period
    schools: str = "all"  # all, none, or ids separated by commas
    jobs: int = 2


@dataclass
class ReportSummary:
    """What was made: the folder, how schools reported, and what could not be made."""

    folder: Path
    expected: int = 0
    reported: int = 0
    late: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cards: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def make_report(request: ReportRequest, progress: Progress) -> ReportSummary:
    """Forms in the inbox → intake → four stages → reports of every edition → cards → workbook → index → manifest.

    Raises RequestError before anything is written, NotebookError when a stage or a report fails (the failed notebook
    is kept beside the period's folder); a failed card is in the summary.
    """
    space, period = request.space, request.period
    target = space.report_folder(period)
    check_writable(target)
    accepted = run_intake(
        space.data, space.settings, jobs=request.jobs, progress=progress,
        approve=lambda observations: check_data_for(observations, request),
    )  # fmt: skip
    with BuildFolder(space, target) as build:
        log = RunLog(build.folder)
        for number, (stage, made) in enumerate(STAGES, start=1):
            progress("Расчёт", number, len(STAGES))
            run_stage(build, stage, request, log)
            check_tables(build.tables, made)
        render_reports(build, request, progress, log)
        failures, cards = render_cards(build, request, progress, log)
        finish(build, request, accepted)
        build.accept()
    return _summary(target, request, cards, failures)


def finish(build: BuildFolder, request: ReportRequest, accepted: IntakeResult) -> None:
    """Workbook, index and manifest: made last, because they list the rest."""
    space, period = request.space, request.period
    tables = load_tables(build.tables)
    write_results(build.folder / "results.xlsx", tables, f"Результаты мониторинга, {period.title()}", space.is_demo)
    write_index(build.folder, request.period, tables, space)
    write_manifest(build.folder, _parameters(request), build.inputs(accepted))


def _parameters(request: ReportRequest) -> dict[str, str]:
    return {
        "period": request.period.key,
        "baseline": request.baseline.key,
        "data": request.space.data_name,
        "schools": request.schools,
    }


def _summary(folder: Path, request: ReportRequest, cards: int, failures: dict[str, str]) -> ReportSummary:
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
        cards=cards,
        failures=failures,
    )
