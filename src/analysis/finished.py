"""A finished period for Python: ``analysis.load("2022H1")`` gives its tables as frames and draws its charts.

Everything is the working edition: nothing is hidden, so nothing of it goes out of the house as it is.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.dictionary import contract_columns, table_dictionary
from analysis.finished_plots import Plots
from analysis.periods import Period
from analysis.report.manifest import read_manifest
from analysis.report.opening import PeriodReport, report_of
from analysis.tablestore import HELPERS, load_table
from analysis.workspace import RequestError, Workspace, open_workspace


class FinishedPeriod:
    """The tables of a finished period, each read when it is first asked for; what a column means: ``columns(name)``.

    ``indicators, rankings, changes …`` are the tables of docs/tables.md, all of the working edition.
    """

    def __init__(self, space: Workspace, period: Period, baseline: Period) -> None:
        """See :func:`analysis.load`."""
        self.space, self.period, self.baseline = space, period, baseline
        self.folder = space.report_folder(period)
        self._frames: dict[str, pd.DataFrame] = {}

    def __repr__(self) -> str:
        return f"<{self.period.title()} – {self.folder}; таблицы: {', '.join(self.tables)}>"

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the documented tables."""
        return tuple(table_dictionary())

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables]

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in (*table_dictionary(), *HELPERS):
            raise AttributeError(f"Таблицы «{name}» нет. Есть: {', '.join(table_dictionary())}.")
        return self.table(name)

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name. Raises RequestError when it is not there, is damaged or lacks a documented column."""
        if name not in self._frames:
            self._frames[name] = self._read(name)
        return self._frames[name]

    def _read(self, name: str) -> pd.DataFrame:
        what = f"Таблица {name} за {self.period.key}"
        advice = f"Выполните ещё раз: make report PERIOD={self.period.key} (analysis report {self.period.key})."
        try:
            frame = load_table(self.folder / "tables", name)
        except Exception as error:  # a damaged file can make pyarrow raise anything
            there = (self.folder / "tables" / f"{name}.parquet").exists()
            raise RequestError(f"{what} не читается: файл {'повреждён' if there else 'пропал'}. {advice}") from error
        columns = contract_columns(name) if name in self.tables else ()
        if lacking := [column for column in columns if column not in frame.columns]:
            raise RequestError(f"{what} другой версии: нет столбца {lacking[0]}. {advice}")
        return frame

    def columns(self, name: str) -> pd.DataFrame:
        """What the columns of a table mean: ``column, header, kind, meaning``, in the order of the table."""
        if name not in self.tables:
            raise RequestError(f"Таблицы «{name}» нет. Есть: {', '.join(self.tables)}.")
        entries = table_dictionary()[name].columns
        rows = [(entry.name, entry.header, entry.kind, entry.meaning) for entry in entries]
        return pd.DataFrame(rows, columns=["column", "header", "kind", "meaning"])

    @cached_property
    def report(self) -> PeriodReport:
        """All tables with the params, as the working edition's notebook opens them."""
        everything = {name: self.table(name) for name in (*self.tables, *HELPERS)}
        return report_of(
            everything, self.space.settings, self.period, self.baseline, "working", demo=self.space.is_demo
        )

    @property
    def plot(self) -> Plots:
        """The charts of the reports for this period."""
        return Plots(self.report, self.space)


def open_finished(key: str, data: str = "", *, params: str = "", out: str = "") -> FinishedPeriod:
    """See :func:`analysis.load`."""
    return finished_in(open_workspace(data=data, params=params, out=out), key)


def finished_in(space: Workspace, key: str) -> FinishedPeriod:
    """A finished period of a workspace. Raises RequestError when its report has not been made."""
    period = space.settings.parse_period(key)
    folder = space.report_folder(period)
    if not (folder / "tables").is_dir():
        made = f" Готовы: {', '.join(keys)}." if (keys := made_periods(space)) else ""
        raise RequestError(
            f"Отчёта за {period.key} нет в папке {folder.parent}. "
            f"Выполните make report PERIOD={period.key} (analysis report {period.key}).{made}"
        )
    known = FinishedPeriod(space, period, period).indicators["period"].unique() if period.kind == "roadmap" else ()
    period = period.known_through(known)
    return FinishedPeriod(space, period, made_baseline(space, period))


def made_periods(space: Workspace) -> list[str]:
    """Keys of the periods whose report has been made, oldest first."""
    folder: Path = space.out / space.data_name
    return sorted(path.parent.parent.name for path in folder.glob("[0-9]*/tables/indicators.parquet"))


def made_baseline(space: Workspace, period: Period) -> Period:
    """The period that the report compares with: as its manifest says, else a year before."""
    parameters = read_manifest(space.report_folder(period)).get("parameters", {})
    key = parameters.get("baseline", "") if isinstance(parameters, dict) else ""
    return space.settings.parse_period(key) if key else period.year_before()
