"""The words of a report notebook run in this process, on tables that a test made or changed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat

from analysis.report import opening
from analysis.report.opening import PeriodReport

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
KINDS = {"month": "monthly", "half": "interim", "year": "final", "roadmap": "roadmap"}
PICTURES = ("pictures.", "funnel.funnel_picture")


def said(report: PeriodReport, monkeypatch: Any) -> str:
    """Everything that the report shows but its pictures, as plain text with plain spaces."""
    monkeypatch.setattr(opening, "open_report", lambda *_, **__: report)
    name = "school_card" if report.edition == "card" else f"{KINDS[report.period.kind]}_report"
    names: dict[str, Any] = {}
    texts = []
    for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "markdown":
            texts.append(cell.source)
        elif not cell.source.startswith(PICTURES) and (shown := _last_value(cell.source, names)) is not None:
            texts.append(shown._repr_mimebundle_()["text/plain"])
    return "\n\n".join(texts).replace("\u00a0", " ")


def _last_value(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as Jupyter does: the value of its last expression is shown."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102 - our own notebook
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None  # noqa: S307
