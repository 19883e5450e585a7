"""Rows 1–12, 31, 37 and 38 of the table of bad inputs: what people type into a cell, in saved workbooks.

Every school of one inbox makes one mistake; the file is read back as it would be from a school.
"""

from __future__ import annotations

from datetime import date, datetime

import pytest

from analysis.intake.identity import School
from tests.unit.intake.kit import Folder, found, set_cell, value

# row of the table (0: none), typed into «tested» (or «plan»), rule, severity, accepted value
NOTE, QUERY, ERROR = "note", "query", "error"
COUNTS = [
    # 1. words for nothing
    (1, "нет", "B01", NOTE, 0),
    (1, "не было", "B01", NOTE, 0),
    (1, "0 чел.", "B01", NOTE, 0),
    # 2. dashes are not zero
    (2, "-", "B02", QUERY, None),
    (2, "–", "B02", QUERY, None),
    (2, "—", "B02", QUERY, None),
    (2, "х", "B02", QUERY, None),
    # 3. empty
    (3, None, "B03", QUERY, None),
    (3, "   ", "B03", QUERY, None),
    # 4. number with a unit
    (4, "47 чел.", "B04", NOTE, 47),
    (4, "52 уч.", "B04", NOTE, 52),
    # 5. fraction
    (5, "12,5", "E1", ERROR, None),
    (5, 12.5, "E1", ERROR, None),
    # 6. spaces
    (6, "1 24", "B41", ERROR, None),
    (6, "2 34 ", "B41", ERROR, None),
    (6, " 123 ", "B06", NOTE, 123),
    (6, "124\u00a0", "B06", NOTE, 124),
    (6, "１２５", "B06", NOTE, 125),
    # 7. a share where a count is asked
    (7, "45 %", "B07", QUERY, None),
    (7, "0,45", "B07", QUERY, None),
    (7, 0.45, "B07", QUERY, None),
    # 8. approximate
    (8, "10-15", "B08", ERROR, None),
    (8, "около 20", "B08", ERROR, None),
    (8, "более 30", "B08", ERROR, None),
    # 9. sums and explanations
    (9, "15 (из них 3 ОВЗ)", "B09", QUERY, None),
    (9, "7+8", "B09", QUERY, None),
    # 10. formulas: openpyxl saves them without a cached result
    (10, "=7+8", "B10", ERROR, None),
    (10, "#DIV/0!", "B10", ERROR, None),
    (10, "#REF!", "B10", ERROR, None),
    # 11. dates
    (11, date(2022, 5, 12), "B11", ERROR, None),
    (11, datetime(2022, 5, 12, 10, 30), "B11", ERROR, None),
    (11, "12.май", "B11", ERROR, None),
    # 31. impossible
    (31, -3, "E1", ERROR, None),
    (31, 1_000_000, "E1", ERROR, None),
    (31, "1e6", "E1", ERROR, None),
    (31, "+7 4722 32-12-45", "E1", ERROR, None),
    (31, 84722321245, "E1", ERROR, None),
    # anything else
    (0, "много", "B41", ERROR, None),
    (0, True, "B41", ERROR, None),
]
FLAGS = [
    (37, "Да", "B37", NOTE, 1),
    (37, "+", "B37", NOTE, 1),
    (37, "имеется", "B37", NOTE, 1),
    (37, "нет", "", "", 0),
    (37, "приказ № 5", "B37", QUERY, None),
    (37, "-", "B02", QUERY, None),
    (37, None, "B03", QUERY, None),
]


def _code(number: int) -> str:
    return f"s{200 + number}"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    count = len(COUNTS) + len(FLAGS)
    schools = [School(_code(i), f"СОШ № {200 + i}", group="Б") for i in range(count)]
    folder = Folder(tmp_path_factory.mktemp("cells"), schools)
    for number, (_, typed, *_) in enumerate(COUNTS):
        folder.send(_code(number), change=set_cell("tested", typed))
    for number, (_, typed, *_) in enumerate(FLAGS, start=len(COUNTS)):
        folder.send(_code(number), "2021-12", change=set_cell("plan", typed, "half"))
    return folder.run()


@pytest.mark.parametrize("number", range(len(COUNTS)), ids=[f"{case[0]}: {case[1]!r}" for case in COUNTS])
def test_count(result, number):
    _, _, rule, severity, accepted = COUNTS[number]
    code = _code(number)
    assert value(result, code, "2022-03", "tested") == accepted
    findings = found(result, code)
    assert list(findings["rule"]) == [rule]
    row = findings.iloc[0]
    assert (row["severity"], row["sheet"], row["cell"], row["measure"]) == (severity, "Месяц", "D12", "tested")
    assert row["file"] == f"forma_2022-03_{code}.xlsx"
    assert row["expected"] and row["action"]
    assert bool(row["until"]) == (severity != NOTE)
    # the rest of the form goes on
    assert value(result, code, "2022-03", "covered") is not None


@pytest.mark.parametrize("number", range(len(FLAGS)), ids=[f"{case[0]}: {case[1]!r}" for case in FLAGS])
def test_flag(result, number):
    _, _, rule, severity, accepted = FLAGS[number]
    code = _code(len(COUNTS) + number)
    assert value(result, code, "2021H2", "plan") == accepted
    findings = found(result, code)
    assert list(findings["rule"]) == ([rule] if rule else [])
    assert list(findings["severity"]) == ([severity] if severity else [])


