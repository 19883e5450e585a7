"""What can go wrong with a notebook; apart from the running of notebooks, which takes long to import."""

from __future__ import annotations

import errno
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


def full_disk(error: BaseException) -> str:
    """What to tell when there was no room for a file; empty for any other error."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ""
    return f"На диске нет места ({error}). Освободите место и повторите команду; прежний отчёт не изменён."
