"""Change of every indicator for the city, the groups and the schools, with one verdict each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.dictionary import contract_columns
from analysis.measures.comparison import compare_panel, compare_totals, is_tested, ratio_effect
from analysis.measures.count_changes import proportion_changes, rate_changes
from analysis.measures.multiplicity import adjust
from analysis.measures.panel import EMPTY, Panel, has_both, matched_panels, panels_by_group, school_pairs
from analysis.measures.ratio_change import PooledRatioChange, pooled_ratio_change
from analysis.periods import Period
from analysis.settings import Indicator, Settings

__all__ = [
    "PooledRatioChange", "changes_by_unit_indicator", "pooled_ratio_change", "proportion_changes", "rate_changes",
]  # fmt: skip

COLUMNS = list(contract_columns("changes"))
_LEVELS = ("city", "group", "school")
_SCHOOL_METHODS: dict[str, tuple[Callable[..., pd.DataFrame], str, str]] = {
    "percent": (proportion_changes, "newcombe_fisher", "cohen_h"),
    "per_100": (rate_changes, "poisson_exact", "ratio"),
}


def changes_by_unit_indicator(
    indicators: pd.DataFrame,
    comparisons: pd.DataFrame,
    schools: pd.DataFrame,
    period: Period,
    baseline: Period,
    settings: Settings,
) -> pd.DataFrame:
    """The contract table ``changes``: one row per unit and indicator of ``period``, against ``baseline``.

    City and groups compare the schools with a value in both periods, so their ``value`` and ``baseline_value`` may
    differ from the table ``indicators``; change = value − baseline_value in the indicator's unit. The p-value is that
    of the indicator's primary test; Holm runs over the city's claims and over the groups' claims (indicators with
    ``family``), Benjamini–Hochberg over the schools. ``verdict``: ``up``, ``down``, ``no_clear_change`` or
    ``not_tested`` (no pairs enough, no test for the unit, or not a claim of the family). Where the primary test is
    about the mean of schools and the change about the totals, and they differ in sign, no change is clear.
    """
    pairs = school_pairs(indicators, schools, period.key, baseline.key)
    now = indicators[indicators["period"] == period.key]
    shown = [settings.indicator(code) for code in sorted(now["indicator"].unique())]
    tables = [
        _city(now, comparisons, matched_panels(pairs), shown, settings),
        _groups(now, panels_by_group(pairs), shown, settings),
        _schools(pairs, shown, settings),
    ]
    table = pd.concat([frame for frame in tables if len(frame)] or [pd.DataFrame(columns=[*COLUMNS, "tested_change"])])
    table = table.assign(period=period.key, baseline=baseline.key)
    table["verdict"] = _verdicts(table, settings.project.tests.alpha)
    order = table["level"].map({level: place for place, level in enumerate(_LEVELS)})
    table = table.assign(_order=order).sort_values(["_order", "unit_id", "indicator"], ignore_index=True)
    return table[COLUMNS]


def _city(
    now: pd.DataFrame,
    comparisons: pd.DataFrame,
    panels: dict[str, Panel],
    shown: list[Indicator],
    settings: Settings,
) -> pd.DataFrame:
    present = set(now.loc[now["level"] == "city", "indicator"])
    primary = comparisons[comparisons["primary"].astype(bool)].set_index("indicator")
    rows = []
    for indicator in (one for one in shown if one.code in present):
        row = _totals("city", "city", indicator, panels.get(indicator.code, EMPTY), settings)
        if indicator.code in primary.index:
            chosen = primary.loc[indicator.code]
            row |= {name: chosen[name] for name in ("p_value", "effect", "effect_name")}
            row |= {"method": chosen["test"], "tested_change": chosen["estimate"]}
        rows.append(row)
    return _holm(pd.DataFrame(rows), shown, settings)


def _groups(
    now: pd.DataFrame, panels: dict[tuple[str, str], Panel], shown: list[Indicator], settings: Settings
) -> pd.DataFrame:
    by_code = {indicator.code: indicator for indicator in shown}
    rows = []
    for group, code in now.loc[now["level"] == "group", ["unit_id", "indicator"]].itertuples(index=False):
        indicator, panel = by_code[code], panels.get((group, code), EMPTY)
        row = _totals("group", group, indicator, panel, settings)
        if indicator.primary_test == "permutation":
            paired = compare_panel(panel, settings)
            row |= {"p_value": paired.p_permutation, "effect": paired.gz, "effect_name": "hedges_gz"}
            row |= {"tested_change": paired.mean_difference}
        rows.append(row)
    return _holm(pd.DataFrame(rows), shown, settings)


def _totals(level: str, unit_id: str, indicator: Indicator, panel: Panel, settings: Settings) -> dict[str, Any]:
    """Values and change of the ratio of totals over the matched schools."""
    change = compare_totals(panel, settings)
    tested = is_tested(change, settings)
    before, after = (
        (panel.y1.sum() / panel.x1.sum(), panel.y2.sum() / panel.x2.sum()) if len(panel) else (np.nan, np.nan)
    )
    effect, effect_name = ratio_effect(panel, indicator)
    return {
        "level": level, "unit_id": unit_id, "indicator": indicator.code, "n_pairs": len(panel),
        "value": after * indicator.scale, "baseline_value": before * indicator.scale,
        "change": change.change * indicator.scale, "tested_change": change.change,
        "ci_low": change.ci_low * indicator.scale if tested else np.nan,
        "ci_high": change.ci_high * indicator.scale if tested else np.nan,
        "p_value": change.p_value if tested else np.nan, "method": indicator.primary_test,
        "effect": effect, "effect_name": effect_name,
    }  # fmt: skip


def _holm(rows: pd.DataFrame, shown: list[Indicator], settings: Settings) -> pd.DataFrame:
    """Adjust over the claims of the family; what is outside the family gets no adjusted p and so no verdict."""
    if rows.empty:
        return rows
    family = rows["indicator"].map({indicator.code: indicator.family for indicator in shown}).to_numpy(bool)
    claims = np.where(family, rows["p_value"].to_numpy(float), np.nan)
    return rows.assign(p_adjusted=adjust(claims, settings.project.tests.multiplicity))


def _schools(pairs: pd.DataFrame, shown: list[Indicator], settings: Settings) -> pd.DataFrame:
    """Every school's own change; screened where the indicator is a share or a rate."""
    if pairs.empty:
        return pd.DataFrame()
    table = pairs[["unit_id", "indicator", "value"]].assign(
        level="school",
        baseline_value=pairs["value_before"],
        change=pairs["value"] - pairs["value_before"],
        tested_change=pairs["value"] - pairs["value_before"],
        n_pairs=has_both(pairs).astype(int),
    )
    screened = [_screened(pairs[pairs["indicator"] == one.code], one, settings) for one in shown]
    table = table.join(pd.concat(screened))
    return table.assign(p_adjusted=adjust(table["p_value"], settings.project.tests.screening))


