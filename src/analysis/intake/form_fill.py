"""Fill a ready form as text: a template is drawn once, each school's copy costs a few milliseconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape

from analysis.files import pack
from analysis.intake import layout
from analysis.intake.form_sheets import FIRST_ROW, build_form
from analysis.settings import Settings
from analysis.xlsxfile import workbook_parts

_SLOT = re.compile(
    r'@@(?P<text>\w+)@@|<c r="(?P<cell>[A-Z]+\d+)"(?P<style> s="\d+")?(?: t="\w+")?\s*(?:/>|>(?:<v\s*/>)?</c>)'
)
_REFERENCE = re.compile(rb"&#(\d{3,7});")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DAY_ZERO = date(1899, 12, 30)


@dataclass(frozen=True)
class Slot:
    """A place in a part's XML that differs between schools, and the unchanging text before it."""

    before: str
    text: str = ""  # name of a placeholder, or
    cell: str = ""  # address of an empty cell
    style: str = ""


@dataclass(frozen=True)
class CutPart:
    """A part of the template cut at its slots; ``sheet`` is empty outside the sheets that are filled."""

    sheet: str
    slots: tuple[Slot, ...]
    tail: str


@dataclass(frozen=True)
class Template:
    """One drawn form: its parts, and the cell of every input by sheet and code."""

    parts: Mapping[str, bytes | CutPart]
    cells: Mapping[tuple[str, str], str]


_MOST_TEMPLATES = 60  # a year of four groups is 48
_TEMPLATES: dict[tuple[int, str, int], tuple[Settings, Template]] = {}


def template_for(settings: Settings, group: str, month: int) -> Template:
    """The template of a calendar month for a group, drawn at the first call."""
    key = (id(settings), group, month)
    if key not in _TEMPLATES:
        if len(_TEMPLATES) >= _MOST_TEMPLATES:
            _TEMPLATES.clear()
        _TEMPLATES[key] = (settings, _draw(settings, group, month))
    return _TEMPLATES[key][1]


def _draw(settings: Settings, group: str, month: int) -> Template:
    workbook, cells = build_form(settings, group, month)
    places: dict[str, set[str]] = {}
    for (sheet, _), cell in cells.items():
        places.setdefault(sheet, set()).update((cell, f"E{cell[1:]}"))
    if layout.has_activities(settings, month):
        rows = range(FIRST_ROW, FIRST_ROW + len(settings.activities))
        places["activities"] = {f"{letter}{row}" for row in rows for letter in "DEF"}
    names = enumerate(layout.sheets_of(settings, group, month), start=1)
    sheets = {f"xl/worksheets/sheet{number}.xml": sheet for number, sheet in names}
    parts: dict[str, bytes | CutPart] = {}
    for name, content in workbook_parts(workbook).items():
        content = _REFERENCE.sub(lambda match: chr(int(match[1])).encode(), content)
        sheet = sheets.get(name, "")
        has_slots = sheet or b"@@" in content
        parts[name] = _cut(sheet, content.decode(), places.get(sheet, set())) if has_slots else content
    return Template(parts, cells)


def _cut(sheet: str, xml: str, places: set[str]) -> CutPart:
    slots, start = [], 0
    for match in _SLOT.finditer(xml):
        if match["text"] or match["cell"] in places:
            before = xml[start : match.start()]
            slots.append(Slot(before, match["text"] or "", match["cell"] or "", match["style"] or ""))
            start = match.end()
    missing = places - {slot.cell for slot in slots}
    if missing:
        raise RuntimeError(f"cells of the form are not empty or absent: {sorted(missing)}")
    return CutPart(sheet, tuple(slots), xml[start:])


def fill(template: Template, texts: Mapping[str, str], values: Mapping[str, Mapping[str, object]]) -> bytes:
    """The .xlsx of one school: ``texts`` for the placeholders, ``values`` by sheet and cell."""
    return pack(
        {
            name: _join(part, texts, values.get(part.sheet, {})) if isinstance(part, CutPart) else part
            for name, part in template.parts.items()
        }
    )


def _join(part: CutPart, texts: Mapping[str, str], values: Mapping[str, object]) -> bytes:
    pieces = []
    for slot in part.slots:
        pieces.append(slot.before)
        pieces.append(_text(texts[slot.text]) if slot.text else _cell(slot, values.get(slot.cell)))
    return ("".join(pieces) + part.tail).encode()


def _cell(slot: Slot, value: object) -> str:
    start = f'<c r="{slot.cell}"{slot.style}'
    if value is None or (isinstance(value, float) and value != value):
        return f"{start}/>"
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{start}><v>{(value - _DAY_ZERO).days}</v></c>"
    if isinstance(value, bool):
        return f'{start} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'
    number = float(value)  # type: ignore[arg-type]
    return f"{start}><v>{int(number) if number.is_integer() else repr(number)}</v></c>"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
