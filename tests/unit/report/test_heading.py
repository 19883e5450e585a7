"""The date line of the final report: its values are expected ones until schools confirm them after the state date."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.periods import parse_period
from analysis.report.sections import heading


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ({"on_time": 5, "expected": 5}, "Значения на 1 июля 2022 года – ожидаемые"),
        ({"expected": 3, "confirmed": 2}, "– ожидаемые; после этой даты их подтвердили 2 ОУ из 5"),
        ({"confirmed": 5}, "Значения на 1 июля 2022 года подтверждены учреждениями после этой даты"),
        ({}, "Значения на 1 июля 2022 года – ожидаемые"),
    ],
)
def test_both_dates_and_what_the_values_are(states, sentence):
    rows = [("2022", status, number, number) for status, number in states.items()]
    coverage = pd.DataFrame(rows, columns=["period", "status", "n", "n_schools"])
    report = SimpleNamespace(tables={"coverage": coverage}, period=parse_period("2022"), date=date(2022, 6, 20))
    text = heading._expected(report).replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith("Сведения представлены к 20 июня 2022 г. ") and text.endswith(sentence)
