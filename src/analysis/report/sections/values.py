"""How values of indicators are written, whatever the section: by unit, with the words of Russian reports."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.report import numbers
from analysis.report.blocks import Tone
from analysis.report.charts_words import goal
from analysis.report.numbers import (
    count_noun,
    format_number,
    format_percent,
    format_pp,
    is_missing,
    lack_of,
    lower_first,
)
from analysis.report.opening import PeriodReport
from analysis.report.tables import Signal
from analysis.settings import Indicator

VERDICTS: dict[str, Signal] = {
    "up": Signal("рост", "good"),
    "down": Signal("снижение", "bad"),
    "no_clear_change": Signal("без явных изменений", "neutral"),
    "not_tested": Signal("не проверялось", "neutral"),
}
LEVEL_TONES: tuple[Tone, ...] = ("good", "warn", "bad")


def format_value(value: Any, indicator: Indicator, level: str = "city") -> str:
    """«64,0 %», «2,3 на 100», «да» – a value as the reader sees it; text («менее 5») stands as it is."""
    if isinstance(value, str):
        return value
    if is_missing(value):
        return "—"
    if indicator.unit == "yes_no" and level == "school":
        return "да" if value >= indicator.scale else "нет"
    if indicator.unit in ("percent", "yes_no"):
        return format_percent(value)
    return format_number(value, 0 if level == "school" and indicator.unit == "count" else 1)


def format_change(change: Any, indicator: Indicator, level: str = "city") -> str:
    """«+4,2 п.п.» for shares, «нет → да» for one school's answer, «+0,3» for the rest."""
    if isinstance(change, str):
        return change
    if indicator.unit == "yes_no" and level == "school":
        return numbers.answer_change(change)
    if indicator.unit in ("percent", "yes_no"):
        return format_pp(change)
    return format_number(change, 1, signed=True)


def spoken_value(value: Any, indicator: Indicator) -> str:
    """A value of the city or a group inside a sentence: «64,0 %», «97,9 % ОУ», «2,7 договора на ОУ»; else as in tables."""
    if isinstance(value, str) or is_missing(value) or indicator.unit in ("percent", "per_100"):
        return format_value(value, indicator)
    if indicator.unit == "yes_no":
        return f"{format_value(value, indicator)} ОУ"
    return f"{count_noun(value, indicator.counted, 1)} на{numbers.NBSP}ОУ"


def spoken_target(value: Any, indicator: Indicator, *, genitive: bool = False) -> str:
    """A target inside a sentence, without the decimals of a whole number: «60 %», «100 % ОУ», «3 договора на ОУ».

    ``genitive`` is the form after «до» and «ниже»: «3 договоров на ОУ».
    """
    if is_missing(value):
        return numbers.MISSING
    if indicator.unit == "count":
        return f"{(lack_of if genitive else count_noun)(value, indicator.counted)} на{numbers.NBSP}ОУ"
    return goal(value, indicator.unit) + (" ОУ" if indicator.unit == "yes_no" else "")


def spoken_change(change: Any, indicator: Indicator) -> str:
    """By how much, without a sign: «4,2 п.п.», «0,7 договора»."""
    if indicator.unit in ("percent", "yes_no"):
        return format_pp(abs(change)).lstrip("+")
    return count_noun(abs(change), indicator.counted, 1)


def suppressed_or(frame: pd.DataFrame, column: str) -> list[Any]:
    """Values of a column; where disclosure control hid one, its reason in short: «менее 5», «скрыто»."""
    values = frame[column].astype(object)
    if "suppressed" not in frame.columns:
        return values.tolist()
    hidden = frame["suppressed"].fillna("").astype(str)
    short = hidden.str.partition(",")[0]
    return [reason if reason and is_missing(value) else value for value, reason in zip(values, short, strict=True)]


def hidden_note(frame: pd.DataFrame) -> str:
    """A sentence for the note of a table in which «скрыто» stands."""
    hidden = frame.astype(str).eq("скрыто").any(axis=None)
    return " Скрыто – чтобы по этому значению нельзя было узнать малые числа." if hidden else ""


def level_signals(report: PeriodReport) -> dict[str, Signal]:
    """The levels of attainment, from the highest, with a tone each."""
    levels = report.settings.project.scoring.levels
    tones: tuple[Tone, ...] = (*LEVEL_TONES, *(LEVEL_TONES[-1:] * len(levels)))
    return {level.name: Signal(level.name, tone) for level, tone in zip(levels, tones, strict=False)}


def quoted(indicator: Indicator) -> str:
    """«Доля …» (П04): an indicator inside a sentence."""
    return f"{in_quotes(indicator.name)} ({indicator.code})"


def in_quotes(name: str) -> str:
    """«Чемпионат „Абилимпикс“»; a name that is all in quotes keeps its own: «Парад профессий»."""
    if name.startswith("«") and name.endswith("»") and name.count("«") == 1:
        return name
    return "«" + name.replace("«", "„").replace("»", "“") + "»"


def span(least: int, most: int) -> str:
    """«42», «от 42 до 46»."""
    return str(least) if least == most else f"от {least} до {most}"


def unbroken(name: str) -> str:
    """A school's name inside a sentence: the number stays with the sign before it and the word before that."""
    return name.replace(" № ", f"{numbers.NBSP}№{numbers.NBSP}")


def against_target(indicator: Indicator, row: Any) -> str:
    """«Доля …» (П04): 56,7 % при цели 60 % – ``row`` has the city's ``value`` and ``target``."""
    return f"{quoted(indicator)}: {spoken_value(row.value, indicator)} при цели {goal(row.target, indicator.unit)}"


def join_words(words: list[str]) -> str:
    """«а, б и в»; words that hold commas are parted by semicolons."""
    if len(words) < 2:
        return "".join(words)
    if any(", " in word for word in words):
        return "; ".join(words)
    return f"{', '.join(words[:-1])} и {words[-1]}"


def in_sentence(report: PeriodReport, code: str) -> str:
    """«экскурсии на предприятия»: the short name of an indicator in the middle of a sentence."""
    return lower_first(report.settings.indicator(code).short_name)
