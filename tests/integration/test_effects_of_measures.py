"""«Анализ эффективности принятых мер»: the demo's two measures, from the forms to the final report."""

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTION = "Анализ эффективности принятых мер"


@pytest.fixture
def report(made):
    return made.reports / "2022"


@pytest.fixture
def effects(report):
    frame = pd.read_parquet(report / "tables" / "effects.parquet")
    return frame.set_index(frame["measure"].str.split(".").str[0])


def test_the_measure_with_an_effect_and_the_one_without_are_told_apart(effects):
    assert effects["verdict"].to_dict() == {"М1": "эффективна", "М2": "недостаточно"}
    assert effects["indicator"].to_dict() == {"М1": "П11", "М2": "П27"}
    # the demo adds 14 points to М1's twelve schools and nothing to М2's eleven
    assert effects.loc["М1", "ci_low"] <= 14 <= effects.loc["М1", "ci_high"]
    assert effects.loc["М2", "ci_low"] <= 0 <= effects.loc["М2", "ci_high"]
    assert effects.loc["М1", "p_value"] <= 0.05 < effects.loc["М2", "p_value"]


def test_the_numbers_are_those_of_the_schools_own_indicators(effects, report):
    measures = pd.read_parquet(report / "tables" / "measures.parquet")
    indicators = pd.read_parquet(report / "tables" / "indicators.parquet")
    rows = indicators[(indicators["level"] == "school") & (indicators["indicator"] == "П11")]
    values = rows[rows["status"] == "ok"].pivot(index="unit_id", columns="period", values="value").dropna()
    chosen = values.index.isin(measures.loc[measures["measure"] == "М1", "unit_id"])
    change = values["2022"] - values["2021"]
    row = effects.loc["М1"]
    assert (row["n_with"], row["n_without"]) == (chosen.sum(), (~chosen).sum())
    assert row["before"] == pytest.approx(values.loc[chosen, "2021"].mean())
    assert row["after"] == pytest.approx(values.loc[chosen, "2022"].mean())
    assert row["difference_in_differences"] == pytest.approx(change[chosen].mean() - change[~chosen].mean())


@pytest.mark.parametrize("edition", ["working", "meeting"])
def test_the_final_report_has_the_section_with_the_verdicts(report, edition):
    text = (report / edition / "report.html").read_text(encoding="utf-8")
    own = next(part for part in re.split(r"<h2[^>]*>", text) if part.startswith(SECTION))
    rows = {code: row for row in own.split("<tr") for code in ("М1", "М2") if f"{code}." in row}
    assert "эффективна" in rows["М1"]
    assert "недостаточно" in rows["М2"]
    assert "эффективна" not in rows["М2"]
    assert "не доказательство причины" in own
