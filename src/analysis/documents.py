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

    def carried(self) -> Document:
        """The same with its inputs inside, for a process that shares no disk with this one."""
        return dataclasses.replace(self, source=_content(self.source), slice=_content(self.slice))

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return (self.executed, self.html, self.pdf)


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
        return Built(_rendered(document, result.notebook, executed), notes=result.notes)


def _rendered(document: Document, notebook: object, executed: Path) -> dict[str, bytes]:
    from analysis.report.exporters import render_html, render_pdf

    page = executed.with_name("page")
    with _RENDERING:
        render_html(notebook, page.with_suffix(".html"))  # type: ignore[arg-type]
        render_pdf(notebook, page.with_suffix(".pdf"))  # type: ignore[arg-type]
    made = (executed, page.with_suffix(".html"), page.with_suffix(".pdf"))
    return {name: path.read_bytes() for name, path in zip(document.files, made, strict=True)}


def _content(given: Path | bytes) -> bytes:
    return given if isinstance(given, bytes) else given.read_bytes()
