"""One document in another process, here or on another machine: its inputs go in, its files come back as bytes."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Exporters are shared by the threads of a process.
_RENDERING = threading.Lock()


@dataclass(frozen=True)
class Document:
    """What one report or card is made from, and the names of its files in the period's folder.

    notebook : the file name of the notebook
    source, slice : the notebook and its prepared report, as files or as their bytes
    kept_as : how a message names the notebook if it fails
    workbook, docx : the edition's tables as .xlsx and its text for Word; empty when the edition has none
    """

    name: str
    notebook: str
    source: Path | bytes
    slice: Path | bytes
    parameters: Mapping[str, str]
    executed: str
    html: str
    pdf: str
    kept_as: str
    workbook: str = ""
    docx: str = ""

    def carried(self) -> Document:
        """The same with its inputs inside, for a process that shares no disk with this one."""
        return dataclasses.replace(self, source=_content(self.source), slice=_content(self.slice))

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return tuple(filter(None, (self.executed, self.html, self.pdf, self.workbook, self.docx)))


@dataclass(frozen=True)
class Built:
    """The files of a document by name; ``failure`` says why there is only the notebook as far as it went."""

    files: Mapping[str, bytes]
    failure: str = ""
    notes: tuple[str, ...] = field(default=())


def build_document(document: Document) -> Built:
    """Execute the notebook and render it, in a folder of its own.

    Raises NotebookNotStarted when nothing was executed, and what the exporters raise.
    """
    from analysis.report.failures import NotebookError, NotebookNotStarted
    from analysis.report.notebooks import run_notebook
    from analysis.report.opening import PREPARED_FILE

    with tempfile.TemporaryDirectory(prefix="orientir-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        source, executed = folder / document.notebook, folder / "executed.ipynb"
        source.write_bytes(_content(document.source))
        (folder / PREPARED_FILE).write_bytes(_content(document.slice))
        try:
            result = run_notebook(source, executed, document.parameters, cwd=folder, kept_as=document.kept_as)
        except NotebookNotStarted:
            raise
        except NotebookError as error:
            kept = {document.executed: executed.read_bytes()} if executed.exists() else {}
            return Built(kept, failure=str(error))
        files, notes = _rendered(document, result.notebook, executed), result.notes
        if document.workbook:
            files[document.workbook] = _workbook(folder / PREPARED_FILE)
        if document.docx:
            made, note = _docx(files[document.html])
            files, notes = files | ({document.docx: made} if made else {}), (*notes, *note)
        return Built(files, notes=notes)


def _rendered(document: Document, notebook: object, executed: Path) -> dict[str, bytes]:
    from analysis.report.exporters import render_html, render_pdf

    page = executed.with_name("page")
    with _RENDERING:
        render_html(notebook, page.with_suffix(".html"))  # type: ignore[arg-type]
        render_pdf(notebook, page.with_suffix(".pdf"))  # type: ignore[arg-type]
    made = {
        document.executed: executed,
        document.html: page.with_suffix(".html"),
        document.pdf: page.with_suffix(".pdf"),
    }
    return {name: path.read_bytes() for name, path in made.items()}


def _workbook(prepared: Path) -> bytes:
    """The workbook of an edition, from nothing but what its report may open."""
    from analysis.report.prepared import report_from_bytes
    from analysis.report.workbook import Heading, results_workbook

    report = report_from_bytes(prepared.read_bytes())
    heading = Heading(report.period.title(), report.edition, report.demo)
    return results_workbook(report.tables, report.settings, heading)


def _docx(html: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The document for Word; nothing but a note when pandoc fails, since the report itself is whole without it."""
    from analysis.report.word import WordError, docx_of

    try:
        return docx_of(html.decode()), ()
    except WordError as error:
        return b"", (str(error),)


def _content(given: Path | bytes) -> bytes:
    return given if isinstance(given, bytes) else given.read_bytes()
