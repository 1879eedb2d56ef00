"""From weighted patterns to probabilities of levels, anchored at a model that exists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.comparison import (
    COLUMNS,
    GP_PRACTICE,
    HOUSEHOLD,
    LEVELS,
    LOCATION,
    MOST_LEVELS,
    NHS_NUMBER,
    SEX,
    SURNAME,
    Forename,
    Location,
    NhsNumber,
    Surname,
)
from linkage.comparison import FORENAME as FORENAME_COLUMN
from linkage.model import Numbers
from linkage.training.patterns import Flags, Patterns

ANCHOR = 1.0
"""Strength of the anchor: every level counts as if it had been met this often, at the rate the base model gives it.
A level of 1 in 100 is so held as by 100 pairs, one of 1 in 10 as by 10. Unlike pseudo-counts of a fixed total, no
rare level (the same NHS number by chance, 6 in 100 million) sinks to nothing because a million pairs show none."""

SHAPE = (COLUMNS, MOST_LEVELS + 1)
EXISTS = np.array([[0 < level <= n for level in range(SHAPE[1])] for n in LEVELS])
TRAINED = np.arange(COLUMNS) != HOUSEHOLD
LEAST = 1e-9

STATUS_GROUPS = (
    (NhsNumber.VERIFIED, NhsNumber.DIFFERENT_VERIFIED),
    (NhsNumber.HALF_VERIFIED, NhsNumber.DIFFERENT_HALF_VERIFIED),
    (NhsNumber.UNVERIFIED, NhsNumber.DIFFERENT),
    (NhsNumber.UNRESOLVED, NhsNumber.DIFFERENT_UNRESOLVED),
)

FOLLOWS = {SEX: FORENAME_COLUMN, GP_PRACTICE: LOCATION}
"""Columns that follow from another: a forename tells the sex, an address the practice."""
NEAR_LEVELS = {
    FORENAME_COLUMN: (int(Forename.EXACT), int(Forename.NICKNAME)),
    LOCATION: tuple(range(int(Location.HOUSE), int(Location.SECTOR) + 1)),
}
BESIDE_LEVELS = {
    FORENAME_COLUMN: NEAR_LEVELS[FORENAME_COLUMN],
    LOCATION: (int(Location.SECTOR), int(Location.TOWN)),
}
"""Where strangers meet in the blocks of a hospital: the same forename; not the same home, but the same town."""
FAR_LEVELS = {
    FORENAME_COLUMN: (int(Forename.DISAGREE),),
    LOCATION: (int(Location.PREVIOUS), int(Location.SECTOR), int(Location.TOWN), int(Location.DISAGREE)),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """float64[COLUMNS, MOST_LEVELS + 1] each: how often a level was met, and how often it could have been.

    A level can be met where the column is not missing; of NHS numbers, where the verification statuses are the
    level's; of two surnames that disagree, where the sexes are.
    """

    seen: Numbers
    possible: Numbers

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.seen + other.seen, self.possible + other.possible)

    def only(self, columns: Flags) -> Tally:
        """The tally with every other column empty."""
        keep = columns[:, None]
        return Tally(np.where(keep, self.seen, 0.0), np.where(keep, self.possible, 0.0))


def empty() -> Tally:
    """Nothing met."""
    return Tally(np.zeros(SHAPE), np.zeros(SHAPE))


def tally(patterns: Patterns, weight: Numbers) -> Tally:
    """Levels met, each pattern counting `weight` (float64[P])."""
    seen = np.array([np.bincount(patterns.levels[:, c], weight, SHAPE[1]) for c in range(COLUMNS)])
    seen[:, 0] = 0.0
    possible = np.repeat(seen.sum(axis=1, keepdims=True), SHAPE[1], axis=1)
    for same, other in STATUS_GROUPS:
        possible[NHS_NUMBER, [same, other]] = seen[NHS_NUMBER, same] + seen[NHS_NUMBER, other]
    women = float(weight[patterns.female & (patterns.levels[:, SURNAME] > 0)].sum())
    possible[SURNAME, Surname.DISAGREE_FEMALE] = women
    possible[SURNAME, Surname.DISAGREE] -= women
    return Tally(seen, np.maximum(possible, seen))


def estimate(found: Tally, anchor: Numbers) -> Numbers:
    """Probabilities of levels, held by the anchor's; nan where there is no level."""
    rates = (found.seen + ANCHOR) / (found.possible + ANCHOR / anchor)
    return np.where(EXISTS, np.clip(rates, LEAST, 1.0), np.nan)


def log_rates(rates: Numbers) -> Numbers:
    """Natural logarithms, 0 where there is no level or the value is missing."""
    logs: Numbers = np.log(np.where(EXISTS, rates, 1.0))
    return logs


def evidence(patterns: Patterns, table: Numbers, columns: Flags) -> Numbers:
    """float64[P]: the sum over `columns` of table[column, level]; the table's column 0, missing, must be 0."""
    total = np.zeros(len(patterns.levels))
    for column in np.flatnonzero(columns):
        total += table[column][patterns.levels[:, column]]
    return total
