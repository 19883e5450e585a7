"""``project.yaml`` and ``periods/*.yaml``: the institution, rules of analysis, and what differs for a period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from analysis.params.strict import Strict
from analysis.periods import PeriodRules


def _month_day(value: object) -> object:
    if isinstance(value, str) and value.count("-") == 1:
        return tuple(int(part) for part in value.split("-"))
    return value


class Institution(Strict):
    """Who issues the reports: names as printed in headers and signatures."""

    founder: str
    name: str
    short_name: str
    department: str
    city: str
    city_genitive: str
    director_position: str
    director_name: str
    executor_position: str = ""
    executor_name: str = ""


class PeriodParams(Strict):
    """How windows and cut-offs are drawn."""

    month_starts_on: int = Field(21, ge=1, le=28)
    due_day: int = Field(20, ge=1, le=28)
    year_state_date: Annotated[tuple[int, int], BeforeValidator(_month_day)] = (7, 1)
    first_month: str = "2021-07"
    last_year: int = 2025
    move_from_days_off: bool = True
    holidays_country: str = "RU"

    def rules(self) -> PeriodRules:
        return PeriodRules(**self.model_dump())


class Group(Strict):
    """A group of schools compared with each other; ``indicators`` None means all apply."""

    code: str
    name: str
    short_name: str = ""
    indicators: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        return self.short_name or self.name


class Privacy(Strict):
    """Thresholds of disclosure control."""

    min_count: int = Field(5, ge=2)
    min_denominator: int = Field(10, ge=1)
    meeting_places: bool = True


class ScoreLevel(Strict):
    """A named level of attainment from a score (percent of target) upwards."""

    code: str
    name: str
    from_score: float


class Scoring(Strict):
    """What enters the headline score, and the fixed thresholds of its levels."""

    min_denominator: int = 10
    min_valid_share: float = Field(0.8, ge=0, le=1)
    weights: Mapping[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    levels: tuple[ScoreLevel, ...]


#: The methods of statsmodels' ``multipletests``.
Correction = Literal[
    "bonferroni", "sidak", "holm", "holm-sidak", "simes-hochberg", "hommel", "fdr_bh", "fdr_by", "fdr_tsbh", "fdr_tsbky"
]


class Tests(Strict):
    """Settings of intervals and tests; every report prints them."""

    confidence: float = Field(0.95, gt=0.5, lt=1)
    alpha: float = Field(0.05, gt=0, lt=0.5)
    multiplicity: Correction = "holm"
    screening: Correction = "fdr_bh"
    min_pairs: int = Field(6, ge=2)
    permutations: int = Field(9999, ge=99)
    bootstrap: int = Field(2000, ge=100)
    seed: int = Field(49, ge=0)


class Break(Strict):
    """An outside event marked on run charts; month keys."""

    first: str = Field(alias="from")
    last: str | None = Field(None, alias="to")
    name: str


class DecisionRules(Strict):
    """When a gap calls for a recommendation, and its term."""

    gap_points: float = 5
    max_recommendations: int = 3
    due_after_days: int = 90


class Titles(Strict):
    """Titles of the documents; the name of the city follows them, of the card the period."""

    monthly: str = "Сводка мониторинга профессионального самоопределения обучающихся"
    interim: str = (
        "Промежуточная информация об итогах мониторинга системы профессионального самоопределения обучающихся"
    )
    final: str = "Итоговая информация об итогах мониторинга системы профессионального самоопределения обучающихся"
    roadmap: str = "Итоги реализации «дорожной карты» профессионального самоопределения обучающихся"
    card: str = "Карта школы"


class Project(Strict):
    """The whole of ``project.yaml``."""

    data: str
    institution: Institution
    hours_from_utc: int = Field(3, ge=-12, le=14)
    periods: PeriodParams = PeriodParams()
    titles: Titles = Titles()
    groups: tuple[Group, ...]
    privacy: Privacy = Privacy()
    scoring: Scoring
    tests: Tests = Tests()
    breaks: tuple[Break, ...] = ()
    decisions: DecisionRules = DecisionRules()


class PeriodOverrides(Strict):
    """What differs for one period: date of the report, texts the analyst adds or puts in place."""

    report_date: date | None = None
    meeting_date: date | None = None
    notes: tuple[str, ...] = ()
    conclusions: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    decisions_replace: bool = False
    recommendations: tuple[str, ...] = ()
    recommendations_replace: bool = False
    best_practices: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
