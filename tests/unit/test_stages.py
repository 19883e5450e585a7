"""Stages: drafts beside a finished report, and lists kept by hand."""

import os

import pandas as pd
import pytest

from analysis.periods import parse_period
from analysis.stages import Stage, read_optional

COLUMNS = {name: name for name in ("activity", "status", "date", "document")}


def stage(tmp_path, drafts=True):
    period = parse_period("2022H1")
    return Stage(None, period, period, tmp_path / "report", tmp_path / "drafts" if drafts else None)


def put(folder, value, age):
    folder.mkdir(exist_ok=True)
    path = folder / "coverage.parquet"
    pd.DataFrame({"x": [value]}).to_parquet(path)
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


def test_under_a_command_tables_go_into_the_report_and_nothing_is_said(tmp_path):
    one = stage(tmp_path, drafts=False)
    assert one.save(coverage=pd.DataFrame({"x": [1]})) is None
    assert (tmp_path / "report" / "coverage.parquet").exists()


def test_by_hand_they_are_drafts(tmp_path):
    put(tmp_path / "report", 1, 0)
    before = (tmp_path / "report" / "coverage.parquet").read_bytes()
    said = stage(tmp_path).save(coverage=pd.DataFrame({"x": [2]}))
    assert "не изменён" in said and str(tmp_path / "drafts") in said
    assert (tmp_path / "report" / "coverage.parquet").read_bytes() == before
    assert stage(tmp_path).load("coverage")["x"].tolist() == [2]


@pytest.mark.parametrize(("age", "wanted"), [(10, "report"), (-10, "drafts")])
def test_the_newer_of_draft_and_report_is_read(tmp_path, age, wanted):
    put(tmp_path / "report", "report", 0)
    put(tmp_path / "drafts", "drafts", age)
    assert stage(tmp_path).load("coverage")["x"].tolist() == [wanted]


@pytest.mark.parametrize("day", ["2022-06-01", "01.06.2022", " 1.6.2022 "])
def test_a_day_is_read_however_it_is_written(tmp_path, day):
    path = tmp_path / "centre_log.csv"
    path.write_text(f"activity,status,date,document\n2.2,выполнено,{day},приказ\n2.2,выполнено,,\n", encoding="utf-8")
    assert read_optional(path, COLUMNS)["date"].tolist() == ["2022-06-01", ""]


def test_what_excel_saves_is_read_and_empty_lines_are_not(tmp_path):
    path = tmp_path / "centre_log.csv"
    path.write_bytes("activity;status;date;document\r\n2.2;выполнено;01.06.2022;приказ\r\n;;;\r\n\r\n".encode("cp1251"))
    frame = read_optional(path, COLUMNS)
    assert frame.to_numpy().tolist() == [["2.2", "выполнено", "2022-06-01", "приказ"]]


def test_what_is_no_day_is_named_with_its_line(tmp_path):
    path = tmp_path / "centre_log.csv"
    path.write_text("activity,status,date,document\n2.2,выполнено,2022-06-01,a\n2.3,да,летом,b\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"centre_log.csv, строка 3, столбец date: «летом»"):
        read_optional(path, COLUMNS)
