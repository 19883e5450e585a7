"""Tasks on other machines, through a Dask scheduler (`pip install "orientir[cluster]"`).

A task carries its inputs and returns its files as bytes, so workers share no disk with us or each other. On a worker
it runs as it does here: in a process forked for it, whose notebook runs in another.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from analysis.report.manifest import code_digest, package_versions
from analysis.report.tasks import Outcome, Task
from analysis.report.workers import run_alone
from analysis.workspace import RequestError

CONNECT_SECONDS = 15
#: How long to wait for a worker to come (back) when there is none.
LOST_SECONDS = 60
_PAUSE_SECONDS = 0.02
#: Tasks handed out per thread of the cluster: one at work, one waiting. The rest stay here, on disk.
_PER_THREAD = 2

Program = tuple[str, dict[str, str]]


class ClusterLost(RuntimeError):
    """Every worker has gone while there was work left; the message is Russian."""


def check_cluster(address: str) -> None:
    """Raise RequestError when the scheduler does not answer, has no workers, or they run another program."""
    with _connected(address) as client:
        _check_same_program(client)


def run_on_cluster(address: str, tasks: Iterable[Task], on_done: Callable[[Outcome], None]) -> None:
    """Run the tasks on the workers of a scheduler; `on_done` hears each outcome as it comes, in any order.

    A task is begun elsewhere when its worker dies (Dask gives it up after its third dead worker). `tasks` is read as
    workers become free, so neither inputs nor results pile up.
    Raises RequestError as :func:`check_cluster`, ClusterLost when all workers have gone.
    """
    with _connected(address) as client:
        remaining = iter(tasks)
        finished = _distributed().as_completed(loop=client.loop)
        names: dict[str, str] = {}

        def hand_out(count: int) -> None:
            for task in itertools.islice(remaining, count):
                future = client.submit(run_here, task, program(), pure=False)
                names[future.key] = task.name
                finished.add(future)

        hand_out(_PER_THREAD * sum(client.nthreads().values()))
        while names:
            _wait(finished, client)
            future = next(finished)
            on_done(_outcome(future, names.pop(future.key)))
            future.release()
            hand_out(1)


def run_here(task: Task, caller: Program) -> Outcome:
    """The worker's side: the task in a process of its own, as on one machine."""
    if caller != program():
        return Outcome(task.name, error=f"на рабочем узле другая версия: {_difference(caller, program())}")
    return run_alone(task)


def _outcome(future: Any, name: str) -> Outcome:
    try:
        return replace(future.result(), name=name)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return Outcome(name, error=f"рабочие узлы не выполнили задание: {reason}")


def _wait(finished: Any, client: Any) -> None:
    """Wait for a result; raises ClusterLost when there is nobody left to make one."""
    seen = time.monotonic()
    while not finished.has_ready():
        time.sleep(_PAUSE_SECONDS)
        if client.nthreads():
            seen = time.monotonic()
        elif time.monotonic() - seen > LOST_SECONDS:
            raise ClusterLost(
                f"Рабочих узлов Dask нет уже {LOST_SECONDS} с. Запустите dask worker и повторите команду."
            )


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RequestError(
            f"Планировщик Dask по адресу «{address}» не отвечает ({reason}). "
            "Проверьте адрес и запустите dask scheduler и dask worker, или уберите --cluster."
        ) from None
    try:
        yield client
    finally:
        client.close()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise RequestError('Для --cluster нужен пакет distributed: pip install "orientir[cluster]".') from None
    return distributed


@cache
def program() -> Program:
    """What must be the same everywhere for the same bytes: our code and the libraries."""
    return code_digest(), package_versions()


def _check_same_program(client: Any) -> None:
    """Refuse workers whose results could differ from ours."""
    ours = program()
    found = client.run(program, on_error="return")
    if not found:
        raise RequestError("К планировщику Dask не подключён ни один рабочий узел: запустите dask worker.")
    for worker, theirs in sorted(found.items()):
        if isinstance(theirs, BaseException):
            raise RequestError(f"На рабочем узле {worker} нет программы «Ориентир» ({theirs}).")
        if theirs != ours:
            raise RequestError(f"На рабочем узле {worker} другая версия: {_difference(ours, theirs)}. Обновите её.")


def _difference(ours: Program, theirs: Program) -> str:
    other = [f"{name} {theirs[1].get(name)}" for name in ours[1] if theirs[1].get(name) != ours[1][name]]
    return ", ".join(other[:5]) or "код программы"
