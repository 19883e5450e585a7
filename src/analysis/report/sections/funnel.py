"""Funnel plot of the share that needs attention most: which schools differ from the city by more than chance."""

from __future__ import annotations

import pandas as pd

from analysis.report import charts
from analysis.report.blocks import Paragraph
from analysis.report.chart_style import SMALL_PT, fit
from analysis.report.charts import Chart
from analysis.report.numbers import count_of, format_percent
from analysis.report.opening import PeriodReport
from analysis.report.sections.dynamics import city_rows
from analysis.report.sections.pictures import labels
from analysis.report.sections.values import quoted, unbroken

MIN_SCHOOLS = 6
MANY_OUTSIDE = 0.25  # of the schools: then they differ as a rule, and limits of pure chance single nobody out
NAME_MM = 53.0  # of a school's name, as in the charts of places
MOST_LISTED = 12  # schools on each side; all of them stand in the workbook


def funnel_sentence(report: PeriodReport) -> Paragraph | None:
    """How many schools lie outside the limits, and how to read that; None where nothing can be said."""
    rows, code = _rows(report)
    if rows.empty:
        return None
    bands = rows["band"].value_counts()
    above, below = (int(bands.get(name, 0)) for name in ("above_998", "below_998"))
    text = (
        f"Отличаются ли школы от города больше, чем допускает случай при их размере? По показателю "
        f"{quoted(report.settings.indicator(code))} (из долей он дальше всех от цели) выше пределов случайности – {above}, "
        f"ниже – {below} из {count_of(len(rows), 'школы', 'школ', 'школ')} (за пределы 99,8 % случай выводит две школы из "
        "тысячи). Выход за пределы – повод спросить о причине, а не оценка; школы внутри пределов по этому показателю "
        "от города не отличить."
    )
    if above + below > len(rows) * MANY_OUTSIDE:
        text += (
            f" За пределами {_how_many(above + below, len(rows))} школ, поэтому дело не в отдельных: школы вообще различаются "
            "сильнее, чем объясняет их размер, – например, участвуют целыми классами."
        )
    return Paragraph(text)


def _how_many(outside: int, schools: int) -> str:
    return "больше половины" if outside > schools / 2 else "больше четверти"


def funnel_picture(report: PeriodReport) -> Chart | None:
    """The plot names schools and shows their values, so only the working edition has it."""
    rows, code = _rows(report)
    if rows.empty or report.edition != "working":
        return None
    return picture_of(report, code)


def picture_of(report: PeriodReport, code: str) -> Chart:
    """The plot of one indicator; an indicator without a funnel gets the chart's sentence that there is none."""
    indicator = report.settings.indicator(code)
    names = {one.code: one.name for one in report.settings.measures}
    city = city_rows(report).set_index("indicator")["value"]
    caption = f"{indicator.label}: доля и размер школы, пределы случайных колебаний"
    rows = _with_sizes(report, report.funnel.dropna(subset=["band"]), code)
    denominator = names.get(indicator.denominator or "", "Знаменатель")
    return charts.funnel_plot(
        rows, labels(report), target=city.get(code), denominator_name=denominator, caption=caption,
        note=_outside(report, rows),
    )  # fmt: skip


def _outside(report: PeriodReport, rows: pd.DataFrame) -> str:
    """«Выше пределов 99,8 %: СОШ № 122 (41,4 %), …»: schools outside, the farthest first, named as short as in charts."""
    sentences = []
    for band, words in (("above_998", "Выше"), ("below_998", "Ниже")):
        own = rows[rows["band"] == band].sort_values("z", key=abs, ascending=False)
        names = [
            f"{unbroken(short_name(report.school_names.get(row.school_id, row.school_id)))} ({format_percent(row.value)})"
            for row in own.head(MOST_LISTED).itertuples()
        ]
        more = f" и ещё {len(own) - MOST_LISTED} (лист funnel в results.xlsx)" if len(own) > MOST_LISTED else ""
        if names:
            sentences.append(f"{words} пределов 99,8\u00a0%: {', '.join(names)}{more}.")
    return " ".join(sentences)


def short_name(name: str) -> str:
    """A long official name cut to its number, as charts print it."""
    return fit(name, NAME_MM, SMALL_PT)[0]


def _rows(report: PeriodReport) -> tuple[pd.DataFrame, str]:
    """Schools of the scored share of people with the lowest attainment in the city, with their denominators."""
    funnel = report.funnel.dropna(subset=["band"])
    schools = funnel.groupby("indicator")["school_id"].size()
    scored = [i.code for i in report.settings.indicators if i.is_scored(report.period) and i.denominator != "due_forms"]
    city = city_rows(report).set_index("indicator")["attainment"].dropna()
    known = [code for code in scored if schools.get(code, 0) >= MIN_SCHOOLS and code in city.index]
    if not known:
        return funnel.iloc[:0], ""
    code = min(known, key=lambda one: (city[one], one))
    return _with_sizes(report, funnel, code), code


def _with_sizes(report: PeriodReport, funnel: pd.DataFrame, code: str) -> pd.DataFrame:
    """The schools of one indicator with their denominators."""
    table = report.indicators
    own = table[(table["level"] == "school") & (table["period"] == report.period.key) & (table["indicator"] == code)]
    rows = funnel[funnel["indicator"] == code]
    return rows.assign(denominator=rows["school_id"].map(own.set_index("unit_id")["denominator"]))
