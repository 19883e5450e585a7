"""«Карта школы»: one A4 page for one head – own figures, own group, what to do. No other school is named."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.report.blocks import Block, Bullets, Callout, Columns, KeyFact, KeyFacts, Paragraph
from analysis.report.inline import Strong
from analysis.report.numbers import (
    count_of,
    format_date,
    format_percent,
    format_places,
    full_stop,
    is_missing,
    upper_first,
)
from analysis.report.opening import PeriodReport
from analysis.report.sections.advice import NOT_DONE, Advice, advice_for
from analysis.report.sections.coverage import STATUSES
from analysis.report.sections.values import format_change, format_value, level_signals, suppressed_or
from analysis.report.tables import Column, Table

MAX_ROWS = 10
_SMALL = 10
THIRDS = ("верхней", "средней", "нижней")


def own_rows(report: PeriodReport) -> pd.DataFrame:
    """One row per indicator of the school: value, change, target, group median; scored indicators first."""
    table = report.indicators
    own = table[(table["unit_id"] == report.school) & (table["period"] == report.period.key)].set_index("indicator")
    own = own[own["status"] != "not_applicable"]
    changes = report.changes[report.changes["unit_id"] == report.school].set_index("indicator")["change"]
    medians = report.tables["group_medians"].set_index("indicator")["median"]
    rows = own.join(changes).assign(median=medians.reindex(own.index))
    scored = {i.code for i in report.settings.indicators if i.is_scored(report.period)}
    rows = rows.assign(scored=[code in scored for code in rows.index])
    return rows.reset_index().sort_values(["scored", "indicator"], ascending=[False, True])


def form_callout(report: PeriodReport) -> Callout:
    """Was the form on time; what to correct and until when."""
    rows = report.submissions_of_period()
    row = rows[rows["school_id"] == report.school].iloc[0]
    signal = STATUSES[row["status"]]
    title = f"Форма за {report.period.title()}: {signal.label}"
    if row["status"] == "late":
        title += f" на {count_of(int(row['days_late']), 'день', 'дня', 'дней')}"
    return Callout(_corrections(report, row), title=title, tone=signal.tone)


def _corrections(report: PeriodReport, row: pd.Series) -> str:
    errors, queries = (int(row[name]) if not is_missing(row[name]) else 0 for name in ("n_errors", "n_queries"))
    if not errors and not queries:
        return "Исправлять нечего."
    parts = [f"исправить {count_of(errors, 'значение', 'значения', 'значений')}"] if errors else []
    parts += [f"ответить на {count_of(queries, 'вопрос', 'вопроса', 'вопросов')}"] if queries else []
    return f"Нужно {' и '.join(parts)} – см. протокол контроля данных."


def position_facts(report: PeriodReport) -> KeyFacts | Paragraph:
    """Score, level, and the third of the own group with the interval of places."""
    rows = report.rankings[report.rankings["school_id"] == report.school]
    if rows.empty or not bool(rows["ranked"].iloc[0]):
        reason = rows["reason"].iloc[0] if len(rows) else "данных недостаточно"
        return Paragraph(f"Школа не распределяется: {reason}.")
    row = rows.iloc[0]
    tone = level_signals(report)[row["attainment_level"]].tone
    size = int(report.tables["group_medians"]["n_ranked"].iloc[0])
    schools = count_of(size, "школы", "школ", "школ")
    return KeyFacts(
        [
            KeyFact(format_percent(row["score"]), "среднее достижение целей", row["attainment_level"], tone),
            _place_fact(row, size, f"группы {row['group']} из {schools}"),
        ]
    )


def _place_fact(row: pd.Series, size: int, of_group: str) -> KeyFact:
    """The third of the group; only the interval of places, or nothing, where more would tell about another school."""
    thirds = [min(2, int(3 * (row[name] - 1) / max(size, 1))) for name in ("place_low", "place_high")]
    if thirds[0] == thirds[1]:
        return KeyFact(f"в {THIRDS[thirds[0]]} трети", of_group, _places_text(row))
    if is_missing(row["rank_low"]):
        return KeyFact(
            "–", f"место внутри {of_group}", "Место не приводится: по нему можно узнать малые числа другой школы."
        )
    places = format_places(row["rank_low"], row["rank_high"])
    return KeyFact(places, f"место внутри {of_group}", "С учётом случайных колебаний.")


def _places_text(row: pd.Series) -> str:
    if is_missing(row["rank_low"]):
        return ""
    if is_missing(row["rank"]):
        return f"Место с учётом случайных колебаний: {format_places(row['rank_low'], row['rank_high'])}."
    place, low, high = (int(row[name]) for name in ("rank", "rank_low", "rank_high"))
    if low == high:
        return f"Школа занимает {place}-е место; случайные колебания этого не меняют."
    return f"Школа занимает {place}-е место; с учётом случайных колебаний – от {low}-го до {high}-го."


def indicators_table(report: PeriodReport) -> Table:
    """Eight to ten indicators: value, change to АППГ, target, median of the own group."""
    rows = own_rows(report).head(MAX_ROWS)
    indicators = [report.settings.indicator(code) for code in rows["indicator"]]

    def written(column: str) -> list[str]:
        values = suppressed_or(rows, column) if column == "value" else rows[column]
        return [format_value(value, i, "school") for value, i in zip(values, indicators, strict=True)]

    frame = pd.DataFrame(
        {
            "name": [i.label for i in indicators],
            "value": written("value"),
            "change": [format_change(v, i, "school") for v, i in zip(rows["change"], indicators, strict=True)],
            "target": written("target"),
            "median": written("median"),
        }
    )
    columns = [
        Column("name", "Показатель"),
        Column("value", "Школа", align="end"),
        Column("change", "К АППГ", align="end"),
        Column("target", "Цель", align="end"),
        Column("median", "Медиана группы", align="end"),
    ]
    return Table(frame, columns, "Показатели школы", row_header="name")


def strengths(report: PeriodReport) -> Bullets:
    """Two indicators where the school is farthest above its group's median."""
    rows = own_rows(report)
    lead = rows.assign(lead=(rows["value"] - rows["median"]) / rows["target"])
    best = lead[(lead["lead"] > 0) & lead["scored"]].sort_values("lead", ascending=False).head(2)
    items = [_strength(report, row) for row in best.itertuples()]
    return Bullets(items or ["Выше медианы группы показателей пока нет."], lead=[Strong("Сильные стороны")])


