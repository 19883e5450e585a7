"""Comparison of two periods over the city's schools: every test made, and which one counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.dictionary import contract_columns
from analysis.measures.multiplicity import adjust
from analysis.measures.paired import PairedComparison, compare_paired
from analysis.measures.panel import EMPTY, Panel, matched_panels, school_pairs
from analysis.measures.ratio_change import PooledRatioChange, pooled_ratio_change
from analysis.periods import Period
from analysis.settings import Indicator, Settings

__all__ = ["PairedComparison", "adjust", "comparisons_by_test", "compare_paired"]

COLUMNS = list(contract_columns("comparisons"))


def comparisons_by_test(
    indicators: pd.DataFrame, schools: pd.DataFrame, period: Period, baseline: Period, settings: Settings
) -> pd.DataFrame:
    """The contract table ``comparisons``: one row per city indicator and test, period against baseline.

    ``indicators`` holds rows of both periods. Schools with a value in both enter; estimates are in the indicator's
    unit (percentage points for shares), second minus first. Tests: ``ratio_change`` (ratio of totals, clustered by
    school), ``permutation`` and ``paired_t`` (mean difference of schools), ``wilcoxon`` (Hodges–Lehmann). Under
    ``tests.min_pairs`` schools, or so many that changed, there is no p-value and ``status`` says why.
    """
    panels = matched_panels(school_pairs(indicators, schools, period.key, baseline.key))
    shown = indicators.loc[(indicators["period"] == period.key) & (indicators["level"] == "city"), "indicator"]
    rows: list[dict[str, Any]] = []
    for indicator in (settings.indicator(code) for code in sorted(shown.unique())):
        panel = panels.get(indicator.code, EMPTY)
        paired = compare_panel(panel, settings)
        change = compare_totals(panel, settings)
        rows.extend(_rows(indicator, change, paired, panel, settings))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("period", "baseline")])
    return table.assign(period=period.key, baseline=baseline.key)[COLUMNS]


def compare_panel(panel: Panel, settings: Settings) -> PairedComparison:
    """Schools' own values compared in pairs, with the settings' seed, draws and smallest number of pairs."""
    tests = settings.project.tests
    return compare_paired(panel.value1, panel.value2, tests.seed, tests.permutations, tests.confidence, tests.min_pairs)


def compare_totals(panel: Panel, settings: Settings) -> PooledRatioChange:
    """Change of the ratio of totals; a fraction, not scaled."""
    return pooled_ratio_change(panel.y1, panel.x1, panel.y2, panel.x2, settings.project.tests.confidence)


def is_tested(change: PooledRatioChange, settings: Settings) -> bool:
    """Are there enough schools for the ratio's t-test?"""
    return change.n_pairs >= settings.project.tests.min_pairs


def ratio_effect(panel: Panel, indicator: Indicator) -> tuple[float, str]:
    """Cohen's h of two city shares; ratio of two city rates."""
    if not len(panel):
        return np.nan, ""
    before, after = panel.y1.sum() / panel.x1.sum(), panel.y2.sum() / panel.x2.sum()
    if indicator.unit in ("percent", "yes_no") and max(before, after) <= 1:
        return float(2 * np.arcsin(np.sqrt(after)) - 2 * np.arcsin(np.sqrt(before))), "cohen_h"
    return (float(after / before) if before > 0 else np.nan), "ratio"


def _rows(
    indicator: Indicator,
    change: PooledRatioChange,
    paired: PairedComparison,
    panel: Panel,
    settings: Settings,
) -> list[dict[str, Any]]:
    counts = {"n_pairs": len(panel), "n_up": paired.n_up, "n_down": paired.n_down, "n_same": paired.n_same}
    mean, shift, shift_limits = paired.mean_difference, paired.hodges_lehmann, (paired.hl_low, paired.hl_high)
    rows = [
        _ratio_row(indicator, change, panel, paired.status, settings),
        _row("permutation", mean, (np.nan, np.nan), paired.p_permutation, paired.gz, "hedges_gz"),
        _row("wilcoxon", shift, shift_limits, paired.p_wilcoxon, paired.rank_biserial, "rank_biserial"),
        _row("paired_t", mean, _t_interval(panel, paired, settings), paired.p_t, paired.dz, "cohen_dz"),
    ]
    common = counts | {"indicator": indicator.code, "status": paired.status}
    return [common | row | {"primary": row["test"] == indicator.primary_test} for row in rows]


def _ratio_row(
    indicator: Indicator, change: PooledRatioChange, panel: Panel, paired_status: str, settings: Settings
) -> dict[str, Any]:
    tested = is_tested(change, settings)
    limits = (change.ci_low * indicator.scale, change.ci_high * indicator.scale) if tested else (np.nan, np.nan)
    p_value = change.p_value if tested else np.nan
    row = _row("ratio_change", change.change * indicator.scale, limits, p_value, *ratio_effect(panel, indicator))
    untested = paired_status if paired_status in ("no_pairs", "one_pair") else "too_few_pairs"
    return row | {"status": "ok" if tested else untested}


def _row(
    test: str, estimate: float, limits: tuple[float, float], p_value: float, effect: float, name: str
) -> dict[str, Any]:
    return {
        "test": test, "estimate": estimate, "ci_low": limits[0], "ci_high": limits[1], "p_value": p_value,
        "effect": effect, "effect_name": name,
    }  # fmt: skip


def _t_interval(panel: Panel, paired: PairedComparison, settings: Settings) -> tuple[float, float]:
    if paired.status != "ok":
        return np.nan, np.nan
    difference = np.sort(panel.value2 - panel.value1)
    n = len(difference)
    reach = stats.t.isf((1 - settings.project.tests.confidence) / 2, n - 1)
    half = float(reach * difference.std(ddof=1) / np.sqrt(n))
    return paired.mean_difference - half, paired.mean_difference + half
