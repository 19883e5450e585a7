from __future__ import annotations

import io
import re

import nbformat
import pandas as pd
import pikepdf
import pypdf
import pytest
import typst
from hypothesis import given, settings
from nbformat.v4 import new_markdown_cell

from analysis.report import exporters, fonts
from analysis.report.blocks import Bullets, Heading, Paragraph
from analysis.report.exporters import CardOverflow, ReportPDFExporter, ReportTypstExporter, compile_pdf, render_pdf
from analysis.report.tables import Column, Table
from tests.rendered import hostile, pdf_ua, samples

EXPORTER = ReportPDFExporter()
A4 = (595.28, 841.89)


def export(book) -> bytes:
    return EXPORTER.from_notebook_node(book)[0]


def texts(pdf: bytes) -> list[str]:
    """The text of every page, with plain spaces and whole words."""
    pages = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return [re.sub(r"[\s\u00a0]+", " ", re.sub(r"[-\u00ad]\n", "", text)) for text in pages]


def tags(pdf: pikepdf.Pdf) -> list[tuple[str, str]]:
    """Every structure element: its kind and its alternative text."""
    found = []

    def walk(node) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append((str(node.S), str(node.get("/Alt", ""))))
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot)
    return found


@pytest.fixture(scope="module")
def interim() -> bytes:
    return export(samples.interim())


@pytest.fixture(scope="module")
def with_link() -> bytes:
    return export(samples.notebook(*samples.interim().cells, new_markdown_cell("[Сайт](https://example.org/a)")))


@pytest.fixture(scope="module")
def opened(interim):
    with pikepdf.open(io.BytesIO(interim)) as pdf:
        yield pdf


def test_it_says_that_it_is_accessible_and_russian(opened):
    with opened.open_metadata() as about:
        assert about["pdfuaid:part"] == "1"
        assert about["dc:title"] == samples.INTERIM.title
    assert str(opened.Root.Lang) == "ru"
    assert bool(opened.Root.MarkInfo.Marked)
    assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)


def every(pdf, kind: str) -> list:
    return [node for node in pdf_ua.nodes_of(pdf.Root.StructTreeRoot) if str(node.S) == kind]


def first(pdf, kind: str):
    return every(pdf, kind)[0]


def without(name: str, *nodes) -> None:
    for node in nodes:
        del node[name]


BREAKAGES = {
    "11-006": lambda pdf: without("/Lang", pdf.Root),
    "06-001": lambda pdf: without("/MarkInfo", pdf.Root),
    "07-001": lambda pdf: without("/ViewerPreferences", pdf.Root),
    "13-004": lambda pdf: without("/Alt", first(pdf, "/Figure")),
    "14-003": lambda pdf: first(pdf, "/H2").update({"/S": pikepdf.Name.H4}),
    "15-001": lambda pdf: first(pdf, "/TBody").K[0].K.append(first(pdf, "/TD")),
    "15-003": lambda pdf: without("/A", *every(pdf, "/TH")),
    "02-001": lambda pdf: first(pdf, "/P").update({"/S": pikepdf.Name.Absatz}),
    "09-004": lambda pdf: first(pdf, "/LI").update({"/S": pikepdf.Name.P}),
    "01-005": lambda pdf: pdf.pages[0].contents_add(b"0 0 9 9 re f"),
    "10-001": lambda pdf: without("/ToUnicode", *pdf.pages[0].Resources.Font.values()),
    "28-012": lambda pdf: without("/Contents", *(link for page in pdf.pages for link in page.get("/Annots", []))),
    "28-011": lambda pdf: next(page for page in pdf.pages if page.get("/Annots")).Annots.append(
        pdf.make_indirect(pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Contents="x"))
    ),
}


