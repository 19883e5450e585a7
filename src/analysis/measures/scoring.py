"""The headline score: mean attainment of targets, and its error by a parametric bootstrap of the whole chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.measures.composite import aggregated
from analysis.periods import Period
from analysis.settings import Indicator, Settings

FULL = 100.0  # attainment of a target counts up to here
_USABLE = ("ok", "special_conditions")
_MIN_DRAWS = 100
_DRAWN_COUNTS = 10_000_000  # counts drawn at most; with more schools there are fewer draws each
_CELLS = 4_000_000
THREADS = 2  # numpy draws outside the interpreter's lock

Portion = tuple[int, list[int]]  # number of draws, seed


@dataclass(frozen=True)
class ScoreInputs:
    """What the score of a period is made of: schools in rows (ascending school_id), scored indicators in columns.

    ``attainment``: percent of the target reached, at most 100; NaN where it does not enter the score.
    ``applicable``: the indicator is asked of the school and its denominator is not too small to be scored.
    ``special``: the school worked in special conditions.
    """

    school_ids: np.ndarray
    groups: np.ndarray
    indicators: tuple[Indicator, ...]
    targets: np.ndarray
    weights: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray
    attainment: np.ndarray
    applicable: np.ndarray
    special: np.ndarray

    def rows(self, chosen: np.ndarray) -> ScoreInputs:
        """Some of the schools, in the same order."""
        names = ("school_ids", "groups", "numerator", "denominator", "attainment", "applicable", "special")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    @property
    def n_valid(self) -> np.ndarray:
        """Indicators with a value that enters the score, per school."""
        return np.count_nonzero(~np.isnan(self.attainment), axis=1)

    @property
    def n_applicable(self) -> np.ndarray:
        """Indicators that should enter the score, per school."""
        return np.count_nonzero(self.applicable, axis=1)

    def scores(self) -> np.ndarray:
        """Weighted mean attainment, 0–100; NaN without a value. Equal attainments give equal scores."""
        return np.round(aggregated(self.attainment, self.weights, "arithmetic"), 10)


def score_inputs(indicators: pd.DataFrame, schools: pd.DataFrame, settings: Settings) -> ScoreInputs:
    """Arrays of the scored indicators from the table ``indicators`` of one period.

    A share or rate of people with a denominator under ``scoring.min_denominator`` is left out altogether.
    """
    rows = indicators[indicators["level"] == "school"]
    period = settings.parse_period(str(rows["period"].iloc[0])) if len(rows) else None
    scored = _scored(rows, period, settings)
    school_ids = np.array(sorted(rows["unit_id"].unique()), dtype=object)
    group_of = schools.set_index("school_id")["group"]
    wide = _wide(rows, school_ids, scored)
    status = wide["status"]
    small = _too_small(wide["denominator"], scored, settings)
    usable = np.isin(status, _USABLE) & ~small
    return ScoreInputs(
        school_ids=school_ids,
        groups=group_of.reindex(school_ids).to_numpy(object),
        indicators=scored,
        targets=np.array([_target(indicator, period) for indicator in scored]),
        weights=np.array([settings.project.scoring.weights.get(one.code, 1.0) for one in scored]),
        numerator=wide["numerator"],
        denominator=wide["denominator"],
        attainment=np.where(usable, np.minimum(wide["attainment"], FULL), np.nan),
        applicable=(status != "not_applicable") & (status != "") & ~small,
        special=_special(rows, school_ids),
    )


def score_errors(inputs: ScoreInputs, draws: int, seed: int) -> np.ndarray:
    """Standard error of each school's score: spread of the scores over ``draws`` drawn versions of its counts."""
    centre = aggregated(inputs.attainment, inputs.weights, "arithmetic")
    count = draws_for(inputs, draws)

    def sums(portion: Portion) -> tuple[np.ndarray, np.ndarray]:
        drawn = draw_portion(inputs, portion)
        differences = [aggregated(one, inputs.weights, "arithmetic") - centre for one in drawn]
        return np.sum(differences, axis=0), np.sum(np.square(differences), axis=0)

    with ThreadPoolExecutor(THREADS) as pool:  # added up in the order of the portions
        total, squares = np.sum(list(pool.map(sums, portions(inputs, count, seed))), axis=0)
    variance = np.maximum(squares - total**2 / count, 0.0) / (count - 1)
    error = np.sqrt(variance)
    return np.where(error > 1e-9, error, np.where(np.isnan(error), np.nan, 0.0))


def draws_for(inputs: ScoreInputs, wanted: int) -> int:
    """Draws made: as many as wanted for a city, fewer, but at least 100, for tens of thousands of schools."""
    affordable = _DRAWN_COUNTS // max(1, inputs.attainment.size)
    return int(min(wanted, max(_MIN_DRAWS, affordable)))


