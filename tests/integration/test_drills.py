"""The failure drills with few kills; `make drills` runs them all with many."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sends signals, reads /proc")
def test_after_a_kill_at_any_moment_the_next_run_gives_the_same_bytes():
    drill = [sys.executable, "drills/failures.py", "--kills", "3", "--only", "report-kills,intake-kills"]
    drill += ["--period", "2022-03"]  # has all that a report has, in least time
    result = subprocess.run(drill, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "report-kills: ok, 3 kills" in result.stdout
    assert "intake-kills: ok, 3 kills" in result.stdout