@pytest.mark.parametrize("fault", ["", *BREAKAGES])
def test_it_passes_what_can_be_checked_of_pdf_ua_and_a_breakage_is_found(fault, with_link):
    with pikepdf.open(io.BytesIO(with_link)) as pdf:
        if fault:
            BREAKAGES[fault](pdf)
        found = {line.partition(":")[0] for line in pdf_ua.faults(pdf)}
    assert fault in found if fault else not found


def test_headings_tables_and_figures_are_tagged(opened):
    found = tags(opened)
    kinds = [kind for kind, _ in found]
    assert kinds.count("/Title") == 1
    assert kinds.count("/H1") == len(samples.SECTIONS) and kinds.count("/H2") == 2
    assert kinds.count("/Table") == 4 and kinds.count("/THead") >= 4
    assert [alt for kind, alt in found if kind == "/Figure"] == [
        "Число форм растёт с 14 в январе до 168 в декабре",
        "Доля выросла с 52,3 до 60,0 процента",
    ]


def test_bookmarks_are_the_headings(opened):
    with opened.open_outline() as outline:
        assert [item.title.replace("\u00a0", " ") for item in outline.root] == list(samples.SECTIONS)
        assert len(outline.root[2].children) == 2


def test_all_fonts_are_embedded(opened):
    faces = {}
    for page in opened.pages:
        for font in page.Resources.get("/Font", {}).values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            faces[str(font.BaseFont).split("+")[1]] = "/FontFile2" in descriptor or "/FontFile3" in descriptor
    assert all(faces.values())
    assert {"PTSerif-Regular", "PTSans-Bold"} <= set(faces)


