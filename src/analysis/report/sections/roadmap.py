"""«Исполнение мероприятий „дорожной карты“»: the 24 activities, by the schools and by the centre."""

from __future__ import annotations

import pandas as pd

from analysis.measures.activities import DONE, GOING, NO_DATA, NOT_DONE
from analysis.params.roadmap import Activity
from analysis.report.blocks import Paragraph
from analysis.report.numbers import NBSP, full_stop
from analysis.report.opening import PeriodReport
from analysis.report.tables import Column, Signal, Table

STATUSES = {
    DONE: Signal(DONE, "good"),
    GOING: Signal(GOING, "info"),
    NOT_DONE: Signal(NOT_DONE, "bad"),
    NO_DATA: Signal(NO_DATA, "neutral"),
}
ANSWERS = "Выполнено, ОУ"
NO_ROADMAP = "Перечень мероприятий в параметрах не задан: исполнение не оценивается."


def activities_summary(report: PeriodReport) -> pd.DataFrame:
    """One row per activity: city status, schools by status, events."""
    table = report.activities
    city = table[table["level"] == "city"].set_index("activity")
    answers = report.tables["activity_counts"].pivot(index="activity", columns="status", values="n").fillna(0)
    answers = answers.reindex(columns=list(STATUSES), fill_value=0)
    rows = [
        {
            "section": f"{section.number}. {section.title}",
            "activity": activity.code,
            "name": activity.label,
            "status": city["status"].get(activity.code, NO_DATA),
            "n_events": city["n_events"].get(activity.code),
            "remark": "см. ниже" if activity.remark else _remark(activity, activity.code in answers.index),
            **{name: answers[name].get(activity.code) for name in answers.columns},
        }
        for section in (report.settings.roadmap.sections if report.settings.roadmap else ())
        for activity in section.activities
    ]
    columns = ["section", "activity", "name", "status", "n_events", "remark", *answers.columns]
    return pd.DataFrame(rows, columns=columns)


def _remark(activity: Activity, answered: bool) -> str:
    if activity.centre_log:
        return "по журналу центра"
    if answered:
        return ""
    if not activity.reported_by_schools:
        return "исполнители – не школы"
    return "в форме за декабрь" if activity.reported_in == "december" else "школы не ответили"


def activities_table(report: PeriodReport) -> Table | None:
    """The activities by section: status, schools that did them, events; None without a roadmap."""
    frame = activities_summary(report)
    if frame.empty:
        return None
    remarks = [full_stop(f"{one.code}: {one.remark}") for one in report.settings.activities if one.remark]
    columns = [
        Column("name", "Мероприятие"),
        Column("status", "Состояние", "status"),
        Column(DONE, "да", "int", span=ANSWERS),
        Column(GOING, "идёт", "int", span=ANSWERS),
        Column(NOT_DONE, "нет", "int", span=ANSWERS),
        Column("n_events", "Событий", "int"),
        Column("remark", "Примечание", blank=True),
    ]
    return Table(
        frame, columns, "Исполнение мероприятий «дорожной карты»", row_header="name", group_by="section",
        note=" ".join(["Да, идёт, нет – сколько ОУ так ответили; прочерк – сведения от школ не собирались. Выполнено – так "
        "ответили не менее 80 % учреждений; собственные мероприятия центра – по его журналу.", *remarks]),
        signals={"status": STATUSES},
    )  # fmt: skip


def activities_sentence(report: PeriodReport) -> Paragraph:
    """How many of the activities are done, under way, not done, without data."""
    frame = activities_summary(report)
    if frame.empty:
        return Paragraph(NO_ROADMAP)
    assessed = frame[~frame["activity"].isin([a.code for a in report.settings.activities if a.remark])]
    counts = assessed["status"].value_counts()
    text = (
        f"Из {len(assessed)} оцениваемых мероприятий выполнено {counts.get(DONE, 0)}, "
        f"выполняется {counts.get(GOING, 0)}, не выполнено {counts.get(NOT_DONE, 0)}"
    )
    without = counts.get(NO_DATA, 0)
    return Paragraph(text + (f", нет данных по{NBSP}{without}." if without else "."))
