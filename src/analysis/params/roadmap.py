"""``roadmap.yaml``: the order, its clauses and deadlines, and the activities."""

from __future__ import annotations

import datetime
from typing import Literal

from analysis.params.strict import Strict


class OrderBasis(Strict):
    """The order that this one rests on."""

    issuer: str
    issuer_genitive: str = ""
    date: datetime.date
    number: str
    title: str


class Order(Strict):
    """The order that approved the roadmap."""

    issuer: str
    kind: str
    date: datetime.date
    number: str
    title: str
    annex_date_source: str = ""
    kind_genitive: str = "приказа"
    information_clauses: str = ""  # «п. 2.5, 3.2»: which of its clauses ask for the reports
    plan_clause: str = ""  # «п. 2.2»: which asks schools for a plan of measures
    basis: OrderBasis | None = None


class Clause(Strict):
    """One clause of the order, verbatim."""

    number: str
    text_source: str
    addressee: str
    due: str = ""


class Activity(Strict):
    """One row of the roadmap; ``*_source`` verbatim, the rest as reports print it."""

    code: str
    name_source: str
    name: str
    short_name: str
    executors_source: str
    executors: tuple[str, ...]
    due_source: str
    due: str
    reported_by_schools: bool
    centre_log: bool = False
    remark: str = ""
    reported_in: Literal["any", "december"] = "any"

    @property
    def label(self) -> str:
        """«2.3. Профориентационное тестирование»: as tables name it."""
        return f"{self.code}. {self.short_name}"


class Section(Strict):
    """A section of the roadmap with its activities."""

    number: int
    title: str
    activities: tuple[Activity, ...]


class Deadlines(Strict):
    """Reporting deadlines as the order states them; ``MM-DD``."""

    month_day: int
    half_year: tuple[str, ...]
    year: str
    year_state_date: str


class Assumption(Strict):
    """How something that the order leaves open is treated, and the kinds of report it bears on (all when empty)."""

    text: str
    reports: tuple[Literal["month", "half", "year", "roadmap"], ...] = ()


class Roadmap(Strict):
    """The whole of ``roadmap.yaml``."""

    title: str
    title_source: str
    short_title: str
    first_year: int
    last_year: int
    order: Order
    clauses: tuple[Clause, ...]
    deadlines: Deadlines
    assumptions: tuple[str | Assumption, ...] = ()
    sections: tuple[Section, ...]

    @property
    def activities(self) -> tuple[Activity, ...]:
        return tuple(activity for section in self.sections for activity in section.activities)

    def assumptions_for(self, kind: str) -> tuple[str, ...]:
        """What is assumed in reports of one kind."""
        given = [Assumption(text=one) if isinstance(one, str) else one for one in self.assumptions]
        return tuple(one.text for one in given if not one.reports or kind in one.reports)
