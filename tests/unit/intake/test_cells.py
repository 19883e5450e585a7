"""One cell → value or finding. The table of texts is in the integration tests; here what holds for every text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.book import Cell
from analysis.intake.cells import read_choice, read_count, read_date, read_flag, read_month, read_status, shown
from analysis.intake.rules import RULES

TYPED = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789 ,.-–+%()/:чел\u00a0", max_size=15),
    st.from_regex(r"[+-]?\d{1,8}([.,]\d{1,3})?( ?(чел|уч|шт)\.?)?", fullmatch=True),
)


def text(value: str) -> Cell:
    return Cell(value, "text")


@given(TYPED)
@settings(max_examples=400, deadline=None)
def test_every_text_ends_as_a_value_a_finding_or_both(typed):
    for read in (read_count(text(typed)), read_flag(text(typed)), read_count(text(typed), whole=False)):
        assert read.value is not None or read.variant in RULES
        assert read.value is None or read.value >= 0
        if read.value is None:
            assert RULES[read.variant].severity in ("error", "query")
    whole = read_count(text(typed)).value
    assert whole is None or (whole == int(whole) and whole <= 99_999)


@given(st.floats(), st.booleans(), st.booleans())
def test_every_number_ends_as_a_value_a_finding_or_both(number, formula, percent):
    read = read_count(Cell(number, "number", formula, percent))
    assert read.value is not None or RULES[read.variant].severity in ("error", "query")
    if read.value is not None:
        assert read.value == pytest.approx(number) and not percent


@given(st.integers(0, 99_999))
def test_a_count_is_read_as_it_was_meant(number):
    assert read_count(Cell(float(number), "number")).value == number
    assert read_count(Cell(float(number), "number")).variant == ""
    for typed in (str(number), f" {number} ", f"{number:,}".replace(",", " "), f"{number:,}".replace(",", "\u00a0")):
        assert read_count(text(typed)).value == number
    assert read_count(text(f"{number} чел.")).value == number


@pytest.mark.parametrize(
    "typed", ["9" * 30_000, "-" * 30_000, "1 " * 15_000, "(" * 30_000, "8(4722)" * 4_000, "м" * 32_000]
)
def test_long_texts_cost_nothing(typed):
    assert read_count(text(typed)).value is None
    assert read_flag(text(typed)).value is None
    assert len(shown(text(typed))) <= 80


@pytest.mark.parametrize(
    ("cell", "value", "variant"),
    [
        (Cell(12.0, "number", formula=True), 12, "B10.cached"),
        (Cell("12", "text", formula=True), 12, "B10.cached"),
        (Cell("#DIV/0!", "error", formula=True), None, "B10.error"),
        (Cell("=", "uncached", formula=True), None, "B10.empty"),
        (Cell(0.45, "number", percent=True), None, "B07"),
        (Cell("12.05.2022", "date"), None, "B11"),
        (Cell(11.999999999999, "number"), 12, ""),
        (None, None, "B03"),
    ],
)
def test_kinds_of_cells(cell, value, variant):
    read = read_count(cell)
    assert (read.value, read.variant) == (value, variant)


def test_amounts_need_not_be_whole():
    assert read_count(text("12,5"), whole=False).value == 12.5
    assert read_count(Cell(0.45, "number"), whole=False).value == 0.45
    assert read_count(Cell(-0.1, "number"), whole=False).variant == "B31"


@pytest.mark.parametrize(
    ("typed", "status"),
    [("выполнено", "выполнено"), ("Выполнено.", "выполнено"), ("проведено", "выполнено"), ("в работе", "выполняется"),
     ("НЕ ВЫПОЛНЕНО", "не выполнено"), ("нет", "не выполнено"), ("позже", "")],
)  # fmt: skip
def test_status(typed, status):
    found, variant = read_status(text(typed))
    assert found == status
    assert bool(variant) == (typed != "выполнено" and typed not in ("Выполнено.", "НЕ ВЫПОЛНЕНО"))


def test_dates_and_months():
    assert read_date(text("20.6.22")) == (date(2022, 6, 20), "B12")
    assert read_date(text("31.02.2022")) == (None, "B12.unclear")
    assert read_date(None) == (None, "")
    assert read_month("июнь 2022 года") == read_month("отчёт за 06.2022") == read_month("2022-06") == "2022-06"
    assert read_month("20.06.2022") == "2022-06"
    assert read_month("май 2022, июнь 2022") is None  # two readings
    assert read_month("без даты") is None


def test_choice():
    assert read_choice("Уточненная") is True
    assert read_choice("первичная") is False and read_choice("") is False
    assert read_choice("третья") is None
