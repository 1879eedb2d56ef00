"""One EM pass under one blocking rule: draw pairs, count patterns, fit, and see whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.comparison import (
    BIRTH_DATE,
    COLUMNS,
    CONTACT,
    FORENAME,
    FURTHER,
    LOCATION,
    NHS_NUMBER,
    SURNAME,
)
from linkage.layout import Rows, Words
from linkage.model import Model, Numbers
from linkage.training.chance import Chance
from linkage.training.diagnosis import Comparisons, Finding, Kind, find_disagreement
from linkage.training.em import MATCHES, Fit, family_of, fit, start_from
from linkage.training.outcome import Matches, Pass, added, matches_of, no_matches
from linkage.training.patterns import Flags, Ints, Longs, Patterns, codes_of, count
from linkage.training.sampling import Entries, draw_blocked
from linkage.training.tally import FOLLOWS, TRAINED

FURTHER_COLUMNS = tuple(range(FURTHER, COLUMNS))
FIXED: Mapping[str, tuple[int, ...]] = {
    "nhs": (NHS_NUMBER,),
    "name-dob": (FORENAME, SURNAME, BIRTH_DATE),
    "names-year": (FORENAME, SURNAME, BIRTH_DATE),
    "names-day": (FORENAME, SURNAME, BIRTH_DATE),
    "names-sector": (FORENAME, SURNAME, LOCATION),
    "forename-postcode": (FORENAME, LOCATION),
    "birth-postcode": (BIRTH_DATE, LOCATION),
    "forename-phone": (FORENAME, CONTACT),
    "forename-email": (FORENAME, CONTACT),
    **dict.fromkeys(("code", "value"), FURTHER_COLUMNS),
    "value-name": (FORENAME, SURNAME, *FURTHER_COLUMNS),
    "value-year": (BIRTH_DATE, *FURTHER_COLUMNS),
    **dict.fromkeys(("names", "name"), (FORENAME, SURNAME)),
    "name-town": (FORENAME, SURNAME, LOCATION),
    **dict.fromkeys(("surname-postcode", "surname-street"), (SURNAME, LOCATION)),
    **dict.fromkeys(("home", "postcode", "street"), (LOCATION,)),
    "birth-date": (BIRTH_DATE,),
    "phone": (CONTACT,),
}
"""The columns every rule decides, at least in part, by what its pairs share; its pass learns nothing about them."""

TELLING = (FORENAME, BIRTH_DATE)
LEAST_EXACT = 0.2
LEAST_PAIRS = 100
LEAST_MATCHES = 20.0


@dataclass(frozen=True, slots=True)
class Material:
    """What every pass needs. place: int32[N], of each row in `sampling.shuffle`."""

    matrix: Rows
    words: Words
    place: Ints
    base: Model
    chance: Chance
    settled: Longs
    reviewed: tuple[Patterns, Flags] | None
    seed: int
    workers: int | None


def run_pass(rule: str, entries: Entries, most: int, material: Material) -> tuple[Pass, Matches]:
    """One rule's EM, and what its pairs of one person showed."""
    n, base, chance = len(material.matrix), material.base, material.chance
    drawn = draw_blocked(entries, material.place, most, material.seed)
    fresh = ~np.isin(drawn.a.astype(np.int64) * n + drawn.b, material.settled)
    a, b = drawn.a[fresh], drawn.b[fresh]
    patterns = count(codes_of(material.matrix, material.words, a, b, base, material.workers))
    columns = ~np.isin(np.arange(COLUMNS), FIXED[rule])
    found = fit(
        patterns, start_from(base.m, base.u, _chance_under(rule, chance)), columns, material.reviewed, family_of(base)
    )
    same, of = no_matches(), patterns.count * found.match
    if material.reviewed:
        known, verdicts = material.reviewed
        same = matches_of(known, known.count * verdicts, columns)
    expected = float(of.sum())
    enough = len(a) >= LEAST_PAIRS and expected >= LEAST_MATCHES
    used = enough and not _collapsed(found, columns)
    names = tuple(name for name, estimated in zip(base.comparisons, columns & TRAINED, strict=False) if estimated)
    done = Pass(rule, len(a), drawn.whole, drawn.crowds, names, expected, used, found)
    return done, added(matches_of(patterns, of, columns), same)


def _chance_under(rule: str, chance: Chance) -> Numbers:
    """u among the rule's pairs: what follows from a fixed column agrees as often as where that one does."""
    u = chance.u.copy()
    for column, other in FOLLOWS.items():
        if other in FIXED[rule]:
            u[column] = chance.given[column]
    return u


def _collapsed(found: Fit, columns: Flags) -> bool:
    """Whether what was taken for matches does not agree on what tells people apart: EM called everything a match."""
    return any(
        columns[c] and found.found.possible[c].max() >= LEAST_MATCHES and found.m[c, 1] < LEAST_EXACT for c in TELLING
    )


def judge_passes(passes: Sequence[Pass], comparisons: Comparisons) -> list[Finding]:
    """What is to be said of the passes, one by one and together."""
    findings = [finding for done in passes for finding in _judge(done)]
    if not any(done.used for done in passes):
        text = "no pass found enough pairs of one person: every m is the base model's"
        findings.append(Finding(Kind.NO_MATCHES, text))
    told = {done.rule: (done.fit.m, done.fit.found) for done in passes if done.used}
    return findings + find_disagreement(told, comparisons)


def _judge(done: Pass) -> list[Finding]:
    """What is to be said of one pass."""
    findings = []
    if not done.used:
        enough = done.pairs >= LEAST_PAIRS and done.matches >= LEAST_MATCHES
        why = (
            "its matches disagree on names and dates" if enough else f"{done.pairs} pairs, {done.matches:.0f} matches"
        )
        findings.append(Finding(Kind.LEFT_OUT, f"pass {done.rule} is left out: {why}"))
    elif not done.fit.steady:
        findings.append(Finding(Kind.NOT_STEADY, f"pass {done.rule} stopped after {len(done.fit.path)} rounds"))
    if done.used and done.fit.bounded:
        share = done.fit.shares[MATCHES]
        findings.append(Finding(Kind.ANCHORED, f"pass {done.rule}: the share of matches is held at {share:g}"))
    return findings
