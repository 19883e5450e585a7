"""Outputs are built beside their place and moved there whole: a reader sees the old report or the new one."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from analysis import begun
from analysis.files import reason_of
from analysis.incremental import Memory, key_of
from analysis.report.manifest import Inputs, code_digest, digests, package_versions
from analysis.requests import ReportRequest
from analysis.superseded import keep_superseded
from analysis.workspace import RequestError, Workspace, write_context


def check_writable(target: Path) -> None:
    """Raise RequestError when the reports folder cannot be written to; leaves nothing behind."""
    parent = _nearest_existing(target.parent)
    try:
        with tempfile.TemporaryDirectory(dir=parent, prefix=".orientir-"):
            pass
    except OSError as error:
        raise RequestError(
            f"В папку {target.parent} нельзя писать ({reason_of(error)}). Укажите другую через OUT= или --out."
        ) from None


def check_alone(target: Path) -> None:
    """Raise RequestError when another run is making the same report; leaves nothing behind."""
    if _lock(target).exists():
        _locked(target).release()


def _lock(target: Path) -> Path:
    return target.with_name(f".lock-{target.name}")


def _locked(target: Path) -> FileLock:
    """The lock on a report, held; the system frees it when its process ends, however that comes about."""
    lock = FileLock(_lock(target), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RequestError(
            f"Отчёт за {target.name} сейчас делает другой запуск этой команды. Дождитесь его конца и повторите."
        ) from None
    return lock


def is_tidy(target: Path) -> bool:
    """Whether nothing of a run that was stopped or is at work stands beside a report."""
    return not any(target.with_name(f".{target.name}.{end}").exists() for end in ("building", "slices", "begun", "old"))


def _put_back(target: Path) -> None:
    """Undo what a run that was stopped while it exchanged two reports had begun: the old one is in place again."""
    old = _old(target)
    if old.exists() and not target.exists():
        old.replace(target)


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def swap_in(folder: Path, target: Path) -> None:
    """Put a finished folder in the place of the one that is there."""
    old = _old(target)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    folder.replace(target)
    shutil.rmtree(old, ignore_errors=True)


class BuildFolder:
    """A scratch sibling of the period's folder; ``accept`` makes it the report, otherwise it vanishes.

    Failed notebooks, and when a stage or a report fails all executed ones, are kept in ``<period>.failed`` for a look.
    What a run that was stopped or killed had finished is kept aside, and the next run takes it over.
    Raises RequestError when another run is at the same report.
    """

    def __init__(self, request: ReportRequest, inputs: Inputs) -> None:
        """``inputs`` are those of the request, taken before intake read them."""
        self.request, self.space = request, request.space
        self.inputs = with_register(inputs, request.space)
        self.target = request.space.report_folder(request.period)
        self.folder = self.target.with_name(f".{self.target.name}.building")
        self.scratch = self.target.with_name(f".{self.target.name}.slices")
        self.stopped = self.target.with_name(f".{self.target.name}.begun")
        self.failed = self.target.with_name(f"{self.target.name}.failed")
        self.tables = self.folder / "tables"
        self.notebooks = self.folder / "notebooks"
        self._accepted = False
        self._alone = ExitStack()

    def __enter__(self) -> BuildFolder:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._alone.callback(_locked(self.target).release)
        with ExitStack() as on_failure:
            on_failure.push(self._alone)
            on_failure.callback(self._clear)
            self._prepare()
            on_failure.pop_all()
        return self

    def _prepare(self) -> None:
        _put_back(self.target)
        if self.folder.exists():
            begun.keep_finished(self.folder, self.stopped)
        self._clear()
        shutil.rmtree(self.failed, ignore_errors=True)
        for folder in (self.tables, self.notebooks, self.scratch):
            folder.mkdir(parents=True)
        self.memory = Memory(self.target, self.folder, self.request.force, self.stopped)
        self._context = write_context(self.folder, self.space, self.folder)

    def _clear(self) -> None:
        for folder in (self.folder, self.scratch):
            shutil.rmtree(folder, ignore_errors=True)

    def key(self, *parts: object) -> str:
        """The hash of one output's own inputs, together with what every output is made from."""
        common = (self.inputs.packages, self.inputs.code, self.inputs.files["params"], self.space.is_demo)
        return key_of(*common, self.request.parameters() | {"schools": ""}, *parts)

    def keep_failed(self, name: str, notebook: bytes) -> None:
        """Put a failed notebook where its message says it is."""
        self.failed.mkdir(exist_ok=True)
        (self.failed / name).write_bytes(notebook)

    def kept_as(self, notebook: str) -> Path:
        """Where a notebook is kept if it fails."""
        return self.failed / notebook

    def accept(self) -> None:
        """Put the finished folder in the place of the old one, which is kept when corrections have overtaken it."""
        for path in (self._context, self.folder / begun.JOURNAL):
            path.unlink(missing_ok=True)
        keep_superseded(self.target, self.folder)
        swap_in(self.folder, self.target)
        self._accepted = True
        shutil.rmtree(self.stopped, ignore_errors=True)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._alone:
            shutil.rmtree(self.scratch, ignore_errors=True)
            if self._accepted:
                return
            _put_back(self.target)
            # Where the disk is full nothing can be kept, and the more the folder has to go.
            with suppress(OSError):
                if isinstance(error, KeyboardInterrupt):
                    begun.keep_finished(self.folder, self.stopped)
                elif isinstance(error, Exception):
                    self._keep_notebooks()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _keep_notebooks(self) -> None:
        for path in sorted(self.notebooks.glob("*.ipynb")):
            if not (self.failed / path.name).exists():
                self.keep_failed(path.name, path.read_bytes())


def report_inputs(request: ReportRequest) -> Inputs:
    """What a report is made from.

    To be taken before intake: a form that comes while intake reads is then found new by the next run.
    """
    space, notebooks = request.space, notebooks_folder(request.space)
    data_files = list(space.data.glob("*.csv"))
    data_files += [path for name in ("inbox", "imports") for path in (space.data / name).rglob("*")]
    files = {
        "params": digests(space.params, space.params.rglob("*.yaml")),
        "data": digests(space.data, data_files),
        "notebooks": digests(notebooks, notebooks.glob("*.ipynb")),
    }
    return Inputs(request.parameters(), package_versions(), code_digest(), files)


def with_register(inputs: Inputs, space: Workspace) -> Inputs:
    """The same inputs with the register as intake left it."""
    register = digests(space.data, [space.data / "register.csv"])
    data = dict(sorted({**inputs.files["data"], **register}.items()))
    return dataclasses.replace(inputs, files={**inputs.files, "data": data})


def notebooks_folder(space: Workspace) -> Path:
    """The notebooks beside the params folder, else those of this package's checkout."""
    beside = space.params.parent / "notebooks"
    return beside if beside.is_dir() else Path(__file__).resolve().parents[2] / "notebooks"
