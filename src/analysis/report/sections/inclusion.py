"""«Обучающиеся с ОВЗ и инвалидностью»: only for the city as a whole, never by school."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Bullets, Paragraph
from analysis.report.numbers import full_stop, is_missing
from analysis.report.opening import PeriodReport
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.values import format_change, spoken_target, spoken_value
from analysis.settings import Indicator

CONTINGENTS = ("N_ovz", "N_ovz14")
CHANGES = {"up": " (рост)", "down": " (снижение)", "no_clear_change": ", не больше обычных колебаний"}


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
    if is_missing(row["value"]):
        return f"{indicator.name}: значение не приводится, чтобы по нему нельзя было узнать малые числа."
    text = f"{indicator.name}: {spoken_value(row['value'], indicator)}"
    if not is_missing(row["target"]):
        text += f" при цели {spoken_target(row['target'], indicator)}"
    if not is_missing(row["change"]):
        words = CHANGES.get(row["verdict"], "")
        text += f"; изменение {format_change(row['change'], indicator)}{words}"
    return f"{full_stop(text)} ОУ с данными – {int(row['n_schools'])}."
