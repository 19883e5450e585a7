"""Synthetic bulk imports for bench/scale.py: a year of every measure, and the year before to compare with.

Plausible enough to pass the checks of intake: parts within wholes, cumulative values that grow from September on,
sums of months equal to half-years. The same size gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.periods import Period, sheet_period
from analysis.settings import Measure, Settings

YEAR = "2022"
GROUPS = ("А", "Б", "В")
# a part's whole and its share by June; wholes come before their parts
PARTS: dict[str, tuple[str, float]] = {
    "N6_11": ("N5_11", 0.86), "N8_11": ("N6_11", 0.58), "N9": ("N8_11", 0.3), "N10_11": ("N8_11", 0.4),
    "N11": ("N10_11", 0.48), "N_ovz": ("N5_11", 0.1), "covered": ("N5_11", 0.8), "tested": ("covered", 0.65),
    "bvb": ("covered", 0.2), "proekt": ("covered", 0.75), "probes": ("N8_11", 0.3), "exc": ("covered", 0.35),
    "exc_online": ("exc", 0.3), "par": ("N5_11", 0.5), "ovz_cov": ("N_ovz", 0.7), "tested9": ("N9", 0.3),
    "uday": ("N5_11", 0.7), "N_ovz14": ("N_ovz", 0.6), "abil": ("N_ovz14", 0.1), "parad": ("N8_11", 0.14),
    "portf": ("N5_11", 0.66), "prof": ("N10_11", 0.8), "N11_prof": ("N11", 0.8), "gia_prof": ("N11_prof", 0.62),
    "T": ("N5_11", 0.08), "trained": ("T", 0.15), "N14_17": ("N5_11", 0.5), "summer": ("N14_17", 0.2),
    "shifts": ("N5_11", 0.06), "grad9": ("N8_11", 0.3), "to10": ("grad9", 0.5), "to_spo": ("grad9", 0.45),
    "grad11": ("N10_11", 0.48), "enr_prof": ("grad11", 0.53),
}  # fmt: skip
MONTHLY = {"events": 3.0, "pubs": 1.2, "ws_part": 1.5, "ws_win": 0.4, "conf": 0.6, "pract": 0.03}  # per month
FLAGS, AGREEMENTS = 0.9, 2.5
RISE = 0.06  # of shares against the year before

Values = Iterator[tuple[str, str, np.ndarray]]  # period, measure, one number per school


def write_folder(folder: Path, size: int, settings: Settings) -> int:
    """A data folder of ``size`` schools; returns the number of values in its import."""
    rng = np.random.default_rng(size)
    names = np.array([f"r{number:06d}" for number in range(size)])
    (folder / "imports").mkdir(parents=True)
    _schools(names, rng).to_csv(folder / "schools.csv", index=False)
    _measures(names[: max(2, size // 5)]).to_csv(folder / "measures.csv", index=False)
    imported = long_form(list(values_of_years(size, rng, settings)), names)
    imported.to_parquet(folder / "imports" / "year.parquet", index=False)
    (folder / "received.csv").write_text("file_name,received_at\nyear.parquet,2022-06-20T12:00:00\n", encoding="utf-8")
    return len(imported)


def _schools(names: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame({"school_id": names, "name": [f"Школа {name}" for name in names], "kind": "school"})
    empty = dict.fromkeys(("valid_from", "valid_to", "aliases", "email", "conditions"), "")
    return frame.assign(group=rng.choice(GROUPS, len(names)), grades="1-11", **empty)


def _measures(names: np.ndarray) -> pd.DataFrame:
    taken = pd.DataFrame({"measure": "М1", "scope": "school", "unit_id": names, "indicator": "П11"})
    return taken.assign(**{"from": "2021-10-01", "to": "2022-05-31"}, text="Профессиональные пробы", document="")


def long_form(blocks: list[tuple[str, str, np.ndarray]], names: np.ndarray) -> pd.DataFrame:
    """One row per school, period and measure: the contract of imports."""
    size, place = len(names), np.arange(len(blocks))
    periods, measures = (pd.Categorical([block[i] for block in blocks]) for i in (0, 1))
    return pd.DataFrame(
        {
            "school_id": pd.Categorical.from_codes(np.tile(np.arange(size), len(blocks)), names),
            "period": periods.take(np.repeat(place, size)),
            "measure": measures.take(np.repeat(place, size)),
            "value": np.concatenate([block[2] for block in blocks]).astype(float),
        }
    )


def values_of_years(size: int, rng: np.random.Generator, settings: Settings) -> Values:
    """Every measure where the forms ask it, July 2021 – June 2022; for the year before, halves and the year only."""
    year = settings.parse_period(YEAR)
    pupils = rng.integers(100, 900, size)
    yield from _baseline(_june(pupils, 0.0, rng, settings), year.year_before(), settings)
    june = _june(pupils, RISE, rng, settings)
    by_month = [_flows(pupils, rng) for _ in year.months()]
    for number, month in enumerate(year.months()):
        for sheet in ("month", "half", "year"):
            covered = sheet_period(sheet, month)
            asked = [one for one in settings.measures if one.on_sheet(sheet, month.number)]
            first = number + 1 - len(covered.months()) if sheet != "month" else number
            for one in asked:
                yield covered.key, one.code, _value(one, june, by_month[max(first, 0) : number + 1], month)


def _baseline(june: dict[str, np.ndarray], year: Period, settings: Settings) -> Values:
    halves = [_flows(june["N5_11"], np.random.default_rng(half)) for half in (1, 2)]
    for period, flows in (*zip(year.parts(), ([one] for one in halves), strict=True), (year, halves)):
        for one in settings.measures:
            if one.type != "F" or one.code in MONTHLY or one.on_sheet("year", period.closing_month().number):
                yield period.key, one.code, _value(one, june, flows, None)


def _value(
    one: Measure, june: dict[str, np.ndarray], flows: list[dict[str, np.ndarray]], month: Period | None
) -> np.ndarray:
    if one.code in MONTHLY:
        return np.sum([flow[one.code] for flow in flows], axis=0)
    if one.type != "C" or month is None:
        return june[one.code]
    reached = ((month.number - 9) % 12 + 1) / 10 if month.number not in (7, 8) else 1.0
    return np.floor(june[one.code] * min(reached, 1.0))


def _june(pupils: np.ndarray, rise: float, rng: np.random.Generator, settings: Settings) -> dict[str, np.ndarray]:
    """States, and cumulative values by June."""
    values = {"N5_11": pupils}
    for code, (whole, share) in PARTS.items():
        own = np.clip(rng.normal(share * (1 + rise * (code[0] != "N")), 0.15 * share, len(pupils)), 0.01, 0.98)
        values[code] = rng.binomial(values[whole], own)
    values["to_spo"] = np.minimum(values["to_spo"], values["grad9"] - values["to10"])
    values["ovz_cov"] = np.minimum(values["ovz_cov"], values["covered"])
    values["tested9"] = np.minimum(values["tested9"], values["tested"])
    values |= {one.code: rng.binomial(1, FLAGS, len(pupils)) for one in settings.measures if one.is_flag}
    return values | {"agr": rng.poisson(AGREEMENTS, len(pupils))}


def _flows(pupils: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    flows = {code: rng.poisson(mean * pupils / 500) for code, mean in MONTHLY.items()}
    flows["events"] += 1  # a month in which numbers grew had at least one
    return flows | {"ws_win": np.minimum(flows["ws_win"], flows["ws_part"])}
