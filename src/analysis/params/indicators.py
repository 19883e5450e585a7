"""``indicators.yaml``: measures, indicators and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from analysis.params.strict import Strict
from analysis.periods import Period

COMPUTED_MEASURES = ("ok_forms", "due_forms")  # made from the register, never asked of schools
PUPILS = ("обучающийся", "обучающегося", "обучающихся")
NOUNS = {"count": ("единица", "единицы", "единиц"), "yes_no": ("ответ «да»", "ответа «да»", "ответов «да»")}
Severity = Literal["error", "query", "note"]
ScoreKind = Literal["month", "H1", "H2", "year"]
Sheet = Literal["month", "half", "year"]
Level = Literal["city", "group", "school"]
Word = Annotated[str, Field(min_length=1)]


class Asked(Strict):
    """Where a measure is asked: sheet of the form, and the months whose form has it (all when empty)."""

    sheet: Sheet
    months: tuple[int, ...] = ()

    def includes(self, month: int) -> bool:
        return not self.months or month in self.months


class Measure(Strict):
    """One number a school reports. ``type``: S state, C cumulative since 1 September, F flow."""

    code: str
    name: str
    unit: str
    type: Literal["S", "C", "F"]
    asked: tuple[Asked, ...]
    aliases: tuple[str, ...] = ()

    @property
    def counts_people(self) -> bool:
        return self.unit == "чел."

    @property
    def is_flag(self) -> bool:
        return self.unit == "да/нет"

    def on_sheet(self, sheet: str, month: int) -> bool:
        return any(place.sheet == sheet and place.includes(month) for place in self.asked)


class Indicator(Strict):
    """A value computed from measures: ``scale`` × sum of numerators / denominator (one per school when absent).

    ``noun`` is what the numerator counts: «договор, договора, договоров» (1 договор, нет договора, нет договоров).
    """

    code: str
    name: str
    short_name: str
    clauses: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    numerator: tuple[str, ...]
    denominator: str | None = None
    unit: Literal["percent", "per_100", "yes_no", "count"]
    scale: float = 100
    type: Literal["S", "C", "F"]
    frequency: Literal["month", "half", "year"]
    direction: Literal["up", "down"] = "up"
    informational: bool = False
    levels: tuple[Level, ...] = ("city", "group", "school")
    levels_scored: tuple[Level, ...] = ("city", "group", "school")
    cap: float | None = None
    plausible: tuple[float, float]
    targets: Mapping[int, float] = {}
    shown_in: tuple[ScoreKind, ...]
    scored_in: tuple[ScoreKind, ...] = ()
    year_uses: Literal["H1", "H2"] | None = None
    primary_test: Literal["ratio_change", "permutation"] = "ratio_change"
    family: bool = True
    basis: str = ""
    noun: tuple[Word, Word, Word] | None = None

    def target(self, period: Period) -> float | None:
        return self.targets.get(period.calendar_year)

    def is_scored(self, period: Period, level: Level = "school") -> bool:
        """Is a value of this level judged by the target in this period? A school's then counts in its score."""
        return (
            not self.informational
            and period.score_kind in self.scored_in
            and level in self.levels
            and level in self.levels_scored
            and self.target(period) is not None
        )

    @property
    def label(self) -> str:
        """«П04. Тестирование, 5–11 кл.»: as tables name it."""
        return f"{self.code}. {self.short_name}"

    @property
    def counted(self) -> tuple[str, str, str]:
        """The noun of what is counted: as given, else the usual one of the unit."""
        return self.noun or NOUNS.get(self.unit, PUPILS)

    @property
    def measures(self) -> tuple[str, ...]:
        return self.numerator + ((self.denominator,) if self.denominator else ())


class Check(Strict):
    """A rule between values; ``kind`` names the function of :mod:`analysis.intake.checks` that evaluates it."""

    code: str
    severity: Severity
    kind: Literal[
        "count", "at_most", "monotone", "reconcile", "zero_mismatch", "exact_hundred",
        "same_as_last_month", "jump", "contingent_change", "zero_contingent",
    ]  # fmt: skip
    text: str
    rules: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    threshold: float | None = None
    reset_month: int | None = None


class IndicatorSet(Strict):
    """The whole of ``indicators.yaml``; every indicator uses known measures, codes are unique."""

    status: str
    version: str
    measures: tuple[Measure, ...]
    indicators: tuple[Indicator, ...]
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _codes_are_known(self) -> IndicatorSet:
        known = {measure.code for measure in self.measures} | set(COMPUTED_MEASURES)
        for indicator in self.indicators:
            unknown = [code for code in indicator.measures if code not in known]
            if unknown:
                raise ValueError(f"показатель {indicator.code}: нет меры «{unknown[0]}» в списке measures")
        for codes in ([m.code for m in self.measures], [i.code for i in self.indicators]):
            doubles = {code for code in codes if codes.count(code) > 1}
            if doubles:
                raise ValueError(f"код «{min(doubles)}» указан дважды")
        return self
