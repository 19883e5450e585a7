"""The demo's inbox as jobs: names, times, planted mistakes, and what each change does to a file."""

import zipfile
from datetime import datetime, time
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from analysis.demo.edits import Change, changed
from analysis.demo.inbox import correct_jobs, write_job
from analysis.demo.mistakes import MISTAKES
from analysis.demo.model import build_city
from analysis.demo.roster import CLOSED, LATE, OPENED, SILENT, demo_schools
from analysis.demo.spoiling import sent_jobs
from analysis.intake.forms import form_bytes
from analysis.intake.identity import School
from analysis.settings import load_settings

PARAMS = Path(__file__).resolve().parents[2] / "params"
VALUE = "D"


@pytest.fixture(scope="module")
def settings():
    return load_settings(PARAMS)


@pytest.fixture(scope="module")
def jobs(settings):
    schools = demo_schools()
    known = {s.school_id: School(s.school_id, s.name, s.kind, s.group) for s in schools}
    months = correct_jobs(build_city(), settings, known)
    return [job for correct in months for job in sent_jobs(correct, schools, settings)]


@pytest.fixture(scope="module")
def form(settings):
    month = settings.parse_period("2022-04")
    values = {"tested": 40, "covered": 60, "events": 5, "bvb": 7, "exc_online": 0, "ovz_cov": 2, "pubs": 1}
    return form_bytes(School("s101", "СОШ № 101", "СОШ", "В"), month, settings, values=values)


def sheet_rows(content, title="Месяц"):
    sheet = load_workbook(BytesIO(content))[title]
    return {row: [cell.value for cell in sheet[row]] for row in range(1, sheet.max_row + 1)}


def after(form, kind, settings, sheet="month", measure="bvb"):
    return changed(form, Change(kind, sheet, measure, "СОШ № 101"), settings)


def test_every_mistake_has_a_form_of_its_own():
    places = [(mistake.school_id, mistake.month) for mistake in MISTAKES]
    assert len(set(places)) == len(places) >= 25
    assert len({mistake.kind for mistake in MISTAKES}) == len(MISTAKES)
    assert {mistake.school_id for mistake in MISTAKES}.isdisjoint({CLOSED, OPENED, SILENT, LATE})
    assert all(0 <= mistake.row <= 40 for mistake in MISTAKES)


def test_every_mistake_is_in_one_file(jobs):
    assert sorted(job.mistake.kind for job in jobs if job.mistake) == sorted(mistake.kind for mistake in MISTAKES)


def test_words_for_zero_stand_where_the_truth_is_zero(settings):
    schools = {school.school_id: place for place, school in enumerate(demo_schools())}
    city = build_city()
    for mistake in MISTAKES:
        if mistake.kind.startswith("zero"):
            true = city.values(settings.measure(mistake.measure), settings.parse_period(mistake.month))
            assert true[schools[mistake.school_id]] == 0


def test_names_are_unique_and_say_the_month(jobs):
    assert len({job.path for job in jobs}) == len(jobs) > 800
    for job in jobs:
        folder, name = job.path.split("/")
        assert folder == job.month
        assert not set(name) & set('<>:"\\|?*'), name
        assert job.month[:4] in name


def test_who_sends_and_when(jobs, settings):
    first = [job for job in jobs if "уточнённая" not in job.path]
    late = [job.received_at.date() > settings.parse_period(job.month).due for job in first]
    by_school = {}
    for job, is_late in zip(first, late, strict=True):
        by_school.setdefault(job.school.school_id, []).append(is_late)
    assert SILENT not in by_school
    assert sum(by_school[LATE]) >= len(by_school[LATE]) * 0.5
    assert 0.02 < sum(late) / len(late) < 0.15
    assert {job.month for job in jobs if job.school.school_id == CLOSED} == {f"2021-{m:02d}" for m in range(7, 13)} | {
        "2022-01"
    }
    assert any(job.received_at.time() >= time(23) for job in jobs)
    assert all(job.received_at >= datetime.combine(settings.parse_period(job.month).start, time()) for job in jobs)


