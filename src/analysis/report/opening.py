"""What a report notebook opens: the tables of a period under the rules of one edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from analysis.measures.disclosure import of_other_schools, protect
from analysis.params.project import PeriodOverrides
from analysis.params.roadmap import Roadmap
from analysis.periods import Period
from analysis.settings import Settings
from analysis.tablestore import load_tables
from analysis.workspace import RequestError, workspace_of_notebook

Edition = Literal["working", "meeting", "public", "card"]
#: Beside a notebook that a command runs: the one report that it may open, under the edition's rules already.
PREPARED_FILE = ".orientir.report"
#: What a card may show: the own school's rows (and the own group's medians) of these tables; None is every column.
#: A correction by one school rebuilds the cards in which something of this has changed, and no other.
CARD_TABLES: Mapping[str, tuple[str, ...] | None] = {
    "schools": None,
    "submissions": None,
    "findings": None,
    "indicators": None,
    "changes": ("level", "unit_id", "period", "baseline", "indicator", "baseline_value", "change", "suppressed"),
    # The interval of the score rests on draws that all schools share, and is in no card.
    "rankings": (
        *("school_id", "group", "period", "n_valid", "score", "rank", "rank_low", "rank_high", "attainment_level"),
        *("ranked", "reason", "suppressed"),
    ),
    "group_medians": None,
    "activities": None,
    "recommendations": None,
}
# Which totals and medians a card hides depends on the figures of the own group's schools and on the months before.
_JUDGED_BY = ("indicators", "indicator_history")


@dataclass(frozen=True)
class PeriodReport:
    """Tables of one period as one reader may see them; everything a report shows comes from here."""

    settings: Settings = field(repr=False)
    period: Period
    baseline: Period
    edition: Edition
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    school: str = ""
    demo: bool = False  # the data are generated, and every page says so

    @property
    def roadmap(self) -> Roadmap:
        """The order and its activities. Raises RequestError when the params have none."""
        if self.settings.roadmap is None:
            raise RequestError("В папке параметров нет roadmap.yaml, а этот раздел отчёта строится по нему.")
        return self.settings.roadmap

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

    def values_of_school(self, school_id: str) -> pd.DataFrame:
        """Rows of ``indicators`` of one school in the period."""
        table = self.tables["indicators"]
        return table[(table["unit_id"] == school_id) & (table["period"] == self.period.key)]

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
    if (prepared := Path.cwd() / PREPARED_FILE).exists():
        return _prepared(prepared, (period, baseline, edition, school))
    from analysis.stages import period_with_data

    space, folder = workspace_of_notebook(data, period)
    settings = space.settings
    parsed = period_with_data(space, period)
    other = settings.parse_period(baseline) if baseline else parsed.year_before()
    return report_of(load_tables(folder / "tables"), settings, parsed, other, edition, school, demo=space.is_demo)


def report_of(
    tables: Mapping[str, pd.DataFrame],
    settings: Settings,
    period: Period,
    baseline: Period,
    edition: Edition,
    school: str = "",
    *,
    demo: bool = False,
    others: Mapping[str, pd.DataFrame] | None = None,
) -> PeriodReport:
    """The report of an edition from the full tables of its period; ``others``: see :func:`protected_tables`."""
    seen = protected_tables(dict(tables), edition, settings, school, others)
    return PeriodReport(settings, period, baseline, edition, seen, school, demo)


def _prepared(path: Path, asked: tuple[str, str, str, str]) -> PeriodReport:
    """The report that was prepared for this notebook, if it asks for no other."""
    from analysis.report.prepared import report_from_bytes

    report = report_from_bytes(path.read_bytes())
    if asked != (report.period.key, report.baseline.key, report.edition, report.school):
        raise RequestError(
            f"Тетрадь запрошена для «{report.edition}» за {report.period.key}, а открывает «{asked[2]}» за {asked[0]}. "
            "Передайте в open_report параметры тетради без изменений."
        )
    return report


def protected_tables(
    tables: dict[str, pd.DataFrame],
    edition: Edition,
    settings: Settings,
    school: str = "",
    others: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, pd.DataFrame]:
    """The tables as the edition's reader may see them.

    others: what :func:`of_others` returns for the same tables, which a card needs; made when it is not given.
    """
    privacy, schools = settings.project.privacy, tables["schools"]
    if edition != "card":
        return dict(protect(tables, edition, privacy, schools=schools, settings=settings).tables)
    own = _rows_of_card(tables, school)
    card = protect(own, edition, privacy, schools=schools, settings=settings, own_school=school or None)
    return _no_more_than(of_others(tables, settings) if others is None else others, _shown_in_card(card.tables, school))


def of_others(tables: Mapping[str, pd.DataFrame], settings: Settings) -> dict[str, pd.DataFrame]:
    """What cards may say that rests on other schools' figures; the same for all cards of a period."""
    return of_other_schools(tables, settings.project.privacy, schools=tables["schools"], settings=settings)


def _no_more_than(others: Mapping[str, pd.DataFrame], card: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The card's tables without medians and places that would tell about another school."""
    medians = others["group_medians"].set_index(["group", "indicator"])["median"]
    if len(card["group_medians"]):
        shown = card["group_medians"]
        kept = medians.reindex(pd.MultiIndex.from_frame(shown[["group", "indicator"]])).notna().to_numpy()
        card["group_medians"] = shown.assign(median=shown["median"].where(kept))
    own = card["rankings"].drop(columns=["rank_low", "rank_high"])
    own = own.merge(others["places"], on=["school_id", "period"], how="left")
    certain = own["place_low"].eq(own["place_high"])
    return card | {"rankings": own.assign(rank=own["rank"].where(certain))}


def _rows_of_card(tables: Mapping[str, pd.DataFrame], school: str) -> dict[str, pd.DataFrame]:
    """The tables of a card before protection: only those that judge totals and medians keep other schools' rows."""
    wanted = {name: frame for name, frame in tables.items() if name in CARD_TABLES}
    # The whole rankings tell which period is reported, for a school that is not among them too.
    own = {name: frame if name == "rankings" else _own(frame, school) for name, frame in wanted.items()}
    return own | {name: _of_group(tables[name], tables["schools"], school) for name in _JUDGED_BY if name in tables}


def _of_group(frame: pd.DataFrame, schools: pd.DataFrame, school: str) -> pd.DataFrame:
    """The totals and the schools of one school's group."""
    if frame.empty:
        return frame
    group = schools.loc[schools["school_id"] == school, "group"]
    members = schools.loc[schools["group"].isin(group), "school_id"]
    return frame[(frame["level"] != "school") | frame["unit_id"].isin(members)]


def _shown_in_card(tables: Mapping[str, pd.DataFrame], school: str) -> dict[str, pd.DataFrame]:
    shown = {name: _own(tables[name], school) for name in CARD_TABLES if name in tables}
    for name, columns in CARD_TABLES.items():
        if columns is not None and name in shown:
            shown[name] = shown[name][[column for column in columns if column in shown[name].columns]]
    return {name: frame.reset_index(drop=True) for name, frame in shown.items()}


def _own(frame: pd.DataFrame, school: str) -> pd.DataFrame:
    """The rows of one school where rows are of schools; other tables as the edition has them."""
    if "level" in frame.columns:
        return frame[(frame["level"] == "school") & (frame["unit_id"] == school)]
    return frame[frame["school_id"] == school] if "school_id" in frame.columns else frame
