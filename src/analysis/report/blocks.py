"""Blocks of a report whose text comes from data: what a notebook's cell returns to show it.

Each block writes itself as HTML, as Typst code and as plain text; both exporters and JupyterLab choose from its
bundle. Text is given as strings and marks (`analysis.report.inline`), so data never becomes markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from analysis.report import typst_text
from analysis.report.document import DOCUMENT_MIME, Document
from analysis.report.inline import Emphasis, Inline, LineBreak, Link, Mono, Strong, to_html, to_plain, to_typst

__all__ = [
    "DOCUMENT_MIME", "Block", "Bullets", "Callout", "Columns", "Document", "Emphasis", "Heading", "Item", "KeyFact",
    "KeyFacts", "LineBreak", "Link", "Mono", "Paragraph", "Strong", "Terms",
]  # fmt: skip

TYPST_MIME = "application/x-typst"
HEADING_MIME = "application/vnd.orientir.heading+json"
COLUMNS_MIME = "application/vnd.orientir.columns+json"

Tone = Literal["neutral", "info", "good", "warn", "bad"]
SIGNS: dict[str, str] = {"neutral": "○", "info": "△", "good": "●", "warn": "◆", "bad": "■"}
Role = Literal["body", "lead", "note"]


def require(value: str, allowed: Any, what: str) -> None:
    """Refuse a word that is not one of a Literal type's.

    Raises
    ------
    ValueError : names the word and what is allowed
    """
    if value not in get_args(allowed):
        raise ValueError(f"unknown {what} {value!r}; use one of {', '.join(get_args(allowed))}")


class Block:
    """What can be shown: subclasses write themselves in three forms."""

    def html(self) -> str:
        raise NotImplementedError

    def typst(self) -> str:
        raise NotImplementedError

    def plain(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html(), TYPST_MIME: self.typst(), "text/plain": self.plain()}

    def __repr__(self) -> str:
        return self.plain()


def bundle(shown: Any) -> dict[str, Any]:
    """The bundle of a block, table or chart; an object that has none is shown as its text."""
    if hasattr(shown, "_repr_mimebundle_"):
        made = shown._repr_mimebundle_()
        return made[0] if isinstance(made, tuple) else made
    return Paragraph(str(shown))._repr_mimebundle_()


@dataclass(frozen=True, repr=False)
class Paragraph(Block):
    """One paragraph; `lead` opens a report in larger type, `note` is small print."""

    text: Inline
    role: Role = "body"

    def __post_init__(self) -> None:
        require(self.role, Role, "role")

    def html(self) -> str:
        attribute = "" if self.role == "body" else f' class="{self.role}"'
        return f"<p{attribute}>{to_html(self.text)}</p>"

    def typst(self) -> str:
        name = {"body": "par", "lead": "lead", "note": "note"}[self.role]
        return f"#{name}({to_typst(self.text)})"

    def plain(self) -> str:
        return to_plain(self.text)


@dataclass(frozen=True)
class Item:
    """A list item that has blocks of its own below its text."""

    text: Inline
    below: tuple[Block, ...] = ()


@dataclass(frozen=True, repr=False)
class Bullets(Block):
    """A list, ordered or not, with an optional sentence that introduces it; `note` is small print."""

    items: Sequence[Inline | Item]
    ordered: bool = False
    lead: Inline = ""
    start: int = 1
    role: Role = "body"

    def _items(self) -> list[Item]:
        return [item if isinstance(item, Item) else Item(item) for item in self.items]

    def html(self) -> str:
        inner = "".join(
            f"<li>{to_html(item.text)}{''.join(b.html() for b in item.below)}</li>" for item in self._items()
        )
        start = f' start="{self.start}"' if self.ordered and self.start != 1 else ""
        tag = "ol" if self.ordered else "ul"
        style = "" if self.role == "body" else f' class="{self.role}"'
        return (Paragraph(self.lead, self.role).html() if self.lead else "") + f"<{tag}{start}{style}>{inner}</{tag}>"

    def typst(self) -> str:
        items = [
            f"item[#{to_typst(item.text)}{''.join(f' {b.typst()}' for b in item.below)}]" for item in self._items()
        ]
        call = f"#enum(start: {self.start}, " if self.ordered else "#list("
        lead = Paragraph(self.lead, self.role).typst() + "\n\n" if self.lead else ""
        shown = f"{call}{', '.join(items)})" if items else ""
        return f"{lead}#note[{shown}]" if shown and self.role == "note" else lead + shown

    def plain(self) -> str:
        marks = (f"{n}. " if self.ordered else "— " for n in range(self.start, self.start + len(self.items)))
        lines = [mark + to_plain(item.text) for mark, item in zip(marks, self._items(), strict=False)]
        return "\n".join(([to_plain(self.lead)] if self.lead else []) + lines)


@dataclass(frozen=True)
class KeyFact:
    """A number to remember: its text («95,7 %»), what it is, and what it is compared with."""

    value: str
    label: Inline
    detail: Inline = ""
    tone: Tone = "neutral"


@dataclass(frozen=True, repr=False)
class KeyFacts(Block):
    """Two to five big numbers side by side."""

    facts: Sequence[KeyFact]

    def html(self) -> str:
        return f'<dl class="facts">{"".join(map(_fact_html, self.facts))}</dl>' if self.facts else ""

    def typst(self) -> str:
        return f"#key-facts({', '.join(map(_fact_typst, self.facts))})" if self.facts else ""

    def plain(self) -> str:
        return "\n".join(
            f"{fact.value} — {to_plain(fact.label)}" + (f" ({to_plain(fact.detail)})" if fact.detail else "")
            for fact in self.facts
        )


def _fact_html(fact: KeyFact) -> str:
    sign = f'<span class="sign" aria-hidden="true">{SIGNS[fact.tone]}</span> ' if fact.tone != "neutral" else ""
    detail = f'<dd class="detail">{sign}{to_html(fact.detail)}</dd>' if fact.detail else ""
    return f'<div class="{fact.tone}"><dt>{to_html(fact.label)}</dt><dd>{to_html(fact.value)}</dd>{detail}</div>'


def _fact_typst(fact: KeyFact) -> str:
    detail = to_typst(fact.detail) if fact.detail else "none"
    return f"({typst_text.string(fact.value)}, {to_typst(fact.label)}, {detail}, {typst_text.string(fact.tone)})"


@dataclass(frozen=True, repr=False)
class Callout(Block):
    """Something set apart: a warning, a summary, a draft decision. The tone carries a sign beside its colour."""

    text: Inline | Sequence[Block]
    title: Inline = ""
    tone: Tone = "info"

    def __post_init__(self) -> None:
        require(self.tone, Tone, "tone")

    def _body(self) -> Sequence[Block]:
        if isinstance(self.text, Block):
            return [self.text]
        many = self.text and not isinstance(self.text, str) and isinstance(self.text, Sequence)
        if many and all(isinstance(part, Block) for part in self.text):  # type: ignore[union-attr]
            return self.text  # type: ignore[return-value]
        return [Paragraph(self.text)] if self.text else []  # type: ignore[arg-type]

    def html(self) -> str:
        sign = f'<span class="sign" aria-hidden="true">{SIGNS[self.tone]}</span> '
        title = f'<p class="callout-title">{sign}{to_html(self.title)}</p>' if self.title else ""
        inner = "".join(block.html() for block in self._body())
        return f'<div class="callout {self.tone}" role="note">{title}{inner}</div>'

    def typst(self) -> str:
        title = to_typst(self.title) if self.title else "none"
        inner = "\n\n".join(block.typst() for block in self._body())
        return f"#callout(title: {title}, tone: {typst_text.string(self.tone)})[{inner}]"

    def plain(self) -> str:
        lines = [to_plain(self.title)] if self.title else []
        return "\n".join(lines + [block.plain() for block in self._body()])


@dataclass(frozen=True, repr=False)
class Heading(Block):
    """A heading made from data; level 2 is a section (level 1 is the document's title).

    Exporters place it in the outline and may lift its level so that no level is skipped.
    """

    text: Inline
    level: int = 2
    new_page: bool = False

    def html(self) -> str:
        return f"<h{self.level}>{to_html(self.text)}</h{self.level}>"

    def typst(self) -> str:
        return f"#section({max(self.level - 1, 1)}, {to_typst(self.text)}, new-page: {typst_text.value(self.new_page)})"

    def plain(self) -> str:
        return to_plain(self.text)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        about = {"level": self.level, "text": self.plain(), "new_page": self.new_page}
        return super()._repr_mimebundle_() | {HEADING_MIME: about}


@dataclass(frozen=True, repr=False)
class Terms(Block):
    """Terms with their explanations."""

    pairs: Sequence[tuple[Inline, Inline]]

    def html(self) -> str:
        inner = "".join(f"<dt>{to_html(term)}</dt><dd>{to_html(text)}</dd>" for term, text in self.pairs)
        return f'<dl class="terms">{inner}</dl>' if inner else ""

    def typst(self) -> str:
        items = (f"terms.item({to_typst(term)}, {to_typst(text)})" for term, text in self.pairs)
        return f"#terms({', '.join(items)})" if self.pairs else ""

    def plain(self) -> str:
        return "\n".join(f"{to_plain(term)}: {to_plain(text)}" for term, text in self.pairs)


class Columns(Block):
    """Blocks, tables or charts side by side; on a narrow screen one under another. A list of them is one column."""

    def __init__(self, *cells: Any, weights: Sequence[float] = ()) -> None:
        self.cells = [cell if isinstance(cell, list | tuple) else [cell] for cell in cells]
        self.weights = [float(w) for w in weights] or [1.0] * len(self.cells)
        if len(self.weights) != len(self.cells):
            raise ValueError(f"{len(self.cells)} columns, but {len(self.weights)} weights")

    def _bundles(self) -> list[list[dict[str, Any]]]:
        return [[bundle(shown) for shown in cell] for cell in self.cells]

    def html(self) -> str:
        return columns_html(["".join(b.get("text/html", "") for b in cell) for cell in self._bundles()], self.weights)

    def typst(self) -> str:
        cells = ["\n\n".join(b.get(TYPST_MIME, "") for b in cell) for cell in self._bundles()]
        return columns_typst(cells, self.weights)

    def plain(self) -> str:
        return "\n\n".join(b.get("text/plain", "") for cell in self._bundles() for b in cell)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        about = {"cells": self._bundles(), "weights": self.weights}
        return super()._repr_mimebundle_() | {COLUMNS_MIME: about}


def columns_html(cells: Sequence[str], weights: Sequence[float]) -> str:
    """Written cells side by side; the widths wrap by themselves when the screen is narrow."""
    inner = "".join(f'<div style="flex-grow:{w:g}">{cell}</div>' for cell, w in zip(cells, weights, strict=True))
    return f'<div class="columns">{inner}</div>'


def columns_typst(cells: Sequence[str], weights: Sequence[float]) -> str:
    """Written cells side by side in the PDF."""
    widths = typst_text.array(f"{w:g}fr" for w in weights)
    return f"#side-by-side({widths}, {', '.join(f'[{cell}]' for cell in cells)})"
