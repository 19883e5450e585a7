"""A file → :class:`Reading`: which sheets are the form's, what their cells say, what is odd about the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from analysis.intake.activity_sheet import read_activities
from analysis.intake.book import Book, Limits, Sheet, Unreadable
from analysis.intake.cells import read_month
from analysis.intake.layout import (
    HIDDEN_FIELDS,
    HIDDEN_SHEET,
    MEASURE_SHEETS,
    NAME_OF_FIELD,
    PROTOCOL,
    SHEET_TITLES,
    Mark,
    parse_mark,
)
from analysis.intake.measure_sheet import read_measures
from analysis.intake.names import name_parts
from analysis.intake.passport import read_passport
from analysis.intake.personal import personal_data
from analysis.intake.reader import read_book
from analysis.intake.reading import Entry, FormSpec, Reading, Remark, fold_code, refused
from analysis.intake.rules import UNREADABLE
from analysis.intake.tables import kind_by_names, kind_by_title, references, sheet_mark

_MANY_SCHOOLS = 3


def read_form(path: Path, spec: FormSpec, limits: Limits | None = None) -> Reading:
    """Read one file of a school. Never raises for what the file holds: the reading says what is wrong."""
    try:
        return interpret(read_book(path, limits), spec)
    except Unreadable as error:
        return refused(UNREADABLE.get(error.code, "B35"), path.suffix.lower().lstrip("."), error.detail)
    except (MemoryError, RecursionError):
        return refused("B45", path.suffix.lower().lstrip("."))


def interpret(book: Book, spec: FormSpec) -> Reading:
    """What a readable file says."""
    reading = Reading(kind=book.kind, hidden=_hidden(book))
    names = references(book)
    places = [(sheet, sheet_mark(sheet)) for sheet in book.sheets if not _is_hidden_form(sheet)]
    kinds = [(sheet, mark.sheet if mark else _kind(sheet, names, spec), mark) for sheet, mark in places]
    reading.marks = [(m.version, m.period, m.school_id, m.sheet) for _, _, m in kinds if m]
    private = personal_data(book, kinds, spec)
    if private.refuses:
        return _put_aside(reading)
    older = _older(reading, spec)
    if reading.fatal:
        return reading
    for kind in SHEET_TITLES:
        _read_kind(reading, kind, [(sheet, mark) for sheet, found, mark in kinds if found == kind], spec, names, older)
    reading.remarks += private.remarks
    _file_remarks(reading, book, kinds)
    if not any(kind in reading.sheets for kind in (*MEASURE_SHEETS, "activities")):
        if _many_schools(book.sheets):
            return refused("B22", book.kind)
        returned = any(cell.value == PROTOCOL for sheet in book.sheets for cell in sheet.cells.values())
        return refused("B46", book.kind, PROTOCOL if returned else "")
    return reading


def _put_aside(reading: Reading) -> Reading:
    """Whose file it is, and nothing else of it."""
    aside = refused("B36", reading.kind, "текст скрыт")
    aside.hidden, aside.marks = reading.hidden, reading.marks
    return aside


def _is_hidden_form(sheet: Sheet) -> bool:
    return sheet.name == HIDDEN_SHEET


def _hidden(book: Book) -> dict[str, str]:
    """School, period and version from the very hidden sheet, by label; by defined name when it was renamed."""
    found: dict[str, str] = {}
    sheet = book.sheet(HIDDEN_SHEET)
    for (row, column), cell in sorted(sheet.cells.items()) if sheet else ():
        value = sheet.cells.get((row, column + 1)) if sheet else None
        if cell.value in HIDDEN_FIELDS and value is not None:
            found.setdefault(str(cell.value), str(value.value).strip())
    for field, name in NAME_OF_FIELD.items():
        place = references(book).get(name)
        target = book.sheet(place[0]) if place else None
        if field not in found and place and target and place[1:] in target.cells:
            found[field] = str(target.cells[place[1], place[2]].value).strip()
    return found


def _kind(sheet: Sheet, names: dict[str, tuple[str, int, int]], spec: FormSpec) -> str:
    return kind_by_names(sheet, names) or kind_by_title(sheet) or _kind_by_codes(sheet, spec)


def _kind_by_codes(sheet: Sheet, spec: FormSpec) -> str:
    columns: Counter[tuple[int, str]] = Counter()
    keys = {kind: set(spec.codes_on(kind)) for kind in MEASURE_SHEETS}
    for (_, column), cell in sheet.cells.items():
        if cell.kind == "text" and len(str(cell.value)) < 60:
            folded = fold_code(str(cell.value))
            columns.update((column, kind) for kind, codes in keys.items() if folded in codes)
    if not columns:
        return ""
    (_, kind), hits = columns.most_common(1)[0]
    return kind if hits >= min(3, len(keys[kind])) else ""


def _older(reading: Reading, spec: FormSpec) -> dict[str, str]:
    """The code map when the form is of an older version; unknown versions refuse every value."""
    version = reading.hidden.get("form_version") or next((mark[0] for mark in reading.marks), spec.version)
    if version == spec.version:
        return {}
    if version in spec.older:
        reading.remarks.append(Remark("B18.converted", found=version))
        return dict(spec.older[version])
    reading.fatal = "B18"
    reading.remarks.append(Remark("B18", found=version))
    return {}


def _read_kind(
    reading: Reading,
    kind: str,
    sheets: list[tuple[Sheet, Mark | None]],
    spec: FormSpec,
    names: dict[str, tuple[str, int, int]],
    older: dict[str, str],
) -> None:
    """Read the sheet of a kind; copies of it must say the same."""
    copies = [(sheet, part) for sheet, _ in sheets if (part := _read_sheet(sheet, kind, spec, names, older))]
    if not copies:
        return
    first = copies[0][1]
    reading.sheets.append(kind)
    for sheet, other in copies[1:]:
        same = _content(other) == _content(first)
        reading.remarks.append(Remark("B19.copy" if same else "B19.conflict", sheet.name))
        if not same:
            first.entries = [_without_value(entry) for entry in first.entries]
            first.activities = []
    reading.entries += first.entries
    reading.activities += first.activities
    reading.remarks += first.remarks
    reading.headings += first.headings
    reading.passport |= first.passport


def _read_sheet(
    sheet: Sheet,
    kind: str,
    spec: FormSpec,
    names: dict[str, tuple[str, int, int]],
    older: dict[str, str],
) -> Reading | None:
    """What one sheet says; None when it holds no table of the form."""
    part = Reading()
    if kind == "passport":
        found = read_passport(part, sheet, names)
    elif kind == "activities":
        found = read_activities(part, sheet, spec, names)
    else:
        found = read_measures(part, sheet, kind, spec, names, older)
    if found:
        _read_heading(part, sheet, kind)
    return part if found else None


def _read_heading(part: Reading, sheet: Sheet, kind: str) -> None:
    """The month and the school printed above the form's mark: people who reuse a form change them first."""
    mark = next(
        (place for place, cell in sheet.cells.items() if cell.kind == "text" and parse_mark(str(cell.value))), None
    )
    if mark is None:
        return
    lines = [str(sheet.cells[row, mark[1]].value) for row in range(1, mark[0]) if (row, mark[1]) in sheet.cells]
    part.headings = lines[1:2]
    printed = read_month(lines[0].partition("(")[0]) if lines and kind == "month" else None
    if printed:
        part.passport["title_key"] = printed


