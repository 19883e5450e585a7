"""Commands measured: seconds, processor seconds of everything they started, and their memory at its highest."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.5


@dataclass(frozen=True)
class Measured:
    """One run of a command: wall-clock seconds, processor seconds, megabytes (shared pages counted once)."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], cwd: Path, watch_memory: bool = False, **env: str) -> Measured:
    """Run a command to its end; raises CalledProcessError with its output when it fails."""
    before, started = _children_cpu(), time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peak = [0.0]
    if watch_memory:
        threading.Thread(target=_watch, args=(process.pid, peak), daemon=True).start()
    output, _ = process.communicate()
    wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Measured(wall, _children_cpu() - before, peak[0])


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(pid: int, peak: list[float]) -> None:
    while psutil.pid_exists(pid):
        try:
            root = psutil.Process(pid)
            total = sum(map(_memory, [root, *root.children(recursive=True)]))
        except psutil.Error:
            return
        peak[0] = max(peak[0], total)
        time.sleep(SAMPLE_SECONDS)


def _memory(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss / 2**20
    except psutil.Error:
        return 0.0


def machine(*packages: str) -> str:
    """The machine and the versions, one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def spread(values: Sequence[float], digits: int = 1) -> str:
    """«12.3 (11.9–13.0)»: median and range."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"
