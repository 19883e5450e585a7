"""Groups of schools that the data cannot tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.measures.counts import as_floats


def indistinguishable_steps(
    estimates: ArrayLike, standard_errors: ArrayLike, critical_value: float, along: ArrayLike | None = None
) -> np.ndarray:
    """Step of each unit, 1 = the highest estimates; NaN without an estimate.

    ``critical_value``: the joint one of the same units (``rank_intervals(…, joint=True).attrs``). In the order of the
    estimates, or of the values ``along`` which the units are shown, a step ends before the first unit that can be told
    from a unit of the step: |θ_k − θ_j| > c·s_jk. So no two units of a step can be told apart, a new step begins with a
    unit that can be told from at least one of the step above, and no division along the order has fewer steps. Other
    units of neighbouring steps may be indistinguishable. Intervals of places say less: two units whose intervals
    overlap may still be told apart.

    Source: the pairwise claims of Mogstad, Romano, Shaikh and Wilhelm (2024), which hold together with the joint
    confidence.
    """
    theta, sigma = as_floats(estimates), as_floats(standard_errors)
    steps = np.full(len(theta), np.nan)
    shown = theta if along is None else as_floats(along)
    order = np.lexsort((sigma, -theta, -shown, np.isnan(theta)))[: np.count_nonzero(~np.isnan(theta))]
    t, s = theta[order], sigma[order]
    first, number, lowest, highest = 0, 1, np.inf, -np.inf
    for place, unit in enumerate(order):
        # nothing nearer than the unit's own error allows can be told from it
        if max(highest - t[place], t[place] - lowest) > critical_value * s[place] * (1 - 1e-9):
            above = slice(first, place)
            if (np.abs(t[above] - t[place]) > critical_value * np.hypot(s[above], s[place])).any():
                first, number, lowest, highest = place, number + 1, np.inf, -np.inf
        lowest, highest = min(lowest, t[place]), max(highest, t[place])
        steps[unit] = number
    return steps
