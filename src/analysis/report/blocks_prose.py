"""Blocks made from prose: quotations, text whose lines count, rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report import typst_text
from analysis.report.blocks import Block
from analysis.report.inline import escape


@dataclass(frozen=True, repr=False)
class Quote(Block):
    """Blocks quoted from elsewhere."""

    blocks: Sequence[Block]

    def html(self) -> str:
        return f"<blockquote>{''.join(block.html() for block in self.blocks)}</blockquote>"

    def typst(self) -> str:
        inner = "\n\n".join(block.typst() for block in self.blocks)
        return f"#quote(block: true)[{inner}]"

    def plain(self) -> str:
        return "\n".join("> " + block.plain() for block in self.blocks)


@dataclass(frozen=True, repr=False)
class Verbatim(Block):
    """Text whose lines and spaces count (code, a plain text output)."""

    text: str

    def _lines(self) -> list[str]:
        return [typst_text.clean(line.replace(" ", "\u00a0")) for line in self.text.expandtabs(4).splitlines()]

    def html(self) -> str:
        return f'<pre tabindex="0">{escape_lines(self._lines(), escape)}</pre>'

    def typst(self) -> str:
        lines = "\\n".join(typst_text.string(line)[1:-1] for line in self._lines())
        return f'#raw(block: true, "{lines}")'

    def plain(self) -> str:
        return self.text


def escape_lines(lines: Sequence[str], escape: Any) -> str:
    """Lines escaped one by one; no-break spaces are spaces again, for the element keeps them."""
    return "\n".join(escape(line).replace("\u00a0", " ") for line in lines)


@dataclass(frozen=True, repr=False)
class Rule(Block):
    """A thin line between parts."""

    def html(self) -> str:
        return "<hr>"

    def typst(self) -> str:
        return "#rule()"

    def plain(self) -> str:
        return "———"
