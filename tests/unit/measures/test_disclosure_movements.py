"""Random little cities over a half-year, the next one and their year: schools close, open, miss a half-year."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures.disclosure import protect
from analysis.measures.disclosure_breaches import breaches, breaches_to_head
from tests.unit.measures.disclosure_kit import SETTINGS, school_rows, with_totals

CODES = ("П13", "П14", "П16")  # a flow, a flow of the city alone, a cumulative count
STATE = CODES[2]  # a year has it of its last month, whatever else it lacks
PERIODS = ("2021H2", "2022H1", "2022")


def tables_by_period(seed):
    """The table ``indicators`` of each period, and the schools."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(4, 10))
    ids = [f"s{101 + i}" for i in range(size)]
    schools = pd.DataFrame({"school_id": ids, "group": rng.choice(["А", "Б", "В"][: rng.integers(1, 4)], size)})
    there = rng.random((2, size)) > rng.choice([0.0, 0.15, 0.3])
    entered = rng.poisson(rng.choice([1, 4, 30], size), (2, size))
    won = rng.binomial(entered, 0.3)
    disabled = rng.integers(4, 60, size)
    began = rng.binomial(disabled, rng.choice([0.05, 0.4, 0.9], size))
    covered = np.array([began, np.minimum(began + rng.poisson(rng.choice([0, 3]), size), disabled)])
    pupils = np.full(size, 200)
    flows = [entered[0], entered[1], (entered * there).sum(axis=0)]
    wins = [won[0], won[1], (won * there).sum(axis=0)]
    states = [covered[0], covered[1], covered[1]]
    closed = there[0] & ~there[1]
    whole = there[1] & (there[0] | (rng.random(size) < 0.5))  # else the year lacks a half, and so the flows of it
    reported = [[one, one] for one in (there[0], there[1])] + [[whole, there[1]]]
    found = {}
    for period, y, w, c, known in zip(PERIODS, flows, wins, states, reported, strict=True):
        measures = {"ws_part": y, "ws_win": w, "N8_11": pupils, "ovz_cov": c, "N_ovz": disabled}
        found[period] = _table(measures, schools, period, known, gone=closed & (period != PERIODS[0]))
    return found, schools


def _table(measures, schools, period, known, gone):
    empty = {name: np.zeros(len(schools)) for code in ("П01", "П04", "П05", "П07", "П15", "П23")
             for name in SETTINGS.indicator(code).measures}  # fmt: skip
    of_flows, of_states = (school_rows({**empty, **measures}, schools, period, ~one) for one in known)
    rows = pd.concat([of_flows[of_flows["indicator"] != STATE], of_states[of_states["indicator"] == STATE]])
    rows = rows[rows["indicator"].isin(CODES) & ~rows["unit_id"].isin(schools["school_id"][gone])]
    return with_totals(rows)


def editions(tables, schools):
    for at, period in enumerate(PERIODS):
        own = {"indicators": tables[period]}
        if at:
            own["indicator_parts"] = pd.concat([tables[one] for one in PERIODS[:at]], ignore_index=True)
        for name in ("meeting", "public"):
            by = {"schools": schools, "settings": SETTINGS}
            yield name, period, protect(own, name, SETTINGS.project.privacy, **by).tables["indicators"]


def leaks(seed):
    """Breaches to whoever has both editions of all periods, and to one head."""
    tables, schools = tables_by_period(seed)
    made = list(editions(tables, schools))
    told = pd.concat([frame for name, _, frame in made if name == "meeting"], ignore_index=True)
    truth = {"indicators": pd.concat(tables.values(), ignore_index=True)}
    by = {"schools": schools, "settings": SETTINGS}
    public = pd.concat([frame for name, _, frame in made if name == "public"], ignore_index=True)
    at = ["level", "unit_id", "period", "indicator"]
    both = public.merge(told, on=at, suffixes=("", "_meeting"))
    more = [
        (both[name].notna() & both[f"{name}_meeting"].isna()).any() for name in ("numerator", "denominator", "value")
    ]
    assert not any(more), "the public edition prints what the meeting's hides"
    head = schools["school_id"].iloc[seed % len(schools)]
    return pd.concat([
        breaches(truth, {"indicators": told}, **by), breaches(truth, {"indicators": public}, **by),
        breaches_to_head(truth, {"indicators": told}, head, **by),
    ])  # fmt: skip


# 10, 32: one school closed, another reported first; 16, 60: a new one; 36, 46: two that closed had labels
@pytest.mark.parametrize("seed", [10, 16, 32, 36, 46, 60])
def test_no_few_can_be_worked_out_from_three_reports(seed):
    found = leaks(seed)
    assert found.empty, found.to_string()
