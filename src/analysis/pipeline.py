"""The whole way of the data for one period, on one screen: stage, check, stage, check, render."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from analysis.building import BuildFolder, check_alone, check_writable, report_inputs
from analysis.checks import check_data_for, check_measures, check_tables
from analysis.intake.run import run_intake
from analysis.rendering import CARDS, render_documents, run_stage
from analysis.report.cluster import check_cluster
from analysis.report.index import write_index
from analysis.report.manifest import write_manifest
from analysis.requests import Progress, ReportRequest
from analysis.runlog import RunLog
from analysis.summary import ReportSummary, summarise
from analysis.tablestore import load_tables

STAGES = (
    ("1_intake", ("submissions", "findings", "activities", "schools")),
    ("2_indicators", ("indicators",)),
    ("3_rankings", ("indicator_ranks", "rankings", "sensitivity", "funnel")),
    ("4_comparison", ("comparisons", "changes", "effects")),
)


def make_report(request: ReportRequest, progress: Progress) -> ReportSummary:
    """Forms in the inbox → intake → four stages → workbook, reports of every edition, cards → index → manifest.

    What was made before from the same inputs is taken over. Raises RequestError before anything is written,
    NotebookError when a stage or a report fails (the failed notebook is kept beside the period's folder); a failed
    card is in the summary.
    """
    space = request.space
    check_writable(space.report_folder(request.period))
    check_alone(space.report_folder(request.period))
    check_measures(space.data, space.settings)
    if request.cluster:
        check_cluster(request.cluster)
    inputs = report_inputs(request)
    accepted = run_intake(
        space.data, space.settings, jobs=request.jobs, progress=progress,
        approve=lambda observations: check_data_for(observations, request),
    )  # fmt: skip
    request = replace(request, period=request.period.known_through(accepted.observations["period"].unique()))
    with BuildFolder(request, inputs) as build:
        log = RunLog(build.folder)
        for number, (stage, made) in enumerate(STAGES, start=1):
            progress("Расчёт", number, len(STAGES))
            run_stage(build, stage, request, log)
            check_tables(build.tables, made)
        failures = render_documents(build, request, progress, log)
        finish(build, request, failures)
        build.accept()
    kept, resumed = (sum(map(_is_card, names)) for names in (build.memory.kept, build.memory.resumed))
    return replace(summarise(request, failures), unchanged_cards=kept, resumed_cards=resumed)


def _is_card(name: str) -> bool:
    return name.startswith(CARDS)


def finish(build: BuildFolder, request: ReportRequest, failed: Collection[str]) -> None:
    """Index and manifest: made last, because they list the rest."""
    write_index(build.folder, request.period, load_tables(build.tables), build.space, failed)
    write_manifest(build.folder, build.inputs, build.memory.made_from(), failed)
