"""Rows 32–36 and 39 of the table of bad inputs: the file itself – late, foreign, damaged, hostile, private."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from analysis.intake.convert import libreoffice
from analysis.intake.identity import School
from tests.unit.intake.kit import Folder, changed, found, good_values, row_of, set_cell, sheet_of, value

SCHOOLS = tuple(School(f"s{number}", f"СОШ № {number}", group="Б") for number in range(1, 9))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path, SCHOOLS)


def form(folder: Folder, school_id: str = "s1", **options) -> bytes:
    """A correct form's bytes, not left in the inbox."""
    name = folder.send(school_id, name="scratch.xlsx", **options)
    path = folder.path / "inbox" / name
    content = path.read_bytes()
    path.unlink()
    del folder.received[name]
    return content


def rezip(content: bytes, parts: dict[str, bytes | None], extra: dict[str, bytes] | None = None) -> bytes:
    """The archive with parts replaced (None: dropped) and added."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            new = parts.get(name, source.read(name))
            if new is not None:
                target.writestr(name, new)
        for name, new in (extra or {}).items():
            target.writestr(name, new)
    return buffer.getvalue()


def part(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(BytesIO(content)).read(name)


def refused(result, school_id: str, rule: str) -> None:
    findings = found(result, school_id)
    assert list(findings["rule"]) == [rule], findings[["rule", "found"]]
    assert list(findings["severity"]) == ["error"]
    assert not result.observations["school_id"].eq(school_id).any()


# 32, 33: time


def test_32_a_late_file_is_accepted(folder):
    folder.send("s1", at="2022-03-21T23:59")  # 20 March 2022 was a Sunday
    folder.send("s2", at="2022-03-24T08:00")
    result = folder.run()
    assert found(result, "s1", "B32").empty
    late = found(result, "s2", "B32")
    assert list(late["found"]) == ["с опозданием на 3 дн."] and list(late["severity"]) == ["note"]
    assert value(result, "s2", "2022-03", "tested") is not None
    rows = result.register.set_index("school_id")
    assert rows.loc["s1", ["status", "days_late"]].tolist() == ["on_time", 0]
    assert rows.loc["s2", ["status", "days_late"]].tolist() == ["late", 3]


def test_33_a_correction_after_the_meeting_is_a_new_version(folder):
    folder.send("s1", "2022-06", values={"tested": 100})
    first = folder.run()
    before = (folder.path / "register.csv").read_bytes()
    folder.send(
        "s1",
        "2022-06",
        values={"tested": 90},
        name="s1 уточн.xlsx",
        at="2022-07-05T10:00",
        extra={"revision": "уточнённая"},
    )
    second = folder.run()
    assert value(first, "s1", "2022-06", "tested") == 100
    assert value(second, "s1", "2022-06", "tested") == 90
    assert set(second.observations["version"]) == {2}
    assert (folder.path / "register.csv").read_bytes().startswith(before)
    assert sorted(found(second, "s1")["rule"]) == ["B23", "B33"]
    assert set(found(second, "s1")["severity"]) == {"note"}
    assert second.register["status"].tolist() == ["on_time", "recalculated"]


# 34: other kinds of file


def as_csv(content: bytes, delimiter: str) -> str:
    sheet = load_workbook(BytesIO(content))["Месяц"]
    rows = [["" if cell is None else str(cell) for cell in row[:5]] for row in sheet.iter_rows(values_only=True)]
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    return "\r\n".join(delimiter.join(row) for row in quoted)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_34_csv(folder, encoding, delimiter):
    text = as_csv(form(folder), delimiter)
    folder.put("forma_2022-03_s1.csv", text.encode(encoding, errors="replace"))
    result = folder.run()
    assert list(found(result, "s1")["rule"]) == ["B34"]
    assert set(found(result, "s1")["severity"]) == {"note"}
    assert value(result, "s1", "2022-03", "tested") == good_values("2022-03", 1)["tested"]
    assert value(result, "s1", "2022-03", "pubs") == good_values("2022-03", 1)["month.pubs"]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("s1.pdf", b"%PDF-1.4\n", "PDF"),
        ("s1 2022-03.jpg", b"\xff\xd8\xff\xe0 JFIF", "фотография"),
        ("s1.xlsx", b"\x89PNG\r\n", "изображение"),
        ("s1.rar", b"Rar!\x1a\x07", "RAR"),
        ("s1.xls", b"<html><table><tr><td>1</td></tr></table></html>", "веб-страница"),
        ("s1 2022-03.eml", b"From: school@example.org\nSubject: form\n\nsee attachment", "письмо"),
        ("s1 2022-03.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__substg1.0_0037".encode("utf-16-le"), "письмо"),
        ("s1.docx", None, "Word"),
        ("s1.zip", None, "архив"),
    ],
)
def test_34_other_kinds_are_refused_clearly(folder, name, content, word):
    if content is None:
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("word/document.xml" if word == "Word" else "form.xlsx", "x")
        content = buffer.getvalue()
    folder.put(name, content)
    result = folder.run()
    refused(result, "s1", "B34")
    assert word in found(result, "s1")["found"].iloc[0]


def encrypted_ods() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        entry = (
            '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
        )
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest>{entry}</manifest:manifest>")
        archive.writestr("content.xml", bytes(range(256)) * 8)
    return buffer.getvalue()


def locked_archive(content: bytes) -> bytes:
    """Every part's flag says that it is encrypted, in both of the places where a zip file keeps flags."""
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        pieces = content.split(mark)
        flagged = [piece[: place - 4] + bytes([piece[place - 4] | 1]) + piece[place - 3 :] for piece in pieces[1:]]
        content = mark.join([pieces[0], *flagged])
    return content


