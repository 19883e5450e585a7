"""Names as people write them, and the register of schools."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.intake.identity import School, Schools, SchoolsError, check_groups, load_schools
from analysis.intake.names import name_parts, normal_name
from tests.unit.intake.kit import month, write_schools

# The real city's names, from the domain notes; legal forms as they are written there.
CITY = Schools(
    tuple(
        School(f"r{number}", name)
        for number, name in enumerate(
            [
                "МБОУ «Гимназия № 1»", "МБОУ «Гимназия № 2»", "МБОУ «Гимназия № 12»",
                "МБОУ «Лицей № 9»", "МБОУ «Лицей № 10»",
                "МАОУ «Центр образования № 1»", "Центр образования № 6 «Перспектива»", "Центр образования № 15 «Луч»",
                "МБОУ СОШ № 4", "МБОУ СОШ № 11", "МБОУ СОШ № 35", "МБОУ СОШ № 45", "МБОУ СОШ № 50",
                "МБОУ «Прогимназия № 51»", "Начальная школа – детский сад № 26 «Яблонька»",
                "Начальная школа – детский сад № 44", "Начальная школа – детский сад № 55",
            ]
        )
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("45 школа", "МБОУ СОШ № 45"),
        ('МБОУ "СОШ №45" г.Белгорода', "МБОУ СОШ № 45"),
        ("МБОУ СОШ №45", "МБОУ СОШ № 45"),
        ("Cредняя школа № 45", "МБОУ СОШ № 45"),  # Latin C
        ("CОШ N45", "МБОУ СОШ № 45"),  # Latin C, N
        ("муниципальное бюджетное общеобразовательное учреждение "
         "«Средняя общеобразовательная школа № 45» города Белгорода", "МБОУ СОШ № 45"),
        ("школы №45", "МБОУ СОШ № 45"),
        ("Гимназия №1", "МБОУ «Гимназия № 1»"),
        ("гимназии 12", "МБОУ «Гимназия № 12»"),
        ("ЦО № 1", "МАОУ «Центр образования № 1»"),
        ("Центр образования №15", "Центр образования № 15 «Луч»"),
        ("ЦО «Перспектива»", "Центр образования № 6 «Перспектива»"),
        ("Прогимназия 51", "МБОУ «Прогимназия № 51»"),
        ("Начальная школа-детский сад №26", "Начальная школа – детский сад № 26 «Яблонька»"),
        ("НАЧАЛЬНАЯ ШКОЛА - ДЕТСКИЙ САД № 44", "Начальная школа – детский сад № 44"),
        ("лицей №9", "МБОУ «Лицей № 9»"),
        ("Лицей\u00a0№\u00a010", "МБОУ «Лицей № 10»"),
    ],
)  # fmt: skip
def test_spellings(written, name):
    answer = CITY.resolve(written)
    assert answer.school is not None and answer.school.name == name
    assert not answer.exact


@pytest.mark.parametrize(
    ("written", "reason"),
    [("№ 1", "number_only"), ("1", "number_only"), ("СОШ № 777", "unknown"), ("школа", "unknown"), ("", "unknown"),
     ("Гимназия", "unknown"), ("СОШ № 9", "unknown"), ("Белгород", "unknown")],
)  # fmt: skip
def test_nothing_is_guessed(written, reason):
    answer = CITY.resolve(written)
    assert answer.school is None and answer.reason == reason


def test_every_name_of_the_city_finds_itself_and_nothing_else():
    for school in CITY:
        assert CITY.resolve(school.name).school == school
    assert len({normal_name(school.name) for school in CITY}) == len(CITY)


def test_parts():
    assert name_parts("Центр образования № 15 «Луч»") == name_parts("ЦО №15 Луч")
    assert name_parts("45 школа").number == "45"


def test_dates_decide_between_equal_names():
    old = School("old", "СОШ № 15", valid_to=date(2011, 8, 31))
    new = School("new", "СОШ № 15", valid_from=date(2018, 9, 1))
    schools = Schools((old, new))
    assert schools.resolve("СОШ № 15", month("2010-05")).school == old
    assert schools.resolve("СОШ № 15", month("2022-05")).school == new
    assert schools.resolve("СОШ № 15", month("2015-05")).reason == "not_valid"
    assert schools.resolve("СОШ № 15").reason == "ambiguous"


def test_load(tmp_path):
    schools = (
        School(
            "s1", "СОШ № 1", "СОШ", "Б", "1-11", date(2000, 9, 1), None, ("Первая школа", "СОШ-1"), "a@b.ru", "repair"
        ),
        School("s2", "«Лицей», № 2", group="А", valid_to=date(2022, 1, 31)),
    )
    path = tmp_path / "schools.csv"
    write_schools(path, schools)
    loaded = load_schools(path)
    assert loaded.rows == schools
    assert loaded.resolve("первая школа").school == schools[0]
    assert [s.school_id for s in loaded.valid_in(month("2022-03"))] == ["s1"]
    assert schools[0].conditions_in(month("2022-03")) == ("repair",)
    frame = loaded.frame()
    assert frame.loc[0, "valid_from"] == date(2000, 9, 1) and frame.loc[0, "aliases"] == "Первая школа;СОШ-1"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(",", ";").replace('"Первая школа;СОШ-1"', "").replace("«Лицей»; № 2", "Лицей"), "cp1251"
    )
    assert [school.school_id for school in load_schools(path)] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nСОШ", "school_id"),
        ("school_id,name\ns1,А\ns1,Б", "дважды"),
        ("school_id,name\ns 1,А", "строка 2"),
        ("school_id,name\ns1,", "название"),
        ("school_id,name,valid_from\ns1,А,осенью", "2021-09-01"),
    ],
)
def test_mistakes_in_schools_csv_are_named(tmp_path, text, message):
    path = tmp_path / "schools.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchoolsError, match=message):
        load_schools(path)


def test_unknown_group():
    with pytest.raises(SchoolsError, match="Ж"):
        check_groups(Schools((School("s1", "СОШ № 1", group="Ж"),)), ["А", "Б"])


def test_a_list_that_went_through_excel(tmp_path):
    """Semicolons, a mark of UTF-8, Russian dates, and an example line that is not read."""
    path = tmp_path / "schools.csv"
    rows = ["school_id;name;valid_from;valid_to", "#s0;Образец;;", "s1;СОШ № 1;01.09.2021;2022-08-31"]
    path.write_text("\ufeff" + "\n".join(rows) + "\n", encoding="utf-8")
    (school,) = load_schools(path)
    assert (school.school_id, school.valid_from, school.valid_to) == ("s1", date(2021, 9, 1), date(2022, 8, 31))
