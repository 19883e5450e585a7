"""Text and plain data as Typst code. Everything becomes a string literal, so data can never be markup.

A literal embedded in markup is written `#"…"`; our writers only ever put `#`, `]` or a line end after it, so that
no character of a document can continue the expression.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.report.fonts import drawable
from analysis.report.numbers import NBSP

LONGEST_WORD = 28  # letters; a longer run (an address, a hash) may break anywhere
_SPACES = re.compile(r"[ \t\r\n\f\v\u0085\u2028\u2029]+")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LONG_RUN = re.compile(rf"[^\s{NBSP}\u200b-]{{{LONGEST_WORD},}}")
_SHORT_WORD = re.compile(r"(?<![\w/-])((?:[А-ЯЁа-яё][а-яё]|[а-яёАВИКОСУЯ])) (?=\S)")
_MONTHS = "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
_UNITS = rf"%|‰|п\.п\.|чел\.|ед\.|гг?\.|кл\.|шт\.|ч\b|год[ау]?\b|лет\b|класс\w*|(?:{_MONTHS})\b|ОУ\b|№"
_BEFORE_UNIT = re.compile(rf"(?<=\d) (?=(?:{_UNITS}))")
_AFTER_SIGN = re.compile(
    r"(?<=[А-ЯЁ]{2}) (?=№)|(?<=[№§]) (?=\d)|(?<=\bп\.) (?=\d)|(?<=\bг\.) (?=[А-ЯЁ])|(?<=[А-ЯЁ]\.) (?=[А-ЯЁ][а-яё])"
)
_BEFORE_DASH = re.compile(r" (?=[–—] )")
_BEFORE_YEAR = re.compile(rf"(?<=[а-яё]{{3}}){NBSP}(?=\d{{4}}{NBSP}г)")


def clean(text: Any) -> str:
    """Text fit for any output: composed letters, single spaces, no control or direction-changing characters."""
    composed = unicodedata.normalize("NFC", str(text))
    return _UNWANTED.sub("", _SPACES.sub(" ", composed))


def bind(text: str) -> str:
    """Russian line breaking: a short word stays with the next one, a number with its unit, a dash with its left.

    A date may break before its year: kept whole, it tears holes into justified lines.
    """
    text = _SHORT_WORD.sub(rf"\1{NBSP}", text)
    for pattern in (_BEFORE_UNIT, _AFTER_SIGN, _BEFORE_DASH):
        text = pattern.sub(NBSP, text)
    return _BEFORE_YEAR.sub(" ", text)


def string(text: Any, *, bound: bool = False) -> str:
    """A Typst string literal with the cleaned text; `bound` adds the no-break spaces of running prose."""
    cleaned = drawable(clean(text))
    cleaned = _LONG_RUN.sub(lambda run: "\u200b".join(run.group()), cleaned)
    return quoted(bind(cleaned) if bound else cleaned)


def quoted(text: str) -> str:
    """A Typst string literal with exactly this text (addresses, SVG sources)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'


def content(text: Any, *, bound: bool = False) -> str:
    """Text as a Typst content block: `[#"…"]`."""
    return f"[#{string(text, bound=bound)}]"


def array(codes: Iterable[str]) -> str:
    """A Typst array of code expressions; the comma after a single element makes it an array."""
    return "(" + "".join(f"{code}, " for code in codes) + ")"


def value(data: Any) -> str:
    """Plain data (None, bool, number, text, list, mapping) as Typst code; texts are bound as prose is.

    Raises
    ------
    TypeError : anything else
    """
    if data is None or isinstance(data, bool):
        return {None: "none", True: "true", False: "false"}[data]
    if isinstance(data, int | float):
        return repr(data)
    if isinstance(data, str):
        return string(data, bound=True)
    if isinstance(data, Mapping):
        pairs = "".join(f"{string(key)}: {value(item)}, " for key, item in data.items())
        return f"({pairs or ':'})"
    if isinstance(data, list | tuple):
        return array(value(item) for item in data)
    raise TypeError(f"no Typst form for {type(data).__name__}")
