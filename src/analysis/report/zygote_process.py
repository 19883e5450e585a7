"""The process that is forked, and the first moments of its children (Linux)."""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any, NoReturn

from analysis.report.zygote import ZYGOTE

PRELOAD = (
    "numpy",
    "pandas",
    "scipy.stats",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "seaborn",
    "statsmodels.stats.proportion",
    "pyarrow.parquet",
    "babel.dates",
    "jinja2",
    "nbconvert",
    "papermill",
    "ipykernel.ipkernel",
    "typst",
)
_NOT_PRELOADED = ("__main__", ".cli")
_PR_SET_PDEATHSIG = 1
# Children that have just been ended are still to be counted in this process's times.
_LAST_REAP_SECONDS = 0.03


def serve(address: str, listener_descriptor: int) -> None:
    """Import everything, then turn each connection into a child until the caller goes away."""
    ZYGOTE.inherit(address)
    listener = socket.socket(fileno=listener_descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _reap)
    libc = ctypes.CDLL(None)
    preload()
    parent = os.getpid()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            time.sleep(_LAST_REAP_SECONDS)
            return
        client, _ = listener.accept()
        with client:
            if _is_ours(client) and _fork() == 0:
                # A child that holds the interpreter for long still ends with this process.
                libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                listener.close()
                _live(Connection(client.detach()), parent)


def _reap(_number: int, _frame: object) -> None:
    """Bury children that have ended, so that the times of a whole command (`time make report`) include them."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def preload() -> None:
    """Import the heavy libraries and this package; what cannot be imported fails later, where it is used."""
    from analysis.report.lean_imports import skip_iri_grammar

    skip_iri_grammar()
    _import_pandas_as_in_a_kernel()
    for name in (*PRELOAD, *_own_modules()):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    # Collections in a child would otherwise touch, and so copy, every page shared with this process.
    gc.freeze()


def _import_pandas_as_in_a_kernel() -> None:
    """While it is imported, pandas settles how wide tables may be shown: for a notebook other than for a terminal."""
    known: Any = builtins
    known.get_ipython = lambda: SimpleNamespace(kernel=None)
    try:
        with contextlib.suppress(Exception):
            importlib.import_module("pandas")
    finally:
        del known.get_ipython


def _own_modules() -> list[str]:
    import analysis

    found = pkgutil.walk_packages(analysis.__path__, "analysis.", onerror=lambda _name: None)
    return [module.name for module in found if not module.name.endswith(_NOT_PRELOADED)]


def _is_ours(client: socket.socket) -> bool:
    """Whether the caller runs under our own user: a child executes what it is sent."""
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.getuid()


def _fork() -> int:
    try:
        return os.fork()
    except OSError:
        # The caller sees its connection close.
        return -1


def _live(connection: Connection, parent: int) -> NoReturn:
    """The whole life of a child."""
    code = 1
    try:
        if os.getppid() == parent:
            _settle_in(connection)
            function, args = _job(connection)
            connection.send(os.getpid())
            function(connection, *args)
            code = 0
    except (EOFError, ConnectionError):
        # The caller has gone.
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        # The usual exit would run the parent process's own exit handlers here.
        os._exit(code)


def _settle_in(connection: Connection) -> None:
    """Take over the caller's environment, import path and folder; end when the caller does."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_die_with, args=(connection.fileno(),), daemon=True).start()
    environment, path, cwd = connection.recv()
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    tempfile.tempdir = None
    os.chdir(cwd)


def _job(connection: Connection) -> tuple[Callable[..., None], tuple[Any, ...]]:
    try:
        return connection.recv()
    except (ImportError, AttributeError) as error:
        connection.send(str(error))
        raise


def _die_with(descriptor: int) -> None:
    """End this process group when the other end of the connection closes."""
    poll = select.poll()
    poll.register(descriptor, 0)
    poll.poll()
    os.killpg(0, signal.SIGKILL)
