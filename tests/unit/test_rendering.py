"""What reaches run.log and the period's folder from work done in other processes."""

import types

import nbformat
import pytest

from analysis import rendering
from analysis.building import BuildFolder
from analysis.documents import Document, build_document
from analysis.report import zygote
from analysis.report.failures import NotebookError
from analysis.report.manifest import Inputs
from analysis.report.tasks import Outcome, Task
from analysis.requests import ReportRequest
from analysis.runlog import RunLog
from analysis.settings import load_settings
from analysis.workspace import Workspace, find_root


def run_here(tasks, jobs, on_done=None, **_options):
    return [Outcome(task.name, task.function(*task.args)) for task in tasks]


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A report being made in a project whose stage only says where it is."""
    space = Workspace(tmp_path / "params", tmp_path / "data" / "town", tmp_path / "reports")
    for folder in (space.params, space.data, tmp_path / "notebooks"):
        folder.mkdir(parents=True)
    space.__dict__["settings"] = settings = load_settings(find_root() / "params")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell('period = baseline = ""'), nbformat.v4.new_code_cell("print(period)")]
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, tmp_path / "notebooks" / "1_intake.ipynb")
    monkeypatch.setattr(rendering, "run_tasks", run_here)
    period = settings.parse_period("2022H1")
    request = ReportRequest(space, period, period.year_before())
    with BuildFolder(request, Inputs({}, {}, "", {"params": {}, "data": {}})) as build:
        yield build


def test_a_stage_run_by_the_stock_engine_is_noted_in_the_log(build, monkeypatch):
    def gone(*_args, **_kwargs):
        raise zygote.NotStarted("fork запрещён")

    monkeypatch.setattr(zygote, "connect", gone)
    log = RunLog(build.folder)
    rendering.run_stage(build, "1_intake", build.request, log)
    text = log.path.read_text(encoding="utf-8")
    assert "1_intake: " in text and " s, stock\n" in text
    assert "1_intake.ipynb: быстрый запуск недоступен (fork запрещён), тетрадь выполнена обычным ядром Jupyter" in text
    assert build.memory.made["1_intake"].files == ("notebooks/1_intake.ipynb",)


def work(build):
    done = []
    return rendering._Work(build, build.request, lambda *step: done.append(step), RunLog(build.folder)), done


def document(build, name, code):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("school = ''"), nbformat.v4.new_code_cell(code)]
    )
    notebook.cells[0].metadata["tags"] = ["parameters"]
    return Document(
        name, "school_card.ipynb", nbformat.writes(notebook).encode(), b"", {"school": "s1"},
        "notebooks/school_card-s1.ipynb", f"{name}/card.html", f"{name}/card.pdf",
        str(build.kept_as("school_card-s1.ipynb")),
    )  # fmt: skip


def test_a_document_comes_back_as_bytes(build):
    built = build_document(document(build, "schools/s1", "print(school)"))
    assert not built.failure
    assert list(built.files) == ["notebooks/school_card-s1.ipynb", "schools/s1/card.html", "schools/s1/card.pdf"]
    assert built.files["schools/s1/card.pdf"].startswith(b"%PDF")


def test_a_failed_card_is_kept_under_the_name_in_its_message_and_the_rest_goes_on(build):
    built = build_document(document(build, "schools/s1", "raise ValueError(school)"))
    todo, _ = work(build)
    todo._accept(Outcome("schools/s1", built))
    assert str(build.failed / "school_card-s1.ipynb") in todo.failures["s1"]
    assert '"evalue": "s1"' in (build.failed / "school_card-s1.ipynb").read_text(encoding="utf-8")
    assert "schools/s1" not in build.memory.made
    assert ".building" not in todo.failures["s1"]


def test_a_failed_report_stops_everything(build):
    with pytest.raises(NotebookError, match="не хватило памяти"):
        work(build)[0]._accept(Outcome("working", error="не хватило памяти"))


def test_notes_of_a_card_reach_the_log(build):
    from analysis.documents import Built

    todo, _ = work(build)
    todo.keys["schools/s1"] = "key"
    todo._accept(Outcome("schools/s1", Built({"schools/s1/card.html": b"x"}, notes=("обычным ядром",))))
    assert "  обычным ядром\n" in todo.log.path.read_text(encoding="utf-8")
    assert (build.folder / "schools/s1/card.html").read_bytes() == b"x"
    assert build.memory.made["schools/s1"].key == "key"


def test_values_are_not_kept_where_only_the_stream_counts():
    from analysis.report.workers import run_tasks

    heard = []
    tasks = [Task(str(number), types.SimpleNamespace, (), {"number": number}) for number in range(3)]
    outcomes = run_tasks(tasks, 2, lambda outcome: heard.append(outcome.value.number), keep_values=False)
    assert sorted(heard) == [0, 1, 2]
    assert [outcome.value for outcome in outcomes] == [None] * 3
