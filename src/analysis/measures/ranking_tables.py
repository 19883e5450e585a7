"""Tables of places: of each indicator and of the headline score, always within a group of comparable schools."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from analysis.dictionary import contract_columns
from analysis.measures.rank_indicator import Kind, rank_indicator
from analysis.measures.rank_intervals import around_places, rank_intervals
from analysis.measures.scoring import (
    ScoreInputs,
    is_share_of_people,
    score_errors,
    score_inputs,
    score_interval,
)
from analysis.measures.steps import indistinguishable_steps
from analysis.settings import Indicator, Settings

RANK_COLUMNS = ["school_id", "group", "period", "indicator", "rank", "rank_low", "rank_high"]
COLUMNS = list(contract_columns("rankings"))
STEP_COLUMNS = ["school_id", "group", "period", "step"]
_PLACES = ["rank", "rank_low", "rank_high", "rank_low_joint", "rank_high_joint", "step"]
_KINDS: dict[str, Kind] = {"percent": "share", "per_100": "rate", "count": "rate", "yes_no": "exact"}
JOINT_DRAWS = 10_000
MANY = 5_000  # schools of a group above which a fifth of the draws must do
THREADS = 2  # numpy works outside the interpreter's lock
NO_SCORE = "в этом периоде балл не рассчитывается"
SPECIAL = "особые условия (ремонт, переезд, дистанционное обучение): показатели приведены, место не определяется"


def indicator_ranks_by_school(indicators: pd.DataFrame, schools: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The contract table ``indicator_ranks``: one row per school and indicator that applies to it, of one period.

    Places within the school's group, 1 = best, with marginal intervals (see ``rank_indicator``); missing for schools
    without a value, in special conditions, or with a denominator of people under ``scoring.min_denominator``.
    Informational indicators have no places. ``indicators``: rows of one period; ``schools``: school_id, group.
    """
    group_of = schools.set_index("school_id")["group"]
    rows = indicators[(indicators["level"] == "school") & (indicators["status"] != "not_applicable")]
    rows = rows.assign(group=rows["unit_id"].map(group_of)).sort_values(["indicator", "group", "unit_id"])
    ranked = {one.code: one for one in settings.indicators if not one.informational}
    parts = [(part, ranked[str(code)]) for (code, _), part in rows.groupby(["indicator", "group"]) if code in ranked]
    if not parts:
        return pd.DataFrame(columns=RANK_COLUMNS)
    with ThreadPoolExecutor(THREADS) as pool:  # the results keep the order of the parts
        frames = list(pool.map(lambda part: _places_in_group(part[0], part[1], settings), parts))
    table = pd.concat(frames, ignore_index=True)
    places = {name: table[name].astype("Int64") for name in ("rank", "rank_low", "rank_high")}
    return table.assign(**places).sort_values(["school_id", "indicator"], ignore_index=True)[RANK_COLUMNS]


def _places_in_group(rows: pd.DataFrame, indicator: Indicator, settings: Settings) -> pd.DataFrame:
    usable = rows["status"].eq("ok") & rows["value"].notna()
    if is_share_of_people(indicator, settings):
        usable &= rows["denominator"] >= settings.project.scoring.min_denominator
    places = rank_indicator(
        rows["numerator"].where(usable).to_numpy(float),
        rows["denominator"].where(usable).to_numpy(float),
        _KINDS[indicator.unit],
        settings.project.tests.confidence,
        higher_is_better=indicator.direction == "up",
    )
    return pd.DataFrame(
        {
            "school_id": rows["unit_id"].to_numpy(), "group": rows["group"].to_numpy(),
            "period": rows["period"].to_numpy(), "indicator": indicator.code, "rank": places["rank"].to_numpy(),
            "rank_low": places["low"].to_numpy(), "rank_high": places["high"].to_numpy(),
        }
    )  # fmt: skip


