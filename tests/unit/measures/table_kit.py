"""Hand-made rows of the table ``indicators`` for the tests of rankings, comparisons and effects."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.measures.indicators import COLUMNS
from analysis.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[3] / "params")
H1 = SETTINGS.parse_period("2022H1")
BEFORE = H1.year_before()
SHARES = ("П04", "П06", "П10", "П11", "П27")

Counts = Mapping[str, Sequence[tuple[float, float]]]


def schools(groups: Mapping[str, int]) -> pd.DataFrame:
    """``school_id, group``: so many schools of each group, s101 onwards."""
    names = [group for group, count in groups.items() for _ in range(count)]
    return pd.DataFrame({"school_id": [f"s{101 + i}" for i in range(len(names))], "group": names})


def rows(counts: Counts, table: pd.DataFrame, period=H1, statuses: Mapping[str, str] | None = None) -> pd.DataFrame:
    """School rows, with group and city rows of every indicator; ``counts`` maps a code to (x, n) per school."""
    frames = []
    for code, pairs in counts.items():
        indicator = SETTINGS.indicator(code)
        x, n = np.array(pairs, float).T
        value = indicator.scale * x / n
        target = indicator.target(period)
        status = np.where(np.isnan(value), "missing", "ok").astype(object)
        for unit, name in (statuses or {}).items():
            status[table["school_id"] == unit] = name
        frame = pd.DataFrame(
            {
                "level": "school", "unit_id": table["school_id"], "period": period.key, "indicator": code,
                "numerator": x, "denominator": n, "value": value, "status": status, "target": target,
                "attainment": np.minimum(100, 100 * value / target) if target else np.nan,
            }
        )  # fmt: skip
        frames.append(frame)
        for group in sorted(set(table["group"])):
            frames.append(frame.head(1).assign(level="group", unit_id=group, status="ok"))
        frames.append(frame.head(1).assign(level="city", unit_id="city", status="ok"))
    return pd.concat(frames, ignore_index=True).reindex(columns=COLUMNS)


def random_counts(table: pd.DataFrame, codes=SHARES, chance=0.5, spread=0.0, seed=1, size=(60, 600)) -> Counts:
    """Binomial counts; ``spread`` is the standard deviation of the schools' own chances."""
    rng = np.random.default_rng(seed)
    own = np.clip(rng.normal(chance, spread, (len(codes), len(table))), 0.02, 0.98)
    n = rng.integers(*size, len(table))
    return {code: [(rng.binomial(m, p), m) for m, p in zip(n, own[i], strict=True)] for i, code in enumerate(codes)}
