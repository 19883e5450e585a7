"""«Краткие выводы», problems and draft decisions: what a reader needs on the first half page, and what follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from analysis.periods import month_of
from analysis.report.blocks import Block, Bullets, Callout, Paragraph
from analysis.report.inline import Inline, Strong
from analysis.report.numbers import NBSP, count_of, format_date, format_percent, full_stop, plural, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.sections.advice import advice_due, lacking_text
from analysis.report.sections.coverage import coverage_counts
from analysis.report.sections.dynamics import below_target, city_rows
from analysis.report.sections.levels import level_counts
from analysis.report.sections.values import against_target, format_value, in_sentence, join_words, quoted

_NAMED = 3


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
    """«47 из 48 ОУ (97,9 %); с опозданием – 2, не представили – 1.»."""
    counts = coverage_counts(report)
    share = format_percent(100 * counts["in"] / counts["due"]) if counts["due"] else "—"
    tail = [f"с опозданием – {counts['late']}"] if counts["late"] else []
    tail += [f"не представили – {counts['missing']}"] if counts["missing"] else []
    return f"{counts['in']} из {counts['due']} ОУ ({share})" + (f"; {', '.join(tail)}." if tail else ".")


def _what_changed(report: PeriodReport) -> str:
    rows = city_rows(report)
    tested = rows[rows["verdict"].isin(["up", "down", "no_clear_change"])]
    if tested.empty:
        return "Сравнить не с чем: за период сравнения данных нет."
    counts = tested["verdict"].value_counts()
    up, down, same = (int(counts.get(name, 0)) for name in ("up", "down", "no_clear_change"))
    text = (
        f"Из {count_of(len(tested), 'сравнимого показателя', 'сравнимых показателей', 'сравнимых показателей')} "
        f"{plural(up, 'вырос', 'выросли', 'выросли')} {up}, {plural(down, 'снизился', 'снизились', 'снизились')} {down}, "
        f"у {same} разница не больше обычных колебаний"
    )
    fallen = tested[tested["verdict"] == "down"].sort_values("change")
    if len(fallen):
        names = [in_sentence(report, code) for code in fallen["indicator"].head(_NAMED)]
        text += f". {'Снизился показатель' if len(fallen) == 1 else 'Снизились'}: {join_words(names)}"
    return text + "."


def _what_needs_decision(report: PeriodReport) -> str:
    missed = below_target(report)
    counts = level_counts(report)
    support = int(counts.iloc[:, -1].sum()) if counts.size else 0
    parts = []
    if len(missed):
        named = [in_sentence(report, code) for code in missed["indicator"].head(_NAMED)]
        words = count_of(len(missed), "показателю", "показателям", "показателям")
        parts.append(f"по {words} город не достиг цели, прежде всего: {join_words(named)}")
    if support:
        parts.append(f"адресная поддержка нужна {count_of(support, 'учреждению', 'учреждениям', 'учреждениям')}")
    return full_stop(upper_first("; ".join(parts))) if parts else "Решений не требуется."


def problems(report: PeriodReport) -> Bullets:
    """Indicators that miss the target, with what is lacking and the group farthest behind; then those that fell."""
    items = [_missed(report, row) for row in below_target(report).itertuples()]
    rows = city_rows(report)
    for row in rows[rows["verdict"] == "down"].itertuples():
        indicator = report.settings.indicator(row.indicator)
        items.append(
            f"{quoted(indicator)}: снижение с {format_value(row.baseline_value, indicator)} до "
            f"{format_value(row.value, indicator)} – больше обычных колебаний между школами."
        )
    return Bullets(items or ["Показателей ниже целевых значений нет."])


def _missed(report: PeriodReport, row: Any) -> str:
    indicator = report.settings.indicator(row.indicator)
    text = against_target(indicator, row)
    lacking = lacking_text(indicator, row.numerator, row.denominator, row.target)
    text += f"; не хватает {lacking}" if lacking else ""
    weakest = _weakest_group(report, row.indicator)
    return text + (f"; ниже всего – {weakest}." if weakest else ".")


def _weakest_group(report: PeriodReport, code: str) -> str:
    table = report.indicators
    rows = table[(table["level"] == "group") & (table["indicator"] == code) & (table["period"] == report.period.key)]
    rows = rows[rows["value"].notna()].sort_values(["value", "unit_id"])
    if len(rows) < 2:
        return ""
    indicator = report.settings.indicator(code)
    return f"группа {rows['unit_id'].iloc[0]} ({format_value(rows['value'].iloc[0], indicator)})"


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
    items = [f"Принять к сведению информацию об итогах мониторинга за {report.period.title()}."]
    if meeting := report.overrides.meeting_date:
        items.insert(0, full_stop(f"Рассмотреть итоги на совещании руководителей {format_date(meeting)}"))
    if missing:
        names = join_words([report.school_names.get(code, code) for code in missing])
        items.append(
            full_stop(f"Руководителям, не представившим формы ({names}), – представить их до {_next_due(report)}")
        )
    until = format_date(advice_due(report))
    for row in below_target(report).head(_NAMED).itertuples():
        indicator = report.settings.indicator(row.indicator)
        items.append(
            f"Руководителям учреждений, не достигших цели по показателю {quoted(indicator)}, – внести в план "
            f"меры по достижению значения {format_value(row.target, indicator)}{_plan_clause(report)}. Срок – до {until}"
        )
    counts = level_counts(report)
    support = int(counts.iloc[:, -1].sum()) if counts.size else 0
    if support:
        schools = count_of(support, "учреждения", "учреждений", "учреждений")
        institution = report.settings.project.institution
        items.append(
            f"Организовать адресную методическую поддержку {schools} уровня «{counts.columns[-1]}». "
            f"Ответственный – {institution.department or institution.short_name}. Срок – до {until}"
        )
    return items


def _plan_clause(report: PeriodReport) -> str:
    order = report.settings.roadmap.order if report.settings.roadmap else None
    return f" ({order.plan_clause.replace(' ', NBSP)} {order.kind_genitive})" if order and order.plan_clause else ""


def _next_due(report: PeriodReport) -> str:
    following = month_of(report.period.end + timedelta(days=1), report.period.rules)
    return format_date(following.due)


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
