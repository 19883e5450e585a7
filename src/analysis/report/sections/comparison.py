"""«Сравнение периодов» and «Анализ эффективности принятых мер» of the final report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.report.blocks import Block, Bullets, Paragraph
from analysis.report.numbers import (
    count_of,
    format_interval,
    format_number,
    format_percent,
    is_missing,
)
from analysis.report.opening import PeriodReport
from analysis.report.sections.dynamics import below_target, judged, pairs_span
from analysis.report.sections.values import (
    VERDICTS,
    format_change,
    format_value,
    quoted,
    spoken_target,
    spoken_value,
    unbroken,
)
from analysis.report.tables import Column, Signal, Table

EFFECT_SIGNALS = {
    "эффективна": Signal("эффективна", "good"),
    "недостаточно": Signal("недостаточно оснований", "warn"),
    "нет данных": Signal("нет данных", "neutral"),
}
_TOO_SMALL = 0.001
EFFECT_SIZES = ((0.2, ""), (0.5, " (малый)"), (0.8, " (средний)"), (float("inf"), " (большой)"))
EFFECT_LETTERS = {"cohen_h": "h", "hedges_gz": "g"}
LEADERS_NAMED = 5
HIDDEN_FIGURES = " Прочерк вместо вывода: он не приводится, чтобы по нему нельзя было узнать малые числа."


def format_p(value: Any) -> str:
    """«0,012», «< 0,001»."""
    if is_missing(value):
        return "—"
    return f"< {format_number(_TOO_SMALL, 3)}" if float(value) < _TOO_SMALL else format_number(value, 3)


def format_effect(value: Any, name: Any) -> str:
    """«h = 0,31 (малый)» for Cohen's h, the same with g for Hedges' g; «в 1,4 раза» for a ratio of rates."""
    if is_missing(value):
        return "—"
    if name == "ratio":
        return f"в {format_number(value, 1)} раза"
    words = next(words for limit, words in EFFECT_SIZES if abs(float(value)) < limit)
    return f"{EFFECT_LETTERS.get(name, name)}\u00a0= {format_number(value, 2)}{words}"


def comparison_table(report: PeriodReport) -> Table:
    """The primary test of every indicator of the city, with interval, adjusted p and schools up and down."""
    primary = report.comparisons[report.comparisons["primary"].astype(bool)].set_index("indicator")
    changes = report.changes[report.changes["level"] == "city"].set_index("indicator").reindex(primary.index)
    indicators = [report.settings.indicator(code) for code in primary.index]
    frame = pd.DataFrame(
        {
            "name": [i.label for i in indicators],
            "change": [format_change(v, i) for v, i in zip(changes["change"], indicators, strict=True)],
            "interval": [format_interval(a, b) for a, b in zip(changes["ci_low"], changes["ci_high"], strict=True)],
            "p": [format_p(v) for v in changes["p_adjusted"]],
            "effect": [format_effect(v, n) for v, n in zip(changes["effect"], changes["effect_name"], strict=True)],
            "n_up": primary["n_up"].to_numpy(),
            "n_down": primary["n_down"].to_numpy(),
            "n_same": primary["n_same"].to_numpy(),
            "verdict": changes["verdict"].to_numpy(),
        }
    )
    columns = [
        Column("name", "Показатель"),
        Column("change", "Изменение", align="end"),
        Column("interval", "95 %-й интервал", align="end"),
        Column("p", "p с поправкой", align="end"),
        Column("effect", "Размер эффекта", align="end"),
        Column("n_up", "выросло", "int", span="Школ"),
        Column("n_down", "снизилось", "int", span="Школ"),
        Column("n_same", "без изм.", "int", span="Школ"),
        Column("verdict", "Вывод", "status"),
    ]
    return Table(
        frame, columns, _comparison_caption(report), row_header="name",
        signals={"verdict": VERDICTS}, note=_comparison_note(report, changes),
    )  # fmt: skip


def _comparison_caption(report: PeriodReport) -> str:
    return f"Сравнение {report.period.title('genitive')} с {report.baseline.title('instrumental')}"


def _comparison_note(report: PeriodReport, changes: pd.DataFrame) -> str:
    """How to read p, the interval and the effect, and which schools are compared."""
    family = int((changes["verdict"] != "not_tested").sum())
    return (
        f"Изменение – по школам с данными за оба периода{pairs_span(changes['n_pairs'])}. p – как часто не меньшее "
        f"изменение дали бы одни случайные колебания; поправка Холма – на то, что выводов {family}: без неё один из "
        "двадцати «изменился» бы случайно. Интервал – без поправки, поэтому может не содержать нуля и при выводе «без "
        "явных изменений». Размер эффекта – велико ли изменение само по себе (малый – от 0,2, средний – от 0,5, "
        "большой – от 0,8, без слова – меньше малого): h сравнивает доли обучающихся, g – сдвиг школ с разбросом этих "
        "сдвигов, между собой h и g не сравниваются. «Не проверялось» – показатель в выводы не входит или школ с данными мало."
        + HIDDEN_FIGURES
        * bool(changes["verdict"].isna().any())
    )


def comparison_sentence(report: PeriodReport) -> Paragraph:
    """What the test asks: a census, so fluctuation between schools, not sampling."""
    return Paragraph(
        "Отчитываются все школы, поэтому речь не о выборке: «рост» или «снижение» означает, что изменение больше "
        "обычных колебаний от школы к школе. Сравниваются одни и те же школы; показатели без явных изменений не "
        "следует обсуждать как выросшие или упавшие."
    )


def effects_table(report: PeriodReport) -> Table:
    """Measures taken: before, after, compared with schools without the measure."""
    frame = report.effects
    points = [_points(report, row.indicator, row.difference_in_differences) for row in frame.itertuples()]
    shown = frame.assign(
        name=[f"{code}. {report.settings.indicator(code).short_name}" for code in frame["indicator"]],
        difference=points,
        before=_values(report, frame, "before"),
        after=_values(report, frame, "after"),
        interval=[format_interval(a, b) for a, b in zip(frame["ci_low"], frame["ci_high"], strict=True)],
    )
    columns = [
        Column("measure", "Мера"),
        Column("name", "Показатель"),
        Column("before", "До", align="end"),
        Column("after", "После", align="end"),
        Column("difference", "Сверх остальных школ", align="end"),
        Column("interval", "95 %-й интервал", align="end"),
        Column("n_with", "с мерой", "int", span="Школ"),
        Column("n_without", "без меры", "int", span="Школ"),
        Column("verdict", "Вывод", "status"),
    ]
    return Table(
        shown, columns, "Эффективность принятых мер", row_header="measure", signals={"verdict": EFFECT_SIGNALS},
        note="«До» и «после» – среднее по школам с мерой. «Сверх остальных школ» – их изменение минус изменение у "
        "школ без неё. «Эффективна» – школы с мерой улучшили показатель больше остальных, и случайные колебания такую "
        f"разность дали бы не чаще чем в {_percent(report.settings.project.tests.alpha)} случаев. Школы выбраны не "
        "случайно, поэтому вывод – основание для обсуждения, а не доказательство причины. «Недостаточно оснований» не "
        "значит «бесполезна»: такую разность могли дать и случайные колебания."
        + _why_no_data(frame) + HIDDEN_FIGURES * bool(frame["verdict"].isna().any()),
    )  # fmt: skip


def _why_no_data(frame: pd.DataFrame) -> str:
    """What «нет данных» means, where it stands."""
    if not (frame["verdict"] == "нет данных").any():
        return ""
    return (
        " «Нет данных» – школ с мерой или без неё слишком мало для вывода, либо мера началась до конца периода сравнения, "
        "и «до» для неё нет."
    )


def _values(report: PeriodReport, frame: pd.DataFrame, column: str) -> list[str]:
    codes = frame["indicator"]
    return [format_value(v, report.settings.indicator(c)) for v, c in zip(frame[column], codes, strict=True)]


def _percent(share: float) -> str:
    return format_percent(100 * share, 0)


def _points(report: PeriodReport, code: str, value: object) -> str:
    return format_change(value, report.settings.indicator(code))


def effects_block(report: PeriodReport) -> Block | Table:
    """The table, or one honest sentence when the register of measures is not kept or has none of this time."""
    if len(report.effects):
        return effects_table(report)
    if report.tables.get("measures", pd.DataFrame()).empty:
        return Paragraph("Реестр принятых мер (measures.csv) не ведётся: оценить эффективность мер не по чему.")
    return Paragraph(
        f"Мер, которые действовали после периода сравнения ({report.baseline.title()}) и до конца этого периода, в реестре "
        "(measures.csv) нет: оценивать нечего."
    )


def best_practices(report: PeriodReport) -> Bullets:
    """Schools whose place is surely in the upper third of their group in an indicator; analyst's texts first."""
    items = list(report.overrides.best_practices)
    if report.edition == "public":
        return Bullets(items or ["В этой редакции учреждения не называются."])
    items += _leaders(report)
    return Bullets(items or ["Учреждений, место которых уверенно в верхней трети группы, по данным периода нет."])


