"""u: how often two people agree by chance, from random pairs with the few that are one person taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from linkage.comparison import FORENAME, SURNAME, Forename, Surname
from linkage.model import Model, Numbers
from linkage.training.patterns import Patterns
from linkage.training.tally import (
    BESIDE_LEVELS,
    FOLLOWS,
    NEAR_LEVELS,
    TRAINED,
    Tally,
    estimate,
    evidence,
    log_rates,
    tally,
)

LEAST_GIVEN = 200  # fewer random pairs with the other column agreeing tell nothing about the one that follows


@dataclass(frozen=True, slots=True)
class Chance:
    """u: float64[COLUMNS, MOST_LEVELS + 1], held by the base's. given: for a column that follows from another, its u
    where that one agrees, float64[MOST_LEVELS + 1]; beside: where that one agrees as it often does for two people.
    found: what was met. matches: how many of the pairs seemed to be one person, and did not count."""

    u: Numbers
    given: dict[int, Numbers]
    beside: dict[int, Numbers]
    found: Tally
    matches: float


def estimate_chance(patterns: Patterns, base: Model, prior: float, by: Model | None = None) -> Chance:
    """u from counted random pairs, held by the base's.

    In a small file a thousandth of all pairs may be of one person, which is far more than agree on a birth date by
    chance; so every pair counts by its probability, under the weights of `by` (the base's, until something was
    learned) and `prior` (bits), to be of two.
    """
    judge = by or base
    odds = prior * np.log(2.0) + evidence(patterns, log_rates(judge.m) - log_rates(judge.u), TRAINED)
    weight = patterns.count / (1.0 + np.exp(np.clip(odds, -500.0, 500.0)))
    found = tally(patterns, weight)
    u = estimate(found, base.u)
    if base.further is not None:  # names that stand crosswise count once, and are as rare as both together
        u[FORENAME, Forename.SWAPPED] = u[FORENAME, Forename.EXACT] * u[SURNAME, Surname.EXACT]
    given, beside = (_given(patterns, weight, u, levels) for levels in (NEAR_LEVELS, BESIDE_LEVELS))
    return Chance(u, given, beside, found, float((patterns.count - weight).sum()))


def _given(
    patterns: Patterns, weight: Numbers, u: Numbers, levels: Mapping[int, tuple[int, ...]]
) -> dict[int, Numbers]:
    """u of the columns that follow from another where that other is at one of `levels`; their own u when it
    seldom is."""
    given = {}
    for column, other in FOLLOWS.items():
        found = tally(patterns, weight * np.isin(patterns.levels[:, other], levels[other]))
        enough = found.seen[column].sum() >= LEAST_GIVEN
        given[column] = estimate(found, u)[column] if enough else u[column]
    return given
