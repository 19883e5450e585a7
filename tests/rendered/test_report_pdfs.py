"""The PDF of every real report and card: tagged as PDF/UA-1, whole, and set without the faults a typographer looks for."""

from __future__ import annotations

import re
from itertools import accumulate

import pikepdf
import pypdf
import pytest

from analysis.report.exporters import render_pdf
from tests.conftest import EDITIONS, PERIODS
from tests.rendered import pdf_ua, samples
from tests.rendered.test_exporters_pdf import A4, tags

pytestmark = pytest.mark.slow

REPORTS = [(period, edition) for period in PERIODS for edition in EDITIONS]
DIGEST = "2022-03"
FOOT, HEAD = 66, 770  # points: the body's room on a page
LARGEST_HOLE = 0.3  # of the page; the last page may end early
HALF_A_PAGE = (A4[1] - (24 + 23) * 72 / 25.4) / 2  # points, of the room between the margins
LINE = 13  # points: the first line of a part stands below its highest point
DESCENT = 4  # points: what letters have below their line
AFTER_ANSWERS = ("47 из 48", "Представление форм")
AFTER_METHOD = ("Приложение. Показатели", "Приложение. Паспорта", "Директор МБУ НМИЦ")
UNDER_A_HEADING = 30  # points: at least a line of text follows on the same page


@pytest.fixture(scope="module", params=REPORTS, ids="-".join)
def report(request, made):
    return made.report(*request.param, "pdf")


@pytest.fixture(scope="module")
def opened(report):
    with pikepdf.open(report) as pdf:
        yield pdf


@pytest.fixture(scope="module")
def read(report):
    """Every page of the report, read once: its pieces of text with their places, and its words."""
    return [placed(page) for page in pypdf.PdfReader(report).pages]


@pytest.fixture
def pages(read):
    return [pieces for pieces, _ in read]


@pytest.fixture
def texts(read):
    return [words for _, words in read]


def placed(page) -> tuple[list[tuple[float, float, str]], str]:
    """Every piece of text of a page with its place (x, y, text), and the text as words."""
    found = []

    def visit(text, cm, tm, _font, _size):
        if text.strip():
            x, y = (tm[4] * cm[i] + tm[5] * cm[i + 2] + cm[i + 4] for i in (0, 1))
            found.append((x, y, text.replace("\u00a0", " ").strip()))

    text = page.extract_text(visitor_text=visit)
    return found, re.sub(r"\s+", " ", re.sub(r"[-\u00ad]\n", "", text.replace("\u00a0", " ")))


def test_it_declares_pdf_ua_language_and_title(opened):
    with opened.open_metadata() as about:
        assert about["pdfuaid:part"] == "1"
        assert "обучающихся" in about["dc:title"]
    assert str(opened.Root.Lang) == "ru"
    assert bool(opened.Root.MarkInfo.Marked) and bool(opened.Root.ViewerPreferences.DisplayDocTitle)


def test_it_passes_what_can_be_checked_of_pdf_ua(opened):
    assert pdf_ua.faults(opened) == []


def test_every_picture_has_an_alternative_text_with_numbers(opened, report):
    kinds = tags(opened)
    pictures = [alt for kind, alt in kinds if kind == "/Figure"]
    assert all(re.search(r"\d", alt) and len(alt) > 40 and alt.endswith(".") for alt in pictures)
    assert bool(pictures) != (DIGEST in report.parts)  # two pages have no room for a picture
    names = [kind for kind, _ in kinds]
    assert names.count("/Table") >= (1 if DIGEST in report.parts else 2) and names.count("/THead") >= names.count(
        "/Table"
    )
    assert {"/L", "/LI", "/H1", "/Title", "/Caption"} <= set(names)


def test_bookmarks_are_the_headings_in_order(opened):
    with opened.open_outline() as outline:
        titles = [item.title for item in outline.root]
    count = [kind for kind, _ in tags(opened)].count("/H1")
    assert len(titles) == count >= 5


def test_fonts_are_embedded(opened):
    for page in opened.pages:
        for font in page.Resources.get("/Font", {}).values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor


