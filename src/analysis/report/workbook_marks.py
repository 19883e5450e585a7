"""Conditional colours of the workbook: each comes with a sign, so that nothing is told by colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from analysis.dictionary import TableEntry

_TONES = {"good": ("▲", "1B5E20", "E3F1E3"), "bad": ("▼", "8E1B1B", "FBE4E1"), "warn": ("●", "6B4E00", "FFF3D1")}
# The cell keeps its word or number; the sign is put before it by the cell's format.
_WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("changes", "verdict"): {"up": "good", "down": "bad"},
    ("submissions", "status"): {"late": "warn", "returned": "warn", "missing": "bad"},
    ("findings", "severity"): {"error": "bad", "query": "warn"},
    ("activities", "status"): {"выполнено": "good", "выполняется": "warn", "не выполнено": "bad"},
    ("effects", "verdict"): {"эффективна": "good", "недостаточно": "bad"},
}
_LIMITS: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("indicators", "attainment"): (("{cell}>=100", "good"), ("{cell}>=80", "warn"), ("{cell}<80", "bad")),
}
_NUMBER = 200  # number formats of one's own begin at 164


def add_marks(sheet: Worksheet, entry: TableEntry, first_row: int, n_rows: int) -> None:
    """Colour verdicts, states and attained targets of a table's sheet."""
    last_row = first_row + max(n_rows, 1) - 1
    for number, column in enumerate(entry.columns, start=1):
        letter = get_column_letter(number)
        cell, place = f"${letter}{first_row}", f"{letter}{first_row}:{letter}{last_row}"
        for word, tone in _WORDS.get((entry.name, column.name), {}).items():
            sheet.conditional_formatting.add(place, _rule(f'{cell}="{word}"', tone, "@"))
        for condition, tone in _LIMITS.get((entry.name, column.name), ()):
            formula = f"AND(ISNUMBER({cell}),{condition.format(cell=cell)})"
            sheet.conditional_formatting.add(place, _rule(formula, tone, "0.00"))


def _rule(formula: str, tone: str, number_format: str) -> Rule:
    sign, ink, paper = _TONES[tone]
    code = f'"{sign} "{number_format}'
    text = f'"{sign} "General;"{sign} "General;"{sign} "General;{code}' if number_format == "@" else code
    number = _NUMBER + 2 * list(_TONES).index(tone) + (number_format == "@")
    style = DifferentialStyle(
        font=Font(color=ink), fill=PatternFill(bgColor=paper, fill_type="solid"),
        numFmt=NumberFormat(numFmtId=number, formatCode=text),
    )  # fmt: skip
    return Rule(type="expression", dxf=style, formula=[formula], stopIfTrue=True)
