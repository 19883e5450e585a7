"""The tables of a period on disk: Parquet, raw values, contract columns in contract order."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd

from analysis.dictionary import contract_columns, table_dictionary
from analysis.files import write_whole

# Not part of the contract: what notebooks need besides, so that reports read nothing but tables.
HELPERS = (
    "schools",
    "coverage",
    "activity_counts",
    "level_counts",
    "group_medians",
    "place_steps",
    "indicator_history",
    "indicator_parts",
    "measures",
    "recommendations",
)


class TableError(ValueError):
    """A table lacks a contract column or a file is missing; the message is Russian."""


def save_table(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Write one table atomically. Raises TableError when contract columns are missing."""
    frame = frame.reset_index(drop=True)
    if name in table_dictionary():
        columns = contract_columns(name)
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise TableError(f"Таблица {name}: нет столбцов {', '.join(missing)}.")
        frame = frame[list(columns)]
    frame.attrs = {}
    write_whole(folder / f"{name}.parquet", parquet_bytes(frame))


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet: equal frames give equal bytes."""
    buffer = BytesIO()
    frame.reset_index(drop=True).to_parquet(buffer, index=False)
    return buffer.getvalue()


def load_table(folder: Path, name: str) -> pd.DataFrame:
    """Read one table; an optional helper table that was not made is an empty frame."""
    path = folder / f"{name}.parquet"
    if not path.exists():
        if name in HELPERS:
            return pd.DataFrame()
        raise TableError(f"Таблица {name} ещё не построена ({path.name}). Выполните make report для этого периода.")
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise TableError(f"Таблица {path.name} повреждена ({error}). Выполните make report ещё раз.") from error


def load_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Every table of a period by name."""
    return {name: load_table(folder, name) for name in (*table_dictionary(), *HELPERS)}
