"""The pages in a real browser: sorting, filtering, keyboard, narrow screens, paper."""

from __future__ import annotations

import io

import pypdf
import pytest

from analysis.report.exporters import render_html
from tests.rendered import samples
from tests.rendered.browser import chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    books = {"interim": samples.interim(), "card": samples.card(), "foreign": samples.foreign()}
    return {name: render_html(book, folder / f"{name}.html").as_uri() for name, book in books.items()}


@pytest.fixture
def open_page(browser, pages):
    opened = []

    def open_page(name: str, width: int = 1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.complaints.append(request.url) if "data:" not in request.url else None)
        page.goto(pages[name])
        opened.append(context)
        return page

    yield open_page
    for context in opened:
        context.close()


def column(page, number: int) -> list[str]:
    """The shown texts of a column of the sortable table, group headings left out."""
    rows = "table.sortable tbody tr:not(.group):visible"
    return page.locator(rows).evaluate_all("(rows, n) => rows.map((row) => row.cells[n].innerText)", number)


@pytest.mark.parametrize("name", ["interim", "card", "foreign"])
def test_the_page_loads_itself_and_nothing_else(open_page, name):
    page = open_page(name)
    assert page.complaints == [page.url]


@pytest.mark.parametrize("name", ["interim", "card", "foreign"])
@pytest.mark.parametrize("width", [320, 640, 1280])
def test_nothing_sticks_out_of_the_screen(open_page, name, width):
    page = open_page(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_table_sorts_within_groups_by_keyboard(open_page):
    page = open_page("interim")
    button = page.get_by_role("button", name="Изменение к АППГ")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    first_group = column(page, 3)[:13]
    changes = [float(text.replace(",", ".").replace("−", "-").split()[0]) for text in first_group if "п.п." in text]
    assert changes == sorted(changes) and len(changes) == 11
    assert all("—" in text for text in first_group[11:])  # missing values stand last
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert all("—" in text for text in column(page, 3)[:13][11:])


def test_the_table_filters_and_says_how_many_rows_are_left(open_page):
    page = open_page("interim")
    page.get_by_label("Найти в таблице").fill("СОШ 12.06 достигнут")
    assert column(page, 0) == ["МБОУ СОШ № 103"]
    assert page.locator("output").inner_text() == "Показано строк: 1 из 49"
    assert page.locator("tr.group:visible").count() == 1
    page.get_by_label("Найти в таблице").fill("")
    assert len(column(page, 0)) == 49


def test_the_first_tab_leads_to_the_content(open_page):
    page = open_page("interim")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_wide_table_scrolls_by_keyboard_only_where_it_must(open_page):
    regions = "document.querySelectorAll('.scroll[tabindex]').length"
    assert open_page("interim", 320).evaluate(regions) > 0
    assert open_page("interim", 1280).evaluate(regions) == 0


def test_it_works_without_scripts(open_page):
    page = open_page("interim", java_script_enabled=False)
    assert page.locator("table.sortable button").count() == 0
    assert page.locator("table.sortable tbody tr").count() == 53


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_card_prints_on_one_page(open_page, scheme):
    page = open_page("card", color_scheme=scheme)
    assert len(pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages) == 1


def test_every_printed_page_is_stamped_and_table_heads_repeat(open_page):
    pdf = open_page("interim").pdf(prefer_css_page_size=True)
    texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert all("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in text for text in texts)
    assert all("Учреждение" in text for text in texts if "МБОУ СОШ" in text)
    assert not any("Найти в таблице" in text for text in texts)
