"""The prior: how many pairs of rows are one person, from rules that hardly err and a statement of what they miss."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np

from linkage.layout import BIRTH, FORENAME_SLOT, HEAD, KIND, NUMBER, POSTCODE, STATUS, SURNAME_SLOT, Words
from linkage.model import Numbers
from linkage.training.patterns import Longs

RECALL = 0.6
"""What the rule of names is taken to find where no numbers are there to tell."""
LEAST_BOTH = 50
LARGEST_GROUP = 50  # a value on more rows than that is a placeholder, or a crowd
MOST_PER_ROW = 20.0
NHS = 1
UNRESOLVED = 5


@dataclass(frozen=True, slots=True)
class Prior:
    """bits: log2 odds that two random rows are one person. pairs: of rows, in all. certain: pairs under the rules;
    recall: the share of all matches they are taken to be; measured: whether that was measured or is the stated
    default; bounded: whether a bound decided."""

    bits: float
    pairs: int
    certain: int
    recall: float
    measured: bool
    bounded: bool


def estimate_prior(words: Words, recall: float = RECALL) -> Prior:
    """The prior of int64[N, WORDS] encoded rows.

    Two rules: the same NHS number; and the same forename, surname, full birth date and postcode. Where both find
    enough, the share of one's pairs that the other finds too is its recall (two captures, Chapman 1951).
    """
    head = words[:, HEAD]
    status, kind = (head >> (8 * STATUS)) & 0xFF, (head >> (8 * KIND)) & 0xFF
    number = np.where((kind == NHS) & (status != UNRESOLVED), words[:, NUMBER], 0)
    named = words[:, [FORENAME_SLOT, FORENAME_SLOT + 1, SURNAME_SLOT, SURNAME_SLOT + 1, BIRTH, POSTCODE]]
    full = (words[:, BIRTH] >> 32 != 0) & np.all(named[:, [0, 2, 5]] != 0, axis=1)
    label = np.where(full, _labels(named), 0)
    numbers, names = _pairs(number), _pairs(label)
    both = _pairs(np.where((number != 0) & full, _labels(np.column_stack((number, label))), 0))
    measured = min(numbers, names, both) >= LEAST_BOTH
    if measured:
        matches = (numbers + 1) * (names + 1) / (both + 1) - 1
        recall = min(1.0, (numbers + names - both) / matches)
    else:
        matches = (numbers + names - both) / recall
    return _bounded(len(words), matches, numbers + names - both, recall, measured)


def _bounded(n: int, matches: float, certain: int, recall: float, measured: bool) -> Prior:
    """No fewer than half a pair, so that a clean file has odds; no more than each row having 20 others."""
    pairs = n * (n - 1) // 2
    most = min(MOST_PER_ROW * n / 2.0, 0.5 * pairs)
    kept = max(0.5, min(matches, most))
    bits = log2(kept / max(pairs - kept, 1.0)) if pairs else -1.0
    return Prior(min(bits, 0.0), pairs, certain, recall, measured, kept != matches)


def _labels(columns: Longs | Numbers) -> Longs:
    """One number above 0 for each distinct row of a table of words; a clash of 63-bit mixes is no concern here."""
    mixed = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        mixed = (mixed ^ np.ascontiguousarray(column).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(1)).view(np.int64) | 1


def _pairs(labels: Longs) -> int:
    """Pairs of rows with one label, 0 being none."""
    _, sizes = np.unique(labels[labels != 0], return_counts=True)
    sizes = sizes[sizes <= LARGEST_GROUP]
    return int((sizes * (sizes - 1) // 2).sum())
