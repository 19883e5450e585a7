"""Temporary folders: what a killed process leaves goes with the next run, what is at work or not ours stays."""

import os
import subprocess
import sys
import tempfile

import pytest

from analysis import scratch
from analysis.scratch import LOCK, YOUNG_SECONDS, scratch_folder

KILLED = """
import os, signal
from analysis.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "rest").mkdir()
    (folder / "rest" / "file").write_text("x")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Temporary files go here."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(folder):
    """As if its lock had been made a while ago."""
    then = (folder / LOCK).stat().st_mtime - 2 * YOUNG_SECONDS
    os.utime(folder / LOCK, (then, then))


def left_behind(place, name):
    folder = place / name
    folder.mkdir()
    (folder / LOCK).touch()
    aged(folder)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_what_a_killed_process_left_is_taken_away_by_the_next(place):
    done = subprocess.run([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    (left,) = place.iterdir()
    assert (done.returncode, done.stdout.strip()) == (-9, str(left))
    with scratch_folder():
        assert left.exists()  # so young that its owner may be about to take the lock
    aged(left)
    with scratch_folder() as mine:
        assert list(place.iterdir()) == [mine]
    assert list(place.iterdir()) == []


def test_a_folder_at_work_stays(place):
    with scratch_folder() as first:
        aged(first)
        with scratch_folder() as second:
            assert {first, second} == set(place.iterdir())
    assert list(place.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="links and users of POSIX")
def test_what_is_not_ours_stays(place, monkeypatch):
    """A folder that only bears a like name, one behind a link, one of another user."""
    (place / "orientir-main").mkdir()
    elsewhere = left_behind(place, "elsewhere")
    (place / "orientir-link").symlink_to(elsewhere)
    with scratch_folder():
        pass
    assert {path.name for path in place.iterdir()} == {"orientir-main", "orientir-link", "elsewhere"}
    assert (elsewhere / LOCK).exists()
    strange = left_behind(place, "orientir-strange")
    monkeypatch.setattr(scratch.os, "getuid", lambda: strange.stat().st_uid + 1)
    with scratch_folder():
        pass
    assert strange.exists()
