"""Numbers and words of the demo reports as they were last read and found right; `--force-regen` takes new ones over.

A difference is not always a fault, but it is always a change that readers see: it belongs in the changelog.
"""

from pathlib import Path

import pytest

from analysis.report.opening import report_of
from analysis.report.sections import advice, card, conclusions, coverage, dynamics, monthly, roadmap, roadmap_report
from analysis.settings import load_settings
from analysis.tablestore import load_table, load_tables
from tests.conftest import PERIODS

pytestmark = pytest.mark.slow

SETTINGS = load_settings(Path(__file__).resolve().parents[2] / "params")
COLUMNS = ["level", "unit_id", "indicator", "numerator", "denominator", "value", "target", "attainment", "n_schools"]
#: What each kind of report says in whole sentences.
WORDS = {
    "2022-03": (monthly.conclusions, monthly.events_sentence, monthly.attention),
    "2022H1": (conclusions.conclusions, dynamics.change_bullets, dynamics.target_sentence, conclusions.problems),
    "2022": (conclusions.conclusions, dynamics.change_bullets, dynamics.target_sentence, conclusions.draft_decisions),
    "2021-2025": (
        *(conclusions.conclusions, roadmap_report.scope_sentence, roadmap_report.trajectory_bullets),
        *(roadmap_report.achievements, roadmap_report.unsolved, roadmap_report.proposals),
    ),
}
SHARED = (coverage.coverage_sentence, coverage.due_sentence, coverage.quality_sentence)


def opened(made, period, edition="working", school=""):
    tables = load_tables(made.reports / period / "tables")
    parsed = SETTINGS.parse_period(period).known_through(tables["indicator_history"]["period"].unique())
    return report_of(tables, SETTINGS, parsed, parsed.year_before(), edition, school, demo=True)


@pytest.mark.parametrize("period", PERIODS)
def test_values_of_the_city_and_its_groups(made, period, file_regression):
    table = load_table(made.reports / period / "tables", "indicators")
    rows = table[(table["level"] != "school") & (table["period"] == table["period"].max())]
    rows = rows.sort_values(["level", "unit_id", "indicator"])[COLUMNS]
    file_regression.check(rows.round(4).to_csv(index=False, lineterminator="\n"), extension=".csv")


@pytest.mark.parametrize("period", PERIODS)
def test_what_a_report_says(made, period, file_regression):
    report = opened(made, period)
    parts = [*WORDS[period], *SHARED]
    if period != "2022-03":
        parts.append(roadmap.activities_sentence)
    said = "\n\n".join(f"[{part.__name__}]\n{part(report).plain()}" for part in parts)
    file_regression.check(said.replace("\u00a0", " ") + "\n", extension=".txt", encoding="utf-8")


@pytest.mark.parametrize("school", ["s102", "s126"])
def test_what_a_card_says(made, school, file_regression):
    report = opened(made, "2022H1", "card", school)
    parts = (card.form_callout, card.position_facts, card.strengths_and_gaps, card.small_numbers_note)
    said = [part(report).plain() for part in parts]
    said += [
        f"{one.action} – {one.due} – {one.indicator.code}: {one.lacking}" for one in advice.advice_for(report, "school")
    ]
    file_regression.check("\n\n".join(said).replace("\u00a0", " ") + "\n", extension=".txt", encoding="utf-8")
