"""Error rates of the methods in cities without differences, and how long places and stages 2–4 take.

Run: .venv/bin/python bench/methods.py [rates] [places] [stages] [SIZE …]   (all parts and 64 550 40000 by default)
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.measures import rankings
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import compare_paired, comparisons_by_test
from analysis.measures.indicators import indicators_by_unit
from analysis.measures.rank_intervals import marginal_values, rank_intervals
from analysis.measures.scale_values import marginal_values_on_grid
from analysis.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
CITY = 64
CITIES = 400
PUPILS = ((8, 59), (50, 500))
CHANCES = (0.1, 0.5, 0.9)
PARTS = ("rates", "places", "stages")


def median_seconds(work: Callable[[], object], repetitions: int = 3) -> float:
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


def error_rates() -> None:
    """Share of null cities with any false claim of order, and of null comparisons rejected at 5 %."""
    print(f"\n{CITIES} cities of {CITY} schools without differences, seeds 0…{CITIES - 1}; percent\n")
    print("| pupils | chance | false order, any school | rejected: permutation | Wilcoxon | ratio change |")
    print("|---|---|---|---|---|---|")
    for low, high in PUPILS:
        for chance in CHANCES:
            rates = np.mean([_null_city(seed, low, high, chance) for seed in range(CITIES)], axis=0)
            print(f"| {low}–{high} | {chance} | " + " | ".join(f"{100 * rate:.1f}" for rate in rates) + " |")


def _null_city(seed: int, low: int, high: int, chance: float) -> list[bool]:
    from analysis.measures.changes import pooled_ratio_change

    rng = np.random.default_rng(seed)
    n1, n2 = rng.integers(low, high + 1, (2, CITY))
    x1, x2 = rng.binomial(n1, chance), rng.binomial(n2, chance)
    places = rankings.rank_indicator(x1, n1, joint=True, seed=seed)
    paired = compare_paired(x1 / n1, x2 / n2, seed=seed)
    change = pooled_ratio_change(x1, n1, x2, n2)
    ordered = bool(((places["low"] > 1) | (places["high"] < CITY)).any())
    return [ordered, paired.p_permutation <= 0.05, paired.p_wilcoxon <= 0.05, change.p_value <= 0.05]


def place_times() -> None:
    """Rank intervals by number of units, and the grid against the exact solution."""
    print("\n| units | marginal, s | joint, s |\n|---|---|---|")
    for n in (64, 1_000, 5_000, 40_000):
        theta, sigma = _units(n)
        marginal = median_seconds(lambda t=theta, s=sigma: rank_intervals(t, s))
        joint = median_seconds(lambda t=theta, s=sigma: rank_intervals(t, s, joint=True)) if n <= 5_000 else None
        print(f"| {n} | {marginal:.2f} | {'–' if joint is None else f'{joint:.2f}'} |")
    theta, sigma = _units(64)
    for step_down in (False, True):
        exact = marginal_values(theta, sigma, 0.95, step_down)
        gap = np.abs(exact - marginal_values_on_grid(theta, sigma, 0.95, step_down)).max()
        print(f"\nGrid against exact critical values, 64 units, step-down {step_down}: at most {gap:.5f} apart.")


def _units(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    theta, sigma = rng.normal(0, 2, n), rng.uniform(0.3, 1.2, n)
    order = np.lexsort((sigma, theta))
    return theta[order], sigma[order]


def stage_times(sizes: list[int]) -> None:
    """Stages 2–4 on observations of two years, as a bulk import leaves them, by number of schools."""
    settings = load_settings(ROOT / "params")
    print("\n| schools | observations | " + " | ".join(_STEPS) + " | all, s | memory, GB |")
    print("|---" * (len(_STEPS) + 4) + "|")
    for size in sizes:
        observations, schools = imported(size, settings)
        seconds = stages(observations, schools, settings)
        cells = " | ".join(f"{value:.1f}" for value in seconds)
        print(f"| {size} | {len(observations)} | {cells} | {sum(seconds):.1f} | {_memory():.2f} |", flush=True)


_STEPS = ("values", "places by indicator", "score", "sensitivity", "funnel", "comparison", "changes")


def stages(observations: pd.DataFrame, schools: pd.DataFrame, settings: Settings) -> list[float]:
    """Seconds of each step for the year 2022 against 2021."""
    period = settings.parse_period("2022")
    baseline = period.year_before()
    submissions = pd.DataFrame({"school_id": [], "period": [], "status": []}, dtype=str)
    seconds: list[float] = []

    def timed(work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
        return result

    def values() -> pd.DataFrame:
        both = [indicators_by_unit(observations, schools, submissions, one, settings) for one in (baseline, period)]
        return pd.concat(both, ignore_index=True)

    table = timed(values)
    now, then = table[table["period"] == period.key], table[table["period"] == baseline.key]
    timed(lambda: rankings.indicator_ranks_by_school(now, schools, settings))
    timed(lambda: _both_rankings(now, then, schools, settings))
    timed(lambda: rankings.sensitivity_by_school(now, schools, settings))
    timed(lambda: rankings.funnel_by_school_indicator(now, settings))
    tests = timed(lambda: comparisons_by_test(table, schools, period, baseline, settings))
    timed(lambda: changes_by_unit_indicator(table, tests, schools, period, baseline, settings))
    return seconds


def _both_rankings(now: pd.DataFrame, then: pd.DataFrame, schools: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    previous = rankings.rankings_by_school(then, schools, settings)
    return rankings.rankings_by_school(now, schools, settings, previous)


def imported(size: int, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observations of every measure for the months, halves and years it is asked in, July 2020 – June 2022."""
    rng = np.random.default_rng(size)
    names = np.array([f"r{i:06d}" for i in range(size)], dtype=object)
    schools = pd.DataFrame(
        {"school_id": names, "group": rng.choice(["А", "Б", "В"], size), "valid_from": None, "valid_to": None,
         "conditions": ""}
    )  # fmt: skip
    pupils = rng.integers(100, 900, size)
    measures = pd.Index([measure.code for measure in settings.measures])
    denominators = {indicator.denominator for indicator in settings.indicators}
    periods = pd.Index(_period_keys(settings))
    columns: list[tuple[int, int]] = []
    values = []
    for code, measure in enumerate(settings.measures):
        for key, text in enumerate(periods):
            if not _is_asked(measure, text, settings):
                continue
            columns.append((key, code))
            if measure.code in denominators:
                values.append(pupils)
            elif measure.is_flag:
                values.append(rng.binomial(1, 0.8, size))
            else:
                values.append(rng.binomial(pupils // 4, 0.3) if measure.counts_people else rng.poisson(3, size))
    key, code = np.repeat(np.array(columns), size, axis=0).T
    frame = pd.DataFrame(
        {
            "school_id": pd.Categorical.from_codes(np.tile(np.arange(size), len(columns)), names),
            "period": pd.Categorical.from_codes(key, periods),
            "measure": pd.Categorical.from_codes(code, measures),
            "value": np.concatenate(values).astype(float),
        }
    )
    return frame, schools


def _period_keys(settings: Settings) -> list[str]:
    years = [settings.parse_period(key) for key in ("2021", "2022")]
    keys = {year.key for year in years}
    for half in (half for year in years for half in year.parts()):
        keys |= {half.key, *(month.key for month in half.months())}
    return sorted(keys)


def _is_asked(measure: object, key: str, settings: Settings) -> bool:
    period = settings.parse_period(key)
    month = period.closing_month().number
    return measure.on_sheet(period.kind, month)  # type: ignore[attr-defined]


def _memory() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main(arguments: list[str]) -> None:
    parts = [word for word in arguments if word in PARTS] or list(PARTS)
    sizes = [int(word) for word in arguments if word.isdigit()] or [64, 550, 40_000]
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    if "rates" in parts:
        error_rates()
    if "places" in parts:
        place_times()
    if "stages" in parts:
        stage_times(sizes)


if __name__ == "__main__":
    main(sys.argv[1:])
