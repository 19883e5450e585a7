"""Read a sheet saved as text: UTF-8, UTF-16 or cp1251; semicolons, commas or tabs."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

from analysis.intake.book import Book, Cell, Limits, Sheet, Unreadable

_INTEGER = re.compile(r"[+-]?\d{1,15}")


def decode(content: bytes) -> str:
    """Text of a .csv file whatever its encoding. Raises Unreadable for bytes that are no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(content, "utf-16")
    if b"\0" in content:
        raise Unreadable("unsupported", "двоичный файл")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _strict(content, "cp1251")


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("unsupported", "кодировка текста не распознана") from error


def delimiter_of(text: str) -> str:
    """The separator that splits most of the first lines into the same number of fields; the more fields the better."""
    start = text[:20_000].rpartition("\n")[0] if len(text) > 20_000 else text
    return max(";,\t", key=lambda mark: (*_evenness(start, mark), mark == ";"))


def _evenness(text: str, mark: str) -> tuple[int, int]:
    """How many lines have the usual number of fields, and that number; (0, 1) when nothing is split."""
    try:
        sizes = Counter(
            len(row) for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), 50) if row
        )
    except csv.Error:
        return 0, 1
    size, lines = max(
        ((size, lines) for size, lines in sizes.items() if size > 1), key=lambda one: one[::-1], default=(1, 0)
    )
    return lines, size


def read_csv(content: bytes, limits: Limits) -> Book:
    """One sheet without a name. Raises Unreadable."""
    text = decode(content)
    sheet = Sheet("")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        for row, fields in enumerate(reader, start=1):
            if row > limits.rows:
                sheet.cut_short = True
                break
            _keep(sheet, row, fields, limits)
    except csv.Error as error:
        raise Unreadable("damaged", "строки таблицы не разделяются на столбцы") from error
    if not sheet.cells:
        raise Unreadable("no_form", "таблица пуста")
    return Book("csv", [sheet])


def _keep(sheet: Sheet, row: int, fields: list[str], limits: Limits) -> None:
    sheet.cut_short |= len(fields) > limits.columns
    for column, field in enumerate(fields[: limits.columns], start=1):
        if field.strip():
            sheet.cells[row, column] = _cell(field[: limits.text])
    if len(sheet.cells) > limits.cells:
        raise Unreadable("too_large", f"более {limits.cells} заполненных ячеек")


def _cell(field: str) -> Cell:
    """Digits alone are a number here: text is all that CSV has."""
    return Cell(float(field), "number") if _INTEGER.fullmatch(field) else Cell(field, "text")