def test_every_page_is_a4_numbered_and_stamped(interim):
    reader = pypdf.PdfReader(io.BytesIO(interim))
    assert all(float(page.mediabox.width) == pytest.approx(A4[0], abs=0.1) for page in reader.pages)
    assert all(float(page.mediabox.height) == pytest.approx(A4[1], abs=0.1) for page in reader.pages)
    pages = texts(interim)
    assert len(pages) >= 5
    assert all("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in page and "Рабочие материалы" in page for page in pages)
    assert all(re.match(rf"{number} ", page) for number, page in enumerate(pages, start=1) if number > 1)
    assert not pages[0].startswith("1 ")


def test_the_first_and_the_last_page_are_a_draft_to_sign(interim):
    pages = texts(interim)
    assert "Проект АДМИНИСТРАЦИЯ ГОРОДА БЕЛГОРОДА" in pages[0]
    assert "По состоянию на 20 июня 2022 г." in pages[0]
    assert "И.О. Фамилия" in pages[-1] and "Исполнитель: аналитик" in pages[-1]
    assert len(pages[-1]) > 300  # the signature does not stand alone


def test_a_long_table_repeats_its_header_and_group(interim):
    with_rows = [page for page in texts(interim) if "МБОУ СОШ №" in page]
    assert len(with_rows) >= 2
    assert all("Учреждение" in page and "Группа" in page for page in with_rows)
    assert sum(len(re.findall(r"МБОУ СОШ № 1\d\d", page)) for page in with_rows) == 49


def test_what_is_hidden_does_not_show(interim):
    whole = " ".join(texts(interim))
    for secret in ("secret stdout", "injected", "2022H1", "Скрытая ячейка"):
        assert secret not in whole


def test_the_same_notebook_gives_the_same_bytes(interim, tmp_path):
    path = tmp_path / "book.ipynb"
    nbformat.write(samples.interim(), path)
    assert render_pdf(path, tmp_path / "b.pdf").read_bytes() == interim
    assert ReportPDFExporter().from_notebook_node(samples.interim())[0] == interim


@pytest.mark.parametrize("extra", [0, 4, 9])
def test_a_card_takes_exactly_one_page(extra):
    assert len(texts(export(samples.card(extra)))) == 1


def test_a_card_that_cannot_fit_is_refused():
    with pytest.raises(CardOverflow, match="one A4 page"):
        export(samples.card(60))


def test_a_picture_larger_than_the_page_shrinks_to_it():
    tall = samples.svg().replace('height="250"', 'height="2500"').replace("0 0 660 250", "0 0 660 2500")
    pages = texts(export(samples.notebook(samples.shown({"image/svg+xml": tall}))))
    assert len(pages) <= 2


def test_a_foreign_notebook_shows_its_results():
    pdf = export(samples.foreign())
    whole = " ".join(texts(pdf))
    assert "Чужая тетрадь" in whole and "ZeroDivisionError: x < 0" in whole and "42" in whole
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        found = tags(opened)
    assert [alt for kind, alt in found if kind == "/Figure"] == ["Столбцы растут", "Рисунок без текстового описания"]
    assert "/H1" in dict(found)


def test_every_character_let_through_can_be_drawn():
    letters = [chr(code) for code in range(0x20, 0x2800) if fonts.drawable(chr(code)) == chr(code)]
    code = "".join(letters).replace("\\", "\\\\").replace('"', '\\"')
    styles = ("weight: 400", "weight: 700", 'style: "italic"', 'weight: 700, style: "italic"')
    faces = [f'#text(font: {face}, {style}, "{code}")' for face in ("serif", "sans") for style in styles]
    source = '#import "orientir.typ": *\n#set document(title: "x")\n' + "\n\n".join(faces)
    assert compile_pdf(source).startswith(b"%PDF")


@pytest.mark.parametrize("text", hostile.EXAMPLES)
def test_hostile_text_is_only_text(text):
    """Typst would stop at a panic, an unknown name or a broken string."""
    assert export(hostile.notebook(text)).startswith(b"%PDF")


def test_hostile_text_is_shown_as_it_is():
    whole = " ".join(texts(export(samples.notebook(samples.shown(hostile.table('#panic("x") *a* <b>'))))))
    assert whole.count('#panic("x") *a* <b>') >= 5


@settings(max_examples=20, deadline=None)
@given(hostile.texts())
def test_hostile_text_never_becomes_code(text):
    assert export(hostile.notebook(text)).startswith(b"%PDF")


@settings(max_examples=20, deadline=None)
@given(hostile.texts())
def test_hostile_markdown_never_becomes_code(text):
    assert export(samples.notebook(new_markdown_cell(text))).startswith(b"%PDF")


def test_the_source_can_be_had():
    source, _ = ReportTypstExporter().from_notebook_node(samples.card())
    assert source.startswith('#import "orientir.typ": *\n#show: card.with(')


def long_list(items: int = 90):
    entries = [f"Пункт {number}. " + "Обычное предложение списка. " * 3 for number in range(1, items + 1)]
    return samples.notebook(samples.shown(samples.INTERIM), samples.shown(Bullets(entries, lead="Перечень:")))


@pytest.mark.parametrize("refused", [False, True])
def test_a_list_longer_than_a_page_goes_on_over_the_next(monkeypatch, refused):
    """Also when Typst refuses the tags of a list that breaks, and the document is set again with lists kept whole."""
    compiled = exporters._compiled
    asked = []

    def refusing(source, inputs):
        asked.append(inputs["lists"])
        if refused and not inputs["lists"]:
            raise typst.TypstError(f"error: {exporters.BROKEN_LIST}")
        return compiled(source, inputs)

    monkeypatch.setattr(exporters, "_compiled", refusing)
    pdf = export(long_list())
    assert asked == (["", "whole"] if refused else [""])
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    shown = " ".join(texts(pdf))
    assert len(pages) >= 4 and all(f"Пункт {number}." in shown for number in range(1, 91))
    lowest = []
    for page in pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, *_: lowest.append(tm[5] * cm[3] + cm[5]) if text.strip() else None
        )
    assert min(lowest) > 20


