"""The trained model, put together from what was counted, on the base model it was trained from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linkage.comparison import FORENAME, SURNAME
from linkage.compiled import stamp
from linkage.model import Model, Numbers
from linkage.training.chance import Chance
from linkage.training.diagnosis import (
    AGREEING,
    LEAST_EVIDENCE,
    Finding,
    find_anchored,
    find_contradicting,
    find_suspicious,
    find_unidentifiable,
    never_seen,
)
from linkage.training.em import Fit
from linkage.training.patterns import Flags, Patterns
from linkage.training.prior import Prior
from linkage.training.tally import FAR_LEVELS, FOLLOWS, TRAINED, Tally, empty, estimate, tally

EXACT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """EM under one blocking rule.

    pairs: looked at; whole: whether they are all the rule has; crowds: keys too large to look at; columns: those
    estimated; matches: expected pairs of one person; used: whether it counted. The fit has m, shares and the path.
    """

    rule: str
    pairs: int
    whole: bool
    crowds: int
    columns: tuple[str, ...]
    matches: float
    used: bool
    fit: Fit


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A trained model, how it came about and what is to be said of it. The model has the base's tag: it weighs rows
    that were encoded for the base. distinct: of two files, each holds a person once."""

    model: Model
    passes: tuple[Pass, ...]
    prior: Prior
    diagnosis: tuple[Finding, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """What pairs of one person showed. far: the same of columns that follow from another, where that other disagrees
    (`FOLLOWS`)."""

    found: Tally
    far: Mapping[int, Tally]


def no_matches() -> Matches:
    """Nothing learned."""
    return Matches(empty(), dict.fromkeys(FOLLOWS, empty()))


def matches_of(patterns: Patterns, weight: Numbers, columns: Flags) -> Matches:
    """From patterns that each count `weight` (float64[P]) as one person, the columns marked in bool[COLUMNS]."""
    far = dict.fromkeys(FOLLOWS, empty())
    for column, other in FOLLOWS.items():
        if columns[column] and columns[other]:
            apart = np.isin(patterns.levels[:, other], FAR_LEVELS[other])
            far[column] = tally(patterns, weight * apart)
    return Matches(tally(patterns, weight).only(columns), far)


def added(one: Matches, other: Matches) -> Matches:
    """What both showed."""
    return Matches(one.found + other.found, {c: one.far[c] + other.far[c] for c in FOLLOWS})


def finish(
    base: Model,
    chance: Chance,
    matches: Matches,
    prior: float,
    made: Mapping[str, Any],
    name: str,
    date: str,
    rules: Mapping[str, float] | None = None,
) -> tuple[Model, list[Finding]]:
    """The model and what to say of it; `made` goes into its provenance, `rules` replace some of the base's."""
    m, u, compared = estimate(matches.found, base.m), chance.u, base.comparisons
    silent = TRAINED & ((matches.found.possible.max(axis=1) < 1.0) | (chance.found.possible.max(axis=1) < 1.0))
    kept = never_seen(matches.found, chance.found) | silent[:, None] | ~TRAINED[:, None]
    findings = [
        *find_unidentifiable(matches.found, chance.found, compared),
        *find_anchored(matches.found, m, kept, "m", compared),
        *find_anchored(chance.found, u, kept, "u", compared),
        *find_suspicious(m, u, kept, compared),
    ]
    m, u = _tempered(m, u, chance, matches)
    against = _contradicting(m, u, base) & ~silent
    findings += find_contradicting(against, compared)
    kept |= against[:, None]
    m, u = np.where(kept, base.m, m), np.where(kept, base.u, u)
    m = _no_worse_than_disagreement(m, u, matches.found)
    # Rows carry frequency adjustments relative to these two; m over them is the weight of an average name.
    u[[FORENAME, SURNAME], EXACT] = base.u[[FORENAME, SURNAME], EXACT]
    document = {
        **base.document,
        "name": name,
        "version": f"{base.version}-{date or 'trained'}",
        "prior": round(prior, 4),
        "rules": {**base.document["rules"], **(rules or {})},
        "notes": ["Trained: m, u and prior come from data, held by the model named as base; the rest is the base's."],
        "provenance": {
            "base": {"name": base.name, "version": base.version, "fingerprint": base.fingerprint},
            "date": date,
            "code": stamp(),
            **made,
            "findings": [finding.text for finding in findings],
        },
        "comparisons": _comparisons(m, u, base),
    }
    return Model.from_document(document), findings


def _tempered(m: Numbers, u: Numbers, chance: Chance, matches: Matches) -> tuple[Numbers, Numbers]:
    """Columns that follow from another, half-way between their own rates and those given that other one.

    Their weight is added whatever the other said: sex agrees for nearly all strangers of one forename, and the
    practice changes for nearly all who moved, so that neither rate alone is right (design section 5).
    """
    m, u = m.copy(), u.copy()
    for column in FOLLOWS:
        u[column] = (u[column] + chance.beside[column]) / 2.0
        if matches.far[column].seen[column].sum() >= LEAST_EVIDENCE:
            m[column] = (m[column] + estimate(matches.far[column], m)[column]) / 2.0
    return m, u


def _no_worse_than_disagreement(m: Numbers, u: Numbers, found: Tally) -> Numbers:
    """m of agreements that not one pair of one person showed, raised until they weigh what disagreement weighs.

    That none was met bounds m from above alone, and strangers who share a title or a part of a name bring u up: the
    weight would fall with the number of pairs, and half an agreement come to speak against more than none.
    """
    m = m.copy()
    for column, last in AGREEING.items():
        met = found.seen[column, last + 1 :].argmax() + last + 1
        unmet = found.seen[column] < 1.0
        unmet[[0, *range(last + 1, len(unmet))]] = False
        if found.seen[column, met] >= 1.0:
            least = np.minimum(1.0, u[column] * (m[column, met] / u[column, met]))
            m[column, unmet] = np.maximum(m[column, unmet], least[unmet])
    return m


def _contradicting(m: Numbers, u: Numbers, base: Model) -> Flags:
    """bool[COLUMNS]: columns whose exact agreement came to speak against one person.

    That is no property of people but a fit gone wrong, so the base's values stay.
    """
    wrong: Flags = (m[:, EXACT] < u[:, EXACT]) & (base.m[:, EXACT] > base.u[:, EXACT])
    return wrong


def _comparisons(m: Numbers, u: Numbers, base: Model) -> dict[str, dict[str, dict[str, float]]]:
    return {
        name: {level.name.lower(): {"m": float(m[c, level]), "u": float(u[c, level])} for level in levels}
        for c, (name, levels) in enumerate(base.comparisons.items())
    }


def counted(chance: Chance, passes: Sequence[Pass], prior: Prior) -> dict[str, object]:
    """What the passes and what came before them counted, as provenance."""
    return {
        "matches_among_random_pairs": round(chance.matches),
        "passes": summary(passes),
        "prior": {"certain_pairs": prior.certain, "recall": round(prior.recall, 4), "measured": prior.measured},
    }


def summary(passes: Sequence[Pass]) -> dict[str, object]:
    """The passes as provenance: counts only."""
    return {
        one.rule: {
            "pairs": one.pairs,
            "all": one.whole,
            "matches": round(one.matches),
            "households": round(one.fit.shares[2] * one.pairs),
            "rounds": len(one.fit.path),
            "used": one.used,
        }
        for one in passes
    }
