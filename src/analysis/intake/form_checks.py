"""The live checks of a form: one Excel formula beside every input cell, saying in words what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analysis.intake.layout import MEASURE_SHEETS, NO, SHEET_TITLES, YES
from analysis.settings import Check, Measure, Settings

_ZERO = {"F": "ноль", "C": "без изменений"}  # what an empty cell means in a ticked «Нулевой отчёт»
GOOD = ("верно", *_ZERO.values())
_SAYS = ("заполните", "нужно ", "больше, чем ", "меньше, чем ", "проверьте: ", "выберите ")
Addresses = Mapping[tuple[str, str], str]  # (sheet, code) → cell of the value, e.g. D7


def check_formula(settings: Settings, sheet: str, measure: Measure, month: int, cells: Addresses) -> str:
    """The formula of the column «Проверка» for one input cell."""
    cell = cells[sheet, measure.code]
    zero = f'{SHEET_TITLES["passport"]}!{cells["passport", "zero_report"]}="{YES}"'
    empty = f'IF({zero},"{_ZERO[measure.type]}","заполните")' if measure.type in _ZERO else '"заполните"'
    if measure.is_flag:
        return f'=IF({cell}="",{empty},IF(OR({cell}="{YES}",{cell}="{NO}"),"верно","выберите да или нет"))'
    relations = _relations(settings, sheet, measure, month, cells)
    whole = f'IF(OR({cell}<0,{cell}<>INT({cell})),"нужно целое число от 0",{relations})'
    return f'=IF({cell}="",{empty},IF(ISNUMBER({cell}),{whole},"нужно число цифрами"))'


def is_check_text(text: str) -> bool:
    """Is it what a formula of the form says? Pasted as values it is still the form's own."""
    return text in GOOD or text.startswith(_SAYS)


def _relations(settings: Settings, sheet: str, measure: Measure, month: int, cells: Addresses) -> str:
    formula = '"верно"'
    if measure.type == "C" and not _reset_between(settings, sheet, month):
        cell = cells[sheet, measure.code]
        previous = f"E{cell[1:]}"
        formula = f'IF(AND(ISNUMBER({previous}),{cell}<{previous}),"меньше, чем в прошлом отчёте",{formula})'
    for check in reversed(settings.checks):
        if check.kind == "at_most":
            for rule in reversed(check.rules):
                formula = _at_most(check, rule, sheet, measure, cells, formula)
    return formula


def _at_most(check: Check, rule: str, sheet: str, measure: Measure, cells: Addresses, otherwise: str) -> str:
    parts, whole = split_rule(rule)
    if measure.code not in parts:
        return otherwise
    places = {code: _place(code, sheet, cells) for code in (*parts, whole)}
    if not all(places.values()):
        return otherwise
    left = "+".join(str(places[code]) for code in parts)
    everything = ",".join(str(place) for place in places.values())
    says = f'"больше, чем в строке «{whole}»: "&{places[whole]}'
    if check.severity != "error":
        says = f'"проверьте: {says[1:]}'
    return f"IF(AND(COUNT({everything})={len(places)},{left}>{places[whole]}),{says},{otherwise})"


def _place(code: str, sheet: str, cells: Addresses) -> str | None:
    if (sheet, code) in cells:
        return cells[sheet, code]
    for other in MEASURE_SHEETS:
        if (other, code) in cells:
            return f"{SHEET_TITLES[other]}!{cells[other, code]}"
    return None


def _reset_between(settings: Settings, sheet: str, month: int) -> bool:
    """Do cumulative values start anew between the previous report on this sheet and this one?"""
    reset = next((check.reset_month for check in settings.checks if check.kind == "monotone"), None)
    span = {"month": 1, "half": 6, "year": 12}[sheet]
    return reset is not None and reset in {(month - back - 1) % 12 + 1 for back in range(span)}


def split_rule(rule: str) -> tuple[tuple[str, ...], str]:
    """«N9 + N10_11 <= N8_11» → (("N9", "N10_11"), "N8_11")."""
    left, _, right = rule.partition("<=")
    return tuple(re.split(r"\s*\+\s*", left.strip())), right.strip()
