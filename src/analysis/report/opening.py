"""What a report notebook opens: the tables of a period under the rules of one edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, get_args

import pandas as pd

from analysis.measures.disclosure import protect
from analysis.params.project import PeriodOverrides
from analysis.params.roadmap import Roadmap
from analysis.periods import Period
from analysis.settings import Settings
from analysis.tablestore import load_tables
from analysis.workspace import RequestError, Workspace, workspace_of_notebook

Edition = Literal["working", "meeting", "public", "card"]


@dataclass(frozen=True)
class PeriodReport:
    """Tables of one period as one reader may see them; everything a report shows comes from here."""

    space: Workspace
    period: Period
    baseline: Period
    edition: Edition
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    school: str = ""

    @property
    def settings(self) -> Settings:
        """The validated params."""
        return self.space.settings

    @property
    def roadmap(self) -> Roadmap:
        """The order and its activities. Raises RequestError when the params have none."""
        if self.settings.roadmap is None:
            raise RequestError("В папке параметров нет roadmap.yaml, а этот раздел отчёта строится по нему.")
        return self.settings.roadmap

    @property
    def demo(self) -> bool:
        """True when the data are generated: every page says so."""
        return self.space.is_demo

    @property
    def overrides(self) -> PeriodOverrides:
        """What the analyst wrote for this period."""
        return self.settings.for_period(self.period)

    @property
    def date(self) -> date:
        """The report's date: from params, else the cut-off in force."""
        return self.overrides.report_date or self.period.due

    @cached_property
    def school_names(self) -> dict[str, str]:
        """Display name by school id."""
        schools = self.tables["schools"]
        return dict(zip(schools["school_id"], schools["name"], strict=True))

    @cached_property
    def group_labels(self) -> dict[str, str]:
        """«А. Гимназии и лицеи» by group code."""
        return {group.code: f"{group.code}. {group.label}" for group in self.settings.project.groups}

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A table by its name: ``report.indicators``, ``report.rankings`` …"""
        tables = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError(f"{name!r}; tables: {', '.join(tables)}")

    def values(self, level: str, period: Period | None = None) -> pd.DataFrame:
        """Rows of ``indicators`` for one level of the period (or of the baseline), indexed by indicator."""
        table, key = self.tables["indicators"], (period or self.period).key
        rows = table[(table["level"] == level) & (table["period"] == key)]
        return rows.set_index("indicator", drop=False)

    def submissions_of_period(self) -> pd.DataFrame:
        """One row per school: how it reported for the period's cut-off."""
        table = self.tables["submissions"]
        return table[table["period"] == self.period.key]


def open_report(
    period: str, baseline: str = "", data: str = "", edition: Edition = "working", school: str = ""
) -> PeriodReport:
    """Load a period's tables and apply the edition's disclosure rules before anything can be shown.

    Raises TableError when the tables were not built, RequestError for an unknown edition.
    """
    if edition not in get_args(Edition):
        raise RequestError(f"Редакция «{edition}» неизвестна. Допустимы: {', '.join(get_args(Edition))}.")
    space, folder = workspace_of_notebook(data, period)
    settings = space.settings
    parsed = settings.parse_period(period)
    other = settings.parse_period(baseline) if baseline else parsed.year_before()
    tables = protected_tables(load_tables(folder / "tables"), edition, settings, school)
    return PeriodReport(space, parsed, other, edition, tables, school)


def protected_tables(
    tables: dict[str, pd.DataFrame], edition: Edition, settings: Settings, school: str = ""
) -> dict[str, pd.DataFrame]:
    """The tables as the edition's reader may see them."""
    result = protect(
        tables,
        edition,
        settings.project.privacy,
        schools=tables["schools"],
        settings=settings,
        own_school=school or None,
    )
    return dict(result.tables)
