"""Surroundings that a run may meet: no room, nothing to be written, a clock that is behind, a damaged file."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _town import Ended, Town


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _mounted(folder: Path, options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "drill", str(folder)], check=True)


@contextmanager
def little_room(town: Town, place: str, kilobytes: int) -> Iterator[tuple[dict[str, str | None], int]]:
    """A small file system in the folder where the system lets us mount one; else a limit for the size of a file."""
    folder = town.root / "temporary" if place == "temporary" else getattr(town, place)
    env: dict[str, str | None] = {"TMPDIR": str(folder)} if place == "temporary" else {}
    if not _is_root():
        yield env, kilobytes * 1024
        return
    aside = folder.with_name("aside")
    if folder.exists():
        folder.rename(aside)
    used = sum(-(-path.stat().st_size // 4096) * 4 for path in aside.rglob("*") if path.is_file())
    _mounted(folder, f"size={used + kilobytes}k")
    try:
        if aside.exists():
            shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield env, 0
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def more_room(town: Town, place: str) -> None:
    folder = town.root / "temporary" if place == "temporary" else getattr(town, place)
    if _is_root():
        subprocess.run(["mount", "-o", "remount,size=1g", str(folder)], check=True)


def limited(town: Town, most: int) -> Ended:
    """A report under a limit for the size of files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        return town.run("report")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody, root included, can write to."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _is_root():
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <sys/time.h>
static const time_t back = 1000000000;
int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, t);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec -= back;
    return code;
}
time_t time(time_t *t) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); if (t) *t = now.tv_sec; return now.tv_sec; }
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000; return 0;
}
"""


def clock_behind(folder: Path) -> Path | None:
    """A library that sets the clock of a process back by 31 years; None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    source, made = folder / "clock.c", folder / "clock.so"
    source.write_text(CLOCK, encoding="utf-8")
    done = subprocess.run([compiler, "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], capture_output=True)
    return made if done.returncode == 0 else None


def spoilt(content: bytes, kind: str, chance: random.Random) -> bytes:
    """A file cut short, overwritten at random, or with one bit changed."""
    if kind == "cut":
        return content[: len(content) // 2]
    if kind == "garbage":
        return chance.randbytes(max(len(content), 16))
    place = chance.randrange(max(len(content), 1))
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :] if content else b""
