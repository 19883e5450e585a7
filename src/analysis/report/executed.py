"""Executed notebooks without anything that differs between two runs on the same input.

Removed: times, durations, versions, random ids, memory addresses, process numbers, and this machine's paths.
Kept: sources, outputs, execution counts, papermill's `parameters` and the mark on a failed cell.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.report.lean_imports import nbformat

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
INJECTED = "injected-parameters"
ERROR_MARK = "papermill-error-cell-tag"

_KEPT_METADATA = ("title", "widgets")
_BINARY = ("image/png", "image/jpeg", "image/gif", "application/pdf")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
_CELL_FILE = re.compile(r"[^\s\"'<>\x1b]*ipykernel_\d+[\\/]+\d+\.py")
_OVERWRITTEN = re.compile(r".*\r(?=[^\n])")
_Node = nbformat.NotebookNode
_Change = Callable[[str], str]


def normalise(notebook: _Node, parameters: Mapping[str, Any], cwd: Path, shown: Mapping[str, str]) -> None:
    """Make an executed notebook the same, byte for byte, for the same input.

    `shown` says how the paths among the parameters are written: absolute path → text.
    """
    hide = _path_hider({**machine_paths(cwd), **shown})
    values = _rewrite(dict(parameters), hide)
    notebook.metadata = nbformat.from_dict(
        {key: notebook.metadata[key] for key in _KEPT_METADATA if key in notebook.metadata}
        | {"kernelspec": KERNEL, "language_info": LANGUAGE, "papermill": {"parameters": values}}
    )
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"
        _normalise_metadata(cell)
        if INJECTED in cell.metadata.get("tags", ()):
            cell.source = _assignments(values)
        if cell.cell_type == "code":
            cell.outputs = [_clean(output, hide) for output in _merge_streams(cell.outputs)]
    notebook.nbformat, notebook.nbformat_minor = 4, 5


def machine_paths(cwd: Path) -> dict[str, str]:
    """This machine's folders → how they are written in an executed notebook."""
    import analysis

    home = str(Path("~").expanduser())
    source = str(Path(analysis.__path__[0]).parent)
    places = {home: "~"} if home != "~" else {}
    places |= {tempfile.gettempdir(): "<tmp>", source: "<src>"}
    return places | {sys.base_prefix: "<python>", sys.prefix: "<python>", str(cwd): "."}


def _path_hider(places: Mapping[str, str]) -> _Change:
    """A function that rewrites these absolute paths in a text."""
    texts = {form: text for path, text in places.items() for form in _written_forms(path)}
    longest_first = sorted(texts, key=len, reverse=True)
    pattern = re.compile(rf"(?<![./:\\-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    return lambda text: pattern.sub(lambda found: texts[found[0]], text)


def _written_forms(path: str) -> Iterable[str]:
    # The root folder stands in every path; replacing it would say nothing.
    if len(Path(path).parts) < 2:
        return ()
    return {path, path.replace("\\", "\\\\"), path.replace("\\", "/")}


def _rewrite(value: Any, change: _Change) -> Any:
    """The same structure with every string but keys changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return type(value)({key: _rewrite(item, change) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [_rewrite(item, change) for item in value]
    return value


def _normalise_metadata(cell: _Node) -> None:
    record = cell.metadata.pop("papermill", {})
    cell.metadata.pop("execution", None)
    if record.get("exception"):
        cell.metadata["papermill"] = nbformat.from_dict({"exception": True, "status": "failed"})
    if not cell.metadata.get("tags", True):
        del cell.metadata["tags"]


def _assignments(parameters: Mapping[str, Any]) -> str:
    return "\n".join(["# Параметры", *(f"{name} = {value!r}" for name, value in parameters.items())])


def _clean(output: _Node, hide: _Change) -> _Node:
    data = output.get("data", {})
    binary = {kind: data.pop(kind) for kind in list(data) if kind.startswith(_BINARY)}
    # A cell's file lies in the folder for temporary files, so its name goes before the folder's.
    output = _rewrite(output, lambda text: hide(_without_chance(text)))
    if binary:
        output["data"].update(binary)
    return output


def _without_chance(text: str) -> str:
    # Looking for a plain word first: the expressions are slow on long texts.
    if "ipykernel_" in text:
        text = _CELL_FILE.sub("<cell>", text)
    return _ADDRESS.sub("at 0x…", text) if "at 0x" in text else text


def _merge_streams(outputs: Iterable[_Node]) -> list[_Node]:
    """Neighbouring pieces of a stream joined, stdout before stderr: how they were cut depends on timing."""
    merged: list[_Node] = []
    run: dict[str, _Node] = {}
    for output in outputs:
        if output.output_type != "stream":
            merged += [*_in_order(run), output]
            run = {}
        elif output.name in run:
            run[output.name].text += output.text
        else:
            run[output.name] = output
    return merged + _in_order(run)


def _in_order(run: Mapping[str, _Node]) -> list[_Node]:
    streams = [run[name] for name in sorted(run, reverse=True)]
    for stream in streams:
        if "\r" in stream.text:
            stream.text = _OVERWRITTEN.sub("", stream.text)
    return streams
