"""What `report.py` measures: the city, one card step by step, the loop of stock commands, growth."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd
from _machine import Measured, run

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
PERIOD, BASELINE = "2022H1", "2021H1"
CARDS_PER_PART = 12
STEPS = ("nothing", "kernel", "run", "charts")


def make_project(folder: Path) -> Path:
    """Params, notebooks and demo data in a folder of their own."""
    for name in ("params", "notebooks"):
        shutil.copytree(ROOT / name, folder / name)
    command(folder, "demo")
    return folder


def command(project: Path, *arguments: str, watch_memory: bool = False) -> Measured:
    source = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    return run([PYTHON, "-m", "analysis", *arguments], project, watch_memory, PYTHONPATH=source)


def forget(project: Path) -> None:
    """As if nothing had ever been read or made."""
    for name in ("data/demo/accepted", "data/demo/protocols", "reports"):
        shutil.rmtree(project / name, ignore_errors=True)
    (project / "data" / "demo" / "register.csv").unlink(missing_ok=True)


def city(project: Path, repetitions: int) -> dict[str, list[Measured]]:
    """The whole city: from unread forms, again from read forms, and with nothing changed."""
    found: dict[str, list[Measured]] = {"cold": [], "warm": [], "unchanged": [], "help": []}
    for _ in range(repetitions):
        forget(project)
        found["cold"].append(command(project, "report", PERIOD, watch_memory=True))
        found["warm"].append(command(project, "report", PERIOD, "--force"))
        found["unchanged"].append(command(project, "report", PERIOD))
        found["help"].append(command(project, "--help"))
    return found


# ---------------------------------------------------------------------------------------------------------
# One card, step by step


def card_parts(project: Path, repetitions: int) -> dict[str, list[float]]:
    """Processor seconds of one card: its slice, kernel, run, charts, HTML and PDF."""
    found: dict[str, list[float]] = {name: [] for name in ("slice", *STEPS[1:], "HTML", "PDF")}
    source = os.pathsep.join([str(ROOT / "src"), str(ROOT / "bench")])
    for _ in range(repetitions):
        costs = {}
        for step in STEPS:
            one = [PYTHON, "-c", "import _report_steps; _report_steps.run_step()", step]
            costs[step] = run(one, project, PYTHONPATH=source).cpu
        for before, step in zip(STEPS, STEPS[1:], strict=False):
            found[step].append((costs[step] - costs[before]) / CARDS_PER_PART)
        answer = project / "rendered.txt"
        run([PYTHON, "-c", "import _report_steps; _report_steps.render_step()"], project, PYTHONPATH=source)
        for name, seconds in zip(("slice", "HTML", "PDF"), map(float, answer.read_text().split()), strict=True):
            found[name].append(seconds)
    return found


def run_step() -> None:
    """In a process of its own: run an empty notebook, a card without its chart, or the card, a dozen times."""
    from analysis.report.notebooks import run_notebook
    from analysis.report.opening import PREPARED_FILE
    from analysis.report.zygote import ZYGOTE

    step, project = sys.argv[1], Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        notebook = nbformat.read(project / "notebooks" / "school_card.ipynb", as_version=4)
        kept = {"kernel": 1, "run": len(notebook.cells)}.get(step, len(notebook.cells))
        cells = notebook.cells[:kept]
        notebook.cells = [cell for cell in cells if step == "charts" or "pictures.card_profile" not in cell.source]
        nbformat.write(notebook, folder / "card.ipynb")
        for one in _slices(folder / "slices", CARDS_PER_PART):
            (folder / PREPARED_FILE).write_bytes(one.path.read_bytes())
            parameters = {"period": PERIOD, "baseline": BASELINE, "school": one.name}
            if step == "nothing":
                run_notebook(folder / "card.ipynb", folder / "out.ipynb", parameters, cwd=folder)
                break
            run_notebook(folder / "card.ipynb", folder / "out.ipynb", parameters, cwd=folder)
    ZYGOTE.stop()


def render_step() -> None:
    """In a process of its own: processor seconds of a slice, of HTML and of PDF, a card's mean over a dozen."""
    from analysis.report.exporters import render_html, render_pdf
    from analysis.report.zygote_process import preload

    preload()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _slices(folder / "warm", 1)
        slices = _timed(lambda: _slices(folder / "slices", CARDS_PER_PART))
        notebooks = sorted((Path.cwd() / "reports/demo" / PERIOD / "notebooks").glob("school_card-*"))
        read = [nbformat.read(path, as_version=4) for path in notebooks[: CARDS_PER_PART + 1]]
        seconds = [slices]
        for render in (render_html, render_pdf):
            render(read[0], folder / "first")
            seconds.append(_timed(lambda: [render(one, folder / "page") for one in read[1:]]))  # noqa: B023 - called here
    Path("rendered.txt").write_text(" ".join(f"{one / CARDS_PER_PART:.4f}" for one in seconds), encoding="utf-8")


def _timed(work) -> float:  # noqa: ANN001
    started = time.process_time()
    work()
    return time.process_time() - started


