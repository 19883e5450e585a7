"""Paired comparison of the same schools in two periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import gammaln

from analysis.measures.counts import as_floats, check_confidence, check_draws, labels_of
from analysis.measures.permutation import sign_flip_p_value
from analysis.measures.ratio_change import t_ratio
from analysis.measures.signed_rank import hodges_lehmann, signed_rank_p_value, signed_rank_sums

MIN_NONZERO_PAIRS = 6  # with 5 the least attainable two-sided p is 2/2⁵ = 0.0625


@dataclass(frozen=True)
class PairedComparison:
    """Differences after − before over pairs, in the units of the values; p-values are two-sided.

    ``status``: ``ok``; without p-values ``no_pairs``, ``one_pair``, ``all_zero``, ``too_few_pairs`` (under six
    non-zero differences: the least attainable p is 2/2ⁿ).
    """

    mean_difference: float
    median_difference: float
    hodges_lehmann: float
    hl_low: float
    hl_high: float
    p_permutation: float
    p_wilcoxon: float
    p_t: float
    dz: float
    gz: float
    rank_biserial: float
    n_up: int
    n_down: int
    n_same: int
    status: str


def compare_paired(
    before: ArrayLike,
    after: ArrayLike,
    seed: int = 49,
    draws: int = 9999,
    confidence: float = 0.95,
    min_pairs: int = MIN_NONZERO_PAIRS,
) -> PairedComparison:
    """Compare the same schools in two periods; position i of both arrays is one school.

    Pairs with a missing value are left out. Tests: exact sign-flip permutation of the mean (all 2ⁿ up to 20 non-zero
    differences, else ``draws`` seeded ones), Wilcoxon's signed-rank, paired t. Effects: Cohen's dz, Hedges' gz (exact
    gamma correction), matched rank-biserial (W⁺−W⁻)/(W⁺+W⁻). Hodges–Lehmann estimate with interval. Zero differences
    are left out of Wilcoxon, Hodges–Lehmann and rank-biserial, as in R's ``wilcox.test``, and kept in the means.
    dz and gz are NaN when all differences are the same non-zero number. Raises ValueError for unequal lengths, infinite
    values, Series that name the schools in different orders, fewer than one draw, or a confidence outside 0–1.

    Source: Hollander and Wolfe (1973); Hedges (1981); Kerby (2014); Lakens (2013).
    """
    check_confidence(confidence)
    check_draws(draws)
    differences = _differences(before, after)
    nonzero, pairs = differences[differences != 0], len(differences)
    status = _status(pairs, len(nonzero), min_pairs)
    mean, median = (float(differences.mean()), float(np.median(differences))) if pairs else (np.nan, np.nan)
    shift, low, high = _shift(nonzero, pairs, confidence)
    p_permutation = p_wilcoxon = p_t = np.nan
    if status == "ok":
        p_permutation = sign_flip_p_value(differences, seed, draws)
        p_wilcoxon, p_t = signed_rank_p_value(nonzero), _t_test(differences)
    else:
        low = high = np.nan
    dz, gz = _standardised(differences)
    up, down = int((differences > 0).sum()), int((differences < 0).sum())
    return PairedComparison(
        mean_difference=mean, median_difference=median, hodges_lehmann=shift, hl_low=low, hl_high=high,
        p_permutation=p_permutation, p_wilcoxon=p_wilcoxon, p_t=p_t,
        dz=dz, gz=gz, rank_biserial=_rank_biserial(nonzero, pairs),
        n_up=up, n_down=down, n_same=pairs - up - down, status=status,
    )  # fmt: skip


def _differences(before: ArrayLike, after: ArrayLike) -> np.ndarray:
    """Sorted differences of complete pairs; rounding noise is removed so that ties and zeros are recognised."""
    labels_of(before, after)
    first, second = as_floats(before), as_floats(after)
    if len(first) != len(second):
        raise ValueError("before and after must have one value per school each")
    infinite = np.isinf(first) | np.isinf(second)
    if infinite.any():
        raise ValueError(f"unit {int(np.argmax(infinite))}: a value is infinite")
    complete = ~np.isnan(first) & ~np.isnan(second)
    first, second = first[complete], second[complete]
    scale = max(np.max(np.abs(first), initial=0.0), np.max(np.abs(second), initial=0.0))
    digits = min(13 - int(np.ceil(np.log10(scale))), 300) if scale > 0 else 13
    return np.sort(np.round(second - first, digits)) + 0.0


def _status(pairs: int, nonzero: int, min_pairs: int) -> str:
    if pairs < 2:
        return "one_pair" if pairs else "no_pairs"
    if nonzero == 0:
        return "all_zero"
    return "ok" if nonzero >= min_pairs else "too_few_pairs"


def _shift(nonzero: np.ndarray, pairs: int, confidence: float) -> tuple[float, float, float]:
    if len(nonzero):
        return hodges_lehmann(nonzero, confidence)
    return (0.0, np.nan, np.nan) if pairs else (np.nan, np.nan, np.nan)


def _standardised(differences: np.ndarray) -> tuple[float, float]:
    """Cohen's dz and Hedges' gz; 0 when nothing changed, NaN when the spread is zero otherwise."""
    n = len(differences)
    if n < 2:
        return np.nan, np.nan
    spread, mean = _spread(differences), float(differences.mean())
    if spread == 0:
        return (0.0, 0.0) if mean == 0 else (np.nan, np.nan)
    df = n - 1
    dz = mean / spread
    correction = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2) if df > 1 else np.nan
    return dz, float(dz * correction)


def _spread(differences: np.ndarray) -> float:
    return 0.0 if differences[0] == differences[-1] else float(differences.std(ddof=1))


def _t_test(differences: np.ndarray) -> float:
    n = len(differences)
    t = t_ratio(float(differences.mean()), _spread(differences) / np.sqrt(n))
    return float(2 * stats.t.sf(abs(t), n - 1))


def _rank_biserial(nonzero: np.ndarray, pairs: int) -> float:
    if not len(nonzero):
        return 0.0 if pairs else np.nan
    plus, minus = signed_rank_sums(nonzero)
    return (plus - minus) / (plus + minus)