def rankings_by_school(
    indicators: pd.DataFrame,
    schools: pd.DataFrame,
    settings: Settings,
    previous_rankings: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The contract table ``rankings``: one row per school of one period, sorted by group and school_id.

    ``score``: weighted mean of target attainment, each at most 100 %. Intervals come from a parametric bootstrap of the
    whole chain: they rest on the score less its bias, and are widened where needed to contain score and place. A
    school is ranked within its group when at least ``scoring.min_valid_share`` of its applicable indicators have a
    value and it did not work in special conditions; otherwise ``ranked`` is False, the places are missing and
    ``reason`` says why in Russian. ``attainment_level`` is the name of the level by fixed thresholds.
    """
    return rankings_and_steps(indicators, schools, settings, previous_rankings)[0]


def rankings_and_steps(
    indicators: pd.DataFrame,
    schools: pd.DataFrame,
    settings: Settings,
    previous_rankings: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of :func:`rankings_by_school`, and the steps of its ranked schools.

    Steps: ``school_id, group, period, step``, numbered from the best within each group; no two schools of a step can
    be told apart (see ``indistinguishable_steps``).
    """
    inputs = score_inputs(indicators, schools, settings)
    tests = settings.project.tests
    reasons = rankings_reasons(inputs, settings)
    complete = np.array([reason in ("", SPECIAL) for reason in reasons], dtype=bool)
    scores = np.where(complete, inputs.scores(), np.nan)
    chance = score_errors(inputs, tests.bootstrap, tests.seed)
    errors, estimates = np.where(complete, chance.error, np.nan), scores - chance.bias
    low, high = score_interval(scores, estimates, errors, tests.confidence)
    ranked = reasons == ""
    table = pd.DataFrame(
        {
            "school_id": inputs.school_ids, "group": inputs.groups, "n_valid": inputs.n_valid, "score": scores,
            "score_low": low, "score_high": high, "ranked": ranked, "reason": reasons,
        }
    )  # fmt: skip
    table = table.assign(
        period=indicators["period"].iloc[0] if len(indicators) else "",
        attainment_level=_levels(np.where(ranked, scores, np.nan), settings),
        previous_rank=_previous(table, previous_rankings),
    )
    table = table.join(_places(table, estimates, errors, settings))
    table = table.sort_values(["group", "school_id"], ignore_index=True)
    return table[COLUMNS], table.loc[table["ranked"], STEP_COLUMNS].reset_index(drop=True)


def rankings_reasons(inputs: ScoreInputs, settings: Settings) -> np.ndarray:
    """Why a school is not ranked; empty when it is."""
    valid, applicable = inputs.n_valid, inputs.n_applicable
    few = valid < settings.project.scoring.min_valid_share * applicable - 1e-9
    reasons = np.full(len(valid), "", dtype=object)
    reasons[inputs.special] = SPECIAL
    for place in np.flatnonzero(few):
        reasons[place] = f"неполные данные: {valid[place]} из {applicable[place]} показателей"
    reasons[applicable == 0] = NO_SCORE
    return reasons


def _places(table: pd.DataFrame, estimates: np.ndarray, errors: np.ndarray, settings: Settings) -> pd.DataFrame:
    """Places by score within each group; intervals and steps by the estimates, which chance does not move."""
    places = pd.DataFrame(np.nan, index=table.index, columns=_PLACES)
    tests = settings.project.tests
    for _, rows in table[table["ranked"]].groupby("group", sort=True):
        scores, own, estimate = rows["score"].to_numpy(float), errors[rows.index], estimates[rows.index]
        marginal = around_places(rank_intervals(estimate, own, confidence=tests.confidence), scores)
        draws = JOINT_DRAWS if len(rows) <= MANY else JOINT_DRAWS // 5
        joint = rank_intervals(estimate, own, confidence=tests.confidence, joint=True, draws=draws, seed=tests.seed)
        steps = indistinguishable_steps(estimate, own, joint.attrs["critical_value"], along=scores)
        ends = around_places(joint, scores)[["low", "high"]]
        places.loc[rows.index, _PLACES] = np.column_stack([marginal, ends, steps]).astype(float)
    return places.astype("Int64")


def _levels(scores: np.ndarray, settings: Settings) -> np.ndarray:
    levels = sorted(settings.project.scoring.levels, key=lambda level: level.from_score)
    thresholds = np.array([level.from_score for level in levels])
    names = np.array([level.name for level in levels], dtype=object)
    # rounding noise of a sum does not keep a score from its threshold
    place = np.searchsorted(thresholds, scores + 1e-9, side="right") - 1
    reached = names[np.clip(place, 0, len(names) - 1)]
    reached[np.isnan(scores)] = None
    return reached


def _previous(table: pd.DataFrame, previous: pd.DataFrame | None) -> pd.Series:
    """Place in the period of comparison, if it was held in the same group."""
    if previous is None or previous.empty:
        return pd.Series(pd.NA, index=table.index, dtype="Int64")
    key = pd.MultiIndex.from_frame(previous[["school_id", "group"]])
    places = pd.Series(previous["rank"].to_numpy(), index=key)
    wanted = pd.MultiIndex.from_frame(table[["school_id", "group"]])
    return pd.Series(places.reindex(wanted).to_numpy(), index=table.index).astype("Int64")
