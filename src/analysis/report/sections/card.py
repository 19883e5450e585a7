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
from analysis.report.sections.advice import NOT_DONE, Advice, advice_for, judged_units, lacking_text
from analysis.report.sections.coverage import STATUSES, next_due
from analysis.report.sections.values import format_value, level_signals
from analysis.report.tables import Column, Table

MAX_STRENGTHS, MAX_GAPS = 2, 3
MAX_INDICATORS = 10  # that a picture on one page with the rest has room for
FEW = "в группе мало школ с данными"
THIRDS = ("верхней", "средней", "нижней")
NO_INTERVAL = "Интервал мест не приводится: по нему можно узнать малые числа другой школы."


def own_rows(report: PeriodReport) -> pd.DataFrame:
    """One row per indicator of the school: value, change, target, group median; scored indicators first."""
    table = report.indicators
    own = table[(table["unit_id"] == report.school) & (table["period"] == report.period.key)].set_index("indicator")
    own = own[own["status"] != "not_applicable"]
    changes = report.changes[report.changes["unit_id"] == report.school].set_index("indicator")["change"]
    medians = report.tables["group_medians"].set_index("indicator")["median"]
    rows = own.join(changes).assign(median=medians.reindex(own.index))
    indicators = [report.settings.indicator(code) for code in rows.index]
    rows = rows.assign(scored=[i.is_scored(report.period) for i in indicators])
    # A target for the city as a whole is none for a school.
    rows["target"] = rows["target"].where(["school" in i.levels_scored for i in indicators])
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
    if row["status"] == "missing":
        return f"Представьте её до {next_due(report)}"
    if not errors and not queries:
        return "Исправлять нечего."
    parts = [f"исправить {count_of(errors, 'значение', 'значения', 'значений')}"] if errors else []
    parts += [f"ответить на {count_of(queries, 'вопрос', 'вопроса', 'вопросов')}"] if queries else []
    return f"До {next_due(report)} нужно {' и '.join(parts)} – см. протокол контроля данных."


def position_facts(report: PeriodReport) -> KeyFacts | Paragraph:
    """Score, level, and what can be said of the place in the own group."""
    rows = report.rankings[report.rankings["school_id"] == report.school]
    if rows.empty or not bool(rows["ranked"].iloc[0]):
        reason = rows["reason"].iloc[0] if len(rows) else "данных недостаточно"
        return Paragraph(f"Школа не распределяется: {reason}.")
    row = rows.iloc[0]
    tone = level_signals(report)[row["attainment_level"]].tone
    size = int(report.tables["group_medians"]["n_ranked"].iloc[0])
    what = f"среднее достижение целей по {count_of(int(row['n_valid']), 'показателю', 'показателям', 'показателям')}"
    score = KeyFact(format_percent(row["score"]), what, row["attainment_level"], tone)
    return KeyFacts([score, _position(row, size)])


def _position(row: pd.Series, size: int) -> KeyFact:
    """What the data can say of the place in the group: a third only where the whole interval of places lies in it.

    Only the interval of places, or nothing, where more would tell about another school.
    """
    group = f"{row['group']} из {count_of(size, 'школы', 'школ', 'школ')}"
    if size < 2:
        return KeyFact("одна", f"распределена в группе {row['group']}: сравнивать не с кем")
    if is_missing(row["rank_low"]):
        return _position_by_score(row, size, group)
    low, high = int(row["rank_low"]), int(row["rank_high"])
    if (low, high) == (1, size):
        return KeyFact("любое место", f"возможно в группе {group}", _no_difference(row))
    if thirds := _thirds_words(low, high, size):
        return KeyFact(thirds, f"группы {group}", _places_text(row))
    if low == high:
        return KeyFact(f"{low}-е место", f"в группе {group}", _places_text(row))
    return KeyFact(f"места {format_places(low, high)}", f"возможны в группе {group}", _places_text(row))


def _thirds_words(low: int, high: int, size: int) -> str:
    """«в верхней трети», «не в нижней трети»; nothing where all thirds are possible or the group has none."""
    first, last = _third(low, size), _third(high, size)
    if size < len(THIRDS) or last - first > 1:
        return ""
    return f"в {THIRDS[first]} трети" if first == last else f"не в {THIRDS[2 - 2 * first]} трети"


def _third(place: int, size: int) -> int:
    return min(2, int(3 * (place - 1) / size))


def _position_by_score(row: pd.Series, size: int, group: str) -> KeyFact:
    """Without an interval the third of the score alone, where hidden figures of others could not change it."""
    words = _thirds_words(row["place_low"], row["place_high"], size)
    if words.startswith("в "):
        return KeyFact(words, f"группы {group}, по баллу", NO_INTERVAL)
    return KeyFact("–", f"место в группе {group}", NO_INTERVAL)


def _no_difference(row: pd.Series) -> str:
    """Every place is possible: no other school of the group is surely above or below."""
    return f"{_by_score(row)} Различия с остальными школами группы – в пределах случайных колебаний.".strip()


def _by_score(row: pd.Series) -> str:
    return "" if is_missing(row["rank"]) else f"По баллу место {int(row['rank'])}-е."


def _places_text(row: pd.Series) -> str:
    """«По баллу место 8-е. С учётом случайных колебаний – от 5-го до 10-го.»"""
    low, high = (int(row[name]) for name in ("rank_low", "rank_high"))
    if low == high:
        return f"Место {low}-е; случайные колебания этого не меняют."
    return f"{_by_score(row)} С учётом случайных колебаний – от {low}-го до {high}-го.".strip()


