"""Second views on the ranking: how far it depends on the method, and the funnel of each share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from analysis.measures.funnel import funnel
from analysis.measures.ranking_tables import rankings_reasons
from analysis.measures.scoring import THREADS, ScoreInputs, drawn_attainments, score_inputs
from analysis.measures.sensitivity import ranking_sensitivity
from analysis.settings import Settings

SENSITIVITY_COLUMNS = ["school_id", "period", "scenario", "rank_mean", "rank_median", "rank_q05", "rank_q95"]
FUNNEL_COLUMNS = ["school_id", "indicator", "value", "z", "low95", "high95", "low998", "high998", "band"]
_LIMITS = ["low95", "high95", "low998", "high998"]
_DRAWS = 500
_MIN_DRAWS = 100
_CELLS = 5_000_000


def sensitivity_by_school(indicators: pd.DataFrame, schools: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The contract table ``sensitivity``: one row per ranked school and scenario (see ``ranking_sensitivity``).

    Places within the school's group. ``sampling`` redraws the counts as the bootstrap of the score does, ``method``
    varies weights, normalisation, aggregation and the set of indicators at once, ``all`` does both.
    """
    inputs = score_inputs(indicators, schools, settings)
    ranked = rankings_reasons(inputs, settings) == ""
    groups = [inputs.rows(ranked & (inputs.groups == group)) for group in sorted(set(inputs.groups[ranked]))]
    with ThreadPoolExecutor(THREADS) as pool:  # the results keep the order of the groups
        frames = list(pool.map(lambda group: _group_sensitivity(group, settings), groups))
    if not frames:
        return pd.DataFrame(columns=SENSITIVITY_COLUMNS)
    table = pd.concat(frames, ignore_index=True).assign(period=indicators["period"].iloc[0])
    return table.sort_values(["school_id", "scenario"], ignore_index=True)[SENSITIVITY_COLUMNS]


def _group_sensitivity(inputs: ScoreInputs, settings: Settings) -> pd.DataFrame:
    used = ~np.isnan(inputs.attainment).all(axis=0) & (inputs.weights > 0)
    draws = int(np.clip(_CELLS // inputs.attainment.size, _MIN_DRAWS, _DRAWS))
    seed = settings.project.tests.seed
    samples = drawn_attainments(inputs, draws, seed)
    table = ranking_sensitivity(
        inputs.attainment[:, used],
        inputs.weights[used],
        goalposts=(0, 100),
        samples=samples[:, :, used],
        draws=draws,
        seed=seed,
    )
    return table.assign(school_id=inputs.school_ids[table["unit"]])


def funnel_by_school_indicator(indicators: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The contract table ``funnel``: one row per school and share of people, of one period; values in percent.

    Schools in special conditions are left out; the line is the share of all the others together.
    """
    shares = {one.code: one.scale for one in settings.indicators if one.unit == "percent"}
    rows = indicators[
        (indicators["level"] == "school") & (indicators["status"] == "ok") & indicators["indicator"].isin(shares)
    ].sort_values(["indicator", "unit_id"])
    frames = [_funnel_rows(part, str(code), shares[str(code)]) for code, part in rows.groupby("indicator", sort=True)]
    if not frames:
        return pd.DataFrame(columns=FUNNEL_COLUMNS)
    return pd.concat(frames, ignore_index=True)[FUNNEL_COLUMNS]


def _funnel_rows(rows: pd.DataFrame, code: str, scale: float) -> pd.DataFrame:
    by_school = rows.set_index("unit_id")
    frame = funnel(by_school["numerator"], by_school["denominator"])
    frame.attrs = {}
    frame[["value", *_LIMITS]] *= scale
    return frame.rename_axis("school_id").reset_index().assign(indicator=code)
