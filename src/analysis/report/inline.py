"""Running text with emphasis: plain strings and a few marks, never markup.

`Inline` is a string, a mark, or a sequence of them; three functions write it as HTML, Typst code and plain text.
"""

from __future__ import annotations

import html as html_escaping
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

from analysis.report import typst_text

_SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\^`{|}]+", re.IGNORECASE)

_UNBROKEN = re.compile(r"(?<![\w-])(?:\d+|%)-[а-яё]{1,3}\b|\d+–\d+")


@dataclass(frozen=True)
class Strong:
    """Text that matters more."""

    text: Inline


@dataclass(frozen=True)
class Emphasis:
    """Text in italics."""

    text: Inline


@dataclass(frozen=True)
class Mono:
    """A file name, a code: text in a fixed-width face."""

    text: str


@dataclass(frozen=True)
class Link:
    """Text that leads to a web or mail address; any other kind of address stays plain text."""

    text: Inline
    address: str

    @property
    def is_safe(self) -> bool:
        return _SAFE_ADDRESS.fullmatch(self.address) is not None


@dataclass(frozen=True)
class LineBreak:
    """A new line within a paragraph."""


Mark: TypeAlias = Strong | Emphasis | Mono | Link | LineBreak
Inline: TypeAlias = Union[str, Mark, Sequence[Union[str, Mark]]]  # noqa: UP007 - names itself


def escape(text: Any) -> str:
    """Cleaned text as HTML, fit for element content and quoted attributes."""
    return html_escaping.escape(typst_text.clean(text))


def prose(text: Any) -> str:
    """Running text as HTML, in which «1-го» and «5–11» do not break at hyphen and dash; its characters stay as they are."""
    return _UNBROKEN.sub(r'<span class="nb">\g<0></span>', escape(text))


def parts(inline: Inline) -> Sequence[str | Mark]:
    """The pieces of a running text."""
    if isinstance(inline, str) or not isinstance(inline, Sequence):
        return (inline,)
    return inline


def to_html(inline: Inline) -> str:
    """Running text as HTML."""
    return "".join(_part_to_html(part) for part in parts(inline))


def _part_to_html(part: str | Mark) -> str:
    match part:
        case Strong(text):
            return f"<strong>{to_html(text)}</strong>"
        case Emphasis(text):
            return f"<em>{to_html(text)}</em>"
        case Mono(text):
            return f"<code>{escape(text)}</code>"
        case Link(text, address):
            return f'<a href="{escape(address)}">{to_html(text)}</a>' if part.is_safe else to_html(text)
        case LineBreak():
            return "<br>"
        case _:
            return prose(part)


def to_typst(inline: Inline) -> str:
    """Running text as a Typst content block."""
    return "[" + "".join(f"#{_part_to_typst(part)}" for part in parts(inline)) + "]"


def _part_to_typst(part: str | Mark) -> str:
    match part:
        case Strong(text):
            return f"strong({to_typst(text)})"
        case Emphasis(text):
            return f"emph({to_typst(text)})"
        case Mono(text):
            return f"raw({typst_text.string(text)})"
        case Link(text, address):
            if part.is_safe:
                return f"link({typst_text.quoted(typst_text.clean(address))}, {to_typst(text)})"
            return to_typst(text)
        case LineBreak():
            return "linebreak()"
        case _:
            return typst_text.string(part, bound=True)


def to_plain(inline: Inline) -> str:
    """Running text without its marks."""
    return "".join(_part_to_plain(part) for part in parts(inline))


def _part_to_plain(part: str | Mark) -> str:
    match part:
        case LineBreak():
            return "\n"
        case Strong(text) | Emphasis(text) | Mono(text) | Link(text, _):
            return to_plain(text)
        case _:
            return typst_text.clean(part)
