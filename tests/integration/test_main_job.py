"""The main job on generated data: forms → report, and the numbers recomputed from the raw workbooks."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest

from analysis.report.notebooks import run_notebook
from analysis.report.opening import PREPARED_FILE
from analysis.settings import load_settings
from analysis.slices import prepare_slices

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = load_settings(ROOT / "params")


def run(*arguments):
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def data(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "demo"
    shutil.copytree(made.data, folder)
    return folder


@pytest.fixture
def report(made):
    return made.reports / "2022H1"


def table(report, name):
    return pd.read_parquet(report / "tables" / f"{name}.parquet")


def test_the_outputs_of_the_contract_are_there(report):
    for edition in ("working", "meeting", "public"):
        assert (report / edition / "report.pdf").read_bytes().startswith(b"%PDF")
        assert "ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ" in (report / edition / "report.html").read_text(encoding="utf-8")
    submissions = table(report, "submissions").query("period == '2022H1' and status not in ('missing', 'not_due')")
    assert sorted(path.name for path in (report / "schools").iterdir()) == sorted(submissions["school_id"])
    for name in ("index.html", "results.xlsx", "run.log", "notebooks/1_intake.ipynb"):
        assert (report / name).exists()
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["baseline"] == "2021H1"
    assert "tables/indicators.parquet" in manifest["outputs"]


@pytest.fixture(scope="module")
def workbook(data):
    """A form of the inbox by its name, opened once for all tests."""
    return cache(lambda name: openpyxl.load_workbook(data / "inbox" / name, data_only=True))


def test_the_numbers_are_those_of_the_raw_workbooks(report, data, workbook):
    register = pd.read_csv(data / "register.csv")
    june = register[(register["period"] == "2022-06") & (register["findings"] == 0)]
    alone = june[~june["school_id"].duplicated(keep=False)]
    indicators = table(report, "indicators").query("period == '2022H1'")
    rows = indicators[indicators["level"] == "school"].set_index(["unit_id", "indicator"])
    compared = 0
    for form in alone.itertuples():
        book = workbook(form.file_name)
        if "month_tested" not in book.defined_names:
            continue  # a school without grades 5–11
        tested, pupils = (_named(book, name) for name in ("month_tested", "month_N5_11"))
        if not isinstance(tested, int) or not isinstance(pupils, int):
            continue  # a planted text such as «354 чел.», repaired with a note
        row = rows.loc[(form.school_id, "П04")]
        assert (row["numerator"], row["denominator"]) == (tested, pupils), form.file_name
        assert row["value"] == pytest.approx(100 * tested / pupils)
        compared += 1
    assert compared >= 30
    city = indicators[(indicators["level"] == "city") & (indicators["indicator"] == "П04")].iloc[0]
    known = rows.xs("П04", level="indicator").dropna(subset=["value"])
    assert city["value"] == pytest.approx(100 * known["numerator"].sum() / known["denominator"].sum())


def test_the_city_is_the_sum_of_the_raw_cells(report, data, workbook):
    register = pd.read_csv(data / "register.csv")
    forms = register[register["period"] == "2022-06"].sort_values("version").groupby("school_id").last()
    findings = table(report, "findings")
    returned = set(findings.loc[findings["severity"] == "error", "school_id"])
    rows = table(report, "indicators").query("period == '2022H1'").set_index(["unit_id", "indicator"])
    books = {
        school: workbook(form.file_name)
        for school, form in forms.iterrows()
        if school not in returned and str(form.file_name).endswith(".xlsx")
    }
    for code, (top, bottom) in CITY_SUMS.items():
        by_hand = {school: _pair(book, top, bottom) for school, book in books.items()}
        by_hand = {
            school: pair for school, pair in by_hand.items() if all(isinstance(n, int) for n in pair) and pair[1]
        }
        reported = rows.xs(code, level="indicator").query("level == 'school' and numerator.notna() and denominator > 0")
        others = reported[~reported.index.isin(by_hand)]
        assert len(by_hand) >= 25, code
        assert len(others) <= 15, code  # forms with planted errors: their reading has its own tests
        city = rows.loc[("city", code)]
        assert city["numerator"] == sum(n for n, _ in by_hand.values()) + others["numerator"].sum(), code
        assert city["denominator"] == sum(n for _, n in by_hand.values()) + others["denominator"].sum(), code
        assert city["value"] == pytest.approx(100 * city["numerator"] / city["denominator"]), code


CITY_SUMS = {
    "П04": ("tested", "N5_11"),
    "П06": ("covered", "N5_11"),
    "П09": ("bvb", "N6_11"),
    "П11": ("probes", "N8_11"),
    "П12": ("exc", "N5_11"),
    "П27": ("par", "N5_11"),
}


def _pair(workbook, top, bottom):
    return tuple(
        _named(workbook, f"month_{name}") if f"month_{name}" in workbook.defined_names else None
        for name in (top, bottom)
    )


NUMBER = re.compile(r"\d+(?:,\d+)?")


def test_every_number_of_the_summary_is_in_the_tables(report):
    """The first half page of the PDF, number by number, from the tables alone."""
    pages = pypdf.PdfReader(report / "working" / "report.pdf").pages
    text = pages[0].extract_text().replace("\xa0", " ")
    summary = text[text.index("Краткие выводы") : text.index("Основание и цель")]
    submissions = table(report, "submissions").query("period == '2022H1' and status != 'not_due'")["status"]
    city = table(report, "indicators").query("level == 'city' and period == '2022H1'").set_index("indicator")
    scored = {i.code for i in SETTINGS.indicators if i.is_scored(SETTINGS.parse_period("2022H1"), "city")}
    verdicts = table(report, "changes").query("level == 'city'").set_index("indicator")["verdict"]
    moved = verdicts.value_counts()
    due, missing = len(submissions), int((submissions == "missing").sum())
    come, on_time = due - missing, int((submissions == "on_time").sum())
    late, returned = int((submissions == "late").sum()), int((submissions == "returned").sum())
    rankings = table(report, "rankings").query("ranked")
    support = int((rankings["attainment_level"] == "требует адресной поддержки").sum())
    errors = int((table(report, "findings")["severity"] == "error").sum())
    attained = city.loc[city.index.isin(scored), "attainment"].dropna()
    missed = int((attained < 100).sum())
    expected = [come, due, round(100 * come / due, 1), on_time, late, returned, missing]
    expected += [2021, sum(moved.get(name, 0) for name in ("up", "down", "no_clear_change"))]
    expected += [moved.get("up", 0), moved.get("down", 0), moved.get("no_clear_change", 0)]
    expected += [missed, len(attained), 2022, support, missing]
    expected += [come, due, late, missing, errors]
    assert [float(number.replace(",", ".")) for number in NUMBER.findall(summary)] == expected


def test_nothing_untidy_is_printed(report):
    for path in [*report.glob("*/report.pdf"), *report.glob("schools/*/card.pdf")]:
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        for untidy in ("г..", " ,", "nan", "NaT", "None", "<NA>", ";;", "()", "сОШ"):
            assert untidy not in text, f"{path.name}: {untidy}"


def _named(workbook, name):
    sheet, _, cell = workbook.defined_names[name].attr_text.replace("$", "").rpartition("!")
    return workbook[sheet.strip("'")][cell].value


def test_the_silent_and_the_closed_school_are_named_not_carded(report):
    submissions = table(report, "submissions").query("period == '2022H1'").set_index("school_id")["status"]
    assert submissions["s133"] == "missing"
    assert "s136" not in submissions  # closed before the cut-off
    assert "s133" not in set(table(report, "rankings").query("ranked")["school_id"])
    assert "СОШ № 133" in (report / "working" / "report.html").read_text(encoding="utf-8")


def test_a_card_names_no_other_school(report):
    text = (report / "schools" / "s102" / "card.html").read_text(encoding="utf-8")
    names = table(report, "schools").set_index("school_id")["name"]
    assert names["s102"] in text
    assert not [name for school, name in names.items() if school != "s102" and f"{name}<" in text]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("report", "2022H3"), "Период «2022H3» не распознан"),
        (("report", "2030H1"), "нет данных"),
        (("report", "2022H1", "--params", "nowhere"), "Папка параметров"),
        (("report", "2022H1", "--schools", "s999"), "Школы «s999» нет"),
        (("report", "2022H1", "--baseline", "2021"), "другого вида"),
    ],
)
def test_a_wrong_request_is_one_line_and_writes_nothing(data, tmp_path, arguments, expected):
    result = run(*arguments, "--data", data, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def files_of(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def test_a_period_without_data_leaves_the_data_folder_as_it_was(data, tmp_path):
    fresh = tmp_path / "fresh"
    read = ("accepted", "protocols", "register.csv", ".*")
    shutil.copytree(data, fresh, ignore=shutil.ignore_patterns(*read, "2021-*", "2022-0[!6]", "2022-1*"))
    before = files_of(fresh)
    result = run("report", "2024H1", "--data", fresh, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert "нет данных" in result.stderr
    assert files_of(fresh) == before


def test_an_out_folder_that_cannot_be_written_is_refused(data, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run("report", "2022H1", "--data", data, "--out", tmp_path / "file" / "out")
    assert result.returncode == 2
    assert "нельзя писать" in result.stderr


def test_a_failed_notebook_is_kept_and_named_and_the_old_report_stays(made, data, tmp_path):
    for name in ("params", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".*"))
    options = ("--data", data, "--params", tmp_path / "params", "--out", tmp_path / "out", "--schools", "none")
    shutil.copytree(made.reports / "2022-03", tmp_path / "out" / "demo" / "2022-03")
    before = (tmp_path / "out" / "demo" / "2022-03" / "manifest.json").read_bytes()
    monthly = tmp_path / "notebooks" / "monthly_report.ipynb"
    monthly.write_text(
        monthly.read_text(encoding="utf-8").replace("monthly.quality(report)", "monthly.nothing(report)"),
        encoding="utf-8",
    )
    result = run("report", "2022-03", *options)
    named = re.search(r"monthly_report-(working|meeting|public)\.ipynb$", result.stderr.strip())
    assert named, result.stderr
    kept = tmp_path / "out" / "demo" / "2022-03.failed" / named[0]  # whichever edition failed first
    assert result.returncode == 3
    assert "monthly_report.ipynb, ячейка" in result.stderr
    assert "monthly.nothing" in result.stderr
    assert str(kept) in result.stderr.replace("\n", "")
    assert "AttributeError" in kept.read_text(encoding="utf-8")
    assert (kept.parent.parent / "2022-03" / "manifest.json").read_bytes() == before
    assert run("report", "2022-03", *options).returncode == 3


OTHER_KINDS = {"2022-03": "monthly_report", "2022": "final_report", "2021-2025": "roadmap_report"}


@pytest.fixture
def other_kinds(made):
    """The reports for a month, a year and the whole roadmap."""
    return made.reports


@pytest.mark.parametrize("period", OTHER_KINDS)
def test_a_report_of_every_kind_is_the_same_from_a_jupyter_kernel(other_kinds, tmp_path, period):
    """Those of the half-year and the card: test_report_again."""
    folder, name = other_kinds / period, OTHER_KINDS[period]
    parsed = SETTINGS.parse_period(period).known_through(["2022"])
    baseline, wanted = parsed.year_before(), [("working", "working", "")]
    [one], _ = prepare_slices(folder / "tables", SETTINGS, parsed, baseline, wanted, True, tmp_path)
    one.path.rename(tmp_path / PREPARED_FILE)
    parameters = {"period": period, "baseline": baseline.key, "edition": "working"}
    source, executed = ROOT / "notebooks" / f"{name}.ipynb", tmp_path / "executed.ipynb"
    result = run_notebook(source, executed, parameters, engine="stock", cwd=tmp_path)
    assert result.engine == "stock"
    assert executed.read_bytes() == (folder / "notebooks" / f"{name}-working.ipynb").read_bytes()


def test_the_whole_roadmap_ends_with_the_last_year_that_has_data(other_kinds):
    year, roadmap = (
        pd.read_parquet(other_kinds / period / "tables" / "indicators.parquet").query("period == @period")
        for period in ("2022", "2021-2025")
    )
    columns = ["level", "unit_id", "indicator", "numerator", "denominator", "value", "target", "status"]
    pd.testing.assert_frame_equal(year[columns].reset_index(drop=True), roadmap[columns].reset_index(drop=True))
    text = (other_kinds / "2021-2025" / "public" / "report.html").read_text(encoding="utf-8")
    for heading in ("Исполнение мероприятий", "От базы к целям", "Сопоставимость данных", "Вклад мер", "Предложения"):
        assert heading in text