def _strength(report: PeriodReport, row: Any) -> str:
    indicator = report.settings.indicator(row.indicator)
    value, median = (format_value(v, indicator, "school") for v in (row.value, row.median))
    return f"{indicator.short_name}: {value} (медиана группы {median})"


def own_advice(report: PeriodReport) -> list[Advice]:
    """The school's most urgent recommendations."""
    return [item for item in advice_for(report, "school") if item.unit_id == report.school]


def strengths_and_gaps(report: PeriodReport) -> Columns:
    """Strengths beside gaps."""
    return Columns(strengths(report), gaps_list(report))


def gaps_list(report: PeriodReport) -> Bullets:
    """Up to three gaps in numbers of pupils."""
    items = [
        f"{item.indicator.short_name}: {item.lacking if item.lacking == NOT_DONE else f'не хватает {item.lacking}'}"
        for item in own_advice(report)
        if item.lacking
    ]
    return Bullets(items or ["Цели по показателям с данными достигнуты."], lead=[Strong("До цели")])


def advice_table(report: PeriodReport) -> Table | Paragraph:
    """Recommendations: action, term, indicator."""
    advice = own_advice(report)
    if not advice:
        return Paragraph("Адресных рекомендаций нет: сохраняйте достигнутое.")
    frame = pd.DataFrame(
        {
            "action": [upper_first(item.action) for item in advice],
            "due": [item.due for item in advice],
            "indicator": [item.indicator.code for item in advice],
        }
    )
    columns = [Column("action", "Действие"), Column("due", "Срок", "date"), Column("indicator", "Показатель")]
    return Table(frame, columns, "Рекомендации (проект)", row_header="action")


def _shares(report: PeriodReport) -> set[str]:
    """Indicators that are shares of people: small denominators make them jump."""
    people = {measure.code for measure in report.settings.indicator_set.measures if measure.counts_people}
    return {i.code for i in report.settings.indicators if i.denominator in people}


def small_numbers_note(report: PeriodReport) -> Block:
    """Where the school's own numbers are too small to say much."""
    rows = own_rows(report)
    small = rows[(rows["denominator"] < _SMALL) & (rows["denominator"] > 0) & rows["indicator"].isin(_shares(report))]
    compared = "Медиана группы и интервал мест – по школам, представившим данные."
    if rows["median"].isna().all():
        compared = "Медиана не приводится: в группе мало школ."
    text = f"Данные по состоянию на {full_stop(format_date(report.date))} {compared}"
    if len(small):
        names = ", ".join(report.settings.indicator(code).short_name for code in small["indicator"])
        text += f" Мало обучающихся (менее {_SMALL}), значения колеблются случайно: {names}; в балл они не входят."
    return Paragraph(text, role="note")
