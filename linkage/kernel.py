"""The kernel: one compiled function weighs a pair, on line, in bulk and in the explanation a reviewer reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from linkage.blocking import block_keys
from linkage.comparison import (
    BIRTH_DATE,
    BIRTH_ORDER,
    COLUMNS,
    CONTACT,
    FORENAME,
    FURTHER,
    GP_PRACTICE,
    LOCATION,
    MIDDLE_NAMES,
    MOTHERS_MAIDEN_NAME,
    NHS_NUMBER,
    SEX,
    SURNAME,
)
from linkage.compiled import compiled
from linkage.encode import encode
from linkage.errors import ModelError
from linkage.field_levels import (
    B_EXACT,
    B_PARTIAL_YEAR,
    L_NEIGHBOUR,
    N_UNRESOLVED,
    NEW_YEAR,
    birth_date,
    contact,
    location,
    nhs_number,
)
from linkage.further_levels import compare_further
from linkage.household import limit_household
from linkage.kernel_guards import guards_of
from linkage.layout import (
    BIRTH,
    CAUTIONS,
    ENCODING_VERSION,
    FORENAME_SLOT,
    FURTHER_SLOTS,
    HEAD,
    MAIDEN,
    ORDER,
    POSTCODE_TERM,
    PRACTICE,
    SCALE,
    SLOT,
    STREET_SLOT,
    SURNAME_SLOT,
    TAG,
    WORDS,
    Levels,
    Rows,
    Words,
    agree,
    field,
)
from linkage.layout import SEX as SEX_BYTE
from linkage.model import (
    ESTIMATED_FACTOR,
    GENERATION_YEARS,
    GUARDS,
    MOST_FROM_TEXTS,
    NEAR,
    NEW_YEAR_BITS,
    PRIOR,
    SIMILAR,
    Model,
    Numbers,
)
from linkage.name_levels import (
    F_DISAGREE,
    F_EXACT,
    F_SWAPPED,
    S_DISAGREE,
    S_EXACT,
    S_PREVIOUS,
    forename,
    middle_names,
    nearly_swapped,
    previous_surname,
    surname,
)
from linkage.place_levels import place
from linkage.record import Caution, StandardRecord

ESTIMATED = int(Caution.ESTIMATED_BIRTH_DATE)
SLACK = 0.001  # far above any rounding of the sum, so that the bound never drops a pair the sum would keep


@dataclass(frozen=True, slots=True)
class Scores:
    """What the kernel says of n pairs.

    weight: float32[n], total in bits with the prior. guards: uint32[n], bits of `Guard`. pattern: uint8[n, COLUMNS],
    the level of every comparison, 0 missing.
    """

    weight: npt.NDArray[np.float32]
    guards: npt.NDArray[np.uint32]
    pattern: Levels


@compiled
def compare(
    a8: Rows,
    a: Words,
    i: int,
    b8: Rows,
    b: Words,
    j: int,
    weights: Numbers,
    rules: Numbers,
    floor: float,
    levels: Levels,
    adjust: Numbers,
) -> tuple[np.float32, int]:
    """Weigh row i of a against row j of b: the total weight and the guards.

    Fills levels[COLUMNS] and adjust[COLUMNS], the bits beside the table's for frequency, estimated dates and
    household; the total is the prior and, in the order of columns, the sum of weights[c, levels[c]] + adjust[c]. A
    pair that cannot reach `floor` whatever its names say is given up as -inf, unless it shares an NHS number: a
    confusion must be seen.
    """
    adjust[:] = 0.0
    levels[:] = 0
    compare_fields(a, i, b, j, weights, rules, levels, adjust)
    if floor > -inf and (levels[NHS_NUMBER] == 0 or levels[NHS_NUMBER] > N_UNRESOLVED):
        most = total(weights, rules, levels, adjust, FURTHER) + rules[MOST_FROM_TEXTS]
        if most < floor - SLACK:
            return np.float32(-inf), 0
    compare_names(a8, a, i, b8, b, j, rules, levels, adjust)
    if a.shape[1] > WORDS:
        cross_names(a8, a, i, b8, b, j, rules, levels, adjust)
        levels[LOCATION] = place(a8, a, i, b8, b, j)
        if 0 < levels[LOCATION] <= L_NEIGHBOUR:  # those that the same postcode ends in
            adjust[LOCATION] = (a[i, STREET_SLOT + POSTCODE_TERM] >> 32) / SCALE
        compare_further(a8, a, i, b8, b, j, rules, rules[NEAR], rules[SIMILAR], levels, adjust)
    last = FURTHER + max(0, (a.shape[1] - FURTHER_SLOTS) // SLOT)
    limit_household(weights, rules, levels, adjust, last)
    guards = guards_of(a, i, b, j, levels) & int(rules[GUARDS])
    return np.float32(total(weights, rules, levels, adjust, last)), guards


@compiled
def compare_fields(
    a: Words, i: int, b: Words, j: int, weights: Numbers, rules: Numbers, levels: Levels, adjust: Numbers
) -> None:
    """The comparisons that cost little."""
    head, head_b = a[i, HEAD], b[j, HEAD]
    levels[NHS_NUMBER] = nhs_number(a, i, b, j)
    levels[BIRTH_DATE] = birth_date(a, i, b, j, rules[GENERATION_YEARS])
    if (field(head, CAUTIONS) | field(head_b, CAUTIONS)) & ESTIMATED:
        adjust[BIRTH_DATE] = (rules[ESTIMATED_FACTOR] - 1.0) * weights[BIRTH_DATE, levels[BIRTH_DATE]]
    elif is_new_year(a[i, BIRTH], b[j, BIRTH], levels[BIRTH_DATE]):
        adjust[BIRTH_DATE] = -rules[NEW_YEAR_BITS]
    levels[SEX] = agree(field(head, SEX_BYTE), field(head_b, SEX_BYTE))
    if a.shape[1] == WORDS:
        levels[LOCATION] = location(a, i, b, j)
    levels[CONTACT] = contact(a, i, b, j)
    levels[GP_PRACTICE] = agree(a[i, PRACTICE], b[j, PRACTICE])
    levels[MOTHERS_MAIDEN_NAME] = agree(a[i, MAIDEN], b[j, MAIDEN])
    levels[BIRTH_ORDER] = agree(field(head, ORDER), field(head_b, ORDER))


@compiled
def is_new_year(one: int, other: int, level: int) -> bool:
    """Whether dates agree by a 1 January: many people who do not know their date are registered on it (NHS-52)."""
    if level == B_EXACT:
        return one & 0xFFFF == NEW_YEAR
    return level == B_PARTIAL_YEAR and (one & 0xFFFF == NEW_YEAR or other & 0xFFFF == NEW_YEAR)


@compiled
def compare_names(
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, rules: Numbers, levels: Levels, adjust: Numbers
) -> None:
    """The names, with what the frequency of an agreed name adds or takes."""
    near, similar = rules[NEAR], rules[SIMILAR]
    levels[FORENAME] = forename(a8, a, i, b8, b, j, near, similar)
    if levels[FORENAME] == F_EXACT:
        adjust[FORENAME] = (a[i, FORENAME_SLOT + 3] >> 32) / SCALE
    levels[SURNAME] = surname(a8, a, i, b8, b, j, near, similar)
    if levels[SURNAME] == S_EXACT:
        adjust[SURNAME] = (a[i, SURNAME_SLOT + 3] >> 32) / SCALE
    elif levels[SURNAME] == S_PREVIOUS:
        adjust[SURNAME] = (previous_surname(a, i, b, j) >> 32) / SCALE
    levels[MIDDLE_NAMES] = middle_names(a, i, b, j)


@compiled
def cross_names(
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, rules: Numbers, levels: Levels, adjust: Numbers
) -> None:
    """Names that stand crosswise are one event and told once, under the forename, as rare as both names are.

    The index counts them under both, each at half the worth; a model that is trained on files learns the one event.
    """
    apart = levels[FORENAME] == F_DISAGREE and levels[SURNAME] >= S_DISAGREE
    if apart and nearly_swapped(a8, a, i, b8, b, j, rules[NEAR]):
        levels[FORENAME] = F_SWAPPED
    if levels[FORENAME] == F_SWAPPED:
        levels[SURNAME] = 0
        adjust[FORENAME] = (a[i, FORENAME_SLOT + 3] >> 32) / SCALE + (b[j, FORENAME_SLOT + 3] >> 32) / SCALE
        adjust[FORENAME] += (a[i, SURNAME_SLOT + 3] >> 32) / SCALE + (b[j, SURNAME_SLOT + 3] >> 32) / SCALE
        adjust[FORENAME] *= 0.5


@compiled
def total(weights: Numbers, rules: Numbers, levels: Levels, adjust: Numbers, last: int) -> float:
    """Prior and the contributions of the first `last` columns, summed in one order so that both directions give the
    same bits."""
    weight = float(rules[PRIOR])
    for column in range(last):
        weight += weights[column, levels[column]] + adjust[column]
    return weight


@compiled
def score_rows(
    one8: Rows,
    one: Words,
    row: int,
    many8: Rows,
    many: Words,
    weights: Numbers,
    rules: Numbers,
    weight: npt.NDArray[np.float32],
    guards: npt.NDArray[np.uint32],
    pattern: Levels,
    adjust: Numbers,
) -> None:
    """Fill the three results for a row of `one` against every row of `many`; `adjust` is the last pair's.

    The row's number is an argument because the compiler would make another kernel for the constant 0.
    """
    for j in range(many.shape[0]):
        weight[j], guards[j] = compare(one8, one, row, many8, many, j, weights, rules, -inf, pattern[j], adjust)


def rows_of(encoded: Rows, model: Model) -> tuple[Rows, Words]:
    """Encoded rows as the kernel takes them: read-only bytes and words of the same memory, uint8[N, model.size].

    Raises `ModelError` unless every row was encoded for this model: its frequencies stand inside the rows.
    """
    rows = np.ascontiguousarray(encoded, dtype=np.uint8).reshape(-1, model.size).view()
    rows.setflags(write=False)
    words = rows.view(np.int64)
    tag = np.uint64(model.tag).astype(np.int64)
    if not (np.all(rows[:, 0] == ENCODING_VERSION) and np.all(words[:, TAG] == tag)):
        raise ModelError("a record was encoded for another model; encode it again")
    return rows, words


def score(one: bytes, many: Sequence[bytes], model: Model) -> Scores:
    """Weigh one encoded record against each of many; n may be 0. Raises `ModelError` for rows of another model."""
    return score_adjusted(one, many, model)[0]


def score_adjusted(one: bytes, many: Sequence[bytes], model: Model) -> tuple[Scores, Numbers]:
    """As `score`, with float64[COLUMNS]: the bits beside the model's table in the last pair, for its explanation."""
    if len(one) != model.size or any(len(row) != model.size for row in many):
        raise ModelError(f"an encoded record has {model.size} bytes under this model")
    row, word = rows_of(np.frombuffer(one, np.uint8), model)
    rows, words = rows_of(np.frombuffer(b"".join(many), np.uint8), model)
    n, adjust = len(rows), np.zeros(COLUMNS)
    scores = Scores(np.empty(n, np.float32), np.empty(n, np.uint32), np.empty((n, COLUMNS), np.uint8))
    results = scores.weight, scores.guards, scores.pattern, adjust
    score_rows(row, word, 0, rows, words, model.weights, model.rules, *results)
    return scores, adjust


def score_pair(a: bytes, b: bytes, model: Model) -> Scores:
    """Weigh two encoded records; arrays of length 1."""
    return score(a, (b,), model)


def warm(model: Model) -> None:
    """Compile the kernel, or load it from the cache, before the first request waits for it."""
    row = encode(StandardRecord(), model)
    score_pair(row, row, model)
    block_keys(StandardRecord(nhs_number="9990000018"))