def test_6_thousands_with_a_space_or_nbsp(tmp_path):
    """Row 6 with numbers that large schools have."""
    schools = [School("s1", "СОШ № 1", group="Б"), School("s2", "СОШ № 2", group="Б")]
    folder = Folder(tmp_path, schools)
    folder.send("s1", change=set_cell("N5_11", "1 234"))
    folder.send("s2", change=set_cell("N5_11", "1\u00a0234"))
    result = folder.run()
    for code in ("s1", "s2"):
        assert value(result, code, "2022-03", "N5_11") == 1234
        assert list(found(result, code)["rule"]) == ["B06"]


def test_10_formula_with_a_cached_result_is_read(tmp_path):
    """Row 10: what Excel calculated and saved is a value, with a note."""
    import re
    import zipfile
    from io import BytesIO

    from tests.unit.intake.kit import changed

    def with_cache(content: bytes) -> bytes:
        source = zipfile.ZipFile(BytesIO(changed(content, set_cell("tested", "=20*7"))))
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as target:
            for name in source.namelist():
                part = source.read(name)
                part = re.sub(rb"<f>20\*7</f><v\s*/?>(</v>)?", b"<f>20*7</f><v>140</v>", part)
                target.writestr(name, part)
        return buffer.getvalue()

    folder = Folder(tmp_path, [School("s1", "СОШ № 1", group="Б")])
    name = folder.send("s1")
    path = tmp_path / "inbox" / name
    content = with_cache(path.read_bytes())
    assert b"<v>140</v>" in zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet2.xml")
    path.write_bytes(content)
    result = folder.run()
    assert value(result, "s1", "2022-03", "tested") == 140
    assert list(found(result, "s1")[["rule", "severity"]].itertuples(index=False, name=None)) == [("B10", "note")]


def test_3_zero_report_means_zero_only_when_ticked(tmp_path):
    """Row 3: empty is 0 for flows; cumulative values stand as they were; contingents are still asked."""
    schools = [School("s1", "СОШ № 1", group="Б")]
    folder = Folder(tmp_path, schools)
    folder.send("s1", "2022-06")
    empty = dict.fromkeys(["tested", "covered", "bvb", "proekt", "probes", "exc", "exc_online", "ovz_cov", "par"])
    empty |= {"month.events": None, "month.pubs": None}
    folder.send("s1", "2022-07", values=empty, zero_report=True)
    folder.send("s1", "2022-08", values=empty | {"N8_11": None})
    result = folder.run()
    assert value(result, "s1", "2022-07", "events") == 0
    assert value(result, "s1", "2022-07", "tested") == value(result, "s1", "2022-06", "tested")
    notes = found(result, "s1")
    july = notes[notes["period"] == "2022-07"]
    assert set(july["severity"]) == {"note"}
    assert value(result, "s1", "2022-08", "events") is None
    assert value(result, "s1", "2022-08", "tested") is None
    august = notes[(notes["period"] == "2022-08") & (notes["rule"] == "B03")]
    assert set(august["severity"]) == {"query"} and len(august) == 12


def test_3_zero_report_at_the_start_of_the_school_year(tmp_path):
    folder = Folder(tmp_path, [School("s1", "СОШ № 1", group="Б")])
    folder.send("s1", "2022-06")
    empty = dict.fromkeys(["tested", "covered", "bvb", "proekt", "probes", "exc", "exc_online", "ovz_cov", "par"])
    folder.send("s1", "2022-09", values=empty | {"month.events": None, "month.pubs": None}, zero_report=True)
    result = folder.run()
    assert value(result, "s1", "2022-09", "tested") == 0  # cumulative values start anew


def test_38_no_parallel_of_grade_11_is_not_applicable(tmp_path):
    """Row 38: a zero contingent is accepted and said to be not applicable, never an error."""
    folder = Folder(tmp_path, [School("s1", "СОШ № 1", group="Б")])
    none = {"N10_11": 0, "prof": 0, "N11": 0, "N11_prof": 0, "gia_prof": 0}
    folder.send("s1", "2022-06", values=none)
    result = folder.run()
    assert value(result, "s1", "2022", "N11") == 0
    assert set(found(result, "s1")["rule"]) == {"W6"}
    assert set(found(result, "s1")["severity"]) == {"note"}


def test_12_date_as_text_in_the_passport(tmp_path):
    """Row 12: read when it has one reading."""
    schools = [School(f"s{i}", f"СОШ № {i}", group="Б") for i in range(1, 5)]
    folder = Folder(tmp_path, schools)
    folder.send("s1", extra={"filled_on": "18.3.22"})
    folder.send("s2", extra={"period_text": "март 2022"})
    folder.send("s3", extra={"filled_on": "в пятницу"})
    folder.send("s4", extra={"filled_on": date(2022, 3, 18)})
    result = folder.run()
    assert list(found(result, "s1")[["rule", "severity"]].iloc[0]) == ["B12", "note"]
    assert list(found(result, "s2")[["rule", "severity"]].iloc[0]) == ["B12", "note"]
    assert list(found(result, "s3")[["rule", "severity"]].iloc[0]) == ["B12", "query"]
    assert found(result, "s4").empty
    assert all(value(result, school.school_id, "2022-03", "tested") is not None for school in schools)
