"""A task for another process, what becomes of it, and the process's side of the work."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from analysis.report.failures import full_disk
from analysis.report.zygote import NotStarted


@dataclass(frozen=True)
class Task:
    """A call that can be made in another process: a top-level function and arguments that can be pickled."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a task: its value, or what went wrong (`error` in one line, `trace` for --debug)."""

    name: str
    value: Any = None
    error: str | None = None
    trace: str | None = None
    seconds: float = 0.0
    attempts: int = 1
    #: Whether the task was begun; False only after a second failure to bring up its process.
    started: bool = True

    @property
    def ok(self) -> bool:
        """Whether the task returned a value."""
        return self.error is None


def work(connection: Connection) -> None:
    """Take tasks until the caller closes the connection; each is acknowledged, then answered."""
    while True:
        try:
            task: Task = connection.recv()
        except (ImportError, AttributeError) as error:
            connection.send(Outcome("", error=f"задание нельзя прочесть в другом процессе: {error}"))
            continue
        connection.send(None)
        outcome = _outcome(task)
        try:
            connection.send(outcome)
        except OSError:
            raise  # the caller is gone
        except Exception as error:  # whatever a value's own class raises when it is sent
            reason = f"результат нельзя передать между процессами: {error}"
            connection.send(Outcome(task.name, error=reason, seconds=outcome.seconds))


def work_alone(connection: Connection) -> None:
    """`work` in a spawned process, which has to watch its parent itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        work(connection)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _outcome(task: Task) -> Outcome:
    start = time.monotonic()
    try:
        value = task.function(*task.args, **task.kwargs)
    except (Exception, SystemExit) as error:
        return Outcome(
            task.name,
            error=_in_one_line(error),
            trace=traceback.format_exc(),
            seconds=time.monotonic() - start,
            started=not isinstance(error, NotStarted),
        )
    return Outcome(task.name, value, seconds=time.monotonic() - start)


def _in_one_line(error: BaseException) -> str:
    """Our own errors speak for themselves; of others the kind is told too."""
    if no_room := full_disk(error):
        return no_room
    text, kind = " ".join(str(error).split()), type(error)
    return text if kind.__module__.startswith("analysis.") else f"{kind.__name__}: {text}".removesuffix(": ")
