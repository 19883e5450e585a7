"""The form that goes out."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from analysis.intake.form_reader import interpret, read_form
from analysis.intake.forms import FormError, form_bytes, form_name, write_form, write_forms
from analysis.intake.identity import School
from analysis.intake.layout import asked_measures
from analysis.intake.reader import read_book
from analysis.intake.reading import spec_of
from tests.unit.intake.kit import good_values, month, row_of, settings, sheet_of

SCHOOL = School("s101", "СОШ № 101 «Имени <Пушкина> & Ко»", group="Б")
PRIMARY = School("p1", "Начальная школа № 1", group="Г")


def book(period: str = "2022-06", school: School = SCHOOL, **options):
    return load_workbook(BytesIO(form_bytes(school, month(period), settings(), **options)))


@pytest.mark.parametrize(
    ("period", "sheets"),
    [
        ("2022-03", ["Паспорт", "Месяц", "_form"]),
        ("2022-06", ["Паспорт", "Месяц", "Полугодие", "Год", "Мероприятия", "_form"]),
        ("2022-12", ["Паспорт", "Месяц", "Полугодие", "Год", "Мероприятия", "_form"]),
    ],
)
def test_sheets(period, sheets):
    workbook = book(period)
    assert workbook.sheetnames == sheets
    assert workbook["_form"].sheet_state == "veryHidden"
    assert [workbook["_form"].cell(row, 2).value for row in (1, 2, 3)] == ["s101", period, "2021-1"]
    for name in ("form_school", "form_period", "form_version"):
        assert name in workbook.defined_names


def test_every_asked_measure_has_a_code_a_name_a_cell_and_a_check():
    workbook = book("2022-06")
    for sheet, measure in asked_measures(settings(), "Б", 6):
        place = sheet_of(workbook, sheet)
        row = row_of(place, measure.code)
        assert place.cell(row, 2).value.startswith(measure.name)
        assert place.cell(row, 3).value == measure.unit
        assert place.cell(row, 4).protection.locked is False
        assert place.cell(row, 5).protection.locked is True
        assert str(place.cell(row, 6).value).startswith("=IF(")
        assert f"{sheet}_{measure.code}" in workbook.defined_names
        assert any(place.cell(row, 4).coordinate in rule.sqref for rule in place.data_validations.dataValidation)
        assert place.protection.sheet


def test_a_group_is_asked_only_what_concerns_it():
    workbook = book("2022-03", PRIMARY)
    codes = [cell.value for cell in sheet_of(workbook)["A"][7:]]
    assert codes == ["pubs"]


def test_activities():
    sheet = book("2022-06")["Мероприятия"]
    rows = list(sheet.iter_rows(min_row=8, max_row=31))
    assert [row[0].value for row in rows] == [activity.code for activity in settings().activities]
    assert len(rows) == 24
    locked = {row[0].value for row in rows if row[3].protection.locked}
    assert locked == {"2.11", "2.12"}  # of the summer: asked in December
    december = book("2022-12")["Мероприятия"]
    assert not any(row[3].protection.locked for row in december.iter_rows(min_row=8, max_row=31))
    lists = [rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert lists == ['"выполнено,выполняется,не выполнено"']


def test_validation_speaks_russian():
    sheet = sheet_of(book("2022-03"))
    rules = [rule for rule in sheet.data_validations.dataValidation if rule.type == "whole"]
    assert rules and all("целым числом" in rule.error and rule.showErrorMessage for rule in rules)


def test_previous_values_stand_beside_and_printing_fits_a4():
    sheet = sheet_of(book("2022-03", previous={"month.tested": 90}))
    row = row_of(sheet, "tested")
    assert sheet.cell(row, 4).value is None and sheet.cell(row, 5).value == 90
    assert sheet.page_setup.paperSize == 9 and sheet.page_setup.fitToWidth == 1
    assert sheet.print_title_rows == "$7:$7"


def test_both_due_dates_are_shown_when_the_cut_off_moved():
    text = str(sheet_of(book("2022-03"))["A3"].value)
    assert "21.03.2022" in text and "20.03.2022" in text
    assert "перенесено" not in str(sheet_of(book("2022-06"))["A3"].value)


def test_bytes_depend_on_the_arguments_only():
    arguments = (SCHOOL, month("2022-06"), settings())
    options = {"values": good_values("2022-06"), "activities": {"2.3": ("выполнено", 2, "приказ")}}
    first = form_bytes(*arguments, **options)
    assert form_bytes(*arguments, **options) == first
    assert form_bytes(*arguments) != first
    archive = zipfile.ZipFile(BytesIO(first))
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(archive.read(name))
            assert b"@@" not in archive.read(name)


def test_what_cannot_be_a_form_says_so():
    with pytest.raises(FormError, match="2022H1"):
        form_bytes(SCHOOL, settings().parse_period("2022H1"), settings())
    with pytest.raises(FormError, match="опечатка"):
        form_bytes(SCHOOL, month("2022-03"), settings(), values={"опечатка": 1})
    with pytest.raises(FormError, match="9.9"):
        form_bytes(SCHOOL, month("2022-06"), settings(), activities={"9.9": ("выполнено", 1, "")})
    with pytest.raises(FormError, match="Ж"):
        form_bytes(School("x", "X", group="Ж"), month("2022-06"), settings())


def test_write_forms_for_every_school_that_exists(tmp_path):
    closed = School("s2", "СОШ № 2", group="Б", valid_to=date(2021, 1, 1))
    told = []
    paths = write_forms(
        settings(), [SCHOOL, closed, PRIMARY], month("2022-03"), tmp_path, {"s101": {"month.tested": 5}},
        progress=lambda *what: told.append(what),
    )  # fmt: skip
    assert [path.name for path in paths] == [form_name(SCHOOL, month("2022-03")), "forma_2022-03_p1.xlsx"]
    assert told[-1] == ("Формы", 2, 2)
    assert sheet_of(load_workbook(paths[0])).cell(12, 5).value == 5


def test_checks_reset_with_the_school_year():
    """A fall is flagged in the form except where cumulative values start anew."""

    def says_smaller(period: str, sheet: str, code: str) -> bool:
        place = sheet_of(book(period), sheet)
        return "меньше, чем в прошлом отчёте" in str(place.cell(row_of(place, code), 6).value)

    assert says_smaller("2022-03", "month", "tested")
    assert not says_smaller("2022-09", "month", "tested")
    assert says_smaller("2022-06", "half", "tested9")
    assert not says_smaller("2022-12", "half", "tested9")


def test_check_formulas_name_both_numbers():
    workbook = book("2022-06")
    half = sheet_of(workbook, "half")
    formula = half.cell(row_of(half, "tested9"), 6).value
    tested = f"Месяц!D{row_of(sheet_of(workbook), 'tested')}"
    assert tested in formula and "больше, чем в строке «N9»" in formula
    year = sheet_of(workbook, "year")
    assert re.search(r"D\d+<>INT\(D\d+\)", year.cell(row_of(year, "uday"), 6).value)


def test_an_empty_form_reads_as_nothing_but_empty_cells(tmp_path):
    path = write_form(tmp_path / "a.xlsx", SCHOOL, month("2022-06"), settings())
    reading = read_form(path, spec_of(settings()))
    assert not reading.fatal and not reading.remarks
    assert {entry.variant for entry in reading.entries} == {"B03", "B03.flag"}
    assert reading.hidden == {"school_id": "s101", "period": "2022-06", "form_version": "2021-1"}


@given(data=st.data(), period=st.sampled_from(["2022-03", "2022-06", "2022-09", "2022-12"]))
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_write_then_read_gives_the_same_values(tmp_path, data, period):
    cells = [(sheet, m.code, m.is_flag) for sheet, m in asked_measures(settings(), "Б", int(period[5:]))]
    values = {
        f"{sheet}.{code}": data.draw(st.integers(0, 1) if flag else st.integers(0, 99_999), label=code)
        for sheet, code, flag in data.draw(st.lists(st.sampled_from(cells), unique=True))
    }
    path = write_form(tmp_path / "form.xlsx", SCHOOL, month(period), settings(), values=values)
    reading = interpret(read_book(path), spec_of(settings()))
    read = {f"{entry.sheet}.{entry.code}": entry.value for entry in reading.entries if entry.value is not None}
    assert read == values
    assert not reading.fatal and not reading.remarks
    assert len(reading.entries) == len(cells)


@given(
    texts=st.dictionaries(
        st.sampled_from(["tested", "covered", "N5_11", "par", "month.events"]),
        st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.dates(), st.none()),
    ),
    name=st.text(max_size=20),
    zero=st.booleans(),
)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_no_cell_is_lost(tmp_path, texts, name, zero):
    """Every non-empty input cell ends as a value, a finding, or both; reading never raises."""
    extra = {"school_name": name, "period_text": name, "filled_on": name, "revision": name}
    path = tmp_path / "form.xlsx"
    write_form(path, SCHOOL, month("2022-03"), settings(), values=texts, zero_report=zero, extra=extra)
    reading = read_form(path, spec_of(settings()))
    if reading.fatal:
        assert reading.fatal == "B36"  # somebody's name was typed by chance
        return
    by_code = {entry.code: entry for entry in reading.entries}
    for key in texts:
        entry = by_code[key.rpartition(".")[2]]
        assert entry.value is not None or entry.variant
