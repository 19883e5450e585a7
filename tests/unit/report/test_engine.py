"""The engine: the same notebooks as from a Jupyter kernel, nothing left over, nothing left running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from analysis.report import engine, zygote
from analysis.report.notebooks import NotebookError, run_notebook
from analysis.report.zygote import NotStarted

needs_fork = pytest.mark.skipif(not zygote.available(), reason="needs fork")


def write(path: Path, *cells: str | tuple[str, str]) -> Path:
    """A notebook of code cells; a pair is (source, tag)."""
    pairs = [cell if isinstance(cell, tuple) else (cell, "") for cell in cells]
    nodes = [new_code_cell(source, metadata={"tags": [tag]} if tag else {}) for source, tag in pairs]
    nbformat.write(new_notebook(cells=nodes), path)
    return path


def outputs(folder: Path, *cells: str) -> list[list[nbformat.NotebookNode]]:
    """The outputs of each cell, from a forked process."""
    source = write(folder / "cells.ipynb", *cells)
    return [
        cell.outputs
        for cell in run_notebook(source, folder / "out.ipynb", {}, engine="forked", cwd=folder).notebook.cells
    ]


def printed(folder: Path, *cells: str) -> list[str]:
    return ["".join(output.get("text", "") for output in cell) for cell in outputs(folder, *cells)]


# --- equal to a Jupyter kernel

EVERY_KIND = (
    "print('текст', 1)\nimport sys\nprint('ошибка', file=sys.stderr)\nsys.stdout.write('без перевода строки')",
    "2 + 2",
    "3;",
    "_, Out[2], len(In), __",
    "import pandas as pd\nframe = pd.DataFrame({'доля': [1.5, None]}, index=['а', 'б'])\nframe",
    "pd.DataFrame({f'столбец {n}': ['значение'] * 70 for n in range(25)})",
    "pd.get_option('display.max_columns'), pd.get_option('display.width'), pd.get_option('display.max_rows')",
    "frame.style.set_uuid('u').format('{:.1f}')",
    "class Document:\n"
    "    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'D', 'text/html': '<b>D</b>', 'application/x-typst': '#strong[\"D\"]',\n"
    "                'application/vnd.orientir.document+json': {'rows': [1, (2, 3), None, 'я'], 'ok': True}}\n"
    "Document()",
    "from IPython.display import display, clear_output, update_display, HTML, Markdown, SVG, JSON\n"
    "display(HTML('<i>a</i>'), Markdown('*b*'), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'), JSON({'a': 1}))",
    "print('до')\nhandle = display('первое', display_id='d')\nprint('после')\n"
    "display('ещё', metadata={'text/plain': {'a': 1}})",
    "update_display('второе', display_id='d')\nhandle.update('третье')",
    "print('стёрто')\nclear_output()\nprint('видно')",
    "print('стёрто')\nclear_output(wait=True)\nprint('видно')",
    "import matplotlib.pyplot as plt, seaborn as sns\nsns.set_theme()\n"
    "fig, ax = plt.subplots(figsize=(2, 1))\nax.bar([1, 2], [3, 4])",
    "fig",
    "%matplotlib inline\n%config InlineBackend.figure_formats = ['svg']\n"
    "plt.rcParams['svg.hashsalt'] = 's'\nplt.figure(figsize=(1, 1)); plt.plot([1, 2]); plt.show()\n"
    "print('после рисунка')",
    "import warnings\nwarnings.warn('осторожно')\nimport logging\nlogging.getLogger('x').warning('запись')",
    "import asyncio\nawait asyncio.sleep(0)\nawait asyncio.gather(asyncio.sleep(0, 'a'), asyncio.sleep(0, 'b'))",
    "%%capture kept\nprint('скрыто')",
    "kept.stdout",
    "for step in range(3): print(step, end='\\r')\nprint('готово')",
    "object()",
    # A kernel reads what others write in a thread of its own, and loses what comes after the cell's end.
    "import subprocess, time\nprint('раньше', flush=True)\nsubprocess.run(['echo', 'чужое'])\ntime.sleep(0.5)",
    "x = !echo из оболочки\nx",
    "__name__, type(get_ipython()).__mro__[-2].__name__ != '', sys.stdout.encoding, sys.stdout.isatty()",
    "class Broken:\n    def __repr__(self): raise ValueError('нет вида')\nNone",
    "",
    "import os; os.getcwd()",
    "import pickle\ndef f(n): return n + 1\npickle.loads(pickle.dumps(f))(1)",
    "from ipywidgets import IntSlider\nIntSlider(3).value",
    "try:\n    input()\nexcept Exception as error:\n    print(type(error), error)",
    ("def outer(n):\n    inner = n\n    return inner / 0\nouter(1)", "raises-exception"),
    ("frame.loc['нет']", "raises-exception"),
    ("1 +", "raises-exception"),
    ("sys.exit('конец')", "raises-exception"),
    "print('последняя')",
)


def without_widgets(path: Path) -> dict:
    """The notebook's content; the state of widgets has random names, so only its size is kept."""
    content = json.loads(path.read_text(encoding="utf-8"))
    states = content["metadata"].pop("widgets")["application/vnd.jupyter.widget-state+json"]["state"]
    return content | {"widgets": sorted(state["model_name"] for state in states.values())}


