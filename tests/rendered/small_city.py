"""A data folder of a dozen small schools over two years: many counts of people too small to be printed.

One school closes between a half-year and the year it belongs to, another one opens. With every measure of the form
asked for, the schools are larger and ranked; otherwise there are too few indicators for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

SCHOOLS = 12
YEARS = (2021, 2022)
STATES = {"plan": 1, "resp": 1, "agr": 3, "T": 24, "trained": 5}
CLOSED, OPENED, REPAIRED = "s212", "s207", "s209"
VALID = {CLOSED: ("2015-09-01", "2022-01-31"), OPENED: ("2022-02-01", "")}


def write_small_city(folder: Path, seed: int, *, ranked: bool = False) -> None:
    """``schools.csv`` and one import with halves, their closing months and the years; it obeys the form's checks."""
    rng = np.random.default_rng(seed)
    ids = [f"s{201 + i}" for i in range(SCHOOLS)]
    groups = ["А"] * 3 + ["Б"] * 4 + ["В"] * 5
    valid = [VALID.get(code, ("2015-09-01", "")) for code in ids]
    schools = pd.DataFrame(
        {"school_id": ids, "name": [f"Школа-образец № {code[1:]}" for code in ids], "kind": "СОШ", "group": groups,
         "grades": "5-11", "valid_from": [start for start, _ in valid], "valid_to": [end for _, end in valid],
         "aliases": "", "email": "", "conditions": ["repair" if ranked and code == REPAIRED else "" for code in ids]}
    )  # fmt: skip
    rows = [row for code in ids for row in _school(rng, code, ranked)]
    (folder / "imports").mkdir(parents=True)
    schools.to_csv(folder / "schools.csv", index=False)
    values = pd.DataFrame(rows, columns=["school_id", "period", "measure", "value"])
    values.drop_duplicates(["school_id", "period", "measure"]).to_csv(folder / "imports" / "values.csv", index=False)


def _school(rng: np.random.Generator, code: str, ranked: bool) -> list[tuple[str, str, str, int]]:
    pupils = int(rng.choice([90, 150, 240, 400] if ranked else [18, 40, 70, 150]))
    older = int(rng.binomial(pupils, 0.6))
    ninth, senior = int(older * 0.4), int(older * 0.45)
    disabled = int(rng.integers(0, 9))
    disabled14 = int(rng.binomial(disabled, 0.6))
    base = {"N5_11": pupils, "N6_11": int(pupils * 0.85), "N8_11": older, "N9": ninth, "N10_11": senior,
            "N_ovz": disabled, "N_ovz14": disabled14}  # fmt: skip
    reach = {name: rng.choice([0.03, 0.3, 0.9]) for name in ("tested", "covered", "proekt", "exc", "par")}
    reach["covered"] = max(reach[name] for name in ("tested", "proekt", "exc", "covered"))
    rows: list[tuple[str, str, str, int]] = []
    for year in YEARS:
        parts = {"ws_part": rng.poisson(2, 2), "ws_win": np.zeros(2, dtype=int)}
        parts["ws_win"] = rng.binomial(parts["ws_part"], 0.4)
        summer = {"N14_17": int(older * 0.7), "summer": int(rng.binomial(int(older * 0.7), 0.2))}
        halves = [(f"{year - 1}H2", f"{year - 1}-12", 0.4), (f"{year}H1", f"{year}-06", 1.0)]
        there = [at for at, (half, *_) in enumerate(halves) if _exists(code, half)]
        drift = float(rng.uniform(0.8, 1.0)) if ranked else 1.0
        for at in there:
            half, month, share = halves[at]
            count = {name: int(pupils * part * share * drift) for name, part in reach.items()}
            count |= {"tested9": min(int(ninth * share * reach["tested"]), count["tested"]),
                      "ovz_cov": min(int(disabled * share), count["covered"])}  # fmt: skip
            for period in (half, month):
                rows += [(code, period, name, value) for name, value in {**base, **count}.items()]
            rows += [(code, half, name, int(values[at])) for name, values in parts.items()]
            rows += [(code, half, name, value) for name, value in {**STATES, **(summer if at == 0 else {})}.items()]
        if ranked:
            rows += [(code, *row) for at in there for row in _rest_of_form(rng, base, count, halves[at])]
        if 1 in there:
            rows += [(code, str(year), name, int(values[there].sum())) for name, values in parts.items()]
            whole = {**base, **count, "abil": disabled14 // 2}
            rows += [(code, str(year), name, value) for name, value in whole.items()]
    return rows


def _rest_of_form(
    rng: np.random.Generator, base: Mapping[str, int], count: Mapping[str, int], half: tuple[str, str, float]
) -> list[tuple[str, str, int]]:
    """The measures that ranks need beside the others: period, measure, value."""
    (period, month, share), senior = half, base["N10_11"]
    last, profile = senior // 2, senior // 2 - senior // 8
    growing = {"bvb": int(0.2 * share * min(count["covered"], base["N6_11"])), "exc_online": 0,
               "probes": int(0.3 * share * min(count["covered"], base["N8_11"]))}  # fmt: skip
    flows = {"conf": int(rng.poisson(2)), "pubs": 3, "events": 4}
    in_december = {"shifts": int(rng.binomial(base["N5_11"], 0.06)), "grad9": base["N9"], "to_spo": base["N9"] // 3,
                   "to10": base["N9"] - base["N9"] // 3 - int(rng.binomial(3, 0.4)), "grad11": last,
                   "enr_prof": int(rng.binomial(last, 0.6))}  # fmt: skip
    in_june = {"uday": int(rng.binomial(base["N5_11"], 0.7)), "parad": int(rng.binomial(base["N8_11"], 0.1)),
               "portf": int(rng.binomial(base["N5_11"], 0.8)), "prof": int(rng.binomial(senior, 0.8)), "N11": last,
               "N11_prof": profile, "gia_prof": int(rng.binomial(profile, 0.7)), "pract": 0}  # fmt: skip
    at_year = {(period[:4], name): value for name, value in (in_june if "H1" in period else {}).items()}
    half_only = flows | (in_december if "H2" in period else {})
    given = {(at, name): value for at in (period, month) for name, value in growing.items()}
    given |= {(period, name): value for name, value in half_only.items()} | at_year
    return [(*at, value) for at, value in given.items()]


def _exists(code: str, half: str) -> bool:
    return {CLOSED: half < "2022H1", OPENED: half >= "2022H1"}.get(code, True)
