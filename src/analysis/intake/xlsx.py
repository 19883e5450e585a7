"""Read .xlsx and .xlsm as values: formulas by their cached results, macros and links noticed and never followed."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from analysis.intake.archive import Archive, StopReading
from analysis.intake.book import COMMENTS, PICTURES, Book, Cell, Sheet, Unreadable, excel_date, iso_date, parse_address

_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENT_FORMATS = frozenset((9, 10))
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


@dataclass
class _Workbook:
    sheets: list[tuple[str, str, str]] = field(default_factory=list)  # name, state, relation
    names: dict[str, str] = field(default_factory=dict)
    date1904: bool = False
    links: bool = False


@dataclass
class _Styles:
    dates: set[int] = field(default_factory=set)
    percents: set[int] = field(default_factory=set)


def read_xlsx(archive: Archive) -> Book:
    """All sheets of a workbook. Raises Unreadable."""
    main = _main_part(archive)
    folder = posixpath.dirname(main)
    relations = _relations(archive, posixpath.join(folder, "_rels", posixpath.basename(main) + ".rels"))
    workbook = _workbook(archive, main)
    sheets = {key: _target(folder, target) for key, (kind, target) in relations.items() if kind == "worksheet"}
    kinds = {kind: _target(folder, target) for kind, target in relations.values()}
    strings = _strings(archive, kinds.get("sharedStrings", ""))
    styles = _styles(archive, kinds.get("styles", ""))
    book = Book("xlsx", names=workbook.names)
    book.macros = any(name.lower().endswith("vbaproject.bin") for name in archive.names)
    book.external_links = workbook.links or any("externalLinks/" in name for name in archive.names)
    book.unread = _unread(archive.names)
    for name, state, relation in workbook.sheets:
        part = sheets.get(relation, "")
        if part in archive.names:
            book.sheets.append(_SheetReader(archive, name, state, strings, styles, workbook.date1904).read(part))
    if not book.sheets:
        raise Unreadable("damaged", "в файле нет листов")
    return book


def _unread(names: set[str]) -> tuple[str, ...]:
    """Comments and pictures of a package, which are not read."""
    comments = any(re.search(r"/(?:threadedC|c)omments?\w*[./]", name) for name in names)
    pictures = any(name.startswith("xl/media/") for name in names)
    return (COMMENTS,) * comments + (PICTURES,) * pictures


def _main_part(archive: Archive) -> str:
    for kind, target in _relations(archive, "_rels/.rels").values():
        if kind == "officeDocument":
            part = target.lstrip("/")
            if part.endswith(".bin"):
                raise Unreadable("unsupported", "двоичная книга .xlsb")
            if part in archive.names:
                return part
    if "xl/workbook.xml" in archive.names:
        return "xl/workbook.xml"
    raise Unreadable("damaged", "в файле нет книги")


def _target(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Relation id → last word of its type, target."""
    found: dict[str, tuple[str, str]] = {}
    if part not in archive.names:
        return found

    def start(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship" and given.get("TargetMode") != "External":
            found[given.get("Id", "")] = (given.get("Type", "").rpartition("/")[2], given.get("Target", ""))

    archive.parse(part, start, _nothing, _nothing)
    return found


def _nothing(_: str) -> None:
    return None


def _workbook(archive: Archive, part: str) -> _Workbook:
    result = _Workbook()
    name: list[str] = []
    text: list[str] = []

    def start(tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for key, value in given.items() if key.rpartition(":")[2] == "id"), "")
            result.sheets.append((given.get("name", ""), given.get("state", "visible"), relation))
        elif tag == "definedName":
            name[:] = [given.get("name", "")]
            text.clear()
        elif tag == "workbookPr":
            result.date1904 = given.get("date1904", "0") in ("1", "true")
        elif tag == "externalReference":
            result.links = True

    def end(tag: str) -> None:
        if tag == "definedName" and name:
            result.names.setdefault(name[0], "".join(text).strip())
            name.clear()

    archive.parse(part, start, end, lambda piece: text.append(piece) if name else None)
    return result