@pytest.mark.parametrize("kind", ["xlsx", "ods", "zip"])
def test_34_password(folder, kind):
    """``password.xlsx`` is a form of March 2022 that was encrypted with the password «школа» as Excel does it."""
    content = {
        "xlsx": (Path(__file__).parent / "data" / "password.xlsx").read_bytes(),
        "ods": encrypted_ods(),
        "zip": locked_archive(form(folder)),
    }[kind]
    folder.put(f"s1 2022-03.{kind.replace('zip', 'xlsx')}", content)
    result = folder.run()
    refused(result, "s1", "B34")
    assert "паролем" in found(result, "s1")["action"].iloc[0]


def test_34_old_xls_without_libreoffice_is_refused(folder, monkeypatch):
    monkeypatch.setattr("analysis.intake.convert.libreoffice", lambda: None)
    folder.put("s1 2022-03.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    result = folder.run()
    refused(result, "s1", "B34")
    assert ".xlsx" in found(result, "s1")["action"].iloc[0]


@pytest.mark.office
@pytest.mark.skipif(libreoffice() is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("target", ["xlsx", "ods", "xls"])
def test_libreoffice_round_trip(folder, tmp_path, target):
    """Opened and saved by LibreOffice, a form says the same, in every format it writes."""
    from analysis.intake.convert import convert

    source = tmp_path / "form.xlsx"
    source.write_bytes(
        form(folder, key="2022-06", activities={"2.10": ("выполнено", 2, "приказ")}, extra={"revision": "уточнённая"})
    )
    saved = convert(source, tmp_path, target)
    folder.put(f"forma_2022-06_s1.{target}", saved.read_bytes(), "2022-06-18T10:00")
    folder.send("s2", "2022-06", values=good_values("2022-06", 1) | {"tested": 77})
    result = folder.run()
    notes = found(result, "s1")
    assert set(notes["severity"]) <= {"note"} and set(notes["rule"]) <= {"B34"}
    mine = result.observations[result.observations["school_id"] == "s1"].set_index(["period", "measure"])["value"]
    other = result.observations[result.observations["school_id"] == "s2"].set_index(["period", "measure"])["value"]
    assert len(mine) == len(other) == 43
    assert (mine.drop(("2022-06", "tested")) == other.drop(("2022-06", "tested"))).all()
    assert result.activities[["activity", "status", "n_events", "evidence"]].values.tolist() == [
        ["2.10", "выполнено", 2.0, "приказ"]
    ]


@pytest.mark.office
@pytest.mark.skipif(libreoffice() is None, reason="LibreOffice is not installed")
def test_checks_and_totals_are_counted_live(folder, tmp_path):
    """What the person who fills the form sees beside the cells, calculated by an office program."""
    from analysis.intake.convert import convert

    mistakes = {"tested": 600, "covered": 12.5, "par": None, "half.events": "сорок", "tested9": 90, "plan": "приказ"}
    content = form(
        folder,
        key="2022-06",
        values=mistakes,
        previous={"month.exc_online": 900},
        activities={"2.3": ("выполнено", 2, "")},
    )
    (tmp_path / "form.xlsx").write_bytes(content)
    book = load_workbook(convert(tmp_path / "form.xlsx", tmp_path), data_only=True)

    def says(sheet: str, code: str) -> str:
        return str(book[sheet].cell(row_of(book[sheet], code), 6).value)

    assert says("Месяц", "tested") == "больше, чем в строке «N5_11»: 501"
    assert says("Месяц", "covered") == "нужно целое число от 0"
    assert says("Месяц", "par") == "заполните"
    assert says("Месяц", "exc_online") == "меньше, чем в прошлом отчёте"
    assert says("Месяц", "N5_11") == says("Год", "uday") == "верно"
    assert says("Полугодие", "events") == "нужно число цифрами"
    assert says("Полугодие", "tested9") == "больше, чем в строке «N9»: 80"
    assert says("Полугодие", "plan") == "выберите да или нет"
    counters = [book[name]["F5"].value for name in ("Полугодие", "Год", "Мероприятия")]
    assert counters == ["8 из 11", "17 из 17", "1 из 22"]


@pytest.mark.office
@pytest.mark.skipif(libreoffice() is None, reason="LibreOffice is not installed")
def test_a_zero_report_is_said_to_be_zero(folder, tmp_path):
    from analysis.intake.convert import convert

    empty = {"month.events": None, "tested": None}
    (tmp_path / "form.xlsx").write_bytes(form(folder, values=empty, zero_report=True))
    sheet = load_workbook(convert(tmp_path / "form.xlsx", tmp_path), data_only=True)["Месяц"]
    assert sheet.cell(row_of(sheet, "events"), 6).value == "ноль"
    assert sheet.cell(row_of(sheet, "tested"), 6).value == "без изменений"
    assert sheet["F5"].value == "15 из 15"


@pytest.mark.office
@pytest.mark.skipif(libreoffice() is None, reason="LibreOffice is not installed")
def test_every_sheet_prints_on_one_page_of_a4(folder, tmp_path):
    """The longest form, as LibreOffice would print it."""
    from pypdf import PdfReader

    from analysis.intake.convert import convert

    source = tmp_path / "form.xlsx"
    source.write_bytes(form(folder, key="2022-12"))
    pages = PdfReader(convert(source, tmp_path, "pdf")).pages
    visible = [sheet.title for sheet in load_workbook(source) if sheet.sheet_state == "visible"]
    assert len(pages) == len(visible) == 5
    for page, title in zip(pages, visible, strict=True):
        assert sorted(round(float(side) / 72 * 25.4) for side in page.mediabox[2:]) == [210, 297], title
        assert title == "Паспорт" or "Проверка" in page.extract_text() or "Состояние" in page.extract_text(), title


# 35: damaged and hostile


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9, 0.99])
def test_35_truncated(folder, share):
    content = form(folder)
    folder.put("forma_2022-03_s1.xlsx", content[: int(len(content) * share)])
    refused(folder.run(), "s1", "B35")


