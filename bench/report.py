"""A period from the forms in the inbox to everything rendered, and the same cards by a loop of stock commands.

With every part it writes docs/performance.md, with some of them it prints.
Run: .venv/bin/python bench/report.py [--parts city,card,loop,growth] [--repetitions 3] [--sizes 49,200,1000] [--sample 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from _machine import Measured, machine, spread
from _report_steps import (
    LOOP,
    PERIOD,
    ROOT,
    browsers_folder,
    card_parts,
    city,
    command,
    grown,
    loop_by_hand,
    make_project,
    our_cards,
    two_at_a_time,
)

PARTS = ("city", "card", "loop", "growth")
PACKAGES = ("papermill", "nbconvert", "ipykernel", "pandas", "matplotlib", "seaborn", "typst")
SAMPLE = ("s101", "s104", "s130", "s105", "s112", "s126")  # schools of the loop by hand
CITY = {
    "cold": "from unread forms", "warm": "from read forms, everything made anew (`--force`)",
    "unchanged": "nothing has changed", "help": "`analysis --help`",
}  # fmt: skip
STEPS = {
    "slice": "its part of the tables under the disclosure rules", "kernel": "process and shell of the notebook, papermill",
    "run": "cells without the chart", "charts": "chart", "HTML": "HTML", "PDF": "PDF",
}  # fmt: skip
HAND = {"papermill": "papermill", "html": "jupyter nbconvert --to html", "webpdf": "jupyter nbconvert --to webpdf"}


def city_section(project: Path, options: argparse.Namespace) -> list[str]:
    """The whole city: cold, warm, unchanged."""
    found = city(project, options.repetitions)
    return [
        "## The whole city: 49 schools, three editions, a card each in HTML and PDF, workbook", "",
        "| `analysis report 2022H1` | wall, s | processor, s | memory, MB |", "|---|---|---|---|",
        *(_row(title, found[name]) for name, title in CITY.items()), "",
    ]  # fmt: skip


def _row(title: str, found: Sequence[Measured]) -> str:
    memory = max(one.memory for one in found)
    shown = f"{memory:.0f}" if memory else ""
    return f"| {title} | {_wall(found)} | {_cpu(found)} | {shown} |"


def card_section(project: Path, options: argparse.Namespace) -> list[str]:
    """What one card costs, step by step."""
    parts = card_parts(project, options.repetitions)
    whole = [sum(times) for times in zip(*parts.values(), strict=True)]
    return [
        "## One card", "", "| step | processor, s |", "|---|---|",
        *(f"| {title} | {spread(parts[name], 3)} |" for name, title in STEPS.items()),
        f"| **HTML and PDF, all together** | **{spread(whole, 3)}** |", "",
    ]  # fmt: skip


def loop_section(project: Path, options: argparse.Namespace) -> list[str]:
    """The loop that a user would write, between two measurements of our own cards."""
    with tempfile.TemporaryDirectory() as folder:
        browsers = browsers_folder(Path(folder))
        ours = [our_cards(project)]
        loop = loop_by_hand(project, browsers, SAMPLE[: options.sample])
        paired = two_at_a_time(project, browsers, SAMPLE[: options.sample + options.sample % 2])
        ours.append(our_cards(project))
    schools = list(zip(*(loop[name] for name in LOOP), strict=True))
    alone = [sum(one.wall for one in school) for school in schools]
    card = statistics.mean(ours)
    return [
        "## The same cards by a loop of commands", "",
        f"On {len(schools)} schools (two at a time: {options.sample + options.sample % 2}), between two measurements of our own "
        "cards: a whole report with cards less one without, divided by their number. The browser of `webpdf` is the system's.",
        "", "| per school | wall, s | processor, s |", "|---|---|---|",
        *(f"| `{HAND[name]}` | {_wall(loop[name])} | {_cpu(loop[name])} |" for name in LOOP),
        f"| all three, one by one | {spread(alone)} | {spread([sum(one.cpu for one in school) for school in schools])} |",
        f"| all three, two at a time | {paired:.1f} | |", f"| a card of `analysis report` | {spread(ours, 2)} | |", "",
        f"The cards are made **{statistics.median(alone) / card:.0f} times** faster than by the loop one by one, "
        f"**{paired / card:.0f} times** faster than by the loop two at a time.", "",
    ]  # fmt: skip


def growth_section(project: Path, options: argparse.Namespace) -> list[str]:
    """Towns of several sizes."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = {size: grown(project, Path(folder, str(size)), size) for size in map(int, options.sizes.split(","))}
    return [
        "## Growth", "", "All values in one bulk file; everything made from nothing.", "",
        "| schools | wall, s | processor, s | processor per school, s | memory, MB |", "|---|---|---|---|---|",
        *(f"| {n} | {one.wall:.0f} | {one.cpu:.0f} | {one.cpu / n:.2f} | {one.memory:.0f} |" for n, one in sizes.items()), "",
    ]  # fmt: skip


def _wall(found: Sequence[Measured]) -> str:
    return spread([one.wall for one in found])


def _cpu(found: Sequence[Measured]) -> str:
    return spread([one.cpu for one in found])


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--sizes", default="49,200,1000")
    parser.add_argument("--sample", type=int, default=3, choices=range(1, len(SAMPLE)))
    options, _ = parser.parse_known_args()  # `make bench` gives every script the same words
    parts = options.parts.split(",")
    lines = [
        "# Performance", "", f"Written by `bench/report.py` (`make bench`); {machine(*PACKAGES)}.",
        f"Median (lowest–highest) of {options.repetitions} repetitions. «Processor» is user and system time of every process "
        "started: it does not depend on what else the machine does, wall-clock time does.", "",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        project = make_project(Path(scratch, "project"))
        if "city" not in parts:
            command(project, "report", PERIOD)
        for part in parts:
            section = globals()[f"{part}_section"](project, options)
            print("\n".join(section), flush=True)
            lines += section
    if set(PARTS) <= set(parts):
        (ROOT / "docs" / "performance.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
