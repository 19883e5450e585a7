"""The demo data folder as it is on disk, and what intake makes of it."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from analysis.demo import MISTAKES, DemoError, generate_demo, is_current, true_values
from analysis.demo.generate import _files
from analysis.demo.inbox import write_job
from analysis.demo.model import build_city
from analysis.demo.roster import SILENT
from analysis.intake.identity import load_schools
from analysis.intake.run import run_intake
from analysis.settings import load_settings
from analysis.workspace import RequestError

PARAMS = Path(__file__).resolve().parents[2] / "params"
SHEET_TITLES = {"month": "Месяц", "half": "Полугодие", "year": "Год"}
# Checks that find a mistake when it is not «B» and the row of the table of bad inputs.
FOUND_BY = {
    "inserted_row": "B17",
    "fraction": "E1",
    "negative": "E1",
    "phone_number": "E1",
    "more_than_enrolled": "E2",
    "more_winners": "E4",
    "increment_for_total": "E6",
    "half_not_sum": "E7",
}


@pytest.fixture(scope="module")
def settings():
    return load_settings(PARAMS)


@pytest.fixture(scope="module")
def here(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "demo"
    seen = []
    summary = generate_demo(folder, settings, jobs=2, progress=lambda what, done, total: seen.append((done, total)))
    return folder, summary, seen


@pytest.fixture(scope="module")
def demo(here):
    return here[0]


@pytest.fixture(scope="module")
def taken_in(demo, made, settings, tmp_path_factory):
    """Read by the session's first report: the same files as these."""
    folder = tmp_path_factory.mktemp("intake") / "demo"
    shutil.copytree(made.data, folder)
    sent = [{path.relative_to(data): path.read_bytes() for path in data.glob("inbox/*/*")} for data in (demo, folder)]
    assert len(sent[0]) > 800 and sent[0] == sent[1]
    return run_intake(folder, settings)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_there(here, settings):
    folder, summary, seen = here
    assert sorted(p.name for p in folder.iterdir()) == [
        ".demo_version", "DEMO", "centre_log.csv", "imports", "inbox", "measures.csv", "planted_errors.csv",
        "received.csv", "recommendations.csv", "schools.csv",
    ]  # fmt: skip
    assert seen[-1] == (summary.n_files, summary.n_files)
    assert [p.name for p in folder.parent.iterdir() if p.name.endswith((".new", ".old"))] == []
    assert is_current(folder, settings)
    assert summary.n_schools == len(load_schools(folder / "schools.csv")) == 49


def test_received_lists_every_file(demo):
    on_disk = {p.relative_to(demo / "inbox").as_posix() for p in (demo / "inbox").rglob("*") if p.is_file()}
    imports = {f"imports/{path.name}" for path in (demo / "imports").iterdir()}
    assert {row["file_name"] for row in rows_of(demo / "received.csv")} == on_disk | imports
    assert {Path(name).parent.name for name in on_disk} == {f"2021-{m:02d}" for m in range(7, 13)} | {
        f"2022-{m:02d}" for m in range(1, 13)
    }


def test_planted_errors_are_listed_with_their_cells(demo):
    planted = {row["kind"]: row for row in rows_of(demo / "planted_errors.csv")}
    assert set(planted) == {mistake.kind for mistake in MISTAKES}
    for row in planted.values():
        assert (demo / "inbox" / row["file_name"]).exists()
        if row["written"]:
            book = load_workbook(demo / "inbox" / row["file_name"], read_only=True)
            assert str(book[SHEET_TITLES[row["sheet"]]][row["cell"]].value) == row["written"]


def test_one_process_writes_the_same_bytes(demo, settings, tmp_path):
    shutil.copy(demo / "schools.csv", tmp_path)
    (tmp_path / "inbox").mkdir()
    jobs = _files(tmp_path, build_city(), settings)
    for job in [job for place, job in enumerate(jobs) if job.mistake or place % 60 == 0]:
        write_job(tmp_path / "inbox", job, settings)
        assert (tmp_path / "inbox" / job.path).read_bytes() == (demo / "inbox" / job.path).read_bytes(), job.path


def test_baseline_is_the_years_before(demo, settings):
    baseline = pd.read_csv(demo / "imports" / "baseline_2020_2021.csv")
    assert list(baseline.columns) == ["school_id", "period", "measure", "value", "received_at", "source"]
    assert set(baseline["period"]) == {"2020H2", "2021H1", "2021"}
    truth = true_values(settings)
    truth = truth[truth["period"].isin(set(baseline["period"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(baseline[["school_id", "period", "measure", "value"]].astype({"value": float}), truth)


def test_centre_records_name_known_things(demo, settings):
    schools = {row["school_id"] for row in rows_of(demo / "schools.csv")}
    groups = {group.code for group in settings.project.groups}
    assert {row["unit_id"] for row in rows_of(demo / "recommendations.csv")} <= schools | groups | {"city"}
    assert {row["unit_id"] for row in rows_of(demo / "measures.csv")} <= schools
    own = {activity.code for activity in settings.activities if activity.centre_log}
    assert {row["activity"] for row in rows_of(demo / "centre_log.csv")} == own


def test_another_form_or_params_make_it_stale(demo, settings, tmp_path):
    params = tmp_path / "params"
    shutil.copytree(PARAMS, params)
    text = (params / "indicators.yaml").read_text(encoding="utf-8")
    (params / "indicators.yaml").write_text(text.replace("Обучающихся в 9 классах", "Девятиклассников"), "utf-8")
    assert not is_current(demo, load_settings(params))
    assert not is_current(tmp_path, settings)


def test_real_data_are_never_overwritten(settings, tmp_path):
    (tmp_path / "schools.csv").write_text("school_id,name\n", encoding="utf-8")
    with pytest.raises(DemoError, match="не демонстрационные данные") as error:
        generate_demo(tmp_path, settings)
    assert isinstance(error.value, RequestError)
    assert [p.name for p in tmp_path.iterdir()] == ["schools.csv"]


def test_an_interrupted_run_leaves_the_old_folder(demo, settings, tmp_path):
    def stop(what, done, total):
        raise KeyboardInterrupt

    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "DEMO").write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        generate_demo(folder, settings, jobs=1, progress=stop)
    assert [p.name for p in folder.iterdir()] == ["DEMO"]
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == ["demo"]


@pytest.mark.slow
def test_intake_finds_every_planted_error(demo, taken_in):
    found = taken_in.findings.groupby("file")["rule"].agg(set)
    for row in rows_of(demo / "planted_errors.csv"):
        rules = {f"B{int(row['row']):02d}", FOUND_BY.get(row["kind"])}
        assert rules & found.get(row["file_name"], set()), (row["kind"], found.get(row["file_name"]))


@pytest.mark.slow
def test_intake_takes_in_the_true_values(demo, taken_in, settings):
    """Only the planted cells and files differ; nothing is made up and only the silent school is wholly absent."""
    keys = ["school_id", "period", "measure"]
    both = true_values(settings).merge(taken_in.observations, on=keys, how="outer", suffixes=("_true", "_read"))
    assert not both["value_true"].isna().any()
    wrong = both[both["value_read"].notna() & (both["value_read"] != both["value_true"])]
    spoilt = {(mistake.school_id, mistake.month) for mistake in MISTAKES}
    assert set(zip(wrong["school_id"], wrong["period"], strict=True)) <= spoilt
    lost = both[both["value_read"].isna()].groupby("school_id").size() / both.groupby("school_id").size()
    assert lost.idxmax() == SILENT
    assert lost.drop(SILENT).max() < 0.12
