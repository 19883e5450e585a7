"""What of PDF/UA-1 can be read off a file, after the Matterhorn Protocol 1.1 (its numbers stand in the faults).

Not the reference validator: that needs Java and cannot be had from the registries the project installs from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pikepdf

PAINTS = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "Do", "sh", "BI", "INLINE IMAGE"}
STANDARD = set(
    "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI Lbl LBody "
    "Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby Warichu Figure Formula "
    "Form".split()
)


def faults(pdf: pikepdf.Pdf) -> list[str]:
    """Everything found, a line each; empty for a file that passes."""
    nodes = list(nodes_of(pdf.Root.StructTreeRoot))
    checks = (_document(pdf), _pages(pdf), _fonts(pdf), _structure(pdf, nodes), _tables(nodes), _links(pdf, nodes))
    return [fault for found in checks for fault in found]


def nodes_of(node: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """Every structure element, in reading order."""
    for child in children_of(node):
        yield child
        yield from nodes_of(child)


def children_of(node: pikepdf.Object) -> list[pikepdf.Dictionary]:
    kids = node.get("/K", pikepdf.Array())
    kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    return [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def _kind(node: pikepdf.Dictionary) -> str:
    return str(node.S).lstrip("/")


def _document(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root
    with pdf.open_metadata() as about:
        if about.get("pdfuaid:part") != "1":
            yield "06-002: the metadata do not claim PDF/UA-1"
        if not about.get("dc:title"):
            yield "06-003: no title"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "07-001: the window shows the name of the file"
    if not root.get("/MarkInfo", {}).get("/Marked", False):
        yield "06-001: not marked as tagged"
    if root.get("/MarkInfo", {}).get("/Suspects", False):
        yield "02-004: tags are suspect"
    if not str(root.get("/Lang", "")):
        yield "11-006: no language"


def _pages(pdf: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(pdf.pages, start=1):
        if page.get("/Annots") and str(page.get("/Tabs", "")) != "/S":
            yield f"28-008: page {number} has links out of order"
        if "/StructParents" not in page:
            yield f"01-005: page {number} is not in the structure"
        open_marks: list[str] = []
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in ("BDC", "BMC"):
                open_marks.append(str(instruction.operands[0]))
            elif operator == "EMC":
                open_marks.pop()
            elif operator in PAINTS and not open_marks:
                yield f"01-005: page {number} paints untagged content ({operator})"
            if "/Artifact" in open_marks and len(set(open_marks)) > 1:
                yield f"01-003: page {number} has tagged content within an artifact"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(pdf.pages, start=1):
        for font in page.Resources.get("/Font", {}).values():
            name = str(font.BaseFont)
            descriptor = font.get("/DescendantFonts", [font])[0].FontDescriptor
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()):
                yield f"31-009: page {number}: {name} is not embedded"
            if "/ToUnicode" not in font:
                yield f"10-001: page {number}: {name} has no characters for its glyphs"


def _structure(pdf: pikepdf.Pdf, nodes: list[pikepdf.Dictionary]) -> Iterator[str]:
    roles = {str(name).lstrip("/") for name in pdf.Root.StructTreeRoot.get("/RoleMap", {})}
    for kind in {_kind(node) for node in nodes} - STANDARD - roles:
        yield f"02-001: no role for {kind}"
    levels = [int(_kind(node)[1]) for node in nodes if _kind(node) in {f"H{n}" for n in range(1, 7)}]
    if levels and levels[0] != 1:
        yield "14-002: the first heading is not of level 1"
    yield from (f"14-003: heading {b} after {a}" for a, b in pairwise(levels) if b > a + 1)
    yield from (
        "13-004: a picture without a text"
        for node in nodes
        if _kind(node) == "Figure" and not str(node.get("/Alt", ""))
    )
    for node in nodes:
        inner = [_kind(child) for child in children_of(node)]
        if _kind(node) == "L" and set(inner) - {"LI", "L", "Caption"}:
            yield f"09-004: a list holds {inner}"
        if _kind(node) == "LI" and set(inner) - {"Lbl", "LBody"}:
            yield f"09-005: an item holds {inner}"


def _attribute(node: pikepdf.Dictionary, name: str, default: object) -> object:
    own = node.get("/A", pikepdf.Array())
    for part in own if isinstance(own, pikepdf.Array) else [own]:
        if name in part:
            return part[name]
    return default


def _tables(nodes: list[pikepdf.Dictionary]) -> Iterator[str]:
    for table in (node for node in nodes if _kind(node) == "Table"):
        rows = [node for node in nodes_of(table) if _kind(node) == "TR"]
        heads = [cell for row in rows for cell in children_of(row) if _kind(cell) == "TH"]
        if not heads:
            yield "15-003: a table without heads"
        yield from ("15-003: a head without scope" for cell in heads if not _attribute(cell, "/Scope", ""))
        taken: dict[tuple[int, int], int] = {}
        for y, row in enumerate(rows):
            x = 0
            for cell in children_of(row):
                while (x, y) in taken:
                    x += 1
                wide, high = (int(_attribute(cell, name, 1)) for name in ("/ColSpan", "/RowSpan"))  # type: ignore[call-overload]
                taken |= {(x + i, y + j): 1 for i in range(wide) for j in range(high)}
        sizes = {sum((x, y) in taken for x in range(64)) for y in range(len(rows))}
        if len(sizes) > 1:
            yield f"15-001: rows of {sizes} cells in one table"


def _links(pdf: pikepdf.Pdf, nodes: list[pikepdf.Dictionary]) -> Iterator[str]:
    tagged = 0
    for node in nodes:
        kids = node.get("/K", pikepdf.Array())
        kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        tagged += sum(isinstance(kid, pikepdf.Dictionary) and str(kid.get("/Type", "")) == "/OBJR" for kid in kids)
    found = [link for page in pdf.pages for link in page.get("/Annots", []) if str(link.Subtype) == "/Link"]
    yield from ("28-012: a link without words" for link in found if not str(link.get("/Contents", "")))
    if tagged != len(found):
        yield f"28-011: {len(found)} links, {tagged} in the structure"
