"""Sentences of whole reports where the data are unusual: nobody or everybody on time, nothing to compare with, one group."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.numbers import format_number, plural
from analysis.report.opening import report_of
from analysis.settings import load_settings
from analysis.tablestore import load_tables
from tests.conftest import PERIODS
from tests.rendered import reading
from tests.rendered.test_report_words import FAULTS

SETTINGS = load_settings(Path(__file__).resolve().parents[2] / "params")
#: One, two to four, five and more; an indicator's noun is (1 договор, нет договора, нет договоров).
NOUNS = [
    ("учреждение", "учреждения", "учреждений"), ("школа", "школы", "школ"), ("показатель", "показателя", "показателей"),
    ("замечание", "замечания", "замечаний"), ("рекомендация", "рекомендации", "рекомендаций"), ("место", "места", "мест"),
    ("ступень", "ступени", "ступеней"), ("мероприятие", "мероприятия", "мероприятий"), ("день", "дня", "дней"),
    ("публикацию", "публикации", "публикаций"), ("год", "года", "лет"), ("значение", "значения", "значений"),
    ("вопрос", "вопроса", "вопросов"), ("единица", "единицы", "единиц"), ("обучающийся", "обучающихся", "обучающихся"),
    *((one, many if many.endswith("ых") else of_one, many)
      for one, of_one, many in (i.noun for i in SETTINGS.indicators if i.noun)),
]  # fmt: skip
GENITIVES = {"обучающийся": "обучающегося", "ответственный": "ответственного", "публикацию": "публикации"}
#: Words that ask for the genitive of what is counted; a cell of a table has its heading instead («Не хватает»).
GOVERNORS = ("из", "от", "до", "у", "хватает", "менее", "чем", "меньше", "поддержку", "не", "Исполнение")
FORMS = sorted({form for noun in NOUNS for form in (*noun, GENITIVES.get(noun[0], noun[0]))}, key=len, reverse=True)
COUNTED = re.compile(rf"(?:(\w+) )?(?<![\d,–.№])\b(\d{{1,3}}(?: \d{{3}})*(?:,\d+)?) ({'|'.join(FORMS)})\b")


def disagreements(text: str) -> list[str]:
    """Numbers whose noun is in no form that may follow them."""
    found = []
    for match in COUNTED.finditer(text.replace("\u00a0", " ")):
        before, number, form = match.groups()
        n = float(number.replace(" ", "").replace(",", "."))
        genitive = before in GOVERNORS or before is None
        if not any(form in _right(noun, n, "," in number, genitive) for noun in NOUNS):
            found.append(match[0])
    return found


def _right(noun: tuple[str, str, str], n: float, decimals: bool, genitive: bool) -> set[str]:
    one, few, many = noun
    of_one = GENITIVES.get(one, few)
    if decimals:
        return {of_one}
    return {plural(n, one, few, many)} | ({plural(n, of_one, many, many)} if genitive else set())


@given(st.integers(0, 2000), st.sampled_from(NOUNS))
def test_the_reader_of_numbers_knows_right_from_wrong(n, noun):
    right = plural(n, *noun)
    number = format_number(n)
    assert not disagreements(f"Есть {number} {right}")
    for wrong in set(noun) - {right}:
        assert disagreements(f"Есть {number} {wrong}") == [f"Есть {number} {wrong}".replace("\u00a0", " ")]
    assert not disagreements(
        f"Нет {number} {right} из {number} {plural(n, GENITIVES.get(noun[0], noun[1]), noun[2], noun[2])}"
    )


def test_what_the_reader_of_numbers_finds():
    assert disagreements("до цели не хватает 2 договоров; есть 5 договоров и 1,5 договора") == []
    assert disagreements("есть 2 договоров") == ["есть 2 договоров"]
    assert disagreements("не хватает 21 договоров") == ["хватает 21 договоров"]


Tables = dict[str, pd.DataFrame]


def everybody(status: str) -> Callable[[Tables, str], Tables]:
    """All schools with one status of the form; on time nothing is wrong with any."""

    def change(tables: Tables, period: str) -> Tables:
        coverage, rows = tables["coverage"], tables["submissions"].copy()
        mine = (coverage["period"] == period) & coverage["status"].isin(("on_time", "late", "returned", "missing"))
        n = int(coverage.loc[mine, "n"].sum())
        rest = coverage[~mine & ((coverage["period"] != "") | (status != "on_time"))]
        told = pd.DataFrame([{"period": period, "status": status, "n": n, "n_schools": n}])
        rows.loc[rows["period"] == period, "status"] = status
        rows.loc[rows["period"] == period, "days_late"] = 1 if status == "late" else 0
        findings = tables["findings"].iloc[: 0 if status == "on_time" else None]
        coverage = pd.concat([rest, told], ignore_index=True)
        return tables | {"coverage": coverage, "submissions": rows, "findings": findings}

    return change


def without_baseline(tables: Tables, period: str) -> Tables:
    other = SETTINGS.parse_period(period).year_before().key
    kept = {name: tables[name][tables[name]["period"] != other] for name in ("indicators", "indicator_history")}
    return tables | kept | {name: tables[name].iloc[:0] for name in ("changes", "comparisons", "effects")}


def too_few_pairs(tables: Tables, period: str) -> Tables:
    return tables | {"changes": tables["changes"].assign(verdict="not_tested")}


def one_group(tables: Tables, period: str) -> Tables:
    kept = {
        name: tables[name][tables[name]["group"] == "А"].reset_index(drop=True)
        for name in ("rankings", "level_counts", "group_medians")
    }
    rows = tables["indicators"]
    return tables | kept | {"indicators": rows[(rows["level"] != "group") | (rows["unit_id"] == "А")]}


def all_reached(tables: Tables, period: str) -> Tables:
    rows = tables["indicators"].copy()
    known = rows["target"].notna() & rows["value"].notna()
    rows.loc[known, "attainment"], rows.loc[known, "value"] = 100.0, rows.loc[known, "target"]
    counts = tables["level_counts"].assign(attainment_level=SETTINGS.project.scoring.levels[0].name)
    return tables | {"indicators": rows, "level_counts": counts.drop_duplicates(["group", "attainment_level"])}


def all_fallen(tables: Tables, period: str) -> Tables:
    rows = tables["changes"]
    tested = rows["verdict"].isin(("up", "down", "no_clear_change"))
    return tables | {
        "changes": rows.assign(change=-rows["change"].abs(), verdict=rows["verdict"].where(~tested, "down"))
    }


#: A change of the tables, what the half-year's report must say of it, and what no report may.
ODD = {
    "all on time": (everybody("on_time"), "48 из 48 ОУ (100,0 %), все в срок.", "Формы нет"),
    "all late": (everybody("late"), "48 из 48 ОУ (100,0 %), все с опозданием.", "0 в срок"),
    "nobody": (everybody("missing"), "0 из 48 ОУ (0,0 %); не представили 48.", "48 представили"),
    "all returned": (everybody("returned"), "48 из 48 ОУ (100,0 %), все на исправлении.", "0 с опозданием"),
    "no baseline": (without_baseline, "Сравнить не с чем: за I полугодие 2021 года данных нет.", "выросли"),
    "too few pairs": (too_few_pairs, "школ с данными за оба периода слишком мало.", "данных за него нет"),
    "one group": (one_group, "Группы: А – гимназии и лицеи. Учреждений", "ниже всего – группа"),
    "all reached": (all_reached, "Цель 2022 года достигнута по 13 из 13 показателей.", "не достиг цели"),
    "all fallen": (all_fallen, "снизились все сравнимые показатели (", "выросли"),
}  # fmt: skip


def made_odd(made, period: str, edition: str, change: Callable[[Tables, str], Tables], school: str = ""):
    tables = change(dict(load_tables(made.reports / period / "tables")), period)
    parsed = SETTINGS.parse_period(period).known_through(tables["indicator_history"]["period"].unique())
    return report_of(tables, SETTINGS, parsed, parsed.year_before(), edition, school, demo=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_unusual_data_are_told_in_right_sentences(made, monkeypatch, name):
    change, expected, never = ODD[name]
    reads_well(reading.said(made_odd(made, "2022-03", "working", change), monkeypatch))
    half = reading.said(made_odd(made, "2022H1", "working", change), monkeypatch)
    reads_well(half)
    assert expected in half and never not in half


@pytest.mark.slow
@pytest.mark.parametrize(
    ("period", "edition", "name"), [("2022", "public", "nobody"), ("2021-2025", "working", "no baseline")]
)
def test_so_they_are_in_longer_reports(made, monkeypatch, period, edition, name):
    reads_well(reading.said(made_odd(made, period, edition, ODD[name][0]), monkeypatch))


def reads_well(text: str) -> None:
    assert disagreements(text) == []
    for fault, pattern in FAULTS.items():
        assert not (found := re.search(f".*(?:{pattern}).*", text)), (fault, found)


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_numbers_and_nouns_agree_in_every_report(made, period):
    from tests.rendered.test_report_words import text

    pages = [made.report(period, edition, "html") for edition in ("working", "meeting", "public")]
    pages += sorted((made.reports / period / "schools").glob("*/card.html"))
    for page in pages:
        assert disagreements(text(page)) == [], page


@pytest.mark.slow
def test_a_month_opens_the_count_anew_in_september(made, monkeypatch):
    report = made_odd(made, "2022-03", "working", without_baseline)
    object.__setattr__(report, "period", SETTINGS.parse_period("2021-09"))
    object.__setattr__(report, "baseline", SETTINGS.parse_period("2020-09"))
    rows = report.tables["indicators"].assign(period="2021-09")
    report.tables["indicators"] = rows
    said = reading.said(report, monkeypatch)
    assert "Счёт нарастающим итогом начат заново 1 сентября; за сентябрь 2020 года данных для сравнения нет." in said


@pytest.mark.slow
def test_a_card_praises_nothing_that_is_not_known(made, monkeypatch):
    month = reading.said(made_odd(made, "2022-03", "card", lambda tables, _: tables, "s102"), monkeypatch)
    assert "цели не оцениваются" in month and "достигнуты" not in month
    assert "«ПроеКТОриЯ»: 54,1 % (медиана группы" in month
    small = reading.said(made_odd(made, "2022H1", "card", lambda tables, _: tables, "s126"), monkeypatch)
    assert "Сравнить не с чем: в группе мало школ с данными." in small
    assert "Договоры с партнёрами: не хватает 2 договоров" in small
    assert "любое место" in small and "в верхней трети" not in small
    whole = reading.said(made_odd(made, "2022H1", "card", all_reached, "s102"), monkeypatch)
    assert "Цели достигнуты, рекомендаций нет: сохраняйте достигнутое." in whole
