"""The headline score: mean attainment of targets, and its error by a parametric bootstrap of the whole chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.measures.chances import chances_of_group
from analysis.measures.composite import aggregated
from analysis.measures.indicators import FULL, attainment_of
from analysis.periods import Period
from analysis.settings import Indicator, Settings

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


@dataclass(frozen=True)
class ScoreErrors:
    """What chance does to each school's score, in its points: its spread, and by how much it moves the score on average.

    The bias is there because attainment counts up to 100 %: luck above the target is cut off, bad luck is not, and the
    smaller a school, the more of both it has.
    """

    error: np.ndarray
    bias: np.ndarray


def score_errors(inputs: ScoreInputs, draws: int, seed: int) -> ScoreErrors:
    """Errors over ``draws`` drawn versions of the schools' counts, drawn from the :func:`chances_behind` them.

    Source: parametric bootstrap, Efron and Tibshirani (1993), ch. 6 and 10.
    """
    return score_errors_at(inputs, chances_behind(inputs), draws, seed)


def score_errors_at(inputs: ScoreInputs, chance: np.ndarray, draws: int, seed: int) -> ScoreErrors:
    """Spread of the scores of counts drawn from given chances, and their mean less the score at these chances."""
    centre = aggregated(attainments_at(inputs, chance), inputs.weights, "arithmetic")
    count = draws_for(inputs, draws)

    def sums(portion: Portion) -> tuple[np.ndarray, np.ndarray]:
        drawn = draw_portion(inputs, chance, portion)
        differences = [aggregated(one, inputs.weights, "arithmetic") - centre for one in drawn]
        return np.sum(differences, axis=0), np.sum(np.square(differences), axis=0)

    with ThreadPoolExecutor(THREADS) as pool:  # added up in the order of the portions
        total, squares = np.sum(list(pool.map(sums, portions(inputs, count, seed))), axis=0)
    variance = np.maximum(squares - total**2 / count, 0.0) / (count - 1)
    return ScoreErrors(_without_noise(np.sqrt(variance)), _without_noise(total / count))


def _without_noise(points: np.ndarray) -> np.ndarray:
    return np.where(np.abs(points) < 1e-9, 0.0, points)


def chances_behind(inputs: ScoreInputs) -> np.ndarray:
    """The chance or rate behind every count, school × indicator, see :func:`chances_of_group`; a yes/no is a fact."""
    x, n = inputs.numerator, inputs.denominator
    share = np.array([one.unit == "percent" for one in inputs.indicators], dtype=bool)
    fact = np.array([one.unit == "yes_no" for one in inputs.indicators], dtype=bool)
    chance = np.full(x.shape, np.nan)
    for group in sorted(set(inputs.groups), key=str):
        rows = inputs.groups == group
        chance[rows] = chances_of_group(x[rows], n[rows], share)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(fact, x / n, chance)


def attainments_at(inputs: ScoreInputs, chance: np.ndarray) -> np.ndarray:
    """Attainments if every value were its chance; NaN stays where the score has no value."""
    columns = [
        attainment_of(indicator.scale * chance[:, column], inputs.targets[column], indicator)
        for column, indicator in enumerate(inputs.indicators)
    ]
    return np.where(np.isnan(inputs.attainment), np.nan, np.column_stack(columns) if columns else inputs.attainment)


def draws_for(inputs: ScoreInputs, wanted: int) -> int:
    """Draws made: as many as wanted for a city, fewer, but at least 100, for tens of thousands of schools."""
    affordable = _DRAWN_COUNTS // max(1, inputs.attainment.size)
    return int(min(wanted, max(_MIN_DRAWS, affordable)))


def drawn_attainments(inputs: ScoreInputs, draws: int, seed: int) -> np.ndarray:
    """All draws at once, see :func:`draw_portion`."""
    chance = chances_behind(inputs)
    with ThreadPoolExecutor(THREADS) as pool:  # the results keep the order of the portions
        drawn = list(pool.map(lambda portion: draw_portion(inputs, chance, portion), portions(inputs, draws, seed)))
    return np.concatenate(drawn)


def portions(inputs: ScoreInputs, draws: int, seed: int) -> list[Portion]:
    """Parts of the draws that fit into memory, each with a seed of its own."""
    size = max(1, _CELLS // max(1, inputs.attainment.size))
    return [(min(size, draws - first), [seed, number]) for number, first in enumerate(range(0, draws, size))]


def draw_portion(inputs: ScoreInputs, chance: np.ndarray, portion: Portion) -> np.ndarray:
    """Drawn attainments, draw × school × indicator; NaN stays where the score has no value.

    Counts are binomial (shares) or Poisson (rates, counts) with the chances given; yes/no is a fact and stays.
    """
    draws, seed = portion
    rng, size = np.random.default_rng(seed), (draws, len(inputs.school_ids))
    drawn = np.empty((*size, len(inputs.indicators)))
    for column, indicator in enumerate(inputs.indicators):
        value = indicator.scale * _drawn_ratio(indicator, chance[:, column], inputs.denominator[:, column], size, rng)
        drawn[:, :, column] = attainment_of(value, inputs.targets[column], indicator)
    drawn[:, np.isnan(inputs.attainment)] = np.nan
    return drawn


def score_interval(
    score: np.ndarray, estimate: np.ndarray, error: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Normal interval of the estimate within 0–100, widened where needed to contain the score."""
    half = stats.norm.isf((1 - confidence) / 2) * error
    low, high = np.clip(estimate - half, 0, FULL), np.clip(estimate + half, 0, FULL)
    return np.minimum(low, score), np.maximum(high, score)


def _drawn_ratio(
    indicator: Indicator, chance: np.ndarray, n: np.ndarray, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    usable = ~np.isnan(chance)
    chance, n = np.where(usable, chance, 0.0), np.where(usable, n, 1.0)
    if indicator.unit == "yes_no":
        return np.broadcast_to(chance, size)
    if indicator.unit == "percent":
        return rng.binomial(np.rint(n).astype(np.int64), chance, size) / n
    return rng.poisson(chance * n, size) / n


def _scored(rows: pd.DataFrame, period: Period | None, settings: Settings) -> tuple[Indicator, ...]:
    present = set(rows["indicator"].unique())
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
