"""How many pairs of one person share no blocking key: an estimate from how many keys the found ones share.

Every rule is taken for one attempt at catching a pair (capture and recapture). With f1 pairs caught by exactly one of
T rules and f2 by exactly two, at least (T - 1) / T * f1 ** 2 / (2 * f2) pairs were caught by none (Chao 1987);
without any caught twice, f1 * (f1 - 1) / 2 stands for the last part. It is a lower bound however unequal the pairs
are, if the rules catch independently. Rules that share a fact catch together, so here it is an estimate and no more,
and it says nothing of pairs that were found and weighed too little. Where they catch in bunches, so that more pairs
were caught by three rules than by two, and the estimate would be more than `FURTHEST` times the pairs caught once, it
tells of the bunches and not of the pairs, and none is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from linkage.compiled import compiled
from linkage.errors import LinkageError
from linkage.threads import in_shares

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

MOST_RULES = 63
FURTHEST = 2.0


@dataclass(frozen=True, slots=True)
class BlockingLoss:
    """found: pairs that share a key; once, twice: those that share keys of one and of two rules only; missed: the
    estimate of those that share none, nan where one rule alone, no pair or bunches of rules cannot tell. of_rule:
    int64[R], the pairs that share a key of each rule up to the last that caught any; only: int64[R], those that
    share no other rule's."""

    found: int
    once: int
    twice: int
    missed: float
    of_rule: Longs
    only: Longs

    @property
    def share(self) -> float:
        """The estimated share of all pairs that is missed, 0 to 1, or nan."""
        return self.missed / (self.found + self.missed) if self.found else nan


def rules_met(
    pairs: tuple[Ints, Ints], keys: Longs, rows: Ints, rules: Bytes, n: int, workers: int | None = None
) -> Longs:
    """int64[P]: for each pair of rows a bit for each rule of which they share a key.

    pairs: a and b, int32[P]. keys int64[M], rows int32[M], rules uint8[M]: the blocking entries of n rows they were
    found by, in any order. Raises `LinkageError` when they do not fit.
    """
    if not len(keys) == len(rows) == len(rules) or (len(rules) and int(rules.max()) >= MOST_RULES):
        raise LinkageError("every blocking key needs one row and one rule")
    keys, rules, first = by_row(keys, rows, rules, n)
    met = np.zeros(len(pairs[0]), np.int64)
    in_shares(lambda low, high: rules_of_pairs(*pairs, keys, rules, first, low, high, met), len(met), workers)
    return met


def estimate_blocking_loss(met: Longs) -> BlockingLoss:
    """From the links of a file, what its blocking may have missed.

    met: int64[P], of pairs held to be of one person, as `rules_met` has them.
    """
    rule = np.int64(1) << np.arange(int(met.max(initial=0)).bit_length(), dtype=np.int64)
    times = np.bitwise_count(met)
    of_rule = np.array([int(np.count_nonzero(met & bit)) for bit in rule], np.int64)
    only = np.array([int(np.count_nonzero(met == bit)) for bit in rule], np.int64)
    once, twice, thrice = (int(np.count_nonzero(times == n)) for n in (1, 2, 3))
    found, tries = int(np.count_nonzero(met)), int(np.count_nonzero(of_rule))
    missed = nan
    if tries > 1:
        missed = (tries - 1) / tries * (once**2 / (2.0 * twice) if twice else once * (once - 1) / 2.0)
        if thrice > twice and missed > FURTHEST * once:
            missed = nan
    return BlockingLoss(found, once, twice, missed, of_rule, only)


def by_row(keys: Longs, rows: Ints, rules: Bytes, n: int) -> tuple[Longs, Bytes, Longs]:
    """The entries sorted by row: keys, rules, and int64[n + 1], where those of each row begin."""
    if not np.all(rows[1:] >= rows[:-1]):
        order = np.argsort(rows, kind="stable")
        keys, rows, rules = keys[order], rows[order], rules[order]
    # In the type of the rows, or all of them would be copied into a wider one.
    return keys, rules, np.searchsorted(rows, np.arange(n + 1, dtype=rows.dtype)).astype(np.int64)


@compiled
def rules_of_pairs(
    a: Ints, b: Ints, keys: Longs, rules: Bytes, first: Longs, low: int, high: int, met: Longs
) -> None:
    """Fill met[low:high], zeros so far, with what `rules_met` says, of entries `by_row`."""
    for p in range(low, high):
        for x in range(first[a[p]], first[a[p] + 1]):
            for y in range(first[b[p]], first[b[p] + 1]):
                if keys[x] == keys[y] and rules[x] == rules[y]:
                    met[p] |= np.int64(1) << np.int64(rules[x])