def test_pages_are_numbered_from_the_second_and_stamped(texts):
    assert len(texts) >= 2 and not texts[0].startswith("1 ")
    assert all(text.startswith(f"{number} ") for number, text in enumerate(texts[1:], start=2))
    assert all("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in text for text in texts)
    assert "Проект" in texts[0] and "Кто отчитался" in texts[0] and "Что требует решения" in texts[0]


def test_the_three_answers_end_on_the_first_half_page(pages):
    places = section(pages, "Что требует решения", AFTER_ANSWERS)
    assert list(places) == [0] and min(places[0]) - DESCENT > A4[1] / 2


def test_the_last_page_has_more_than_the_signature_and_the_executors_mark(pages):
    lines = sorted({(round(y), text) for _, y, text in pages[-1] if FOOT - 4 < y < HEAD}, reverse=True)
    shown = " ".join(text for _, text in lines)
    assert "Директор МБУ НМИЦ" in shown and lines[-1][1].startswith("Начальник отдела")
    above = {y for y, _ in lines if y > next(y for y, text in lines if "Директор" in text)}
    assert len(above) >= 2


@pytest.mark.parametrize("kind", ["Рисунок", "Таблица"])
def test_numbers_of_captions_run_upwards(pages, kind, report):
    lines = [" ".join(text for _, _, text in sorted(page, key=lambda piece: (-piece[1], piece[0]))) for page in pages]
    numbers = [int(number) for line in lines for number in re.findall(rf"{kind} (\d+) –", line)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers or (kind, DIGEST in report.parts) == ("Рисунок", True)


def section(pages, title: str, until: tuple[str, ...]) -> dict[int, list[float]]:
    """Page → heights of the lines from one heading to what follows it, in the order in which they were written."""
    pieces = [(number, y, text) for number, page in enumerate(pages) for _, y, text in page]
    starts = list(accumulate((len(text) + 1 for _, _, text in pieces), initial=0))
    written = " ".join(text for _, _, text in pieces)
    begin = written.index(title)
    end = min(found for last in until if (found := written.find(last, begin)) > 0)
    places: dict[int, list[float]] = {}
    for (number, y, _), start, after in zip(pieces, starts, starts[1:], strict=False):
        if begin < after and start < end and FOOT < y < HEAD:
            places.setdefault(number, []).append(y)
    return places


def test_the_method_takes_half_a_page(pages):
    places = section(pages, "Методика и допущения", AFTER_METHOD)
    height = sum(max(lines) - min(lines) + LINE for lines in places.values())
    assert 150 < height < HALF_A_PAGE, places


def test_a_digest_has_at_most_two_pages(made):
    for edition in EDITIONS:
        assert len(pypdf.PdfReader(made.report(DIGEST, edition, "pdf")).pages) <= 2, edition


def test_nothing_runs_off_a_page(pages):
    for number, page in enumerate(pages, start=1):
        for x, y, text in page:
            assert 20 < x < A4[0] - 20 and 20 < y < A4[1] - 20, (number, text)


def test_no_page_but_the_last_has_a_large_hole(pages):
    for number, page in enumerate(pages[:-1], start=1):
        lines = sorted({y for _, y, _ in page if FOOT < y < HEAD}, reverse=True)
        holes = [above - below for above, below in zip([HEAD, *lines], [*lines, FOOT], strict=True)]
        assert max(holes) < LARGEST_HOLE * A4[1], f"page {number}"


def test_no_heading_stands_alone_at_the_foot(opened, pages):
    places = [page.objgen for page in opened.pages]
    with opened.open_outline() as outline:
        for item in outline.root:
            target = item.destination or item.action.D
            number, top = places.index(target[0].objgen), float(target[3])
            below = [y for _, y, text in pages[number] if FOOT < y < top - UNDER_A_HEADING]
            assert below, item.title


def test_no_table_begins_with_a_row_or_two_or_ends_with_one(opened):
    """Told by the tags: on which page each row of a table has its text."""
    numbers = {page.objgen: number for number, page in enumerate(opened.pages)}
    tables = [node for node in pdf_ua.nodes_of(opened.Root.StructTreeRoot) if node.S == "/Table"]
    assert tables
    for table in tables:
        rows = [row for row in pdf_ua.nodes_of(table) if row.S == "/TR"]
        rows = [row for row in rows if any(cell.S == "/TD" for cell in pdf_ua.children_of(row))]
        pages = [page for page in (page_of(row, numbers) for row in rows) if page is not None]
        if len(set(pages)) > 1:
            assert pages.count(pages[0]) >= 3 and pages.count(pages[-1]) >= 2, (len(pages), pages)


def page_of(row, numbers) -> int | None:
    """The page of the first text in a row."""
    for node in pdf_ua.nodes_of(row):
        kids = node.get("/K", [])
        for part in [node, *(kids if isinstance(kids, pikepdf.Array) else [kids])]:
            if isinstance(part, pikepdf.Dictionary) and "/Pg" in part:
                return numbers[part.Pg.objgen]
    return None


def test_tables_repeat_their_heads(report, texts):
    if report.parent.name != "working" or report.parents[1].name in ("2021-2025", DIGEST):
        pytest.skip("no table of schools in this report")
    rows = [
        text for text in texts if len(re.findall(r"(?:СОШ|Гимназия|Лицей) № \d+ . (?:в срок|с опозданием)", text)) > 2
    ]
    assert rows and all("Получена" in text and "Опоздание" in text for text in rows)


def test_every_card_is_one_page_of_a4_and_accessible(made):
    cards = sorted(made.reports.glob("*/schools/*/card.pdf"))
    assert len(cards) >= 46
    for card in cards:
        with pikepdf.open(card) as pdf:
            assert len(pdf.pages) == 1, card
            assert [round(float(edge)) for edge in pdf.pages[0].MediaBox] == [0, 0, 595, 842]
            with pdf.open_metadata() as about:
                assert about["pdfuaid:part"] == "1"
            assert pdf_ua.faults(pdf) == [], card
            assert [bool(re.search(r"\d", alt)) for kind, alt in tags(pdf) if kind == "/Figure"] == [True]
        _, text = placed(pypdf.PdfReader(card).pages[0])
        assert not re.search(r"\d-\s+го", text), card


def test_a_card_with_the_longest_name_and_every_gap_still_is_one_page(tmp_path):
    from dataclasses import replace

    name = "Муниципальное автономное общеобразовательное учреждение «Центр образования № 106 имени первого директора»"
    book = samples.card(6)
    book.cells[0] = samples.shown(replace(samples.CARD, title=name))
    book.cells[0]["id"] = "cell-0"
    assert len(pypdf.PdfReader(render_pdf(book, tmp_path / "card.pdf")).pages) == 1
