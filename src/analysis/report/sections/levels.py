"""«Распределение ОУ по уровню достижения показателей»: levels by fixed thresholds, places with intervals."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Bullets, Paragraph
from analysis.report.numbers import count_of, format_number, format_percent, format_places, plural
from analysis.report.opening import PeriodReport
from analysis.report.sections.values import join_words, level_signals
from analysis.report.tables import Column, Table

HIDDEN_STEPS = " Прочерк: ступень не приводится, чтобы по ней нельзя было узнать малые числа."


def ranked_rows(report: PeriodReport) -> pd.DataFrame:
    """Ranked schools with names and group labels, best first within each group."""
    rows = report.rankings[report.rankings["ranked"].astype(bool)]
    rows = rows.assign(
        school=rows["school_id"].map(report.school_names),
        group_label=rows["group"].map(report.group_labels),
        step=rows["school_id"].map(_steps(report)),
    )
    if report.edition == "meeting":
        return _without_exact_places(rows, list(level_signals(report)))
    return rows.sort_values(["group", "rank", "school_id"]).reset_index(drop=True)


def _without_exact_places(rows: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """The meeting sees levels and intervals of places: an exact place says more than the data can."""
    level = rows["attainment_level"].map({name: number for number, name in enumerate(levels)})
    rows = rows.assign(rank=pd.NA, _level=level)
    by = ["group", "_level", "step", "rank_low_joint", "rank_high_joint", "school_id"]
    return rows.sort_values(by).drop(columns="_level").reset_index(drop=True)


def _steps(report: PeriodReport) -> pd.Series:
    """Step within the group by school id; empty where the period has none."""
    table = report.tables.get("place_steps", pd.DataFrame())
    return pd.Series(dtype="Int64") if table.empty else table.set_index("school_id")["step"]


def _counts_by_level(report: PeriodReport) -> pd.Series:
    """Number of schools by level: as the edition's list of schools shows them, else those of the groups it shows."""
    if len(report.rankings):
        counts = ranked_rows(report)["attainment_level"].value_counts()
    else:
        counts = report.tables["level_counts"].dropna(subset=["n"]).groupby("attainment_level")["n"].sum()
    return counts.reindex(list(level_signals(report)), fill_value=0).astype(int)


def _hidden_groups(report: PeriodReport) -> list[str]:
    table = report.tables["level_counts"]
    return sorted(table.loc[table["n"].isna(), "group"].unique())


def _hidden_levels(report: PeriodReport) -> int:
    return int(ranked_rows(report)["attainment_level"].isna().sum())


def needing_support(report: PeriodReport) -> tuple[int, str]:
    """Schools of the lowest level; and «не менее » where some levels are hidden."""
    hidden = _hidden_levels(report) if len(report.rankings) else len(_hidden_groups(report))
    return int(_counts_by_level(report).iloc[-1]), "не менее " if hidden else ""


def schools_needing_support(report: PeriodReport) -> list[str]:
    """Names of the schools of the lowest level; none where the edition has no levels of schools."""
    if report.rankings.empty:
        return []
    rows, lowest = ranked_rows(report), list(level_signals(report))[-1]
    return sorted(rows.loc[rows["attainment_level"] == lowest, "school"])


def levels_sentence(report: PeriodReport) -> Paragraph:
    """How many schools stand at which level."""
    hidden, counts = _hidden_groups(report), _counts_by_level(report)
    if not counts.sum() and not hidden:
        return Paragraph("Распределение не построено: ни у одного учреждения нет достаточных данных.")
    levels = ", ".join(f"«{name}» – {int(n)}" for name, n in counts.items())
    told = (
        _levels_of_groups(report, levels, hidden)
        if hidden and report.rankings.empty
        else _levels_of_all(report, levels)
    )
    return Paragraph(
        f"{told} Балл – среднее достижение целевых значений (каждое не более 100 %) по показателям, которые оцениваются за "
        f"{report.period.title()}: их {_n_scored(report)}. Поэтому за другой период уровень может быть иным. Места "
        "сравниваются только внутри группы."
    )


def _n_scored(report: PeriodReport) -> int:
    return sum(indicator.is_scored(report.period) for indicator in report.settings.indicators)


def _levels_of_all(report: PeriodReport, levels: str) -> str:
    """«Распределено 46 учреждений из 48 (не распределены – 2, причины ниже): …»; the last two only where there are such."""
    rows = report.rankings
    out = int((~rows["ranked"].astype(bool)).sum()) if len(rows) else 0
    ranked = len(rows) - out if len(rows) else int(_counts_by_level(report).sum())
    beside = f" из {len(rows)} (не распределены – {out}, причины ниже)" if out else ""
    hidden = _hidden_levels(report) if len(rows) else 0
    rest = f", уровень не приводится – {hidden} (по нему можно узнать малые числа)" if hidden else ""
    return f"Распределено {count_of(ranked, 'учреждение', 'учреждения', 'учреждений')}{beside}: {levels}{rest}."