def _slices(folder: Path, count: int) -> list:
    from analysis.slices import prepare_slices
    from analysis.tablestore import load_table
    from analysis.workspace import open_workspace

    space = open_workspace()
    period = space.settings.parse_period(PERIOD)
    tables = space.report_folder(period) / "tables"
    schools = list(load_table(tables, "rankings").query("ranked")["school_id"])[:count]
    folder.mkdir()
    wanted = [(school, "card", school) for school in schools]
    return prepare_slices(tables, space.settings, period, period.year_before(), wanted, True, folder)[0]


# ---------------------------------------------------------------------------------------------------------
# The loop a user would write


LOOP = ("papermill", "html", "webpdf")


def our_cards(project: Path) -> float:
    """Seconds per card when the city's cards are made on all cores: with cards less without them."""
    without = command(project, "report", PERIOD, "--force", "--schools", "none")
    with_cards = command(project, "report", PERIOD, "--force")
    made = len(list((project / "reports/demo" / PERIOD / "schools").iterdir()))
    return (with_cards.wall - without.wall) / made


def loop_by_hand(project: Path, browsers: Path, schools: tuple[str, ...]) -> dict[str, list[Measured]]:
    """papermill, nbconvert to HTML, nbconvert to PDF by a browser: a command each, school by school."""
    found: dict[str, list[Measured]] = {name: [] for name in LOOP}
    for school in schools:
        for name, line in loop_commands(school).items():
            found[name].append(run(["sh", "-c", line], project, **loop_environment(browsers)))
    return found


def two_at_a_time(project: Path, browsers: Path, schools: tuple[str, ...]) -> float:
    """Seconds per card by the same loop, two schools at a time (xargs -P2)."""
    each = "mkdir $0 && " + " && ".join(loop_commands("$0", "$0/").values()) + "; s=$?; rm -r $0; exit $s"
    loop = f"printf '%s\\n' {' '.join(schools)} | xargs -P2 -n1 sh -c '{each}'"
    return run(["sh", "-c", loop], project, **loop_environment(browsers)).wall / len(schools)


def loop_commands(school: str, folder: str = "") -> dict[str, str]:
    """The three commands for a school's card, by name."""
    return {
        "papermill": f"papermill notebooks/school_card.ipynb {folder}card.ipynb "
        f"-p period {PERIOD} -p baseline {BASELINE} -p school {school}",
        "html": f"jupyter nbconvert --to html {folder}card.ipynb",
        "webpdf": f"jupyter nbconvert --to webpdf --disable-chromium-sandbox {folder}card.ipynb",
    }


def loop_environment(browsers: Path) -> dict[str, str]:
    """Where the commands and the browser are found."""
    path = f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PYTHONPATH": str(ROOT / "src"), "PATH": path, "PLAYWRIGHT_BROWSERS_PATH": str(browsers)}


def browsers_folder(folder: Path) -> Path:
    """A folder in which playwright, which knows only browsers that it fetched itself, finds the system's Chromium.

    nbconvert's webpdf has no setting for the browser's path. Without a Chromium of the system: playwright's own.
    """
    usual = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    look = (
        "from playwright.sync_api import sync_playwright as s\nwith s() as p: p.chromium.launch(args=['--no-sandbox'])"
    )
    environment = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(folder)}
    asked = subprocess.run([PYTHON, "-c", look], env=environment, capture_output=True, encoding="utf-8", check=False)
    wanted = re.search(rf"{re.escape(str(folder))}\S+", asked.stderr)
    if chromium is None or wanted is None:
        return usual
    Path(wanted[0]).parent.mkdir(parents=True)
    Path(wanted[0]).symlink_to(chromium)
    return folder


# ---------------------------------------------------------------------------------------------------------
# Growth


def grown(project: Path, folder: Path, schools: int) -> Measured:
    """A town of so many schools, whose values come as one bulk file; everything is made from it."""
    data = folder / f"town{schools}"
    (data / "imports").mkdir(parents=True)
    given = pd.read_parquet(project / "data/demo/accepted/observations.parquet")
    given = given[given["value"].notna()][["school_id", "period", "measure", "value"]]
    listed = pd.read_csv(project / "data/demo/schools.csv", dtype=str, keep_default_na=False)
    copies = -(-schools // len(listed))
    frames = []
    for copy in range(copies):
        kept = listed["school_id"].iloc[: schools - copy * len(listed)]
        frames.append(given[given["school_id"].isin(kept)].assign(school_id=lambda rows, n=copy: _renamed(rows, n)))
    towns = [
        listed.assign(school_id=_renamed(listed, copy), name=listed["name"] + f" ({copy})", aliases="", email="")
        for copy in range(copies)
    ]
    pd.concat(towns).head(schools).to_csv(data / "schools.csv", index=False)
    pd.concat(frames).to_csv(data / "imports" / "values.csv", index=False)
    return command(project, "report", PERIOD, "--data", str(data), "--out", str(folder / "out"), watch_memory=True)


def _renamed(rows: pd.DataFrame, copy: int) -> pd.Series:
    return rows["school_id"] + f"c{copy}"
