"""Which level a model's further fields end in, by their kinds; compiled, and symmetric in the two records."""

from __future__ import annotations

import numpy as np

from linkage.comparison import FURTHER, Further
from linkage.compiled import compiled
from linkage.further import KIND_CODES
from linkage.layout import FURTHER_SLOTS, NAME_SIZE, SCALE, SLOT, Levels, Rows, Words
from linkage.likeness import closeness, edits, same_name, shared_letters
from linkage.model import FIRST_KIND, Numbers
from linkage.record import Kind

X_EXACT, X_NEAR, X_SIMILAR, X_DISAGREE = map(int, Further)
CODE, NAME, TEXT, NUMBER = (KIND_CODES[kind] for kind in (Kind.CODE, Kind.NAME, Kind.TEXT, Kind.NUMBER))
NEAR_TEXT, SIMILAR_TEXT = 0.8, 0.6
NEAR_NUMBER, SIMILAR_NUMBER = 0.01, 0.1


@compiled
def compare_further(
    a8: Rows,
    a: Words,
    i: int,
    b8: Rows,
    b: Words,
    j: int,
    rules: Numbers,
    near: float,
    similar: float,
    levels: Levels,
    adjust: Numbers,
) -> None:
    """Fill the columns of further fields, with what the frequency of an agreed value adds or takes."""
    for k in range((a.shape[1] - FURTHER_SLOTS) // SLOT):
        slot = FURTHER_SLOTS + SLOT * k
        if a8[i, 8 * slot + NAME_SIZE] == 0 or b8[j, 8 * slot + NAME_SIZE] == 0:
            continue
        if same_name(a, i, b, j, slot):
            levels[FURTHER + k] = X_EXACT
            adjust[FURTHER + k] = (a[i, slot + 3] >> 32) / SCALE
        else:
            levels[FURTHER + k] = unequal(a8, a, i, b8, b, j, slot, int(rules[FIRST_KIND + k]), near, similar)


@compiled
def unequal(
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, slot: int, kind: int, near: float, similar: float
) -> int:
    """The level of two values that are not the same."""
    p = 8 * slot
    if kind == CODE:
        # Through np.int64, because int() leaves a byte unsigned in compiled code, and a difference would wrap.
        n, m = int(np.int64(a8[i, p + NAME_SIZE])), int(np.int64(b8[j, p + NAME_SIZE]))
        found = edits(a8, i, p, n, b8, j, p, m)
        return X_NEAR if found <= 1 else X_SIMILAR if found == 2 else X_DISAGREE
    if kind == NAME:
        likeness = closeness(a8, a, i, b8, b, j, slot, similar)
        return X_NEAR if likeness >= near else X_SIMILAR if likeness >= similar else X_DISAGREE
    if kind == TEXT:
        shared = shared_letters(a, i, b, j, slot)
        return X_NEAR if shared >= NEAR_TEXT else X_SIMILAR if shared >= SIMILAR_TEXT else X_DISAGREE
    if kind == NUMBER:
        return distance(a[i, slot + 4], b[j, slot + 4])
    return X_DISAGREE


@compiled
def distance(one: int, other: int) -> int:
    """The level of two numbers in thousandths."""
    apart, size = np.float64(abs(one - other)), np.float64(max(abs(one), abs(other)))
    if apart <= NEAR_NUMBER * size:
        return X_NEAR
    return X_SIMILAR if apart <= SIMILAR_NUMBER * size else X_DISAGREE
