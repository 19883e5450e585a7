"""Another authority from its own params and data to reports: imports and forms, then a correction after the cut-off."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.intake.forms import form_name, write_form
from analysis.settings import load_settings
from analysis.tablestore import load_table
from tests.integration.test_intake_imports import INDICATORS, NORTH, PROJECT, foreign_rows
from tests.unit.intake.kit import write_schools

PERIOD = "2023-03"
CORRECTED = 90  # children in a club, of 110


def write_csv(path: Path, rows: list[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


class Authority:
    """Last year's values as an import, this year's as forms."""

    def __init__(self, root: Path) -> None:
        self.params, self.data, self.out = root / "params", root / "север", root / "reports"
        for folder in (self.params, self.data / "imports", self.data / "inbox"):
            folder.mkdir(parents=True)
        (self.params / "project.yaml").write_text(PROJECT, encoding="utf-8")
        (self.params / "indicators.yaml").write_text(INDICATORS, encoding="utf-8")
        write_schools(self.data / "schools.csv", NORTH)
        last_year = [row for row in foreign_rows() if row[1] != PERIOD]
        write_csv(self.data / "imports" / "2022.csv", [("school_id", "period", "measure", "value"), *last_year])
        self.received = {"imports/2022.csv": "2022-03-28T09:00"}
        for school in NORTH:
            self.send(school.school_id, {}, "2023-03-27T10:00")

    def send(self, school_id: str, changes: dict[str, float], at: str, **form: object) -> None:
        """A form into the inbox; a later one gets a name of its own."""
        settings = load_settings(self.params)
        school = next(school for school in NORTH if school.school_id == school_id)
        month = settings.parse_period(PERIOD)
        values = {code: number for s, period, code, number in foreign_rows() if (s, period) == (school_id, PERIOD)}
        name = f"{at[:10]} {form_name(school, month)}"
        write_form(self.data / "inbox" / name, school, month, settings, values=values | changes, **form)  # type: ignore[arg-type]
        self.received[name] = at
        write_csv(self.data / "received.csv", [("file_name", "received_at"), *sorted(self.received.items())])

    def report(self) -> Path:
        """The folder that the command made."""
        places = ["--params", str(self.params), "--data", str(self.data), "--out", str(self.out)]
        command = [sys.executable, "-m", "analysis", "report", PERIOD, *places, "--schools", "none"]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=self.params.parent)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.out / self.data.name / PERIOD


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("abroad"))


@pytest.fixture(scope="module")
def first(authority):
    """The first report's tables and manifest, before anything is corrected."""
    folder = authority.report()
    tables = {
        name: load_table(folder / "tables", name) for name in ("submissions", "rankings", "comparisons", "changes")
    }
    assert all((folder / edition / "report.html").exists() for edition in ("working", "meeting", "public"))
    return tables, (folder / "manifest.json").read_bytes()


def test_every_school_is_ranked_by_its_own_three_indicators(first):
    tables, _ = first
    assert set(tables["submissions"]["status"]) == {"on_time"}
    rankings = tables["rankings"].set_index("school_id")
    assert set(rankings.index) == {school.school_id for school in NORTH}
    assert rankings["ranked"].all() and set(rankings["n_valid"]) == {3}
    assert (rankings["rank"] == rankings["score"].rank(ascending=False, method="min")).all()


def test_years_are_compared_across_import_and_forms(first):
    tables, _ = first
    share = tables["comparisons"][(tables["comparisons"]["indicator"] == "К1") & tables["comparisons"]["primary"]].iloc[
        0
    ]
    gain = sum(4 + number for number in range(1, 11))
    assert (share["n_pairs"], share["n_up"]) == (10, 10)
    assert share["estimate"] == pytest.approx(100 * gain / 1550)
    city = tables["changes"][(tables["changes"]["level"] == "city") & (tables["changes"]["indicator"] == "К1")]
    assert city["verdict"].tolist() == ["up"]


def test_a_correction_after_the_cut_off_keeps_the_old_report(authority, first):
    """«Пересчитано»: the old report stays beside with its own manifest, and only corrections make it stay."""
    _, manifest = first
    authority.send("n1", {"кружки": CORRECTED}, "2023-04-05T10:00", extra={"revision": "уточнённая"})
    folder = authority.report()
    kept = folder.parent / "superseded" / f"{PERIOD}.v1"
    assert (kept / "manifest.json").read_bytes() == manifest != (folder / "manifest.json").read_bytes()
    assert (kept / "working" / "report.pdf").read_bytes().startswith(b"%PDF")
    values = [load_table(place / "tables", "indicators") for place in (kept, folder)]
    mine = [table[(table["unit_id"] == "n1") & (table["indicator"] == "К1")] for table in values]
    mine = [table.loc[table["period"] == PERIOD, "numerator"].item() for table in mine]
    assert mine == [48, CORRECTED]
    texts = [(place / "working" / "report.html").read_text("utf-8") for place in (kept, folder)]
    assert ["Пересчитано: 1" in text for text in texts] == [False, True]
    listed = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert "working/report.pdf" in listed
    assert [name for name in listed if name[0] != "." and not (kept / name).exists()] == []
    authority.report()
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
