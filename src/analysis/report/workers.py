"""Independent tasks over several processes: results in the tasks' order, failures collected by name.

A worker is a process forked from the one with the libraries imported, or a spawned one where that is not
possible. It takes one task after another, so what a task prepares for the next (fonts, templates) stays; the
notebooks of a task run in processes of their own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait

from analysis.report import zygote
from analysis.report.tasks import Outcome, Task, work, work_alone
from analysis.report.zygote import SETTLED, NotStarted
from analysis.scratch import scratch_folder

__all__ = ["Outcome", "Task", "run_alone", "run_tasks"]

#: A worker is replaced after so many tasks, which bounds the memory that libraries keep for themselves.
TASKS_PER_WORKER = 64
#: How long one document may take, its notebook's own limit included: a renderer that hangs must not hang the run.
TASK_SECONDS = 1200.0
_ATTEMPTS = 2
_OWN = threading.local()


def run_tasks(
    tasks: Sequence[Task],
    jobs: int,
    on_done: Callable[[Outcome], None] | None = None,
    *,
    timeout: float | None = None,
    keep_values: bool = True,
) -> list[Outcome]:
    """Run the tasks, at most `jobs` at a time; one outcome per task, in the tasks' order.

    `on_done` hears each outcome as it comes. A task is tried a second time only if its process or its
    notebook's did not start, never if it failed. `timeout` (seconds) is for one task. Without `keep_values` a value
    is given to `on_done` alone, so that memory does not grow with the tasks. KeyboardInterrupt ends every worker at
    once and is passed on.
    """
    with _shared_temporary_folder(), contextlib.closing(_Crew(timeout)) as crew:
        waiting = deque(enumerate(tasks))
        outcomes: dict[int, Outcome] = {}
        tried = [0] * len(tasks)
        while len(outcomes) < len(tasks):
            while waiting and crew.busy < max(jobs, 1):
                number, task = waiting.popleft()
                tried[number] += 1
                crew.give(number, task)
            for number, outcome in crew.collect():
                if not outcome.started and tried[number] < _ATTEMPTS:
                    waiting.appendleft((number, tasks[number]))
                    continue
                outcomes[number] = replace(outcome, attempts=tried[number])
                if on_done is not None:
                    on_done(outcomes[number])
                if not keep_values:
                    outcomes[number] = replace(outcomes[number], value=None)
    return [outcomes[number] for number in range(len(tasks))]


def run_alone(task: Task) -> Outcome:
    """Run one task in a worker that belongs to the calling thread and stays for the thread's next one."""
    crew: _Crew = _OWN.__dict__.setdefault("crew", _Crew(TASK_SECONDS))
    outcome = Outcome(task.name, error="", started=False)
    for attempt in range(1, _ATTEMPTS + 1):
        crew.give(0, task)
        while not (come := crew.collect()):
            pass
        outcome = replace(come[0][1], attempts=attempt)
        if outcome.started:
            break
    return outcome


@contextlib.contextmanager
def _shared_temporary_folder() -> Iterator[None]:
    """Workers that are killed leave temporary files behind; here they go with the folder."""
    before = {name: os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")}
    with scratch_folder() as folder:
        os.environ.update(dict.fromkeys(before, str(folder)))
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


# ---------------------------------------------------------------------------------------------------------
# In the calling process


class _Worker:
    """A process that takes tasks, and the task it is at."""

    def __init__(self, connection: Connection, kill: Callable[[], None]) -> None:
        self.connection = connection
        self.kill = kill
        self.done = 0
        self.begun = False
        self.since = 0.0
        self.number = -1
        self.task: Task | None = None

    def give(self, number: int, task: Task) -> None:
        self.number, self.task, self.begun, self.since = number, task, False, time.monotonic()
        # A worker that has just died is noticed when its answer is awaited.
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def answer(self) -> Outcome | None:
        """The outcome that has arrived; None if the worker only says that it has begun."""
        assert self.task is not None
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            return self.failed("процесс неожиданно завершился: возможно, не хватило памяти")
        if message is None:
            self.begun = True
            return None
        return replace(message, name=self.task.name)

    def failed(self, error: str) -> Outcome:
        assert self.task is not None
        self.done = TASKS_PER_WORKER
        seconds = time.monotonic() - self.since
        return Outcome(self.task.name, error=error, seconds=seconds, started=self.begun)


class _Crew:
    """The workers of one call of `run_tasks`."""

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self.at_work: dict[Connection, _Worker] = {}
        self.idle: list[_Worker] = []
        self.failures: list[tuple[int, Outcome]] = []

    @property
    def busy(self) -> int:
        return len(self.at_work) + len(self.failures)

    def give(self, number: int, task: Task) -> None:
        """Hand a task to a free worker or to a new one."""
        try:
            worker = self.idle.pop() if self.idle else _new_worker()
        except (NotStarted, OSError) as error:
            reason = f"рабочий процесс не запустился: {error}"
            self.failures.append((number, Outcome(task.name, error=reason, started=False)))
            return
        worker.give(number, task)
        self.at_work[worker.connection] = worker

    def collect(self) -> list[tuple[int, Outcome]]:
        """Wait until something happens; the outcomes that have come."""
        outcomes, self.failures = self.failures, []
        if not self.at_work:
            return outcomes
        for connection in wait(list(self.at_work), 0 if outcomes else self._seconds_left()):
            assert isinstance(connection, Connection)
            worker = self.at_work[connection]
            if (outcome := worker.answer()) is not None:
                outcomes.append((worker.number, outcome))
                self._release(worker)
        for worker in self._overdue():
            seconds = f"{self.timeout:g}".replace(".", ",")
            outcomes.append((worker.number, worker.failed(f"превышено время выполнения: {seconds} с")))
            self._release(worker)
        return outcomes

    def close(self) -> None:
        """End every worker at once."""
        for worker in (*self.at_work.values(), *self.idle):
            worker.kill()

    def _release(self, worker: _Worker) -> None:
        del self.at_work[worker.connection]
        worker.done += 1
        if worker.done < TASKS_PER_WORKER:
            self.idle.append(worker)
        else:
            worker.kill()

    def _seconds_left(self) -> float | None:
        if self.timeout is None:
            return None
        oldest = min(worker.since for worker in self.at_work.values())
        return max(oldest + self.timeout - time.monotonic(), 0)

    def _overdue(self) -> list[_Worker]:
        if self.timeout is None:
            return []
        limit = time.monotonic() - self.timeout
        return [worker for worker in self.at_work.values() if worker.since <= limit]


def _new_worker() -> _Worker:
    """A forked worker, or a spawned one where forking is not possible."""
    try:
        child = zygote.connect(work)
    except NotStarted:
        return _spawn()
    return _Worker(child.connection, child.kill)


def _spawn() -> _Worker:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work_alone, args=(there,), daemon=True)
    before = dict(os.environ)
    os.environ.update(SETTLED)
    try:
        process.start()
    finally:
        os.environ.clear()
        os.environ.update(before)
    there.close()

    def kill() -> None:
        process.kill()
        process.join()
        here.close()

    return _Worker(here, kill)
