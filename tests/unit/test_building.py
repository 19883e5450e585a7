"""A report takes its place whole, one run at a time, whatever stops a run."""

import errno

import pytest

from analysis.building import BuildFolder, check_alone, is_tidy
from analysis.report.manifest import Inputs
from analysis.requests import ReportRequest
from analysis.settings import load_settings
from analysis.workspace import RequestError, Workspace, find_root

SETTINGS = load_settings(find_root() / "params")


@pytest.fixture
def request_(tmp_path):
    """A request in a project with nothing but folders, and a report in place."""
    space = Workspace(tmp_path / "params", tmp_path / "data" / "town", tmp_path / "reports")
    space.data.mkdir(parents=True)
    space.__dict__["settings"] = SETTINGS
    period = SETTINGS.parse_period("2022H1")
    folder = space.report_folder(period)
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("old", encoding="utf-8")
    return ReportRequest(space, period, period.year_before())


def building(request):
    return BuildFolder(request, Inputs({}, {}, "", {"params": {}, "data": {}}))


def left(request):
    """What stands beside the data's periods, and what the report in place says."""
    folder = request.space.report_folder(request.period)
    names = sorted(path.name for path in folder.parent.iterdir() if not path.name.startswith(".lock"))
    return names, (folder / "index.html").read_text(encoding="utf-8")


def test_a_finished_folder_takes_the_place_of_the_old_one(request_):
    with building(request_) as build:
        build.memory.write("index.html", b"new")
        build.memory.record("index", build.key("index"), ["index.html"])
        (build.stopped / "x").mkdir(parents=True)
        assert left(request_)[1] == "old"
        build.accept()
    assert left(request_) == (["2022H1"], "new")
    folder = request_.space.report_folder(request_.period)
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["index.html"]


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError(), OSError(errno.ENOSPC, "No space left on device")]
)
def test_whatever_stops_a_run_the_old_report_stays_and_no_half_of_a_new_one(request_, monkeypatch, error):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    if isinstance(error, OSError):
        monkeypatch.setattr(BuildFolder, "keep_failed", full)
    with pytest.raises(type(error)), building(request_) as build:
        build.memory.write("notebooks/1_intake.ipynb", b"{}")
        build.memory.record("1_intake", build.key("1_intake"), ["notebooks/1_intake.ipynb"])
        raise error
    kept = {"KeyboardInterrupt": [".2022H1.begun"], "RuntimeError": ["2022H1.failed"]}.get(type(error).__name__, [])
    names, text = left(request_)
    assert sorted(names) == sorted(["2022H1", *kept])
    assert text == "old"


def test_what_a_stopped_run_had_finished_is_taken_over(request_):
    with pytest.raises(KeyboardInterrupt), building(request_) as build:
        build.memory.write("a.txt", b"made")
        build.memory.record("a", build.key("a"), ["a.txt"])
        raise KeyboardInterrupt
    with building(request_) as build:
        assert build.memory.take("a", build.key("a"))
        assert (build.folder / "a.txt").read_bytes() == b"made"
        assert not build.memory.take("b", build.key("b"))


def test_a_run_stopped_between_two_reports_gives_the_old_one_back(request_):
    folder = request_.space.report_folder(request_.period)
    old = folder.with_name(".2022H1.old")
    folder.rename(old)  # as a kill leaves it
    with pytest.raises(KeyboardInterrupt), building(request_):
        assert left(request_)[1] == "old"
        folder.rename(old)  # as Ctrl-C leaves it
        raise KeyboardInterrupt
    assert left(request_) == (["2022H1"], "old")


def test_one_run_at_a_time(request_):
    folder = request_.space.report_folder(request_.period)
    check_alone(folder)
    with building(request_):
        for again in (lambda: check_alone(folder), lambda: building(request_).__enter__()):
            with pytest.raises(RequestError, match="делает другой запуск этой команды"):
                again()
    check_alone(folder)
    with building(request_):
        assert not is_tidy(folder)
    assert is_tidy(folder)
