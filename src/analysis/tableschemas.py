"""What every output table promises: columns and kinds from the dictionary, keys, ranges, order of bounds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from analysis.dictionary import ColumnEntry, table_dictionary
from analysis.tablestore import TableError

KEYS = {
    "submissions": ["school_id", "period"],
    "indicators": ["level", "unit_id", "period", "indicator"],
    "indicator_ranks": ["school_id", "period", "indicator"],
    "rankings": ["school_id", "period"],
    "sensitivity": ["school_id", "period", "scenario"],
    "funnel": ["school_id", "indicator"],
    "changes": ["level", "unit_id", "period", "baseline", "indicator"],
    "comparisons": ["period", "baseline", "indicator", "test"],
    "activities": ["level", "unit_id", "period", "activity"],
}
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "submissions": {"status": ("on_time", "late", "returned", "missing", "not_due")},
    "findings": {"severity": ("error", "query", "note")},
    "indicators": {
        "level": ("city", "group", "school"),
        "status": ("ok", "not_applicable", "missing", "special_conditions"),
    },
    "changes": {"verdict": ("up", "down", "no_clear_change", "not_tested")},
    "effects": {"verdict": ("эффективна", "недостаточно", "нет данных")},
}
BOUNDS: dict[str, tuple[float, float]] = {"attainment": (0, 100), "p_value": (0, 1), "p_adjusted": (0, 1)}
FROM_ONE = ("rank", "rank_low", "rank_high", "rank_low_joint", "rank_high_joint", "version")
FROM_ZERO = ("n_schools", "n_pairs", "n_up", "n_down", "n_same", "n_valid", "n_errors", "n_queries", "days_late")
ORDERED: dict[str, Sequence[tuple[str, str]]] = {
    "indicators": [("ci_low", "value"), ("value", "ci_high")],
    "indicator_ranks": [("rank_low", "rank"), ("rank", "rank_high")],
    "rankings": [("rank_low", "rank"), ("rank", "rank_high"), ("rank_low_joint", "rank_low"),
                 ("rank_high", "rank_high_joint"), ("score_low", "score"), ("score", "score_high")],
    "changes": [("ci_low", "ci_high")],
    "comparisons": [("ci_low", "ci_high")],
    "effects": [("ci_low", "ci_high")],
    "sensitivity": [("rank_q05", "rank_median"), ("rank_median", "rank_q95")],
    "funnel": [("low998", "low95"), ("low95", "high95"), ("high95", "high998")],
}  # fmt: skip
_SLACK = 1e-9


@cache
def table_schema(name: str) -> pa.DataFrameSchema:
    """The promises of one contract table."""
    entry = table_dictionary()[name]
    columns = {column.name: _column(column, WORDS.get(name, {}).get(column.name)) for column in entry.columns}
    checks = [_in_order(low, high) for low, high in ORDERED.get(name, ())]
    return pa.DataFrameSchema(columns, checks=checks, unique=KEYS.get(name), strict=True, ordered=True)


def _column(entry: ColumnEntry, words: tuple[str, ...] | None) -> pa.Column:
    checks = [pa.Check.isin(words)] if words else []
    checks += [pa.Check.in_range(*BOUNDS[entry.name])] if entry.name in BOUNDS else []
    checks += [pa.Check.ge(1)] if entry.name in FROM_ONE else []
    checks += [pa.Check.ge(0)] if entry.name in FROM_ZERO else []
    if entry.kind in ("int", "number"):
        checks.append(pa.Check(_is_numeric, name="is_numeric"))
    return pa.Column(nullable=not words, checks=checks)


def _is_numeric(values: pd.Series) -> bool:
    return values.empty or pd.api.types.is_numeric_dtype(values)


def _in_order(low: str, high: str) -> pa.Check:
    def holds(frame: pd.DataFrame) -> pd.Series:
        first, second = (pd.to_numeric(frame[name]).astype("float64") for name in (low, high))
        return ~(first > second + _SLACK)

    return pa.Check(holds, name=f"{low} ≤ {high}")


def check_table(name: str, frame: pd.DataFrame) -> None:
    """Raise TableError naming the table, the column, the promise and the first row that breaks it."""
    try:
        table_schema(name).validate(frame, lazy=True)
    except SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        where = f", строка {int(first['index']) + 1}" if pd.notna(first["index"]) else ""
        raise TableError(
            f"Таблица {name}: не выполнено «{first['check']}» (столбец {first['column']}{where}, "
            f"значение {first['failure_case']}). Это ошибка расчёта: сообщите о ней, приложив run.log."
        ) from None
