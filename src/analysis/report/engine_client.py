"""The caller's side of the engine: cells go to a forked shell, or to a Jupyter kernel where that fails."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import platform
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager

from analysis.report import zygote
from analysis.report.executed import LANGUAGE
from analysis.report.zygote import SETTLED, NotStarted

logger = logging.getLogger("papermill")

#: The exception names under which a stopped notebook is recorded in its cell.
TIMED_OUT, DIED = "NotebookTimeout", "NotebookDied"
OnCell = Callable[[int, int], None]


class WarmEngine(Engine):
    """Runs a notebook in a forked process, falling back to a Jupyter kernel when no process comes up."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        warm: bool = True,
        fallback: bool = True,
        on_engine: Callable[[str, str | None], None] | None = None,
        **kwargs: Any,
    ) -> None:
        """Execute every cell; `on_engine` hears which engine ran ("forked", "stock") and why, if not as asked."""
        kwargs.pop("input_path", None)
        report = on_engine or _log_engine
        reason = None
        if warm and _is_python(nb_man.nb):
            try:
                ForkedClient(nb_man, kernel_name=kernel_name, **_client_options(kwargs)).execute()
                return report("forked", None)
            except NotStarted as error:
                if not fallback:
                    raise
                reason = str(error)
        StockClient(nb_man, kernel_name=kernel_name, **_client_options(kwargs)).execute()
        return report("stock", reason)


def _log_engine(name: str, reason: str | None) -> None:
    if reason:
        logger.warning("no warm process (%s): the %s engine was used", reason, name)


def _is_python(nb: NotebookNode) -> bool:
    return nb.metadata.get("kernelspec", {}).get("language", "python") == "python"


def _client_options(kwargs: dict[str, Any]) -> dict[str, Any]:
    """papermill's names for the options of an engine → nbclient's."""
    options = dict(kwargs)
    options["cell_seconds"] = options.pop("execution_timeout", None)
    options["startup_timeout"] = options.pop("start_timeout", 60)
    return options


