"""Who reported: periods that were never due, and schools whose values came without a form."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.report.opening import PeriodReport
from analysis.report.sections import conclusions, coverage
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")
SCHOOLS = pd.DataFrame(
    {"school_id": ["s1", "s2"], "name": ["СОШ № 1", "СОШ № 2"], "valid_from": None, "valid_to": None}
)


def report(key: str, status: str) -> PeriodReport:
    """Two schools of one status; the first has a value, the second only the share of its forms."""
    period = SETTINGS.parse_period(key)
    counts = pd.DataFrame([{"period": key, "status": status, "n": 2, "n_schools": 2}])
    rows = [("s1", key, "П04", "ok"), ("s2", key, "П03", "ok"), ("s2", key, "П04", "missing")]
    tables = {
        "coverage": counts, "schools": SCHOOLS,
        "submissions": pd.DataFrame({"school_id": ["s1", "s2"], "period": key, "status": status}),
        "indicators": pd.DataFrame(rows, columns=["unit_id", "period", "indicator", "status"]),
    }  # fmt: skip
    return PeriodReport(SETTINGS, period, period.year_before(), "working", tables)


def test_a_period_that_was_never_due_has_no_terms_and_no_share():
    before = report("2021H1", "not_due")
    assert conclusions.who_reported(before) == coverage.coverage_sentence(before).plain() == coverage.NOT_REQUIRED
    assert "сроков он не имел" in coverage.due_sentence(before).plain()
    assert "0 из 0" not in coverage.coverage_facts(before).plain()


@pytest.mark.parametrize(("key", "status", "reason"), [
    ("2021H1", "not_due", "форма за этот период не требовалась"), ("2022H1", "missing", "форма не представлена"),
])  # fmt: skip
def test_a_school_with_values_is_not_among_those_without(key, status, reason):
    frame = coverage.excluded_table(report(key, status)).frame
    assert frame[["school", "reason"]].to_numpy().tolist() == [["СОШ № 2", reason]]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"on_time": 1, "late": 0, "returned": 0, "due": 1}, "1 из 1 ОУ (100,0 %), в срок"),
        (
            {"on_time": 2, "late": 1, "returned": 1, "due": 21},
            "4 из 21 ОУ (19,0 %): 2 в срок, 1 с опозданием, 1 на исправлении",
        ),
        ({"on_time": 0, "late": 0, "returned": 0, "due": 5}, "0 из 5 ОУ (0,0 %)"),
        ({"on_time": 0, "late": 3, "returned": 0, "due": 5}, "3 из 5 ОУ (60,0 %), все с опозданием"),
    ],
)
def test_how_forms_came(counts, words):
    counts = counts | {"in": counts["on_time"] + counts["late"] + counts["returned"]}
    assert coverage.reported_words(counts).replace("\u00a0", " ") == words
