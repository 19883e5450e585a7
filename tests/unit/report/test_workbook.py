"""results.xlsx as an analyst gets it: real tables, types, signs beside colours, nothing that runs."""

import os
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.dictionary import table_dictionary
from analysis.report.workbook import Heading, results_workbook
from analysis.report.workbook_codes import CODES
from analysis.tableschemas import WORDS
from tests.unit.measures.disclosure_kit import SETTINGS, random_city

ROOT = Path(__file__).parents[3]
HOSTILE = '=HYPERLINK("http://example.org","нажмите")'


@pytest.fixture(scope="module")
def tables():
    frames, schools = random_city(5, 9, small=False)
    frames["indicators"] = frames["indicators"].assign(suppressed=None)
    submissions = pd.DataFrame(
        [["s101", "2022H1", "2022-06-20", "2022-06-21T10:00", 1, 1, "late", 0, 2]],
        columns=[column.name for column in table_dictionary()["submissions"].columns],
    )
    findings = pd.DataFrame(
        [["error", "s101", HOSTILE, "Месяц", "B4", "-5", "+1", "@x", "E1"]],
        columns=[column.name for column in table_dictionary()["findings"].columns],
    )
    schools = schools.assign(name=[f"Школа {code}" for code in schools["school_id"]])
    return frames | {"submissions": submissions, "findings": findings, "schools": schools}


def book(tables, edition="working", demo=True):
    content = results_workbook(tables, SETTINGS, Heading("2022 год", edition, demo))
    return content, openpyxl.load_workbook(BytesIO(content))


def test_every_sheet_is_a_real_table_with_units_and_the_demo_stamp(tables):
    _, workbook = book(tables)
    assert workbook.sheetnames[0] == "Содержание"
    assert {"indicators", "changes", "passports", "units"} <= set(workbook.sheetnames)
    for sheet in workbook:
        stamped = [cell.value for row in sheet["A1:A3"] for cell in row if cell.value]
        assert any("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in text for text in stamped), sheet.title
        assert "ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in sheet.oddHeader.center.text
    for sheet in workbook.worksheets[1:]:
        [table] = sheet.tables.values()
        assert table.ref.startswith("A4:")
    heads = [cell.value for cell in workbook["indicators"][3]]
    assert "Значение, ед. показателя" in heads
    assert "Достижение цели, %" in heads
    links = [cell.hyperlink.location for (cell,) in workbook["Содержание"]["A6:A9"]]
    assert links[0] == "'submissions'!A1"


def test_cells_have_types_and_text_is_never_a_formula(tables):
    _, workbook = book(tables)
    due = next(cell for cell in workbook["submissions"][5] if cell.column_letter == "C")
    assert due.is_date
    received = next(cell for cell in workbook["submissions"][5] if cell.column_letter == "D")
    assert received.value == datetime(2022, 6, 21, 10) and received.number_format == "dd.mm.yyyy hh:mm"
    numbers = [row[4].value for row in workbook["indicators"].iter_rows(min_row=5) if row[4].value is not None]
    assert all(isinstance(value, int | float) for value in numbers)
    for cell in workbook["findings"][5]:
        assert cell.data_type == "s"
    assert workbook["findings"]["C5"].value == HOSTILE
    assert workbook["findings"]["C5"].quotePrefix
    content, _ = book(tables)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name) and "sheet" in name]


def test_colours_carry_a_sign(tables):
    _, workbook = book(tables)
    rules = [rule for place in workbook["changes"].conditional_formatting for rule in place.rules]
    assert {rule.formula[0].split("=")[1] for rule in rules} == {'"up"', '"down"'}
    for sheet in workbook:
        for place in sheet.conditional_formatting:
            for rule in place.rules:
                assert rule.dxf.numFmt.formatCode[1] in "▲▼●"


def test_smaller_books_of_the_meeting_and_the_public(tables):
    _, meeting = book(tables, "meeting")
    _, public = book(tables | {"indicators": tables["indicators"].query("level != 'school'")}, "public")
    assert "findings" not in meeting.sheetnames
    assert meeting["indicators"].cell(4, meeting["indicators"].max_column).value == "suppressed"
    assert "submissions" not in public.sheetnames
    names = [row[1].value for row in public["units"].iter_rows(min_row=5)]
    assert not any("Школа" in name for name in names)
    assert any(row[1].value == "Школа s101" for row in meeting["units"].iter_rows(min_row=5))


def test_same_bytes_whether_lxml_is_installed_or_not(tables):
    content, _ = book(tables)
    assert content == book(tables)[0]
    script = (
        "import analysis.xlsxfile, openpyxl.xml, hashlib\n"
        "assert openpyxl.xml.LXML is False\n"
        "book = openpyxl.Workbook(); book.active.append(['а', 1.5, '=1'])\n"
        "print(hashlib.sha256(analysis.xlsxfile.workbook_bytes(book)).hexdigest())"
    )
    digests = set()
    for start in ("import sys; sys.modules['lxml'] = None\n", ""):
        environment = {name: value for name, value in os.environ.items() if name != "OPENPYXL_LXML"}
        made = subprocess.run(
            [sys.executable, "-c", start + script], cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests.add(made.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize("edition", ["working", "meeting", "public"])
def test_every_column_and_code_is_explained_in_russian(tables, edition):
    _, workbook = book(tables, edition)
    explained = {tuple(cell.value for cell in row[:2]) for row in workbook["columns"].iter_rows(min_row=5)}
    codes = {tuple(cell.value for cell in row[:3]) for row in workbook["codes"].iter_rows(min_row=5)}
    assert codes and {sheet for sheet, *_ in explained | codes} <= set(workbook.sheetnames)
    for name in table_dictionary():
        if name in workbook.sheetnames:
            shown = [cell.value for cell in workbook[name][4]]
            assert {(name, column) for column in shown} <= explained
    for place, meanings in CODES.items():
        assert all(re.search("[а-яё]", text) for text in meanings.values())
        if place in explained:
            assert {(*place, code) for code in meanings} <= codes


def test_the_codes_explained_are_those_that_tables_may_hold():
    for table, column in (
        ("submissions", "status"),
        ("findings", "severity"),
        ("indicators", "status"),
        ("changes", "verdict"),
    ):
        assert tuple(CODES[table, column]) == WORDS[table][column]


def test_long_texts_wrap_instead_of_running_over_the_page(tables):
    long = tables["findings"].assign(action="Исправить значение и прислать форму снова. " * 4)
    _, workbook = book(tables | {"findings": long})
    cell = next(cell for cell in workbook["findings"][5] if str(cell.value).startswith("Исправить"))
    assert cell.alignment.wrap_text
