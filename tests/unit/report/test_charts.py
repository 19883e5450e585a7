"""Every chart from seeded frames of 49 schools: it draws, says its numbers, stays small, and survives odd data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from analysis.report import chart_style, charts
from analysis.report.charts import Break, Chart, Labels

NAN = float("nan")
GROUPS = ["А"] * 10 + ["Б"] * 19 + ["В"] * 16 + ["Г"] * 4
SCHOOLS = [f"s{101 + i}" for i in range(49)]
INDICATORS = {
    "П02": "Ответственный назначен",
    "П03": "Формы в срок",
    "П04": "Тестирование, 5–11 кл.",
    "П06": "Охват мероприятиями",
    "П07": "Мероприятий на 100 обучающихся",
    "П09": "«Билет в будущее»",
    "П11": "Профессиональные пробы",
    "П12": "Экскурсии на предприятия",
    "П13": "Конкурсы мастерства на 100",
    "П16": "Охват обучающихся с ОВЗ",
    "П27": "Охват родителей",
    "П28": "Договоры с партнёрами",
}
TARGETS = dict(zip(INDICATORS, [100, 95, 60, 80, NAN, 15, 25, 25, 1.5, 70, 50, 3], strict=True))
LABELS = Labels(
    indicators=INDICATORS,
    units=dict.fromkeys(INDICATORS, "percent") | {"П02": "yes_no", "П07": "per_100", "П13": "per_100", "П28": "count"},
    schools={school: f"СОШ № {school[1:]}" for school in SCHOOLS}
    | {"s103": "Центр образования № 103 «Перспектива» имени Героя Советского Союза", "s105": "Школа $x_1^2$ <b>&"},
    groups={
        "А": "Гимназии и лицеи",
        "Б": "СОШ и центры, от 450",
        "В": "СОШ и центры, до 450",
        "Г": "Начальные, прогимназии",
    },
    activities={
        f"2.{i}": name
        for i, name in enumerate(
            ["Координация деятельности организаций", "Мониторинг запросов и эффективности"] * 12, 1
        )
    },
    levels={"reached": "достигнут", "close": "близко к достижению", "support": "требует адресной поддержки"},
    city="Город",
)


def draw(seed: int = 49) -> np.random.Generator:
    return np.random.default_rng(seed)


def submissions(n_months: int = 6) -> pd.DataFrame:
    rng = draw()
    months = [f"2022-{m:02d}" for m in range(1, 7)] if n_months == 6 else [f"2021-{m:02d}" for m in range(7, 13)]
    months = months if n_months == 6 else months + [f"2022-{m:02d}" for m in range(1, 7)]
    status = rng.choice(["on_time", "late", "returned", "missing"], p=[0.82, 0.09, 0.05, 0.04], size=(49, n_months))
    status[:, -1] = "not_due"
    rows = [
        (school, group, month, state, int(rng.integers(1, 15)) if state == "late" else NAN)
        for school, group, states in zip(SCHOOLS, GROUPS, status, strict=True)
        for month, state in zip(months, states, strict=True)
    ]
    return pd.DataFrame(rows, columns=["school_id", "group", "period", "status", "days_late"])


def units(level: str = "city", unit_ids: tuple[str, ...] = ("city",), period: str = "2022H1") -> pd.DataFrame:
    rng = draw(len(unit_ids))
    rows = []
    for unit in unit_ids:
        for code, target in TARGETS.items():
            middle = target if np.isfinite(target) else 1.8
            value = float(min(rng.normal(middle * 1.02, middle * 0.2), 100))
            share = min(100.0, 100 * value / target) if np.isfinite(target) else NAN
            rows.append((level, unit, period, code, value, value * 0.93, value * 1.05, target, share, "ok"))
    names = "level unit_id period indicator value ci_low ci_high target attainment status".split()
    return pd.DataFrame(rows, columns=names)


def groups() -> pd.DataFrame:
    table = units("group", ("city", "А", "Б", "В", "Г"))
    hole = (table["unit_id"] == "Г") & ~table["indicator"].isin(["П02", "П03", "П28"])
    table.loc[hole, ["value", "attainment"]] = NAN
    table.loc[hole, "status"] = "not_applicable"
    return table


def schools_on_one(code: str = "П04") -> pd.DataFrame:
    rng = draw()
    values = np.clip(rng.normal(61, 13, 49), 3, 100)
    table = pd.DataFrame(
        {"level": "school", "unit_id": SCHOOLS, "group": GROUPS, "period": "2022H1", "indicator": code}
    )
    table = table.assign(value=values, ci_low=values - 5, ci_high=np.minimum(values + 5, 100), target=60.0, median=58.4)
    return table.assign(attainment=np.minimum(100, values / 0.6), status="ok", denominator=rng.integers(45, 850, 49))


def changes() -> pd.DataFrame:
    rng = draw()
    now = units()
    step = rng.normal(3, 4, len(now))
    verdict = np.where(step > 5, "up", np.where(step < -1, "down", "no_clear_change"))
    table = now.assign(baseline="2021H1", baseline_value=now["value"] - step, change=step, verdict=verdict)
    table.loc[1, "verdict"] = "not_tested"
    return table


def rankings() -> pd.DataFrame:
    rng = draw()
    score = np.round(np.clip(rng.normal(86, 9, 49), 50, 100), 1)
    table = pd.DataFrame({"school_id": SCHOOLS, "group": GROUPS, "period": "2022H1", "score": score})
    place = table.groupby("group")["score"].rank(ascending=False, method="min")
    size = table.groupby("group")["score"].transform("size")
    table = table.assign(score_low=score - 4, score_high=score + 4, rank=place)
    table["rank_low"], table["rank_high"] = np.maximum(place - 4, 1), np.minimum(place + 5, size)
    table["rank_low_joint"], table["rank_high_joint"] = np.maximum(place - 6, 1), np.minimum(place + 8, size)
    level = np.where(score >= 95, "reached", np.where(score >= 80, "close", "support"))
    table = table.assign(attainment_level=level, ranked=True, reason="")
    left_out = table["school_id"].isin(["s104", "s120"])
    table.loc[left_out, ["rank", "rank_low", "rank_high", "rank_low_joint", "rank_high_joint", "score"]] = NAN
    table.loc[left_out, "reason"] = "неполные данные"
    table["ranked"] = ~left_out
    return table


def funnel() -> pd.DataFrame:
    table = schools_on_one().rename(columns={"unit_id": "school_id"})
    error = np.sqrt(60 * 40 / table["denominator"])
    table = table.assign(value=60 + error * draw(5).normal(0, 1.7, 49))
    for name, z in (("95", 1.96), ("998", 3.09)):
        table[f"low{name}"], table[f"high{name}"] = np.maximum(60 - z * error, 0), np.minimum(60 + z * error, 100)
    return table


def months() -> pd.DataFrame:
    keys = [f"{2021 + (m + 6) // 12}-{(m + 6) % 12 + 1:02d}" for m in range(18)]
    value = [21, NAN, 3, 8, 14, 22, 30, 38, 46, 52, 58, 61.5, NAN, 62, 4, 9, 17, 27.4]
    target = [50.0] * 6 + [60.0] * 12
    table = pd.DataFrame({"unit_id": "city", "period": keys, "indicator": "П04", "value": value, "target": target})
    return table.assign(level="city")


BREAKS = [
    Break("2021-12", "2022-02", "капитальный ремонт"),
    Break("2022-10", None, "дистанционное обучение с 10.10.2022"),
    Break("2025-01", None, "после последнего месяца"),
]


def activities() -> pd.DataFrame:
    rng = draw()
    rows = []
    for number, code in enumerate(LABELS.activities):
        rows.append(("city", "city", code, "выполнено" if number % 5 == 0 else "нет данных"))
        if number % 5:
            states = rng.choice(
                ["выполнено", "выполняется", "не выполнено", "нет данных"], p=[0.6, 0.25, 0.1, 0.05], size=45
            )
            rows += [("school", school, code, state) for school, state in zip(SCHOOLS, states, strict=False)]
    return pd.DataFrame(rows, columns=["level", "unit_id", "activity", "status"])


def profile() -> pd.DataFrame:
    rows = units("school", ("s101",)).assign(median=lambda t: t["value"] * 0.96, change=draw().normal(2, 5, 12))
    rows.loc[0, ["value", "median", "target"]] = [100.0, 100.0, 100.0]
    rows["value"] = rows["value"].astype(object)
    rows.loc[9, "value"] = "менее 5"
    rows.loc[5, "value"] = NAN
    rows.loc[5, "status"] = "missing"
    return rows.iloc[:10]


DEMOS: dict[str, Callable[[], Chart]] = {
    "submission_matrix": lambda: charts.submission_matrix(submissions(), LABELS),
    "submission_matrix_year": lambda: charts.submission_matrix(submissions(12).drop(columns="group"), LABELS),
    "heat_table": lambda: charts.heat_table(groups(), LABELS),
    "dot_plot_schools": lambda: charts.dot_plot(schools_on_one().sort_values("value", ascending=False), LABELS),
    "dot_plot_indicators": lambda: charts.dot_plot(units(), LABELS),
    "slope_to_baseline": lambda: charts.slope_to_baseline(changes(), LABELS),
    "bullet_bars": lambda: charts.bullet_bars(units(), LABELS),
    "caterpillar": lambda: charts.caterpillar(rankings().query("group == 'Б'"), LABELS),
    "caterpillar_scores": lambda: charts.caterpillar(rankings(), LABELS, by="score"),
    "caterpillar_hidden": lambda: charts.caterpillar(
        rankings().assign(rank=NAN, attainment_level=lambda t: t["attainment_level"].mask(t["score"].between(90, 94))),
        LABELS,
    ),
    "funnel_plot": lambda: charts.funnel_plot(funnel(), LABELS, target=60.0),
    "run_chart": lambda: charts.run_chart(months(), LABELS, breaks=BREAKS, cumulative=True),
    "roadmap_status": lambda: charts.roadmap_status(activities(), LABELS),
    "levels_bar": lambda: charts.levels_bar(rankings(), LABELS),
    "card_profile": lambda: charts.card_profile(profile(), LABELS),
    "distribution": lambda: charts.distribution(schools_on_one(), LABELS),
}


PALETTE = {
    value.lower()
    for name, value in vars(chart_style).items()
    if isinstance(value, str) and re.fullmatch("#[0-9a-f]{6}", value) and name.isupper()
} | set(chart_style.SHORTFALL_FILLS)


@pytest.fixture(scope="module", params=DEMOS)
def drawn(request) -> Chart:
    return DEMOS[request.param]()


def test_the_picture_is_vector_small_and_has_no_address(drawn):
    assert drawn.svg.startswith("<svg ") and "<image" not in drawn.svg and len(drawn.svg) < 80_000
    assert set(re.findall(r"https?://[^\"]+", drawn.svg)) == {"http://www.w3.org/2000/svg"}
    assert drawn.svg.count("<text") > 5  # labelled directly, with texts that stay texts


def test_the_alternative_text_is_one_sentence_with_numbers(drawn):
    assert re.search(r"\d", drawn.alt) and drawn.alt.endswith(".") and len(drawn.alt) > 40
    assert not re.search(r"[а-яё]{3,}[.!?] [А-ЯЁ]", drawn.alt), drawn.alt


def test_numbers_are_written_as_in_russian(drawn):
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn.svg)
    for text in [*texts, drawn.alt]:
        assert not re.search(r"(?<![\d.П])\d+\.\d+(?![\d.])\s*(?:%|п\.п\.)|\d%|\bnan\b|-\d", text), text


def test_no_text_runs_off_the_sheet(drawn):
    root = ET.fromstring(drawn.svg)
    width = float(root.attrib["viewBox"].split()[2])
    for style, text in styled_texts(root):
        left = float(text.attrib["x"]) if "x" in text.attrib else 0.0
        if "textLength" not in text.attrib or "rotate" in text.attrib.get("transform", ""):
            continue
        long = float(text.attrib["textLength"])
        left -= long * {"end": 1.0, "middle": 0.5}.get("".join(re.findall(r"text-anchor:(\w+)", style)), 0.0)
        assert left > -1 and left + long < width + 1, text.text


def styled_texts(element: ET.Element, style: str = "") -> Iterator[tuple[str, ET.Element]]:
    """Every text with the styles that hold for it."""
    style += ";" + element.attrib.get("style", "")
    if element.tag.endswith("}text"):
        yield style, element
    for child in element:
        yield from styled_texts(child, style)


def test_a_level_that_is_hidden_is_explained_in_the_key():
    assert "уровень не приводится" in DEMOS["caterpillar_hidden"]().svg
    assert "уровень не приводится" not in DEMOS["caterpillar"]().svg


def test_colours_are_those_of_the_house(drawn):
    assert {colour.lower() for colour in re.findall("#[0-9a-fA-F]{6}(?![0-9a-fA-F])", drawn.svg)} <= PALETTE


def test_html_and_typst_hold_the_same_drawing(drawn):
    points = re.findall(r' d="([^"]+)"', drawn.svg)
    html, typst = drawn.html(), drawn.typst()
    assert points and all(path in html and path in typst for path in points)
    assert 'role="img"' in html and "alt: " in typst


@pytest.mark.parametrize("name", ["submission_matrix", "caterpillar", "run_chart"])
def test_the_same_frame_gives_the_same_bytes(name):
    assert DEMOS[name]().svg == DEMOS[name]().svg


def test_outside_events_of_the_time_shown_are_marked():
    svg = DEMOS["run_chart"]().svg
    assert "капитальный ремонт" in svg and "дистанционное обучение" in svg
    assert "после последнего месяца" not in svg


def test_no_event_crosses_the_name_of_another():
    """The earliest name stands highest, and each begins right of the lines of those before."""
    events = [Break(f"2021-{month:02d}", None, f"событие с длинным названием {month}") for month in (12, 8, 10)]
    events.append(Break("2022-12", None, "последнее событие года с длинным названием"))
    svg = charts.run_chart(months(), LABELS, breaks=events, cumulative=True).svg
    placed = re.findall(r'<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*событие[^<]*)</text>', svg)
    assert [text.split()[-1] for *_, text in placed] == ["8", "10", "12", "названием"]
    assert [float(y) for _, y, _ in placed] == sorted(float(y) for _, y, _ in placed)


def test_few_values_are_all_printed_and_the_target_is_a_step_line():
    years = pd.DataFrame({"unit_id": "city", "period": ["2021", "2022", "2023"], "indicator": "П04", "level": "city"})
    svg = charts.run_chart(years.assign(value=[48.4, 56.7, 60.7], target=[50.0, 60.0, 70.0]), LABELS).svg
    assert all(f"{value}\u00a0%" in svg for value in ("48,4", "56,7", "60,7"))
    dashed = re.search(r'd="M([^"]+)"[^>]*stroke-dasharray', svg)
    points = [tuple(map(float, point.split())) for point in re.findall(r"[\d.]+ [\d.]+", dashed[1])]
    assert all(x == before_x or y == before_y for (before_x, before_y), (x, y) in zip(points, points[1:], strict=False))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("СОШ № 101", "СОШ № 101"),
        ("Муниципальное бюджетное общеобразовательное учреждение «Гимназия № 5» города", "Гимназия № 5"),
        ("Муниципальное учреждение «Средняя общеобразовательная школа № 16» города", "Средняя общеобразо… № 16"),
        ("Средняя общеобразовательная школа с углублённым изучением предметов", "Средняя общеобразовател…"),
    ],
)
def test_a_long_name_of_a_school_keeps_its_number(name, shown):
    [text] = chart_style.fit(name, 32.0, chart_style.SMALL_PT)
    assert text == shown


def test_charts_draw_no_sign_that_their_typeface_lacks(drawn):
    """Another typeface would be taken for the whole of such a text."""
    widths, _ = chart_style._advances(bold=False)
    for text in re.findall(r"<text[^>]*>([^<]+)</text>", drawn.svg):
        assert all(ord(sign) in widths for sign in unescape(text)), text


def test_every_chart_has_a_demo():
    made = {name for name in charts.__all__ if name[0].islower()}
    assert made <= {next(one for one in made if name.startswith(one)) for name in DEMOS}
