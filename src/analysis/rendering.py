"""Notebooks → executed notebooks → HTML and PDF: stages one after another, reports and cards side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.building import BuildFolder, notebooks_folder
from analysis.intake.submissions import REPORTED
from analysis.report.notebooks import NotebookError, run_notebook
from analysis.report.workers import Outcome, Task, run_tasks
from analysis.runlog import RunLog
from analysis.tablestore import load_table
from analysis.workspace import RequestError

if TYPE_CHECKING:
    from analysis.pipeline import Progress, ReportRequest

REPORTS = {"month": "monthly_report", "half": "interim_report", "year": "final_report", "roadmap": "roadmap_report"}
EDITIONS = ("working", "meeting", "public")
CARD = "school_card"


def run_stage(build: BuildFolder, stage: str, request: ReportRequest, log: RunLog) -> None:
    """Execute one stage notebook; it saves its tables. Raises NotebookError."""
    result = run_notebook(
        _source(build, stage), build.notebooks / f"{stage}.ipynb", _parameters(request),
        cwd=build.folder, failed_output=build.failed / f"{stage}.ipynb",
    )  # fmt: skip
    log.write(f"{stage}: {result.seconds:.1f} s, {result.engine}")
    for note in result.notes:
        log.write(note)


def render_reports(build: BuildFolder, request: ReportRequest, progress: Progress, log: RunLog) -> None:
    """The report of the period's kind in every edition. Raises NotebookError when one fails."""
    name = REPORTS[request.period.kind]
    tasks = [
        _task(build, name, request, folder=build.folder / edition, page="report", label=edition, edition=edition)
        for edition in EDITIONS
    ]
    for outcome in _run("Отчёты", tasks, request, progress, log):
        if not outcome.ok:
            raise NotebookError(outcome.error)


def render_cards(
    build: BuildFolder, request: ReportRequest, progress: Progress, log: RunLog
) -> tuple[dict[str, str], int]:
    """A card per school that reported; returns what failed (name → reason) and how many were made."""
    tasks = [
        _task(build, CARD, request, folder=build.folder / "schools" / school, page="card", label=school, school=school)
        for school in schools_with_cards(build.tables, request)
    ]
    outcomes = _run("Карты школ", tasks, request, progress, log)
    failures = {outcome.name: str(outcome.error) for outcome in outcomes if not outcome.ok}
    return failures, len(outcomes) - len(failures)


def schools_with_cards(tables: Path, request: ReportRequest) -> list[str]:
    """Schools that sent a form for the period, or those asked for by id. Raises RequestError for the rest."""
    if request.schools == "none":
        return []
    submissions = load_table(tables, "submissions")
    rows = submissions[submissions["period"] == request.period.key]
    reported = sorted(rows.loc[rows["status"].isin(REPORTED), "school_id"])
    if request.schools == "all":
        return reported
    wanted = [code.strip() for code in request.schools.split(",")]
    silent = [code for code in wanted if code not in reported]
    if silent:
        raise RequestError(f"Школа {silent[0]} не представила форму за {request.period.key}: карты для неё нет.")
    return wanted


def _run(what: str, tasks: list[Task], request: ReportRequest, progress: Progress, log: RunLog) -> list[Outcome]:
    done: list[str] = []

    def on_done(outcome: Outcome) -> None:
        done.append(outcome.name)
        log.write(f"{outcome.name}: {outcome.seconds:.1f} s" + ("" if outcome.ok else f", {outcome.error}"))
        for note in outcome.value or ():
            log.write(note)
        progress(what, len(done), len(tasks))

    progress(what, 0, len(tasks))
    return run_tasks(tasks, request.jobs, on_done)


def _task(
    build: BuildFolder, notebook: str, request: ReportRequest, *, folder: Path, page: str, label: str, **extra: Any
) -> Task:
    output = build.notebooks / f"{notebook}-{label}.ipynb"
    failed = build.failed / output.name
    arguments = (_source(build, notebook), output, failed, _parameters(request) | extra, build.folder, folder, page)
    return Task(label, render_document, arguments)


def _parameters(request: ReportRequest) -> dict[str, str]:
    return {"period": request.period.key, "baseline": request.baseline.key}


def _source(build: BuildFolder, notebook: str) -> Path:
    return notebooks_folder(build.space) / f"{notebook}.ipynb"


def render_document(
    source: Path, executed: Path, failed: Path, parameters: dict[str, str], cwd: Path, folder: Path, page: str
) -> tuple[str, ...]:
    """Execute one notebook and write its HTML and PDF; runs in a worker process. Returns notes for the log."""
    from analysis.report.exporters import render_html, render_pdf

    result = run_notebook(source, executed, parameters, cwd=cwd, failed_output=failed)
    folder.mkdir(parents=True, exist_ok=True)
    render_html(result.notebook, folder / f"{page}.html")
    render_pdf(result.notebook, folder / f"{page}.pdf")
    return result.notes
