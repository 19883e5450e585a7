"""A region's import checked a few hundred schools at a time: no check looks beyond one school."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

MOST_ROWS = 400_000  # values of one portion; below that everything is one


def as_text(values: pd.DataFrame) -> pd.DataFrame:
    """Categories back to plain text, as the checks expect."""
    categories = [name for name, kind in values.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    return values.astype(dict.fromkeys(categories, "str"))


def compact(values: pd.DataFrame) -> pd.DataFrame:
    """Repeated texts as categories, the rest as plain columns: a tenth of the memory."""
    texts = ["school_id", "period", "measure", "sheet_name", "cell", "file", "received_at"]
    plain = values.astype(dict.fromkeys(texts, "str"))
    return plain.astype(dict.fromkeys([name for name in texts if name not in ("sheet_name", "cell")], "category"))


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Compact portions one under another."""
    columns = {
        name: union_categoricals([part[name] for part in parts], sort_categories=True)
        if isinstance(parts[0][name].dtype, pd.CategoricalDtype)
        else pd.concat([part[name] for part in parts], ignore_index=True)
        for name in parts[0]
    }
    return pd.DataFrame(columns)


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
