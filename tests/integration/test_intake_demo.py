"""The demo city's inbox, some 850 real workbooks: every planted mistake is found, and nothing else is accused."""

from __future__ import annotations

import csv
import shutil

import pytest

from analysis.intake.run import run_intake
from tests.unit.intake.kit import settings

RULES = {
    "zero_in_words": "B01", "zero_with_unit": "B01", "dash": "B02", "empty_cell": "B03", "number_with_unit": "B04",
    "fraction": "E1", "spaces": "B06", "percent": "B07", "approximate": "B08", "sum_as_text": "B09",
    "formula_error": "B10", "date_for_number": "B11", "yes_in_other_words": "B37", "order_for_yes": "B37",
    "negative": "E1", "phone_number": "E1", "more_than_enrolled": "E2", "more_winners": "E4",
    "increment_for_total": "E6", "half_not_sum": "E7", "other_month_in_name": "B13", "year_before_in_header": "B14",
    "inserted_row": "B17", "renamed_row": "B17", "second_sheet": "B19", "hidden_rows": "B20", "total_row": "B21",
    "second_version_unmarked": "B23", "same_file_twice": "B24", "name_variant": "B25", "number_only": "B26",
    "unknown_school": "B27", "scan": "B34", "damaged_file": "B35", "surnames": "B36",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(made, tmp_path_factory):
    """What the first report of the session has taken in, as every later run gets it."""
    folder = tmp_path_factory.mktemp("data") / "demo"
    shutil.copytree(made.data, folder)
    with (folder / "planted_errors.csv").open(encoding="utf-8", newline="") as file:
        planted = list(csv.DictReader(file))
    return run_intake(folder, settings()), planted


def test_every_planted_mistake_is_found_where_it_is(demo):
    result, planted = demo
    rules = result.findings.groupby("file")["rule"].agg(set)
    for mistake in planted:
        rule = RULES.get(mistake["kind"])
        if rule:
            assert rule in rules.get(mistake["file_name"], set()) | late(rules, mistake), mistake


def late(rules, mistake) -> set[str]:
    """A second version is asked about itself, under its own name."""
    stem = mistake["file_name"].removesuffix(".xlsx")
    return set().union(*(found for name, found in rules.items() if name.startswith(stem)))


def test_planted_cells_are_named_exactly(demo):
    result, planted = demo
    places = set(result.findings[["file", "cell", "measure"]].itertuples(index=False, name=None))
    in_cells = [m for m in planted if m["cell"] and m["written"] and m["kind"] not in ("revised", "surnames")]
    assert len(in_cells) > 10
    for mistake in in_cells:
        assert (mistake["file_name"], mistake["cell"], mistake["measure"]) in places, mistake


def test_nobody_else_is_accused(demo):
    result, planted = demo
    spoilt = {mistake["school_id"] for mistake in planted} | {"s130"}  # whose form s132 sent as its own
    errors = result.findings[result.findings["severity"] == "error"]
    assert set(errors["school_id"]) <= spoilt
    queries = result.findings[(result.findings["severity"] == "query") & (result.findings["rule"] != "W4")]
    assert set(queries["school_id"]) <= spoilt | {""}


def test_the_rest_is_accepted_whole(demo):
    result, _ = demo
    register = result.register
    assert register["in_force"].sum() > 0.97 * len(register)
    table = result.observations
    assert not table.duplicated(["school_id", "period", "measure"]).any()
    assert table["value"].isna().mean() < 0.005
    assert set(table.loc[table["source_file"].str.startswith("imports/"), "period"].str[:4]) <= {"2020", "2021"}
    assert set(result.activities["period"]) == {"2021-12", "2022-06", "2022-12"}
