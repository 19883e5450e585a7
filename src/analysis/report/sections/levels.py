"""«Распределение ОУ по уровню достижения показателей»: levels by fixed thresholds, places with intervals."""

from __future__ import annotations

import pandas as pd

from analysis.measures.steps import indistinguishable_steps
from analysis.report.blocks import Bullets, Paragraph
from analysis.report.numbers import count_of, format_number, format_places, plural
from analysis.report.opening import PeriodReport
from analysis.report.sections.values import join_words, level_signals
from analysis.report.tables import Column, Table


def ranked_rows(report: PeriodReport) -> pd.DataFrame:
    """Ranked schools with names and group labels, best first within each group."""
    rows = report.rankings[report.rankings["ranked"].astype(bool)]
    rows = rows.assign(
        school=rows["school_id"].map(report.school_names), group_label=rows["group"].map(report.group_labels)
    )
    if report.edition == "meeting":
        return _without_exact_places(rows, list(level_signals(report)))
    return rows.sort_values(["group", "rank", "school_id"]).reset_index(drop=True)


def _without_exact_places(rows: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """The meeting sees levels and intervals of places: an exact place says more than the data can."""
    level = rows["attainment_level"].map({name: number for number, name in enumerate(levels)})
    rows = rows.assign(rank=pd.NA, _level=level)
    by = ["group", "_level", "rank_low_joint", "rank_high_joint", "school_id"]
    return rows.sort_values(by).drop(columns="_level").reset_index(drop=True)


def level_counts(report: PeriodReport) -> pd.DataFrame:
    """One row per group, one column per level: number of schools."""
    counts = report.tables["level_counts"].pivot(index="group", columns="attainment_level", values="n").fillna(0)
    return counts.reindex(columns=list(level_signals(report)), fill_value=0).astype(int)


def levels_sentence(report: PeriodReport) -> Paragraph:
    """How many schools stand at which level."""
    totals = level_counts(report).sum()
    ranked = int(totals.sum())
    if not ranked:
        return Paragraph("Распределение не построено: ни у одного учреждения нет достаточных данных.")
    words = [f"«{name}» – {int(count)}" for name, count in totals.items()]
    return Paragraph(
        f"Распределены {count_of(ranked, 'учреждение', 'учреждения', 'учреждений')}: {', '.join(words)}. "
        "Балл – среднее достижение целевых значений (каждое не более 100 %); места сравниваются только внутри группы."
    )


def thresholds_sentence(report: PeriodReport) -> Paragraph:
    """The fixed thresholds of the levels."""
    levels = report.settings.project.scoring.levels
    upper: float | None = None
    words = []
    for level in levels:
        low = format_number(level.from_score, 0)
        ends = f"{low} % и выше" if upper is None else f"от {low} до {upper:.0f} %"
        words.append(f"«{level.name}» – " + (ends if level.from_score or upper is None else f"ниже {upper:.0f} %"))
        upper = level.from_score
    return Paragraph(f"Пороги уровней постоянны: {'; '.join(words)} целевых значений.", role="note")


def ranking_table(report: PeriodReport) -> Table:
    """Schools within their groups: level, score, place and the interval of places."""
    rows = ranked_rows(report)
    places = report.settings.project.privacy.meeting_places or report.edition == "working"
    frame = rows.assign(
        place=[format_places(low) for low in rows["rank"]],
        interval=[format_places(a, b) for a, b in zip(rows["rank_low_joint"], rows["rank_high_joint"], strict=True)],
        step=_steps(rows),
    )
    working = report.edition == "working"
    columns = [Column("school", "Учреждение"), Column("attainment_level", "Уровень", "status")]
    if working:
        columns += [Column("score", "Балл, %", "number"), Column("place", "Место", align="end")]
    if places:
        columns.append(Column("interval", "Место с учётом колебаний", align="end"))
    if working:
        columns += [Column("n_valid", "Показателей", "int"), Column("previous_rank", "Место прежде", "place")]
    if places:
        columns.append(Column("step", "Ступень", "int"))
    return Table(
        frame, columns, "Распределение учреждений по уровню достижения показателей", row_header="school",
        sortable=True, group_by="group_label", signals={"attainment_level": level_signals(report)},
        note="Интервал мест верен сразу для всех учреждений группы с вероятностью 95 %: учреждения с "
        "перекрывающимися интервалами по этим данным не различить. Ступень собирает такие учреждения вместе: внутри "
        "неё порядок случаен, а соседей на границе ступеней иногда тоже не различить.",
    )  # fmt: skip


def _steps(rows: pd.DataFrame) -> pd.Series:
    """Step of each school within its group, see ``indistinguishable_steps``."""
    parts = [
        pd.Series(indistinguishable_steps(own["rank_low_joint"], own["rank_high_joint"]), index=own.index)
        for _, own in rows.groupby("group")
    ]
    return pd.concat(parts).reindex(rows.index) if parts else pd.Series(dtype=float)


def school_table(report: PeriodReport) -> Table | Paragraph:
    """The table of schools, or one sentence where no school's position may be shown."""
    if report.rankings.empty:
        return Paragraph("В этой редакции положение отдельных учреждений не приводится.", role="note")
    return ranking_table(report)


def unranked_table(report: PeriodReport) -> Table | None:
    """Schools that are not ranked, with the reason; listed beside, never last."""
    rows = report.rankings[~report.rankings["ranked"].astype(bool)]
    if rows.empty:
        return None
    frame = rows.assign(school=rows["school_id"].map(report.school_names)).sort_values("school_id")
    columns = [Column("school", "Учреждение"), Column("group", "Группа"), Column("reason", "Почему не распределено")]
    return Table(frame, columns, "Учреждения вне распределения", row_header="school")


def uncertainty_bullets(report: PeriodReport) -> Bullets:
    """How sure the places are: for each group the typical width of the interval."""
    items = []
    for code, rows in ranked_rows(report).groupby("group"):
        low, high = rows["rank_low_joint"], rows["rank_high_joint"]
        if low.isna().all():
            continue
        best = rows[(low == 1)]
        items.append(
            f"Группа {code}: первое место с учётом случайных колебаний могли бы занять {len(best)} из {len(rows)} "
            f"учреждений; место учреждения известно в среднем с точностью до {_width(low, high)}; {_step_words(low, high)}."
        )
    return Bullets(items or ["Для оценки точности мест данных недостаточно."])


def _width(low: pd.Series, high: pd.Series) -> str:
    width = round(float((high - low + 1).mean()))
    return count_of(width, "позиции", "позиций", "позиций")


def _step_words(low: pd.Series, high: pd.Series) -> str:
    """«данные различают 2 ступени: 17 и 2 учреждения»."""
    sizes = pd.Series(indistinguishable_steps(low, high)).value_counts().sort_index().astype(int).tolist()
    if len(sizes) == 1:
        return "порядок учреждений по этим данным не различить"
    steps = count_of(len(sizes), "ступень", "ступени", "ступеней")
    listed = join_words([str(size) for size in sizes])
    return f"данные различают {steps}: {listed} {plural(sizes[-1], 'учреждение', 'учреждения', 'учреждений')}"


def method_sentence(report: PeriodReport) -> Paragraph:
    """How far places depend on the way of computing."""
    table = report.sensitivity
    if table.empty:
        return Paragraph("Зависимость мест от способа расчёта для этого периода не оценивалась.", role="note")
    width = (table["rank_q95"] - table["rank_q05"]).groupby(table["scenario"]).mean()
    method, chance, both = (format_number(width.get(name), 1) for name in ("method", "sampling", "all"))
    return Paragraph(
        "Если иначе взвесить показатели, иначе привести их к одной шкале или убрать один из них, место учреждения "
        f"меняется в среднем в пределах {method} позиции; от случайных колебаний данных – {chance}, от того и другого "
        f"вместе – {both} (90 % вариантов). Отличие в несколько мест поэтому ничего не значит.",
        role="note",
    )