def _levels_of_groups(report: PeriodReport, levels: str, hidden: list[str]) -> str:
    """Without a list of schools the sums are those of the groups shown, and say so."""
    shown = sorted(set(report.tables["level_counts"]["group"]) - set(hidden))
    known = f"{_of_groups(shown)}: {levels}. " if shown else ""
    return f"{known}{_of_groups(hidden)} числа не приводятся, чтобы по ним нельзя было узнать малые числа."


def _of_groups(codes: list[str]) -> str:
    return f"По {'группе' if len(codes) == 1 else 'группам'} {join_words(codes)}"


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
        note=_places_note(report, rows) if places else "",
    )  # fmt: skip


def _places_note(report: PeriodReport, rows: pd.DataFrame) -> str:
    """How to read intervals, steps and earlier places."""
    text = (
        f"Интервалы мест верны сразу для всех учреждений группы с вероятностью {_confidence(report)}; в карте школы "
        "интервал бывает уже: он верен для неё одной. Если интервалы двух учреждений не пересекаются, первое уверенно "
        "выше. Ступень – учреждения, ни одну пару которых по этим данным не различить: порядок внутри неё может быть "
        "случайным. Первое учреждение следующей ступени уверенно ниже хотя бы одного из предыдущей; других соседей "
        "на границе ступеней может быть и не различить."
    )
    if report.edition == "working":
        return text + " Сдвиг к прежнему месту в пределах интервала ничего не доказывает."
    return text + HIDDEN_STEPS * bool(rows["step"].isna().any())


def _confidence(report: PeriodReport) -> str:
    return format_percent(100 * report.settings.project.tests.confidence, 0)


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


def uncertainty_bullets(report: PeriodReport) -> Bullets | None:
    """How sure the places are: for each group the width of the intervals and the steps; None where none are shown."""
    items = []
    for code, rows in ranked_rows(report).groupby("group"):
        low, high = rows["rank_low_joint"], rows["rank_high_joint"]
        if low.isna().all() or len(rows) < 2:
            continue
        items.append(
            f"Группа {code}: первое место с учётом случайных колебаний возможно у {int((low == 1).sum())} из "
            f"{count_of(len(rows), 'учреждения', 'учреждений', 'учреждений')}; интервал мест охватывает в среднем "
            f"{_width(low, high)} из {len(rows)}{_step_words(rows['step'])}."
        )
    if not items and report.edition != "working":
        return None
    return Bullets(items or ["Для оценки точности мест данных недостаточно."])


def _width(low: pd.Series, high: pd.Series) -> str:
    width = round(float((high - low + 1).mean()))
    return count_of(width, "место", "места", "мест")


def _step_words(steps: pd.Series) -> str:
    """«; данные различают 2 ступени: 17 и 2 учреждения»; nothing where steps are not shown."""
    if steps.isna().any():
        seen = int(steps.nunique())
        return f"; данные различают не меньше {count_of(seen, 'ступени', 'ступеней', 'ступеней')}" if seen > 1 else ""
    sizes = steps.value_counts().sort_index().astype(int).tolist()
    if len(sizes) == 1:
        return "; ни одну пару учреждений по этим данным не различить"
    count = count_of(len(sizes), "ступень", "ступени", "ступеней")
    listed = join_words([str(size) for size in sizes])
    return f"; данные различают {count}: {listed} {plural(sizes[-1], 'учреждение', 'учреждения', 'учреждений')}"


def method_sentence(report: PeriodReport) -> Paragraph | None:
    """How far places depend on the way of computing; None in an edition without places, or without some of them."""
    table = report.sensitivity
    if table["rank_q95"].isna().any():
        return None
    if table.empty and report.edition != "working":
        return None
    if table.empty:
        return Paragraph("Зависимость мест от способа расчёта для этого периода не оценивалась.", role="note")
    width = (table["rank_q95"] - table["rank_q05"]).groupby(table["scenario"]).mean()
    method, chance, both = (format_number(width.get(name), 1) for name in ("method", "sampling", "all"))
    return Paragraph(
        "Если иначе взвесить показатели, иначе привести их к одной шкале или убрать один из них, место учреждения "
        f"сдвигается: между лучшим и худшим из 90 % вариантов – в среднем {method} места. От случайных колебаний данных "
        f"– {chance}, от того и другого вместе – {both}. Поэтому разница в несколько мест – не повод для выводов.",
        role="note",
    )
