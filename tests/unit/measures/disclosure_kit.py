"""A small random city whose counts obey the checks of the form, as the tables that editions are made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.settings import Settings, load_settings

SETTINGS: Settings = load_settings(Path(__file__).parents[3] / "params")
CODES = ("П01", "П04", "П05", "П07", "П13", "П14", "П15", "П16", "П23")
PERIODS = ("2022", "2021")
AT = ["level", "unit_id", "period", "indicator"]


def school_measures(rng: np.random.Generator, size: int, small: bool) -> dict[str, np.ndarray]:
    """One period's measures, one array element a school; `small`: schools of a few dozen pupils."""
    pupils = rng.integers(8, 60, size) if small else rng.integers(120, 800, size)
    eldest = rng.binomial(pupils, 0.5)
    ninth = rng.binomial(eldest, 0.4)
    tested = rng.binomial(pupils, rng.choice([0.02, 0.5, 0.9, 1.0], size))
    disabled = rng.binomial(pupils, rng.choice([0.0, 0.02, 0.1], size))
    disabled14 = rng.binomial(disabled, 0.6)
    entered = np.minimum(rng.poisson(rng.choice([0.5, 3, 12], size)), eldest)
    leavers = rng.binomial(ninth, 0.9)
    stayed = rng.binomial(leavers, 0.95)
    to_school = rng.binomial(stayed, 0.6)
    return {
        "plan": rng.integers(0, 2, size), "N5_11": pupils, "N8_11": eldest, "N9": ninth, "tested": tested,
        "tested9": np.minimum(rng.binomial(ninth, 0.8), tested), "events": rng.poisson(2, size),
        "ws_part": entered, "ws_win": rng.binomial(entered, 0.3), "N_ovz": disabled, "N_ovz14": disabled14,
        "abil": rng.binomial(disabled14, 0.2), "ovz_cov": rng.binomial(disabled, 0.7), "grad9": leavers,
        "to10": to_school, "to_spo": stayed - to_school,
    }  # fmt: skip


