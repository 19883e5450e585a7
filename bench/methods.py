"""Error rates of the methods in cities without differences, and how long intervals of places take.

Run: .venv/bin/python bench/methods.py [rates] [scores] [errors] [places]   (all by default; bench/scale.py times stages 2–4)
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
from scipy import stats

from analysis.measures import rankings
from analysis.measures.changes import pooled_ratio_change
from analysis.measures.comparison import compare_paired
from analysis.measures.joint_values import joint_critical_value
from analysis.measures.rank_indicator import stabilised_share
from analysis.measures.rank_intervals import marginal_values, rank_intervals
from analysis.measures.ranking_tables import JOINT_DRAWS
from analysis.measures.scale_values import marginal_values_on_grid
from analysis.measures.scoring import ScoreInputs, score_errors, score_errors_at
from analysis.settings import Indicator, load_settings

Error = Callable[[np.ndarray], np.ndarray]

CITY = 64
SEEDS = range(60)
CITIES = 200  # per seed
COMPARISONS = 2000
PUPILS = ((8, 59), (50, 500))
CHANCES = (0.02, 0.05, 0.1, 0.3, 0.5, 0.9)
PARTS = ("rates", "scores", "errors", "places")
ROOT = Path(__file__).resolve().parents[1]
GROUPS = 100  # of schools, per cell of the table of scores
REACHED = (0.8, 1.0)  # the true share over its target, the same in all indicators; None draws it anew for each
ERRORS: dict[str, Error] = {
    "1/(2√(n+½))": lambda n: 0.5 / np.sqrt(n + 0.5),
    "1/(2√n)": lambda n: 0.5 / np.sqrt(n),
    "1/(2√(n−½))": lambda n: 0.5 / np.sqrt(n - 0.5),
}
IN_USE = "1/(2√n)"


def median_seconds(work: Callable[[], object], repetitions: int = 3) -> float:
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


def error_rates() -> None:
    """Share of null cities with any false claim of order, and of null comparisons rejected at 5 %, in percent."""
    print(
        f"\n{len(SEEDS)} × {CITIES} cities of {CITY} schools without differences, seeds 0–{len(SEEDS) - 1}; percent\n"
    )
    print("| pupils | chance | false order, any school | rejected: permutation | Wilcoxon | paired t | ratio change |")
    print("|---|---|---|---|---|---|---|")
    for low, high in PUPILS:
        for chance in (None, *CHANCES):
            order = np.mean([_false_order(seed, low, high, chance) for seed in SEEDS])
            tests = np.mean([_rejected(seed, low, high, chance) for seed in range(COMPARISONS)], axis=0)
            cells = " | ".join(f"{100 * rate:.1f}" for rate in (order, *tests))
            print(f"| {low}–{high} | {chance or '0.1–0.9'} | {cells} |", flush=True)


def _false_order(seed: int, low: int, high: int, chance: float | None, error: str = IN_USE) -> float:
    """Share of ``CITIES`` null cities with schools of the same sizes in which any two schools are told apart.

    An order is claimed where a difference exceeds the joint critical value: step-down comes after a first claim.
    """
    rng = np.random.default_rng(seed)
    n = np.sort(rng.integers(low, high + 1, CITY))
    chances = np.full(CITIES, chance) if chance else rng.uniform(0.1, 0.9, CITIES)
    x = rng.binomial(n, chances[:, None], (CITIES, CITY))
    theta, sigma = stabilised_share(x, n)[0], ERRORS[error](n)
    c = joint_critical_value(np.zeros(CITY), sigma, 0.95, False, JOINT_DRAWS, seed)
    claimed = (theta[:, :, None] - theta[:, None, :] > c * np.hypot(sigma[:, None], sigma)).any(axis=(1, 2))
    if seed == 0 and error == IN_USE:
        _check_against_public(x[0], n, bool(claimed[0]))
    return float(claimed.mean())


def _check_against_public(x: np.ndarray, n: np.ndarray, claimed: bool) -> None:
    places = rankings.rank_indicator(x, n, joint=True, seed=0)
    assert claimed == bool(((places["low"] > 1) | (places["high"] < CITY)).any())


def _rejected(seed: int, low: int, high: int, chance: float | None) -> list[bool]:
    rng = np.random.default_rng(seed)
    p = chance or rng.uniform(0.1, 0.9)
    n1, n2 = rng.integers(low, high + 1, (2, CITY))
    x1, x2 = rng.binomial(n1, p), rng.binomial(n2, p)
    paired = compare_paired(x1 / n1, x2 / n2, seed=seed)
    change = pooled_ratio_change(x1, n1, x2, n2)
    return [p <= 0.05 for p in (paired.p_permutation, paired.p_wilcoxon, paired.p_t, change.p_value)]


def score_rates() -> None:
    """Share of groups of alike schools whose scores tell any two apart, in percent, and what other errors would do."""
    scored = [one for one in load_settings(ROOT / "params").indicators if one.unit == "percent" and one.cap is None]
    print(
        f"\nFalse order by the score in {GROUPS} groups of alike schools, percent of groups: own shares, as they are /"
    )
    print("shares drawn towards the group's, bias left / the same, bias taken off (in use)\n")
    print(
        "| schools | pupils | indicators | true share 0.8 of the target | at the target | 0.6–1.2 |\n|---|---|---|---|---|---|"
    )
    for schools, (low, high) in ((CITY, (8, 59)), (15, (8, 59)), (CITY, (50, 500)), (15, (50, 500))):
        for indicators in (4, 20):
            cells = []
            for reached in (*REACHED, None):
                rng = np.random.default_rng(schools + indicators)
                made = [
                    _alike(rng, rng.integers(low, high + 1, schools), scored[:indicators], reached)
                    for _ in range(GROUPS)
                ]
                rates = np.mean([_told_apart_by_score(inputs, seed) for seed, inputs in enumerate(made)], axis=0)
                cells.append(" / ".join(f"{100 * rate:.0f}" for rate in rates))
            print(f"| {schools} | {low}–{high} | {indicators} | {' | '.join(cells)} |", flush=True)


def _alike(rng: np.random.Generator, n: np.ndarray, scored: list[Indicator], reached: float | None) -> ScoreInputs:
    """A group whose schools of ``n`` pupils have the same true share of every indicator, drawn from 10–90 %."""
    shape = (len(n), len(scored))
    chances = rng.uniform(0.1, 0.9, shape[1])
    over = np.full(shape[1], reached) if reached else rng.uniform(0.6, 1.2, shape[1])
    sizes, targets = np.broadcast_to(n[:, None].astype(float), shape), np.minimum(100, 100 * chances / over)
    x = rng.binomial(n[:, None], chances).astype(float)
    everything, nothing = np.ones(shape, bool), np.zeros(shape[0], bool)
    names = np.arange(shape[0]).astype(object)
    return ScoreInputs(
        names, np.full(shape[0], "A", object), tuple(scored), targets, np.ones(shape[1]), x, sizes,
        np.minimum(100, 100 * (100 * x / sizes) / targets), everything, nothing,
    )  # fmt: skip


def _told_apart_by_score(inputs: ScoreInputs, seed: int) -> list[bool]:
    own = (inputs.numerator + 0.375) / (inputs.denominator + 0.75)
    plain, chance = score_errors_at(inputs, own, 300, seed), score_errors(inputs, 300, seed)
    scores = inputs.scores()
    told = []
    for theta, sigma in ((scores, plain.error), (scores, chance.error), (scores - chance.bias, chance.error)):
        order = np.argsort(theta, kind="stable")
        c = joint_critical_value(theta[order], sigma[order], 0.95, False, 2000, seed)
        told.append(bool((theta[:, None] - theta > c * np.hypot(sigma[:, None], sigma)).any()))
    return told


def compare_errors() -> None:
    """What other standard errors of the angle would do, in cities of mixed and of equal sizes."""
    print(f"\nFalse order in cities of {CITY} alike schools of 8–59 pupils, percent of cities")
    print("| error | chance 0.1–0.9 | 0.3 | 0.5 |\n|---|---|---|---|")
    for name in ERRORS:
        rates = [np.mean([_false_order(seed, 8, 59, p, name) for seed in SEEDS]) for p in (None, 0.3, 0.5)]
        print(f"| {name} | " + " | ".join(f"{100 * rate:.1f}" for rate in rates) + " |", flush=True)
    print("\nThe same where all schools have n pupils, exact: the worst chance from 0.02 to 0.5, and the mean")
    print("| n | " + " | ".join(ERRORS) + " |\n" + "|---" * (len(ERRORS) + 1) + "|")
    for n in (8, 9, 10, 12, 14, 16, 18, 20, 30, 40, 59, 100, 200, 500):
        exact = [[_exact_false_order(n, p, ERRORS[name]) for p in np.linspace(0.02, 0.5, 97)] for name in ERRORS]
        print(f"| {n} | " + " | ".join(f"{100 * max(one):.1f}, {100 * np.mean(one):.1f}" for one in exact) + " |")


def _exact_false_order(n: int, chance: float, error: Error) -> float:
    """Chance that the angles of ``CITY`` schools of n pupils spread wider than the critical value allows."""
    x = np.arange(n + 1)
    theta, reach = stabilised_share(x, n)[0], stats.studentized_range.ppf(0.95, CITY, np.inf) * error(np.array(n))
    up_to = np.append(0, np.cumsum(stats.binom.pmf(x, n, chance)))
    end = up_to[np.searchsorted(theta, theta + reach, side="right")]
    # the least angle is the i-th: all within reach of it, less all within reach and above it
    return float(1 - np.sum((end - up_to[:-1]) ** CITY - (end - up_to[1:]) ** CITY))


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


def main(arguments: list[str]) -> None:
    parts = [word for word in arguments if word in PARTS] or list(PARTS)
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    if "rates" in parts:
        error_rates()
    if "scores" in parts:
        score_rates()
    if "errors" in parts:
        compare_errors()
    if "places" in parts:
        place_times()


if __name__ == "__main__":
    main(sys.argv[1:])
