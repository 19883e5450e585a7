"""A period from the forms in the inbox to everything rendered, and the same cards by a loop of stock commands.

Writes docs/performance.md. Run: .venv/bin/python bench/report.py [repetitions] [schools,schools,…]
(`make bench ARGS=…` passes the same to every benchmark.)
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd
from _machine import Measured, machine, run, spread

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
PERIOD = "2022H1"
SAMPLE = ("s101", "s104", "s130")  # schools of the loop by hand
CARDS_PER_PART = 12
PACKAGES = ("papermill", "nbconvert", "ipykernel", "pandas", "matplotlib", "seaborn", "typst")
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
            one = [PYTHON, "-c", "import report; report.run_step()", step]
            costs[step] = run(one, project, PYTHONPATH=source).cpu
        for before, step in zip(STEPS, STEPS[1:], strict=False):
            found[step].append((costs[step] - costs[before]) / CARDS_PER_PART)
        answer = project / "rendered.txt"
        run([PYTHON, "-c", "import report; report.render_step()"], project, PYTHONPATH=source)
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
            parameters = {"period": PERIOD, "baseline": "2021H1", "school": one.name}
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
    return prepare_slices(tables, space.settings, period, period.year_before(), wanted, True, folder)


# ---------------------------------------------------------------------------------------------------------
# The loop a user would write


def loop_by_hand(project: Path) -> dict[str, list[Measured]]:
    """papermill, nbconvert to HTML, nbconvert to PDF by a browser: a command each, school by school."""
    found: dict[str, list[Measured]] = {"papermill": [], "html": [], "webpdf": []}
    scripts = Path(PYTHON).parent
    for school in SAMPLE:
        given = ["-p", "period", PERIOD, "-p", "baseline", "2021H1", "-p", "school", school]
        commands = {
            "papermill": [str(scripts / "papermill"), "notebooks/school_card.ipynb", "card.ipynb", *given],
            "html": [str(scripts / "jupyter"), "nbconvert", "--to", "html", "card.ipynb"],
            "webpdf": [
                str(scripts / "jupyter"),
                "nbconvert",
                "--to",
                "webpdf",
                "--disable-chromium-sandbox",
                "card.ipynb",
            ],
        }
        for name, one in commands.items():
            found[name].append(run(one, project, PYTHONPATH=str(ROOT / "src")))
    return found


def two_at_a_time(project: Path) -> float:
    """Seconds for four schools by the same loop, two at a time (xargs -P2), per card."""
    script = (
        f'd=$(mktemp -d) && papermill notebooks/school_card.ipynb "$d/card.ipynb" -p period {PERIOD} -p baseline 2021H1 '
        '-p school "$0" && jupyter nbconvert --to html "$d/card.ipynb" && '
        'jupyter nbconvert --to webpdf --disable-chromium-sandbox "$d/card.ipynb"; s=$?; rm -rf "$d"; exit $s'
    )
    path = f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"
    schools = " ".join((*SAMPLE, "s105"))
    loop = ["sh", "-c", f"printf '%s\\n' {schools} | xargs -P2 -n1 sh -c '{script}'"]
    return run(loop, project, PYTHONPATH=str(ROOT / "src"), PATH=path).wall / 4


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


# ---------------------------------------------------------------------------------------------------------
# The page


def page(  # noqa: PLR0913
    repetitions: int,
    whole: dict[str, list[Measured]],
    parts: dict[str, list[float]],
    loop: dict[str, list[Measured]],
    paired: float,
    growth: dict[int, Measured],
) -> str:
    cards = [sum(times) for times in zip(*parts.values(), strict=True)]
    by_hand = [sum(one.wall for one in school) for school in zip(*loop.values(), strict=True)]
    ours = sorted(cards)[len(cards) // 2] / 2
    loop_wall = sorted(by_hand)[len(by_hand) // 2]
    lines = [
        "# Performance", "", f"Written by `bench/report.py` (`make bench`); {machine(*PACKAGES)}.",
        f"Median (lowest–highest) of {repetitions} repetitions. «Processor» is user and system time of every process "
        "started: it does not depend on what else the machine does, wall-clock time does.", "",
        "## The whole city: 49 schools, three editions, a card each in HTML and PDF, workbook", "",
        "| `analysis report 2022H1` | wall, s | processor, s | memory, MB |", "|---|---|---|---|",
        *(_row(title, whole[name]) for name, title in CITY.items()), "",
        "## One card", "", "| step | processor, s |", "|---|---|",
        *(f"| {PARTS[name]} | {spread(parts[name], 3)} |" for name in PARTS),
        f"| **HTML and PDF, all together** | **{spread(cards, 3)}** |", "",
        "## The same cards by a loop of commands", "",
        f"Measured directly after, on {len(SAMPLE)} schools (two at a time: {len(SAMPLE) + 1}).", "",
        "| command, per school | wall, s | processor, s |", "|---|---|---|",
        *(f"| `{HAND[name]}` | {spread([m.wall for m in found])} | {spread([m.cpu for m in found])} |" for name, found in loop.items()),  # noqa: E501
        f"| all three, one by one | {spread(by_hand)} | {spread([sum(m.cpu for m in s) for s in zip(*loop.values(), strict=True)])} |",  # noqa: E501
        f"| all three, two at a time | {paired:.1f} | |", "",
        f"A card of ours on two cores takes {ours:.2f} s: **{loop_wall / ours:.0f} times** faster than the loop one by one, "
        f"**{paired / ours:.0f} times** faster than the loop two at a time.", "",
        "## Growth", "", "All values in one bulk file; everything made from nothing.", "",
        "| schools | wall, s | processor, s | processor per school, s | memory, MB |", "|---|---|---|---|---|",
        *(f"| {n} | {one.wall:.0f} | {one.cpu:.0f} | {one.cpu / n:.2f} | {one.memory:.0f} |" for n, one in growth.items()), "",
    ]  # fmt: skip
    return "\n".join(lines)


CITY = {
    "cold": "from unread forms", "warm": "from read forms, everything made anew (`--force`)",
    "unchanged": "nothing has changed", "help": "`analysis --help`",
}  # fmt: skip
PARTS = {
    "slice": "its part of the tables under the disclosure rules", "kernel": "process and shell of the notebook, papermill",
    "run": "cells without the chart", "charts": "chart", "HTML": "HTML", "PDF": "PDF",
}  # fmt: skip
HAND = {"papermill": "papermill", "html": "jupyter nbconvert --to html", "webpdf": "jupyter nbconvert --to webpdf"}


def _row(title: str, found: list[Measured]) -> str:
    memory = max(one.memory for one in found)
    shown = f"{memory:.0f}" if memory else ""
    return f"| {title} | {spread([one.wall for one in found])} | {spread([one.cpu for one in found])} | {shown} |"


def main(repetitions: int, sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        project = make_project(Path(scratch, "project"))
        whole = city(project, repetitions)
        parts = card_parts(project, repetitions)
        loop = loop_by_hand(project)
        paired = two_at_a_time(project)
        growth = {size: grown(project, Path(scratch, f"grown{size}"), size) for size in sizes}
    text = page(repetitions, whole, parts, loop, paired, growth)
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 3, [int(one) for one in (given[1] if len(given) > 1 else "49,200,1000").split(",")]
    )
