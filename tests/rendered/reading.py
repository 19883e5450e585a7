"""A report notebook run in this process on tables made or changed by a test: what it shows, as blocks and as plain text."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis.report import opening
from analysis.report.opening import PeriodReport
from tests.rendered import samples

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
KINDS = {"month": "monthly", "half": "interim", "year": "final", "roadmap": "roadmap"}


def executed(report: PeriodReport, monkeypatch: Any) -> NotebookNode:
    """The report's notebook with what every cell shows, as the exporters take it."""
    return samples.notebook(*[cell for cell, _ in _cells(report, monkeypatch)])


def said(report: PeriodReport, monkeypatch: Any) -> str:
    """Everything that the report shows, headings and tables included, as plain text with plain spaces."""
    texts = [text for _, text in _cells(report, monkeypatch)]
    return "\n\n".join(texts).replace("\u00a0", " ")


def _cells(report: PeriodReport, monkeypatch: Any) -> list[tuple[NotebookNode, str]]:
    monkeypatch.setattr(opening, "open_report", lambda *_, **__: report)
    name = "school_card" if report.edition == "card" else f"{KINDS[report.period.kind]}_report"
    names: dict[str, Any] = {}
    found = []
    for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "markdown":
            found.append((nbformat.v4.new_markdown_cell(cell.source), cell.source))
        elif (shown := _last_value(cell.source, names)) is not None:
            found.append((samples.shown(shown), shown._repr_mimebundle_()["text/plain"]))
    return found


def _last_value(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as Jupyter does: the value of its last expression is shown."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102 - our own notebook
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None  # noqa: S307
