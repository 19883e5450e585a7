"""Tasks over processes: order, failures, retries, and a clean end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.report import workers, zygote
from analysis.report.workers import Outcome, Task, run_tasks
from analysis.report.zygote import NotStarted


def double(number: int, *, wait: float = 0.0) -> int:
    time.sleep(wait)
    return 2 * number


def fail(text: str) -> None:
    raise ValueError(text)


def leave() -> None:
    sys.exit("ушёл")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def not_started(folder: str) -> str:
    """Fails to start the first time, in whichever process that is."""
    mark = Path(folder) / "tried"
    if mark.exists():
        return "second time"
    mark.touch()
    raise NotStarted("ядро не запустилось")


def count_and_fail(folder: str) -> None:
    with (Path(folder) / "count").open("a") as file:
        file.write("x")
    raise RuntimeError("анализ не удался")


def never_starts() -> None:
    raise NotStarted("ядро не запустилось")


def fill_the_disk() -> None:
    raise OSError(28, "No space left on device", "card.pdf")


def own_function() -> object:
    return lambda: 1


def is_spawned() -> bool:
    return multiprocessing.parent_process() is not None


def process_id() -> int:
    return os.getpid()


def sleep_and_tell(path: str, seconds: float) -> None:
    Path(path).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(seconds)


def temporary_file() -> str:
    import tempfile

    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    return name


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")


def wait_until(condition, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_results_stand_in_the_order_of_the_tasks_not_of_completion() -> None:
    heard: list[Outcome] = []
    tasks = [Task("slow", double, (1,), {"wait": 0.5}), *(Task(f"n{n}", double, (n,)) for n in range(2, 6))]
    outcomes = run_tasks(tasks, 2, heard.append)
    assert [outcome.name for outcome in outcomes] == ["slow", "n2", "n3", "n4", "n5"]
    assert [outcome.value for outcome in outcomes] == [2, 4, 6, 8, 10]
    assert all(outcome.ok and outcome.attempts == 1 for outcome in outcomes)
    assert sorted(outcome.name for outcome in heard) == sorted(task.name for task in tasks)
    assert heard[-1].name == "slow"


def test_no_tasks_no_work() -> None:
    assert run_tasks([], 2) == []


def test_failures_are_collected_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    tasks = [
        Task("bad", fail, ("нет данных\nв файле",)),
        Task("dies", die),
        Task("leaves", leave),
        Task("odd", own_function),
        Task("full", fill_the_disk),
        Task("counted", count_and_fail, (str(tmp_path),)),
        Task("good", double, (4,)),
    ]
    by_name = {outcome.name: outcome for outcome in run_tasks(tasks, 1)}
    assert by_name["good"].value == 8
    assert by_name["bad"].error == "ValueError: нет данных в файле"
    assert "in fail" in (by_name["bad"].trace or "")
    assert "неожиданно завершился" in (by_name["dies"].error or "")
    assert by_name["leaves"].error == "SystemExit: ушёл"
    assert (by_name["full"].error or "").startswith("На диске нет места ([Errno 28]")
    assert "нельзя передать" in (by_name["odd"].error or "")
    assert not any(by_name[name].ok for name in by_name if name != "good")
    assert (tmp_path / "count").read_text() == "x"
    assert all(outcome.attempts == 1 for outcome in by_name.values())


def test_only_what_did_not_start_is_tried_again_and_once(tmp_path: Path) -> None:
    tasks = [Task("second", not_started, (str(tmp_path),)), Task("never", never_starts)]
    second, never = run_tasks(tasks, 2)
    assert (second.value, second.attempts) == ("second time", 2)
    assert (never.ok, never.attempts, never.started) == (False, 2, False)
    assert never.error == "ядро не запустилось"


def test_a_task_over_its_time_is_ended_and_named() -> None:
    tasks = [Task("long", double, (1,), {"wait": 60}), Task("short", double, (2,))]
    long, short = run_tasks(tasks, 2, timeout=1)
    assert long.error == "превышено время выполнения: 1 с"
    assert long.attempts == 1
    assert short.value == 4


def test_a_worker_takes_one_task_after_another_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [Task(f"n{n}", process_id) for n in range(6)]
    assert len({outcome.value for outcome in run_tasks(tasks, 1)}) == 1
    monkeypatch.setattr(workers, "TASKS_PER_WORKER", 2)
    pids = [outcome.value for outcome in run_tasks(tasks, 1)]
    assert len(set(pids)) == 3
    assert pids == sorted(pids, key=pids.index)


def test_temporary_files_of_workers_do_not_stay() -> None:
    before = {name: os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")}
    (outcome,) = run_tasks([Task("file", temporary_file)], 1)
    assert outcome.ok
    assert not Path(outcome.value).exists()
    assert {name: os.environ.get(name) for name in before} == before


def test_spawned_workers_where_forking_is_not_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "available", lambda: False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    tasks = [Task("good", is_spawned), Task("bad", fail, ("плохо",)), Task("dies", die)]
    good, bad, dies = run_tasks(tasks, 2)
    assert good.value is True
    assert bad.error == "ValueError: плохо"
    assert "неожиданно завершился" in (dies.error or "")
    assert "OMP_NUM_THREADS" not in os.environ


SCRIPT = """
import signal, sys
from analysis.report import zygote
from analysis.report.workers import Task, run_tasks
from {module} import sleep_and_tell
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
    if {spawned}:
        zygote.available = lambda: False
    tasks = [Task(name, sleep_and_tell, (f"{folder}/{{name}}", 60)) for name in ("a", "b")]
    try:
        run_tasks(tasks, 2)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        sys.exit(130)
"""


def start_script(folder: Path, spawned: bool) -> subprocess.Popen[str]:
    code = SCRIPT.format(module=__name__, folder=folder.as_posix(), spawned=spawned)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment["TMPDIR"] = str(folder / "temporary")
    (folder / "temporary").mkdir()
    script = folder / "script.py"
    script.write_text(code)
    return subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("spawned", [False, True], ids=["forked", "spawned"])
@pytest.mark.parametrize("number", [2, 9], ids=["ctrl-c", "killed"])
def test_nothing_is_left_running_when_the_caller_stops(tmp_path: Path, number: int, spawned: bool) -> None:
    marks = [tmp_path / "a", tmp_path / "b"]
    with start_script(tmp_path, spawned) as process:
        assert wait_until(lambda: all(mark.exists() and mark.read_text() for mark in marks), 60)
        pids = [int(mark.read_text()) for mark in marks]
        assert all(map(is_alive, pids))
        process.send_signal(number)
        output, _ = process.communicate(timeout=20)
    if number == 2:
        assert (output, process.returncode) == ("stopped\n", 130)
        assert list((tmp_path / "temporary").iterdir()) == []
    assert wait_until(lambda: not any(map(is_alive, pids)))
