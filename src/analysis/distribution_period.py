"""What each school gets after a report: its card, its protocols of data control, a covering letter."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.distribution import Parcel, address_problem
from analysis.intake.findings import awaiting_answer
from analysis.intake.identity import School, Schools, load_schools
from analysis.intake.run import load_accepted
from analysis.letters import Letters, write_letter
from analysis.periods import Period
from analysis.report.manifest import MANIFEST
from analysis.workspace import RequestError, Workspace

CARD_FILES = ("card.html", "card.pdf")

NO_CARD = "карты этой школы в отчёте нет: выполните make report без SCHOOLS или передайте протокол сами"


def send_folder(space: Workspace, topic: str) -> Path:
    """Where parcels lie: beside the periods' folders, which `verify` compares file by file."""
    return space.out / space.data_name / "send" / topic


def period_parcels(space: Workspace, period: Period, letters: Letters) -> list[Parcel]:
    """One parcel per school that has a card or a protocol. Raises RequestError when there is no report."""
    outputs = _outputs(space.report_folder(period), period)
    schools = load_schools(space.data / "schools.csv")
    asked = months_with_open_findings(load_accepted(space.data).findings, period)
    parcels = []
    for school in sorted(schools, key=lambda school: school.school_id):
        card, problem = _card(space.report_folder(period), school.school_id, outputs)
        problem = problem or ("" if card else NO_CARD)
        attachments = card | protocols(space.data, school.school_id, _months(asked, school, period))
        if attachments:
            parcels.append(_parcel(space, period, letters, school, schools, attachments, problem))
    return parcels


def without_parcel(space: Workspace, period: Period, parcels: list[Parcel]) -> list[str]:
    """Names of the schools of the period for which there is nothing to send, as those that never reported."""
    known = {parcel.school_id for parcel in parcels}
    schools = load_schools(space.data / "schools.csv").valid_in(period)
    return [school.name for school in schools if school.school_id not in known]


def _outputs(report: Path, period: Period) -> Mapping[str, str]:
    try:
        return json.loads((report / MANIFEST).read_text(encoding="utf-8"))["outputs"]
    except FileNotFoundError:
        raise RequestError(
            f"Отчёта за {period.key} ещё нет ({report}). Сначала make report PERIOD={period.key}."
        ) from None
    except (ValueError, KeyError, OSError) as error:
        raise RequestError(f"{report / MANIFEST} не читается ({error}). Выполните make report ещё раз.") from None


def _card(report: Path, school_id: str, outputs: Mapping[str, str]) -> tuple[dict[str, bytes], str]:
    """The files of a card, and why it must not be sent: it is not the one that the report made for this school."""
    files: dict[str, bytes] = {}
    for name in CARD_FILES:
        place = f"schools/{school_id}/{name}"
        if place not in outputs:
            continue
        content = (report / place).read_bytes() if (report / place).is_file() else b""
        if hashlib.sha256(content).hexdigest() != outputs[place]:
            return files, f"карта ({name}) изменена или удалена после отчёта: выполните make report ещё раз"
        files[name] = content
    return files, ""


def months_with_open_findings(findings: pd.DataFrame, period: Period) -> dict[str, list[str]]:
    """School → months of the period whose form has findings that wait for an answer."""
    waiting = awaiting_answer(findings)
    months = [month.key for month in period.months()]
    waiting = waiting[(waiting["version"] > 0) & waiting["period"].isin(months)]
    return {str(code): sorted(set(rows["period"])) for code, rows in waiting.groupby("school_id")}


def _months(asked: Mapping[str, list[str]], school: School, period: Period) -> list[str]:
    return sorted({*asked.get(school.school_id, []), period.closing_month().key})


def protocols(data: Path, school_id: str, months: list[str]) -> dict[str, bytes]:
    """The protocols of a school's forms, as intake wrote them; a form without findings has none."""
    names = [f"protocol_{month}_{school_id}{ending}" for month in months for ending in (".html", ".xlsx")]
    paths = [data / "protocols" / name.split("_")[1] / name for name in names]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def _parcel(
    space: Workspace,
    period: Period,
    letters: Letters,
    school: School,
    schools: Schools,
    attachments: Mapping[str, bytes],
    problem: str,
) -> Parcel:
    words = {"период": period.title(), "вложения": "\n".join(f"– {line}" for line in contents(attachments, space))}
    letter = write_letter(letters.parcel, school.name, words, space.settings, space.is_demo)
    problem = problem or address_problem(school, schools)
    return Parcel(period.key, school.school_id, school.name, school.email, letter, attachments, problem)


def contents(attachments: Mapping[str, bytes], space: Workspace) -> list[str]:
    """What lies in a parcel, a line each, in words."""
    lines = []
    if any(name in attachments for name in CARD_FILES):
        lines.append(f"карта школы ({', '.join(name for name in CARD_FILES if name in attachments)})")
    months = sorted({found[1] for name in attachments if (found := re.match(r"protocol_(\d{4}-\d\d)_", name))})
    lines += [f"протокол контроля данных, {space.settings.parse_period(month).title()}" for month in months]
    return lines
