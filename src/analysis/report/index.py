"""``index.html`` of a period: one page that leads to every output; relative links, no script."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis.dictionary import table_dictionary
from analysis.intake.submissions import REPORTED
from analysis.periods import Period
from analysis.report.absence import reason_without_form
from analysis.report.document import DEMO_STAMP
from analysis.report.numbers import count_of, format_date, format_percent, full_stop
from analysis.workspace import Workspace

EDITIONS = (
    ("working", "Рабочая редакция", "полные данные, для центра"),
    ("meeting", "Для совещания руководителей", "малые числа скрыты"),
    ("public", "Для публикации", "без данных отдельных учреждений"),
)
#: What an edition may consist of; the page lists what exists.
FORMATS = (("report.html", "HTML"), ("report.pdf", "PDF"), ("report.docx", "Word"), ("results.xlsx", "Excel"))
NOT_ASKED = "форма представлена, карта не заказана в SCHOOLS="
FAILED = "карта не построена из-за ошибки, подробности в run.log"


def write_index(
    folder: Path,
    period: Period,
    tables: Mapping[str, pd.DataFrame],
    space: Workspace,
    failed: Collection[str] = (),
) -> None:
    """Write the page; lists only what exists in the folder. ``failed`` are the schools whose card could not be made."""
    page = page_templates().get_template("index.html.j2").render(_content(folder, period, tables, space, failed))
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def page_templates() -> Environment:
    """The templates of the plain pages; texts are escaped."""
    return Environment(
        loader=PackageLoader("analysis.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _content(
    folder: Path, period: Period, tables: Mapping[str, pd.DataFrame], space: Workspace, failed: Collection[str]
) -> dict[str, Any]:
    schools = tables["schools"].set_index("school_id")
    rows = tables["submissions"]
    rows = rows[rows["period"] == period.key]
    cards = sorted(path.parent.name for path in folder.glob("schools/*/card.html"))
    return {
        "title": f"Мониторинг за {period.title()}",
        "institution": space.settings.project.institution.short_name,
        "window": full_stop(period.window_title()),
        "due": full_stop(format_date(period.due)),
        "demo": DEMO_STAMP if space.is_demo else "",
        "coverage": _coverage(rows, schools["name"]),
        "editions": _editions(folder),
        "cards": [(code, schools["name"].get(code, code)) for code in cards],
        "without_word": not (folder / "meeting" / "report.docx").exists(),
        "cards_count": count_of(len(cards), "карта", "карты", "карт"),
        "without_card": _without_card(cards, rows, schools, period, failed),
        "tables": [
            (entry.name, entry.title) for entry in table_dictionary().values()
            if (folder / "tables" / f"{entry.name}.parquet").exists()
        ],
        "notebooks": sorted(path.name for path in folder.glob("notebooks/*.ipynb") if "card" not in path.name),
    }  # fmt: skip


def _coverage(rows: pd.DataFrame, names: pd.Series) -> dict[str, Any]:
    """How many reported, and by name the schools that are late, have to correct, or are missing."""
    due, here = int((rows["status"] != "not_due").sum()), int(rows["status"].isin(REPORTED).sum())
    named = {
        words: sorted(names.reindex(rows.loc[rows["status"] == status, "school_id"]).dropna())
        for status, words in (
            ("missing", "Не представили"), ("late", "С опозданием"), ("returned", "Возвращены на исправление"),
        )
    }  # fmt: skip
    share = f" ({format_percent(100 * here / due)})" if due else ""
    return {"reported": f"{here} из {due} ОУ{share}", "named": {key: found for key, found in named.items() if found}}


def _editions(folder: Path) -> list[dict[str, Any]]:
    """Editions that exist, each with its files."""
    found = [
        {
            "folder": code, "name": name, "about": about,
            "files": [(file, label) for file, label in FORMATS if (folder / code / file).exists()],
        }
        for code, name, about in EDITIONS
    ]  # fmt: skip
    return [edition for edition in found if edition["files"]]


def _without_card(
    cards: list[str], rows: pd.DataFrame, schools: pd.DataFrame, period: Period, failed: Collection[str]
) -> dict[str, list[str]]:
    """Reason → the schools that have no card for it, when cards were made at all."""
    if not cards and not failed:
        return {}
    status = rows.set_index("school_id")["status"]
    found: dict[str, list[str]] = {}
    for code in sorted(set(schools.index) - set(cards)):
        why = reason_without_form(status.get(code), schools.loc[code], period)
        why = why or (FAILED if code in failed else NOT_ASKED)
        found.setdefault(why, []).append(schools.loc[code, "name"])
    return found