@needs_fork
@pytest.mark.slow
def test_every_kind_of_output_is_as_from_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Under pytest a kernel does not read what others write to its stdout.
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    source = write(tmp_path / "all.ipynb", *EVERY_KIND)
    results = {}
    for name in ("forked", "stock"):
        with pytest.raises(NotebookError):
            # papermill counts an expected exception as a failure too.
            run_notebook(source, tmp_path / name / "all.ipynb", {}, engine=name, cwd=tmp_path)
        results[name] = without_widgets(tmp_path / name / "all.ipynb")
    forked, stock = results["forked"], results["stock"]
    assert len(forked["cells"]) == len(stock["cells"])
    differing = [(ours, theirs) for ours, theirs in zip(forked["cells"], stock["cells"], strict=True) if ours != theirs]
    assert differing == []
    assert forked == stock
    last = [cell for cell in forked["cells"] if cell["source"] == ["print('последняя')"]]
    assert last[0]["outputs"][0]["text"] == ["последняя\n"]
    kinds = {output["output_type"] for cell in forked["cells"] for output in cell.get("outputs", [])}
    assert kinds == {"stream", "display_data", "execute_result", "error"}


@needs_fork
@pytest.mark.slow
def test_a_failure_is_as_from_a_kernel(tmp_path: Path) -> None:
    source = write(tmp_path / "bad.ipynb", "import pandas as pd", "pd.DataFrame({'a': [1]})['нет']", "print('дальше')")
    kept = {}
    for name in ("forked", "stock"):
        with pytest.raises(NotebookError, match="KeyError: 'нет'"):
            run_notebook(source, tmp_path / name / "bad.ipynb", {}, engine=name, cwd=tmp_path)
        kept[name] = (tmp_path / name / "bad.ipynb").read_bytes()
    assert kept["forked"] == kept["stock"]


# --- fresh every time

SPOIL = """
import os, sys, random, warnings, locale
import numpy as np, pandas as pd, matplotlib as mpl, seaborn as sns, matplotlib.pyplot as plt
import analysis
os.environ["SPOILED"] = "yes"
os.environ.pop("PATH", None)
sys.path.insert(0, "/spoiled")
os.chdir(os.path.dirname(os.getcwd()))
pd.set_option("display.precision", 1)
mpl.rcParams["figure.dpi"] = 33
sns.set_theme(style="dark")
plt.figure()
warnings.simplefilter("error")
np.random.seed(5)
pd.DataFrame.spoiled = True
pd.DataFrame.head = lambda self: "spoiled"
analysis.spoiled = True
sys.modules["spoiled"] = sys
import builtins
builtins.print = lambda *a, **k: None
get_ipython().spoiled = True
spoiled = 1
"""
LOOK = """
import os, sys, warnings, builtins, matplotlib as mpl, pandas as pd, analysis, matplotlib.pyplot as plt
print([
    "SPOILED" in os.environ, "PATH" in os.environ, "/spoiled" in sys.path, os.path.basename(os.getcwd()),
    pd.get_option("display.precision"), mpl.rcParams["figure.dpi"], mpl.rcParams["axes.facecolor"],
    plt.get_fignums(), hasattr(pd.DataFrame, "spoiled"), pd.DataFrame.head.__name__, hasattr(analysis, "spoiled"),
    "spoiled" in sys.modules, ("error", Warning) in [(f[0], f[2]) for f in warnings.filters],
    hasattr(get_ipython(), "spoiled"), "spoiled" in globals(), len(In),
])
"""


@needs_fork
def test_nothing_leaks_from_one_notebook_into_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    before = printed(folder, LOOK)
    outputs(folder, SPOIL)
    assert printed(folder, LOOK) == before
    assert before == [
        "[False, True, False, 'here', 6, 100.0, 'white', [], False, 'head', False, False, False, False, False, 2]\n"
    ]


@needs_fork
def test_the_callers_environment_and_folder_of_the_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TODAYS", "one")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    look = "import os; print(os.environ['TODAYS'], os.environ['OMP_NUM_THREADS'], os.environ['PYTHONHASHSEED'])"
    assert printed(tmp_path, look) == ["one 1 0\n"]
    monkeypatch.setenv("TODAYS", "two")
    assert printed(tmp_path, look) == ["two 1 0\n"]


@needs_fork
def test_files_left_open_are_written_out(tmp_path: Path) -> None:
    outputs(tmp_path, "left = open('left.txt', 'w')\nleft.write('written')", "left")
    assert (tmp_path / "left.txt").read_text(encoding="utf-8") == "written"


