"""A finished chart, and how a matplotlib figure becomes a small, self-contained, repeatable SVG.

Texts stay texts (they can be searched, copied and tagged) and carry their width in PT Sans, so that a viewer without
that typeface squeezes its own letters into the same room and nothing overlaps.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from html import escape
from itertools import groupby
from xml.etree import ElementTree as ET

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from analysis.report.chart_style import CSS_FONTS, CSS_NAMES, text_width
from analysis.report.typst_text import clean, quoted, string

_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_RECTANGLE = re.compile(r"M(\S+) (\S+)L(\S+) \2L\3 (\S+)L\1 \4(?:L\1 \2)?z")
_COLOUR = re.compile("|".join(CSS_NAMES))
_DROPPED_STYLES = {"font-family", "stroke-linejoin", "stroke-miterlimit"}
_XLINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Chart:
    """A drawn chart: ``svg`` (a whole document, sizes in mm), ``alt`` (one Russian sentence with the numbers),
    ``caption`` and ``note`` (may be empty). A notebook shows it; exporters take HTML or Typst from its bundle.
    """

    svg: str
    alt: str
    caption: str = ""
    note: str = ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html(), "application/x-typst": self.typst(), "text/plain": self.alt}

    def html(self) -> str:
        """A ``<figure class="chart">`` whose colours a page may replace through ``--chart-…`` variables."""
        svg = _COLOUR.sub(lambda found: f"var(--chart-{CSS_NAMES[found[0]]},{found[0]})", self.svg)
        svg = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(clean(self.alt))}" ', 1)
        note = f'<p class="chart-note">{escape(clean(self.note))}</p>' if self.note else ""
        caption = f"<figcaption>{escape(clean(self.caption))}</figcaption>" if self.caption else ""
        return f'<figure class="chart">{svg}{note}{caption}</figure>'

    def typst(self) -> str:
        """Typst code; everything from data stands in string literals."""
        image = f'image(bytes({quoted(self.svg)}), format: "svg", alt: {quoted(clean(self.alt))}, width: {self.width})'
        if self.note:
            image = f"block(width: 100%)[#{image}#note({string(self.note, bound=True)})]"
        caption = f", caption: [#text({string(self.caption, bound=True)})]" if self.caption else ""
        return f"#figure({image}{caption})"

    @property
    def width(self) -> str:
        """The printed width, e.g. ``170mm``."""
        found = re.search(r'<svg [^>]*?width="([\d.]+mm)"', self.svg)
        return found[1] if found else "100%"


def svg_of(figure: Figure) -> str:
    """The figure as compact SVG without dates; ids start with a digest of the content, so charts share a page."""
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    drawn = ET.fromstring(buffer.getvalue())
    names = _reference_names(drawn)
    box = drawn.attrib["viewBox"].split()
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": f"{_short(figure.get_figwidth() * 25.4)}mm",
            "height": f"{_short(figure.get_figheight() * 25.4)}mm",
            "viewBox": " ".join(_short(float(part)) for part in box),
            "font-family": CSS_FONTS,
            "stroke-linejoin": "round",
        },
    )
    root.extend(_merged([part for child in drawn for part in _compact(child, names)]))
    text = ET.tostring(root, encoding="unicode").replace(" />", "/>")
    return text.replace("ID-", f"c{hashlib.sha256(text.encode()).hexdigest()[:8]}-")


def _reference_names(drawn: ET.Element) -> dict[str, str]:
    """Only ids that something refers to are kept, numbered in order of appearance."""
    text = [value for element in drawn.iter() for value in element.attrib.values()]
    wanted = set(re.findall(r"(?:^|url\()#([^)\n]+)", "\n".join(text), flags=re.MULTILINE))
    kept = [element.attrib["id"] for element in drawn.iter() if element.attrib.get("id") in wanted]
    return {name: f"ID-{number}" for number, name in enumerate(dict.fromkeys(kept))}


def _compact(element: ET.Element, names: dict[str, str]) -> list[ET.Element]:
    tag = element.tag.rpartition("}")[2]
    if tag in ("metadata", "style"):
        return []
    children = _merged([part for child in element for part in _compact(child, names)])
    attributes = _attributes(element, names)
    if tag == "text":
        attributes |= _text_room(element, attributes.get("style", ""))
    elif tag in ("g", "defs") and (not children or (tag == "g" and not attributes)):
        return children
    small = ET.Element(tag, attributes)
    small.text = element.text if tag == "text" else None
    small.extend(children)
    return [small]


def _attributes(element: ET.Element, names: dict[str, str]) -> dict[str, str]:
    kept = {}
    for name, value in element.attrib.items():
        if name == "id":
            if value in names:
                kept["id"] = names[value]
        elif name == "style":
            kept["style"] = _style(value)
        elif name == "transform" and value.startswith("rotate(-0 "):
            continue
        else:
            kept["href" if name == _XLINK else name] = _reference(_numbers(value), names)
    return {name: value for name, value in kept.items() if value}


def _reference(value: str, names: dict[str, str]) -> str:
    return re.sub(r"#([^)\s]+)", lambda found: f"#{names.get(found[1], found[1])}", value) if "#" in value else value


def _style(text: str) -> str:
    pairs = [part.split(":", 1) for part in text.split(";") if ":" in part]
    styles = {name.strip(): value.strip() for name, value in pairs}
    if "font" in styles:  # older matplotlib writes the shorthand: «700 8px 'PT Sans', …»
        weight, size = re.match(r"(?:(\d+|bold) )?.*?([\d.]+px)", styles.pop("font")).groups()  # type: ignore[union-attr]
        styles |= {"font-size": size} | ({"font-weight": weight} if weight else {})
    return ";".join(f"{name}:{_numbers(value)}" for name, value in styles.items() if name not in _DROPPED_STYLES)


def _text_room(element: ET.Element, style: str) -> dict[str, str]:
    size = re.search(r"font-size:([\d.]+)px", style)
    width = text_width(element.text or "", float(size[1]) if size else 10.0, "font-weight:700" in style)
    return {"textLength": _short(width), "lengthAdjust": "spacingAndGlyphs"} if width else {}


def _numbers(value: str) -> str:
    """Coordinates to a hundredth of a point (0.004 mm), path data without needless spaces."""
    value = _NUMBER.sub(lambda found: _short(float(found[0])), value)
    if not value.startswith("M"):
        return value
    path = re.sub(r"\s*([MLCQz])\s*", r"\1", value.strip()).replace("-0 ", "0 ")
    return _RECTANGLE.sub(r"M\1 \2H\3V\4H\1z", path)


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _merged(elements: list[ET.Element]) -> list[ET.Element]:
    """Neighbours of one style share a group (plain outlines: one path), so that the style is written once."""
    merged = []
    for style, run in groupby(elements, key=lambda element: element.get("style")):
        members = list(run)
        if not style or len(members) == 1:
            merged.extend(members)
        elif all(member.tag == "path" and set(member.attrib) == {"d", "style"} for member in members):
            merged.append(ET.Element("path", {"d": "".join(member.attrib["d"] for member in members), "style": style}))
        else:
            group = ET.Element("g", {"style": style})
            for member in members:
                del member.attrib["style"]
            group.extend(members)
            merged.append(group)
    return merged
