"""What of an executed notebook enters a document: the preprocessor of both exporters."""

from __future__ import annotations

from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool

from analysis.report.document import DOCUMENT_MIME, Document
from analysis.report.prose import first_heading

HIDDEN_TAGS = frozenset({"hide", "parameters", "injected-parameters", "remove_cell", "remove-cell"})
DOCUMENT_KEY = "orientir"
NOT_RUN = "Тетрадь не выполнена: выполните все ячейки, сохраните её и повторите экспорт"


class ReportPreprocessor(Preprocessor):
    """Keeps prose and shown results, and moves the `Document` from the outputs to the notebook's metadata."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        nb.cells = [cell for cell in nb.cells if _is_shown(cell)]
        found = [data for cell in nb.cells for data in _take_documents(cell)]
        if found:
            nb.metadata[DOCUMENT_KEY] = found[-1]
        elif DOCUMENT_KEY not in nb.metadata:
            nb.metadata[DOCUMENT_KEY] = _plain_document(nb, resources).to_json()
        return nb, resources


def _is_shown(cell: NotebookNode) -> bool:
    return cell.cell_type in ("markdown", "code") and not HIDDEN_TAGS & set(cell.metadata.get("tags", ()))


def _take_documents(cell: NotebookNode) -> list[Any]:
    """The documents a cell showed; they leave its outputs, and so do streams."""
    outputs = [output for output in cell.get("outputs", ()) if output.output_type != "stream"]
    documents = [o.data[DOCUMENT_MIME] for o in outputs if DOCUMENT_MIME in o.get("data", {})]
    if cell.cell_type == "code":
        cell.outputs = [o for o in outputs if DOCUMENT_MIME not in o.get("data", {})]
    return documents


def _plain_document(nb: NotebookNode, resources: dict[str, Any]) -> Document:
    """A notebook without a Document of its own: its first heading, else its name, is the title."""
    prose = (cell.source for cell in nb.cells if cell.cell_type == "markdown")
    heading = next(filter(None, map(first_heading, prose)), "")
    name = resources.get("metadata", {}).get("name", "")
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    subtitle = NOT_RUN if code and not any(cell.get("execution_count") for cell in code) else ""
    return Document(nb.metadata.get("title") or heading or name or "Отчёт", subtitle, draft=False)
