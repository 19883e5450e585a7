"""Groups of schools that the data cannot tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.measures.counts import as_floats


def indistinguishable_steps(rank_low: ArrayLike, rank_high: ArrayLike) -> np.ndarray:
    """Step of each unit, 1 = the best, from joint intervals of places; NaN without an interval.

    The intervals of any two units of a step overlap, so the data do not tell which of them is better. The steps are
    the fewest possible: the first holds every unit that could share the worst possible place of the unit whose worst
    place is the best, and so on. Units of neighbouring steps may be indistinguishable too.

    Source: the greedy cover of an interval graph by cliques, Gupta, Lee and Leung (1982), Networks 12, 459–467.
    """
    low, high = as_floats(rank_low), as_floats(rank_high)
    steps = np.full(len(low), np.nan)
    left, number = ~(np.isnan(low) | np.isnan(high)), 0
    while left.any():
        number += 1
        members = left & (low <= high[left].min())
        steps[members], left = number, left & ~members
    return steps
