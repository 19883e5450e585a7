"""What can go wrong with a notebook; apart from the running of notebooks, which takes long to import."""

from __future__ import annotations

from pathlib import Path

from analysis.report.zygote import NotStarted


class NotebookError(Exception):
    """A notebook that cannot be run or has failed; the message is for the analyst, in Russian.

    `notebook` is the source's name, `cell` its cell's number (from 1; None before anything ran), `output` the
    kept notebook with the traceback.
    """

    notebook: str = ""
    cell: int | None = None
    output: Path | None = None


class NotebookNotStarted(NotebookError, NotStarted):
    """Neither a warm process nor a Jupyter kernel came up; nothing was executed."""
