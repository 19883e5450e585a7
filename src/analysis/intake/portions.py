"""A region's import checked a few hundred schools at a time: no check looks beyond one school."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

MOST_ROWS = 400_000  # values of one portion; below that everything is one


def as_text(values: pd.DataFrame) -> pd.DataFrame:
    """Categories back to plain text, as the checks expect."""
    categories = [name for name, kind in values.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    return values.astype(dict.fromkeys(categories, "str"))


def in_portions(imported: pd.DataFrame, with_forms: Collection[str]) -> tuple[pd.DataFrame, Iterator[pd.DataFrame]]:
    """What goes with the forms of ``with_forms``, and the other schools' rows in portions.

    A small import is not divided: all of it goes with the forms.
    """
    if len(imported) <= MOST_ROWS:
        return as_text(imported), iter(())
    ours = imported["school_id"].isin(set(with_forms)).to_numpy()
    return as_text(imported[ours]), _portions(imported, np.flatnonzero(~ours))


def _portions(imported: pd.DataFrame, others: np.ndarray) -> Iterator[pd.DataFrame]:
    codes = pd.factorize(imported["school_id"], sort=True)[0][others]
    order = others[np.argsort(codes, kind="stable")]
    sizes = np.cumsum(np.bincount(codes))
    portion = (sizes - 1) // MOST_ROWS
    ends = sizes[np.flatnonzero(np.r_[np.diff(portion) > 0, True])]
    for start, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
        yield as_text(imported.iloc[order[start:end]])
