"""measures.csv before anything is computed from it: what says nothing is named with its line, never dropped."""

from pathlib import Path

import pytest

from analysis.checks import check_measures
from analysis.settings import load_settings
from analysis.workspace import RequestError

SETTINGS = load_settings(Path(__file__).resolve().parents[2] / "params")
HEADER = "measure,scope,unit_id,indicator,from,to,text,document"
SOUND = (
    "М1,school,s1,П11,2021-10-01,31.05.2022,Пробы,приказ",
    "М1,group,А,П11,2021-10-01,,Пробы,",
    "М2,city,city,П27,,,,",
)


def put(folder, *lines, header=HEADER):
    (folder / "schools.csv").write_text("school_id,name,group\ns1,Школа № 1,А\n", encoding="utf-8")
    (folder / "measures.csv").write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return folder


def test_a_sound_register_and_none_pass(tmp_path):
    check_measures(tmp_path, SETTINGS)
    check_measures(put(tmp_path, *SOUND), SETTINGS)
    check_measures(put(tmp_path), SETTINGS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("М3,school,s1,П99,,,,", "столбец indicator: «П99» – такого показателя нет"),
        ("М3,school,s9,П11,,,,", "столбец unit_id: «s9» – такой школы нет в schools.csv"),
        ("М3,group,Ж,П11,,,,", "столбец unit_id: «Ж» – такой группы нет. Группы: А, Б, В, Г"),
        ("М3,school,,П11,,,,", "столбец unit_id: «» – такой школы нет"),
        ("М3,city,s1,П11,,,,", "столбец unit_id: «s1» – мера для всех школ пишется city"),
        ("М3,район,s1,П11,,,,", "столбец scope: «район» – нужно одно из: school, group, city"),
        (",school,s1,П11,,,,", "столбец measure: «» – нет кода меры"),
        ("М3,school,s1,П11,2022-05-31,2021-10-01,,", "столбец to: «2021-10-01» – раньше, чем мера началась"),
        ("М3,school,s1,П11,осенью,,,", "столбец from: «осенью» – не дата"),
    ],
)
def test_what_says_nothing_is_named_with_its_line(tmp_path, line, said):
    put(tmp_path, SOUND[0], "", line)  # an empty line counts in the editor too
    with pytest.raises(RequestError, match=f"measures.csv, строка 4, {said}"):
        check_measures(tmp_path, SETTINGS)


def test_a_file_that_is_no_register(tmp_path):
    put(tmp_path, "М1,s1", header="measure,school")
    with pytest.raises(RequestError, match="нет столбцов scope"):
        check_measures(tmp_path, SETTINGS)
    (tmp_path / "measures.csv").write_bytes(b"PK\x03\x04\0\0")
    with pytest.raises(RequestError, match=r"measures.csv: не читается как таблица"):
        check_measures(tmp_path, SETTINGS)