@needs_fork
def test_notebooks_run_side_by_side_from_threads(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    found: dict[str, list[str]] = {}

    def run(folder: Path) -> None:
        folder.mkdir()
        found[folder.name] = printed(folder, f"n = {folder.name}", "import os; print(n, os.path.basename(os.getcwd()))")

    threads = [threading.Thread(target=run, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: ["", f"{name} {name}\n"] for name in "0123"}


# --- nothing left running


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def is_gone(pid: int) -> bool:
    return status(pid) in ("gone", "Z", "X")


@needs_fork
def test_a_notebook_out_of_time_leaves_no_process(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('pids', 'w').write(f'{os.getpid()} {other.pid}')\ntime.sleep(60)"
    )
    with pytest.raises(NotebookError, match="превышено время"):
        run_notebook(write(tmp_path / "a.ipynb", code), tmp_path / "out.ipynb", {}, timeout=1.5, cwd=tmp_path)
    pids = [int(word) for word in (tmp_path / "pids").read_text(encoding="utf-8").split()]
    assert len(pids) == 2
    assert wait_until(lambda: all(map(is_gone, pids)))


CALLER = """
import sys
from pathlib import Path
from analysis.report.notebooks import run_notebook
run_notebook(Path("a.ipynb"), Path("out.ipynb"), {})
"""


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[tuple[subprocess.Popen, list[int]]]:
    """A process that runs a long notebook, and the numbers of the notebook's and the zygote's processes."""
    code = "import os, time\nopen('pids', 'w').write(f'{os.getpid()} {os.getppid()} ')\nwhile True: pass"
    write(tmp_path / "a.ipynb", code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment["TMPDIR"] = str(tmp_path)
    with subprocess.Popen([sys.executable, "-c", CALLER], cwd=tmp_path, env=environment, stderr=-3) as process:
        pids = tmp_path / "pids"
        assert wait_until(lambda: pids.exists() and pids.read_text(encoding="utf-8").endswith(" "), 60)
        yield process, [int(word) for word in pids.read_text(encoding="utf-8").split()]
        process.kill()


@needs_fork
def test_no_orphan_after_the_caller_is_killed(caller: tuple[subprocess.Popen, list[int]]) -> None:
    process, pids = caller
    assert not any(map(is_gone, pids))
    process.kill()
    assert wait_until(lambda: all(map(is_gone, pids)))


@needs_fork
def test_no_orphan_after_the_zygote_is_killed(caller: tuple[subprocess.Popen, list[int]]) -> None:
    process, (notebook, parent) = caller
    os.kill(parent, 9)
    assert wait_until(lambda: is_gone(notebook))
    assert process.wait(timeout=30) == 1


@needs_fork
def test_the_zygote_has_one_thread_and_can_be_stopped_and_started(tmp_path: Path) -> None:
    assert printed(tmp_path, "print(1)") == ["1\n"]
    first = zygote.ZYGOTE.process
    assert first is not None
    assert len(list(Path(f"/proc/{first.pid}/task").iterdir())) == 1
    zygote.ZYGOTE.stop()
    assert is_gone(first.pid)
    assert printed(tmp_path, "print(2)") == ["2\n"]
    assert zygote.ZYGOTE.process is not None
    assert zygote.ZYGOTE.process.pid != first.pid


# --- when it cannot be


def not_there(_connection: object) -> None:
    """Never called: its name is not found in the child."""


@needs_fork
def test_a_function_that_the_child_cannot_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_there, "__module__", "nowhere")
    monkeypatch.setitem(sys.modules, "nowhere", sys.modules[__name__])
    with pytest.raises(NotStarted, match="nowhere"):
        zygote.connect(not_there)


@needs_fork
def test_a_process_that_dies_while_importing_is_told_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = zygote.Zygote()
    monkeypatch.setattr(zygote, "ZYGOTE", broken)
    monkeypatch.setattr(zygote, "_BOOT", "raise ImportError('нет pandas')")
    with pytest.raises(NotStarted, match="ImportError: нет pandas"):
        zygote.connect(not_there)
    monkeypatch.undo()
    with pytest.raises(NotStarted, match="ImportError: нет pandas"):
        broken.start()
    broken.stop()


@pytest.mark.slow
def test_papermill_finds_the_engine_and_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.ipynb", ("n = 1", "parameters"), "print(n)")
    monkeypatch.setattr(zygote, "available", lambda: False)
    name = engine.register()
    assert name == "orientir"
    notebook = papermill.execute_notebook(
        str(source),
        str(tmp_path / "out.ipynb"),
        {"n": 2},
        engine_name=name,
        kernel_name="python3",
        language="python",
        progress_bar=False,
    )
    assert notebook.cells[-1].outputs[0].text == "2\n"
    assert notebook.metadata.papermill.exception is None
    assert notebook.metadata.language_info.version


def test_the_entry_point_can_be_loaded_before_papermill() -> None:
    code = (
        "import sys\nfrom analysis.report.engine import OrientirEngine\nassert 'papermill' not in sys.modules\n"
        "from papermill.engines import papermill_engines\n"
        "from analysis.report.engine import register\nregister()\n"
        "assert papermill_engines.get_engine('orientir') is OrientirEngine"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
