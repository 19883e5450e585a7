"""run_notebook: parameters checked first, failures explained, the same bytes every time."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from analysis.report import engine_client, notebooks, zygote
from analysis.report.notebooks import NotebookError, NotebookNotStarted, parameter_names, run_notebook

FAST = "forked" if zygote.available() else "stock"
PARAMETERS = "period = '2022H1'\nschool_id: str = ''\ntables = 'tables'\noptions = None\n"


def write(path: Path, *sources: str, parameters: str | None = PARAMETERS) -> Path:
    cells = [new_markdown_cell("# Тетрадь")]
    if parameters is not None:
        cells.append(new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    cells += [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def run(source: Path, parameters: dict[str, Any] | None = None, **options: Any) -> nbformat.NotebookNode:
    options = {"engine": FAST} | options
    return run_notebook(source, source.parent / "out" / source.name, parameters or {}, **options).notebook


def text(notebook: nbformat.NotebookNode, cell: int) -> str:
    return "".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in notebook.cells[cell].outputs
    )


# --- parameters


def test_parameters_reach_the_notebook_and_are_recorded(tmp_path: Path) -> None:
    source = write(tmp_path / "card.ipynb", "print(repr(period), repr(school_id), options)")
    notebook = run(source, {"school_id": "s101", "options": {"a": [1, None], "b": True}})
    assert text(notebook, -1) == "'2022H1' 's101' {'a': [1, None], 'b': True}\n"
    expected = {"school_id": "s101", "options": {"a": [1, None], "b": True}}
    assert notebook.metadata.papermill == {"parameters": expected}
    injected = notebook.cells[2]
    assert injected.metadata.tags == ["injected-parameters"]
    assert injected.source == "# Параметры\nschool_id = 's101'\noptions = {'a': [1, None], 'b': True}"


def test_dates_and_paths_become_text(tmp_path: Path) -> None:
    source = write(tmp_path / "card.ipynb", "print(period, tables, options)")
    parameters = {"period": datetime.date(2022, 6, 20), "tables": Path("a") / "b", "options": (Path("c"),)}
    assert text(run(source, parameters), -1) == f"2022-06-20 {Path('a') / 'b'} ['c']\n"


def test_names_with_braces_are_only_names(tmp_path: Path) -> None:
    source = write(tmp_path / "card {period}.ipynb", "print(period)")
    notebook = run(source, {"period": "2022"})
    assert text(notebook, -1) == "2022\n"
    assert (tmp_path / "out" / "card {period}.ipynb").exists()


def test_an_unknown_parameter_is_an_error_before_anything_runs(tmp_path: Path) -> None:
    source = write(tmp_path / "card.ipynb", "open('ran', 'w').close()")
    with pytest.raises(NotebookError) as caught:
        run(source, {"schol_id": "s101"}, cwd=tmp_path)
    assert str(caught.value) == (
        "Тетрадь card.ipynb не знает параметра «schol_id». Возможно, имелся в виду «school_id». "
        "Известные параметры: «period», «school_id», «tables», «options»."
    )
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "В ней нет ячейки с меткой parameters."),
        ("period = ", "ошибка в строке 1"),
        ("if True:\n    school_id = 1\nx.y = 2", "не знает параметра «school_id»"),
    ],
    ids=["no cell", "broken cell", "not a plain assignment"],
)
def test_a_cell_that_declares_nothing(tmp_path: Path, code: str | None, message: str) -> None:
    with pytest.raises(NotebookError, match=re.escape(message)):
        run(write(tmp_path / "card.ipynb", "1", parameters=code), {"school_id": "s101"})


def test_parameter_names_in_the_order_of_the_cell(tmp_path: Path) -> None:
    assert parameter_names(write(tmp_path / "a.ipynb")) == ("period", "school_id", "tables", "options")
    assert parameter_names(write(tmp_path / "b.ipynb", parameters=None)) == ()


def test_a_value_that_cannot_stand_in_a_cell_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="«options» имеет тип Decimal"):
        run(write(tmp_path / "card.ipynb"), {"options": [Decimal(1)]})


@pytest.mark.parametrize(("content", "message"), [(None, "не найдена"), ("{", "не читается")])
def test_a_notebook_that_is_missing_or_broken(tmp_path: Path, content: str | None, message: str) -> None:
    source = tmp_path / "card.ipynb"
    if content is not None:
        source.write_text(content, encoding="utf-8")
    with pytest.raises(NotebookError, match=f"card.ipynb {message}"):
        run(source)


# --- failures


def test_a_failed_notebook_is_kept_and_explained(tmp_path: Path) -> None:
    cells = ("print('до')", "values = {}\nvalues['П04']", "print('после')")
    source = write(tmp_path / "card.ipynb", *cells)
    kept = tmp_path / "out" / "card.ipynb"
    with pytest.raises(NotebookError) as caught:
        run(source, {"period": "2022"})
    assert str(caught.value) == (
        "Тетрадь card.ipynb, ячейка 4 («values = {}»): KeyError: 'П04'. Что сделать: откройте тетрадь на этой "
        "ячейке (make lab), исправьте данные или код и повторите команду. "
        f"Выполненная часть с описанием ошибки: {kept}"
    )
    assert (caught.value.notebook, caught.value.cell, caught.value.output) == ("card.ipynb", 4, kept)
    notebook = nbformat.read(kept, as_version=4)
    assert notebook.cells[0].source == "**Выполнение остановлено: ячейка 4**"
    failed = [number for number, cell in enumerate(notebook.cells) if "papermill" in cell.metadata]
    assert len(failed) == 1
    cell = notebook.cells[failed[0]]
    assert notebook.cells[failed[0] - 1].source == "**Ошибка в следующей ячейке**"
    assert cell.outputs[0].ename == "KeyError"
    assert "In[4]" in "".join(cell.outputs[0].traceback).replace("\x1b[32m", "").replace("\x1b[39m", "")
    assert text(notebook, failed[0] - 2) == "до\n"
    assert notebook.cells[-1].outputs == []


def test_a_tagged_cell_is_named_by_its_tag(tmp_path: Path) -> None:
    source = write(tmp_path / "card.ipynb", "1 / 0")
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[-1].metadata["tags"] = ["charts"]
    nbformat.write(notebook, source)
    with pytest.raises(NotebookError, match=r"ячейка 3 \(«charts»\): ZeroDivisionError: division by zero"):
        run(source)


@pytest.mark.parametrize("engine", [FAST, pytest.param("stock", marks=pytest.mark.slow)])
def test_a_notebook_out_of_time_is_kept(tmp_path: Path, engine: str) -> None:
    source = write(tmp_path / "card.ipynb", "print('до')", "import time\ntime.sleep(60)")
    with pytest.raises(NotebookError, match=r"ячейка 4 .*превышено время выполнения: 2,5 с") as caught:
        run(source, timeout=2.5, engine=engine)
    assert caught.value.output is not None
    notebook = nbformat.read(caught.value.output, as_version=4)
    assert [output.ename for cell in notebook.cells for output in cell.get("outputs", []) if "ename" in output]
    assert "до\n" in [
        text(notebook, number) for number in range(len(notebook.cells)) if "outputs" in notebook.cells[number]
    ]


@pytest.mark.parametrize("engine", [FAST, pytest.param("stock", marks=pytest.mark.slow)])
def test_a_notebook_whose_process_dies_is_kept(tmp_path: Path, engine: str) -> None:
    source = write(tmp_path / "card.ipynb", "import os\nos._exit(1)")
    with pytest.raises(NotebookError, match="процесс тетради неожиданно завершился.*памяти") as caught:
        run(source, engine=engine)
    assert caught.value.cell == 3
    assert (tmp_path / "out" / "card.ipynb").exists()


def test_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "available", lambda: False)
    with pytest.raises(NotebookNotStarted, match="Тетрадь card.ipynb не запустилась.*Ничего не выполнено"):
        run(write(tmp_path / "card.ipynb", "1"), engine="forked")
    assert not (tmp_path / "out").exists()


# --- the same bytes

CHANCY = (
    "import sys, warnings\nwarnings.warn('осторожно')\nprint('a'); print('b', file=sys.stderr); print('c')",
    "object()",
    "import os\nprint(os.getcwd(), sys.prefix, os.path.expanduser('~'), tables)",
    "print({'б', 'а', 'в', 'г'})",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "for n in range(3): print(n, end='\\r')",
)


def test_two_runs_give_the_same_bytes_in_another_folder_and_environment(tmp_path: Path) -> None:
    results = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        source = write(folder / "card.ipynb", *CHANCY)
        run(source, {"tables": folder / "tables"}, cwd=folder)
        results.append((folder / "out" / "card.ipynb").read_bytes())
    assert results[0] == results[1]
    content = results[0].decode()
    for trace in (str(tmp_path), sys.prefix, "ipykernel_", "0x7", "start_time", "duration", 'version": "3.'):
        assert trace not in content
    assert "…/tables" in content


def test_an_executed_notebook_is_valid_and_ends_with_a_newline(tmp_path: Path) -> None:
    source = write(tmp_path / "card.ipynb", "1")
    run(source, {"period": "2022"})
    raw = (tmp_path / "out" / "card.ipynb").read_text(encoding="utf-8")
    assert raw.endswith("}\n")
    nbformat.validate(nbformat.reads(raw, as_version=4))
    assert [cell["id"] for cell in json.loads(raw)["cells"]] == ["cell-1", "cell-2", "cell-3", "cell-4"]
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "card.ipynb"]


def test_a_failed_notebook_has_no_paths_and_can_be_run_again(tmp_path: Path) -> None:
    source = write(tmp_path / "card.ipynb", "import pandas\npandas.read_csv('нет.csv')")
    with pytest.raises(NotebookError, match="FileNotFoundError.*предыдущие этапы выполнены"):
        run(source, cwd=tmp_path)
    kept = tmp_path / "out" / "card.ipynb"
    assert sys.prefix not in kept.read_text(encoding="utf-8")
    (tmp_path / "нет.csv").write_text("a\n1\n", encoding="utf-8")
    again = run_notebook(kept, tmp_path / "again.ipynb", {}, cwd=tmp_path, engine=FAST)
    assert not any("papermill-error-cell-tag" in cell.metadata.get("tags", []) for cell in again.notebook.cells)


# --- where and with what it runs


def test_progress_is_told_by_cells(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    run(write(tmp_path / "card.ipynb", "1"), on_cell=lambda *cells: heard.append(cells))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_the_result_says_which_engine_ran_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "card.ipynb", "1")
    ran = run_notebook(source, tmp_path / "out.ipynb", {}, engine=FAST)
    assert (ran.engine, ran.notes, ran.output) == (FAST, (), tmp_path / "out.ipynb")
    monkeypatch.setattr(zygote, "available", lambda: False)
    ran = run_notebook(source, tmp_path / "out.ipynb", {})
    assert ran.engine == "stock"
    assert ran.notes == (
        "card.ipynb: быстрый запуск недоступен (в этой системе нет надёжного fork), "
        "тетрадь выполнена обычным ядром Jupyter",
    )


def test_a_kernel_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, **_options: object) -> None:
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(engine_client.StockClient, "start_new_kernel", refuse)
    with pytest.raises(NotebookNotStarted, match="ядро Jupyter не запустилось"):
        run(write(tmp_path / "card.ipynb", "1"), engine="stock")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the home folder is named by HOME")
@pytest.mark.parametrize("home", [None, "/dev/null/none"], ids=["no HOME", "home that cannot be written"])
@pytest.mark.parametrize("engine", [FAST, "stock"])
def test_no_home_folder_is_needed(tmp_path: Path, home: str | None, engine: str) -> None:
    source = write(tmp_path / "card.ipynb", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n1")
    code = (
        "import sys; from pathlib import Path; from analysis.report.notebooks import run_notebook\n"
        f"print(run_notebook(Path({str(source)!r}), Path('out.ipynb'), {{}}, engine={engine!r}).engine)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    environment |= {} if home is None else {"HOME": home}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == (f"{engine}\n", 0), done.stderr
    outputs = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-1].outputs
    assert [output.output_type for output in outputs] == ["display_data", "execute_result"]


def test_the_caller_is_left_as_it_was(tmp_path: Path) -> None:
    before = (dict(os.environ), Path.cwd(), list(sys.path))
    run(write(tmp_path / "card.ipynb", "import os, sys\nos.environ['X'] = '1'; os.chdir('/'); sys.path.clear()"))
    assert (dict(os.environ), Path.cwd(), list(sys.path)) == before


def test_no_history_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    run(write(tmp_path / "card.ipynb", "1"))
    assert list((tmp_path / "home").iterdir()) == []


def test_write_notebook_replaces_whole_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.ipynb"
    target.write_text("старое", encoding="utf-8")

    def refuse(*_paths: object) -> None:
        raise OSError("нет места")

    monkeypatch.setattr(notebooks.os, "replace", refuse)
    with pytest.raises(OSError, match="нет места"):
        notebooks.write_notebook(new_notebook(), target)
    assert target.read_text(encoding="utf-8") == "старое"
