"""«Итоги реализации „дорожной карты“»: from the baseline to the last year, what has been reached, what is left."""

from __future__ import annotations

import pandas as pd

from analysis.measures.activities import DONE, GOING, NO_DATA, NOT_DONE
from analysis.periods import parse_period
from analysis.report.blocks import Block, Bullets, Paragraph
from analysis.report.charts_words import goal
from analysis.report.numbers import count_of, is_missing, plural, upper_first
from analysis.report.opening import PeriodReport
from analysis.report.sections.coverage import NOT_BY_SCHOOL
from analysis.report.sections.dynamics import NEEDS_ATTENTION, below_target, city_rows
from analysis.report.sections.roadmap import activities_summary
from analysis.report.sections.values import (
    VERDICTS,
    against_target,
    format_change,
    format_value,
    hidden_note,
    in_sentence,
    join_words,
    quoted,
    spoken_target,
    suppressed_or,
    unbroken,
)
from analysis.report.tables import Column, Table
from analysis.settings import Indicator

OPEN_STATES = (
    (NOT_DONE, "Не выполнено мероприятие", "Не выполнены мероприятия"),
    (GOING, "Ещё выполняется мероприятие", "Ещё выполняются мероприятия"),
    (NO_DATA, "Нет сведений о мероприятии", "Нет сведений о мероприятиях"),
)


def scope_sentence(report: PeriodReport) -> Paragraph:
    """Which years have data, and which year the results are those of."""
    first, last = report.period.year, report.period.number
    known = report.period.calendar_year
    if not report.period.through:
        return Paragraph(f"Годовых данных за {first}–{last} годы ещё нет.")
    text = f"Итоги даны по {known} год включительно; база – {report.baseline.title()}, до начала «дорожной карты»."
    if known < last:
        left = count_of(last - known, "год", "года", "лет")
        text += f" До её окончания – {left}: это промежуточный итог, цели {last} года – для ориентира."
    return Paragraph(text)


def trajectory_table(report: PeriodReport) -> Table:
    """One row per indicator: the city year by year from the baseline, target of the last year and of the end."""
    rows = city_rows(report)
    indicators = [report.settings.indicator(code) for code in rows["indicator"]]
    years = _years(report)
    frame = pd.DataFrame({"name": [i.label for i in indicators]})
    for year, values in years.items():
        frame[year] = [format_value(values.get(i.code), i) for i in indicators]
    frame["target"] = [goal(value, i.unit) for value, i in zip(rows["target"], indicators, strict=True)]
    frame["end"] = [goal(i.targets.get(report.period.number), i.unit) for i in indicators]
    frame["change"] = [format_change(value, i) for value, i in zip(rows["change"], indicators, strict=True)]
    frame["verdict"] = rows["verdict"].to_numpy()
    columns = [
        Column("name", "Показатель"),
        *(Column(year, year, align="end", span="Город") for year in years),
        Column("target", str(report.period.calendar_year), align="end", span="Цель"),
        Column("end", str(report.period.number), align="end", span="Цель"),
        Column("change", "К базе", align="end"),
        Column("verdict", "Вывод", "status"),
    ]
    return Table(
        frame, columns, "Показатели города от базы к целям", row_header="name", signals={"verdict": VERDICTS},
        note="«К базе» – изменение по ОУ с данными за оба года; вывод – больше ли оно обычных колебаний от школы к школе."
        + hidden_note(frame),
    )  # fmt: skip


def _years(report: PeriodReport) -> dict[str, pd.Series]:
    """Year → values of the city by indicator, text where they are hidden."""
    history = report.tables["indicator_history"]
    found: dict[str, pd.Series] = {}
    for year, rows in history.groupby("period", sort=True):
        found[str(year)] = pd.Series(suppressed_or(rows, "value"), index=rows["indicator"].to_numpy())
    return found


def trajectory_bullets(report: PeriodReport) -> Bullets:
    """What has grown beyond fluctuation since the baseline, what has fallen, and what already is where it must end."""
    rows = city_rows(report)
    items = []
    for verdict, start in (("up", "Выше базы"), ("down", "Ниже базы")):
        codes = rows.loc[rows["verdict"] == verdict, "indicator"]
        if len(codes):
            items.append(f"{start} ({len(codes)}): {'; '.join(in_sentence(report, code) for code in codes)}.")
    early = [code for code, value in _values(rows) if _at_the_end(report, code, value)]
    if early:
        names = "; ".join(in_sentence(report, code) for code in early)
        items.append(f"Цель {report.period.number} года уже достигнута ({len(early)}): {names}.")
    return Bullets(items or ["Сравнить с базой не с чем: годовых данных нет."])


