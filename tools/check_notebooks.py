"""Notebooks are thin and clean: no outputs, no definitions, short cells, prose between them, one parameters cell."""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

from tools.project_files import ROOT, project_files, report

LONGEST_CELL = 20
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def statements(source: str) -> ast.Module:
    """The cell's Python, its magics and shell lines left out."""
    return ast.parse(re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE))


def cell_problems(cell: dict[str, Any]) -> list[str]:
    """What is wrong with one code cell."""
    source = "".join(cell["source"])
    problems = []
    if cell.get("outputs") or cell.get("execution_count") is not None:
        problems.append("holds outputs or an execution count (run nbstripout)")
    if len(source.splitlines()) > LONGEST_CELL:
        problems.append(f"has over {LONGEST_CELL} lines: move the work to src/analysis")
    try:
        tree = statements(source)
    except SyntaxError as error:
        return [*problems, f"is not Python: {error.msg}"]
    if any(isinstance(node, DEFINITIONS) for node in ast.walk(tree)):
        problems.append("defines a function or class: move it to src/analysis")
    return problems


def notebook_problems(notebook: dict[str, Any]) -> list[str]:
    """What is wrong with a notebook, each with the number of the cell (from 1)."""
    problems = []
    cells = notebook["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1 or tagged[0]["cell_type"] != "code":
        problems.append("needs exactly one code cell tagged 'parameters'")
    if not any(cell["cell_type"] == "markdown" for cell in cells):
        problems.append("has no prose")
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            problems += [f"cell {number} {problem}" for problem in cell_problems(cell)]
    return problems


def problems_in(path: Path) -> list[str]:
    """One sentence for each problem of the notebook at `path`."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [f"{path.relative_to(ROOT)}: {problem}" for problem in notebook_problems(notebook)]


def main() -> int:
    """Exit code 1 if any notebook under notebooks/ has a problem."""
    notebooks = [path for path in project_files(suffix=".ipynb") if ROOT / "notebooks" in path.parents]
    return report([problem for path in notebooks for problem in problems_in(path)])


if __name__ == "__main__":
    sys.exit(main())
