"""Paired comparison of the same schools in two periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import gammaln

from analysis.measures.counts import as_floats
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
    dz and gz are NaN when all differences are the same non-zero number. Raises ValueError for unequal lengths and
    infinite values.

    Source: Hollander and Wolfe (1973); Hedges (1981); Kerby (2014); Lakens (2013).
    """
    differences = _differences(before, after)
    nonzero = differences[differences != 0]
    status = _status(len(differences), len(nonzero), min_pairs)
    estimate, low, high = _shift(nonzero, len(differences), confidence)
    tested = status == "ok"
    dz, gz = _standardised(differences)
    return PairedComparison(
        mean_difference=float(differences.mean()) if len(differences) else np.nan,
        median_difference=float(np.median(differences)) if len(differences) else np.nan,
        hodges_lehmann=estimate,
        hl_low=low if tested else np.nan,
        hl_high=high if tested else np.nan,
        p_permutation=sign_flip_p_value(differences, seed, draws) if tested else np.nan,
        p_wilcoxon=signed_rank_p_value(nonzero) if tested else np.nan,
        p_t=_t_test(differences) if tested else np.nan,
        dz=dz,
        gz=gz,
        rank_biserial=_rank_biserial(nonzero, len(differences)),
        n_up=int((differences > 0).sum()),
        n_down=int((differences < 0).sum()),
        n_same=int((differences == 0).sum()),
        status=status,
    )


def _differences(before: ArrayLike, after: ArrayLike) -> np.ndarray:
    """Sorted differences of complete pairs; rounding noise is removed so that ties and zeros are recognised."""
    first, second = as_floats(before), as_floats(after)
    if len(first) != len(second):
        raise ValueError("before and after must have one value per school each")
    infinite = np.isinf(first) | np.isinf(second)
    if infinite.any():
        raise ValueError(f"unit {int(np.argmax(infinite))}: a value is infinite")
    complete = ~np.isnan(first) & ~np.isnan(second)
    first, second = first[complete], second[complete]
    scale = max(np.max(np.abs(first), initial=0.0), np.max(np.abs(second), initial=0.0))
    digits = 13 - int(np.ceil(np.log10(scale))) if scale > 0 else 13
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
