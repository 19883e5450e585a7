"""What is made in worker processes: stages one after another; then the workbook, reports and cards side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis.building import BuildFolder, notebooks_folder
from analysis.documents import Built, Document, build_document
from analysis.intake.submissions import REPORTED
from analysis.report.failures import NotebookError
from analysis.report.manifest import digests, sha256
from analysis.report.opening import Edition
from analysis.report.tasks import Outcome, Task
from analysis.report.word import NO_PANDOC, pandoc_version
from analysis.report.workbook import Heading
from analysis.report.workers import TASK_SECONDS, run_tasks
from analysis.requests import Progress, ReportRequest
from analysis.runlog import RunLog
from analysis.settings import Settings
from analysis.slices import Slice, prepare_slices
from analysis.tablestore import load_table
from analysis.workspace import RequestError

REPORTS = {"month": "monthly_report", "half": "interim_report", "year": "final_report", "roadmap": "roadmap_report"}
EDITIONS: tuple[Edition, ...] = ("working", "meeting", "public")
CARD, CARDS, WORKBOOK = "school_card", "schools/", "results.xlsx"
WITH_WORKBOOK, WITH_WORD = ("meeting", "public"), ("meeting",)


def run_stage(build: BuildFolder, stage: str, request: ReportRequest, log: RunLog) -> None:
    """Execute one stage notebook, which saves its tables, or take both over. Raises NotebookError."""
    source = _source(build, stage)
    before = digests(build.tables, build.tables.iterdir())
    data = digests(build.space.data, [*build.space.data.glob("*.csv"), *build.space.data.glob("accepted/*.parquet")])
    key = build.key(stage, sha256(source), data, before)
    if build.memory.take(stage, key):
        return log.write(f"{stage}: без изменений")
    arguments = (source, build.notebooks / source.name, _parameters(request), build.folder, build.kept_as(source.name))
    [outcome] = run_tasks([Task(stage, execute_stage, arguments)], 1)
    if not outcome.ok:
        raise NotebookError(outcome.error)
    engine, notes = outcome.value
    log.write(f"{stage}: {outcome.seconds:.1f} s, {engine}", *notes)
    after = digests(build.tables, build.tables.iterdir())
    made = [f"tables/{name}" for name in after if after[name] != before.get(name)]
    build.memory.record(stage, key, [f"notebooks/{source.name}", *made])
    return None


def execute_stage(
    source: Path, executed: Path, parameters: dict[str, str], cwd: Path, kept_as: Path
) -> tuple[str, tuple[str, ...]]:
    """Execute a stage in a worker; the engine that ran it, and notes for the log."""
    from analysis.report.notebooks import run_notebook

    result = run_notebook(source, executed, parameters, cwd=cwd, failed_output=kept_as)
    return result.engine, result.notes


def render_documents(build: BuildFolder, request: ReportRequest, progress: Progress, log: RunLog) -> dict[str, str]:
    """The workbook, the report in every edition and a card per school; returns the cards that failed and why.

    What is as before is taken over. Raises NotebookError when a report fails: there is no result without it.
    """
    work = _Work(build, request, progress, log)
    work.offer_workbook()
    for one in work.slices():
        work.offer(one)
    work.run()
    return work.failures


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


class _Work:
    """The outputs of one run that follow from the tables: what is taken over, what is to be made, what failed."""

    def __init__(self, build: BuildFolder, request: ReportRequest, progress: Progress, log: RunLog) -> None:
        self.build, self.request, self.progress, self.log = build, request, progress, log
        self.keys: dict[str, str] = {}
        self.documents: list[Document] = []
        self.tasks: list[Task] = []
        self.failures: dict[str, str] = {}
        self.pandoc = pandoc_version()
        if not self.pandoc:
            log.write(NO_PANDOC)

    def slices(self) -> Iterator[Slice]:
        """The tables of every edition and card, editions first: they take longest."""
        schools = schools_with_cards(self.build.tables, self.request)
        working, *protected = [(edition, edition, "") for edition in EDITIONS]
        (made, _), (protected_made, others) = self._prepared(
            [self._slicing([working]), self._slicing(protected, None, bool(schools))]
        )
        yield from (*made, *protected_made)
        cards = [(CARDS + school, "card", school) for school in schools]
        share = -(-len(cards) // self.request.jobs) or 1  # a task reads the tables once for all its cards
        batches = [cards[start : start + share] for start in range(0, len(cards), share)]
        for made, _ in self._prepared([self._slicing(batch, others) for batch in batches]):
            yield from made

    def _prepared(self, tasks: Sequence[Task]) -> list[Any]:
        outcomes = run_tasks(tasks, self.request.jobs)
        for outcome in outcomes:
            if not outcome.ok:
                raise NotebookError(f"Таблицы не подготовлены: {outcome.error}")
        return [outcome.value for outcome in outcomes]

    def _slicing(self, wanted: Sequence[Any], *shared: object) -> Task:
        space, request = self.build.space, self.request
        where = (self.build.tables, space.settings, request.period, request.baseline)
        return Task("", prepare_slices, (*where, wanted, space.is_demo, self.build.scratch, *shared))

    def offer(self, one: Slice) -> None:
        """Take a report or a card over, or plan it."""
        document = self._document(one)
        source = sha256(_source(self.build, Path(document.notebook).stem))
        key = self.build.key(one.name, source, one.digest, *filter(None, [document.docx and self.pandoc]))
        if not self.build.memory.take(one.name, key):
            self.keys[one.name] = key
            self.documents.append(document)

    def offer_workbook(self) -> None:
        """Take the workbook over, or plan it."""
        heading = Heading(self.request.period.title(), demo=self.build.space.is_demo)
        key = self.build.key(WORKBOOK, digests(self.build.tables, self.build.tables.iterdir()), heading.title)
        if not self.build.memory.take(WORKBOOK, key):
            self.keys[WORKBOOK] = key
            arguments = (self.build.tables, self.build.space.settings, heading)
            self.tasks.append(Task(WORKBOOK, build_workbook, arguments))

    def run(self) -> None:
        """Make what is planned; every file is written as soon as it is made."""
        total, done = len(self.documents) + len(self.tasks), 0

        def on_done(outcome: Outcome) -> None:
            nonlocal done
            done += 1
            self._accept(outcome)
            self.progress("Отчёты и карты", done, total)

        self.progress("Отчёты и карты", 0, total)
        if self.request.cluster:
            from analysis.report.cluster import run_on_cluster

            run_tasks(self.tasks, self.request.jobs, on_done, keep_values=False, timeout=TASK_SECONDS)
            run_on_cluster(self.request.cluster, map(_carried, self.documents), on_done)
            return
        here = [Task(document.name, build_document, (document,)) for document in self.documents]
        run_tasks([*self.tasks, *here], self.request.jobs, on_done, keep_values=False, timeout=TASK_SECONDS)

    def _accept(self, outcome: Outcome) -> None:
        built: Built | None = outcome.value
        failure = outcome.error or (built.failure if built else "")
        self.log.write(f"{outcome.name}: {outcome.seconds:.1f} s" + (f", {failure}" if failure else ""))
        if built:
            self.log.write(*built.notes)
        if failure:
            self._fail(outcome.name, failure, built)
        elif built:
            for file, content in built.files.items():
                self.build.memory.write(file, content)
            self.build.memory.record(outcome.name, self.keys[outcome.name], list(built.files))

    def _fail(self, name: str, failure: str, built: Built | None) -> None:
        for file, content in (built.files if built else {}).items():
            self.build.keep_failed(Path(file).name, content)
        if not name.startswith(CARDS):
            raise NotebookError(failure)
        self.failures[name.removeprefix(CARDS)] = failure

    def _document(self, one: Slice) -> Document:
        school = one.name.removeprefix(CARDS)
        is_card = one.name.startswith(CARDS)
        notebook = CARD if is_card else REPORTS[self.request.period.kind]
        page = f"{one.name}/card" if is_card else f"{one.name}/report"
        own = {"school": school} if is_card else {"edition": one.name}
        executed = f"{notebook}-{school}.ipynb"
        return Document(
            name=one.name,
            notebook=f"{notebook}.ipynb",
            source=_source(self.build, notebook),
            slice=one.path,
            parameters=_parameters(self.request) | own,
            executed=f"notebooks/{executed}",
            html=f"{page}.html",
            pdf=f"{page}.pdf",
            kept_as=str(self.build.kept_as(executed)),
            workbook=f"{one.name}/{WORKBOOK}" if one.name in WITH_WORKBOOK else "",
            docx=f"{one.name}/report.docx" if one.name in WITH_WORD and self.pandoc else "",
        )


def build_workbook(tables: Path, settings: Settings, heading: Heading) -> Built:
    """The workbook of all tables; runs in a worker."""
    from analysis.report.workbook import results_workbook
    from analysis.tablestore import load_tables

    return Built({WORKBOOK: results_workbook(load_tables(tables), settings, heading)})


def _carried(document: Document) -> Task:
    return Task(document.name, build_document, (document.carried(),))


def _parameters(request: ReportRequest) -> dict[str, str]:
    return {"period": request.period.key, "baseline": request.baseline.key}


def _source(build: BuildFolder, notebook: str) -> Path:
    return notebooks_folder(build.space) / f"{notebook}.ipynb"