class NotebookRun(PapermillNotebookClient):
    """A run with a time limit for the whole notebook, and a record in the cell where it was stopped."""

    def __init__(
        self,
        nb_man: NotebookExecutionManager,
        timeout: float | None = None,
        cell_seconds: float | None = None,
        run_in: str | os.PathLike[str] | None = None,
        scratch: Path | None = None,
        on_cell: OnCell | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(nb_man, record_timing=False, shutdown_kernel="immediate", log=logger, **kwargs)
        self.timeout_func = self.seconds_left
        self.limit = timeout
        self.deadline: float | None = None
        self.cell_seconds = cell_seconds
        self.cwd = os.fspath(run_in or Path.cwd())
        self.scratch = scratch
        self.on_cell = on_cell

    def start_clock(self) -> None:
        """Count the notebook's time from now: its process is ready."""
        self.deadline = time.monotonic() + self.limit if self.limit else None

    def seconds_left(self, _cell: NotebookNode | None = None) -> float | None:
        """How long the next cell may take; None without a limit."""
        left = [] if self.deadline is None else [max(self.deadline - time.monotonic(), 0.01)]
        return min([*left, *([self.cell_seconds] if self.cell_seconds else [])], default=None)

    def environment(self) -> dict[str, str]:
        """What the notebook's process finds in its environment beside the caller's own variables."""
        if self.scratch is None:
            return dict(SETTLED)
        places = {"IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "jupyter", "JUPYTER_DATA_DIR": "jupyter"}
        return SETTLED | {name: str(self.scratch / folder) for name, folder in places.items()}

    def execute_cell(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> NotebookNode:
        """Run one cell; a stopped notebook is recorded like an exception, so that papermill keeps it."""
        try:
            return self.run_cell(cell, cell_index, **kwargs)
        except CellTimeoutError:
            limit = self.limit or self.cell_seconds or 0
            raise _stopped(cell, TIMED_OUT, f"превышено время выполнения: {_seconds(limit)}") from None
        except DeadKernelError:
            raise _stopped(cell, DIED, "процесс тетради неожиданно завершился") from None
        finally:
            if self.on_cell is not None:
                self.on_cell(cell_index + 1, len(self.nb.cells))

    def wait_for_reply(self, _message: object, _cell: NotebookNode | None = None) -> dict[str, Any]:
        """The answer to papermill's last question, about the language: a kernel out of time would not give it."""
        return {"content": {"language_info": {**LANGUAGE, "version": platform.python_version()}}}

    def run_cell(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> NotebookNode:
        """Run one cell in whatever executes this notebook."""
        raise NotImplementedError


def _seconds(limit: float) -> str:
    return f"{limit:g}".replace(".", ",") + " с"


def _stopped(cell: NotebookNode, name: str, text: str) -> CellExecutionError:
    cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"]))
    return CellExecutionError(text, name, text)


class StockClient(NotebookRun):
    """A run in an ordinary Jupyter kernel."""

    def create_kernel_manager(self) -> Any:
        """A manager that keeps the kernel's files in our own folder: the home folder may be read-only."""
        where = {}
        if self.scratch is not None:
            where["connection_file"] = str(self.scratch / f"kernel-{uuid.uuid4()}.json")
        self.km = self.kernel_manager_class(kernel_name=self.kernel_name, config=self.config, **where)
        return self.km

    @contextlib.contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        """Start the kernel; raises NotStarted when it does not come up."""
        env = {**os.environ, **self.environment(), **self._matplotlib_home()}
        # A kernel repeats on its own stdout and stderr what it sends; the caller's terminal is not for that.
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(super().setup_kernel(env=env, cwd=self.cwd, **quiet, **kwargs))
            except Exception as error:
                raise NotStarted(f"ядро Jupyter не запустилось: {error}") from error
            self.start_clock()
            yield

    def run_cell(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> NotebookNode:
        """Run one cell in the kernel."""
        return super(NotebookRun, self).execute_cell(cell, cell_index, **kwargs)

    def _matplotlib_home(self) -> dict[str, str]:
        """A folder for matplotlib's font cache where the home folder cannot be written to."""
        if self.scratch is None or "MPLCONFIGDIR" in os.environ:
            return {}
        if os.access(Path("~").expanduser(), os.W_OK):
            return {}
        return {"MPLCONFIGDIR": str(self.scratch / "matplotlib")}


def _run_shell(connection: Connection) -> None:
    # IPython is not needed on this side.
    from analysis.report.engine_child import run_shell

    run_shell(connection)


class ForkedClient(NotebookRun):
    """A run in a process forked for this notebook."""

    @contextlib.contextmanager
    def setup_kernel(self, **_kwargs: Any) -> Iterator[None]:
        """Fork the process; raises NotStarted when it does not come up."""
        start = max(float(self.startup_timeout), zygote.START_SECONDS)
        child = zygote.connect(_run_shell, cwd=self.cwd, env=self.environment(), timeout=start)
        with child:
            self.child = child
            self.kc = self
            self._numbers = itertools.count(1)
            self.start_clock()
            yield
            self._finish()

    def kernel_info(self) -> None:
        """What papermill asks a kernel for last; `wait_for_reply` knows the answer."""

    def run_cell(self, cell: NotebookNode, cell_index: int, **_kwargs: Any) -> NotebookNode:
        """Run one cell in the child."""
        if cell.cell_type != "code" or not cell.source.strip():
            return cell
        cell.outputs = []
        self.clear_before_next_output = False
        reply = self._exchange(cell, cell_index)
        cell["execution_count"] = reply["execution_count"]
        allowed = self.allow_errors or "raises-exception" in cell.metadata.get("tags", [])
        if reply["status"] == "error" and not allowed:
            raise CellExecutionError.from_cell_and_msg(cell, reply)
        return cell

    def _exchange(self, cell: NotebookNode, cell_index: int) -> dict[str, Any]:
        """Send one source; give each message to nbclient as if it came from a kernel; return the reply."""
        number = str(next(self._numbers))
        allowed = self.seconds_left(cell)
        deadline = None if allowed is None else time.monotonic() + allowed
        try:
            self.child.connection.send(cell.source)
            while True:
                kind, packed, buffers = self._receive(deadline, cell)
                content = json.loads(packed)
                if kind == "execute_reply":
                    return content
                message = {
                    "msg_type": kind,
                    "header": {"msg_type": kind},
                    "parent_header": {"msg_id": number},
                    "content": content,
                    "buffers": buffers,
                }
                self.process_message(message, cell, cell_index)
        except (EOFError, ConnectionError) as error:
            raise DeadKernelError("the forked process died") from error

    def _receive(self, deadline: float | None, cell: NotebookNode) -> tuple[str, bytes, list[bytes]]:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        if not self.child.connection.poll(left):
            self.child.kill()
            raise CellTimeoutError.error_from_timeout_and_cell("timed out", 0, cell)
        return self.child.connection.recv()

    def _finish(self) -> None:
        """Let the child close what the notebook left open, but not for long."""
        with contextlib.suppress(OSError, EOFError):
            self.child.connection.send(None)
            self.child.connection.poll(5)
