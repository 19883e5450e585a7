"""Save a workbook so that the same content gives the same bytes, whatever the clock and the machine."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

FIXED_TIME = datetime(2021, 6, 21)  # the order's date; any constant would do
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def workbook_bytes(workbook: Workbook) -> bytes:
    """The .xlsx as bytes: fixed dates in the properties and in the archive, openpyxl's part order."""
    workbook.properties.created = FIXED_TIME
    raw = io.BytesIO()
    workbook.save(raw)
    fixed = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = FIXED_TIME.isoformat().encode() + b"Z"
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(entry, content)
    return fixed.getvalue()


def save_workbook(workbook: Workbook, path: Path) -> None:
    """Write atomically: a reader sees the old file or the whole new one."""
    scratch = path.with_name(f".{path.name}.tmp")
    scratch.write_bytes(workbook_bytes(workbook))
    Path(scratch).replace(path)
