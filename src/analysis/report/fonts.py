"""The typefaces of the PDF: PT Serif and PT Sans from pip packages, never from the machine.

What PT lacks (Greek, arrows, geometric shapes) falls back to the faces built into the Typst wheel.
PDF/UA-1 refuses a document with a character that no face can draw, hence `drawable`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import fontpkg_pt_sans  # type: ignore[import-untyped]
import fontpkg_pt_serif  # type: ignore[import-untyped]
import typst

SUBSTITUTE: Final = "□"

# Characters present in all four styles of PT Serif and PT Sans, and those which the built-in faces add; a test
# compiles every one of them under PDF/UA-1.
_PT = (
    r" -~\u00a0-\u0109\u010c-\u0113\u0116-\u011f\u0122-\u0127\u012a\u012b\u012e-\u0131\u0134-\u0137\u0139-\u013e"
    r"\u0141-\u0148\u014c\u014d\u0150-\u0165\u016a-\u0173\u0178-\u017f\u0218-\u021b\u02bc\u0301"
    r"\u0401-\u040c\u040e-\u044f\u0451-\u045c\u045e\u045f\u0462\u0463\u0472-\u0475\u048a-\u04c0\u04c3-\u04f9"
    r"\u2011\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u2044"
    r"\u20ac\u20bd\u2116\u2122\u2202\u2206\u220f\u2211\u2212\u2215\u221a\u221e\u222b\u2248\u2260\u2264\u2265\u25ca"
)
_FALLBACK = (
    r"\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03bf\u03c0\u03c1-\u03c9\u2000-\u200b\u2010\u2012\u2015\u202f\u2032\u2033"
    r"\u2070\u2074-\u208e\u2190-\u2195\u2200\u2203-\u2205\u2208\u2209\u2213\u2217\u2219\u221d\u2227-\u222a"
    r"\u2261\u2266-\u226b\u25a0-\u25c9\u25cb-\u25ff\u2605\u2606\u2610-\u2612\u2713\u2714\u2717\u2718"
)
_UNDRAWABLE = re.compile(f"[^{_PT}{_FALLBACK}]")


@cache
def font_directories() -> tuple[str, ...]:
    """Folders that hold the TrueType files of PT Sans and PT Serif."""
    return tuple(str(package.ROOT / "files") for package in (fontpkg_pt_sans, fontpkg_pt_serif))


@cache
def font_files() -> tuple[Path, ...]:
    """The TrueType files themselves, sorted by name (for other users, such as the charts)."""
    return tuple(sorted(path for folder in font_directories() for path in Path(folder).glob("*.ttf")))


@cache
def typst_fonts() -> typst.Fonts:
    """The only faces Typst may use, so that a PDF does not depend on what is installed."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(font_directories()))


def drawable(text: str) -> str:
    """The text with «□» for every character that no shipped face can draw."""
    return _UNDRAWABLE.sub(SUBSTITUTE, text)