def profile_rows(report: PeriodReport) -> pd.DataFrame:
    """Those of :func:`own_rows` that are pictured: with a value, and before others what the rest of the card speaks of."""
    rows = own_rows(report)
    rows = rows[rows["value"].map(lambda value: not isinstance(value, str)) & rows["value"].notna()]
    spoken_of = {row.indicator for row in (*_best(_compared(rows)).itertuples(), *_gap_rows(report))}
    spoken_of |= {advice.indicator.code for advice in own_advice(report)}
    first = rows["indicator"].isin(spoken_of).sort_values(ascending=False, kind="stable").head(MAX_INDICATORS)
    return rows[rows.index.isin(first.index)]


def strengths(report: PeriodReport) -> Bullets:
    """Two indicators where the school is farthest above its group's median."""
    rows = _compared(own_rows(report))
    items = [_strength(report, row) for row in _best(rows).itertuples()]
    none = "Показателей выше медианы группы пока нет." if rows["median"].notna().any() else f"Сравнить не с чем: {FEW}."
    return Bullets(items or [none], lead=[Strong("Сильные стороны")])


def _compared(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that count in this kind of period; all where none does."""
    return rows[rows["scored"]] if rows["scored"].any() else rows


def _best(rows: pd.DataFrame) -> pd.DataFrame:
    lead = rows.assign(lead=(rows["value"] - rows["median"]) / rows["target"])
    return lead[lead["lead"] > 0].sort_values("lead", ascending=False).head(MAX_STRENGTHS)


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
    items = [_gap(report, row) for row in _gap_rows(report)]
    return Bullets(items or [_without_gaps(report)], lead=[Strong("До цели")])


def _gap_rows(report: PeriodReport) -> list[Any]:
    return [row for row in _own_judged(report).itertuples() if _lacking(report, row)][:MAX_GAPS]


def _gap(report: PeriodReport, row: Any) -> str:
    lacking = _lacking(report, row)
    words = lacking if lacking == NOT_DONE else f"не хватает {lacking}"
    return f"{report.settings.indicator(row.indicator).short_name}: {words}"


def _lacking(report: PeriodReport, row: Any) -> str:
    indicator = report.settings.indicator(row.indicator)
    return lacking_text(indicator, row.numerator, row.denominator, row.target)


def _own_judged(report: PeriodReport) -> pd.DataFrame:
    rows = judged_units(report, "school")
    return rows[rows["unit_id"] == report.school]


def _without_gaps(report: PeriodReport) -> str:
    """Why no gap is named: targets are not for this kind of period, or no data, or all are reached."""
    if not any(i.is_scored(report.period) for i in report.settings.indicators):
        return "За этот период цели не оцениваются: они установлены на полугодие и год."
    if _own_judged(report).empty:
        return "Данных, чтобы сравнить с целями, нет."
    return "Цели по показателям с данными достигнуты."


def advice_table(report: PeriodReport) -> Table | Paragraph:
    """Recommendations: action, term, indicator."""
    advice = own_advice(report)
    if not advice:
        return Paragraph(_without_advice(report))
    frame = pd.DataFrame(
        {
            "action": [upper_first(item.action) for item in advice],
            "due": [item.due for item in advice],
            "indicator": [item.indicator.code for item in advice],
        }
    )
    columns = [Column("action", "Действие"), Column("due", "Срок", "date"), Column("indicator", "Показатель")]
    return Table(frame, columns, "Рекомендации (проект)", row_header="action")


def _without_advice(report: PeriodReport) -> str:
    """Why there is no recommendation; praise only where targets are known to be reached."""
    known = _own_judged(report)
    if known.empty:
        return "Рекомендаций нет: за этот период достижение целей не оценивается."
    if (known["lacking"] > 0).any():
        return "До целей осталось немного, отдельных рекомендаций нет."
    return "Цели достигнуты, рекомендаций нет: сохраняйте достигнутое."


def _shares(report: PeriodReport) -> set[str]:
    """Indicators that are shares of people: small denominators make them jump."""
    people = {measure.code for measure in report.settings.indicator_set.measures if measure.counts_people}
    return {i.code for i in report.settings.indicators if i.denominator in people}


def small_numbers_note(report: PeriodReport) -> Block:
    """Where the school's own numbers are too small to say much."""
    rows = own_rows(report)
    least = report.settings.project.scoring.min_denominator
    small = rows[(rows["denominator"] < least) & (rows["denominator"] > 0) & rows["indicator"].isin(_shares(report))]
    places = " и интервал мест" if rows["scored"].any() else ""
    compared = f"Медиана группы{places} – по школам, представившим данные."
    compared += " В отчёте города интервалы шире: там они верны сразу для всех школ." if places else ""
    if rows["median"].isna().all():
        compared = f"Медиана не приводится: {FEW}."
    if rows["change"].notna().any():
        compared = f"АППГ – {report.baseline.title()}. {compared}"
    text = f"Данные по состоянию на {full_stop(format_date(report.date))} {compared}"
    if len(small):
        names = ", ".join(report.settings.indicator(code).short_name for code in small["indicator"])
        score = "; в балл они не входят" if rows["scored"].any() else ""
        text += f" Мало обучающихся (менее {least}), значения колеблются случайно: {names}{score}."
    return Paragraph(text, role="note")
