"""report.docx: headings, tables and pictures intact, A4 in Russian, the same bytes each time."""

import os
import re
import zipfile
from io import BytesIO

import pytest

from analysis.report import word
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


def test_a_failing_pandoc_is_told_in_russian(monkeypatch, tmp_path):
    program = tmp_path / "pandoc"
    program.write_text("#!/bin/sh\necho 'no way' >&2; exit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=None)
    with pytest.raises(word.WordError, match=r"report\.docx не построен: pandoc сообщил «no way»"):
        word.docx_of("<p>текст</p>")