def _strings(archive: Archive, part: str) -> list[str]:
    strings: list[str] = []
    if part not in archive.names:
        return strings
    pieces: list[str] = []
    inside = [False, False]  # in <t>, in phonetic <rPh>

    def start(tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            inside[1] = True
        elif tag == "t":
            inside[0] = not inside[1]

    def end(tag: str) -> None:
        if tag == "si":
            strings.append(_unescape("".join(pieces))[: archive.limits.text])
        elif tag == "rPh":
            inside[1] = False
        elif tag == "t":
            inside[0] = False

    archive.parse(part, start, end, lambda piece: pieces.append(piece) if inside[0] else None)
    return strings


def _styles(archive: Archive, part: str) -> _Styles:
    styles = _Styles()
    if part not in archive.names:
        return styles
    formats: dict[int, str] = {}
    state = {"xfs": False, "index": 0}

    def start(tag: str, given: dict[str, str]) -> None:
        if tag == "numFmt":
            formats[_integer(given.get("numFmtId"))] = _NOT_CODE.sub("", given.get("formatCode", "")).lower()
        elif tag == "cellXfs":
            state["xfs"] = True
        elif tag == "xf" and state["xfs"]:
            number = _integer(given.get("numFmtId"))
            code = formats.get(number, "")
            if number in _DATE_FORMATS or (code != "general" and re.search("[dmyhs]", code)):
                styles.dates.add(state["index"])
            elif number in _PERCENT_FORMATS or "%" in code:
                styles.percents.add(state["index"])
            state["index"] += 1

    def end(tag: str) -> None:
        if tag == "cellXfs":
            raise StopReading

    archive.parse(part, start, end, _nothing)
    return styles


def _unescape(text: str) -> str:
    """Characters that Excel writes as «_x000D_»; those that no text may hold are dropped."""
    return _ESCAPED.sub(_escaped, text) if "_x" in text else text


def _escaped(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character.isprintable() or character.isspace() else ""


def _integer(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else -1


class _SheetReader:
    """Collects the non-empty cells of one sheet while its XML streams by."""

    def __init__(
        self, archive: Archive, name: str, state: str, strings: list[str], styles: _Styles, date1904: bool
    ) -> None:
        self.archive, self.strings, self.styles, self.date1904 = archive, strings, styles, date1904
        self.sheet = Sheet(name, state if state in ("hidden", "veryHidden") else "visible")
        self.row = self.column = 0
        self.attributes: dict[str, str] = {}
        self.value: str | None = None
        self.inline: list[str] = []
        self.formula = False
        self.text: list[str] | None = None
        self.phonetic = False

    def read(self, part: str) -> Sheet:
        self.archive.parse(part, self._start, self._end, self._characters)
        if self.archive.exhausted:
            self.sheet.cut_short = True
        return self.sheet

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "c":
            place = parse_address(given["r"]) if "r" in given else None
            self.row, self.column = place or (self.row, self.column + 1)
            self.attributes, self.value, self.formula = given, None, False
            self.inline.clear()
        elif tag == "v" or (tag == "t" and not self.phonetic):
            self.text = []
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self._row(given)
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "mergeCell":
            self.sheet.merged.append(given.get("ref", ""))
        elif tag == "autoFilter":
            self.sheet.filtered = True

    def _row(self, given: dict[str, str]) -> None:
        number = _integer(given.get("r"))
        self.row, self.column = (number if number > 0 else self.row + 1), 0
        if self.row > self.archive.limits.rows:
            self.sheet.cut_short = True
            raise StopReading
        if given.get("hidden") in ("1", "true"):
            self.sheet.hidden_rows = True

    def _characters(self, piece: str) -> None:
        if self.text is not None:
            self.text.append(piece)

    def _end(self, tag: str) -> None:
        if tag == "v" and self.text is not None:
            self.value, self.text = "".join(self.text), None
        elif tag == "t" and self.text is not None:
            self.inline.append("".join(self.text))
            self.text = None
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "c":
            self._keep()

    def _keep(self) -> None:
        cell = self._cell()
        if cell is None or cell.value == "":
            return
        if self.row > self.archive.limits.rows or self.column > self.archive.limits.columns:
            self.sheet.cut_short = True
            return
        self.sheet.cells[self.row, self.column] = cell
        if len(self.sheet.cells) > self.archive.limits.cells:
            raise Unreadable("too_large", f"на листе более {self.archive.limits.cells} заполненных ячеек")

    def _cell(self) -> Cell | None:
        kind = self.attributes.get("t", "n")
        if kind == "inlineStr":
            return Cell(_unescape("".join(self.inline))[: self.archive.limits.text], "text", self.formula)
        if self.value is None or (self.value == "" and self.formula and kind != "str"):
            return Cell("=", "uncached", True) if self.formula else None
        if kind == "s":
            index = _integer(self.value)
            return Cell(self.strings[index], "text") if 0 <= index < len(self.strings) else None
        if kind == "str":
            return Cell(_unescape(self.value)[: self.archive.limits.text], "text", self.formula)
        if kind == "b":
            return Cell(self.value.strip() in ("1", "true"), "bool", self.formula)
        if kind == "e":
            return Cell(self.value[:50], "error", self.formula)
        if kind == "d":
            return Cell(iso_date(self.value), "date", self.formula)
        return self._number(self.value)

    def _number(self, text: str) -> Cell:
        try:
            number = float(text)
        except ValueError:
            return Cell(text[: self.archive.limits.text], "text", self.formula)
        style = _integer(self.attributes.get("s", "0"))
        shown = excel_date(number, self.date1904) if style in self.styles.dates else None
        if shown:
            return Cell(shown, "date", self.formula)
        return Cell(number, "number", self.formula, style in self.styles.percents)
