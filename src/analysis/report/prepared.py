"""A report as it goes from the command to the process of its notebook, here or on another machine: JSON, no code.

The file is read by whoever runs the notebook, so it holds values only: params that are validated again, and tables column
by column with the type of each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.params.indicators import IndicatorSet
from analysis.params.project import PeriodOverrides, Project
from analysis.params.roadmap import Roadmap
from analysis.periods import Period
from analysis.report.opening import PeriodReport
from analysis.settings import Settings

_DATE = "$date"  # the only type of a cell that JSON lacks


def report_to_bytes(report: PeriodReport) -> bytes:
    """The report as UTF-8 JSON; a missing number stays NaN and a missing object null. Raises TypeError for other cells."""
    content = {
        "settings": _settings_to_json(report.settings),
        "periods": [[period.key, period.through] for period in (report.period, report.baseline)],
        "edition": report.edition,
        "school": report.school,
        "demo": report.demo,
        "tables": {name: _table_to_json(frame) for name, frame in report.tables.items()},
    }
    return json.dumps(content, ensure_ascii=False, default=_cell_to_json).encode()


def report_from_bytes(content: bytes) -> PeriodReport:
    """The report that :func:`report_to_bytes` wrote. Raises ValueError when the bytes are no such report."""
    found = json.loads(content, object_hook=_cell_from_json)
    settings = _settings_from_json(found["settings"])
    period, baseline = (_period(settings, *one) for one in found["periods"])
    tables = {name: _table_from_json(columns) for name, columns in found["tables"].items()}
    return PeriodReport(settings, period, baseline, found["edition"], tables, found["school"], found["demo"])


def _settings_to_json(settings: Settings) -> dict[str, Any]:
    return {
        "folder": str(settings.folder),
        "project": settings.project.model_dump(mode="json"),
        "indicators": settings.indicator_set.model_dump(mode="json"),
        "roadmap": settings.roadmap and settings.roadmap.model_dump(mode="json"),
        "overrides": {key: one.model_dump(mode="json") for key, one in settings.overrides.items()},
    }


def _settings_from_json(found: Mapping[str, Any]) -> Settings:
    return Settings(
        Path(found["folder"]),
        Project.model_validate(found["project"]),
        found["roadmap"] and Roadmap.model_validate(found["roadmap"]),
        IndicatorSet.model_validate(found["indicators"]),
        {key: PeriodOverrides.model_validate(one) for key, one in found["overrides"].items()},
    )


def _period(settings: Settings, key: str, through: int) -> Period:
    return replace(settings.parse_period(key), through=through)


def _table_to_json(frame: pd.DataFrame) -> dict[str, Any]:
    return {name: [str(column.dtype), _values(column)] for name, column in frame.items()}


def _values(column: pd.Series) -> list[Any]:
    # A missing whole number is no JSON value.
    return [None if value is pd.NA else value for value in column.tolist()]


def _table_from_json(columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=kind) for name, (kind, values) in columns.items()})


def _cell_to_json(value: object) -> dict[str, str]:
    if type(value) is not date:
        raise TypeError(f"{type(value).__name__} in a table of a report")
    return {_DATE: value.isoformat()}


def _cell_from_json(found: dict[str, Any]) -> Any:
    return date.fromisoformat(found[_DATE]) if list(found) == [_DATE] else found