def test_35_empty_file_and_noise(folder):
    folder.put("forma_2022-03_s1.xlsx", b"")
    folder.put("forma_2022-03_s2.xlsx", bytes(range(256)) * 20)
    result = folder.run()
    refused(result, "s1", "B35")
    refused(result, "s2", "B35")


def test_35_a_corrected_file_answers(folder):
    content = form(folder)
    folder.put("forma_2022-03_s1.xlsx", content[:2000], "2022-03-17T10:00")
    folder.put("forma_2022-03_s1 (2).xlsx", content, "2022-03-18T10:00")
    result = folder.run()
    assert set(found(result, "s1")["severity"]) <= {"note"}
    assert list(found(result, "s1", "B35", state="closed")["severity"]) == ["error"]
    assert value(result, "s1", "2022-03", "tested") is not None


def test_35_macros_and_links_are_noticed_and_never_followed(folder):
    content = form(folder)
    macros = rezip(content, {}, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 Sub Auto_Open"})
    folder.put("forma_2022-03_s1.xlsm", macros)
    book = part(content, "xl/workbook.xml")
    linked = book.replace(
        b"</sheets>", b'</sheets><externalReferences><externalReference r:id="rId99"/></externalReferences>'
    )
    link = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    other = form(folder, "s2")
    folder.put(
        "forma_2022-03_s2.xlsx", rezip(other, {"xl/workbook.xml": linked}, {"xl/externalLinks/externalLink1.xml": link})
    )
    result = folder.run()
    for code in ("s1", "s2"):
        assert list(found(result, code)[["rule", "severity"]].iloc[0]) == ["B35", "note"]
        assert value(result, code, "2022-03", "tested") is not None


def test_35_external_entities_are_refused(folder, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret 4711", encoding="utf-8")
    content = form(folder)
    sheet = part(content, "xl/worksheets/sheet2.xml").replace(b"<worksheet", b"<worksheet", 1)
    attack = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'.encode()
    body = re.sub(rb'(<c r="D12"[^>]*>)<v>\d+</v>', rb"\g<1><v>&leak;</v>", sheet)
    folder.put("forma_2022-03_s1.xlsx", rezip(content, {"xl/worksheets/sheet2.xml": attack + body}))
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    folder.put("forma_2022-03_s2.xlsx", rezip(form(folder, "s2"), {"xl/worksheets/sheet2.xml": laughs + sheet}))
    result = folder.run()
    refused(result, "s1", "B45")
    refused(result, "s2", "B45")
    assert "4711" not in result.findings.to_string()


def test_a_zip_bomb_is_refused(folder):
    bomb = b"<sst><si><t>" + b"a" * 80_000_000 + b"</t></si></sst>"
    relation = b'<Relationship Id="rId77" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    content = form(folder)
    relations = part(content, "xl/_rels/workbook.xml.rels").replace(b"</Relationships>", relation)
    bombed = rezip(content, {"xl/_rels/workbook.xml.rels": relations}, {"xl/sharedStrings.xml": bomb})
    assert len(bombed) < 200_000
    folder.put("forma_2022-03_s1.xlsx", bombed)
    refused(folder.run(), "s1", "B45")


def _with_rows(content: bytes, rows: bytes) -> bytes:
    sheet = part(content, "xl/worksheets/sheet2.xml").replace(b"</sheetData>", rows + b"</sheetData>")
    return rezip(content, {"xl/worksheets/sheet2.xml": sheet})


def test_a_million_empty_formatted_rows(folder):
    rows = b"".join(
        b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/></row>' % (i, i) for i in range(30, 1_000_030)
    )
    folder.put("forma_2022-03_s1.xlsx", _with_rows(form(folder), rows))
    result = folder.run()
    assert list(found(result, "s1")[["rule", "severity"]].iloc[0]) == ["B45", "note"]
    assert value(result, "s1", "2022-03", "tested") == good_values("2022-03", 1)["tested"]


def test_too_many_filled_cells(folder):
    cells = b"".join(b'<c r="%s%d"><v>1</v></c>' % (column, 30) for column in (b"A", b"B"))
    rows = b"".join(
        b'<row r="%d">' % row + cells.replace(b"30", b"%d" % row) * 1 + b"</row>" for row in range(30, 19_000)
    )
    wide = b"".join(b"<c><v>1</v></c>" for _ in range(900))
    dense = b"".join(b'<row r="%d">%s</row>' % (row, wide) for row in range(30, 330))
    folder.put("forma_2022-03_s1.xlsx", _with_rows(form(folder), dense))
    folder.put("forma_2022-03_s2.xlsx", _with_rows(form(folder, "s2"), rows))
    result = folder.run()
    refused(result, "s1", "B45")
    assert value(result, "s2", "2022-03", "tested") is not None


# 36: personal data


@pytest.mark.parametrize(
    "text",
    [
        "Иванов Пётр Сергеевич",
        "Сидорова Анна",
        "Петрова А.В.",
        "Иванов П., Сидорова А.",
        "ДЦП, 3 чел.",
        "диагноз F70.1",
    ],
)
def test_36_names_and_diagnoses(folder, text):
    folder.send("s1", change=set_cell("tested", text))
    result = folder.run()
    refused(result, "s1", "B36")
    word = "F70" if "F70" in text else text.split()[0].strip(",")
    written = [path for path in folder.path.rglob("*") if path.is_file() and "inbox" not in path.parts]
    everything = b"".join(path.read_bytes() for path in written)
    everything += zlib.decompress((folder.path / "accepted" / "readings.cache").read_bytes())
    assert word not in result.findings.to_string()
    assert word.encode() not in everything


def test_36_a_list_of_pupils_on_a_sheet_of_its_own(folder):
    def add_list(workbook: Workbook) -> None:
        sheet = workbook.create_sheet("Лист1")
        for name in ("Иванов Пётр", "Сидорова Анна", "Кузнецов Олег"):
            sheet.append([name, "7А"])

    folder.send("s1", change=add_list)
    result = folder.run()
    refused(result, "s1", "B36")
    assert "Кузнецов" not in result.findings.to_string()


def test_36_one_teacher_is_asked_about_without_losing_the_form(folder):
    def sign(workbook: Workbook) -> None:
        workbook["Паспорт"]["A40"] = "Исполнитель: Петрова А.В."

    folder.send("s1", change=sign)
    folder.send("s2", "2022-06", activities={"2.3": ("выполнено", 1, "приказ, отв. Петрова А.В.")})
    result = folder.run()
    for code in ("s1", "s2"):
        assert list(found(result, code)[["rule", "severity"]].iloc[0]) == ["B36", "query"]
    assert value(result, "s1", "2022-03", "tested") is not None
    assert result.activities["evidence"].tolist() == [""]
    assert "Петров" not in result.findings.to_string()


def test_36_a_school_may_bear_a_persons_name(tmp_path):
    folder = Folder(tmp_path, [School("s1", "МБОУ «Лицей имени Королёва Сергея Павловича»", group="А")])
    folder.send("s1")
    assert found(folder.run(), "s1").empty


# 39: text that Excel would run


def test_39_formulas_in_names_and_cells_stay_text(folder):
    folder.send("s1", name="=cmd forma_2022-03_s1.xlsx", change=set_cell("tested", "'=1+1"))

    def evil(workbook: Workbook) -> None:
        cell = sheet_of(workbook).cell(row_of(sheet_of(workbook), "tested"), 4)
        cell.value, cell.data_type = "=HYPERLINK(1)", "s"

    folder.send("s2", change=evil)
    result = folder.run()
    assert list(found(result, "s2")["rule"]) == ["B41"]
    lines = (folder.path / "register.csv").read_text(encoding="utf-8").splitlines()
    names = [line.split(",")[2] for line in lines[1:]]
    assert all(not name.startswith(("=", "+", "-", "@")) for name in names)
    protocol = load_workbook(folder.path / "protocols" / "2022-03" / "protocol_2022-03_s2.xlsx").worksheets[0]
    cells = [cell for row in protocol.iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert len(cells) == 1 and cells[0].data_type == "s"
    assert folder.run().register.equals(result.register)


def test_leftovers_of_office_programs_are_no_forms(folder):
    for name in ("~$forma_2022-03_s1.xlsx", ".DS_Store", "Thumbs.db", "a/.~lock.x#"):
        folder.put(name, b"x")
    folder.send("s1", name="март/школа 1/forma_2022-03_s1.xlsx")
    result = folder.run()
    assert result.register["file_name"].tolist() == ["март/школа 1/forma_2022-03_s1.xlsx"]


def test_the_inbox_is_only_read(folder):
    folder.send("s1")
    folder.put("forma_2022-03_s2.pdf", b"%PDF-1.4")
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (folder.path / "inbox").rglob("*") if p.is_file()}
    folder.run()
    after = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (folder.path / "inbox").rglob("*") if p.is_file()}
    assert before == after


def test_an_unreadable_file_does_not_stop_the_others(folder, tmp_path):
    for number in range(1, 9):
        folder.send(f"s{number}")
    (Path(tmp_path) / "inbox" / "forma_2022-03_s3.xlsx").write_bytes(changed(b"PK\x03\x04rubbish", None))
    result = folder.run(jobs=2)
    assert result.observations["school_id"].nunique() == 7
    refused(result, "s3", "B35")
