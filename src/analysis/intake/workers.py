"""Read many files in parallel, in child processes that a bad file cannot take down with it.

Plain pipes and ``python -m``: the same on every system, no fork, no demand on the caller's ``__main__``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analysis.intake.form_reader import read_form
from analysis.intake.reading import FormSpec, refused

FEW = 12  # fewer files are read here: starting a child costs more
SECONDS = 60  # a file that takes longer is refused and its reader ended

Progress = Callable[[str, int, int], None]
Readings = dict[str, dict[str, Any]]


def read_files(files: Mapping[str, Path], spec: FormSpec, jobs: int = 2, progress: Progress | None = None) -> Readings:
    """Read files by key; the answers are :meth:`Reading.as_json`. A reader that dies costs only its own file."""
    jobs = max(1, min(jobs, len(files) // FEW))
    if jobs == 1 and len(files) < FEW:
        return {key: read_form(path, spec).as_json() for key, path in files.items()}
    todo: queue.SimpleQueue[tuple[str, Path]] = queue.SimpleQueue()
    for item in files.items():
        todo.put(item)
    results: Readings = {}
    children: list[ReaderProcess] = []
    report = _counter(len(files), progress)
    threads = [threading.Thread(target=_serve, args=(todo, spec, results, report, children)) for _ in range(jobs)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        _stop(todo, children)
        raise
    return {key: results[key] for key in files}


def _stop(todo: queue.SimpleQueue[tuple[str, Path]], children: list[ReaderProcess]) -> None:
    """Leave the threads nothing to do, and nobody to wait for."""
    with contextlib.suppress(queue.Empty):
        while True:
            todo.get_nowait()
    for child in children:
        child.process.kill()


def _counter(total: int, progress: Progress | None) -> Callable[[], None]:
    lock, done = threading.Lock(), [0]

    def count() -> None:
        with lock:
            done[0] += 1
            if progress:
                progress("Чтение форм", done[0], total)

    return count


def _serve(
    todo: queue.SimpleQueue[tuple[str, Path]],
    spec: FormSpec,
    results: Readings,
    report: Callable[[], None],
    children: list[ReaderProcess],
) -> None:
    """Feed one child until nothing is left; start another when it dies."""
    child: ReaderProcess | None = None
    while True:
        try:
            key, path = todo.get_nowait()
        except queue.Empty:
            break
        if child is None:
            children.append(child := ReaderProcess(spec))
        answer = child.ask(path)
        if answer is None:
            child.end()
            child = None
            answer = refused("B45", path.suffix.lower().lstrip(".")).as_json()
        results[key] = answer
        report()
    if child:
        child.end()


class ReaderProcess:
    """One reading process: a path per line in, a reading per line out."""

    def __init__(self, spec: FormSpec) -> None:
        # isolated from user site and PYTHON* variables except the path the parent itself runs with
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "analysis.intake.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=environment,
        )
        self._send(spec.as_json())

    def _send(self, data: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(data, ensure_ascii=True) + "\n")
        self.process.stdin.flush()

    def ask(self, path: Path) -> dict[str, Any] | None:
        """The reading of a file, or None when the child died or took too long."""
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        try:
            self._send(str(path))
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            return json.loads(line) if line else None
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def end(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                pass
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main() -> None:
    """The child's loop."""
    _limit_memory()
    spec = FormSpec.from_json(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        reading = read_form(Path(json.loads(line)), spec).as_json()
        sys.stdout.write(json.dumps(reading, ensure_ascii=True) + "\n")
        sys.stdout.flush()


def _limit_memory(most: int = 2_000_000_000) -> None:
    """Bound the address space where the system can."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):
        pass


if __name__ == "__main__":
    main()
