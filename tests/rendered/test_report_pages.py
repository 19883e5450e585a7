"""Every kind of page of real reports in a real browser: WCAG 2.2 AA, narrow and zoomed screens, no network, paper."""

from __future__ import annotations

import io
from importlib import resources

import pypdf
import pytest

from tests.conftest import EDITIONS, PERIODS
from tests.rendered.browser import chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: All rules are run; only what they find is described in full, for a page has thousands of places that are right.
RULES = """async tags => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})
  return [found.passes.length, found.violations]
}"""
LARGEST = 600 * 1024
CARD_SCHOOLS = ("s102", "s126")
PAGES = [
    *(f"{period}/{edition}/report.html" for period in PERIODS for edition in EDITIONS),
    *(f"{period}/schools/{school}/card.html" for period in PERIODS for school in CARD_SCHOOLS),
    *(f"{period}/index.html" for period in PERIODS),
    *("site/index.html", "site/roadmap.html"),
    "protocol",
]
#: One page of each look, for what does not depend on the figures.
LOOKS = ["2022H1/working/report.html", "2022H1/schools/s102/card.html", "2022H1/index.html", "site/index.html"]
LOOKS += ["site/roadmap.html", "protocol"]


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def open_page(browser, made):
    contexts = []

    def open_page(name: str, width: int = 1280, **options):
        path = next(made.data.glob("protocols/*/*.html")) if name == "protocol" else made.reports / name
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.path, page.asked = path, []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.asked.append(message.text))
        page.on("pageerror", lambda error: page.asked.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def violations(page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA, a line each: rule, how often, the first place."""
    page.evaluate(AXE)
    assert page.evaluate("axe.version").startswith("4.")
    passes, found = page.evaluate(RULES, WCAG)
    assert passes > 5
    return [f"{each['id']} ×{len(each['nodes'])}: {each['nodes'][0]['html'][:200]}" for each in found]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_a_rule_of_wcag(open_page, name):
    assert violations(open_page(name, bypass_csp=True)) == []


@pytest.mark.parametrize("name", LOOKS)
def test_nor_in_the_dark(open_page, name):
    assert violations(open_page(name, bypass_csp=True, color_scheme="dark")) == []


def test_axe_would_find_something(open_page):
    page = open_page("site/index.html", bypass_csp=True)
    page.evaluate("document.querySelector('a').innerHTML = ''")
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    assert {line.split(" ")[0] for line in violations(page)} == {"link-name", "color-contrast"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_itself_alone_is_small_and_fits_narrow_and_zoomed_screens(open_page, name):
    page = open_page(name)
    for width in (1280, 640, 320):  # 640: a screen of 1280 at 200 %
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.asked == [page.url]
    assert page.path.stat().st_size <= LARGEST


def test_reports_on_the_site_are_the_public_ones(made):
    """So what holds for these pages holds for those."""
    for period in PERIODS:
        published = made.reports / "site" / period / "report.html"
        assert published.read_bytes() == made.report(period, "public", "html").read_bytes()


@pytest.mark.parametrize("name", LOOKS)
def test_every_link_and_control_is_reached_by_tab(open_page, name):
    page = open_page(name, 320)
    wanted = "a[href], button, input, summary, [tabindex='0']"
    count = page.evaluate(
        "wanted => [...document.querySelectorAll(wanted)].filter(each => each.checkVisibility()).length", wanted
    )
    reached = set()
    for _ in range(count + 1):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("wanted => [...document.querySelectorAll(wanted)].indexOf(document.activeElement)", wanted)
        )
    assert len(reached - {-1}) == count
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none" or -1 in reached


def test_the_table_of_schools_sorts_and_filters(open_page):
    page = open_page("2022H1/working/report.html")
    table = page.locator("table.sortable", has_text="Балл").first
    shown = "tbody tr:not(.group):visible"
    all_rows = table.locator(shown).count()
    assert all_rows >= 40
    table.get_by_role("button", name="Балл").click()
    scores = table.locator("tbody").first.locator("tr:not(.group) td:nth-child(3)").all_inner_texts()
    numbers = [float(text.split("\u00a0")[0].replace(",", ".")) for text in scores if text[0].isdigit()]
    assert len(numbers) > 5 and numbers == sorted(numbers)
    page.locator(".table", has=table).get_by_label("Найти в таблице").fill("гимназия № 114")
    assert table.locator(shown).count() == 1


def test_the_site_needs_no_script(open_page):
    for name in ("site/index.html", "site/roadmap.html"):
        page = open_page(name, java_script_enabled=False)
        assert page.locator("script").count() == 0
        assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator("tbody tr:not(.section)").count() == 24


def test_every_card_prints_on_one_page(open_page, made):
    cards = sorted(made.reports.glob("*/schools/*/card.html"))
    assert len(cards) >= 46
    longest = (
        "Муниципальное автономное общеобразовательное учреждение «Центр образования № 106 имени первого директора»"
    )
    page = open_page("2022H1/schools/s102/card.html")
    for card in cards:
        page.goto(card.as_uri())
        assert _printed(page) == 1, card
    page.evaluate("name => { document.querySelector('h1').textContent = name }", longest)
    assert _printed(page) == 1


def _printed(page) -> int:
    return len(pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages)


@pytest.mark.parametrize("name", ["site/roadmap.html", "2022H1/public/report.html"])
def test_printed_pages_are_stamped_and_repeat_the_heads_of_tables(open_page, name):
    pdf = open_page(name, color_scheme="dark").pdf(prefer_css_page_size=True)
    texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert len(texts) > 2 and all("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in text for text in texts)
    if name == "site/roadmap.html":
        assert all("Ответственные исполнители" in text for text in texts if "Управление образования" in text)
