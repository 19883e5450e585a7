"""The numbers of many forms side by side: an array per field of the form, an element per form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SideBySide:
    """values: by field (NaN: not given); rows: the labels of their rows in the table; first: of each form's first row.

    Forms stand in the order of their keys. Of two rows for one field the first counts.
    """

    values: dict[Any, Floats]
    rows: dict[Any, Floats]
    first: npt.NDArray[np.int64]
    _filled: dict[Any, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pd.DataFrame, form: Sequence[str], fields: Sequence[str]) -> SideBySide:
        """form: the columns that tell forms apart; fields: those that tell fields apart (several make tuples)."""
        table = table.drop_duplicates([*form, *fields])
        number = table.groupby(list(form), sort=True, observed=True, dropna=False).ngroup().to_numpy()
        value, row = table["value"].to_numpy(float), table.index.to_numpy()
        _, begin = np.unique(number, return_index=True)
        made = cls({}, {}, row[begin].astype(np.int64))
        for name, at in table.groupby(list(fields) if len(fields) > 1 else fields[0], observed=True).indices.items():
            for column, content in ((made.values, value), (made.rows, row)):
                column[name] = np.full(len(begin), np.nan)
                column[name][number[at]] = content[at]
        return made

    def filled(self, places: tuple[Any, ...]) -> Floats:
        """The first of several fields that is given."""
        if places not in self._filled:
            taken = np.full(len(self.first), np.nan)
            for place in places:
                if place in self.values:
                    taken = np.where(np.isnan(taken), self.values[place], taken)
            self._filled[places] = taken
        return self._filled[places]
