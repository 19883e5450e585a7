"""What one file says, before anybody decides whose it is: plain data that survives JSON, so it can be kept by hash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.intake.layout import MEASURE_SHEETS, form_version
from analysis.intake.names import plain, remembered, to_latin

if TYPE_CHECKING:
    from analysis.settings import Settings


@dataclass(frozen=True)
class MeasureSpec:
    """What the reader must know of a measure."""

    code: str
    name: str
    is_flag: bool
    whole: bool  # only whole numbers are possible
    sheets: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class FormSpec:
    """What the reader must know of the form; ``older`` maps former versions to their codes' new codes."""

    version: str
    measures: tuple[MeasureSpec, ...]
    activities: tuple[tuple[str, str], ...]  # roadmap number, short name
    older: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def codes_on(self, sheet: str) -> dict[str, MeasureSpec]:
        return {fold_code(m.code): m for m in self.measures if sheet in m.sheets}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FormSpec:
        measures = tuple(
            MeasureSpec(**{**m, "sheets": tuple(m["sheets"]), "aliases": tuple(m["aliases"])}) for m in data["measures"]
        )
        return cls(data["version"], measures, tuple((a, b) for a, b in data["activities"]), data["older"])


def spec_of(settings: Settings, older: Mapping[str, Mapping[str, str]] | None = None) -> FormSpec:
    """The form that the settings describe."""
    counts = [check for check in settings.checks if check.kind == "count"]
    measures = tuple(
        MeasureSpec(
            code=measure.code,
            name=measure.name,
            is_flag=measure.is_flag,
            whole=any(not check.measures or measure.code in check.measures for check in counts),
            sheets=_sheets(measure.asked),
            aliases=measure.aliases,
        )
        for measure in settings.measures
    )
    activities = tuple((activity.code, activity.short_name) for activity in settings.activities)
    return FormSpec(form_version(settings), measures, activities, older or {})


def _sheets(asked: Any) -> tuple[str, ...]:
    return tuple(sheet for sheet in MEASURE_SHEETS if any(place.sheet == sheet for place in asked))


@remembered
def fold_code(text: str) -> str:
    """A code as typed in any layout and case: «Теsted» and «tested» are one."""
    return re.sub(r"\s+", "", to_latin(text)).casefold()


@remembered
def fold_label(text: str) -> str:
    """A row's name without the bracketed kind of value, spaces, dashes or case."""
    text = re.sub(r"\s*\((?:на дату|нарастающим итогом|за период)\)\s*$", "", plain(text))
    return re.sub(r"[^\w]+", " ", text).strip()


@dataclass
class Entry:
    """One input cell of a measure: the value if it was understood, the rule it met, the text as found."""

    sheet: str
    code: str
    cell: str
    value: float | None
    variant: str = ""
    found: str = ""
    sheet_name: str = ""


@dataclass
class Remark:
    """Something to say about the file or a place in it."""

    variant: str
    sheet: str = ""
    cell: str = ""
    found: str = ""
    measure: str = ""


@dataclass
class ActivityEntry:
    """One row of «Мероприятия» that holds something."""

    code: str
    status: str
    n_events: float | None
    evidence: str


@dataclass
class Reading:
    """One file. ``fatal`` names the rule that refuses it whole."""

    kind: str = ""
    fatal: str = ""
    hidden: dict[str, str] = field(default_factory=dict)  # school_id, period, form_version
    marks: list[tuple[str, str, str, str]] = field(default_factory=list)  # version, period, school, sheet
    passport: dict[str, str] = field(default_factory=dict)  # text of the passport's fields
    headings: list[str] = field(default_factory=list)  # school names printed on sheets
    sheets: list[str] = field(default_factory=list)  # kinds of sheets found
    entries: list[Entry] = field(default_factory=list)
    activities: list[ActivityEntry] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reading:
        data = dict(data)
        data["entries"] = [Entry(**entry) for entry in data["entries"]]
        data["activities"] = [ActivityEntry(**entry) for entry in data["activities"]]
        data["remarks"] = [Remark(**remark) for remark in data["remarks"]]
        data["marks"] = [tuple(mark) for mark in data["marks"]]
        return cls(**data)


def refused(variant: str, kind: str = "", found: str = "") -> Reading:
    """The reading of a file that is not accepted, with the reason."""
    return Reading(kind=kind, fatal=variant, remarks=[Remark(variant, found=found)])
