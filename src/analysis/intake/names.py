"""School names as people write them, brought to one key: quotes, №, look-alike letters, legal forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TypeVar

_LATIN = "ABCEHKMOPTXYaceopxyk"
_CYRILLIC = "АВСЕНКМОРТХУасеорхук"
_LOOK_ALIKE = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES = re.compile(r"[«»\"'“”„‟‘’`]+")
_NUMBER_SIGN = re.compile(r"(?:№|#|\bn[oо]?\.?|\bномер)\s*(?=\d)", re.IGNORECASE)
_LEGAL = re.compile(r"\b(?:м|г|ог|о|нч|ч)?(?:б|а|к)?(?:о)?у\b|\bмуниципальн\w+\b|\b(?:бюджетн|автономн|казенн)\w+\b")
_LEGAL_WORDS = re.compile(r"\b(?:общеобразовательн\w+|образовательн\w+)\s+(?:учрежден|организац)\w+\b")
_CITY = re.compile(r"\bг(?:ород\w*|\.)?\s*[а-я]{3,}(?:-[а-я]+)*\s*$")
_WORDS = (
    (re.compile(r"\bсредн\w*\s+(?:общеобразовательн\w*\s+)?школ\w*"), "сош"),
    (re.compile(r"\bосновн\w*\s+(?:общеобразовательн\w*\s+)?школ\w*"), "оош"),
    (re.compile(r"\bнач(?:альн\w*|\.)?\s+школ\w*\s*-?\s*дет\w*\.?\s*сад\w*"), "ншдс"),
    (re.compile(r"\bначальн\w*\s+школ\w*"), "нш"),
    (re.compile(r"\bцентр\w*\s+образовани\w*|\bцо\b"), "цо"),
    (re.compile(r"\bпрогимнази\w*"), "прогимназия"),
    (re.compile(r"\bгимнази\w*"), "гимназия"),
    (re.compile(r"\bлице(?:й|я|ю|ем|е)\b"), "лицей"),
    (re.compile(r"\bдетск\w*\s+сад\w*"), "дс"),
    (re.compile(r"\bобщеобразовательн\w*\s+школ\w*|\bшкол\w*|\bшк\b"), "школа"),
)
_KINDS = ("прогимназия", "гимназия", "лицей", "цо", "сош", "оош", "ншдс", "нш", "школа", "дс")


_REMEMBERED = 300  # characters: longer texts are rare, and a hostile file could fill the memory with them

Answer = TypeVar("Answer")


def remembered(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Remember the answers for short texts: forms repeat the same few hundred."""
    cached = lru_cache(maxsize=8192)(function)

    @wraps(function)
    def ask(text: str) -> Answer:
        return cached(text) if len(text) <= _REMEMBERED else function(text)

    return ask


@dataclass(frozen=True)
class NameParts:
    """What a name says: kind of school, number, own name; each may be empty."""

    kind: str
    number: str
    own: str


def fold_look_alikes(text: str) -> str:
    """Latin letters that look Cyrillic become Cyrillic inside words that hold Cyrillic letters."""
    return re.sub(r"\w+", lambda m: m[0].translate(_LOOK_ALIKE) if re.search("[а-яёА-ЯЁ]", m[0]) else m[0], text)


def to_latin(text: str) -> str:
    """Cyrillic look-alikes as Latin: for codes that were retyped in the other layout."""
    return text.translate(_TO_LATIN)


@remembered
def plain(text: str) -> str:
    """One line, no odd spaces or dashes, ё as е, lower case, Cyrillic where it should be."""
    text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    text = re.sub(r"[\u00ad\u200b-\u200f\u2060\ufeff]", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    return fold_look_alikes(text).casefold().replace("ё", "е")


def normal_name(name: str) -> str:
    """A school's name without legal form, city, quotes and sign of number: equal for equal schools.

    >>> normal_name('МБОУ "СОШ №45" г.Тулы') == normal_name("Cредняя школа N 45")
    True
    """
    text = plain(_NUMBER_SIGN.sub(" ", name))
    text = _QUOTES.sub(" ", text)
    text = re.sub(r"(?<=[а-я])(?=\d)", " ", re.sub(r"[.,;:()]+(?=\s|$)", " ", text))
    text = _CITY.sub(" ", re.sub(r"\s+", " ", text).strip())
    text = _LEGAL_WORDS.sub(" ", text)
    text = _LEGAL.sub(" ", text)
    for pattern, short in _WORDS:
        text = pattern.sub(short, text)
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s-]", " ", text)).strip(" -")


@remembered
def name_parts(name: str) -> NameParts:
    """Kind, number and own name of a school's name, however ordered («45 школа»)."""
    words = normal_name(name).replace(" - ", " ").split()
    kind = next((kind for kind in _KINDS if kind in words), "")
    number = next((word for word in words if re.fullmatch(r"\d{1,4}[а-я]?", word)), "")
    own = " ".join(word for word in words if word not in (kind, number, "-"))
    return NameParts(kind, number, own)
