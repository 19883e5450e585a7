"""The params folder as one frozen, validated object. Nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.params.indicators import Check, Indicator, IndicatorSet, Measure
from analysis.params.project import Group, PeriodOverrides, Privacy, Project
from analysis.params.roadmap import Activity, Roadmap
from analysis.periods import Period, PeriodError, PeriodRules, parse_period
from analysis.yamlfile import SettingsError, load_model

__all__ = [
    "Activity", "Check", "Group", "Indicator", "Measure", "Privacy", "Settings", "SettingsError", "load_settings",
]  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """All of ``params/``."""

    folder: Path
    project: Project
    roadmap: Roadmap | None
    indicator_set: IndicatorSet
    overrides: Mapping[str, PeriodOverrides]

    @property
    def rules(self) -> PeriodRules:
        return self.project.periods.rules()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return self.indicator_set.indicators

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.indicator_set.measures

    @property
    def checks(self) -> tuple[Check, ...]:
        return self.indicator_set.checks

    @property
    def activities(self) -> tuple[Activity, ...]:
        return self.roadmap.activities if self.roadmap else ()

    @cached_property
    def _indicator_by_code(self) -> dict[str, Indicator]:
        return {indicator.code: indicator for indicator in self.indicators}

    @cached_property
    def _measure_by_code(self) -> dict[str, Measure]:
        return {measure.code: measure for measure in self.measures}

    def indicator(self, code: str) -> Indicator:
        return self._indicator_by_code[code]

    def measure(self, code: str) -> Measure:
        return self._measure_by_code[code]

    def group(self, code: str) -> Group:
        return next(group for group in self.project.groups if group.code == code)

    def indicators_for(self, group: str) -> tuple[Indicator, ...]:
        """Indicators that apply to the schools of a group."""
        allowed = self.group(group).indicators
        return tuple(i for i in self.indicators if allowed is None or i.code in allowed)

    def measures_for(self, group: str) -> tuple[Measure, ...]:
        """Measures a school of the group is asked for: all, or those its indicators need."""
        if self.group(group).indicators is None:
            return self.measures
        needed = {code for indicator in self.indicators_for(group) for code in indicator.measures}
        return tuple(measure for measure in self.measures if measure.code in needed)

    def indicators_in(self, kind: str) -> tuple[Indicator, ...]:
        """Indicators shown in a kind of period: ``month``, ``H1``, ``H2`` or ``year``."""
        return tuple(indicator for indicator in self.indicators if kind in indicator.shown_in)

    def parse_period(self, text: str) -> Period:
        return parse_period(text, self.rules)

    def for_period(self, period: Period) -> PeriodOverrides:
        return self.overrides.get(period.key, PeriodOverrides())


def load_settings(folder: Path) -> Settings:
    """Read and validate a params folder. Raises SettingsError naming file, line and path."""
    if not folder.is_dir():
        raise SettingsError(f"Папка параметров {folder} не найдена. Укажите её через --params.")
    project = load_model(folder / "project.yaml", Project)
    indicator_set = load_model(folder / "indicators.yaml", IndicatorSet)
    roadmap_file = folder / "roadmap.yaml"
    roadmap = load_model(roadmap_file, Roadmap) if roadmap_file.exists() else None
    settings = Settings(folder, project, roadmap, indicator_set, _overrides(folder / "periods"))
    _check_references(settings)
    return settings


def _overrides(folder: Path) -> dict[str, PeriodOverrides]:
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    for path in files:
        try:
            parse_period(path.stem)
        except PeriodError as error:
            raise SettingsError(f"periods/{path.name}: имя файла должно быть периодом. {error}") from None
    return {path.stem: load_model(path, PeriodOverrides) for path in files}


def _check_references(settings: Settings) -> None:
    codes = {indicator.code for indicator in settings.indicators}
    for group in settings.project.groups:
        for code in group.indicators or ():
            if code not in codes:
                raise SettingsError(f"project.yaml, groups.{group.code}.indicators: нет показателя «{code}».")
    for code in settings.project.scoring.weights:
        if code not in codes:
            raise SettingsError(f"project.yaml, scoring.weights: нет показателя «{code}».")
