"""A workbook whose bytes depend on its content alone, whatever the clock and the machine."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO

from openpyxl import Workbook

from analysis.files import pack

FIXED_TIME = datetime(2021, 6, 21)  # the order's date; any constant would do
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def workbook_parts(workbook: Workbook) -> dict[str, bytes]:
    """The files inside the .xlsx in openpyxl's order, the dates in its properties fixed."""
    workbook.properties.created = FIXED_TIME
    raw = BytesIO()
    workbook.save(raw)
    with zipfile.ZipFile(raw) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    stamp = FIXED_TIME.isoformat().encode() + b"Z"
    parts["docProps/core.xml"] = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", parts["docProps/core.xml"])
    return parts


def workbook_bytes(workbook: Workbook) -> bytes:
    """The workbook as one .xlsx: same content, same bytes."""
    return pack(workbook_parts(workbook))
