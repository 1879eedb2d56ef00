"""What training found worth saying, in sentences without any value of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from linkage.comparison import (
    BIRTH_DATE,
    BIRTH_ORDER,
    CONTACT,
    FORENAME,
    GP_PRACTICE,
    LOCATION,
    MIDDLE_NAMES,
    MOTHERS_MAIDEN_NAME,
    NHS_NUMBER,
    SEX,
    SURNAME,
    Further,
)
from linkage.model import Numbers
from linkage.training.patterns import Flags
from linkage.training.tally import EXISTS, TRAINED, Tally

AGREEING = {
    NHS_NUMBER: 4,
    FORENAME: 7,
    SURNAME: 4,
    MIDDLE_NAMES: 2,
    BIRTH_DATE: 7,
    SEX: 1,
    LOCATION: 6,
    CONTACT: 3,
    GP_PRACTICE: 1,
    MOTHERS_MAIDEN_NAME: 1,
    BIRTH_ORDER: 1,
}
"""The last level of each column that speaks for one person."""

Comparisons = Mapping[str, type[IntEnum]]
LEAST_EVIDENCE = 50.0
APART = 1.0  # bits
ANCHORED = 1.0  # bits


class Kind(StrEnum):
    """What a finding is about."""

    NO_MATCHES = "no matches"
    LEFT_OUT = "pass left out"
    UNIDENTIFIABLE = "unidentifiable"
    NEVER_SEEN = "never seen"
    ANCHORED = "anchored"
    SUSPICIOUS = "suspicious"
    PASSES_DISAGREE = "passes disagree"
    PRIOR = "prior"
    JOINT = "joint"
    NOT_STEADY = "not steady"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, the column and level it is about ("" for none)."""

    kind: Kind
    text: str
    column: str = ""
    level: str = ""


def places(marked: Flags, comparisons: Comparisons) -> list[tuple[int, int, str, str]]:
    """(column, level, their names) of the true entries of bool[COLUMNS, MOST_LEVELS + 1] that a model compares."""
    names = list(comparisons.items())
    found = np.argwhere(marked[: len(names)]).tolist()
    return [(c, level, names[c][0], names[c][1](level).name.lower()) for c, level in found]


def find_unidentifiable(matches: Tally, strangers: Tally, comparisons: Comparisons) -> list[Finding]:
    """Columns nothing was learned about, and levels that occurred in no pair; both keep the base's values."""
    silent = TRAINED & ((matches.possible.max(axis=1) < 1.0) | (strangers.possible.max(axis=1) < 1.0))
    findings = [
        Finding(Kind.UNIDENTIFIABLE, f"no pass could estimate {name}; it keeps the base model's values", name)
        for c, name in enumerate(comparisons)
        if silent[c]
    ]
    return findings + [
        Finding(Kind.NEVER_SEEN, f"{name}/{level} occurred in no pair; it keeps the base model's values", name, level)
        for _, _, name, level in places(never_seen(matches, strangers) & ~silent[:, None], comparisons)
    ]


def never_seen(matches: Tally, strangers: Tally) -> Flags:
    """bool[COLUMNS, MOST_LEVELS + 1]: levels without half a pair on either side."""
    unseen: Flags = EXISTS & TRAINED[:, None] & (matches.seen < 0.5) & (strangers.seen < 0.5)
    return unseen


def find_anchored(
    found: Tally, rates: Numbers, silent: Flags, letter: str, comparisons: Comparisons
) -> list[Finding]:
    """Levels whose estimate the anchor moved by more than a bit: too few pairs showed them."""
    raw = (found.seen + 1e-12) / np.maximum(found.possible, 1e-12)
    moved = np.abs(np.log2(np.where(EXISTS, rates, 1.0) / np.where(EXISTS, raw, 1.0))) > ANCHORED
    marked = EXISTS & TRAINED[:, None] & moved & ~silent & (found.possible >= 1.0)
    return [
        Finding(
            Kind.ANCHORED,
            f"{letter} of {name}/{level} rests on {found.seen[c, k]:.1f} of {found.possible[c, k]:.0f} pairs: the "
            "base model decided it",
            name,
            level,
        )
        for c, k, name, level in places(marked, comparisons)
    ]


def find_suspicious(m: Numbers, u: Numbers, silent: Flags, comparisons: Comparisons) -> list[Finding]:
    """Agreement that speaks against one person, and plain disagreement that speaks for it."""
    findings = []
    for c, k, name, level in places(EXISTS & TRAINED[:, None] & ~silent, comparisons):
        agrees = k <= AGREEING.get(c, Further.SIMILAR)
        if agrees and m[c, k] < u[c, k]:
            text = f"{name}/{level} is an agreement, but strangers show it more often than one person does"
            findings.append(Finding(Kind.SUSPICIOUS, text, name, level))
    return findings


def find_contradicting(columns: Flags, comparisons: Comparisons) -> list[Finding]:
    """Columns, of bool[COLUMNS], that keep the base's values because agreement came out as evidence against."""
    return [
        Finding(
            Kind.SUSPICIOUS,
            f"agreement of {name} came out as evidence against; it keeps the base model's values",
            name,
        )
        for c, name in enumerate(comparisons)
        if columns[c]
    ]


def find_disagreement(passes: dict[str, tuple[Numbers, Tally]], comparisons: Comparisons) -> list[Finding]:
    """Levels whose m differs between passes by more than a bit, where the higher m would show often in each."""
    findings = []
    for c, k, name, level in places(EXISTS & TRAINED[:, None], comparisons):
        told = {rule: float(m[c, k]) for rule, (m, found) in passes.items() if found.possible[c, k] >= 1.0}
        expected = max(told.values(), default=0.0)
        told = {rule: m for rule, m in told.items() if passes[rule][1].possible[c, k] * expected >= LEAST_EVIDENCE}
        if len(told) > 1 and np.log2(max(told.values()) / min(told.values())) > APART:
            low, high = min(told, key=lambda rule: told[rule]), max(told, key=lambda rule: told[rule])
            text = f"m of {name}/{level} is {told[low]:.2g} under {low} and {told[high]:.2g} under {high}"
            findings.append(Finding(Kind.PASSES_DISAGREE, text, name, level))
    return findings
