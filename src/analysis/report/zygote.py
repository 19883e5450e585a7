"""A process that imports the heavy libraries once and is forked for every run: the caller's side (Linux).

The caller may have threads, open sockets or a progress bar: forking happens in a separate process with a
single thread. Each connection to its socket becomes one child; the connection is also the child's lifeline,
so a child never outlives the process that asked for it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

#: What every run finds in its environment, whoever starts it: one thread per process (results must not depend
#: on the core count), figures shown inline, sets in one order, fixed dates in files written by matplotlib.
SETTLED = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "SOURCE_DATE_EPOCH": "315532800",
    # pyarrow's allocator would start a thread on import, and a process with threads is not safe to fork.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
#: An environment variable: `no` has every notebook run in a Jupyter kernel, as on systems without fork.
ALLOWED = "ORIENTIR_FORK"
START_SECONDS = 60.0
_STOP_SECONDS = 0.5
_BOOT = (
    "import json, sys; config = json.loads(sys.stdin.buffer.readline()); sys.path[:] = config['path']; "
    "from analysis.report.zygote_process import serve; serve(config['address'], config['listener'])"
)


class NotStarted(RuntimeError):
    """The process for a run did not come up: nothing was executed, so trying again is safe."""


class Child:
    """A forked process that runs one function, and the connection to it."""

    def __init__(self, connection: Connection, pid: int) -> None:
        self.connection = connection
        self.pid = pid

    def kill(self) -> None:
        """End the child and whatever it started."""
        if not self.connection.closed:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.connection.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()


class Zygote:
    """The process to fork from, started when first needed."""

    def __init__(self) -> None:
        self.address: str | None = None
        self.broken: str | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process without waiting for its imports; raises NotStarted where that cannot work."""
        with self._lock:
            if self.broken or not available():
                raise NotStarted(self.broken or "в этой системе нет надёжного fork")
            gone = self.process is not None and self.process.poll() is not None
            if self.address is None or gone:
                try:
                    self._launch()
                except OSError as error:
                    self.broken = str(error)
                    raise NotStarted(self.broken) from error

    def stop(self) -> None:
        """End the process, and with it its children."""
        with self._lock:
            process, self.process, self.broken = self.process, None, None
            if process is None or process.stdin is None:
                return
            self.address = None
            process.stdin.close()
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def inherit(self, address: str) -> None:
        """Ask the process at this address for children: a child cannot start a better one."""
        self.address = address

    def fork(self, job: tuple[Any, Any], surroundings: tuple[Any, ...], timeout: float) -> Child:
        """A child at work on the job; raises NotStarted when it does not report in time."""
        self.start()
        with contextlib.ExitStack() as on_failure:
            try:
                connection = self._dial()
                on_failure.callback(connection.close)
                connection.send(surroundings)
                connection.send(job)
                answer = connection.recv() if connection.poll(timeout) else f"нет ответа за {timeout:.0f} с"
            except (OSError, EOFError) as error:
                raise NotStarted(self._reason(error)) from error
            if not isinstance(answer, int):
                raise NotStarted(answer)
            on_failure.pop_all()
            return Child(connection, answer)

    def _dial(self) -> Connection:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"\0{self.address}")
            return Connection(client.detach())

    def _reason(self, error: BaseException) -> str:
        """Why no child came up; a process that has died is not started again."""
        if self.process is not None and self._log is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(timeout=0.5)
                self._log.seek(0)
                lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
                self.broken = lines[-1] if lines else f"процесс завершился с кодом {code}"
        return self.broken or str(error) or type(error).__name__

    def _launch(self) -> None:
        self.address = f"orientir-{secrets.token_hex(16)}"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"\0{self.address}")
            # Callers queue up here while the process is still importing.
            listener.listen(128)
            self.process = subprocess.Popen(
                [sys.executable, "-c", _BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env={**os.environ, **SETTLED},
                pass_fds=(listener.fileno(),),
                # The terminal's Ctrl-C is for the caller, which then decides.
                start_new_session=True,
            )
            config = {"path": sys.path, "address": self.address, "listener": listener.fileno()}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(config).encode() + b"\n")
        self.process.stdin.flush()


ZYGOTE = Zygote()
atexit.register(ZYGOTE.stop)


def available() -> bool:
    """Whether this system can fork safely (macOS has fork, but its libraries do not survive it) and it is allowed."""
    return os.environ.get(ALLOWED) != "no" and sys.platform == "linux" and hasattr(os, "fork")


def start_early() -> None:
    """Let the imports of the first run overlap with what the caller does before it; never an error."""
    with contextlib.suppress(NotStarted):
        ZYGOTE.start()


def connect(
    function: Callable[..., None],
    *args: Any,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = START_SECONDS,
) -> Child:
    """Fork a child that calls `function(connection, *args)`, a top-level function, in `cwd`, `env` added.

    Raises NotStarted when the child does not report within `timeout` seconds.
    """
    environment = {**os.environ, **SETTLED, **(env or {})}
    return ZYGOTE.fork((function, args), (environment, sys.path, os.fspath(cwd or Path.cwd())), timeout)
