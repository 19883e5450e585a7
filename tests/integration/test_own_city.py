"""Another city from nothing: init, a list of six schools, forms filled in, a report – and no trace of this city."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest
from openpyxl import load_workbook

import analysis
from analysis.params.indicators import IndicatorSet
from analysis.yamlfile import load_model
from tests.unit.intake.kit import good_values

ROOT = Path(__file__).resolve().parents[2]
MONTH, HALF = "2025-12", "2025H2"
SCHOOLS = [(f"t{number}", f"Школа № {number}", "СОШ", "Б") for number in range(1, 7)]
ANSWERS = {
    "institution": "МКУ «Центр: качество & #развитие» г. Тулы", "short-name": "МКУ «Центр»", "city": "Тула",
    "city-genitive": "города Тулы", "founder": "Управление образования города Тулы", "director-name": "А.А. Первая",
    "first-month": "2025-07", "last-year": "2027", "group": "Б=Школы города",
}  # fmt: skip


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analysis", *arguments, "--params", str(ROOT / "params")]
    command = command if arguments[0] == "init" else command[:-2]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL
    )


def fill(form: Path, target: Path, values: dict[str, float]) -> None:
    """What a school does: numbers into the yellow cells, nothing else."""
    book = load_workbook(form)
    for name, place in book.defined_names.items():
        sheet, _, code = name.partition("_")
        value = values.get(f"{sheet}.{code}", values.get(code))
        if sheet not in ("month", "half", "year") or value is None:
            continue
        title, cell = next(iter(place.destinations))
        book[title][cell.replace("$", "")] = "да" if code in ("plan", "resp") else value
    book.save(target)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The data folder after the report; params lie in it, so no command needs to be told of them."""
    root = tmp_path_factory.mktemp("другой город")
    data = root / "тула"
    options = [part for key, text in ANSWERS.items() for part in (f"--{key}", text)]
    made = run(root, "init", str(data), *options)
    assert made.returncode == 0, made.stderr
    with (data / "schools.csv").open("a", encoding="utf-8", newline="") as file:
        rows = [(*school, "1-11", "", "", "", f"{school[0]}@example.ru", "") for school in SCHOOLS]
        csv.writer(file, delimiter=";").writerows(rows)
    with (data / "params" / "project.yaml").open("a", encoding="utf-8") as file:
        file.write("titles: {interim: Справка о кружках}\n")
    places = ["--data", str(data), "--out", str(root / "reports")]
    healthy = run(root, "doctor", *places)
    assert (healthy.returncode, "Школы: 6" in healthy.stdout) == (0, True), healthy.stdout
    received = [("file_name", "received_at")]
    for month in ("2025-11", MONTH):
        assert run(root, "forms", month, *places).returncode == 0
        for number, (code, *_) in enumerate(SCHOOLS[:-1]):
            form = root / "reports" / "тула" / "forms" / month / f"forma_{month}_{code}.xlsx"
            fill(form, data / "inbox" / form.name, good_values(month, number))
            received.append((form.name, f"{month}-18T10:00"))
    with (data / "received.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(received)
    report = run(root, "report", HALF, *places, "--schools", "t1")
    assert report.returncode == 0, report.stdout + report.stderr
    assert "Формы представили 5 из 6 школ, карт: 1" in report.stdout
    assert "Школа № 6" in report.stdout
    return data, root / "reports"


def texts(out: Path) -> dict[str, str]:
    folder = out / "тула" / HALF
    found = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.html")}
    for path in folder.rglob("*.pdf"):
        found[str(path.relative_to(folder))] = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return found


def test_reports_speak_of_this_city_alone(city):
    shown = texts(city[1])
    assert {"working/report.html", "working/report.pdf", "public/report.pdf", "schools/t1/card.html"} <= set(shown)
    for name, text in shown.items():
        assert not re.search(r"Белгород|НМИЦ|№.?49|749|ДЕМОНСТРАЦИОННЫЕ", text), name
    assert "Справка о кружках города Тулы" in shown["working/report.html"]
    foot = shown["working/report.pdf"].replace("\u00a0", " ")
    assert "Справка о кружках за II полугодие 2025 года" in foot
    assert "Промежуточная информация" not in foot
    assert "МКУ «Центр: качество &amp; #развитие» г. Тулы" in shown["meeting/report.html"]
    assert "исполнение не оценивается" in shown["working/report.html"]


def test_the_numbers_are_those_of_the_forms(city):
    data, out = city
    period = analysis.load(HALF, str(data), out=str(out))
    rows = period.indicators.query("period == @HALF and indicator == 'П04'").set_index("unit_id")
    wanted = [good_values(MONTH, number) for number in range(5)]
    tested, pupils = (sum(values[code] for values in wanted) for code in ("tested", "N5_11"))
    assert (rows.loc["city", "numerator"], rows.loc["city", "denominator"]) == (tested, pupils)
    assert rows.loc["city", "target"] == 50  # the first year's
    assert rows.loc["t6", "status"] == "missing"
    status = period.submissions.query("period == @MONTH").set_index("school_id")["status"]
    assert status.to_dict() == {f"t{n}": "on_time" for n in range(1, 6)} | {"t6": "missing"}


def test_the_guides_own_indicators_are_params_as_they_stand(tmp_path):
    """What the guide has the analyst write into indicators.yaml."""
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    (tmp_path / "indicators.yaml").write_text(
        re.search(r"### Заменить показатели.*?```yaml\n(.*?)```", guide, re.DOTALL)[1], encoding="utf-8"
    )
    found = load_model(tmp_path / "indicators.yaml", IndicatorSet)
    assert [indicator.measures for indicator in found.indicators] == [("clubs", "pupils")]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"first-month": "вчера"}, "2025-09"), ({"last-year": "2020"}, "Последний год"), ({"group": "Школы"}, "код="),
        ({"city": ""}, "--city"), ({"order-number": "5", "order-date": "в июне"}, "roadmap.yaml"),
    ],
)  # fmt: skip
def test_a_wrong_answer_leaves_nothing_behind(tmp_path, change, word):
    options = [part for key, text in (ANSWERS | change).items() for part in (f"--{key}", text)]
    done = run(tmp_path, "init", str(tmp_path / "новая"), *options)
    assert done.returncode == 2
    assert word in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_order_becomes_a_roadmap_and_a_folder_in_use_is_not_touched(tmp_path):
    order = {"order-number": "7", "order-date": "2025-08-20", "order-title": "О мониторинге"}
    options = [part for key, text in (ANSWERS | order).items() for part in (f"--{key}", text)]
    assert run(tmp_path, "init", str(tmp_path / "новая"), *options).returncode == 0
    assert 'number: "7"' in (tmp_path / "новая" / "params" / "roadmap.yaml").read_text(encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = run(tmp_path, "init", str(tmp_path / "новая"), *options)
    assert (again.returncode, "не тронута" in again.stderr) == (2, True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
