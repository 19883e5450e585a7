"""Notebooks as functions: parameters in, an executed notebook out (papermill), the same bytes every time."""

from __future__ import annotations

import ast
import dataclasses
import datetime
import difflib
import errno
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from analysis.report import engine as warm_engine
from analysis.report.executed import ERROR_MARK, INJECTED, normalise
from analysis.report.failures import NotebookError, NotebookNotStarted
from analysis.report.lean_imports import nbformat
from analysis.report.zygote import NotStarted
from analysis.scratch import scratch_folder

__all__ = ["NotebookError", "NotebookNotStarted", "RunResult", "parameter_names", "run_notebook", "write_notebook"]

Engine = Literal["auto", "forked", "stock"]
TIMEOUT_SECONDS = 600.0
_FIRST_LINE_LENGTH = 60


@dataclasses.dataclass(frozen=True)
class RunResult:
    """An executed notebook: where it is, its content, the engine that ran it, seconds, notes for run.log."""

    output: Path
    notebook: nbformat.NotebookNode
    engine: str
    seconds: float
    notes: tuple[str, ...] = ()


def run_notebook(
    source: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    engine: Engine = "auto",
    timeout: float | None = TIMEOUT_SECONDS,
    cwd: Path | None = None,
    failed_output: Path | None = None,
    kept_as: str | Path | None = None,
    on_cell: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Execute `source` with `parameters` and write it to `output`, the same bytes for the same input.

    `engine`: "auto" forks a warm process, or uses a Jupyter kernel where that fails (a note says so);
    "forked" and "stock" insist. `timeout` is in seconds, for the whole notebook. Relative paths in the notebook
    start from `cwd` (default: the current folder). A failed notebook goes to `failed_output` (default: `output`);
    the message calls it `kept_as` where the caller moves it on.
    `on_cell` hears (cells done, cells). An absolute path among the parameters is written without its folder.

    Raises NotebookError: an unknown parameter (nothing has run), a failing cell or a time-out (what was executed
    is kept with the traceback); NotebookNotStarted when no process came up.
    """
    started = time.monotonic()
    source, output, cwd = Path(source), Path(output), Path(cwd or Path.cwd()).absolute()
    values, shown = _plain_parameters(source, parameters, cwd)
    _check_parameters(source, values)
    ran: list[tuple[str, str | None]] = []
    # papermill's own `cwd` would change the folder of this whole process.
    options = {"timeout": timeout, "run_in": cwd, "on_cell": on_cell, "warm": engine != "stock"}
    options |= {"fallback": engine == "auto", "on_engine": lambda *what: ran.append(what)}
    with scratch_folder() as scratch:
        failure = _execute(source, scratch / source.name, values, options | {"scratch": scratch})
        notebook = nbformat.read(scratch / source.name, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if ERROR_MARK not in cell.metadata.get("tags", ())]
    if failure is None:
        normalise(notebook, values, cwd, shown)
        write_notebook(notebook, output)
        name, reason = ran[0]
        return RunResult(output, notebook, name, time.monotonic() - started, _notes(source, reason))
    kept = Path(failed_output or output)
    error = _describe(notebook, failure, source, Path(kept_as or kept))
    _mark_failure(notebook, failure.cell_index)
    normalise(notebook, values, cwd, shown)
    write_notebook(notebook, kept)
    raise error from None


def parameter_names(source: Path) -> tuple[str, ...]:
    """The names assigned in the notebook's cell tagged `parameters`, in order; empty without such a cell."""
    for cell in _read(source).cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", ()):
            return tuple(_assigned_names(cell.source, source))
    return ()


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook as UTF-8 with sorted keys; an existing file is replaced whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(nbformat.writes(notebook, version=4).rstrip("\n") + "\n")
    Path(part).replace(path)


def _execute(source: Path, target: Path, values: dict[str, Any], options: dict[str, Any]) -> Any:
    """Run papermill; returns its error about a failed cell, or None."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            _literal(source),
            _literal(target),
            values,
            engine_name=warm_engine.register(),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            **options,
        )
    except PapermillExecutionError as failure:
        return failure
    except NotStarted as error:
        raise _error(
            NotebookNotStarted,
            source,
            f"Тетрадь {source.name} не запустилась: {error}. Ничего не выполнено. "
            "Что сделать: закройте лишние программы и повторите команду; если не помогло, "
            "проверьте окружение командой make doctor.",
        ) from error
    return None


def _literal(path: Path) -> str:
    # papermill formats its paths with the parameters.
    return str(path).replace("{", "{{").replace("}", "}}")


def _notes(source: Path, reason: str | None) -> tuple[str, ...]:
    if reason is None:
        return ()
    return (f"{source.name}: быстрый запуск недоступен ({reason}), тетрадь выполнена обычным ядром Jupyter",)


def _error(kind: type[NotebookError], source: Path, message: str) -> NotebookError:
    error = kind(message)
    error.notebook = source.name
    return error


# ---------------------------------------------------------------------------------------------------------
# Parameters


def _read(source: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(source, as_version=4)
    except FileNotFoundError:
        raise _error(NotebookError, source, f"Тетрадь {source.name} не найдена: {source}.") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise _error(
            NotebookError, source, f"Тетрадь {source.name} не читается: {reason}. Восстановите файл."
        ) from None


def _assigned_names(code: str, source: Path) -> list[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise _error(
            NotebookError,
            source,
            f"Тетрадь {source.name}: в ячейке параметров ошибка в строке {error.lineno}: {error.msg}. "
            "В этой ячейке должны стоять только присваивания вида имя = значение.",
        ) from None
    targets: list[ast.expr] = []
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets += statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets.append(statement.target)
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _check_parameters(source: Path, values: Mapping[str, Any]) -> None:
    known = parameter_names(source)
    unknown = [name for name in values if name not in known]
    if not unknown:
        return
    name = unknown[0]
    alike = difflib.get_close_matches(name, known, n=1)
    hint = f" Возможно, имелся в виду «{alike[0]}»." if alike else ""
    listed = ", ".join(f"«{one}»" for one in known)
    knows = f"Известные параметры: {listed}." if known else "В ней нет ячейки с меткой parameters."
    raise _error(NotebookError, source, f"Тетрадь {source.name} не знает параметра «{name}».{hint} {knows}")


def _plain_parameters(source: Path, parameters: Mapping[str, Any], cwd: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Parameters as values that can stand in a cell, and how to show the absolute paths among them."""
    shown: dict[str, str] = {}

    def plain(name: str, value: Any) -> Any:
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, str):
            if Path(value).is_absolute() and Path(value) != cwd:
                shown[value] = f"…/{Path(value).name}"
            return value
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, datetime.date | datetime.time):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {str(key): plain(name, item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(name, item) for item in value]
        kind = type(value).__name__
        raise _error(
            NotebookError,
            source,
            f"Тетрадь {source.name}: значение параметра «{name}» имеет тип {kind}, "
            "его нельзя записать в ячейку. Передайте число, строку, дату, путь, список или словарь.",
        )

    return {name: plain(name, value) for name, value in parameters.items()}, shown


# ---------------------------------------------------------------------------------------------------------
# Failures

_ADVICE = {
    "NotebookTimeout": "проверьте, нет ли в ячейке бесконечного цикла, или увеличьте время выполнения",
    "NotebookDied": "проверьте, хватает ли памяти, и повторите с JOBS=1",
    "ModuleNotFoundError": "обновите окружение: удалите папку .venv и повторите команду make",
    "FileNotFoundError": "проверьте, что предыдущие этапы выполнены и файл на месте, и повторите команду",
}
_NO_ROOM = "освободите место на диске и повторите команду"
_USUAL_ADVICE = "откройте тетрадь на этой ячейке (make lab), исправьте данные или код и повторите команду"


def _describe(notebook: nbformat.NotebookNode, failure: Any, source: Path, output: Path) -> NotebookError:
    """What failed, where and what to do, numbered as in the source notebook."""
    cell = notebook.cells[failure.cell_index]
    number, where = _place(notebook, failure.cell_index)
    text = re.sub(r"\s+", " ", str(failure.evalue)).strip().rstrip(".")
    cause = f"{failure.ename}: {text}" if text else failure.ename
    advice = _NO_ROOM if f"[Errno {errno.ENOSPC}]" in text else _ADVICE.get(failure.ename, _USUAL_ADVICE)
    error = _error(
        NotebookError,
        source,
        f"Тетрадь {source.name}, {where}{_label(cell)}: {cause}. "
        f"Что сделать: {advice}. Выполненная часть с описанием ошибки: {output}",
    )
    error.cell, error.output = number, output
    return error


def _place(notebook: nbformat.NotebookNode, index: int) -> tuple[int, str]:
    before = [INJECTED in cell.metadata.get("tags", ()) for cell in notebook.cells[: index + 1]]
    number = before.count(False)
    return number, "ячейка переданных параметров" if before[-1] else f"ячейка {number}"


def _label(cell: nbformat.NotebookNode) -> str:
    tags = [tag for tag in cell.metadata.get("tags", ()) if tag != INJECTED]
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    label = tags[0] if tags else lines[0][:_FIRST_LINE_LENGTH]
    return f" («{label}»)"


def _mark_failure(notebook: nbformat.NotebookNode, index: int) -> None:
    """Say at the top and before the failed cell what happened; papermill removes such cells when it runs again."""
    _number, where = _place(notebook, index)
    for position, text in (
        (index, "**Ошибка в следующей ячейке**"),
        (0, f"**Выполнение остановлено: {where}**"),
    ):
        mark = nbformat.v4.new_markdown_cell(text)
        mark.metadata["tags"] = [ERROR_MARK]
        notebook.cells.insert(position, mark)
