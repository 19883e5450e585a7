"""Correction of p-values for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.multitest import multipletests

from analysis.measures.counts import as_floats


def adjust(p_values: ArrayLike, method: str = "holm") -> np.ndarray:
    """Adjusted p-values in the order given; NaN (not tested) stays NaN and does not count as a test.

    ``method`` as in statsmodels' ``multipletests``: ``holm`` (family-wise), ``fdr_bh`` (false discovery rate), …
    Raises ValueError for an unknown method or a p outside 0–1. Source: Holm (1979); Benjamini and Hochberg (1995).
    """
    p = np.array(as_floats(p_values), dtype=float)
    tested = ~np.isnan(p)
    if np.any((p[tested] < 0) | (p[tested] > 1)):
        raise ValueError("p-values must lie between 0 and 1")
    if tested.any():
        p[tested] = multipletests(p[tested], method=method)[1]
    return p
