"""Bulk import through the same checks, and another authority that has never heard of this city."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.intake.identity import School, load_schools
from analysis.intake.run import run_intake
from analysis.intake.submissions import submissions_by_school
from analysis.settings import load_settings
from tests.unit.intake.kit import Folder, found, good_values, value, write_schools

SCHOOLS = (
    School("s1", "СОШ № 1", group="Б"),
    School("s2", "СОШ № 2", group="В"),
    School("101", "СОШ № 101", group="В"),
)
ROWS = [
    ("s1", "2021-03", "tested", 120),
    ("s1", "2021H1", "events", 40),
    ("s2", "2021-03", "tested", 90),
    ("101", "2021", "uday", 300),
    ("s2", "2021H1", "plan", 1),
]


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "city", SCHOOLS)
    (made.path / "imports").mkdir()
    return made


def put(folder: Folder, rows, name: str = "old.csv", header=("school_id", "period", "measure", "value")) -> Path:
    path = folder.path / "imports" / name
    frame = pd.DataFrame(rows, columns=list(header))
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif name.endswith(".xlsx"):
        frame.to_excel(path, index=False)
    else:
        frame.astype({"value": "float64"}).to_parquet(path, index=False)
    folder.received[name] = "2021-07-01T09:00"
    return path


@pytest.mark.parametrize("name", ["old.csv", "old.xlsx", "old.parquet"])
def test_long_form_in_three_kinds_of_file(folder, name):
    put(folder, ROWS, name)
    result = folder.run()
    assert result.findings.empty
    for school_id, period, measure, number in ROWS:
        assert value(result, school_id, period, measure) == number
    assert set(result.observations["source_file"]) == {f"imports/{name}"}
    assert result.register[["file_name", "status"]].values.tolist() == [[f"imports/{name}", "imported"]]
    assert folder.run().observations.equals(result.observations)


def test_time_of_arrival_and_further_columns(folder):
    rows = [("s1", "2021-03", "tested", 5, "2021-03-19 10:00", "старая система", "лишнее")]
    put(folder, rows, header=("school_id", "period", "measure", "value", "received_at", "source", "comment"))
    assert folder.run().observations["received_at"].tolist() == ["2021-03-19T10:00"]


def test_wrong_rows_are_named_and_the_others_go_on(folder):
    rows = [
        ("s1", "2021-03", "tested", 12.5),
        ("s9", "2021-03", "tested", 10),
        ("s1", "март", "tested", 10),
        ("s1", "2021-03", "опечатка", 10),
        ("s1", "2021-03", "covered", -4),
        ("СОШ № 2", "2021-03", "tested", 10),
        ("s1", "2021-03", "par", "около 20"),
        ("s1", "2031-03", "par", 3),
        ("s1", "2021-03", "exc", ""),
        ("s1", "2021-2025", "exc", 5),
    ]
    put(folder, rows)
    result = folder.run()
    told = result.findings.set_index("cell")["rule"].to_dict()
    assert told == {
        "D2": "E1", "D3": "B27", "D4": "B49", "D5": "B49", "D6": "E1", "D8": "B08", "D9": "B40", "D11": "B49",
    }  # fmt: skip
    assert value(result, "s2", "2021-03", "tested") == 10
    assert value(result, "s1", "2021-03", "exc") is None  # empty is not zero


def test_imports_obey_the_same_checks(folder):
    put(folder, [("s1", "2021-03", "tested", 600), ("s1", "2021-03", "N5_11", 500), ("s1", "2021-04", "tested", 30)])
    result = folder.run()
    assert value(result, "s1", "2021-03", "tested") is None
    assert found(result, "s1")["rule"].tolist() == ["E2"]
    assert found(result, "s1")["file"].tolist() == ["imports/old.csv"]


def test_a_form_and_an_import_of_one_value_are_compared(folder):
    folder.send("s1", "2022-03")
    given = good_values("2022-03", 1)["tested"]
    put(folder, [("s1", "2022-03", "tested", given + 1), ("s1", "2022-03", "covered", 225)], "new.csv")
    folder.received["new.csv"] = "2022-03-25T09:00"
    result = folder.run()
    assert value(result, "s1", "2022-03", "tested") == given
    assert found(result, "s1")[["rule", "severity"]].values.tolist() == [["B23", "query"]]


def test_an_import_fills_what_the_form_left_open(folder):
    folder.send("s1", "2022-03", values={"tested": None})
    put(folder, [("s1", "2022-03", "tested", 44)], "new.csv")
    folder.received["new.csv"] = "2022-03-25T09:00"
    assert value(folder.run(), "s1", "2022-03", "tested") == 44


def test_halves_given_by_import_are_reconciled_with_the_months(folder):
    months = [("s1", f"2021-0{i}", "events", 5) for i in range(1, 7)]
    put(folder, [*months, ("s1", "2021H1", "events", 29)])
    result = folder.run()
    assert found(result, "s1")["rule"].tolist() == ["E7"]
    assert value(result, "s1", "2021H1", "events") is None and value(result, "s1", "2021-01", "events") == 5


def test_the_later_of_two_imports_wins(folder):
    put(folder, [("s1", "2021-03", "tested", 1)], "a.csv")
    put(folder, [("s1", "2021-03", "tested", 2)], "b.csv")
    folder.received["a.csv"] = "2021-08-01T09:00"
    assert value(folder.run(), "s1", "2021-03", "tested") == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a,b\n1,2\n", b"\x00\x01", b"PAR1rubbishPAR1"])
@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.parquet"])
def test_rubbish_is_refused(folder, content, name):
    (folder.path / "imports" / name).write_bytes(content)
    result = folder.run()
    assert result.observations.empty
    assert set(result.findings["severity"]) == {"error"}


def test_a_wrong_column_does_not_drown_the_rest(folder):
    put(folder, [("s1", "2021-03", "нет", i) for i in range(1000)])
    result = folder.run()
    assert len(result.findings) == 201
    assert "ещё 800" in " ".join(result.findings["found"])


# another authority: three indicators, calendar months, no half-year forms, no roadmap

PROJECT = """
data: north
institution:
  founder: Департамент
  name: Центр оценки
  short_name: Центр
  department: отдел
  city: Север
  city_genitive: города Севера
  director_position: Директор
  director_name: И.О. Фамилия
