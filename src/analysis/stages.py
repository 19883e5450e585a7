"""What a stage notebook opens: the period, its baseline, the accepted data, and the tables made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.intake.book import Unreadable
from analysis.intake.delimited import decode, delimiter_of
from analysis.intake.inbox import parse_moment
from analysis.intake.run import load_accepted
from analysis.periods import Period, month_period, parse_period
from analysis.settings import Settings
from analysis.tablestore import load_table, save_table
from analysis.workspace import RequestError, Workspace, drafts_of_notebook, workspace_of_notebook

MEASURES = "measures.csv"
DAYS = ("date", "due", "from", "to")  # columns of hand-kept lists that hold a day


@dataclass(frozen=True)
class Stage:
    """One period being computed; ``save`` writes tables that the next stages and the reports read.

    Run by hand in JupyterLab, a stage saves ``drafts`` instead, and the next stages take those that are newer than the
    report's tables.
    """

    space: Workspace
    period: Period
    baseline: Period
    tables: Path
    drafts: Path | None = None
    _loaded: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def settings(self) -> Settings:
        """The validated params."""
        return self.space.settings

    def save(self, **frames: pd.DataFrame) -> str | None:
        """Write frames as ``tables/<name>.parquet``; of drafts a sentence says where they are."""
        for name, frame in frames.items():
            save_table(self.drafts or self.tables, name, frame)
        if self.drafts is None:
            return None
        return f"Черновик: {self.drafts}. Готовый отчёт не изменён; его собирает make report PERIOD={self.period.key}."

    def load(self, name: str) -> pd.DataFrame:
        """A table made by an earlier stage. Raises TableError when it was not made yet."""
        if name not in self._loaded:
            self._loaded[name] = load_table(self._newest(name), name)
        return self._loaded[name]

    def _newest(self, name: str) -> Path:
        """The folder whose table of this name was written last; the report's when neither is there."""
        folders = [self.tables, *([self.drafts] if self.drafts else [])]
        found = [folder for folder in folders if (folder / f"{name}.parquet").exists()]
        return max(found, key=lambda folder: (folder / f"{name}.parquet").stat().st_mtime, default=self.tables)

    def history_months(self) -> tuple[Period, ...]:
        """The periods of the city's history."""
        return history_months(self.baseline, self.period)

    def other_periods(self) -> tuple[Period, ...]:
        """Periods of other reports, see :func:`other_periods`."""
        return other_periods(self.baseline, self.period)


def history_months(baseline: Period, period: Period) -> tuple[Period, ...]:
    """Months from the start of the baseline to the end of the period; for the whole roadmap its years."""
    if period.kind == "roadmap":
        years = range(baseline.year, period.calendar_year + 1)
        return tuple(parse_period(str(year), period.rules) for year in years)
    first, last = baseline.months()[0], period.closing_month()
    span = range(first.year * 12 + first.number - 1, last.year * 12 + last.number)
    return tuple(month_period(index // 12, index % 12 + 1, period.rules) for index in span)


def other_periods(baseline: Period, period: Period) -> tuple[Period, ...]:
    """Periods of other reports: those of the history, and what came out in the same years before."""
    history = history_months(baseline, period)
    wanted = {one.key: one for one in history}
    years = history if period.kind == "roadmap" else ()
    for one in (baseline, period.closing_year(), *years):
        year = one.reporting_year()
        before = [part for part in (*year.parts(), *year.months()) if part.end <= one.end]
        wanted |= {part.key: part for part in (*before, one)}
    return tuple(one for key, one in sorted(wanted.items()) if key not in {period.key, baseline.key})


def open_stage(period: str, baseline: str = "", data: str = "") -> Stage:
    """Open a stage for a period key; an empty ``baseline`` is the same period a year before."""
    space, folder = workspace_of_notebook(data, period)
    parsed = period_with_data(space, period)
    other = space.settings.parse_period(baseline) if baseline else parsed.year_before()
    return Stage(space, parsed, other, folder / "tables", drafts_of_notebook(space, parsed))


def period_with_data(space: Workspace, key: str) -> Period:
    """The period of a key; the whole roadmap ends with its last year that has data."""
    period = space.settings.parse_period(key)
    if period.kind != "roadmap":
        return period
    return period.known_through(load_accepted(space.data).observations["period"].unique())


def read_optional(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """A CSV the centre keeps by hand (log, measures, recommendations), all text; empty when there is none.

    ``columns`` maps the file's column names to frame names; further columns are ignored, as are empty lines. Days become
    ISO dates however they are written. The index is the number of the line. UTF-8 or what Excel saves (cp1251,
    semicolons). Raises RequestError naming file, line and column of a day that is none, and for a file that is no table.
    """
    if not path.exists():
        return pd.DataFrame(columns=list(columns.values()), dtype=str)
    frame = _lines(path)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise RequestError(f"{path.name}: нет столбцов {', '.join(missing)}. Нужны: {', '.join(columns)}.")
    days = {name: [_day(path, name, *row) for row in frame[name].items()] for name in DAYS if name in columns}
    return frame.assign(**days).rename(columns=dict(columns))[list(columns.values())]


def _lines(path: Path) -> pd.DataFrame:
    """The filled lines of a CSV as text, indexed by their number."""
    try:
        text = decode(path.read_bytes())
        frame = pd.read_csv(
            StringIO(text), sep=delimiter_of(text), dtype=str, keep_default_na=False, skip_blank_lines=False
        )
    except (Unreadable, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise RequestError(
            f"{path.name}: не читается как таблица ({error}). Сохраните как CSV: первая строка – названия столбцов."
        ) from None
    frame = frame.fillna("").rename(columns=str.strip).map(str.strip)
    frame.index += 2
    return frame[(frame != "").any(axis=1)]


def _day(path: Path, column: str, line: Any, text: str) -> str:
    day = parse_moment(text)[:10]
    if text.strip() and not day:
        raise RequestError(
            f"{path.name}, строка {line}, столбец {column}: «{text[:60]}» – не дата. Нужна вида 2022-06-20 или 20.06.2022."
        )
    return day


def read_measures(stage: Stage) -> pd.DataFrame:
    """The register of measures taken: ``measure, scope, unit_id, indicator, from, to, text``; empty when not kept."""
    return read_measures_of(stage.space.data)


def read_measures_of(data: Path) -> pd.DataFrame:
    """``measures.csv`` of a data folder, see :func:`read_measures`."""
    names = ("measure", "scope", "unit_id", "indicator", "from", "to", "text")
    return read_optional(data / MEASURES, {name: name for name in names})
