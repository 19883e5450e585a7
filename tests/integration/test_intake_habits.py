"""What deputy heads do to a workbook besides filling it: nothing may be lost or read as something else in silence."""

from __future__ import annotations

import csv
import zipfile
from datetime import date
from io import BytesIO, StringIO

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from analysis.intake.identity import School
from analysis.intake.layout import SHEET_TITLES, asked_measures
from tests.unit.intake.kit import Folder, changed, found, good_values, row_of, set_cell, settings, sheet_of, value

SCHOOLS = tuple(School(f"s{number}", f"МБОУ СОШ № {number}", group="Б") for number in (11, 12))
FIRST, LAST = 8, 22  # the rows of the month's sheet


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path, SCHOOLS)


def told(result, school_id: str = "s11") -> list[tuple[str, str]]:
    return list(found(result, school_id)[["rule", "severity"]].itertuples(index=False, name=None))


def text_found(result, rule: str, school_id: str = "s11") -> str:
    return " | ".join(found(result, school_id, rule)["found"])


def all_values_are_good(result, school_id: str = "s11", but: str = "") -> bool:
    expected = good_values("2022-03", int(school_id[1:]))
    codes = [measure.code for sheet, measure in asked_measures(settings(), "Б", 3) if measure.code != but]
    return all(value(result, school_id, "2022-03", c) == expected.get(c, expected.get(f"month.{c}")) for c in codes)


def forget_names(workbook: Workbook) -> None:
    for name in list(workbook.defined_names):
        del workbook.defined_names[name]


def column_of(sheet: Worksheet, column: int) -> list[object]:
    return [sheet.cell(row, column).value for row in range(FIRST, LAST + 1)]


# words beside the fields


