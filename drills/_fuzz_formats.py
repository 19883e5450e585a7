"""A form in the formats that schools send, written as plainly as possible: the material that the drill spoils."""

from __future__ import annotations

import csv
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO, StringIO
from pathlib import Path
from xml.sax.saxutils import escape

from analysis.intake.book import Sheet, rows_of
from analysis.intake.cells import shown
from analysis.intake.reader import read_book

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """The parts as an archive."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name, part in parts.items():
            target.writestr(name, part)
    return buffer.getvalue()


def as_ods(content: bytes) -> bytes:
    """The same sheets as OpenDocument."""
    tables = "".join(
        f'<table:table table:name="{sheet.name}">{"".join(map(_ods_row, _rows(sheet)))}</table:table>'
        for sheet in _sheets(content)
    )
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    document = f"<office:document-content {_SPACES}>{body}</office:document-content>"
    return zipped({"mimetype": _ODS, "content.xml": document.encode()})


def as_csv(content: bytes) -> bytes:
    """The month's sheet as an office program saves it."""
    buffer = StringIO(newline="")
    month = next(sheet for sheet in _sheets(content) if sheet.name == "Месяц")
    csv.writer(buffer, delimiter=";").writerows(_rows(month))
    return buffer.getvalue().encode(errors="replace")


def as_xls(content: bytes) -> bytes:
    """What begins like an old .xls and holds the form's bytes."""
    return OLE + content


WRITERS: Mapping[str, tuple[int, Callable[[bytes], bytes]]] = {
    "xlsx": (6, bytes),
    "ods": (3, as_ods),
    "csv": (2, as_csv),
    "xls": (1, as_xls),
}  # how often, and how


def _sheets(content: bytes) -> list[Sheet]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "form.xlsx")
        path.write_bytes(content)
        return read_book(path).sheets


def _rows(sheet: Sheet) -> list[list[str]]:
    """Every row from the first to the last, as texts."""
    cells = dict(rows_of(sheet))
    return [
        [shown(cells.get(row, {}).get(column)) for column in range(1, max(cells.get(row, {0: None})) + 1)]
        for row in range(1, max(cells) + 1)
    ]


def _ods_row(texts: list[str]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, texts))}</table:table-row>"


def _ods_cell(text: str) -> str:
    if not text:
        return "<table:table-cell/>"
    number = f' office:value-type="float" office:value="{text}"' if re.fullmatch(r"\d{1,9}", text) else ""
    return f"<table:table-cell{number}><text:p>{escape(_NOT_XML.sub('', text))}</text:p></table:table-cell>"
