"""Where things lie: the params folder, a data folder, and the reports of a period."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.periods import Period
from analysis.settings import Settings, load_settings

CONTEXT_FILE = ".orientir.json"
DEMO_MARK = "DEMO"
DEMO_NAME = "demo"
OWN_PARAMS = "params"  # a folder inside a data folder: the params of its authority


class RequestError(ValueError):
    """What was asked for cannot be done; the Russian message says why and what to do. Nothing was written."""


@dataclass(frozen=True)
class Workspace:
    """The three folders a command works with."""

    params: Path
    data: Path
    out: Path  # replaces reports/

    @cached_property
    def settings(self) -> Settings:
        """The params folder, read once."""
        return load_settings(self.params)

    @property
    def data_name(self) -> str:
        """The last part of the data folder's path: the folder's name under reports/."""
        return self.data.name

    @property
    def is_demo(self) -> bool:
        """Generated data carry a mark, and so does every page made from them."""
        return (self.data / DEMO_MARK).exists()

    def report_folder(self, period: Period) -> Path:
        """Where the outputs of a period are."""
        return self.out / self.data_name / period.key


def find_root(start: Path | None = None) -> Path:
    """The folder that holds ``params/project.yaml``: from ``start`` upwards, else the checkout of this package."""
    start = (start or Path.cwd()).resolve()
    candidates = (start, *start.parents, Path(__file__).resolve().parents[2])
    for folder in candidates:
        if (folder / "params" / "project.yaml").exists():
            return folder
    raise RequestError(
        f"В папке {start} и выше нет params/project.yaml. Перейдите в папку проекта или укажите --params."
    )


def open_workspace(data: str = "", params: str = "", out: str = "", start: Path | None = None) -> Workspace:
    """Folders from the options of a command; an empty option means the project's default.

    ``data`` is a folder's name under ``data/`` or a path; params that lie in it stand for the project's.
    Raises RequestError, SettingsError.
    """
    params_folder = Path(params).resolve() if params else find_root(start) / "params"
    root = params_folder.parent if not params else _root_or_cwd(start)
    folder = _data_folder(data or load_settings(params_folder).project.data, root)
    if not params and (folder / OWN_PARAMS / "project.yaml").exists():
        params_folder = folder / OWN_PARAMS
    return Workspace(params_folder, folder, Path(out).resolve() if out else root / "reports")


def _root_or_cwd(start: Path | None) -> Path:
    try:
        return find_root(start)
    except RequestError:
        return Path.cwd()


def _data_folder(name: str, root: Path) -> Path:
    """A plain name is a folder under data/; anything with a separator is a path."""
    under_data = root / "data" / name
    is_plain = Path(name).name == name and name not in (".", "..")
    if is_plain and (under_data.is_dir() or not Path(name).is_dir()):
        return under_data
    return Path(name).resolve()


def write_context(folder: Path, space: Workspace, report_folder: Path) -> Path:
    """Tell notebooks that run in ``folder`` where the folders are; the caller removes the file."""
    path = folder / CONTEXT_FILE
    places = {"params": space.params, "data": space.data, "out": space.out, "report": report_folder}
    path.write_text(json.dumps({key: str(value) for key, value in places.items()}), encoding="utf-8")
    return path


def drafts_of_notebook(space: Workspace, period: Period) -> Path | None:
    """Where a stage that is run by hand in JupyterLab leaves its tables: a finished report is never changed by it.

    None under a command, whose stages write into the report that is being built.
    """
    if (Path.cwd() / CONTEXT_FILE).exists():
        return None
    return space.out / space.data_name / "explore" / period.key / "tables"


def workspace_of_notebook(data: str, period_key: str) -> tuple[Workspace, Path]:
    """The folders of a running notebook and the period's report folder.

    Under a command the context file in the working folder tells; in JupyterLab the project's defaults apply.
    """
    context = Path.cwd() / CONTEXT_FILE
    if context.exists():
        places = {key: Path(value) for key, value in json.loads(context.read_text("utf-8")).items()}
        return Workspace(places["params"], places["data"], places["out"]), places["report"]
    space = open_workspace(data=data)
    return space, space.report_folder(space.settings.parse_period(period_key))