def drawn_attainments(inputs: ScoreInputs, draws: int, seed: int) -> np.ndarray:
    """All draws at once, see :func:`draw_portion`."""
    return np.concatenate([draw_portion(inputs, portion) for portion in portions(inputs, draws, seed)])


def portions(inputs: ScoreInputs, draws: int, seed: int) -> list[Portion]:
    """Parts of the draws that fit into memory, each with a seed of its own."""
    size = max(1, _CELLS // max(1, inputs.attainment.size))
    return [(min(size, draws - first), [seed, number]) for number, first in enumerate(range(0, draws, size))]


def draw_portion(inputs: ScoreInputs, portion: Portion) -> np.ndarray:
    """Drawn attainments, draw × school × indicator; NaN stays where the score has no value.

    Counts are binomial (shares) or Poisson (rates, counts), with the chances of the reported ones drawn in a little
    from the ends, (x + ⅜)/(n + ¾), so that 0 and 100 percent have errors too; yes/no is a fact and stays.
    """
    draws, seed = portion
    rng, size = np.random.default_rng(seed), (draws, len(inputs.school_ids))
    drawn = np.empty((*size, len(inputs.indicators)))
    for column, indicator in enumerate(inputs.indicators):
        x, n = inputs.numerator[:, column], inputs.denominator[:, column]
        value = indicator.scale * _drawn_ratio(indicator, x, n, size, rng)
        drawn[:, :, column] = attainment_of(value, inputs.targets[column], indicator)
    return np.where(np.isnan(inputs.attainment), np.nan, drawn)


def attainment_of(value: np.ndarray, target: float, indicator: Indicator) -> np.ndarray:
    """Percent of the target reached, at most 100; for downward indicators the target over the value."""
    capped = value if indicator.cap is None else np.minimum(value, indicator.cap)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = target / capped if indicator.direction == "down" else capped / target
    return np.minimum(FULL, FULL * share)


def score_interval(score: np.ndarray, error: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Normal interval of a score within 0–100."""
    half = stats.norm.isf((1 - confidence) / 2) * error
    return np.clip(score - half, 0, FULL), np.clip(score + half, 0, FULL)


def _drawn_ratio(
    indicator: Indicator, x: np.ndarray, n: np.ndarray, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    usable = ~np.isnan(x) & ~np.isnan(n) & (n > 0)
    x, n = np.where(usable, x, 0.0), np.where(usable, n, 1.0)
    if indicator.unit == "yes_no":
        return np.broadcast_to(x / n, size)
    if indicator.unit == "percent":
        chance = np.clip((x + 0.375) / (n + 0.75), 0, 1)
        return rng.binomial(np.rint(n).astype(np.int64), chance, size) / n
    return rng.poisson(x + 0.375, size) / n


def _scored(rows: pd.DataFrame, period: Period | None, settings: Settings) -> tuple[Indicator, ...]:
    present = set(rows["indicator"])
    if period is None:
        return ()
    return tuple(one for one in settings.indicators if one.code in present and one.is_scored(period))


def _target(indicator: Indicator, period: Period | None) -> float:
    target = indicator.target(period) if period else None
    return np.nan if target is None else float(target)


def _wide(rows: pd.DataFrame, school_ids: np.ndarray, scored: tuple[Indicator, ...]) -> dict[str, np.ndarray]:
    """School × indicator arrays of the columns that are needed."""
    place = pd.Index(school_ids).get_indexer(rows["unit_id"])
    column = pd.Index([one.code for one in scored], dtype=object).get_indexer(rows["indicator"])
    kept = column >= 0
    shape = (len(school_ids), len(scored))
    wide = {"status": np.full(shape, "", dtype=object)}
    wide["status"][place[kept], column[kept]] = rows["status"].to_numpy(object)[kept]
    for name in ("numerator", "denominator", "attainment"):
        wide[name] = np.full(shape, np.nan)
        wide[name][place[kept], column[kept]] = rows[name].to_numpy(float)[kept]
    return wide


def _too_small(denominator: np.ndarray, scored: tuple[Indicator, ...], settings: Settings) -> np.ndarray:
    of_people = np.array([is_share_of_people(one, settings) for one in scored], dtype=bool)
    with np.errstate(invalid="ignore"):
        return of_people & (denominator < settings.project.scoring.min_denominator)


def is_share_of_people(indicator: Indicator, settings: Settings) -> bool:
    """Is the denominator a number of people, so that a small one makes the value a matter of chance?"""
    counted = {measure.code for measure in settings.measures if measure.counts_people}
    return indicator.denominator in counted


def _special(rows: pd.DataFrame, school_ids: np.ndarray) -> np.ndarray:
    marked = rows.loc[rows["status"] == "special_conditions", "unit_id"].unique()
    return np.isin(school_ids, marked)
