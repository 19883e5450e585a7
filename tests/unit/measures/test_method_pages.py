"""The worked examples of docs/methods are recomputed as they are printed."""

import doctest
import re
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


NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?(?![\w])")


def numbers(text):
    """Decimals and percents of a text with their digits after the comma: «53,3 %» → (53.3, 1)."""
    for found in NUMBER.finditer(text):
        whole, _, digits = found.group().replace(",", ".").partition(".")
        if digits or re.match(r"\s*(?:%|п\.п\.)", text[found.end() :]):
            yield float(f"{whole}.{digits or 0}"), len(digits)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_words_of_an_example_say_what_its_code_gives(page):
    example = page.read_text(encoding="utf-8").partition("**Пример.**")[2]
    code = "\n".join(re.findall(r"```python\n(.*?)```", example, re.DOTALL))
    words = re.sub(r"```python\n.*?```", "", example, flags=re.DOTALL)
    known = [float(text) for text in re.findall(r"\d+(?:\.\d+)?", code)]
    unknown = [
        value
        for value, digits in numbers(words)
        if not any(abs(scale * one - value) <= 0.51 * 10**-digits for one in known for scale in (1, 100))
    ]
    assert unknown == []
