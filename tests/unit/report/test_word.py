"""report.docx: headings, tables and pictures intact, A4 in Russian, the same bytes each time."""

import os
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from analysis.report import word, word_tables
from analysis.report.tables_width import text_width
from analysis.report.word_source import page_for_word, png_of

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" aria-label="Рост: 5 %." viewBox="0 0 100 40" width="80mm" height="32mm">'
    '<rect width="60" height="20" style="fill:var(--chart-main,#0b5c94)"/><text x="5" y="35">Рост</text></svg>'
)
PAGE = f"""<!DOCTYPE html><html lang="ru"><head><title>Отчёт за год</title></head><body>
<aside class="stamp">ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ</aside><nav>Содержание</nav>
<header class="letterhead"><p class="draft">Проект</p><h1>Отчёт</h1><p class="subtitle">за год</p></header>
<h2>Вы\u00adводы</h2><dl class="facts"><div><dt>представили</dt><dd>47 из 48</dd></div></dl>
<table><caption>Показатели</caption><thead><tr><th>Показатель</th><th class="n">Значение</th></tr></thead>
<tbody><tr><th>П04</th><td class="n">5,0 %</td></tr></tbody></table>
<figure class="chart">{SVG}<figcaption>Рост</figcaption></figure>
<dl class="terms"><dt>Балл</dt><dd>среднее</dd></dl></body></html>"""


def test_the_page_has_what_word_can_show():
    page, pictures = page_for_word(PAGE)
    assert "<svg" not in page
    assert list(pictures) == ["picture1.png"]
    assert 'src="picture1.png"' in page
    assert "Содержание" not in page
    assert "Таблица 1 – Показатели" in page
    assert "Рисунок 1 – Рост" in page
    assert 'alt="Рост: 5 %."' in page
    assert "Выводы" in page
    assert "представили – 47 из 48" in page


def test_charts_are_drawn_with_their_colours():
    image = png_of(SVG, 80)
    assert image.startswith(b"\x89PNG")
    assert image == png_of(SVG, 80)


@pytest.mark.skipif(not word.pandoc_version() and not os.environ.get("CI"), reason="pandoc is not installed")
def test_the_document_is_whole_and_the_same_each_time():
    made = word.docx_of(PAGE)
    assert made == word.docx_of(PAGE)
    with zipfile.ZipFile(BytesIO(made)) as archive:
        assert archive.testzip() is None
        text = archive.read("word/document.xml").decode()
        core = archive.read("docProps/core.xml").decode()
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
        headers = archive.read("word/header1.xml").decode() + archive.read("word/header2.xml").decode()
    assert len(pictures) == 1
    assert text.count("<w:tbl>") == 1
    assert re.search(r'w:pStyle w:val="Heading2" ?/>', text)
    assert 'w:w="11906" w:h="16838"' in text
    assert headers.count("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ") == 2
    assert "<dc:title>Отчёт за год</dc:title>" in core
    assert 'descr="Рост: 5 %."' in text or "Рост: 5 %." in text


COMPACT = '<w:p><w:pPr><w:pStyle w:val="Compact" /></w:pPr><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:p>'
IS_HEAD = '<w:trPr><w:tblHeader w:val="true" /></w:trPr>'
HEADS = [
    *("Мероприятие", "Состояние", "выполнили", "выполняют", "не выполнили", "Событий", "Примечание"),
    "Профориентационных",
]
ROW = [*("Организация профориентационного тестирования", "●\u00a0выполняется"), *"12345", "отчитываются"]


def row_of(texts, more: str = "", properties: str = "<w:tcPr />") -> str:
    return f"<w:tr>{more}{''.join(f'<w:tc>{properties}{COMPACT.format(text)}</w:tc>' for text in texts)}</w:tr>"


def wide_table() -> str:
    """As pandoc writes one: heads, the heading of a group, and more words than fit in the usual type."""
    group = row_of(["Раздел"], properties='<w:tcPr><w:gridSpan w:val="8" /></w:tcPr>')
    grid = f"<w:tblGrid>{'<w:gridCol />' * 8}</w:tblGrid>"
    return f"<w:tbl><w:tblPr></w:tblPr>{grid}{row_of(HEADS, IS_HEAD)}{group}{row_of(ROW) * 6}</w:tbl>"


def test_columns_of_a_table_are_as_wide_as_their_longest_word():
    made = word_tables.with_fitted_tables(wide_table())
    widths = [int(width) / 20 for width in re.findall(r'<w:gridCol w:w="(\d+)"', made)]
    size = word_tables.SIZES[int(re.search(r'"Cell(\d)"', made)[1]) - 1]
    assert size < 10 and '<w:tblLayout w:type="fixed"/>' in made
    assert sum(widths) == pytest.approx(word_tables.PAGE_POINTS, abs=1)
    words = [
        "профориентационного",
        "●\u00a0выполняется",
        "выполнили",
        "выполняют",
        "выполнили",
        "Событий",
        "Примечание",
        "Профориентационных",
    ]
    assert all(width > text_width(text) * size for width, text in zip(widths, words, strict=True))


def test_rows_of_a_table_stay_whole_and_heads_stay_with_them():
    made = word_tables.with_fitted_tables(wide_table())
    rows = re.findall(r"<w:tr>.*?</w:tr>", made)
    assert all("<w:cantSplit/>" in row for row in rows)
    roles = [re.search(r'"Cell(Head|Kept|)\d"', row)[1] for row in rows]
    assert roles == ["Head", "Head", "Kept", "", "", "", "Kept", ""]
    assert '"Compact"' not in made and "F1F4F7" in rows[1]
    styles = word_tables.cell_styles()
    assert all(f'w:styleId="{name}"' in styles for name in re.findall(r'"(Cell\w+)"', made))


def test_a_failing_pandoc_is_told_in_russian(monkeypatch, tmp_path):
    program = tmp_path / "pandoc"
    program.write_text("#!/bin/sh\necho 'no way' >&2; exit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=None)
    with pytest.raises(word.WordError, match=r"report\.docx не построен: pandoc сообщил «no way»"):
        word.docx_of("<p>текст</p>")


def test_lists_in_small_print_have_a_style_of_their_own():
    page, _ = page_for_word('<ul class="note"><li><strong>Балл</strong> – среднее</li></ul><ul><li>а</li></ul>')
    assert page.startswith(
        '<div custom-style="Note Item"><ul class="note"><li><p><strong>Балл</strong> – среднее</p></li>'
    )
    assert page.endswith("<ul><li>а</li></ul>")
    styles = (Path(word.__file__).parent / "templates/orientir_word/styles.xml").read_text(encoding="utf-8")
    assert 'w:val="Note Item"' in styles