def school_rows(
    measures: dict[str, np.ndarray], schools: pd.DataFrame, period: str, missing: np.ndarray
) -> pd.DataFrame:
    """Rows of ``indicators`` of all schools, with rows of the city-only indicators too."""
    frames = []
    for code in CODES:
        indicator = SETTINGS.indicator(code)
        y = np.sum([measures[name] for name in indicator.numerator], axis=0).astype(float)
        x = measures[indicator.denominator].astype(float) if indicator.denominator else np.ones(len(schools))
        y = np.where(missing, np.nan, y)
        empty = x == 0
        status = np.select([empty, np.isnan(y)], ["not_applicable", "missing"], "ok")
        frames.append(
            pd.DataFrame(
                {
                    "level": "school", "unit_id": schools["school_id"], "group": schools["group"], "period": period,
                    "indicator": code, "numerator": np.where(empty, np.nan, y),
                    "denominator": np.where(empty, np.nan, x), "n_schools": (status == "ok").astype(int),
                    "status": status,
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def with_totals(rows: pd.DataFrame) -> pd.DataFrame:
    """The contract table ``indicators``: schools, groups and the city, values as ratios of totals."""
    used = rows[rows["n_schools"] == 1]
    sums = {"numerator": "sum", "denominator": "sum", "n_schools": "sum"}
    city = used.groupby(["period", "indicator"]).agg(sums).reset_index().assign(level="city", unit_id="city")
    groups = used.groupby(["period", "indicator", "group"]).agg(sums).reset_index().assign(level="group")
    table = pd.concat([city, groups.assign(unit_id=groups["group"]), rows], ignore_index=True)
    allowed = {code: SETTINGS.indicator(code).levels for code in CODES}
    table = table[[level in allowed[code] for level, code in zip(table["level"], table["indicator"], strict=True)]]
    scale = table["indicator"].map({code: SETTINGS.indicator(code).scale for code in CODES})
    target = table["indicator"].map({code: SETTINGS.indicator(code).targets.get(2022, np.nan) for code in CODES})
    value = scale * table["numerator"] / table["denominator"]
    table = table.assign(
        value=value, target=target, attainment=np.minimum(100, 100 * value / target), ci_low=value * 0.9,
        ci_high=value * 1.1, status=table["status"].fillna("ok"),
    )  # fmt: skip
    columns = [
        *AT, "numerator", "denominator", "value", "ci_low", "ci_high", "target", "attainment", "n_schools", "status",
    ]  # fmt: skip
    return table[columns].reset_index(drop=True)


def changes_of(
    table: pd.DataFrame, schools: pd.DataFrame, period: str = PERIODS[0], baseline: str = PERIODS[1]
) -> pd.DataFrame:
    """The contract table ``changes``: totals are those of the schools of both periods."""
    now, before = (table[table["period"] == key] for key in (period, baseline))
    both = now.merge(before, on=["level", "unit_id", "indicator"], suffixes=("", "_before"))
    matched = _matched_totals(both[both["level"] == "school"], schools)
    both = both.merge(matched, on=["level", "unit_id", "indicator"], how="left")
    is_school = both["level"] == "school"
    has_both = both[["value", "value_before"]].notna().all(axis=1)
    pairs = both["n_pairs"].fillna(0).mask(is_school, has_both).astype(int)
    value = both["value"].where(is_school, both["matched"])
    old = both["value_before"].where(is_school, both["matched_before"])
    return both[AT[:2]].assign(
        period=period, baseline=baseline, indicator=both["indicator"], value=value, baseline_value=old,
        change=value - old, ci_low=value - old - 1, ci_high=value - old + 1, p_value=0.04, p_adjusted=0.05,
        method="ratio_change", effect=0.2, effect_name="cohen_h", n_pairs=pairs, verdict="up",
    )  # fmt: skip


def _matched_totals(pairs: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Values of both periods over the schools that have both, of groups and of the city."""
    pairs = pairs[pairs["value"].notna() & pairs["value_before"].notna()]
    group = pairs["unit_id"].map(dict(zip(schools["school_id"], schools["group"], strict=True)))
    counts = ["numerator", "denominator", "numerator_before", "denominator_before"]
    found = []
    for level, unit in (("group", group), ("city", "city")):
        by = pairs.assign(level=level, unit_id=unit).groupby(["level", "unit_id", "indicator"])
        found.append(by[counts].sum().assign(n_pairs=by.size()).reset_index())
    sums = pd.concat(found, ignore_index=True)
    scale = sums["indicator"].map({code: SETTINGS.indicator(code).scale for code in CODES}).astype(float)
    value, old = (scale * sums[f"numerator{end}"] / sums[f"denominator{end}"] for end in ("", "_before"))
    return sums[["level", "unit_id", "indicator", "n_pairs"]].assign(matched=value, matched_before=old)


def random_city(
    seed: int, size: int, small: bool, missing: float = 0.05
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Tables ``indicators`` and ``changes`` of two periods, and the schools."""
    rng = np.random.default_rng(seed)
    schools = pd.DataFrame(
        {
            "school_id": [f"s{101 + i}" for i in range(size)],
            "group": rng.choice(["А", "Б", "В"], size),
            "email": "a@b.ru",
        }
    )
    parts = []
    for period in PERIODS:
        measures = school_measures(rng, size, small)
        parts.append(school_rows(measures, schools, period, rng.random(size) < missing))
    table = with_totals(pd.concat(parts, ignore_index=True))
    return {"indicators": table, "changes": changes_of(table, schools)}, schools


def city_of(**measures: list[float]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """One period of a city given by hand: measures by name, ``group`` by school; only indicators that can be computed."""
    groups = list(measures.pop("group"))  # type: ignore[arg-type]
    schools = pd.DataFrame({"school_id": [f"s{101 + i}" for i in range(len(groups))], "group": groups, "email": ""})
    known = {name: np.asarray(values, dtype=float) for name, values in measures.items()}
    empty = {name: np.zeros(len(groups)) for code in CODES for name in SETTINGS.indicator(code).measures}
    rows = school_rows(empty | known, schools, PERIODS[0], np.zeros(len(groups), dtype=bool))
    given = [code for code in CODES if set(SETTINGS.indicator(code).measures) <= set(known)]
    return {"indicators": with_totals(rows[rows["indicator"].isin(given)])}, schools