periods: {month_starts_on: 1, due_day: 28, first_month: 2022-01, last_year: 2024, move_from_days_off: false}
groups:
- {code: все, name: Все школы}
scoring:
  min_denominator: 5
  levels: [{code: a, name: высокий, from_score: 90}, {code: b, name: прочие, from_score: 0}]
tests: {permutations: 999, bootstrap: 200}
"""
INDICATORS = """
status: утверждено
version: север 1
measures:
- {code: дети, name: Детей, unit: чел., type: S, asked: [{sheet: month}]}
- {code: кружки, name: Занимаются в кружках, unit: чел., type: S, asked: [{sheet: month}]}
- {code: часы, name: Часов занятий, unit: ч., type: F, asked: [{sheet: month}]}
- {code: музей, name: Есть музей, unit: да/нет, type: S, asked: [{sheet: month}]}
indicators:
- {code: К1, name: Доля занятых, short_name: Занятые, numerator: [кружки], denominator: дети, unit: percent, scale: 100,
   type: S, frequency: month, plausible: [0, 100], targets: {2022: 60, 2023: 65}, shown_in: [month, H1, H2, year],
   scored_in: [month, H1, H2, year]}
- {code: К2, name: Часов на 100 детей, short_name: Часы, numerator: [часы], denominator: дети, unit: per_100,
   scale: 100, type: F, frequency: month, plausible: [0, 900],
   targets: {2022: 50, 2023: 50}, shown_in: [month, H1, H2, year],
   scored_in: [month, H1, H2, year], primary_test: permutation}
- {code: К3, name: Музей, short_name: Музей, numerator: [музей], unit: yes_no, type: S, frequency: month,
   plausible: [0, 100], targets: {2022: 100, 2023: 100}, shown_in: [month, H1, H2, year],
   scored_in: [month, H1, H2, year], primary_test: permutation}