def _screened(rows: pd.DataFrame, indicator: Indicator, settings: Settings) -> pd.DataFrame:
    """Interval, p-value and effect of one indicator's schools; NaN for yes/no and plain counts."""
    columns = ["ci_low", "ci_high", "p_value", "effect"]
    if indicator.unit not in _SCHOOL_METHODS:
        return pd.DataFrame(np.nan, index=rows.index, columns=columns).assign(method="", effect_name="")
    method, name, effect_name = _SCHOOL_METHODS[indicator.unit]
    by_school = rows.set_index("unit_id")
    x1, n1, x2, n2 = (
        by_school[name] for name in ("numerator_before", "denominator_before", "numerator", "denominator")
    )
    result = method(x1, n1, x2, n2, settings.project.tests.confidence).set_index(rows.index)[columns]
    result[["ci_low", "ci_high"]] *= indicator.scale
    return result.assign(method=name, effect_name=effect_name)


def _verdicts(table: pd.DataFrame, alpha: float) -> np.ndarray:
    """A clear change needs the p-value, and the tested estimate and the printed change pointing the same way."""
    p, change = table["p_adjusted"].to_numpy(float), table["change"].to_numpy(float)
    direction = np.where(np.sign(table["tested_change"].to_numpy(float)) == np.sign(change), np.sign(change), 0)
    clear = p <= alpha
    return np.select(
        [np.isnan(p), clear & (direction > 0), clear & (direction < 0)],
        ["not_tested", "up", "down"],
        default="no_clear_change",
    )