def test_corrections_come_after_and_are_marked(jobs):
    corrected = {job.path: job for job in jobs if job.extra.get("revision") == "уточнённая"}
    assert len(corrected) == sum(mistake.corrected_after is not None for mistake in MISTAKES)
    for path, job in corrected.items():
        first = next(j for j in jobs if j.path == path.replace(" уточнённая", ""))
        assert job.received_at > first.received_at


def test_zero_reports_hold_states_only(jobs, settings):
    zero = [job for job in jobs if job.zero_report]
    assert {job.month[5:] for job in zero} <= {"07", "08"} and len(zero) >= 5
    for job in zero:
        assert {settings.measure(cell.split(".")[1]).type for cell in job.values} == {"S"}


def test_the_same_job_writes_the_same_bytes(jobs, settings, tmp_path):
    for job in [next(j for j in jobs if j.mistake and j.mistake.kind == kind) for kind in ("inserted_row", "dash")]:
        (tmp_path / job.month).mkdir(exist_ok=True)
        first = write_job(tmp_path, job, settings)
        before = (tmp_path / job.path).read_bytes()
        assert write_job(tmp_path, job, settings) == first
        assert (tmp_path / job.path).read_bytes() == before


def test_an_inserted_row_moves_the_rows_below_and_their_names(form, settings):
    book = load_workbook(BytesIO(after(form, "inserted_row", settings)))
    rows = {row[0].value: row[0].row for row in book["Месяц"].iter_rows(max_col=1) if row[0].value}
    assert rows["bvb"] == rows["events"] + 2
    assert book.defined_names["month_bvb"].attr_text.endswith(f"${rows['bvb']}")
    assert book.defined_names["month_events"].attr_text.endswith(f"${rows['events']}")


def test_a_total_row_holds_the_sum(form, settings):
    rows = sheet_rows(after(form, "total_row", settings))
    total = next(row for row in rows.values() if row[1] == "ИТОГО")
    assert total[3] == 40 + 60 + 5 + 7 + 0 + 2


def test_a_renamed_row_has_no_code(form, settings):
    content = after(form, "renamed_row", settings, measure="tested")
    labels = {row[1]: row[0] for row in sheet_rows(content).values()}
    assert labels[settings.measure("tested").aliases[-1]] is None
    assert "month_tested" not in load_workbook(BytesIO(content)).defined_names


def test_a_second_sheet_differs(form, settings):
    content = after(form, "second_sheet", settings)
    assert sheet_rows(content) != sheet_rows(content, "Месяц (2)")


def test_error_date_and_hidden_rows(form, settings):
    error = load_workbook(BytesIO(after(form, "formula_error", settings)))["Месяц"]
    assert [row[3].data_type for row in error.iter_rows() if row[0].value == "bvb"] == ["e"]
    date = load_workbook(BytesIO(after(form, "date_cell", settings)))["Месяц"]
    assert [row[3].is_date for row in date.iter_rows() if row[0].value == "bvb"] == [True]
    hidden = load_workbook(BytesIO(after(form, "hidden_rows", settings)))["Месяц"]
    assert [hidden[f"A{row}"].value for row, d in hidden.row_dimensions.items() if d.hidden] == [
        "exc_online",
        "ovz_cov",
    ]


@pytest.mark.parametrize(("kind", "name"), [("name_variant", 'МБОУ "CОШ №101" г. '), ("number_only", "№ 101")])
def test_an_own_table_tells_the_school_by_name_alone(form, settings, kind, name):
    content = after(form, kind, settings)
    book = load_workbook(BytesIO(content))
    assert "_form" not in book.sheetnames
    assert not {"form_school", "form_period"} & set(book.defined_names)
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(text.startswith(name) for text in texts)
    assert not any("s101" in text for text in texts)


def test_broken_and_foreign_files(form, settings):
    assert not zipfile.is_zipfile(BytesIO(after(form, "damaged", settings)))
    assert after(form, "scan", settings).startswith(b"%PDF")
    assert after(form, "unknown kind", settings) == form
