"""The checks of `make lint` that are ours find what they are for, and nothing else."""

import pytest

from tools.check_links import anchors, broken_links, links
from tools.check_notebooks import notebook_problems
from tools.check_repo import text_problems


def code(source, tags=(), **extra):
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "outputs": [], **extra}


PROSE = {"cell_type": "markdown", "source": ["# Приём форм"], "metadata": {}}
PARAMETERS = code(['period = "2022H1"\n', "baseline = None"], tags=["parameters"])


def test_a_thin_notebook_passes():
    assert notebook_problems({"cells": [PROSE, PARAMETERS, code(["%matplotlib inline\n", "table"])]}) == []


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (code(["def f():\n", "    return 1"]), "defines"),
        (code(["class A: ..."]), "defines"),
        (code(["x"], outputs=[{"output_type": "stream"}]), "outputs"),
        (code(["x"], execution_count=3), "execution count"),
        (code(["x = 1\n"] * 21), "lines"),
        (code(["x ="]), "not Python"),
    ],
)
def test_a_heavy_cell_is_named(cell, problem):
    (found,) = notebook_problems({"cells": [PROSE, PARAMETERS, cell]})
    assert found.startswith("cell 3")
    assert problem in found


def test_a_notebook_needs_parameters_and_prose():
    found = notebook_problems({"cells": [code(["x"])]})
    assert any("parameters" in problem for problem in found)
    assert any("prose" in problem for problem in found)


def test_links_are_found_outside_code_only():
    text = '[a](b.md) ![c](<d.png> "title") `[no](code.md)`\n```\n[no](fence.md)\n```\n<img src="e.png">'
    assert links(text) == ["b.md", "d.png", "e.png"]


def test_headings_become_anchors_as_on_the_forge():
    text = '# Методика: что и как\n## `make` и CLI\n## Again\n## Again\n<a id="own"></a>'
    assert anchors(text) == {"методика-что-и-как", "make-и-cli", "again", "again-1", "own"}


def test_broken_links_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.check_links.ROOT", tmp_path)
    (tmp_path / "b c.md").write_text("# One\n", encoding="utf-8")
    page = tmp_path / "a.md"
    page.write_text(
        "# Top\n[1](b%20c.md#one) [2](#top) [3](https://example.org) [4](b%20c.md#two) [5](no.md)", encoding="utf-8"
    )
    assert broken_links(page) == ["a.md: no such heading: b%20c.md#two", "a.md: no such file: no.md"]


@pytest.mark.parametrize(
    "text",
    [
        "see https://" + "py" + "pi.org/simple",
        "--index" + "-url https://mirror.example/simple",
        'path = "/' + 'home/anna/project"',
        'path = r"C:' + '\\Users\\anna"',
    ],
)
def test_ties_to_a_machine_or_registry_are_found(text):
    assert text_problems(text)


@pytest.mark.parametrize(
    "text", ["params/project.yaml", "https://example.org/home/x", "/tmp of the system", "и/или", "/usr/bin/chromium"]
)
def test_ordinary_text_is_left_alone(text):
    assert text_problems(text) == []