def _leaders(report: PeriodReport) -> list[str]:
    ranks = report.indicator_ranks.dropna(subset=["rank", "rank_high"])
    size = ranks.groupby(["group", "indicator"])["school_id"].transform("size")
    sure = ranks[(ranks["rank_high"] <= size / 3) & (size >= 6)].sort_values(["rank_high", "school_id"])
    items = []
    for code, rows in sure.groupby("indicator", sort=True):
        names = [report.school_names.get(school_id, school_id) for school_id in rows["school_id"]]
        rest = len(names) - LEADERS_NAMED if len(names) > LEADERS_NAMED + 1 else 0
        more = f" и ещё {count_of(rest, 'учреждение', 'учреждения', 'учреждений')}" if rest > 0 else ""
        listed = ", ".join(unbroken(name) for name in names[: len(names) - rest])
        items.append(f"{report.settings.indicator(code).short_name}: {listed}{more}.")
    return items


def indicator_remarks(report: PeriodReport) -> Bullets:
    """«Корректировка показателей»: indicators with too little data or at their ceiling, for the next year's list."""
    if report.edition == "public":
        return Bullets(["Перечень пересматривается по данным учреждений; в этой редакции они не приводятся."])
    table = report.indicators
    rows = table[(table["level"] == "school") & (table["period"] == report.period.key)]
    missed, items = set(below_target(report)["indicator"]), []
    for code, own in rows.groupby("indicator", sort=True):
        name = f"{code}. {report.settings.indicator(code).short_name}"
        applicable = own[own["status"] != "not_applicable"]
        known = applicable["attainment"].dropna()
        missing = int((applicable["status"] == "missing").sum())
        if len(applicable) and missing > len(applicable) / 4:
            items.append(f"{name}: данных нет у {missing} из {len(applicable)} ОУ – упростить сбор или исключить.")
        elif len(known) >= 6 and (known >= 100).mean() > 0.9 and code not in missed:
            reached = int((known >= 100).sum())
            items.append(f"{name}: цель достигнута в {reached} из {len(known)} ОУ – {_beyond(report, code)}.")
    return Bullets(items or ["Оснований менять перечень показателей по данным года нет."])


def _beyond(report: PeriodReport, code: str) -> str:
    """What to do with an indicator that nearly all schools have at its target: a target of 100 % cannot be raised."""
    indicator = report.settings.indicator(code)
    if indicator.unit in ("percent", "yes_no") and (indicator.target(report.period) or 0) >= 100:
        return "школы по нему почти не различаются, решить, нужен ли он дальше"
    return "повысить цель"


def next_tasks(report: PeriodReport) -> Bullets:
    """«Задачи на следующий год»: next year's targets for the indicators that miss this year's."""
    items = list(report.overrides.tasks)
    following = report.period.calendar_year + 1
    for row in below_target(report).itertuples():
        indicator = report.settings.indicator(row.indicator)
        goal = indicator.targets.get(following)
        if goal is not None:
            now = spoken_value(row.value, indicator)
            items.append(
                f"{quoted(indicator)}: довести до {spoken_target(goal, indicator, genitive=True)} (сейчас {now})."
            )
    if not items and judged(report).empty:
        return Bullets(["Достижение целей года по данным не оценить, поэтому задачи не подготовлены."])
    return Bullets(items or ["Целевые значения года достигнуты; задача – сохранить достигнутое."])
