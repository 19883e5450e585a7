"""Everything the files of an edition say: figures as a reader would type them off, texts, and raw bytes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path

import pandas as pd
import pypdf

from tests.rendered.told import ROW

HEADER_ROW = 3
_NUMBER = re.compile(r"[−-]?\d[\d\s]*(?:,\d+)?")


@cache
def sheets(edition: Path) -> dict[str, pd.DataFrame]:
    """The tables of the edition's workbook, read once: not to be changed."""
    words = dict.fromkeys(("unit_id", "period", "baseline"), str)
    book = pd.read_excel(edition / "results.xlsx", sheet_name=None, header=HEADER_ROW, dtype=words)
    return {name: frame for name, frame in book.items() if name != "Содержание"}


def printed_in_page(edition: Path, period: str) -> pd.DataFrame:
    """Values of indicators in the tables of ``report.html``: level, unit, period, indicator, value, to one decimal."""
    found = []
    for table in pd.read_html(StringIO(_marked(edition)), thousands=" ", decimal="."):
        found += list(_values(table, period))
    return pd.DataFrame(found, columns=[*ROW, "value"])


def _marked(edition: Path) -> str:
    html = (edition / "report.html").read_text(encoding="utf-8")
    return re.sub(r"<svg\b.*?</svg>", "", html, flags=re.DOTALL)


def _values(table: pd.DataFrame, period: str) -> Iterator[tuple[object, ...]]:
    """A cell belongs to an indicator by its row («П04. …»), to a unit and a period by the head of its column."""
    heads = [" ".join(dict.fromkeys(map(str, name if isinstance(name, tuple) else (name,)))) for name in table.columns]
    for row in table.itertuples(index=False):
        code = re.match(r"П\d\d", str(row[0]))
        for head, cell in zip(heads[1:], row[1:], strict=True):
            place = _place(head, period)
            number = _NUMBER.match(str(cell))
            if code and place and number:
                yield (*place, code[0], float(re.sub(r"\s", "", number[0]).replace(",", ".").replace("−", "-")))


def _place(head: str, period: str) -> tuple[str, str, str] | None:
    group = re.fullmatch(r"Группа (\w)", head)
    if group:
        return "group", group[1], period
    if head == "Город":
        return "city", "city", period
    half = re.fullmatch(r"(I{1,2}) п/г (\d{4})", head)
    if half:
        return "city", "city", f"{half[2]}H{len(half[1])}"
    year = re.fullmatch(r"(?:Город )?(\d{4})(?: год| г\.)?", head)
    return ("city", "city", year[1]) if year else None


@cache
def contents(edition: Path) -> dict[str, str]:
    """Every file, and every file inside packed ones, as text: bytes, metadata and the text of PDF pages."""
    found: dict[str, str] = {}
    for path in sorted(edition.iterdir()):
        raw = path.read_bytes()
        found[path.name] = raw.decode("utf-8", errors="replace")
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(BytesIO(raw)) as archive:
                found |= {
                    f"{path.name}/{name}": archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
                }
        if path.suffix == ".pdf":
            reader = pypdf.PdfReader(BytesIO(raw))
            pages = "\n".join(page.extract_text() for page in reader.pages)
            found[f"{path.name}/text"] = (
                pages + str(reader.metadata) + str(reader.xmp_metadata and reader.xmp_metadata.stream)
            )
            streams = (
                one.get_object()
                for one in (reader.get_object(i) for i in range(1, len(reader.xref[0]) + 1))
                if hasattr(one, "get_data")
            )
            found[f"{path.name}/streams"] = "\n".join(one.get_data().decode("latin-1") for one in streams)
    return found