checks:
- {code: E1, severity: error, kind: count, text: Целое число, measures: [дети, кружки]}
- {code: E2, severity: error, kind: at_most, text: Не больше, rules: [кружки <= дети]}
"""
NORTH = tuple(School(f"n{number}", f"Школа № {number}", group="все") for number in range(1, 11))


def foreign_rows() -> list[tuple]:
    """March 2022 and March 2023: everybody grows, in unequal steps."""
    rows = []
    for number in range(1, 11):
        for year, growth in ((2022, 0), (2023, 4 + number)):
            children = 100 + 10 * number
            rows += [(f"n{number}", f"{year}-03", "дети", children), (f"n{number}", f"{year}-03", "музей", number % 2)]
            rows += [(f"n{number}", f"{year}-03", "кружки", 40 + 3 * number + growth)]
            rows += [(f"n{number}", f"{year}-03", "часы", 50.5 + number + growth)]
    return rows


@pytest.fixture(scope="module")
def north(tmp_path_factory):
    root = tmp_path_factory.mktemp("north")
    for folder in ("params", "data/imports", "data/inbox"):
        (root / folder).mkdir(parents=True)
    (root / "params" / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (root / "params" / "indicators.yaml").write_text(INDICATORS, encoding="utf-8")
    write_schools(root / "data" / "schools.csv", NORTH)
    with (root / "data" / "imports" / "all.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("school_id", "period", "measure", "value"), *foreign_rows()])
    (root / "data" / "received.csv").write_text("file_name,received_at\nall.csv,2023-04-01\n", encoding="utf-8")
    settings = load_settings(root / "params")
    return settings, load_schools(root / "data" / "schools.csv").frame(), run_intake(root / "data", settings)


def test_foreign_data_are_accepted(north):
    _, _, result = north
    assert result.findings.empty
    assert len(result.observations) == 80
    assert value(result, "n1", "2022-03", "часы") == 51.5  # hours need not be whole
    assert result.activities.empty


def test_foreign_forms_have_one_sheet_of_numbers(north, tmp_path):
    from openpyxl import load_workbook

    from analysis.intake.forms import write_form

    settings, _, _ = north
    path = write_form(tmp_path / "f.xlsx", NORTH[0], settings.parse_period("2022-06"), settings)
    assert load_workbook(path).sheetnames == ["Паспорт", "Месяц", "_form"]


def foreign_indicators(north) -> pd.DataFrame:
    from analysis.measures.indicators import indicators_by_unit

    settings, schools, result = north
    frames = []
    for key in ("2022-03", "2023-03"):
        period = settings.parse_period(key)
        submissions = submissions_by_school(result.register, schools, period, settings)
        frames.append(indicators_by_unit(result.observations, schools, submissions, period, settings))
    return pd.concat(frames, ignore_index=True)


def test_foreign_indicators(north):
    table = foreign_indicators(north)
    city = table[(table["level"] == "city") & (table["period"] == "2022-03")].set_index("indicator")
    assert city.loc["К1", "value"] == pytest.approx(100 * sum(40 + 3 * n for n in range(1, 11)) / 1550)
    assert city.loc["К2", "value"] == pytest.approx(100 * sum(50.5 + n for n in range(1, 11)) / 1550)
    assert city.loc["К3", "value"] == pytest.approx(50)


def test_foreign_rankings(north):
    rankings = pytest.importorskip("analysis.measures.rankings")
    settings, schools, _ = north
    table = foreign_indicators(north)
    now = table[table["period"] == "2023-03"]
    ranking = rankings.rankings_by_school(now, schools, settings).set_index("school_id")
    assert len(ranking) == 10 and ranking["ranked"].all()
    assert set(ranking["rank"]) <= set(range(1, 11))
    assert (ranking["rank_low"] <= ranking["rank"]).all() and (ranking["rank"] <= ranking["rank_high"]).all()
    ranks = rankings.indicator_ranks_by_school(now, schools, settings)
    assert set(ranks["indicator"]) == {"К1", "К2", "К3"}


def test_foreign_comparison(north):
    from analysis.measures.comparison import comparisons_by_test

    settings, schools, _ = north
    period, baseline = settings.parse_period("2023-03"), settings.parse_period("2022-03")
    table = comparisons_by_test(foreign_indicators(north), schools, period, baseline, settings)
    share = table[(table["indicator"] == "К1") & table["primary"]].iloc[0]
    gain = sum(4 + n for n in range(1, 11))
    assert share["n_pairs"] == 10 and share["n_up"] == 10
    assert share["estimate"] == pytest.approx(100 * gain / 1550) or np.isclose(share["estimate"], gain / 1550)
    assert share["p_value"] < 0.01