def _content(reading: Reading) -> object:
    values = sorted((entry.code, str(entry.value), entry.found) for entry in reading.entries)
    return values, [vars(activity) for activity in reading.activities], reading.passport


def _without_value(entry: Entry) -> Entry:
    return Entry(entry.sheet, entry.code, entry.cell, None, "B19.conflict", entry.found, entry.sheet_name)


def _file_remarks(reading: Reading, book: Book, kinds: Iterable[tuple[Sheet, str, Mark | None]]) -> None:
    owners = {(mark[2], mark[1]) for mark in reading.marks}
    if "school_id" in reading.hidden and "period" in reading.hidden:
        owners.add((reading.hidden["school_id"], reading.hidden["period"]))
    if len(owners) > 1:
        reading.fatal = "B19.two"
        reading.remarks.append(Remark("B19.two", found=", ".join(sorted(" ".join(owner) for owner in owners))))
    oddities = {
        "B34": book.kind if book.kind != "xlsx" else "",
        "B35.macros": "макросы" if book.macros else "",
        "B35.links": "внешние ссылки" if book.external_links else "",
        "B20.over": ", ".join(book.unread),
    }
    reading.remarks += [Remark(variant, found=found) for variant, found in oddities.items() if found]
    for sheet, kind, _ in kinds:
        if kind not in reading.sheets and sheet.cells:
            reading.remarks.append(Remark("B42", sheet.name))
        if sheet.state != "visible" or sheet.hidden_rows or sheet.filtered:
            reading.remarks.append(Remark("B20", sheet.name))
        if sheet.cut_short:
            reading.remarks.append(Remark("B45.rows", sheet.name))


def _many_schools(sheets: Iterable[Sheet]) -> bool:
    """Does a column list several schools? Then it is a summary table, not a form."""
    for sheet in sheets:
        schools: dict[int, set[tuple[str, str]]] = {}
        for (_, column), cell in sheet.cells.items():
            if cell.kind == "text" and len(str(cell.value)) < 150:
                parts = name_parts(str(cell.value))
                if parts.kind and (parts.number or parts.own):
                    schools.setdefault(column, set()).add((parts.kind, parts.number + parts.own))
        if any(len(names) >= _MANY_SCHOOLS for names in schools.values()):
            return True
    return False
