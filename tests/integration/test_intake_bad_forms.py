"""Rows 13–30 and 40 of the table of bad inputs: the form around the numbers, versions, schools and time."""

from __future__ import annotations

from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from analysis.intake.identity import School
from tests.unit.intake.kit import Folder, found, good_values, row_of, set_cell, sheet_of, value

SCHOOLS = (
    School("s11", "МБОУ СОШ № 11", group="Б"),
    School("s12", "МБОУ СОШ № 12", group="Б"),
    School("s45", "МБОУ СОШ № 45", group="Б", aliases=("Школа-45",)),
    School("g1", "МБОУ «Гимназия № 1»", group="А"),
    School("c1", "МАОУ «Центр образования № 1»", group="Б"),
    School("s15old", "МБОУ СОШ № 15", group="Б", valid_to=date(2011, 8, 31)),
    School("c15", "Центр образования № 15 «Луч»", group="Б", valid_from=date(2018, 9, 1)),
    School("s35", "МБОУ СОШ № 35", group="Б"),
    School("s99", "МБОУ СОШ № 99", group="Б", valid_to=date(2021, 12, 31)),
)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path, SCHOOLS)


def only(result, school_id: str, rule: str, severity: str) -> None:
    """The school has findings of this rule and severity and no others (besides being late)."""
    findings = found(result, school_id)
    assert set(findings["rule"]) == {rule}, findings[["rule", "found"]]
    assert set(findings["severity"]) == {severity}


def no_identity(workbook: Workbook, name: str) -> None:
    """A form without hidden id and marks, as copied by hand into a new workbook."""
    del workbook["_form"]
    for key in [key for key in workbook.defined_names if key.startswith("form_")]:
        del workbook.defined_names[key]
    for sheet in workbook.worksheets:
        sheet["A4"] = None
        sheet["A2"] = name
    workbook["Паспорт"]["D8"] = name


# 13, 14: periods that disagree


def test_13_another_month_in_the_file_name(folder):
    folder.send("s11", "2022-04", name="forma_2022-03_s11.xlsx")
    result = folder.run()
    only(result, "s11", "B13", "query")
    assert value(result, "s11", "2022-04", "tested") is not None


def test_13_an_old_form_does_not_replace_accepted_values(folder):
    """June's form renamed and filled anew for July must not overwrite June."""
    folder.send("s11", "2022-03")
    before = good_values("2022-03", 11)["tested"]
    name = "forma_2022-04_s11.xlsx"
    folder.send("s11", "2022-03", values={"tested": before + 1}, name=name, at="2022-04-18T10:00")
    result = folder.run()
    assert value(result, "s11", "2022-03", "tested") == before
    assert "query" in set(found(result, "s11", "B13")["severity"])


def test_14_last_year_in_the_heading(folder):
    folder.send("s11", extra={"period_text": "март 2021 года"})
    result = folder.run()
    only(result, "s11", "B14", "query")
    assert value(result, "s11", "2022-03", "tested") is not None


def test_14_the_same_numbers_as_the_year_before_are_an_old_form(folder):
    same = {**good_values("2021-03", 11)}
    folder.send("s11", "2021-03", values=same)
    folder.send("s11", "2022-03", values=same, extra={"period_text": "март 2021 года"})
    result = folder.run()
    assert "error" in set(found(result, "s11", "B14")["severity"])
    with pytest.raises(KeyError):
        value(result, "s11", "2022-03", "tested")
    assert value(result, "s11", "2021-03", "tested") is not None


# 15–21: rows and sheets


