"""The IPython shell of a notebook, inside a process forked for it.

The shell is ipykernel's own; only its transport differs: each message that a kernel would publish over ZeroMQ
is packed as jupyter_client packs it and goes down the connection to the engine.
"""

from __future__ import annotations

import builtins
import gc
import getpass
import io
import os
import sys
import threading
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import comm
from comm.base_comm import BaseComm, CommManager
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session, json_packer
from traitlets.config import Config


def run_shell(connection: Connection) -> None:
    """Execute each source received until None comes, answering with messages and, last, the reply."""
    session = Recorder(connection)
    streams = [Stream(session, name) for name in ("stdout", "stderr")]
    sys.stdout, sys.stderr = streams
    shell = _make_shell(session)
    while (source := connection.recv()) is not None:
        reply = _execute(shell, source)
        for stream in streams:
            stream.flush()
        session.send(None, "execute_reply", reply)
    # A file the notebook left open is written out when nothing refers to it any more.
    shell.user_ns.clear()
    shell.reset()
    gc.collect()


class Recorder(Session):
    """A session that writes each message to the connection instead of a socket."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._writing = threading.Lock()

    def send(
        self,
        stream: object,
        msg_or_type: Any,
        content: Any = None,
        *args: object,
        buffers: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write one message: its type, packed content, and buffers. Only these reach a notebook's outputs."""
        if isinstance(msg_or_type, dict):
            msg_or_type, content = msg_or_type["msg_type"], msg_or_type["content"]
        parts = (msg_or_type, json_packer(content), [bytes(part) for part in buffers or ()])
        with self._writing:
            self._connection.send(parts)


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a notebook, with what libraries and subprocesses write below it."""

    encoding = "UTF-8"

    def __init__(self, session: Recorder, name: str) -> None:
        self.name = name
        self._session = session
        self._pending: list[str] = []
        self._below = os.memfd_create(name)
        self._read = 0
        self._original = sys.__stdout__ if name == "stdout" else sys.__stderr__
        os.dup2(self._below, self.fileno())

    def fileno(self) -> int:
        return 1 if self.name == "stdout" else 2

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._take_from_below()
        self._pending.append(text)
        return len(text)

    def _take_from_below(self) -> None:
        size = os.fstat(self._below).st_size
        if size > self._read:
            raw = os.pread(self._below, size - self._read, self._read)
            self._pending.append(raw.decode("utf-8", "replace"))
            self._read = size

    def flush(self) -> None:
        if self._original is not None:
            self._original.flush()
        self._take_from_below()
        text, self._pending = "".join(self._pending), []
        if text:
            self._session.send(None, "stream", {"name": self.name, "text": text})


class NotebookShell(ZMQInteractiveShell):
    """ipykernel's shell without a kernel: there is no event loop of a window to hook into."""

    def enable_gui(self, gui: Any = None) -> None:
        """Accept `%matplotlib inline`; windows cannot be shown here, nor in a kernel without display."""


def _make_shell(session: Recorder) -> NotebookShell:
    kernel = SimpleNamespace(session=session, iopub_socket=None, eventloop=None, get_parent=dict)
    # The history would start a thread and a database for a shell that lives for one notebook.
    config = Config(HistoryManager={"enabled": False, "hist_file": ":memory:"})
    shell = NotebookShell.instance(config=config, kernel=kernel, compiler_class=XCachingCompiler)
    hook: Any = shell.displayhook
    publisher: Any = shell.display_pub
    hook.session = publisher.session = session
    hook.topic = b"execute_result"
    sys.path.insert(0, "")
    sys.argv[:] = ["ipykernel_launcher.py"]
    builtins.input = getpass.getpass = _no_input
    _connect_widgets(session)
    return shell


def _no_input(*_args: object, **_kwargs: object) -> str:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _connect_widgets(session: Recorder) -> None:
    """Let the state of widgets reach the notebook, as it does from a kernel."""

    class Comm(BaseComm):
        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            session.send(None, msg_type, {"data": data or {}, "comm_id": self.comm_id, **keys}, buffers=buffers)

    manager = CommManager()
    comm.create_comm = Comm
    comm.get_comm_manager = lambda: manager


def _execute(shell: NotebookShell, source: str) -> dict[str, Any]:
    """Run one cell; the reply is the one of ipykernel's `do_execute`."""
    result = shell.run_cell(source, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    failed = not result.success or getattr(shell, "_last_traceback_during_displayhook", False)
    reply: dict[str, Any] = {"status": "ok", "execution_count": shell.execution_count - 1}
    if failed:
        reply |= {
            "status": "error",
            "ename": type(error).__name__,
            "evalue": str(error),
            "traceback": shell._last_traceback or [],
        }
    return reply
