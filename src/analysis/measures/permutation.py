"""Sign-flip permutation test of a mean paired difference."""

from __future__ import annotations

import numpy as np

EXACT_UP_TO = 20  # non-zero differences; 2²⁰ sums are all enumerated
_BLOCK = 8  # differences whose signs one random byte holds
_BLOCKS_AT_ONCE = 64


def sign_flip_p_value(differences: np.ndarray, seed: int, draws: int = 9999) -> float:
    """Two-sided p of the mean difference under random signs; 1 when all differences are zero.

    Exact (all 2ⁿ signs) up to 20 non-zero differences; else ``draws`` seeded draws counted with the observed one,
    (1 + hits) / (1 + draws). Zero differences add nothing under any sign. Does not depend on the order given.
    Source: Pitman (1937); Phipson and Smyth (2010) for the +1.
    """
    sizes = np.sort(np.abs(differences[differences != 0]))[::-1]
    observed = abs(float(np.sort(differences).sum()))
    at_least = observed - 1e-9 * sizes.sum()
    if len(sizes) == 0:
        return 1.0
    if len(sizes) <= EXACT_UP_TO:
        return float(np.mean(np.abs(_all_sums(sizes)) >= at_least))
    sums = _random_sums(sizes, np.random.default_rng(seed), draws)
    return float((1 + np.count_nonzero(np.abs(sums) >= at_least)) / (1 + draws))


def _all_sums(sizes: np.ndarray) -> np.ndarray:
    """Sums under all signs; by symmetry the first size keeps its sign."""
    sums = sizes[:1]
    for size in sizes[1:]:
        sums = np.concatenate([sums - size, sums + size])
    return sums


def _random_sums(sizes: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Sums under random signs: one random byte looks up the signed sum of a block of eight sizes."""
    blocks = np.pad(sizes, (0, -len(sizes) % _BLOCK)).reshape(-1, _BLOCK)
    signs = 1.0 - 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    tables = blocks @ signs.T
    sums = np.zeros(draws)
    for first in range(0, len(tables), _BLOCKS_AT_ONCE):
        some = tables[first : first + _BLOCKS_AT_ONCE]
        picks = rng.integers(0, 256, size=(len(some), draws), dtype=np.uint8)
        for table, pick in zip(some, picks, strict=True):
            sums += table[pick]
    return sums
