from __future__ import annotations

import pytest

from analysis.report.blocks import (
    COLUMNS_MIME,
    HEADING_MIME,
    Bullets,
    Callout,
    Columns,
    Document,
    Heading,
    Item,
    KeyFact,
    KeyFacts,
    Link,
    Paragraph,
    Strong,
    Terms,
)
from analysis.report.document import DOCUMENT_MIME
from analysis.report.outline import Outline
from analysis.report.prose import markdown_blocks
from analysis.report.typst_text import bind, clean, string, value


def test_a_paragraph_in_three_forms():
    shown = Paragraph(["Итого ", Strong("44 < 46"), "."])._repr_mimebundle_()
    assert shown["text/html"] == "<p>Итого <strong>44 &lt; 46</strong>.</p>"
    assert shown["application/x-typst"] == '#par([#"Итого "#strong([#"44 < 46"])#"."])'
    assert shown["text/plain"] == "Итого 44 < 46."


def test_roles_and_tones_are_checked():
    with pytest.raises(ValueError, match="unknown role 'big'; use one of body, lead, note"):
        Paragraph("x", "big")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown tone"):
        Callout("x", tone="red")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "https://a b", 'https://a"onclick=x', ""]
)
def test_dangerous_addresses_stay_text(address):
    shown = Paragraph([Link("текст", address)])
    assert shown.html() == "<p>текст</p>"
    assert "link" not in shown.typst()


def test_a_web_address_is_a_link():
    assert '<a href="https://example.org/?a=1&amp;b=2">' in Paragraph(Link("x", "https://example.org/?a=1&b=2")).html()


def test_bullets_nest_and_count():
    shown = Bullets([Item("один", (Bullets(["внутри"]),)), "два"], ordered=True, lead="Порядок:", start=3)
    assert shown.html() == '<p>Порядок:</p><ol start="3"><li>один<ul><li>внутри</li></ul></li><li>два</li></ol>'
    assert "#enum(start: 3, " in shown.typst()
    assert shown.plain() == "Порядок:\n3. один\n4. два"


def test_a_key_fact_has_a_sign_beside_its_colour():
    written = KeyFacts([KeyFact("7", "школ", "нужна поддержка", "bad")]).html()
    assert '<span class="sign" aria-hidden="true">■</span> нужна поддержка' in written
    assert KeyFacts([]).html() == KeyFacts([]).typst() == ""


def test_a_callout_takes_text_marks_or_blocks():
    assert Callout("текст").html().count("<p>") == 1
    assert Callout(["a ", Strong("b")]).html().count("<p>") == 1
    assert Callout([Paragraph("a"), Bullets(["b"])], "Заголовок").html().count("<p") == 2


def test_terms():
    assert Terms([("АППГ", "год назад")]).html() == '<dl class="terms"><dt>АППГ</dt><dd>год назад</dd></dl>'


def test_columns_carry_the_bundles_of_their_cells():
    shown = Columns(Paragraph("слева"), [Heading("Справа"), Paragraph("текст")], weights=(2, 1))
    about = shown._repr_mimebundle_()[COLUMNS_MIME]
    assert about["weights"] == [2.0, 1.0]
    assert HEADING_MIME in about["cells"][1][0]
    with pytest.raises(ValueError, match="2 columns, but 1 weights"):
        Columns("a", "b", weights=[1])


def test_a_document_survives_a_notebook():
    document = Document("Название", header_lines=("a", "b"), date="2022-06-20", edition="public")
    kept = document._repr_mimebundle_()[DOCUMENT_MIME]
    assert Document.from_json(kept | {"later": 1}).to_json() == document.to_json()
    assert document.as_of == "По состоянию на 20\u00a0июня\u00a02022\u00a0г."
    assert document.edition_name == "Публичная версия"
    with pytest.raises(ValueError, match="unknown edition 'secret'; use one of working"):
        Document("x", edition="secret")


def test_the_outline_skips_no_level_and_drops_the_repeated_title():
    outline = Outline("Отчёт")
    found = [outline.enter(level, "x") for level in (1, 2, 5, 3, 1)]
    assert found[0] is None
    assert [entry.level for entry in found if entry] == [2, 3, 3, 2]
    assert len({entry.anchor for entry in outline.entries}) == 4


def test_markdown_becomes_blocks_and_raw_html_text():
    shown = markdown_blocks("## Раздел\n\nТекст *курсив* <b>x</b> ![план](http://e.org/x.png)\n\n1. a\n2. b\n   - c\n")
    assert [type(block).__name__ for block in shown] == ["Heading", "Paragraph", "Bullets"]
    assert shown[1].html() == "<p>Текст <em>курсив</em> &lt;b&gt;x&lt;/b&gt; план</p>"
    assert shown[2].html() == "<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>"


def test_a_markdown_table_keeps_its_alignment():
    (shown,) = markdown_blocks("| a | b |\n|---|--:|\n| x | **1** |\n")
    assert '<td class="n">1</td>' in shown.html()


def test_cleaning_composes_letters_and_drops_what_cannot_be_seen():
    assert clean("и\u0306\u202e a\x00b\ud800\r\n c\ufeff") == "й ab c"


def test_binding_follows_russian_rules():
    bound = bind("в 2022 г. и на 5 % школ № 7 — у А.С. Журавлева").replace("\u00a0", "_")
    assert bound == "в_2022_г. и_на_5_% школ №_7_— у_А.С._Журавлева"
    bound = bind("приказ г. Белгорода от 21.06.2021 № 49 для 18 ОУ до 20\u00a0июня\u00a02022\u00a0г.")
    assert bound.replace("\u00a0", "_") == "приказ г._Белгорода от_21.06.2021_№_49 для 18_ОУ до_20_июня 2022_г."
    bound = bind("с 1 сентября в 9 классах, I п/г 2021").replace("\u00a0", "_")
    assert bound == "с_1_сентября в_9_классах, I п/г 2021"


def test_typst_strings_escape_and_long_words_may_break():
    assert string('a"\\\n#b') == '"a\\"\\\\ #b"'
    assert "\u200b" in string("x" * 40)
    assert string("中😀") == '"□□"'


def test_plain_data_as_typst():
    assert value({"a": [1, True, None], "b": {}}) == '("a": (1, true, none, ), "b": (:), )'
    with pytest.raises(TypeError, match="set"):
        value({1, 2})
