"""«Результаты по группам ОУ»: comparable schools side by side."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Bullets
from analysis.report.numbers import format_percent, lower_first, whole_attainment
from analysis.report.opening import PeriodReport
from analysis.report.sections.values import format_value, hidden_note, in_sentence, span, suppressed_or
from analysis.report.tables import Column, Table


def group_values(report: PeriodReport) -> pd.DataFrame:
    """One row per indicator and group with its value, attainment and status in the period."""
    table = report.indicators
    rows = table[(table["level"] == "group") & (table["period"] == report.period.key)]
    return rows[rows["status"] == "ok"]


def groups_table(report: PeriodReport) -> Table:
    """One row per indicator, one column per group and the city."""
    table = report.indicators
    rows = table[table["level"].isin(["city", "group"]) & (table["period"] == report.period.key)]
    rows = rows.assign(shown=suppressed_or(rows, "value"))
    wide = rows.pivot(index="indicator", columns="unit_id", values="shown")
    units = [*(g.code for g in report.settings.project.groups if g.code in wide.columns), "city"]
    frame = pd.DataFrame({"name": [_name(report, code) for code in wide.index]}, index=wide.index)
    for unit in units:
        frame[unit] = [format_value(v, report.settings.indicator(c)) for c, v in wide[unit].items()]
    headers = {"city": "Город"}
    columns = [Column("name", "Показатель")]
    columns += [Column(unit, headers.get(unit, f"Группа {unit}"), align="end") for unit in units]
    shown = [group for group in report.settings.project.groups if group.code in units]
    legend = "; ".join(f"{group.code} – {lower_first(group.name)}" for group in shown)
    return Table(
        frame.reset_index(drop=True), columns, "Значения показателей по группам", row_header="name",
        note=f"Группы: {legend}. {_with_data(rows, units)} Прочерк – показатель к группе не применяется или данных нет."
        + hidden_note(frame),
    )  # fmt: skip


def _with_data(rows: pd.DataFrame, units: list[str]) -> str:
    """«Учреждений с данными: А – 10, Б – от 18 до 20, город – от 42 до 48.»"""
    counts = rows[rows["status"] == "ok"].groupby("unit_id")["n_schools"].agg(["min", "max"]).astype(int)
    words = [
        f"{'город' if unit == 'city' else unit} – {span(*counts.loc[unit])}" for unit in units if unit in counts.index
    ]
    return f"Учреждений с данными: {', '.join(words)}."


def _name(report: PeriodReport, code: str) -> str:
    return f"{code}. {report.settings.indicator(code).short_name}"


def group_bullets(report: PeriodReport) -> Bullets:
    """For each group: its mean attainment and the indicator farthest from the target."""
    rows = group_values(report)
    scored = {i.code for i in report.settings.indicators if i.is_scored(report.period, "group")}
    rows = rows[rows["indicator"].isin(scored) & rows["attainment"].notna()]
    items = []
    for group in report.settings.project.groups:
        own = rows[rows["unit_id"] == group.code].sort_values(["attainment", "indicator"])
        if own.empty:
            continue
        worst = own.iloc[0]
        text = f"{group.code}. {group.label}: в среднем {format_percent(own['attainment'].mean(), 0)} целевых значений"
        if worst["attainment"] < 100:
            name = in_sentence(report, worst["indicator"])
            text += f"; дальше всего от цели – {name} ({format_percent(whole_attainment(worst['attainment']), 0)} цели)"
        items.append(text + ".")
    return Bullets(items or ["Данных по группам нет."])
