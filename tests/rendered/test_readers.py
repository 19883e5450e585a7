"""Four readers: what the files of finished editions give away, alone and together, bounded by linear programming.

The city is small on purpose: in the demo city no public figure is small. ``drills/disclose_editions.py`` repeats this
over many cities.
"""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.measures.disclosure_breaches import breaches
from analysis.settings import load_settings
from tests.rendered.edition_reader import contents, printed_in_page, sheets
from tests.rendered.small_city import write_small_city
from tests.rendered.told import ROW, together

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = load_settings(ROOT / "params")
PERIODS = ("2021H2", "2022H1", "2022", "2021-2025")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    write_small_city(folder / "city", seed=7)
    for period in PERIODS:
        command = ["report", period, "--data", folder / "city", "--out", folder / "out", "--schools", "none"]
        made = subprocess.run(
            [sys.executable, "-m", "analysis", *map(str, command)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
    return folder / "out" / "city"


def true_rows(reports):
    """The true figures behind all reports, one row per level, unit, period and indicator."""
    names = ("indicators", "indicator_history", "indicator_parts")
    saved = [
        {name: pd.read_parquet(reports / period / "tables" / f"{name}.parquet") for name in names} for period in PERIODS
    ]
    return together(saved, names)["indicators"].drop(columns="suppressed")


def told(reports, edition, periods):
    """What the files of the reports say together: their workbooks, and what only their pages print."""
    read = []
    for period in periods:
        book = sheets(reports / period / edition)
        page = printed_in_page(reports / period / edition, period)
        new = ~pd.MultiIndex.from_frame(page[ROW]).isin(pd.MultiIndex.from_frame(book["indicators"][ROW]))
        read.append(book | {"page": page[new].assign(status="ok", suppressed=None)})
    return together(read, ("indicators", "page"))


def schools_of(reports):
    return pd.read_parquet(reports / PERIODS[0] / "tables" / "schools.parquet")


@pytest.mark.parametrize("edition", ["public", "meeting"])
@pytest.mark.parametrize("together", [("2022H1",), PERIODS[:3], PERIODS])
def test_no_hidden_count_can_be_worked_out(reports, edition, together):
    tables = told(reports, edition, together)
    assert tables["indicators"]["suppressed"].notna().sum() >= 5
    found = breaches({"indicators": true_rows(reports)}, tables, schools=schools_of(reports), settings=SETTINGS)
    assert found.empty, found.to_string()


@pytest.mark.parametrize("edition", ["public", "meeting"])
@pytest.mark.parametrize("period", PERIODS)
def test_the_page_prints_what_the_workbook_does_and_nothing_it_hides(reports, edition, period):
    page = printed_in_page(reports / period / edition, period)
    book = sheets(reports / period / edition)["indicators"].drop_duplicates(ROW).set_index(ROW)
    both = page.set_index(ROW).join(book[["value"]], rsuffix="_book", how="inner")
    assert len(both) >= 10
    assert ((both["value"] - both["value_book"]).abs() <= 0.05 + 1e-9).all()
    truth = true_rows(reports).set_index(ROW)
    near = page.set_index(ROW).join(truth[["value"]], rsuffix="_true")
    assert ((near["value"] - near["value_true"]).abs() <= 0.05 + 1e-9).all(), "the reader misread a table"


@pytest.mark.parametrize("period", PERIODS)
def test_public_files_name_no_school(reports, period):
    schools = schools_of(reports)
    for name, text in contents(reports / period / "public").items():
        for school in (*schools["school_id"], *schools["name"]):
            assert school not in text, f"{school} in {name}"


@pytest.mark.parametrize("edition", ["public", "meeting"])
@pytest.mark.parametrize("period", PERIODS)
def test_no_file_holds_a_hidden_figure_in_full(reports, edition, period):
    folder = reports / period
    raw = pd.read_parquet(folder / "tables" / "indicators.parquet")
    shown = sheets(folder / edition)["indicators"]
    printed = pd.MultiIndex.from_frame(shown.loc[shown["value"].notna(), ROW])
    hidden = raw[raw["value"].notna() & ~pd.MultiIndex.from_frame(raw[ROW]).isin(printed)]
    open_ = {in_full(value) for frame in sheets(folder / edition).values() for value in numbers_of(frame)}
    secrets = {in_full(value) for value in hidden["value"] if value != round(value, 4)} - open_
    assert len(secrets) > 5
    for name, text in contents(folder / edition).items():
        found = [one for one in secrets if re.search(rf"(?<![\d.]){re.escape(one)}", text)]
        assert not found, name


def in_full(value):
    """A number as programs write it, to ten digits: enough to know it by, whatever follows."""
    return repr(float(value))[:11]


def numbers_of(frame):
    values = frame.select_dtypes("number").to_numpy(float).ravel()
    return values[~pd.isna(values)]


def test_the_meetings_word_file_and_workbooks_are_there(reports):
    for period in PERIODS:
        assert (reports / period / "public" / "results.xlsx").stat().st_size < (
            reports / period / "results.xlsx"
        ).stat().st_size
        assert not (reports / period / "public" / "report.docx").exists()