def _values(rows: pd.DataFrame) -> list[tuple[str, object]]:
    return list(zip(rows["indicator"], rows["value"], strict=True))


def _at_the_end(report: PeriodReport, code: str, value: object) -> bool:
    indicator = report.settings.indicator(code)
    goal = indicator.targets.get(report.period.number)
    if goal is None or is_missing(value) or not isinstance(value, int | float):
        return False
    return value >= goal if indicator.direction != "down" else value <= goal


def comparability(report: PeriodReport) -> Bullets:
    """Outside events, and schools that opened, closed or worked in special conditions."""
    last = report.period.closing_month().key
    events = [event for event in report.settings.project.breaks if event.first <= last]
    items = [f"{upper_first(event.name)} ({_span(event.first, event.last)})." for event in events]
    items = items or ["Внешних событий, которые сдвинули бы показатели, за эти годы не отмечено."]
    return Bullets([*items, *_changes_of_schools(report), *report.overrides.notes])


def _span(first: str, last: str | None) -> str:
    """«с января 2022 года», «октябрь 2022 года», «апрель 2024 года – май 2024 года»."""
    begin = parse_period(first)
    if last is None:
        return f"с {begin.title('genitive')}"
    return begin.title() if last == first else f"{begin.title()} – {parse_period(last).title()}"


def _changes_of_schools(report: PeriodReport) -> list[str]:
    schools = report.tables["schools"]
    if report.edition == "public":
        return [NOT_BY_SCHOOL]
    opened, closed = (pd.to_datetime(schools[name]) for name in ("valid_from", "valid_to"))
    start, end = map(pd.Timestamp, (report.period.start, report.period.end))
    texts = []
    for verbs, days in ((("открылось", "открылись"), opened), (("закрылось", "закрылись"), closed)):
        names = sorted(schools.loc[(days >= start) & (days <= end), "name"])
        if names:
            verb, noun, goes = (
                (verbs[0], "учреждение", "не входит") if len(names) == 1 else (verbs[1], "учреждения", "не входят")
            )
            listed = join_words([unbroken(name) for name in names])
            texts.append(f"За время «дорожной карты» {verb} {noun}: {listed}; в изменения города {goes}.")
    return texts


def achievements(report: PeriodReport) -> Bullets:
    """Indicators at their target that have not fallen since the baseline, and activities that are done."""
    rows = city_rows(report)
    reached = rows[(rows["attainment"] >= NEEDS_ATTENTION) & (rows["verdict"] != "down")]
    items = _against_targets(report, reached)
    done = _with_status(report, DONE)
    words = plural(len(done), "Выполнено мероприятие", "Выполнены мероприятия", "Выполнены мероприятия")
    items += [f"{words} {join_words(done)}."] if done else []
    return Bullets(items or ["Показателей, достигших целей, пока нет."])


def _against_targets(report: PeriodReport, rows: pd.DataFrame) -> list[str]:
    return [f"{against_target(report.settings.indicator(row.indicator), row)}." for row in rows.itertuples()]


def _with_status(report: PeriodReport, status: str) -> list[str]:
    """Activities in a state, without those that are not assessed."""
    summary = activities_summary(report)
    outside = [activity.code for activity in report.settings.activities if activity.remark]
    return summary.loc[(summary["status"] == status) & ~summary["activity"].isin(outside), "activity"].tolist()


def unsolved(report: PeriodReport) -> Bullets:
    """Indicators below their target, worst first, and activities that are not done."""
    items = _against_targets(report, below_target(report))
    for status, one, many in OPEN_STATES:
        codes = _with_status(report, status)
        items += [f"{plural(len(codes), one, many, many)} {join_words(codes)}."] if codes else []
    return Bullets(items or ["Нерешённых задач по показателям и мероприятиям нет."])


def proposals(report: PeriodReport) -> Block:
    """Proposals for the time after: the analyst's first, then what the gaps and the missing data call for."""
    items: list[str] = list(report.overrides.tasks)
    items += [_proposal(report, report.settings.indicator(code)) for code in below_target(report)["indicator"].head(5)]
    silent = _with_status(report, NO_DATA)
    if silent:
        items.append(f"Определить, кто отчитывается о мероприятиях {join_words(silent)}: сведений о них нет.")
    items.append("Утвердить перечень показателей и целевые значения приказом: сейчас это проект.")
    return Bullets(items, ordered=True)


def _proposal(report: PeriodReport, indicator: Indicator) -> str:
    goal = indicator.targets.get(report.period.number)
    text = f"Сохранить в новом периоде показатель {quoted(indicator)}"
    return text + (f" с целью не ниже {spoken_target(goal, indicator, genitive=True)}." if goal is not None else ".")
