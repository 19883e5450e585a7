"""The worked examples of docs/methods are recomputed as they are printed."""

import doctest
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).resolve().parents[3] / "docs" / "methods").glob("*.md"))
PARTS = ("**Вопрос.**", "**Формула.**", "**Источник.**", "**Допущения.**", "**Чего метод не говорит.**", "**Пример.**")


def test_there_are_pages():
    assert len(PAGES) >= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_has_its_parts_and_a_true_example(page):
    text = page.read_text(encoding="utf-8")
    assert [part for part in PARTS if part not in text] == []
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0
