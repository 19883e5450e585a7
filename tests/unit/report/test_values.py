"""How hidden and quoted things are written in tables and sentences."""

import pandas as pd

from analysis.report.sections.values import hidden_note, in_quotes, suppressed_or

SECONDARY = "скрыто, чтобы нельзя было вычислить соседнее значение"


def test_a_hidden_value_stands_in_its_column_in_short():
    frame = pd.DataFrame({"value": [1.5, None, None, None], "suppressed": ["", "менее 5", SECONDARY, None]})
    shown = suppressed_or(frame, "value")
    assert shown[:3] == [1.5, "менее 5", "скрыто"] and pd.isna(shown[3])


def test_what_hidden_means_is_said_where_it_stands():
    assert hidden_note(pd.DataFrame({"a": ["1,5 %"], "b": ["менее 5"]})) == ""
    assert "малые числа" in hidden_note(pd.DataFrame({"a": ["1,5 %", "скрыто"], "n": [1, 2]}))


def test_quotes_within_quotes():
    assert in_quotes("Чемпионат «Абилимпикс»") == "«Чемпионат „Абилимпикс“»"
    assert in_quotes("«Парад профессий»") == "«Парад профессий»"
    assert in_quotes("«ПроеКТОриЯ»/«Шоу профессий»") == "«„ПроеКТОриЯ“/„Шоу профессий“»"
