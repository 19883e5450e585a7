"""«Краткие выводы», problems and draft decisions: what a reader needs on the first half page, and what follows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.report.blocks import Block, Bullets, Callout, Paragraph
from analysis.report.inline import Inline, Strong
from analysis.report.numbers import NBSP, count_of, format_date, full_stop, is_missing, plural, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.sections.advice import action_text, advice_due, lacking_text
from analysis.report.sections.coverage import NOT_REQUIRED, coverage_counts, next_due, reported_words, some_names
from analysis.report.sections.dynamics import below_target, city_rows, judged, no_comparison
from analysis.report.sections.heading import time_reported
from analysis.report.sections.levels import needing_support, schools_needing_support
from analysis.report.sections.values import (
    against_target,
    in_sentence,
    join_words,
    quoted,
    spoken_change,
    spoken_target,
    spoken_value,
)
from analysis.settings import Indicator

_NAMED = 3
SILENT_ONE = ("Руководителю учреждения, не представившего форму", "её")
SILENT = ("Руководителям учреждений, не представивших формы", "их")


def conclusions(report: PeriodReport) -> Block:
    """Three answers: who reported, what changed, what needs a decision; then what the analyst added."""
    items: list[Inline] = [
        [Strong("Кто отчитался. "), who_reported(report)],
        [Strong("Что изменилось. "), _what_changed(report)],
        [Strong("Что требует решения. "), _what_needs_decision(report)],
        *report.overrides.conclusions,
    ]
    return Bullets(items)


def who_reported(report: PeriodReport) -> str:
    """«47 из 48 ОУ (97,9 %): 44 в срок, 2 с опозданием, 1 на исправлении; не представили 1.»."""
    counts = coverage_counts(report)
    if not counts["due"]:
        return NOT_REQUIRED
    year = f"За {report.period.closing_year().title()} – " if report.period.kind == "roadmap" else ""
    verb = plural(counts["missing"], "не представило", "не представили", "не представили")
    missing = f"; {verb}{NBSP}{counts['missing']}" if counts["missing"] else ""
    return f"{year}{reported_words(counts)}{missing}."


def _what_changed(report: PeriodReport) -> str:
    rows = city_rows(report)
    tested = rows[rows["verdict"].isin(["up", "down", "no_clear_change"])]
    if tested.empty:
        return no_comparison(report, rows)
    counts = tested["verdict"].value_counts()
    up, down, same = (int(counts.get(name, 0)) for name in ("up", "down", "no_clear_change"))
    compared = f"По сравнению с {report.baseline.title('instrumental')}"
    if len(tested) in (up, down, same):
        return f"{compared} {_all_alike(len(tested), up, down)}."
    parts = [f"{plural(up, 'вырос', 'выросли', 'выросли')} {up}"] if up else []
    if down:
        parts.append(f"{plural(down, 'снизился', 'снизились', 'снизились')} {down} ({_fallen(report, tested)})")
    parts += [f"без явных изменений – {same}"] if same else []
    tested_words = f"{len(tested)} {plural(len(tested), 'проверенного показателя', *2 * ('проверенных показателей',))}"
    return f"{compared} из {tested_words} {', '.join(parts)}."


def _all_alike(n: int, up: int, down: int) -> str:
    """One verdict for all: «выросли все сравнимые показатели (12)»."""
    if not up and not down:
        words = count_of(n, "показателя", "показателей", "показателей")
        return f"явных изменений нет: у {words} разница не больше обычных колебаний"
    if n == 1:
        return f"{'вырос' if up else 'снизился'} единственный сравнимый показатель"
    return f"{'выросли' if up else 'снизились'} все сравнимые показатели ({n})"


def _fallen(report: PeriodReport, tested: pd.DataFrame) -> str:
    fallen = tested[tested["verdict"] == "down"].sort_values("change")["indicator"]
    names = [in_sentence(report, code) for code in fallen.head(_NAMED)]
    return join_words(names) if len(fallen) <= _NAMED else f"в том числе {join_words(names)}"


def _what_needs_decision(report: PeriodReport) -> str:
    missed, missing = below_target(report), coverage_counts(report)["missing"]
    support, at_least = needing_support(report)
    parts = []
    if len(missed):
        named = [in_sentence(report, code) for code in missed["indicator"].head(_NAMED)]
        words = f"{len(missed)} из {count_of(len(judged(report)), 'показателя', 'показателей', 'показателей')}"
        first = ", прежде всего" if len(missed) > _NAMED else ""
        parts.append(f"по {words} город не достиг цели {report.period.calendar_year} года{first}: {join_words(named)}")
    if support:
        schools = count_of(support, "учреждению", "учреждениям", "учреждениям")
        parts.append(f"адресная поддержка нужна {at_least and 'не менее чем '}{schools}")
    if missing:
        parts.append(f"нет форм от {count_of(missing, 'учреждения', 'учреждений', 'учреждений')}")
    if parts:
        return full_stop(upper_first("; ".join(parts)))
    return "Решений не требуется." if len(judged(report)) else "Достижение целей по данным периода не оценить."


def problems(report: PeriodReport) -> Bullets:
    """Indicators that miss the target, with what is lacking and the group farthest behind; then those that fell."""
    items = [_missed(report, row) for row in below_target(report).itertuples()]
    rows = city_rows(report)
    for row in rows[rows["verdict"] == "down"].itertuples():
        indicator = report.settings.indicator(row.indicator)
        items.append(
            f"{quoted(indicator)}: снижение на {spoken_change(row.change, indicator)} по школам с данными за оба периода – "
            "больше обычных колебаний."
        )
    return Bullets(items or ["Показателей ниже целевых значений нет."])


def _missed(report: PeriodReport, row: Any) -> str:
    indicator = report.settings.indicator(row.indicator)
    text = against_target(indicator, row)
    lacking = lacking_text(indicator, row.numerator, row.denominator, row.target)
    text += f"; до цели не хватает {lacking}" if lacking else ""
    weakest = _weakest_group(report, row.indicator)
    return text + (f"; ниже всего – {weakest}." if weakest else ".")


def _weakest_group(report: PeriodReport, code: str) -> str:
    table = report.indicators
    rows = table[(table["level"] == "group") & (table["indicator"] == code) & (table["period"] == report.period.key)]
    rows = rows[rows["value"].notna()].sort_values(["value", "unit_id"])
    if len(rows) < 2:
        return ""
    indicator = report.settings.indicator(code)
    return f"группа{NBSP}{rows['unit_id'].iloc[0]} ({spoken_value(rows['value'].iloc[0], indicator)})"


def draft_decisions(report: PeriodReport) -> Block:
    """«Проект управленческих решений»: generated from the gaps, replaced or completed by the analyst."""
    written = list(report.overrides.decisions)
    decisions = written if report.overrides.decisions_replace else [*_generated(report), *written]
    return Callout(
        [Bullets(decisions or ["Решений не требуется."], ordered=True)],
        title="Проект. Решения принимает руководитель; текст подготовлен автоматически по единым правилам.",
        tone="info",
    )


def _generated(report: PeriodReport) -> list[str]:
    rows = report.submissions_of_period()
    missing = sorted(rows.loc[rows["status"] == "missing", "school_id"])
    items = [f"Принять к сведению информацию об итогах мониторинга за {time_reported(report.period)}."]
    if meeting := report.overrides.meeting_date:
        items.insert(0, full_stop(f"Рассмотреть итоги на совещании руководителей {format_date(meeting)}"))
    if missing:
        names = some_names([report.school_names.get(code, code) for code in missing])
        who, what = SILENT_ONE if len(missing) == 1 else SILENT
        items.append(full_stop(f"{who} ({names}), – представить {what} до {next_due(report)}"))
    until = format_date(advice_due(report))
    missed = below_target(report)
    duties, measures = missed[missed["indicator"].isin(_duties(report))], missed.head(_NAMED)
    items += [f"{_duty(report, row)}. Срок – до {until}" for row in duties.itertuples()]
    measures = measures[~measures["indicator"].isin(duties["indicator"])]
    items += [f"{_measure_due(report, row)}. Срок – до {until}" for row in measures.itertuples()]
    support, at_least = needing_support(report)
    if support:
        schools = at_least + count_of(support, "учреждения", "учреждений", "учреждений")
        level = report.settings.project.scoring.levels[-1].name
        items.append(
            f"Организовать адресную методическую поддержку {schools} уровня «{level}»{_needy(report)}. "
            f"Ответственный – {_responsible(report)}. Срок – до {until}"
        )
    return items


def _duties(report: PeriodReport) -> set[str]:
    """What every school has to do by a clause of the order, and says yes or no to."""
    return {
        i.code for i in report.settings.indicators if i.unit == "yes_no" and i.clauses and i.is_scored(report.period)
    }


def _duty(report: PeriodReport, row: Any) -> str:
    """«Руководителю учреждения, где это не сделано, – утвердить план (п. 2.2 приказа)»."""
    lacking = None if is_missing(row.numerator) or is_missing(row.denominator) else row.denominator - row.numerator
    who = "Руководителю учреждения" if lacking == 1 else "Руководителям учреждений"
    return f"{who}, где это не сделано, – {action_text(report, report.settings.indicator(row.indicator))}"


def _needy(report: PeriodReport) -> str:
    """Names of the schools of the lowest level, where the edition shows levels of schools."""
    names = schools_needing_support(report)
    return f" ({some_names(names)})" if names else ""


def _measure_due(report: PeriodReport, row: Any) -> str:
    """What is asked of schools, or of the centre where the target is not for single schools and others do the work."""
    indicator = report.settings.indicator(row.indicator)
    target = spoken_target(row.target, indicator)
    if indicator.is_scored(report.period):
        return (
            f"Руководителям учреждений, не достигших цели ({target}) по показателю {quoted(indicator)}, – внести в план "
            f"меры по её достижению{_plan_clause(report)}"
        )
    aim = f"меры по достижению цели ({target}) по показателю {quoted(indicator)}"
    doers = _doers(report, indicator)
    action = f"Согласовать с исполнителями {doers} {aim}" if doers else f"Подготовить {aim}"
    return f"{action}. Ответственный – {_responsible(report)}"


def _doers(report: PeriodReport, indicator: Indicator) -> str:
    """«мероприятия 2.10 (Управление по труду …, профессиональные образовательные организации)»."""
    activities = [activity for activity in report.settings.activities if activity.code in indicator.activities]
    if not activities:
        return ""
    word = "мероприятия" if len(activities) == 1 else "мероприятий"
    executors = dict.fromkeys(name for activity in activities for name in activity.executors)
    return f"{word} {', '.join(activity.code for activity in activities)} ({', '.join(executors)})"


def _responsible(report: PeriodReport) -> str:
    institution = report.settings.project.institution
    return institution.department or institution.short_name


def _plan_clause(report: PeriodReport) -> str:
    order = report.settings.roadmap.order if report.settings.roadmap else None
    return f" ({order.plan_clause.replace(' ', NBSP)} {order.kind_genitive})" if order and order.plan_clause else ""


def basis(report: PeriodReport) -> Paragraph:
    """«Основание и цель»: both orders are cited, the indicator set is marked as a proposal."""
    status = f"Перечень показателей и целевые значения: {report.settings.indicator_set.status}."
    if report.settings.roadmap is None:
        return Paragraph(f"Цель – показать итоги мониторинга и основания для решений. {status}")
    order = report.roadmap.order
    text = (
        f"Информация подготовлена на основании {order.kind_genitive} {order.issuer} от {format_date(order.date)} "
        f"№ {order.number} «{order.title}»"
    )
    if order.information_clauses:
        text += f" ({order.information_clauses})"
    if order.basis:
        issuer = order.basis.issuer_genitive or order.basis.issuer
        text += f" и {order.kind_genitive} {issuer} от {format_date(order.basis.date)} № {order.basis.number} "
        text += f"«{order.basis.title}»"
    return Paragraph(f"{text}. Цель – показать ход исполнения «дорожной карты» и основания для решений. {status}")
