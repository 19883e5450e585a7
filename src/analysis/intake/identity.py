"""The register of schools and how a name on a form finds its school: by alias, then by kind and number."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.conditions import conditions_in
from analysis.files import reason_of
from analysis.intake.names import NameParts, name_parts, normal_name
from analysis.periods import Period
from analysis.workspace import RequestError

REQUIRED_COLUMNS = ("school_id", "name", "kind", "group", "grades", "valid_from", "valid_to", "aliases", "email")
_KIND_COVERS = {"школа": ("школа", "сош", "оош"), "": ()}


class SchoolsError(RequestError):
    """schools.csv cannot be used; the message (Russian) names file, line and what to do."""


@dataclass(frozen=True)
class School:
    """One row of schools.csv. ``conditions``: «repair:2021-09-01/2022-08-31;distance», dates optional."""

    school_id: str
    name: str
    kind: str = ""
    group: str = ""
    grades: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    aliases: tuple[str, ...] = ()
    email: str = ""
    conditions: str = ""

    def valid_on(self, period: Period) -> bool:
        """Does the school exist on the cut-off of the period?"""
        begun = self.valid_from is None or self.valid_from <= period.cutoff
        return begun and (self.valid_to is None or self.valid_to >= period.cutoff)

    def conditions_in(self, period: Period) -> tuple[str, ...]:
        """Special conditions («repair», «distance») that touch the period's window."""
        return conditions_in(self.conditions, period)


@dataclass(frozen=True)
class Resolution:
    """The answer to a name: one school, or why not. ``exact`` is False when the name had to be repaired."""

    school: School | None
    candidates: tuple[School, ...] = ()
    exact: bool = False
    reason: str = ""  # "", "ambiguous", "number_only", "unknown", "not_valid"


@dataclass(frozen=True)
class Schools:
    """All schools of the authority, past and present."""

    rows: tuple[School, ...] = ()
    by_id: dict[str, School] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {school.school_id: school for school in self.rows})

    def __iter__(self) -> Iterator[School]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, school_id: str) -> School | None:
        return self.by_id.get(school_id)

    def valid_in(self, period: Period) -> tuple[School, ...]:
        return tuple(school for school in self.rows if school.valid_on(period))

    def frame(self) -> pd.DataFrame:
        """One row per school: the columns of schools.csv; dates or None, aliases as «a;b»."""
        rows = [asdict(school) | {"aliases": ";".join(school.aliases)} for school in self.rows]
        return pd.DataFrame(rows, columns=[*REQUIRED_COLUMNS, "conditions"], dtype=object)

    @cached_property
    def _by_name(self) -> dict[str, list[School]]:
        index: dict[str, list[School]] = {}
        for school in self.rows:
            for key in sorted({normal_name(name) for name in (school.name, *school.aliases)}):
                index.setdefault(key, []).append(school)
        return index

    @cached_property
    def _parts(self) -> list[tuple[NameParts, School]]:
        return [(name_parts(name), s) for s in self.rows for name in (s.name, *s.aliases)]

    def resolve(self, name: str, period: Period | None = None) -> Resolution:
        """The one school a name means in the period. An ambiguous name is never decided."""
        key = normal_name(name)
        parts = name_parts(name)
        if parts.number and not parts.kind and not parts.own:
            return Resolution(None, self._with_number(parts.number), reason="number_only")
        found = self._by_name.get(key) or self._similar(parts)
        exact = any(name.strip() in (school.name, school.school_id) for school in found)
        return _choose(found, period, exact)

    def _with_number(self, number: str) -> tuple[School, ...]:
        return _unique(school for parts, school in self._parts if parts.number == number)

    def _similar(self, wanted: NameParts) -> list[School]:
        if not wanted.kind:
            return []
        kinds = _KIND_COVERS.get(wanted.kind, (wanted.kind,))
        return list(
            _unique(
                school
                for parts, school in self._parts
                if parts.kind in kinds
                and (wanted.number or wanted.own)
                and wanted.number in ("", parts.number)
                and (not wanted.own or parts.own == wanted.own)
            )
        )


def _unique(schools: Iterable[School]) -> tuple[School, ...]:
    return tuple({school.school_id: school for school in schools}.values())


def _choose(found: Iterable[School], period: Period | None, exact: bool) -> Resolution:
    candidates = _unique(found)
    if not candidates:
        return Resolution(None, reason="unknown")
    valid = [school for school in candidates if period is None or school.valid_on(period)]
    if not valid:
        return Resolution(None, candidates, reason="not_valid")
    if len(valid) > 1:
        return Resolution(None, tuple(valid), reason="ambiguous")
    return Resolution(valid[0], candidates, exact)


def load_schools(path: Path) -> Schools:
    """Read schools.csv (UTF-8 or cp1251, comma or semicolon). Raises SchoolsError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SchoolsError(f"{path.name}: файл не читается ({reason_of(error)}). Проверьте папку данных.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251", errors="replace")
    header = text.partition("\n")[0]
    lines = csv.DictReader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",")
    missing = [name for name in REQUIRED_COLUMNS[:2] if name not in (lines.fieldnames or ())]
    if missing:
        raise SchoolsError(f"{path.name}: нет столбца «{missing[0]}». Нужны столбцы: {', '.join(REQUIRED_COLUMNS)}.")
    rows = tuple(_school(path, lines.line_num, row) for row in lines if not _is_comment(row))
    doubles = sorted(school_id for school_id, times in Counter(row.school_id for row in rows).items() if times > 1)
    if doubles:
        raise SchoolsError(f"{path.name}: код школы «{doubles[0]}» указан дважды. Коды не должны повторяться.")
    return Schools(rows)


def _is_comment(row: dict[str, str | None]) -> bool:
    """A line that begins with «#», as the example in a new schools.csv does."""
    return (row.get("school_id") or "").lstrip().startswith("#")


def check_groups(schools: Schools, groups: Iterable[str]) -> None:
    """Every school belongs to a group of project.yaml. Raises SchoolsError."""
    known = list(groups)
    stray = next((school for school in schools if school.group not in known), None)
    if stray:
        raise SchoolsError(
            f"schools.csv: у школы {stray.school_id} группа «{stray.group}», а в project.yaml есть {', '.join(known)}."
        )


def _school(path: Path, line: int, row: dict[str, str | None]) -> School:
    values = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
    if not re.fullmatch(r"[\w-]+", values.get("school_id", "")):
        raise SchoolsError(f"{path.name}, строка {line}: код школы пуст или содержит пробелы и знаки.")
    if not values.get("name"):
        raise SchoolsError(f"{path.name}, строка {line}: не указано название школы.")
    texts = {key: values.get(key, "") for key in ("school_id", "name", "kind", "group", "grades", "email")}
    return School(
        **texts,
        valid_from=_date(path, line, values.get("valid_from", "")),
        valid_to=_date(path, line, values.get("valid_to", "")),
        aliases=tuple(alias.strip() for alias in re.split("[;|]", values.get("aliases", "")) if alias.strip()),
        conditions=values.get("conditions", ""),
    )


def _date(path: Path, line: int, text: str) -> date | None:
    if not text:
        return None
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):  # the second is what Excel makes of the first
        with suppress(ValueError):
            return datetime.strptime(text, pattern).date()
    raise SchoolsError(f"{path.name}, строка {line}: дата «{text}» не распознана, нужна вида 2021-09-01.")
