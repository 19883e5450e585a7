"""Cells of an executed notebook as HTML or as Typst code: what is shown of them, and in which form.

Shown are Markdown prose and display outputs; sources and streams are not. Of an output's forms the richest that our
own objects made is taken, so that both documents hold the same; outputs of foreign objects fall back to pictures or
plain text.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from nbconvert.filters import clean_html

from analysis.report import typst_text
from analysis.report.blocks import (
    COLUMNS_MIME,
    HEADING_MIME,
    TYPST_MIME,
    Callout,
    Heading,
    columns_html,
    columns_typst,
)
from analysis.report.blocks_prose import Verbatim
from analysis.report.inline import Inline, escape, to_html, to_typst
from analysis.report.outline import Entry, Outline
from analysis.report.prose import markdown_blocks

NO_ALT = "Рисунок без текстового описания"
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
PICTURES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
Data = Mapping[str, Any]


def alt_text(metadata: Data, mime: str) -> str:
    """The alternative text that the notebook's author put into the output's metadata."""
    own = metadata.get(mime)
    return str((own.get("alt") if isinstance(own, Mapping) else "") or metadata.get("alt") or NO_ALT)


def joined(text: Any) -> str:
    """A bundle's text, which notebooks may keep as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


class Writer:
    """Writes the cells of one notebook; subclasses know one format.

    own : the kinds of output that are taken as they stand, in order of preference
    """

    own: Sequence[str] = ()

    def __init__(self, outline: Outline) -> None:
        self.outline = outline

    def body(self, cells: Sequence[Any]) -> str:
        """All cells that show something."""
        return self.join(map(self.cell, cells))

    def cell(self, cell: Any) -> str:
        """One cell: its prose, or what its code showed."""
        if cell.cell_type == "markdown":
            return self.prose(cell.source)
        return self.join(self.output(output) for output in cell.get("outputs", ()))

    def prose(self, source: str) -> str:
        return self.join(map(self._shown, markdown_blocks(source)))

    def output(self, output: Any) -> str:
        if output.output_type == "error":
            what = f"{output.get('ename', '')}: {output.get('evalue', '')}"
            return self._shown(Callout(what, "Эта часть не выполнена", "bad"))
        return self.bundle(output.get("data", {}), output.get("metadata", {}))

    def bundle(self, data: Data, metadata: Data) -> str:
        """What one object showed, in the best form there is."""
        if HEADING_MIME in data:
            about = data[HEADING_MIME]
            return self._heading(about["text"], int(about["level"]), bool(about.get("new_page")))
        if COLUMNS_MIME in data:
            about = data[COLUMNS_MIME]
            cells = [self.join(self.bundle(one, {}) for one in cell) for cell in about["cells"]]
            return self.columns(cells, about["weights"])
        for mime in self.own:
            if mime in data:
                return self.taken(mime, joined(data[mime]), data)
        return self._foreign(data, metadata)

    def _foreign(self, data: Data, metadata: Data) -> str:
        for mime in PICTURES:
            if mime in data:
                return self.picture(mime, joined(data[mime]), alt_text(metadata, mime))
        if WIDGET_MIME in data:
            return ""  # a control: nothing to read on paper
        if "text/markdown" in data:
            return self.prose(joined(data["text/markdown"]))
        text = joined(data.get("text/plain", ""))
        return self._shown(Verbatim(text)) if text.strip() else ""

    def _shown(self, block: Any) -> str:
        if isinstance(block, Heading):
            return self._heading(block.text, block.level, block.new_page)
        return self.block(block)

    def _heading(self, text: Inline, level: int, new_page: bool) -> str:
        entry = self.outline.enter(level, text)
        return self.heading(entry, text, new_page) if entry else ""

    def join(self, pieces: Any) -> str:
        return "\n".join(filter(None, pieces))

    def block(self, block: Any) -> str:
        raise NotImplementedError

    def heading(self, entry: Entry, text: Inline, new_page: bool) -> str:
        raise NotImplementedError

    def columns(self, cells: Sequence[str], weights: Sequence[float]) -> str:
        raise NotImplementedError

    def taken(self, mime: str, text: str, data: Data) -> str:
        raise NotImplementedError

    def picture(self, mime: str, source: str, alt: str) -> str:
        raise NotImplementedError


class HtmlWriter(Writer):
    """Cells as HTML. Foreign HTML is sanitised; our own objects escape what they write."""

    own = ("text/html",)

    def block(self, block: Any) -> str:
        return block.html()

    def heading(self, entry: Entry, text: Inline, new_page: bool) -> str:
        page = ' class="new-page"' if new_page else ""
        return f'<h{entry.level} id="{entry.anchor}"{page}>{to_html(text)}</h{entry.level}>'

    def columns(self, cells: Sequence[str], weights: Sequence[float]) -> str:
        return columns_html(cells, weights)

    def taken(self, mime: str, text: str, data: Data) -> str:
        if TYPST_MIME in data:
            return text
        picture = next((kind for kind in PICTURES if kind in data), None)
        if picture:
            return self._foreign(data, {})
        inner = clean_html(text)
        return f'<div class="scroll foreign" role="region" aria-label="Вывод программы" tabindex="0">{inner}</div>'

    def picture(self, mime: str, source: str, alt: str) -> str:
        encoded = base64.b64encode(source.encode()).decode() if mime == "image/svg+xml" else source
        address = f"data:{mime};base64,{''.join(encoded.split())}"
        return f'<figure class="chart"><img src="{escape(address)}" alt="{escape(alt)}"></figure>'


class TypstWriter(Writer):
    """Cells as Typst code, pictures included."""

    own = (TYPST_MIME,)

    def join(self, pieces: Any) -> str:
        return "\n\n".join(filter(None, pieces))

    def body(self, cells: Sequence[Any]) -> str:
        """The last block is marked: it stays with the signature."""
        *pieces, last = [piece for piece in map(self.cell, cells) if piece] or [""]
        return self.join([*pieces, f"#closing[{last}]"])

    def block(self, block: Any) -> str:
        return block.typst()

    def heading(self, entry: Entry, text: Inline, new_page: bool) -> str:
        return f"#section({entry.level - 1}, {to_typst(text)}, new-page: {typst_text.value(new_page)})"

    def columns(self, cells: Sequence[str], weights: Sequence[float]) -> str:
        return columns_typst(cells, weights)

    def taken(self, mime: str, text: str, data: Data) -> str:
        return text

    def picture(self, mime: str, source: str, alt: str) -> str:
        is_svg = mime == "image/svg+xml"
        data = typst_text.quoted(source) if is_svg else typst_text.array(map(str, base64.b64decode(source)))
        return f'#picture(bytes({data}), "{PICTURES[mime]}", {typst_text.string(alt)})'
