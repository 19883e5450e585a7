from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from nbformat.v4 import new_markdown_cell

from analysis.report import blocks
from analysis.report.exporters import ReportHTMLExporter, render_html
from tests.rendered import hostile, samples

VOID = {"meta", "br", "hr", "img", "input", "link", "path", "rect", "col"}
EXPORTER = ReportHTMLExporter()


def export(book) -> str:
    return EXPORTER.from_notebook_node(book)[0]


class Page(HTMLParser):
    """The elements of a page with the names of their attributes (but classes); checks that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs if name != "class")))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


@cache
def harmless() -> list[tuple[str, tuple[str, ...]]]:
    """The elements of the hostile notebook when its text is a single letter."""
    return Page(export(hostile.notebook("x"))).elements


@pytest.fixture(scope="module")
def interim() -> str:
    return export(samples.interim())


def test_the_page_is_russian_titled_and_has_landmarks(interim):
    page = Page(interim)
    tags = [tag for tag, _ in page.elements]
    assert ("html", "lang", "ru") in page.attributes
    assert "<title>Промежуточная информация" in interim
    assert [tags.count(tag) for tag in ("main", "header", "footer", "nav", "h1", "script")] == [1] * 6
    assert interim.index('href="#content"') < interim.index("<header")


def test_contents_lead_to_every_heading(interim):
    anchors = re.findall(r'<li class="l\d"><a href="#(s\d+)">', interim)
    headings = re.findall(r'<h[2-6] id="(s\d+)"', interim)
    assert anchors == headings and len(headings) == len(samples.SECTIONS) + 2
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", interim)]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


def test_code_streams_parameters_and_hidden_cells_do_not_show(interim):
    for secret in ("secret stdout", "injected", "2022H1", "Скрытая ячейка", "Промежуточный отчёт"):
        assert secret not in interim


def test_the_page_asks_nothing_of_the_net(interim):
    page = Page(interim)
    addresses = [v for name in ("src", "href", "action", "poster", "srcset") for v in page.values(name)]
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert not re.search(r"@import|url\(", interim)
    policy = next(value for value in page.values("content") if "default-src" in value)
    script = re.search(r"<script>(.*?)</script>", interim, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src 'none'" in policy and f"script-src 'sha256-{digest}'" in policy


def test_demo_data_are_stamped_and_the_draft_is_blank(interim):
    assert interim.count("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ") == 2  # on the screen and in the margin of every printed page
    assert '<p class="draft">Проект</p>' in interim
    assert "20.06.2022 №" not in interim
    assert "ДЕМОНСТРАЦИОННЫЕ" not in export(samples.foreign())


def test_a_report_and_a_card_are_small_enough(interim, tmp_path):
    assert len(interim.encode()) < 120_000
    card = render_html(samples.card(), tmp_path / "card.html")
    assert card.stat().st_size < 60_000
    assert '<body class="card">' in card.read_text(encoding="utf-8")


def test_the_same_notebook_gives_the_same_bytes(tmp_path):
    first = render_html(samples.interim(), tmp_path / "a.html").read_bytes()
    path = tmp_path / "book.ipynb"
    nbformat.write(samples.interim(), path)
    assert render_html(path, tmp_path / "b.html").read_bytes() == first
    assert b"\r" not in first


def test_a_foreign_notebook_shows_its_results():
    text = export(samples.foreign())
    page = Page(text)
    assert "<h1>Чужая тетрадь</h1>" in text and "Чужая" not in text.split("<main")[1].split("</main>")[0]
    assert page.values("alt") == ["Столбцы растут", "Рисунок без текстового описания"]
    assert "<td>б</td>" in text and "ZeroDivisionError: x &lt; 0" in text and "<pre" in text


def test_foreign_html_is_sanitised():
    book = samples.notebook(
        samples.shown({"text/html": "<b>ok</b><script>x()</script><img src=http://e.org onerror=x()>"})
    )
    main = export(book).split("<main")[1].split("</main>")[0]
    assert "<b>ok</b>" in main and "<script" not in main and "<img" not in main.replace("&lt;", "")


@pytest.mark.parametrize("text", hostile.EXAMPLES)
def test_hostile_text_adds_no_element(text):
    assert Page(export(hostile.notebook(text))).elements == harmless()


@settings(max_examples=25, deadline=None)
@given(hostile.texts())
def test_hostile_text_never_becomes_markup(text):
    assert Page(export(hostile.notebook(text))).elements == harmless()


@settings(max_examples=25, deadline=None)
@given(hostile.texts())
def test_hostile_markdown_adds_no_script_or_handler(text):
    page = Page(export(samples.notebook(new_markdown_cell(text))))
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert all(v.startswith(("#", "http://", "https://", "mailto:")) for v in page.values("href"))


def test_an_ordinal_does_not_break_and_keeps_its_characters():
    book = samples.notebook(
        samples.shown(blocks.Paragraph("Места от 1-го до 10-го, 95 %-й интервал, 2021-2025, а-ля 5-б."))
    )
    page = export(book)
    assert page.count('<span class="nb">1-го</span>') == 1 and '<span class="nb">10-го</span>' in page
    assert '<span class="nb">%-й</span>' in page and '<span class="nb">5-б</span>' in page
    assert "2021-2025, а-ля" in page
