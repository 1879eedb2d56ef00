"""The last step of training: EM over all pairs that share any key, where all other pairs are known to be strangers.

A pass learns only what its rule leaves free, from pairs that its rule has chosen. Here every pair of the file is
accounted for: those with a key by their patterns, the rest by their number. So the shares of the classes are shares
of all pairs, the share of matches is the prior, and no column need be left out. Five classes: strangers, one person,
two members of a household, twins, who share a birth date besides, and namesakes: father and son of one name and sex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.comparison import BIRTH_DATE, COLUMNS, FORENAME, FURTHER, MIDDLE_NAMES, SEX, BirthDate, MiddleNames
from linkage.model import Model, Numbers
from linkage.training.candidates import Sample
from linkage.training.chance import Chance
from linkage.training.diagnosis import Finding, Kind
from linkage.training.em import family_of
from linkage.training.outcome import Matches, added, matches_of
from linkage.training.patterns import Flags, Patterns, count_levels
from linkage.training.tally import TRAINED, Tally, empty, estimate, evidence, log_rates, tally

MOST_ROUNDS = 200
STEADY = 1e-4
TELLING, AGREEING = [FORENAME, BIRTH_DATE], slice(1, 4)  # exact, or the same as far as both say
LEAST_EXACT, LEAST_MATCHES = 0.2, 20.0
LEAST_SHARE = 1e-15
NEVER = -30.0
CORE = np.arange(COLUMNS) < FURTHER
CLASSES = ("strangers", "matches", "households", "twins", "namesakes")
STRANGERS, MATCHES, HOUSEHOLDS, TWINS, NAMESAKES = range(5)
MOST_BY_CHANCE = 0.8
MOST_TWINS = 0.02
"""Of all people at most so many are twins (about 3 % in the United Kingdom, half of them of one sex and few of them
both in one file). Without the bound, records whose forename is spoilt would be taken for twins where none are."""
PRIOR_PAIRS = (1.0, 1.0, 0.2, 0.2)
"""How many pairs of each class but strangers are taken to have been met beforehand."""


@dataclass(frozen=True, slots=True)
class Joint:
    """shares: of all pairs of rows, by class. matches: what those of one person showed. pairs: how many had patterns,
    of so many rows and so many pairs in all. middle: families share their middle names. far: bits by which chance
    puts birth dates a generation apart, which namesakes always are. steady: converged."""

    shares: Numbers
    matches: Matches
    pairs: int
    rows: int
    every: float
    middle: bool
    far: float
    steady: bool

    @property
    def prior(self) -> float:
        """Log2 odds that two rows are one person."""
        return float(np.log2(self.shares[MATCHES]) - np.log2(1.0 - self.shares[MATCHES]))

    @property
    def limits(self) -> dict[str, float]:
        """Rules of the model: what a household shares counts up to the odds against meeting two of its members, and
        with the birth date up to those against meeting twins."""
        household, twins, namesakes = (round(float(-np.log2(share)), 3) for share in self.shares[HOUSEHOLDS:])
        whom = ("no_forename", "other_forename", "other_birth_date", "other_generation", "other_person")
        limits = dict.fromkeys((f"household_{who}" for who in whom), household)
        others = {"household_twins": twins, "household_namesakes": max(0.0, namesakes - self.far)}
        return {**limits, **others, "household_middle_names": float(self.middle)}

    @property
    def believable(self) -> bool:
        """Whether what was taken for matches agrees on what tells people apart; if not, EM called everything one."""
        found = self.matches.found
        seen, possible = found.seen[TELLING][:, AGREEING].sum(axis=1), found.possible[TELLING].max(axis=1)
        return not bool(((possible >= LEAST_MATCHES) & (seen < LEAST_EXACT * possible)).any())

    @property
    def finding(self) -> Finding:
        """What all pairs together said."""
        if not self.believable:
            text = "EM over all pairs took strangers for one person and is left out: the passes decide alone"
            return Finding(Kind.JOINT, text)
        matches, households, twins, namesakes = (f"{share * self.every:,.0f}" for share in self.shares[1:])
        text = f"of {self.rows:,} rows {matches} pairs are one person, {households} share a household, {twins} are "
        text += f"twins, {namesakes} parent and child of one name"
        return Finding(Kind.JOINT, f"{text}; prior {self.prior:.2f} bits")

    @property
    def summary(self) -> dict[str, object]:
        """For the provenance: numbers only."""
        shares = {name: float(f"{share:.3g}") for name, share in zip(CLASSES, self.shares.tolist(), strict=True)}
        return {"rows": self.rows, "pairs": self.pairs, "shares": shares, "steady": self.steady}


def refine(
    sample: Sample,
    model: Model,
    base: Model,
    chance: Chance,
    reviewed: tuple[Patterns, Flags] | None = None,
) -> Joint:
    """EM from `model` on, over the patterns of the sample's pairs; u is that of `chance`, fixed.

    reviewed: patterns that people settled, with whether each is one person, which count besides. Where families do
    not share middle names (second surnames, a father's name), EM starts again without them in what a family shares.
    """
    same = tally(reviewed[0], reviewed[0].count * reviewed[1]) if reviewed else empty()
    patterns, family = count_levels(sample.pairs.pattern, sample.female), family_of(base)
    m, independent = np.clip(chance.u * (model.m / model.u), 1e-9, 0.999), sample.independent
    family[MIDDLE_NAMES] = True
    held = Held(chance.u, base.m, same, independent, family, sample.rows, sample.every, sample.same)
    fitted = _fit(patterns, m, held)
    shared = _share_middle_names(patterns, fitted)
    if not shared:
        family[MIDDLE_NAMES] = False
        fitted = _fit(patterns, m, held)
    match = fitted.classes[MATCHES]
    matches = matches_of(patterns, patterns.count * match * independent, TRAINED)
    if reviewed:
        matches = added(matches, matches_of(reviewed[0], reviewed[0].count * reviewed[1], TRAINED))
    far = float(-np.log2(chance.u[BIRTH_DATE, BirthDate.GENERATION]))
    told = (int(patterns.pairs), sample.rows, sample.every, shared, far, fitted.steady)
    return Joint(fitted.shares, matches, *told)


@dataclass(frozen=True, slots=True)
class Held:
    """What EM does not move: u, the anchor of m, pairs settled as one person and the number of those in the sample,
    the share of the others that tell something of their own, what a family shares, the numbers."""

    u: Numbers
    anchor: Numbers
    same: Tally
    independent: float
    family: Flags
    rows: int
    every: float
    settled: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """shares: of all pairs, by class; classes: float64[5, P], each pattern's probability to be of each."""

    shares: Numbers
    classes: Numbers
    steady: bool


def _fit(patterns: Patterns, m: Numbers, held: Held) -> Fitted:
    """EM to its end, from m and one match for each row on."""
    family = held.family & TRAINED
    sides = (TRAINED, family, family | (np.arange(COLUMNS) == BIRTH_DATE))
    met = held.rows * np.array([1.0, 1.0, 0.01, 0.01])
    namesakes = family & CORE | np.isin(np.arange(COLUMNS), (FORENAME, SEX))  # a forename tells the sex
    apart = _far_apart(patterns, held.u)
    shares, steady, logs_u = _shares(met, held.every), False, log_rates(held.u)
    classes = np.zeros((len(CLASSES), len(patterns.count)))
    for _ in range(MOST_ROUNDS):
        ratio = log_rates(m) - logs_u
        logs = [evidence(patterns, ratio, columns) for columns in sides]
        classes = _classes(np.stack((*logs, evidence(patterns, ratio, namesakes) + apart)), shares)
        told = patterns.count * classes[MATCHES] * held.independent
        fresh = estimate(tally(patterns, told) + held.same, held.anchor)
        met = (classes[1:] * patterns.count).sum(axis=1) + np.array(PRIOR_PAIRS)
        met[MATCHES - 1] += held.settled
        most = MOST_TWINS * (held.rows / 2.0 + met[MATCHES - 1])
        met[TWINS - 1 :] = np.minimum(met[TWINS - 1 :], most)
        shares = _shares(met, held.every)
        steady = bool(np.nanmax(np.abs(fresh - m)) < STEADY)
        m = fresh
        if steady:
            break
    return Fitted(shares, classes, steady)


def _far_apart(patterns: Patterns, u: Numbers) -> Numbers:
    """float64[P]: what birth dates say for namesakes against strangers, in natural logarithms."""
    level = patterns.levels[:, BIRTH_DATE]
    generation = -float(np.log(u[BIRTH_DATE, BirthDate.GENERATION]))
    return np.where(level == 0, 0.0, np.where(level == int(BirthDate.GENERATION), generation, NEVER))


def _share_middle_names(patterns: Patterns, fitted: Fitted) -> bool:
    """Whether members of a household agree on middle names far too often for chance."""
    level = patterns.levels[:, MIDDLE_NAMES]
    household = patterns.count * fitted.classes[HOUSEHOLDS : TWINS + 1].sum(axis=0)
    agreeing, told = household[level == int(MiddleNames.AGREE)].sum(), household[level > 0].sum()
    return bool(told >= LEAST_MATCHES and agreeing >= MOST_BY_CHANCE * told)


def _shares(met: Numbers, every: float) -> Numbers:
    """The shares of all classes, from how many pairs of each but strangers were met; none is 0 or 1."""
    rest = np.maximum(met / every, LEAST_SHARE)
    rest *= min(1.0, (1.0 - LEAST_SHARE) / rest.sum())
    return np.concatenate(([1.0 - rest.sum()], rest))


def _classes(logs: Numbers, shares: Numbers) -> Numbers:
    """Each pattern's probability to be of each class: float64[5, P]."""
    odds = np.vstack((np.zeros((1, logs.shape[1])), logs)) + np.log(shares)[:, None]
    odds -= odds.max(axis=0)
    odds = np.exp(odds)
    return np.asarray(odds / odds.sum(axis=0))
