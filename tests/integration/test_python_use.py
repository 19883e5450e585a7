"""`import analysis` as the guide shows it: the guide's examples are run, and what is not there is said plainly."""

import doctest
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.dictionary import contract_columns, table_dictionary
from analysis.report.charts import Chart
from analysis.workspace import RequestError

ROOT = Path(__file__).resolve().parents[2]
CODES = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def project(made, tmp_path_factory):
    """A project with demo data and one finished report."""
    folder = tmp_path_factory.mktemp("проект")
    for name in ("params", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(made.data, folder / "data" / "demo")
    shutil.copytree(made.reports / "2022H1", folder / "reports" / "demo" / "2022H1")
    return folder


@pytest.fixture
def period(project, monkeypatch):
    monkeypatch.chdir(project)
    return analysis.load("2022H1")


def test_the_examples_of_the_guide(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", "200")
    result = doctest.testfile(
        str(ROOT / "docs" / "guide.md"), module_relative=False, optionflags=CODES, encoding="utf-8"
    )
    assert result.attempted >= 10
    assert result.failed == 0


def test_every_documented_table_is_a_frame_with_its_columns(period):
    assert period.tables == tuple(table_dictionary())
    for name in period.tables:
        frame = getattr(period, name)
        assert isinstance(frame, pd.DataFrame)
        assert tuple(frame.columns) == contract_columns(name) == tuple(period.columns(name)["column"])
        assert getattr(period, name) is frame
    assert period.columns("indicators")["meaning"].str.len().min() > 3
    assert set(period.tables) <= set(dir(period))


def test_every_plot_is_a_chart_with_words(period):
    plot = period.plot
    charts = [plot.trend("П04"), plot.trend("П04", "А"), plot.trend("П04", "s102"), plot.distribution("П04")]
    charts += [plot.schools("П04", "А", "s102"), plot.funnel("П04"), plot.funnel("П01"), plot.targets(), plot.changes()]
    charts += [plot.groups(), plot.levels(), plot.places(), plot.submissions(), plot.roadmap()]
    for chart in charts:
        assert isinstance(chart, Chart)
        assert chart.alt and chart.caption
    assert "Гимназия № 102" in plot.trend("П04", "s102").caption
    assert plot.trend("П04").svg != plot.trend("П04", "s102").svg


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (lambda p: p.plot.trend("П99"), "П99"), (lambda p: p.plot.trend("П04", "s999"), "s999"),
        (lambda p: p.table("nothing"), "не читается"), (lambda p: p.columns("nothing"), "nothing"),
        (lambda p: analysis.load("2021H2"), "Готовы: 2022H1"), (lambda p: analysis.load("2022H1", data="нет"), "make report"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_with_what_to_do(period, ask, word):
    with pytest.raises(RequestError, match=word):
        ask(period)


def test_an_unknown_name_lists_the_tables(period):
    with pytest.raises(AttributeError, match="rankings"):
        _ = period.ranking


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"not a table", "half", "middle", "gone", "columns"])
def test_a_damaged_table_is_named(period, tmp_path, damage):
    path = period.folder / "tables" / "effects.parquet"
    whole = path.read_bytes()
    try:
        if damage == "gone":
            path.unlink()
        elif damage == "columns":
            pd.DataFrame({"x": [1]}).to_parquet(path)
        elif damage == "half":
            path.write_bytes(whole[: len(whole) // 2])
        elif damage == "middle":
            path.write_bytes(whole[:-200] + b"\xff" * 150 + whole[-50:])
        else:
            path.write_bytes(damage)
        with pytest.raises(RequestError, match=r"effects за 2022H1.*make report PERIOD=2022H1"):
            _ = analysis.load("2022H1").effects
    finally:
        path.write_bytes(whole)
    assert len(analysis.load("2022H1").effects)


def test_importing_costs_nothing():
    """pandas, matplotlib and the rest come with the first table, for `analysis --help` imports the package too."""
    heavy = "pandas numpy matplotlib scipy pydantic yaml IPython nbformat".split()
    script = f"import sys, analysis; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
    script = script.replace("import sys, analysis", "import sys, analysis.cli")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
