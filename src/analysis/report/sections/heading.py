"""The title block of every kind of report: letterhead, title, orders, date, signature – all from params."""

from __future__ import annotations

from dataclasses import replace

from analysis.params.project import Titles
from analysis.periods import Period
from analysis.report.document import Document
from analysis.report.numbers import NBSP, format_date, full_stop
from analysis.report.opening import PeriodReport

#: What the foot of a page calls a document that bears its usual title.
RUNNING = {
    "monthly": "Сводка мониторинга",
    "interim": "Промежуточная информация",
    "final": "Итоговая информация",
    "roadmap": "Итоги «дорожной карты»",
}
WITH_BASIS = ("interim", "final")  # kinds that have a section about the orders


def document(report: PeriodReport, kind: str) -> Document:
    """The document of a report; ``kind`` is monthly, interim, final, roadmap or card."""
    institution = report.settings.project.institution
    block = Document(
        title=_title(report, kind),
        subtitle=_subtitle(report, kind),
        kind="card" if kind == "card" else "report",
        edition=report.edition,
        demo=report.demo,
        header_lines=[institution.founder, institution.name],
        place=f"г. {institution.city}",
        date=report.date.isoformat(),
        date_text=_expected(report) if kind == "final" else "",
        running=f"{_short_title(report, kind)} за {report.period.title()}" if kind in RUNNING else "",
    )
    if kind == "card":  # has no room for orders and is not signed
        return block
    return replace(
        block,
        order_reference="" if kind in WITH_BASIS else _orders(report),
        signature_position=institution.director_position,
        signature_name=institution.director_name,
        executor=f"{institution.executor_position} {institution.executor_name}".strip(),
    )


def _expected(report: PeriodReport) -> str:
    """A year is reported before its state date: until schools confirm them after it, its values are expected ones."""
    coverage = report.tables["coverage"]
    states = coverage[coverage["period"] == report.period.key].set_index("status")["n"]
    confirmed, expected = int(states.get("confirmed", 0)), int(states.get("expected", 0))
    if confirmed and not expected:
        state = f"Значения на {_state(report)} подтверждены учреждениями после этой даты"
    else:
        state = f"Значения на {_state(report)} – ожидаемые"
        state += f"; после этой даты их подтвердили {confirmed} ОУ из {confirmed + expected}" if confirmed else ""
    return f"Сведения представлены к {full_stop(format_date(report.date))} {state}"


def _state(report: PeriodReport) -> str:
    return format_date(report.period.as_of).removesuffix("г.").strip() + " года"


def time_reported(period: Period) -> str:
    """«I полугодие 2022 года», «2021–2025 годы (данные по 2022 год)»."""
    known = f" (данные по {period.through} год)" if period.kind == "roadmap" and period.through else ""
    return f"{period.title()}{known}"


def _title(report: PeriodReport, kind: str) -> str:
    if kind == "card":
        return report.school_names.get(report.school, report.school)
    return f"{getattr(report.settings.project.titles, kind)} {report.settings.project.institution.city_genitive}"


def _short_title(report: PeriodReport, kind: str) -> str:
    own = getattr(report.settings.project.titles, kind)
    return RUNNING[kind] if own == Titles.model_fields[kind].default else own


def _subtitle(report: PeriodReport, kind: str) -> str:
    title = f"за {time_reported(report.period)}"
    if kind == "final":
        return f"{title} (по состоянию на {format_date(report.period.as_of)})"
    return f"{report.settings.project.titles.card} {title}" if kind == "card" else title


def _orders(report: PeriodReport) -> str:
    """The orders, for a report that has no section about them."""
    if report.settings.roadmap is None:
        return ""
    order = report.settings.roadmap.order
    text = f"Основание: {order.kind} {order.issuer} от {format_date(order.date, 'short')} №{NBSP}{order.number}"
    if order.basis:
        text += f"; {order.kind} {order.basis.issuer_genitive or order.basis.issuer} от "
        text += f"{format_date(order.basis.date, 'short')} №{NBSP}{order.basis.number}"
    return text
