"""Open other people's zipped XML without being harmed: sizes counted as unpacked, no DTD, no entity, no network.

The rules are those of ``defusedxml`` with ``forbid_dtd=True``, on a streaming parser, so that a part is refused after
the first megabytes and never held whole.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from defusedxml.common import DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden

from analysis.intake.book import Limits, Unreadable

_CHUNK = 1 << 16
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    expat.ExpatError,
    NotImplementedError,
    RuntimeError,
    LookupError,
    ValueError,
    OSError,
    OverflowError,
)
_HOSTILE = (DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden)

StartHandler = Callable[[str, dict[str, str]], None]
EndHandler = Callable[[str], None]
TextHandler = Callable[[str], None]


class StopReading(Exception):
    """A handler has seen enough of a part."""


class Archive:
    """A zip file under :class:`Limits`; use as a context manager."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.limits = limits
        self._unpacked = 0
        self._elements = 0
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise Unreadable("damaged") from error
        if len(self._zip.infolist()) > limits.parts:
            raise Unreadable("too_large", f"внутри более {limits.parts} частей")
        # some programs write the separators of Windows
        self._members = {info.filename.replace("\\", "/"): info for info in self._zip.infolist()}
        self.names = set(self._members)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of a part. Raises Unreadable when it is damaged, encrypted or too large."""
        try:
            info = self._members[name]
            if info.flag_bits & 1:
                raise Unreadable("encrypted")
            with self._zip.open(info) as part:
                while chunk := part.read(_CHUNK):
                    self._unpacked += len(chunk)
                    if self._unpacked > self.limits.unpacked_bytes:
                        raise Unreadable("too_large", "после распаковки файл слишком велик")
                    yield chunk
        except _DAMAGE as error:
            raise Unreadable("damaged") from error

    def read(self, name: str, most: int = 5_000_000) -> bytes:
        """A small part whole."""
        content = b""
        for chunk in self.chunks(name):
            content += chunk
            if len(content) > most:
                raise Unreadable("too_large", "часть файла слишком велика")
        return content

    def parse(self, name: str, start: StartHandler, end: EndHandler, text: TextHandler) -> None:
        """Stream a part of XML through handlers; names come without namespace prefix."""
        parser = _parser()
        parser.StartElementHandler = self._counted(start)
        parser.EndElementHandler = lambda tag: end(_local(tag))
        parser.CharacterDataHandler = text
        try:
            for chunk in self.chunks(name):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except StopReading:
            return
        except _HOSTILE as error:
            raise Unreadable("hostile_xml") from error
        except _DAMAGE as error:
            raise Unreadable("damaged") from error

    def _counted(self, start: StartHandler) -> StartHandler:
        most = self.limits.elements

        def handler(tag: str, attributes: dict[str, str]) -> None:
            self._elements += 1
            if self._elements > most:
                raise StopReading
            start(_local(tag), attributes)

        return handler

    @property
    def exhausted(self) -> bool:
        """Were there more XML elements than allowed? What follows them was not read."""
        return self._elements > self.limits.elements


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _parser() -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.EntityDeclHandler = _refuse_entity
    parser.UnparsedEntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = _refuse_external
    return parser


def _refuse_dtd(name: str, system: str | None, public: str | None, _internal: int) -> None:
    raise DTDForbidden(name, system, public)


def _refuse_entity(name: str, *details: Any) -> None:
    raise EntitiesForbidden(name, None, None, None, None, None)


def _refuse_external(context: str, base: str | None, system: str | None, public: str | None) -> int:
    raise ExternalReferenceForbidden(context, base, system, public)
