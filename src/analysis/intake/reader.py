"""Open whatever a school sent: told by its first bytes, never by its name; nothing in it is ever run."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from analysis.files import reason_of
from analysis.intake.archive import Archive
from analysis.intake.book import Book, Limits, Unreadable
from analysis.intake.convert import convert
from analysis.intake.delimited import read_csv
from analysis.intake.ods import read_ods
from analysis.intake.xlsx import read_xlsx

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"%PDF", "документ PDF"),
    (b"\xff\xd8\xff", "фотография"),
    (b"\x89PNG", "изображение"),
    (b"GIF8", "изображение"),
    (b"BM", "изображение"),
    (b"II*\0", "изображение"),
    (b"MM\0*", "изображение"),
    (b"{\\rtf", "документ RTF"),
    (b"Rar!", "архив RAR"),
    (b"7z\xbc\xaf", "архив 7z"),
    (b"\x1f\x8b", "архив"),
    (b"MZ", "программа"),
)
_LETTER = "письмо, а не вложенная в него форма"
_TEXT_SUFFIXES = (".csv", ".txt", ".tsv", "")


def read_book(path: Path, limits: Limits | None = None) -> Book:
    """The sheets of a file as :class:`Book`. Raises Unreadable with the rule that the file breaks."""
    limits = limits or Limits()
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise Unreadable("unreachable", reason_of(error)) from error
    if size == 0:
        raise Unreadable("damaged", "файл пуст")
    if size > limits.file_bytes:
        raise Unreadable("too_large", f"{size // 1_000_000} МБ")
    if head.startswith(b"PK"):
        return _zipped(path, limits)
    if head.startswith(_OLE):
        return _ole(path, limits)
    return _plain(path, head, limits)


def _zipped(path: Path, limits: Limits) -> Book:
    with Archive(path, limits) as archive:
        if any(name.startswith("xl/") for name in archive.names):
            return read_xlsx(archive)
        if "content.xml" in archive.names:
            kind = archive.read("mimetype") if "mimetype" in archive.names else b""
            if kind and b"spreadsheet" not in kind:
                raise Unreadable("unsupported", "текстовый документ")
            return read_ods(archive)
        if any(name.startswith("word/") for name in archive.names):
            raise Unreadable("unsupported", "документ Word")
        raise Unreadable("unsupported", "архив")


def _ole(path: Path, limits: Limits) -> Book:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("encrypted")
    for mark, what in (("WordDocument", "документ Word"), ("__substg1.0_", _LETTER)):
        if mark.encode("utf-16-le") in content:
            raise Unreadable("unsupported", what)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "old.xls")
        copy.write_bytes(content)
        made = convert(copy, Path(folder))
        if not zipfile.is_zipfile(made):
            raise Unreadable("damaged")
        book = _zipped(made, limits)
    book.kind = "xls"
    return book


def _plain(path: Path, head: bytes, limits: Limits) -> Book:
    for start, what in _FOREIGN:
        if head.startswith(start):
            raise Unreadable("unsupported", what)
    if b"ftyp" in head[:16]:
        raise Unreadable("unsupported", "фотография")
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith(b"<"):
        raise Unreadable("unsupported", "веб-страница или XML")
    if path.suffix.lower() in (".eml", ".mht"):
        raise Unreadable("unsupported", _LETTER)
    if path.suffix.lower() not in _TEXT_SUFFIXES:
        raise Unreadable("damaged")
    return read_csv(path.read_bytes(), limits)
