"""``index.html`` of a period: one page that leads to every output; relative links, no script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis.dictionary import table_dictionary
from analysis.periods import Period
from analysis.report.document import DEMO_STAMP
from analysis.report.numbers import count_of, format_date, full_stop
from analysis.workspace import Workspace

EDITIONS = (
    ("working", "Рабочая редакция", "полные данные, для центра"),
    ("meeting", "Для совещания руководителей", "малые числа скрыты"),
    ("public", "Для публикации", "без данных отдельных учреждений"),
)
MORE_FILES = (("report.docx", "Word"), ("results.xlsx", "таблицы Excel"))


def write_index(folder: Path, period: Period, tables: Mapping[str, pd.DataFrame], space: Workspace) -> None:
    """Write the page; lists only what exists in the folder."""
    environment = Environment(
        loader=PackageLoader("analysis.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("index.html.j2").render(_content(folder, period, tables, space))
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def _why_no_card(code: str, submissions: pd.DataFrame, schools: pd.DataFrame) -> str:
    status = submissions.loc[submissions["school_id"] == code, "status"]
    if (status == "missing").any():
        return "форма не представлена"
    closed = pd.to_datetime(schools.set_index("school_id").loc[code, "valid_to"])
    if not status.empty or pd.isna(closed):
        return "форма за этот период не требовалась или карта не построена"
    return f"закрыта {format_date(closed.date())}"


def _content(folder: Path, period: Period, tables: Mapping[str, pd.DataFrame], space: Workspace) -> dict[str, Any]:
    names = dict(zip(tables["schools"]["school_id"], tables["schools"]["name"], strict=True))
    cards = sorted(path.parent.name for path in folder.glob("schools/*/card.html"))
    rows = tables["submissions"]
    rows = rows[rows["period"] == period.key]
    silent = sorted(set(tables["schools"]["school_id"]) - set(cards)) if cards else []
    return {
        "title": f"Мониторинг за {period.title()}",
        "institution": space.settings.project.institution.short_name,
        "window": full_stop(period.window_title()),
        "due": full_stop(format_date(period.due)),
        "demo": DEMO_STAMP if space.is_demo else "",
        "editions": [
            (*edition, [(name, label) for name, label in MORE_FILES if (folder / edition[0] / name).exists()])
            for edition in EDITIONS if (folder / edition[0] / "report.html").exists()
        ],
        "without_word": not (folder / "meeting" / "report.docx").exists(),
        "cards": [(code, names.get(code, code)) for code in cards],
        "cards_count": count_of(len(cards), "карта", "карты", "карт"),
        "without_card": [(names.get(code, code), _why_no_card(code, rows, tables["schools"])) for code in silent],
        "tables": [
            (entry.name, entry.title) for entry in table_dictionary().values()
            if (folder / "tables" / f"{entry.name}.parquet").exists()
        ],
        "notebooks": sorted(path.name for path in folder.glob("notebooks/[0-9]*.ipynb")),
    }  # fmt: skip
