"""The dictionary of output columns: contract order, Russian headers, kinds and meanings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class ColumnEntry:
    """One column; ``kind`` is text, int, number, date or bool."""

    name: str
    header: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class TableEntry:
    """One output table and what one of its rows is."""

    name: str
    title: str
    row: str
    columns: tuple[ColumnEntry, ...]


def text_table(name: str, title: str, row: str, /, **headers: str) -> TableEntry:
    """A table of texts that is no contract table; ``headers``: what stands over each column."""
    return TableEntry(name, title, row, tuple(ColumnEntry(one, header, "text", "") for one, header in headers.items()))


@cache
def table_dictionary() -> Mapping[str, TableEntry]:
    """Every contract table by name."""
    text = resources.files("analysis").joinpath("dictionary.yaml").read_text(encoding="utf-8")
    return {name: _entry(name, item) for name, item in yaml.safe_load(text).items()}


def _entry(name: str, item: Mapping) -> TableEntry:
    columns = tuple(ColumnEntry(*map(str, column)) for column in item["columns"])
    return TableEntry(name, item["title"], item["row"], columns)


def contract_columns(table: str) -> tuple[str, ...]:
    """Column names of a table in contract order."""
    return tuple(column.name for column in table_dictionary()[table].columns)
