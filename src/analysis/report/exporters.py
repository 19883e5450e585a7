"""nbconvert exporters: an executed notebook as one HTML file and as a tagged PDF.

`jupyter nbconvert --to orientir_html|orientir_pdf` and JupyterLab's export menu find them by entry points; the
pipeline calls `render_html` and `render_pdf`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import typst
from jinja2 import Environment
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import List, Unicode
from traitlets.config import Config

from analysis.report import typst_text
from analysis.report.document import DEMO_NOTE, DEMO_STAMP, Document
from analysis.report.fonts import typst_fonts
from analysis.report.inline import escape
from analysis.report.outline import Outline
from analysis.report.selection import DOCUMENT_KEY
from analysis.report.writers import HtmlWriter, TypstWriter, Writer

TEMPLATES = Path(__file__).parent / "templates"
# A date inside the file would differ between two equal runs; readers see the report's own date in its text.
FIXED_TIME = 1609459200
LIBRARY = "orientir.typ"
PAGE_LIMIT = "card-does-not-fit"
ATTEMPTS = 4  # to set tables whose end is torn in another way
BROKEN_LIST = "invalid list (L) structure"  # some lists that go over a page


class CardOverflow(RuntimeError):
    """A card's content does not fit on one page of A4 even in the smallest type."""


@dataclass(frozen=True)
class Page:
    """A notebook as its template gets it: the document, its body in the template's language, its headings."""

    document: Document
    body: str
    outline: Outline


class _ReportExporter(TemplateExporter):
    """What both exporters share: the selection of cells, the place of the templates, and the written page."""

    default_preprocessors = List(
        ["nbconvert.preprocessors.ExecutePreprocessor", "analysis.report.selection.ReportPreprocessor"]
    )
    extra_template_basedirs = List(Unicode(), [str(TEMPLATES)]).tag(config=True, affects_environment=True)
    writer: type[Writer]

    @property
    def default_config(self) -> Config:
        return Config()

    def default_filters(self) -> Iterable[Any]:
        return [*super().default_filters(), ("text", escape), ("asset", asset), ("digest", digest), ("page", self.page)]

    def page(self, nb: NotebookNode) -> Page:
        """Write the cells that the preprocessor left."""
        document = Document.from_json(nb.metadata[DOCUMENT_KEY])
        writer = self.writer(Outline(document.title))
        return Page(document, writer.body(nb.cells), writer.outline)


@cache
def asset(name: str) -> str:
    """A file beside the templates, such as the style sheet."""
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


@cache
def digest(text: str) -> str:
    """The hash by which the page's security policy knows its one script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class ReportHTMLExporter(_ReportExporter):
    """One self-contained HTML file: no address outside it, no script but our own."""

    file_extension = ".html"
    output_mimetype = "text/html"
    export_from_notebook = "HTML (отчёт)"
    template_name = Unicode("orientir_html").tag(config=True, affects_template=True)
    writer = HtmlWriter

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.globals.update(demo_stamp=DEMO_STAMP, demo_note=DEMO_NOTE)
        environment.trim_blocks = environment.lstrip_blocks = True
        return environment


class ReportTypstExporter(_ReportExporter):
    """The Typst source of the PDF, for `compile_pdf`."""

    file_extension = ".typ"
    output_mimetype = "text/x-typst"
    template_name = Unicode("orientir_typst").tag(config=True, affects_template=True)
    template_extension = Unicode(".typ.j2").tag(config=True, affects_environment=True)
    writer = TypstWriter

    def default_filters(self) -> Iterable[Any]:
        return [*super().default_filters(), ("about", about)]


@cache
def library() -> bytes:
    """The Typst functions that every document imports."""
    return (TEMPLATES / "orientir_typst" / LIBRARY).read_bytes()


def about(document: Document) -> str:
    """What the template prints around the body, as a Typst dictionary."""
    data = document.to_json() | {
        "as_of": document.as_of,
        "footer": document.footer,
        "edition_name": document.edition_name,
        "stamp": DEMO_STAMP if document.demo else "",
        "demo_note": DEMO_NOTE if document.demo else "",
    }
    return typst_text.value(data)


class ReportPDFExporter(ReportTypstExporter):
    """A tagged PDF (PDF/UA-1) of A4 pages, the same bytes for the same notebook."""

    file_extension = ".pdf"
    output_mimetype = "application/pdf"
    export_from_notebook = "PDF (отчёт)"

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        source, resources = super().from_notebook_node(nb, resources, **kw)
        pdf = compile_pdf(source)
        resources["output_extension"] = self.file_extension
        return pdf, resources


def compile_pdf(source: str) -> bytes:
    """Compile the Typst source of a document with the shipped template and fonts only.

    Raises
    ------
    CardOverflow : a card that needs more than one page
    typst.TypstError : anything else that Typst refuses, such as a picture without alternative text
    """
    try:
        return _with_whole_ends(source)
    except typst.TypstError as error:
        if PAGE_LIMIT in str(error):
            raise CardOverflow("the card does not fit on one A4 page: shorten its texts or its table") from error
        if BROKEN_LIST not in str(error):
            raise
        return _with_whole_ends(source, lists="whole")


def _with_whole_ends(source: str, lists: str = "") -> bytes:
    """The document; a table whose last row or note stands alone on a page is set closer, or wider if that fails."""
    pdf, close, wide = b"", set[str](), set[str]()
    for _ in range(ATTEMPTS):
        asked = {"lists": lists, "close": " ".join(sorted(close)), "wide": " ".join(sorted(wide))}
        pdf = _compiled(source, asked)
        torn = _torn_tables(source, asked) - wide
        if not torn:
            break
        close, wide = close | torn, wide | (torn & close)
    return pdf


def _compiled(source: str, asked: Mapping[str, str]) -> bytes:
    return typst.compile(**_given(source, asked), pdf_standards=["ua-1"], timestamp=FIXED_TIME)  # type: ignore[call-overload]


def _torn_tables(source: str, asked: Mapping[str, str]) -> set[str]:
    """Names of the tables whose last rows and note do not stand on one page; costs little after `_compiled`."""
    found = json.loads(typst.query(selector="<placed>", field="value", **_given(source, asked)))
    pages: dict[str, set[int]] = {}
    for name, page in found:
        pages.setdefault(name, set()).add(page)
    return {name for name, several in pages.items() if len(several) > 1}


def _given(source: str, asked: Mapping[str, str]) -> dict[str, Any]:
    inputs = {"main.typ": source.encode(), LIBRARY: library()}
    return {"input": inputs, "font_paths": typst_fonts(), "ignore_system_fonts": True, "sys_inputs": dict(asked)}


@cache
def _exporter(kind: type[TemplateExporter]) -> TemplateExporter:
    return kind()


def _notebook(nb: NotebookNode | str | Path) -> NotebookNode:
    return nb if isinstance(nb, NotebookNode) else nbformat.read(nb, as_version=4)


def render_html(nb: NotebookNode | str | Path, out_path: str | Path) -> Path:
    """Write an executed notebook (node or file) as one HTML file; returns its path."""
    text, _ = _exporter(ReportHTMLExporter).from_notebook_node(_notebook(nb))
    path = Path(out_path)
    path.write_bytes(text.encode("utf-8"))
    return path


def render_pdf(nb: NotebookNode | str | Path, out_path: str | Path) -> Path:
    """Write an executed notebook (node or file) as PDF; returns its path. Raises as `compile_pdf`."""
    pdf, _ = _exporter(ReportPDFExporter).from_notebook_node(_notebook(nb))
    path = Path(out_path)
    path.write_bytes(pdf)  # type: ignore[arg-type]
    return path
