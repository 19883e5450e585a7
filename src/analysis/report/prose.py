"""Markdown prose of a notebook as blocks, so that it goes through the same writers as text from data.

Raw HTML is shown as text and pictures by address are shown as their alternative text: a report asks nothing of the net.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import mistune
import pandas as pd

from analysis.report.blocks import Block, Bullets, Heading, Item, Paragraph
from analysis.report.blocks_prose import Quote, Rule, Verbatim
from analysis.report.inline import Emphasis, Inline, LineBreak, Link, Mark, Mono, Strong, to_plain
from analysis.report.tables import Align, Column, Table

Token = dict[str, Any]
_ALIGNS: dict[str | None, Align | None] = {"left": "start", "right": "end", "center": "center", None: None}


@cache
def _parser() -> mistune.Markdown:
    return mistune.create_markdown(renderer=None, plugins=["table", "strikethrough", "url"])


def markdown_blocks(source: str) -> list[Block | Table]:
    """The blocks of a Markdown text, in order."""
    tokens, _ = _parser().parse(source)
    return _blocks(tokens)  # type: ignore[arg-type]


def _blocks(tokens: list[Token]) -> list[Block | Table]:
    return [block for token in tokens if (block := _block(token)) is not None]


def _block(token: Token) -> Block | Table | None:
    match token["type"]:
        case "heading":
            return Heading(_inline(token), token["attrs"]["level"])
        case "paragraph" | "block_text":
            return Paragraph(_inline(token))
        case "list":
            return _list(token)
        case "block_quote":
            return Quote([b for b in _blocks(token["children"]) if isinstance(b, Block)])
        case "thematic_break":
            return Rule()
        case "table":
            return _table(token)
        case "block_code":
            return Verbatim(token["raw"].rstrip("\n"))
        case "blank_line":
            return None
        case _:
            raw = token.get("raw", "").strip()
            return Paragraph(raw) if raw and not raw.startswith("<!--") else None


def _list(token: Token) -> Bullets:
    attrs = token["attrs"]
    items = [_item(child["children"]) for child in token["children"]]
    return Bullets(items, ordered=attrs.get("ordered", False), start=attrs.get("start") or 1)


def _item(children: list[Token]) -> Item:
    """An item's first paragraph is its text; whatever follows stands below it."""
    if children and children[0]["type"] in ("block_text", "paragraph"):
        text, children = _inline(children[0]), children[1:]
    else:
        text = ""
    return Item(text, tuple(b for b in _blocks(children) if isinstance(b, Block)))


def _table(token: Token) -> Table:
    head, *bodies = token["children"]
    rows = [row["children"] for body in bodies for row in body["children"]]
    names = [str(n) for n in range(len(head["children"]))]
    texts = [[to_plain(_inline(cell)) for cell in row] for row in rows]
    columns = [
        Column(name, to_plain(_inline(cell)), align=_ALIGNS[cell["attrs"].get("align")])
        for name, cell in zip(names, head["children"], strict=True)
    ]
    return Table(pd.DataFrame(texts, columns=names), columns, caption="")


def _inline(token: Token) -> Inline:
    marks: list[str | Mark] = []
    for child in token.get("children", ()):
        marks.extend(_marks(child))
    return marks


def _marks(token: Token) -> list[str | Mark]:
    match token["type"]:
        case "strong":
            return [Strong(_inline(token))]
        case "emphasis":
            return [Emphasis(_inline(token))]
        case "link":
            return [Link(_inline(token), token["attrs"]["url"])]
        case "codespan":
            return [Mono(token["raw"])]
        case "linebreak":
            return [LineBreak()]
        case "softbreak":
            return [" "]
        case "image" | "strikethrough":
            return list(_inline(token))  # type: ignore[arg-type]
        case _:
            return [token.get("raw", "")]


def first_heading(source: str) -> str:
    """The text of a first-level heading, if the Markdown has one."""
    found = (b for b in markdown_blocks(source) if isinstance(b, Heading) and b.level == 1)
    return next((block.plain() for block in found), "")