@pytest.mark.parametrize("items", [3, 8])
def test_a_shorter_list_that_must_stay_whole_does(items, monkeypatch):
    compiled = exporters._compiled
    monkeypatch.setattr(exporters, "_compiled", lambda source, inputs: compiled(source, inputs | {"lists": "whole"}))
    filler = [samples.shown(Paragraph("Абзац перед списком. " * 30)) for _ in range(6)]
    entries = [f"Пункт {number}. " + "Обычное предложение списка. " * 5 for number in range(items)]
    pages = texts(export(samples.notebook(samples.shown(samples.INTERIM), *filler, samples.shown(Bullets(entries)))))
    assert len([page for page in pages if "Пункт" in page]) == 1


def test_ordinals_and_names_in_mixed_case_do_not_break():
    text = "Школа занимает 2-е место; с учётом колебаний – от 1-го до 10-го, проект «ПроеКТОриЯ». " * 40
    whole = re.sub(r"[\s\u00a0]+", " ", " ".join(p.extract_text() for p in pypdf.PdfReader(
        io.BytesIO(export(samples.notebook(samples.shown(Paragraph(text)))))).pages))  # fmt: skip
    assert whole.count("от 1-го") == whole.count("до 10-го") == 40 and whole.count("ПроеКТОриЯ") == 40


ROW = re.compile(r"Школа \d+")


def pages_of_a_table(rows: int, lines_before: int, note: str = "") -> list[int]:
    """How many rows of a table stand on each page that has some, and whether its note is with the last."""
    frame = pd.DataFrame(
        {"name": [f"Школа {n}" for n in range(rows)], "group": [f"Группа {n > rows - 2}" for n in range(rows)]}
    )
    table = Table(frame, [Column("name", "Учреждение")], "Таблица", note=note, group_by="group")
    before = samples.shown(Bullets([f"Строка {n}" for n in range(lines_before)]))
    pages = texts(export(samples.notebook(before, samples.shown(table))))
    assert not note or note in [page for page in pages if ROW.search(page)][-1]
    return [count for count in (len(ROW.findall(page)) for page in pages) if count]


@pytest.mark.parametrize("lines_before", [14, 16, 20, 36, 38, 40])
def test_a_table_neither_begins_with_a_row_or_two_nor_ends_with_one(lines_before):
    """Its last group has one row and its note belongs below the last row: both are where a table is torn most easily."""
    split = pages_of_a_table(26, lines_before, "Примечание к таблице.")
    assert sum(split) == 26
    assert len(split) == 1 or (split[0] >= 3 and split[-1] >= 2), split


@pytest.mark.parametrize("rows", [74, 76, 78, 80])
def test_a_signature_stands_with_the_last_rows_of_its_table_and_the_executors_mark_with_it(rows):
    """The second page is filled up to its last lines: where a signature, or the mark alone, would go over."""
    frame = pd.DataFrame({"name": [f"Школа {n}" for n in range(rows)]})
    table = Table(frame, [Column("name", "Учреждение")], "Таблица", note="Примечание к таблице.")
    pages = texts(export(samples.notebook(samples.shown(samples.INTERIM), samples.shown(table))))
    assert "И.О. Фамилия" in pages[-1] and "Исполнитель: аналитик" in pages[-1]
    assert len(ROW.findall(pages[-1])) >= 2 and "Примечание к таблице." in pages[-1]


@pytest.mark.parametrize("lines_before", [37, 38, 39])
def test_a_heading_has_lines_of_text_below_on_its_page(lines_before):
    """Of a list in small print, too, which may break after its first line."""
    before = samples.shown(Bullets([f"Строка {n}" for n in range(lines_before)]))
    after = samples.shown(Bullets([f"Допущение {n}" for n in range(30)], role="note"))
    pages = texts(export(samples.notebook(before, samples.shown(Heading("Раздел")), after)))
    (page,) = [page for page in pages if "Раздел" in page]
    assert page.count("Допущение") >= 4


@pytest.mark.parametrize("lines_before", range(20, 32, 3))
def test_a_table_of_few_rows_stays_whole(lines_before):
    assert len(pages_of_a_table(4, lines_before)) == 1
