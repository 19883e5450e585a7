"""Outputs are built beside their place and moved there whole: a reader sees the old report or the new one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from analysis.report.manifest import digests
from analysis.superseded import keep_superseded
from analysis.workspace import RequestError, Workspace, write_context

if TYPE_CHECKING:
    from analysis.intake.run import IntakeResult


def check_writable(target: Path) -> None:
    """Raise RequestError when the reports folder cannot be written to; leaves nothing behind."""
    parent = _nearest_existing(target.parent)
    try:
        with tempfile.TemporaryDirectory(dir=parent, prefix=".orientir-"):
            pass
    except OSError as error:
        raise RequestError(
            f"В папку {target.parent} нельзя писать ({error.strerror}). Укажите другую через OUT= или --out."
        ) from None


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


class BuildFolder:
    """A scratch sibling of the period's folder; ``accept`` makes it the report, otherwise it vanishes.

    When a notebook fails, the executed notebooks are kept in ``<period>.failed`` for a look.
    """

    def __init__(self, space: Workspace, target: Path) -> None:
        """``target`` is the period's report folder."""
        self.space, self.target = space, target
        self.folder = target.with_name(f".{target.name}.building")
        self.tables = self.folder / "tables"
        self.notebooks = self.folder / "notebooks"
        self._accepted = False

    def __enter__(self) -> BuildFolder:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tables.mkdir(parents=True)
        self.notebooks.mkdir()
        self._context = write_context(self.folder, self.space, self.folder)
        return self

    def accept(self) -> None:
        """Put the finished folder in the place of the old one, which is kept when corrections have overtaken it."""
        self._context.unlink()
        keep_superseded(self.target, self.folder)
        old = self.target.with_name(f".{self.target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.target.exists():
            Path(self.target).replace(old)
        Path(self.folder).replace(self.target)
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(self._failed(), ignore_errors=True)
        self._accepted = True

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._accepted:
            return
        if self.notebooks.is_dir() and any(self.notebooks.iterdir()):
            shutil.rmtree(self._failed(), ignore_errors=True)
            Path(self.notebooks).replace(self._failed())
        shutil.rmtree(self.folder, ignore_errors=True)

    def _failed(self) -> Path:
        return self.target.with_name(f"{self.target.name}.failed")

    def inputs(self, accepted: IntakeResult) -> dict[str, dict[str, str]]:
        """Digests of everything the report was made from."""
        space = self.space
        data_files = [path for path in space.data.glob("*.csv") if path.name != "register.csv"]
        data_files += [path for name in ("inbox", "imports") for path in (space.data / name).rglob("*")]
        notebooks = notebooks_folder(space)
        return {
            "params": digests(space.params, space.params.rglob("*.yaml")),
            "data": digests(space.data, data_files),
            "notebooks": digests(notebooks, notebooks.glob("*.ipynb")),
        }


def notebooks_folder(space: Workspace) -> Path:
    """The notebooks beside the params folder, else those of this package's checkout."""
    beside = space.params.parent / "notebooks"
    return beside if beside.is_dir() else Path(__file__).resolve().parents[2] / "notebooks"
