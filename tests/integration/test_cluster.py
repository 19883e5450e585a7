"""School cards on Dask workers that are separate processes and share no folder with the command."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed")

ROOT = Path(__file__).resolve().parents[2]
CARDS = ("s101", "s102", "s103", "s104", "s105", "s107", "s109", "s110", "s112", "s114")
DASK = [sys.executable, "-m", "dask"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}


def start(*command, folder, **kwargs):
    return subprocess.Popen([*map(str, command)], cwd=folder, env=ENVIRONMENT, **kwargs)


def wait_for(condition, seconds=120.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def cluster(tmp_path):
    """A scheduler's address and two workers, each with a folder and environment of its own."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    where = tmp_path / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", where)
    scheduler = start(*DASK, "scheduler", *options, folder=tmp_path, **quiet)
    processes = [scheduler]
    try:
        address = wait_for(lambda: where.exists() and address_in(where))
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            own = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", tmp_path / name)
            processes.append(start(*DASK, "worker", address, *own, folder=tmp_path / name, **quiet))
        wait_for(lambda: worker_count(address) == 2)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def address_in(path):
    import json

    try:
        return json.loads(path.read_text(encoding="utf-8"))["address"]
    except ValueError:
        return None


def worker_count(address):
    from distributed import Client

    with Client(address, timeout=30, set_as_default=False) as client:
        return len(client.nthreads())


def analysis(*arguments):
    return [sys.executable, "-m", "analysis", *map(str, arguments)]


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "run.log"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.slow
def test_a_worker_is_killed_and_every_card_is_as_on_one_machine(made, cluster, tmp_path):
    """What one machine has made is taken over from the report of all cards."""
    address, workers = cluster
    data = tmp_path / "data" / "demo"
    shutil.copytree(made.data, data)
    shutil.copytree(made.reports / "2022H1", tmp_path / "here" / "demo" / "2022H1")
    request = ("report", "2022H1", "--data", data, "--schools", ",".join(CARDS))
    here = subprocess.run(analysis(*request, "--out", tmp_path / "here"), cwd=ROOT, capture_output=True, check=False)
    assert here.returncode == 0, here.stderr
    there = start(*analysis(*request, "--out", tmp_path / "there", "--cluster", address), folder=ROOT)
    building = tmp_path / "there" / "demo" / ".2022H1.building"
    try:
        wait_for(lambda: list(building.glob("schools/*/card.html")))
        workers[0].send_signal(signal.SIGKILL)
        arrived = len(list(building.glob("schools/*/card.pdf")))
        assert there.wait(timeout=240) == 0
    finally:
        there.kill()
    assert arrived < len(CARDS)
    assert worker_count(address) == 1
    assert contents(tmp_path / "there" / "demo" / "2022H1") == contents(tmp_path / "here" / "demo" / "2022H1")
    assert {path.name for path in (tmp_path / "there/demo/2022H1/schools").iterdir()} == set(CARDS)


def test_a_scheduler_that_does_not_answer_is_a_wrong_request(tmp_path, monkeypatch):
    from analysis.report import cluster
    from analysis.workspace import RequestError

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(RequestError, match="не отвечает"):
        cluster.check_cluster("tcp://127.0.0.1:9")
    with pytest.raises(RequestError, match="не отвечает"):
        cluster.check_cluster("nonsense://")


def test_a_task_of_another_version_is_refused(monkeypatch):
    from analysis.report import cluster
    from analysis.report.tasks import Task

    code, packages = cluster.program()
    other = (code, {**packages, "pandas": "0.1"})
    outcome = cluster.run_here(Task("s101", print), other)
    assert not outcome.ok
    assert "pandas" in outcome.error
