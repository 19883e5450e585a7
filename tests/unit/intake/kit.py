"""Data folders made for a test: schools, correct forms, and what people do to them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from analysis.intake import layout
from analysis.intake.forms import form_bytes, form_name
from analysis.intake.identity import School
from analysis.intake.run import IntakeResult, run_intake
from analysis.periods import Period, parse_period
from analysis.settings import Settings, load_settings

PARAMS = Path(__file__).resolve().parents[3] / "params"
Change = Callable[[Workbook], None]


@cache
def settings() -> Settings:
    return load_settings(PARAMS)


def month(key: str) -> Period:
    return parse_period(key, settings().rules)


def good_values(key: str, number: int = 0) -> dict[str, float]:
    """Numbers of a form without any mistake; ``number`` makes schools differ. Cumulative values grow from September."""
    step = (int(key[5:]) - 9) % 12 + 1
    pupils = 500 + number
    values: dict[str, float] = {"N5_11": pupils, "N6_11": pupils - 70, "N8_11": pupils - 240, "N_ovz": 20}
    values |= {
        "tested": 20 * step + number % 7,
        "covered": 32 * step + number % 7,
        "bvb": 10 * step,
        "proekt": 25 * step,
    }
    values |= {"probes": 12 * step, "exc": 15 * step, "exc_online": 5 * step, "ovz_cov": step, "par": 21 * step}
    values |= {"month.events": 5 + number % 3, "half.events": 40, "year.events": 80}
    values |= {"month.pubs": 3 + number % 2, "half.pubs": 30, "year.pubs": 60, "plan": 1, "resp": 1, "N9": 80}
    values |= {"tested9": 2 * step, "half.ws_part": 6, "year.ws_part": 12, "half.ws_win": 2, "year.ws_win": 4, "T": 50}
    values |= {
        "half.conf": 5,
        "year.conf": 10,
        "agr": 4,
        "uday": 400,
        "N_ovz14": 8,
        "abil": 1,
        "parad": 60,
        "portf": 400,
    }
    values |= {"N10_11": 70, "prof": 50, "N11": 35, "N11_prof": 25, "gia_prof": 20, "trained": 15, "pract": 1}
    values |= {"N14_17": 150, "summer": 30, "shifts": 40, "grad9": 78, "to10": 40, "to_spo": 37, "grad11": 34}
    return values | {"enr_prof": 22}


@dataclass
class Folder:
    """A data folder under construction; ``send`` puts a form into the inbox as a real file."""

    path: Path
    schools: Sequence[School]
    params: Settings = field(default_factory=settings)
    received: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.path / "inbox").mkdir(parents=True, exist_ok=True)
        write_schools(self.path / "schools.csv", self.schools)

    def school(self, school_id: str) -> School:
        return next(school for school in self.schools if school.school_id == school_id)

    def send(
        self,
        school_id: str,
        key: str = "2022-03",
        values: Mapping[str, object] | None = None,
        change: Change | None = None,
        name: str = "",
        at: str = "",
        **form: object,
    ) -> str:
        """A correct form with ``values`` put over it and ``change`` made to the saved workbook; returns its name."""
        period = month(key)
        school = self.school(school_id)
        filled = {**good_values(key, int("".join(filter(str.isdigit, school_id)) or 0)), **(values or {})}
        content = form_bytes(school, period, self.params, values=filled, **form)  # type: ignore[arg-type]
        return self.put(name or form_name(school, period), changed(content, change), at or f"{key}-18T10:00")

    def put(self, name: str, content: bytes, at: str = "2022-03-18T10:00") -> str:
        """Any bytes into the inbox."""
        path = self.path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.received[name] = at
        return name

    def run(self, jobs: int = 1) -> IntakeResult:
        with (self.path / "received.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("file_name", "received_at"), *sorted(self.received.items())])
        return run_intake(self.path, self.params, jobs=jobs)


def write_schools(path: Path, schools: Sequence[School]) -> None:
    columns = (
        "school_id",
        "name",
        "kind",
        "group",
        "grades",
        "valid_from",
        "valid_to",
        "aliases",
        "email",
        "conditions",
    )
    rows = [
        (
            s.school_id,
            s.name,
            s.kind,
            s.group,
            s.grades,
            s.valid_from,
            s.valid_to,
            ";".join(s.aliases),
            s.email,
            s.conditions,
        )
        for s in schools
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def changed(content: bytes, change: Change | None) -> bytes:
    """The workbook after somebody opened, changed and saved it."""
    if change is None:
        return content
    workbook = load_workbook(BytesIO(content))
    change(workbook)
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def sheet_of(workbook: Workbook, sheet: str = "month") -> Worksheet:
    return workbook[layout.SHEET_TITLES[sheet]]


def row_of(sheet: Worksheet, code: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == code)


def set_cell(code: str, value: object, sheet: str = "month", number_format: str = "") -> Change:
    """Type something into the input cell of a measure."""

    def change(workbook: Workbook) -> None:
        place = sheet_of(workbook, sheet)
        cell = place.cell(row_of(place, code), 4)
        cell.value = value  # type: ignore[assignment]
        if number_format:
            cell.number_format = number_format

    return change


def value(result: IntakeResult, school_id: str, period: str, measure: str) -> float | None:
    """The accepted value: None when not accepted; KeyError when there is not even a row."""
    table = result.observations
    rows = table[(table["school_id"] == school_id) & (table["period"] == period) & (table["measure"] == measure)]
    if len(rows) != 1:
        raise KeyError((school_id, period, measure))
    number = rows["value"].iloc[0]
    return None if pd.isna(number) else float(number)


def found(
    result: IntakeResult, school_id: str, rule: str = "", severity: str = "", state: str = "open"
) -> pd.DataFrame:
    """Findings on a school, without those about being late."""
    table = result.findings[(result.findings["school_id"] == school_id) & (result.findings["state"] == state)]
    table = table[table["rule"] == rule] if rule else table[table["rule"] != "B32"]
    return table[table["severity"] == severity] if severity else table