def test_words_over_the_check_formula(folder):
    def write(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.cell(row_of(sheet, "tested"), 6).value = "без филиала"

    folder.send("s11", change=write)
    result = folder.run()
    assert told(result) == [("B43", "note")]
    assert found(result, "s11")[["cell", "found"]].values.tolist() == [["F12", "без филиала"]]
    assert all_values_are_good(result)


def test_words_around_the_tables(folder):
    def write(workbook: Workbook) -> None:
        sheet_of(workbook)["C6"] = "см. ниже"
        sheet_of(workbook)["B30"] = "Данные без филиала"
        sheet_of(workbook)["H12"] = "уточним"
        workbook["Паспорт"]["B30"] = "Учтите второй корпус"
        workbook["Мероприятия"]["B40"] = "План утверждён в мае"

    folder.send("s11", "2022-06", change=write)
    result = folder.run()
    assert told(result) == [("B43", "note")] * 3
    texts = text_found(result, "B43")
    for text in ("C6: см. ниже", "B30: Данные без филиала", "H12: уточним", "Учтите второй корпус", "План утверждён"):
        assert text in texts


def test_many_words_are_counted(folder):
    def write(workbook: Workbook) -> None:
        for row in range(30, 40):
            sheet_of(workbook).cell(row, 2).value = f"примечание {row}"

    folder.send("s11", change=write)
    assert text_found(folder.run(), "B43").endswith("и ещё 7")


def test_comments_and_pictures_are_mentioned(folder):
    def comment(workbook: Workbook) -> None:
        sheet_of(workbook)["D12"].comment = Comment("по факту 240", "завуч")

    folder.send("s11", change=comment)
    path = folder.path / "inbox" / folder.send("s12")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/media/image1.jpeg", b"\xff\xd8\xff")
    result = folder.run()
    assert told(result) == told(result, "s12") == [("B20", "note")]
    assert (text_found(result, "B20"), text_found(result, "B20", "s12")) == ("примечания к ячейкам", "рисунки")
    assert all_values_are_good(result) and all_values_are_good(result, "s12")


# columns and rows


def test_the_column_of_values_is_deleted(folder):
    """What stands in its place are last month's values: they must not become this month's."""

    def delete(workbook: Workbook) -> None:
        sheet_of(workbook).delete_cols(4)

    folder.send("s11", change=delete, previous={"month.tested": 90, "month.covered": 95})
    result = folder.run()
    assert told(result) == [("B16", "error")] and text_found(result, "B16") == "Значение"
    assert result.observations["value"].isna().all()


def test_heading_and_a_column_deleted_names_lost(folder):
    def delete(workbook: Workbook) -> None:
        forget_names(workbook)
        sheet_of(workbook).delete_rows(7)
        sheet_of(workbook).delete_cols(3)

    folder.send("s11", change=delete, previous={"month.tested": 90})
    result = folder.run()
    assert told(result) == [("B16", "error")]
    assert result.observations["value"].isna().all()


def test_two_columns_of_values(folder):
    def insert(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        sheet.insert_cols(4)
        for row in range(7, LAST + 1):
            sheet.cell(row, 4).value = "Значение" if row == 7 else 1

    folder.send("s11", change=insert)
    result = folder.run()
    assert told(result) == [("B16", "error")]
    assert result.observations["value"].isna().all()


def test_a_heading_with_something_added(folder):
    def rename(workbook: Workbook) -> None:
        forget_names(workbook)
        sheet_of(workbook)["D7"] = "Значение за март"

    folder.send("s11", change=rename)
    result = folder.run()
    assert told(result) == [] and all_values_are_good(result)


def test_rows_sorted_by_name(folder):
    def order(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        rows = [[sheet.cell(row, column).value for column in range(1, 7)] for row in range(FIRST, LAST + 1)]
        for number, row in enumerate(sorted(rows, key=lambda row: row[1]), start=FIRST):
            for column, text in enumerate(row, start=1):
                sheet.cell(number, column).value = text

    folder.send("s11", change=order)
    result = folder.run()
    assert told(result) == [] and all_values_are_good(result)


def test_only_the_values_sorted_cannot_pass_the_checks(folder):
    def order(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        for row, number in enumerate(sorted(column_of(sheet, 4)), start=FIRST):  # type: ignore[type-var]
            sheet.cell(row, 4).value = number  # type: ignore[assignment]

    folder.send("s11", change=order)
    assert ("E2", "error") in told(folder.run())


def test_whole_rows_copied_below(folder):
    def copy(workbook: Workbook) -> None:
        sheet = sheet_of(workbook)
        for column in range(1, 7):
            sheet.cell(LAST + 1, column).value = sheet.cell(12, column).value
            sheet.cell(LAST + 2, column).value = sheet.cell(13, column).value
        sheet.cell(LAST + 2, 4).value = 999

    folder.send("s11", change=copy)
    result = folder.run()
    assert told(result) == [("B16", "error"), ("B16", "note")]
    assert value(result, "s11", "2022-03", "covered") is None and all_values_are_good(result, but="covered")


# another month, another school


def test_the_title_of_the_sheet_says_another_month(folder):
    def retitle(workbook: Workbook) -> None:
        sheet_of(workbook)["A1"] = "Месяц: апрель 2022 года"

    folder.send("s11", change=retitle)
    result = folder.run()
    assert told(result) == [("B14", "query")] and "апрель 2022 года" in text_found(result, "B14")


def test_an_old_form_with_a_new_title_alone_is_recognised(folder):
    same = good_values("2022-02", 11)

    def retitle(workbook: Workbook) -> None:
        sheet_of(workbook)["A1"] = "Месяц: февраль 2022 года"

    folder.send("s11", "2022-02", values=same)
    folder.send("s11", "2022-03", values=same, change=retitle)
    result = folder.run()
    assert ("B14", "error") in told(result)
    assert set(result.observations["period"]) == {"2022-02"}


def test_another_schools_name_over_the_numbers(folder):
    def retitle(workbook: Workbook) -> None:
        sheet_of(workbook)["A2"] = "СОШ № 12"

    folder.send("s11", change=retitle)
    result = folder.run()
    assert told(result) == [("B25", "query")] and "СОШ № 12" in text_found(result, "B25")
    assert result.observations.empty


def test_two_months_on_two_sheets(folder):
    def add(workbook: Workbook) -> None:
        april = workbook.copy_worksheet(sheet_of(workbook))
        april.title, sheet_of(workbook).title = "Апрель", "Март"
        april["A1"] = "Месяц: апрель 2022 года"
        for row in range(FIRST, LAST + 1):
            april.cell(row, 4).value += 1  # type: ignore[operator]

    folder.send("s11", change=add)
    result = folder.run()
    assert ("B19", "error") in told(result)
    assert result.observations["value"].isna().all()


def test_a_ticked_zero_report_with_work_in_it(folder):
    folder.send("s11", zero_report=True)
    result = folder.run()
    assert told(result) == [("B03", "query")] and found(result, "s11")["measure"].tolist() == ["events"]
    assert all_values_are_good(result)


def test_summer_in_the_june_form_is_not_dropped_in_silence(folder):
    folder.send("s11", "2022-06", activities={"2.11": ("выполнено", 3, "отчёт"), "2.3": ("выполнено", 1, "")})
    result = folder.run()
    assert told(result) == [("B48", "note")] and text_found(result, "B48") == "2.11"
    assert result.activities["activity"].tolist() == ["2.3"]


def test_long_evidence_is_cut_with_a_note(folder):
    folder.send("s11", "2022-06", activities={"2.3": ("выполнено", 1, "приказ " * 100)})
    result = folder.run()
    assert told(result) == [("B47", "note")]
    assert len(result.activities["evidence"].item()) == 300


# other programs


def test_names_and_the_hidden_sheet_lost(folder):
    def lose(workbook: Workbook) -> None:
        forget_names(workbook)
        del workbook["_form"]

    folder.send("s11", change=lose, name="март.xlsx")
    result = folder.run()
    assert told(result) == [] and all_values_are_good(result)


def test_numbers_kept_as_text_with_an_apostrophe(folder):
    def quote(workbook: Workbook) -> None:
        for row in range(FIRST, LAST + 1):
            cell = sheet_of(workbook).cell(row, 4)
            cell.value, cell.data_type = str(cell.value), "s"

    folder.send("s11", change=quote)
    result = folder.run()
    assert set(told(result)) == {("B06", "note")} and all_values_are_good(result)


def test_dates_of_the_1904_system(folder):
    def mac(workbook: Workbook) -> None:
        workbook.epoch = CALENDAR_MAC_1904
        workbook["Паспорт"]["D12"].value = date(2022, 3, 18)
        sheet_of(workbook)["D12"].value = date(2022, 5, 12)

    folder.send("s11", change=mac)
    result = folder.run()
    assert told(result) == [("B11", "error")] and text_found(result, "B11") == "12.05.2022"
    assert all_values_are_good(result, but="tested")


def test_a_letter_for_a_digit_and_a_number_in_words(folder):
    folder.send("s11", change=set_cell("tested", "1О5"))
    folder.send("s12", change=set_cell("tested", "двести"))
    result = folder.run()
    assert told(result) == told(result, "s12") == [("B41", "error")]


STRICT = {
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
}


def strict(name: str, part: bytes) -> tuple[str, bytes]:
    for old, new in STRICT.items():
        part = part.replace(old, new)
    return name, part


def elsewhere(name: str, part: bytes) -> tuple[str, bytes]:
    return name.replace("xl/worksheets/", "xl/"), part.replace(b"worksheets/sheet", b"sheet")


def backslashes(name: str, part: bytes) -> tuple[str, bytes]:
    return name.replace("/", "\\"), part


def escaped(name: str, part: bytes) -> tuple[str, bytes]:
    return name, part.replace("МБОУ СОШ № 11".encode(), "МБОУ_x0020_СОШ № 11_x000D_".encode())


@pytest.mark.parametrize("way", [strict, elsewhere, backslashes, escaped])
def test_other_ways_to_write_the_same_package(folder, way):
    content = changed((folder.path / "inbox" / folder.send("s11")).read_bytes(), lambda _: None)
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(*way(name, source.read(name)))
    folder.put("forma_2022-03_s11.xlsx", buffer.getvalue())
    result = folder.run()
    assert told(result) == [] and all_values_are_good(result)


def test_a_csv_whose_texts_hold_other_separators(folder):
    """Semicolons divide, and the texts are full of commas."""
    path = folder.path / "inbox" / folder.send("s11")
    buffer = StringIO(newline="")
    rows = load_workbook(path)["Месяц"].iter_rows(max_col=5, values_only=True)
    csv.writer(buffer, delimiter=";").writerows([*row, "a,b,c,d,e,f,g,h,i,j"] if row[3] else row for row in rows)
    path.unlink()
    folder.put("forma_2022-03_s11.csv", buffer.getvalue().encode("cp1251", errors="replace"))
    result = folder.run()
    assert ("B34", "note") in told(result) and all_values_are_good(result)


def test_the_protocol_sent_back_is_no_form(folder):
    folder.send("s11", change=set_cell("tested", "12,5"))
    folder.run()
    protocol = folder.path / "protocols" / "2022-03" / "protocol_2022-03_s11.xlsx"
    folder.put(protocol.name, protocol.read_bytes(), "2022-03-19T10:00")
    result = folder.run()
    assert ("B46", "error") in told(result) and text_found(result, "B46") == "Протокол контроля данных"
    assert all_values_are_good(result, but="tested")


# anything anywhere


PLACES = [(title, row, column) for title in SHEET_TITLES.values() for row in range(1, 34) for column in range(1, 8)]
TYPED = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["нет", "–", "12,5", "около 20", "5 чел.", "=1+1", "#REF!", "tested", "Значение", "ИТОГО", "Код"]),
    st.integers(-5, 10**7), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.dates(), st.none(),
)  # fmt: skip


@given(typed=st.dictionaries(st.sampled_from(PLACES), TYPED, max_size=12))
@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_any_cell_of_the_form(tmp_path_factory, typed):
    """Intake never raises, and every filled input cell ends as a value, a finding, or both."""
    folder = Folder(tmp_path_factory.mktemp("any"), SCHOOLS)

    def write(workbook: Workbook) -> None:
        for (title, row, column), content in typed.items():
            cell = workbook[title].cell(row, column)
            if type(cell).__name__ == "Cell":  # not the hidden part of a merged one
                cell.value = _writable(content)  # type: ignore[assignment]

    name = folder.send("s11", "2022-06", change=write)
    form = load_workbook(folder.path / "inbox" / name)
    result = folder.run()
    mine = result.findings[result.findings["file"] == name]
    refused = set(mine.loc[mine["severity"] != "note", "rule"]) & {
        "B12", "B16", "B17", "B18", "B19", "B22", "B25", "B26", "B27", "B36", "B40", "B44", "B46",
    }  # fmt: skip
    accepted = set(result.observations.dropna(subset=["value"])["source_cell"])
    for title in ("Месяц", "Полугодие", "Год"):
        told_cells = set(mine.loc[mine["sheet"] == title, "cell"])
        for row in range(FIRST, form[title].max_row + 1):
            filled = str(form[title].cell(row, 4).value or "").strip() or form[title].cell(row, 4).value == 0
            if filled and f"{title}!D{row}" not in accepted and not refused:
                assert f"D{row}" in told_cells, (title, row, form[title].cell(row, 4).value)


def _writable(content: object) -> object:
    return "".join(c for c in content if c.isprintable()) if isinstance(content, str) else content
