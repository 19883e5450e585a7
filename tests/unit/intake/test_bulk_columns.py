"""Large imports: reading by columns and checking in portions say what reading row by row and all at once say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.intake import bulk, portions
from analysis.intake.acceptance import accept
from analysis.intake.bulk import read_imports
from analysis.intake.findings import findings_frame
from analysis.intake.identity import load_schools
from analysis.intake.inbox import arrivals
from analysis.intake.observations import observations
from analysis.intake.reading import spec_of
from analysis.intake.register import Register
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")
SPEC = spec_of(SETTINGS, ())
SCHOOLS = [f"s{number}" for number in range(101, 113)]
MONTHS = [f"2022-{number:02d}" for number in range(1, 7)]


def month_values(rng):
    rows = []
    for school in SCHOOLS:
        for month in MONTHS:
            for code in ("N5_11", "covered", "tested", "events", "par"):
                rows.append((school, month, code, float(rng.integers(0, 400))))
        rows.append((school, "2022H1", "plan", float(rng.integers(0, 2))))
    return pd.DataFrame(rows, columns=["school_id", "period", "measure", "value"])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "imports").mkdir()
    lines = [f"{school},Школа {school},школа,Б,5-11,,,,,\n" for school in SCHOOLS]
    head = "school_id,name,kind,group,grades,valid_from,valid_to,aliases,email,conditions\n"
    (tmp_path / "schools.csv").write_text(head + "".join(lines), encoding="utf-8")
    return tmp_path


def read(folder, *frames):
    for number, frame in enumerate(frames):
        frame.to_parquet(folder / "imports" / f"{number}.parquet", index=False)
    names = sorted(path.name for path in (folder / "imports").iterdir())
    times = {name: f"2022-06-2{name[0]}T12:00" for name in names}
    found = arrivals(folder / "imports", times, {}, 3)
    return read_imports(found, load_schools(folder / "schools.csv"), SETTINGS, SPEC)


def accepted(imported):
    result = accept([], imported.values, imported.findings, Register(), (), SETTINGS)
    return observations(result.values, SETTINGS), result.findings


def messy(rng):
    frame = month_values(rng)
    frame.loc[[3, 10, 77], "value"] = [-1.0, 2.5, np.nan]
    frame.loc[[5, 20], "school_id"] = ["Школа s102", "s999"]
    frame.loc[[6, 21], "measure"] = ["Tested", "nothing"]
    frame.loc[[7, 22], "period"] = ["2022-13", "2030-01"]
    frame.loc[frame["measure"] == "plan", "value"] = [0.0, 1.0, 2.0] * 4
    frame = pd.concat([frame, frame.iloc[:30].assign(value=7.0)], ignore_index=True)  # given twice: the last one counts
    return frame.assign(
        received_at=["2022-06-19", "", "19.06.2022 10:00"] * (len(frame) // 3) + [""] * (len(frame) % 3)
    )


@pytest.mark.parametrize("kinds", [{}, {"school_id": "category", "period": "category", "measure": "category"}])
def test_columns_say_what_rows_say(folder, monkeypatch, kinds):
    frame = messy(np.random.default_rng(1)).astype(kinds)
    fast = read(folder, frame, month_values(np.random.default_rng(2)))
    monkeypatch.setattr(bulk, "clean_rows", lambda frame, *_: pd.DataFrame(columns=bulk.COLUMNS))
    slow = read(folder, frame, month_values(np.random.default_rng(2)))
    columns = list(slow.values.columns)
    as_text = portions.as_text(fast.values).reset_index(drop=True)
    pd.testing.assert_frame_equal(as_text, slow.values.reset_index(drop=True)[columns], check_dtype=False)
    pd.testing.assert_frame_equal(findings_frame(fast.findings), findings_frame(slow.findings))
    assert len(slow.findings) >= 6


def test_text_in_the_column_of_values_is_still_read(folder):
    frame = month_values(np.random.default_rng(3))
    frame["value"] = frame["value"].astype(int).astype(str).replace("7", "семь")
    imported = read(folder, frame)
    assert imported.values["value"].notna().sum() == (frame["value"] != "семь").sum()


def test_portions_say_what_the_whole_says(folder, monkeypatch):
    imported = read(folder, messy(np.random.default_rng(4)))
    whole = accepted(imported)
    monkeypatch.setattr(portions, "MOST_ROWS", 60)
    divided = accepted(imported)
    pd.testing.assert_frame_equal(divided[0], whole[0])
    assert len(whole[1]) > 20
    order = list(whole[1].columns)
    pd.testing.assert_frame_equal(
        divided[1].sort_values(order, ignore_index=True), whole[1].sort_values(order, ignore_index=True)
    )


def test_portions_keep_schools_whole():
    imported = pd.DataFrame({"school_id": ["b", "a"] * 50 + ["c"] * 10, "value": range(110)})
    own, others = portions.in_portions(imported, ())
    assert len(own) == 110
    assert not list(others)


def test_no_portion_divides_a_school(monkeypatch):
    monkeypatch.setattr(portions, "MOST_ROWS", 60)
    imported = pd.DataFrame({"school_id": ["b", "a"] * 50 + ["c"] * 10 + ["d"] * 5, "value": range(115)})
    own, others = portions.in_portions(imported, {"d"})
    parts = list(others)
    assert own["school_id"].unique().tolist() == ["d"]
    assert [sorted(set(part["school_id"])) for part in parts] == [["a"], ["b", "c"]]
    assert sorted(pd.concat(parts)["value"]) == list(range(110))
