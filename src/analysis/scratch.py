"""Folders for temporary files; one that a killed process has left behind is taken away by the next.

A folder is known by the lock in it, which the system frees when its process ends, however that comes about: no number of
a process that another may have by now, the same on every system. A folder without such a lock is never removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "orientir-"
LOCK = ".orientir-scratch.lock"
YOUNG_SECONDS = 60.0  # between the making of a lock and its being held


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of its own for temporary files, which goes at the end."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name, FileLock(Path(name, LOCK)):
        yield Path(name)


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):
            if _is_ours(folder) and _is_left(folder / LOCK):
                shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """A real folder of this user: where everybody may make one, another's may be a trap."""
    return not folder.is_symlink() and (not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid())


def _is_left(lock: Path) -> bool:
    """Nobody holds it. Raises Timeout when somebody does, OSError when there is none."""
    if time.time() - lock.stat(follow_symlinks=False).st_mtime < YOUNG_SECONDS:
        return False
    with FileLock(lock, timeout=0):
        return True
