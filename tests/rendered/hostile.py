"""Texts that try to be markup, and a notebook that shows one in every place where data can stand."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st
from nbformat import NotebookNode

from analysis.report.blocks import (
    Bullets,
    Callout,
    Columns,
    Document,
    Heading,
    Item,
    KeyFact,
    KeyFacts,
    Link,
    Mono,
    Paragraph,
    Strong,
    Terms,
)
from analysis.report.tables import Cell, Column, Signal, Table
from tests.rendered import samples

EXAMPLES = [
    "</script><script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<!-- --> ]]> &lt; &amp; &#60;",
    '"] #panic("взлом") #[',
    '\\") #panic("взлом") //',
    '#import "/etc/passwd": * $x^2$ `raw` *a* _b_ @ref <label> ~ -- ---',
    "{{ 7 * 7 }} {% raw %} {#",
    "a\u202eb\x00c\ud800\ufeff\u2028d",
    "中文 😀 и\u0306 \u0301",
    "=HYPERLINK(1) 'x' \"y\" \\n \\u{41}",
    "x" * 300,
]
PIECES = [
    *"#\"'\\[](){}<>$*_`@~=-/&;:%!|\n\t ",
    "</",
    "-->",
    "//",
    "/*",
    "*/",
    "\\u{",
    "#panic()",
    "<b>",
    "й",
    "x",
    "\x07",
]


def texts() -> st.SearchStrategy[str]:
    """Texts made of what means something in HTML or Typst, and of any characters whatever."""
    pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
    return st.one_of(pieces, st.text(max_size=20)).map(lambda text: "x" + text.rstrip())


def table(text: str) -> Table:
    """A table with the text in every one of its places."""
    text = text.encode("utf-8", "replace").decode()  # a frame cannot hold half a character
    frame = pd.DataFrame(
        {"a": [text, "x"], "b": [1.5, None], "s": ["k", "k"], "c": [Cell(text), "y"], "g": [text, "z"]}
    )
    columns = [
        Column("a", text, span=text),
        Column("b", "число", "number", unit=text, signal_from="s"),
        Column("s", text, "status"),
        Column("c", "x"),
    ]
    signals = {"s": {"k": Signal(text, "bad")}}
    options = {"row_header": "a", "sortable": True, "group_by": "g", "signals": signals, "missing": text}
    return Table(frame, columns, caption=text, note=text, **options)


def notebook(text: str) -> NotebookNode:
    """A report with the text everywhere."""
    words = (text, text)
    document = Document(
        text, text, "interim", "working", True, True, words, text, "", text, text, text, text, text, text
    )
    shown = [
        document,
        Heading(text),
        Paragraph([text, Strong(text), Mono(text), Link(text, text)], "lead"),
        Bullets([text, Item(text, (Bullets([text]),))], lead=text),
        KeyFacts([KeyFact(text, text, text, "good")]),
        Callout([Paragraph(text)], text, "warn"),
        Terms([(text, text)]),
        Columns([Heading(text, 3), Paragraph(text)], Paragraph(text, "note")),
        table(text),
    ]
    return samples.notebook(*map(samples.shown, shown), samples.shown({"text/plain": text}))
