"""«Обучающиеся с ОВЗ и инвалидностью»: only for the city as a whole, never by school."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Bullets, Paragraph
from analysis.report.numbers import is_missing
from analysis.report.opening import PeriodReport
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.values import VERDICTS, format_change, format_value
from analysis.settings import Indicator

CONTINGENTS = ("N_ovz", "N_ovz14")


def inclusion_bullets(report: PeriodReport) -> Bullets | Paragraph:
    """One sentence per indicator about pupils with disabilities."""
    rows = city_rows(report).set_index("indicator")
    items = []
    for indicator in report.settings.indicators:
        if indicator.denominator in CONTINGENTS and indicator.code in rows.index:
            items.append(_sentence(rows.loc[indicator.code], indicator))
    return Bullets(items) if items else Paragraph("Показателей об обучающихся с ОВЗ в этом периоде нет.")


def _sentence(row: pd.Series, indicator: Indicator) -> str:
    if is_missing(row["value"]) and not isinstance(row.get("suppressed"), str):
        return f"{indicator.name}: данных нет."
    text = f"{indicator.name}: {format_value(row['value'], indicator)}"
    if not is_missing(row["target"]):
        text += f" при цели {format_value(row['target'], indicator)}"
    if not is_missing(row["change"]):
        verdict = VERDICTS.get(row["verdict"])
        text += f"; изменение {format_change(row['change'], indicator)}" + (f" ({verdict.label})" if verdict else "")
    return text + f". Данные представили {int(row['n_schools'])} ОУ."