def test_15_merged_cells(folder):
    def merge(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        row = row_of(sheet, "tested")
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
        sheet.merge_cells("A6:F6")

    folder.send("s11", change=merge)
    result = folder.run()
    only(result, "s11", "B15", "note")
    assert value(result, "s11", "2022-03", "tested") == good_values("2022-03", 11)["tested"]


def test_16_inserted_and_moved_rows_and_columns(folder):
    expected = good_values("2022-03", 11)

    def shuffle(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.insert_rows(3, 4)
        sheet.insert_cols(1, 2)
        sheet.insert_cols(5)
        rows = range(12, sheet.max_row + 1)
        first, last = min(rows), max(rows)
        for column in range(1, sheet.max_column + 1):
            a, b = sheet.cell(first, column), sheet.cell(last, column)
            a.value, b.value = b.value, a.value

    folder.send("s11", change=shuffle)
    result = folder.run()
    assert found(result, "s11").empty
    for code in ("N5_11", "tested", "pubs", "par"):
        assert value(result, "s11", "2022-03", code) == expected.get(code, expected.get(f"month.{code}"))


def test_16_a_deleted_row_is_returned(folder):
    def delete(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.delete_rows(row_of(sheet, "tested"))

    folder.send("s11", change=delete)
    result = folder.run()
    only(result, "s11", "B16", "error")
    assert found(result, "s11")["measure"].tolist() == ["tested"]
    with pytest.raises(KeyError):
        value(result, "s11", "2022-03", "tested")
    assert value(result, "s11", "2022-03", "covered") == good_values("2022-03", 11)["covered"]


def test_16_the_same_code_twice(folder):
    def double(number: float):
        def change(workbook: Workbook) -> None:
            sheet = sheet_of(workbook)
            row, last = row_of(sheet, "tested"), sheet.max_row + 1
            for column in range(1, 5):
                sheet.cell(last, column, sheet.cell(row, column).value)
            sheet.cell(last, 4, number)

        return change

    folder.send("s11", change=double(good_values("2022-03", 11)["tested"]))
    folder.send("s12", change=double(3))
    result = folder.run()
    only(result, "s11", "B16", "note")
    only(result, "s12", "B16", "error")
    assert value(result, "s12", "2022-03", "tested") is None


def _rename(code: str, text: str, drop_code: bool = False):
    def change(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        row = row_of(sheet, code)
        sheet.cell(row, 2).value = text
        if drop_code:
            sheet.cell(row, 1).value = None

    return change


def test_17_renamed_row(folder):
    folder.send("s11", change=_rename("tested", "Протестировано", drop_code=True))
    folder.send("s12", change=_rename("tested", "Протестировано"))
    folder.send("s45", change=_rename("tested", "Опрошено родителей"))
    folder.send("g1", change=_rename("tested", "Опрошено родителей", drop_code=True))
    result = folder.run()
    for code in ("s11", "s12"):
        only(result, code, "B17", "note")
        assert value(result, code, "2022-03", "tested") == good_values("2022-03", int(code[1:]))["tested"]
    only(result, "s45", "B17", "query")
    assert value(result, "s45", "2022-03", "tested") is not None
    findings = found(result, "g1")
    assert set(findings["rule"]) == {"B16", "B17"}  # code gone, label unknown
    assert "Опрошено родителей" in findings[findings["rule"] == "B17"]["found"].iloc[0]


def test_17_code_and_name_of_different_measures(folder):
    folder.send("s11", change=_rename("tested", "Охвачены профориентационными мероприятиями (5–11 классы)"))
    result = folder.run()
    only(result, "s11", "B17", "query")
    assert value(result, "s11", "2022-03", "tested") is None  # whose number it is only the school knows
    assert value(result, "s11", "2022-03", "covered") is not None


def test_17_codes_typed_in_the_other_layout(folder):
    def cyrillic(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.cell(row_of(sheet, "tested"), 1).value = "tеstеd "  # Cyrillic е
        sheet.cell(row_of(sheet, "N5_11"), 1).value = "n5_11"

    folder.send("s11", change=cyrillic)
    result = folder.run()
    assert found(result, "s11").empty
    assert value(result, "s11", "2022-03", "tested") == good_values("2022-03", 11)["tested"]


def test_all_codes_deleted_labels_are_enough(folder):
    def drop(workbook: Workbook) -> None:
        sheet_of(workbook).delete_cols(1)

    folder.send("s11", change=drop)
    result = folder.run()
    assert value(result, "s11", "2022-03", "tested") == good_values("2022-03", 11)["tested"]


def test_18_older_version_of_the_form(tmp_path):
    import shutil

    from analysis.settings import load_settings
    from tests.unit.intake.kit import PARAMS

    params = tmp_path / "params"
    shutil.copytree(PARAMS, params)
    (params / "form_versions.yaml").write_text('"2020-2": {test_old: tested}\n', encoding="utf-8")
    folder = Folder(tmp_path / "data", SCHOOLS, load_settings(params))

    def older(version: str):
        def change(workbook: Workbook) -> None:
            workbook["_form"]["B3"] = version
            sheet = sheet_of(workbook)
            sheet.cell(row_of(sheet, "tested"), 1).value = "test_old"
            sheet.cell(row_of(sheet, "par"), 2).value = "Так строка называлась раньше"

        return change

    folder.send("s11", change=older("2020-2"))
    folder.send("s12", change=older("2019-1"))
    result = folder.run()
    only(result, "s11", "B18", "note")
    assert value(result, "s11", "2022-03", "tested") == good_values("2022-03", 11)["tested"]
    only(result, "s12", "B18", "error")
    with pytest.raises(KeyError):
        value(result, "s12", "2022-03", "covered")


def _copy_sheet(number: object = None):
    def change(workbook: Workbook) -> None:
        copy: Worksheet = workbook.copy_worksheet(sheet_of(workbook))
        copy.title = "Лист1 (2)"
        if number is not None:
            copy.cell(row_of(copy, "tested"), 4).value = number  # type: ignore[assignment]

    return change


def test_19_a_copy_of_the_sheet(folder):
    folder.send("s11", change=_copy_sheet())
    folder.send("s12", change=_copy_sheet(7))
    result = folder.run()
    only(result, "s11", "B19", "note")
    assert value(result, "s11", "2022-03", "tested") is not None
    only(result, "s12", "B19", "error")
    assert value(result, "s12", "2022-03", "tested") is None


def test_two_schools_in_one_file(folder):
    def other(workbook: Workbook) -> None:
        copy = workbook.copy_worksheet(sheet_of(workbook))
        copy["A4"] = "форма 2021-1/2022-03/s12/month"

    folder.send("s11", change=other)
    result = folder.run()
    assert "error" in set(found(result, "s11", "B19")["severity"])
    assert not result.observations["school_id"].isin(["s11", "s12"]).any()


def test_renamed_sheets(folder):
    def rename(workbook: Workbook) -> None:
        sheet_of(workbook).title = "Лист1"
        workbook["Паспорт"].title = "титул"

    folder.send("s11", change=rename)
    result = folder.run()
    assert found(result, "s11").empty
    assert value(result, "s11", "2022-03", "tested") == good_values("2022-03", 11)["tested"]


def test_20_hidden_rows_sheets_and_filters(folder):
    def hide(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.row_dimensions[row_of(sheet, "tested")].hidden = True
        sheet.auto_filter.ref = "A7:F22"

    folder.send("s11", change=hide)

    def hide_sheet(workbook: Workbook) -> None:
        sheet_of(workbook).sheet_state = "hidden"

    folder.send("s12", change=hide_sheet)
    result = folder.run()
    for code in ("s11", "s12"):
        only(result, code, "B20", "note")
        assert value(result, code, "2022-03", "tested") is not None


def test_21_a_total_row_is_dropped(folder):
    def total(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.insert_rows(12)
        sheet.cell(12, 2).value = "ИТОГО"
        sheet.cell(12, 4).value = 12345

    folder.send("s11", change=total)
    result = folder.run()
    only(result, "s11", "B21", "note")
    assert value(result, "s11", "2022-03", "tested") is not None


# 22–24: files


def summary_of_the_city(workbook: Workbook) -> None:
    for sheet in workbook.worksheets[1:]:
        workbook.remove(sheet)
    sheet = workbook.worksheets[0]
    sheet.title = "Сводная"
    sheet.append(["Школа", "Период", "tested", "covered"])
    for name in ("СОШ № 11", "СОШ № 12", "Гимназия № 1"):
        sheet.append([name, "2022-03", 10, 20])


def test_22_the_citys_summary_as_a_schools_form(folder):
    from io import BytesIO

    workbook = Workbook()
    workbook.create_sheet()
    summary_of_the_city(workbook)
    buffer = BytesIO()
    workbook.save(buffer)
    folder.put("2022-03 forma s11.xlsx", buffer.getvalue())
    result = folder.run()
    only(result, "s11", "B22", "error")
    assert result.observations.empty


def test_22_the_same_summary_is_welcome_as_bulk_import(folder):
    workbook = Workbook()
    workbook.create_sheet()
    summary_of_the_city(workbook)
    workbook.worksheets[0].append(["ИТОГО", None, 30, 61])
    (folder.path / "imports").mkdir()
    workbook.save(folder.path / "imports" / "svod.xlsx")
    result = folder.run()
    assert value(result, "s11", "2022-03", "tested") == 10
    assert value(result, "g1", "2022-03", "covered") == 20
    totals = result.findings[result.findings["rule"] == "B21"]
    assert set(totals["severity"]) == {"note", "query"}  # dropped; its second sum is wrong
    assert "61" in " ".join(totals["found"])


def test_23_a_second_file_wins_when_marked_and_is_asked_about_when_not(folder):
    values = good_values("2022-03", 11)
    folder.send("s11")
    second = values["tested"] + 3
    folder.send(
        "s11", values={"tested": second}, name="b.xlsx", at="2022-03-19T09:00", extra={"revision": "уточнённая"}
    )
    folder.send("s12")
    folder.send("s12", values={"tested": 9}, name="c.xlsx", at="2022-03-19T09:00")
    folder.send("s45")
    folder.send("s45", name="forma s45 уточненная.xlsx", values={"tested": 9}, at="2022-03-19T09:00")
    result = folder.run()
    assert value(result, "s11", "2022-03", "tested") == second
    assert value(result, "s12", "2022-03", "tested") == good_values("2022-03", 12)["tested"]
    assert value(result, "s45", "2022-03", "tested") == 9
    only(result, "s11", "B23", "note")
    only(result, "s12", "B23", "query")
    rows = result.register[result.register["school_id"] == "s12"]
    assert list(rows["version"]) == [1, 2] and list(rows["status"]) == ["on_time", "pending"]  # both are kept


def test_24_one_file_for_two_schools(folder):
    name = folder.send("s11")
    content = (folder.path / "inbox" / name).read_bytes()
    folder.put("forma_2022-03_s12.xlsx", content, "2022-03-18T12:00")
    result = folder.run()
    for code in ("s11", "s12"):
        assert "error" in set(found(result, code, "B24")["severity"])
    assert result.observations.empty


def test_24_equal_values_from_two_schools(folder):
    folder.send("s11", values=good_values("2022-03", 0))
    folder.send("s12", values=good_values("2022-03", 0))
    folder.send("s45")
    result = folder.run()
    for code in ("s11", "s12"):
        only(result, code, "B24", "error")
    assert set(result.observations["school_id"]) == {"s45"}


# 25–27: names


@pytest.mark.parametrize(
    "name", ["45 школа", 'МБОУ "СОШ №45" г.Белгорода', "Cредняя школа N 45", "школа № 45", "СОШ45", "Школа-45"]
)
def test_25_spellings_of_a_name(folder, name):
    folder.send("s45", change=lambda workbook: no_identity(workbook, name), name="март 2022.xlsx")
    result = folder.run()
    only(result, "s45", "B25", "note")
    assert value(result, "s45", "2022-03", "tested") == good_values("2022-03", 45)["tested"]


def test_26_a_number_alone_is_no_key(folder):
    folder.send("g1", change=lambda workbook: no_identity(workbook, "№ 1"), name="март 2022.xlsx")
    folder.send("s45", change=lambda workbook: no_identity(workbook, "45"), name="март 2022 (2).xlsx")
    result = folder.run()
    assert result.observations.empty
    asked = result.findings[result.findings["rule"] == "B26"].set_index("file")
    assert list(asked["severity"]) == ["query", "query"]
    text = asked.loc["март 2022.xlsx", "found"]
    assert "Гимназия № 1" in text and "Центр образования № 1" in text


def test_sheets_pasted_from_another_schools_form(folder):
    def paste(workbook: Workbook) -> None:
        for sheet in workbook.worksheets[:-1]:
            sheet["A4"] = str(sheet["A4"].value).replace("/s11/", "/s12/")

    folder.send("s11", change=paste)
    result = folder.run()
    assert "error" in set(found(result, "s11", "B19")["severity"])
    assert result.observations.empty


def test_a_day_in_the_files_name_is_no_period(folder):
    """July's form, sent on 30 June: inside its window."""
    folder.send("s11", "2022-07", name="Форма СОШ 11 от 30.06.2022.xlsx", at="2022-06-30T10:00")
    assert found(folder.run(), "s11").empty


def test_26_a_name_of_two_schools_is_a_query(tmp_path):
    twins = (School("a1", "СОШ № 7", group="Б"), School("a2", "Школа № 7", group="Б"))
    folder = Folder(tmp_path, twins)
    folder.send("a1", change=lambda workbook: no_identity(workbook, "7 школа"), name="март 2022.xlsx")
    result = folder.run()
    assert result.observations.empty
    assert list(result.findings["rule"]) == ["B26"]


def test_27_unknown_merged_and_closed_schools(folder):
    folder.send("s11", change=lambda workbook: no_identity(workbook, "СОШ № 777"), name="март 2022.xlsx")
    folder.send("s15old", name="15.xlsx")
    folder.send("s99", "2021-11", name="99 до закрытия.xlsx")
    folder.send("s99", "2022-02", name="99 после закрытия.xlsx")
    folder.send(
        "c15", values={"tested": 99}, change=lambda w: no_identity(w, "ЦО № 15 «Луч»"), name="март 2022 луч.xlsx"
    )
    result = folder.run()
    unknown = result.findings[result.findings["file"] == "март 2022.xlsx"]
    assert list(unknown["rule"]) == ["B27"] and list(unknown["severity"]) == ["query"]
    assert list(found(result, "s15old")["rule"]) == ["B27"]
    assert value(result, "s99", "2021-11", "tested") is not None
    assert list(found(result, "s99")["period"]) == ["2022-02"]
    assert value(result, "c15", "2022-03", "tested") is not None  # the number 15 was reused
    assert set(result.observations["school_id"]) == {"s99", "c15"}


def test_a_form_given_to_another_school(folder):
    folder.send("s11", extra={"school_name": "МБОУ СОШ № 12"})
    result = folder.run()
    only(result, "s11", "B25", "query")
    assert result.observations.empty


# 28–30: values that do not go together


def test_28_running_total_in_a_monthly_field(folder):
    for number, key in enumerate(("2022-01", "2022-02", "2022-03", "2022-04", "2022-05"), start=1):
        folder.send("s11", key, values={"month.events": 4 * number})
    folder.send("s11", "2022-06", values={"month.events": 24, "half.events": 24})
    result = folder.run()
    findings = found(result, "s11", "B28")
    assert list(findings["severity"]) == ["query"]
    assert value(result, "s11", "2022-05", "events") == 20  # never differenced


def test_29_increment_instead_of_running_total(folder):
    folder.send("s11", "2022-02")
    folder.send("s11", "2022-03", values={"tested": 15})
    folder.send("s11", "2022-04")
    result = folder.run()
    findings = found(result, "s11", "E6")
    assert list(findings["severity"]) == ["error"]
    assert list(findings["period"]) == ["2022-03"]
    assert "15" in findings["found"].iloc[0] and "124" in findings["found"].iloc[0]
    assert value(result, "s11", "2022-03", "tested") is None
    assert value(result, "s11", "2022-04", "tested") is not None


def test_29_a_new_school_year_starts_anew(folder):
    folder.send("s11", "2022-08")
    folder.send("s11", "2022-09")
    result = folder.run()
    assert value(result, "s11", "2022-09", "tested") < value(result, "s11", "2022-08", "tested")
    assert found(result, "s11", "E6").empty


def test_30_part_larger_than_the_whole(folder):
    folder.send("s11", values={"tested": 600, "covered": 610, "N5_11": 505})
    folder.send("s12", "2021-12", values={"half.ws_win": 9, "half.ws_part": 6})
    result = folder.run()
    findings = found(result, "s11", "E2")
    assert set(findings["measure"]) == {"tested", "covered"}
    text = findings[findings["measure"] == "tested"]["found"].iloc[0]
    assert "600" in text and "505" in text
    assert value(result, "s11", "2022-03", "tested") is None
    assert value(result, "s11", "2022-03", "N5_11") == 505
    winners = found(result, "s12", "E4")
    assert list(winners["measure"]) == ["ws_win"]
    assert "9" in winners["found"].iloc[0] and "6" in winners["found"].iloc[0]


# 40 and its like


def test_40_months_filled_in_advance(folder):
    folder.send("s11", "2022-03", at="2022-03-18T10:00")
    folder.send("s11", "2022-05", at="2022-03-18T10:00")
    result = folder.run()
    only(result, "s11", "B40", "error")
    assert set(result.observations["period"]) == {"2022-03"}


def test_several_mistakes_are_all_told_with_their_cells(folder):
    def spoil(workbook: Workbook) -> None:
        for code, text in (("tested", "12,5"), ("covered", "–"), ("par", "нет")):
            set_cell(code, text)(workbook)

    folder.send("s11", change=spoil)
    result = folder.run()
    findings = found(result, "s11").sort_values("cell")
    assert list(findings["rule"]) == ["E1", "B02", "B01"]
    assert list(findings["measure"]) == ["tested", "covered", "par"]
