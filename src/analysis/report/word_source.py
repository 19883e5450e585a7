"""A report's HTML page as pandoc needs it: charts as pictures, captions numbered, no parts that only a browser uses."""

from __future__ import annotations

import re

import typst
from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from analysis.report.fonts import typst_fonts

_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_WIDTH_MM = re.compile(r'\swidth="([\d.]+)mm"')
_LABEL = re.compile(r'aria-label="([^"]*)"')
_VARIABLE = re.compile(r"var\(--[\w-]+,\s*([^)]+)\)")
_PIXELS_PER_INCH = 200
_WIDEST = 170.0
# The title stands in the letterhead; pandoc would set it once more above.
_ONLY_FOR_SCREENS = (
    "title", "meta", "nav", "script", "style", "a.skip", "aside.stamp", "label.filter", "button", "input", ".vh",
)  # fmt: skip


def page_for_word(html: str) -> tuple[str, dict[str, bytes]]:
    """The page with what Word can show in the place of what it cannot, and the files of its pictures by name.

    In files, because pandoc needs ten times the time and six times the memory for pictures inside the page.
    """
    pictures: dict[str, bytes] = {}
    soup = BeautifulSoup(_SVG.sub(lambda found: _picture(found[0], pictures), html), "html.parser")
    for chosen in _ONLY_FOR_SCREENS:
        for element in soup.select(chosen):
            element.decompose()
    _letterhead(soup)
    _lists(soup)
    _small_print(soup)
    _captions(soup, "table > caption", "Таблица")
    _captions(soup, "figure > figcaption", "Рисунок")
    _figures(soup)
    _cells(soup)
    return str(soup).replace("\u00ad", ""), pictures


def _picture(svg: str, pictures: dict[str, bytes]) -> str:
    width, label = _WIDTH_MM.search(svg), _LABEL.search(svg)
    millimetres = min(float(width[1]) if width else _WIDEST, _WIDEST)
    name = f"picture{len(pictures) + 1}.png"
    pictures[name] = png_of(svg, millimetres)
    return f'<img src="{name}" alt="{label[1] if label else ""}" style="width:{millimetres / 10}cm">'


def png_of(svg: str, millimetres: float) -> bytes:
    """A chart as PNG, drawn by Typst with the fonts of the package."""
    source = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("chart.svg", width: {millimetres}mm)'
    plain = _VARIABLE.sub(r"\1", svg)
    return typst.compile(  # type: ignore[call-overload]
        {"main.typ": source.encode(), "chart.svg": plain.encode()}, font_paths=typst_fonts(),
        ignore_system_fonts=True, format="png", ppi=float(_PIXELS_PER_INCH),
    )  # fmt: skip


def _letterhead(soup: BeautifulSoup) -> None:
    for blank in soup.select("p.blanks i, p.signature i"):
        blank.replace_with("_" * (2 * int((blank.get("class") or ["b4"])[0][1:])))  # type: ignore[arg-type]
    for blank in soup.select("p.blanks > span"):
        blank.append("\u00a0" * 3)
    for line in soup.select("p.issuer > span"):
        line.append(soup.new_tag("br"))
    for chosen, style in (
        ("p.draft", "Draft"), ("p.issuer", "Issuer"), ("p.blanks", "Blanks"), ("p.about", "About"),
        ("p.subtitle", "Subtitle"), ("p.signature", "Signature"), ("p.note", "Note"), ("p.chart-note", "Note"),
        ("header h1", "Title"),
    ):  # fmt: skip
        for element in soup.select(chosen):
            _styled(soup, element, style)
    for element in soup.select("footer > p"):
        _styled(soup, element, "Note")
        break
    for element in soup.select("footer > p"):
        element.decompose()


def _styled(soup: BeautifulSoup, element: Tag, style: str) -> None:
    element.wrap(soup.new_tag("div", attrs={"custom-style": style}))
    if element.name == "h1":
        element.name = "p"


def _lists(soup: BeautifulSoup) -> None:
    for facts in soup.select("dl.facts"):
        for item in facts.select("div"):
            name, value = item.dt, item.dd
            item.name, item.attrs = "li", {}
            item.string = f"{name.get_text(' ', strip=True)} – {value.get_text(' ', strip=True)}"  # type: ignore[union-attr]
        facts.name, facts.attrs = "ul", {}
    for terms in soup.select("dl.terms"):
        for term in terms.select("dt"):
            text = term.find_next_sibling("dd")
            term.name = "p"
            term.string = term.get_text()
            term.string.wrap(soup.new_tag("strong"))  # type: ignore[union-attr]
            term.append(" – ")
            for piece in list(text.contents):  # type: ignore[union-attr]
                term.append(piece)
            text.decompose()  # type: ignore[union-attr]
        terms.unwrap()


def _small_print(soup: BeautifulSoup) -> None:
    """Lists in small print: pandoc gives a style to items that are paragraphs."""
    for notes in soup.select("ul.note"):
        for item in notes.find_all("li", recursive=False):
            inner = soup.new_tag("p")
            inner.extend(list(item.contents))
            item.append(inner)
        _styled(soup, notes, "Note Item")


def _captions(soup: BeautifulSoup, chosen: str, word: str) -> None:
    for number, caption in enumerate(soup.select(chosen), start=1):
        caption.insert(0, f"{word} {number} – ")


def _figures(soup: BeautifulSoup) -> None:
    """Pictures with their captions below as paragraphs: pandoc's own figures show the alternative text instead."""
    for figure in soup.select("figure"):
        caption = figure.figcaption
        if caption is not None:
            caption.name = "p"
            _styled(soup, caption, "Image Caption")
        for image in figure.select("img"):
            image.wrap(soup.new_tag("p"))
            _styled(soup, image.parent, "Captioned Figure")  # type: ignore[arg-type]
        figure.unwrap()


def _cells(soup: BeautifulSoup) -> None:
    for sign in soup.select("td .sign, th .sign"):
        if isinstance(sign.next_sibling, NavigableString) and sign.next_sibling.startswith(" "):
            sign.next_sibling.replace_with("\u00a0" + sign.next_sibling[1:])
    for cell in soup.select("td.n, th.n"):
        cell["style"] = "text-align: right"
    for cell in soup.select("td.c, th.c"):
        cell["style"] = "text-align: center"
