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
from analysis.report.numbers import count_of, format_date
from analysis.workspace import Workspace

EDITIONS = (
    ("working", "Рабочая редакция", "полные данные, для центра"),
    ("meeting", "Для совещания руководителей", "малые числа скрыты"),
    ("public", "Для публикации", "без данных отдельных учреждений"),
)


def write_index(folder: Path, period: Period, tables: Mapping[str, pd.DataFrame], space: Workspace) -> None:
    """Write the page; lists only what exists in the folder."""
    environment = Environment(
        loader=PackageLoader("analysis.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("index.html.j2").render(_content(folder, period, tables, space))
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def _content(folder: Path, period: Period, tables: Mapping[str, pd.DataFrame], space: Workspace) -> dict[str, Any]:
    names = dict(zip(tables["schools"]["school_id"], tables["schools"]["name"], strict=True))
    cards = sorted(path.parent.name for path in folder.glob("schools/*/card.html"))
    rows = tables["submissions"]
    rows = rows[rows["period"] == period.key]
    missing = sorted(rows.loc[rows["status"] == "missing", "school_id"])
    return {
        "title": f"Мониторинг за {period.title()}",
        "institution": space.settings.project.institution.short_name,
        "window": period.window_title(),
        "due": format_date(period.due),
        "demo": DEMO_STAMP if space.is_demo else "",
        "editions": [edition for edition in EDITIONS if (folder / edition[0] / "report.html").exists()],
        "cards": [(code, names.get(code, code)) for code in cards],
        "cards_count": count_of(len(cards), "карта", "карты", "карт"),
        "missing": [names.get(code, code) for code in missing],
        "tables": [
            (entry.name, entry.title) for entry in table_dictionary().values()
            if (folder / "tables" / f"{entry.name}.parquet").exists()
        ],
        "notebooks": sorted(path.name for path in folder.glob("notebooks/[0-9]*.ipynb")),
    }  # fmt: skip
