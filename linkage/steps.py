"""The steps of a comparison: from two encoded rows to levels, and from levels to a weight; compiled.

`linkage.kernel` puts them together. The functions take rows as words and as bytes of the same memory
(`linkage.layout`) with the row's number. Of a pair, levels uint8[COLUMNS] and adjust float64[COLUMNS] are filled in
step by step; both start as zeros.
"""

from __future__ import annotations

from math import inf

import numpy as np

from linkage.comparison import (
    BIRTH_DATE,
    BIRTH_ORDER,
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
    Numbers,
)
from linkage.name_levels import (
    F_DISAGREE,
    F_EXACT,
    F_SIMILAR,
    F_SWAPPED,
    S_DISAGREE,
    S_EXACT,
    S_PREVIOUS,
    S_SIMILAR,
    S_SWAPPED,
    crosses,
    forename,
    middle_names,
    one_slip_apart,
    previous_surname,
    surname,
)
from linkage.place_levels import place
from linkage.record import Caution

ESTIMATED = int(Caution.ESTIMATED_BIRTH_DATE)
FIELDS = (NHS_NUMBER, BIRTH_DATE, SEX, LOCATION, CONTACT, GP_PRACTICE, MOTHERS_MAIDEN_NAME, BIRTH_ORDER)
"""The comparisons that cost little; of rows made for files, the location is none of them and has no level yet."""
SLACK = 0.001  # far above any rounding of the sum, so that the bound never drops a pair the sum would keep


@compiled
def compare_fields(a: Words, i: int, b: Words, j: int, rules: Numbers, levels: Levels) -> None:
    """The comparisons that cost little."""
    head, head_b = a[i, HEAD], b[j, HEAD]
    levels[NHS_NUMBER] = nhs_number(a, i, b, j)
    levels[BIRTH_DATE] = birth_date(a, i, b, j, rules[GENERATION_YEARS])
    levels[SEX] = agree(field(head, SEX_BYTE), field(head_b, SEX_BYTE))
    if a.shape[1] == WORDS:
        levels[LOCATION] = location(a, i, b, j)
    levels[CONTACT] = contact(a, i, b, j)
    levels[GP_PRACTICE] = agree(a[i, PRACTICE], b[j, PRACTICE])
    levels[MOTHERS_MAIDEN_NAME] = agree(a[i, MAIDEN], b[j, MAIDEN])
    levels[BIRTH_ORDER] = agree(field(head, ORDER), field(head_b, ORDER))


@compiled
def adjust_date(
    a: Words, i: int, b: Words, j: int, weights: Numbers, rules: Numbers, levels: Levels, adjust: Numbers
) -> None:
    """What an estimated date, or one of a 1 January, takes from the birth date's weight."""
    adjust[BIRTH_DATE] = 0.0
    if (field(a[i, HEAD], CAUTIONS) | field(b[j, HEAD], CAUTIONS)) & ESTIMATED:
        adjust[BIRTH_DATE] = (rules[ESTIMATED_FACTOR] - 1.0) * weights[BIRTH_DATE, levels[BIRTH_DATE]]
    elif is_new_year(a[i, BIRTH], b[j, BIRTH], levels[BIRTH_DATE]):
        adjust[BIRTH_DATE] = -rules[NEW_YEAR_BITS]


@compiled
def is_new_year(one: int, other: int, level: int) -> bool:
    """Whether dates agree by a 1 January: many people who do not know their date are registered on it (NHS-52)."""
    if level == B_EXACT:
        return one & 0xFFFF == NEW_YEAR
    return level == B_PARTIAL_YEAR and (one & 0xFFFF == NEW_YEAR or other & 0xFFFF == NEW_YEAR)


@compiled
def may_reach(weights: Numbers, rules: Numbers, floor: float, levels: Levels, adjust: Numbers) -> bool:
    """Whether a pair whose fields are compared may weigh `floor`, whatever its texts say; one that shares an NHS
    number is never given up, for a confusion must be seen."""
    if floor == -inf or 0 < levels[NHS_NUMBER] <= N_UNRESOLVED:
        return True
    most = rules[PRIOR] + rules[MOST_FROM_TEXTS] + adjust[BIRTH_DATE]
    for column in FIELDS:
        most += weights[column, levels[column]]
    return bool(most >= floor - SLACK)


@compiled
def compare_texts(
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, rules: Numbers, levels: Levels, adjust: Numbers
) -> None:
    """The names, and of rows made for files their places and further fields, with what the frequency of an agreed
    text adds or takes."""
    compare_names(a8, a, i, b8, b, j, rules, levels, adjust)
    if a.shape[1] > WORDS:
        forgive_slips(a8, a, i, b8, b, j, levels)
        cross_names(a8, a, i, b8, b, j, rules, levels, adjust)
        levels[LOCATION] = place(a8, a, i, b8, b, j)
        if 0 < levels[LOCATION] <= L_NEIGHBOUR:  # those that the same postcode ends in
            adjust[LOCATION] = (a[i, STREET_SLOT + POSTCODE_TERM] >> 32) / SCALE
        compare_further(a8, a, i, b8, b, j, rules, rules[NEAR], rules[SIMILAR], levels, adjust)


@compiled
def conclude(
    a: Words, i: int, b: Words, j: int, weights: Numbers, rules: Numbers, levels: Levels, adjust: Numbers
) -> tuple[np.float32, int]:
    """The total weight of a pair whose comparisons are all done, and its guards."""
    last = FURTHER + max(0, (a.shape[1] - FURTHER_SLOTS) // SLOT)
    limit_household(weights, rules, levels, adjust, last)
    guards = guards_of(a, i, b, j, levels) & int(rules[GUARDS])
    return np.float32(total(weights, rules, levels, adjust, last)), guards


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
def forgive_slips(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, levels: Levels) -> None:
    """Different names are similar when one slip parts them, wherever it stands and however short they are.

    The index forgives no other first letter, which parts rhyming twins; a model that is trained on files learns what
    such a name is worth, and twins may not agree on it.
    """
    if levels[FORENAME] == F_DISAGREE and one_slip_apart(a8, a, i, b8, b, j, FORENAME_SLOT):
        levels[FORENAME] = F_SIMILAR
    if levels[SURNAME] >= S_DISAGREE and one_slip_apart(a8, a, i, b8, b, j, SURNAME_SLOT):
        levels[SURNAME] = S_SIMILAR


@compiled
def cross_names(
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, rules: Numbers, levels: Levels, adjust: Numbers
) -> None:
    """Names that stand crosswise are one event and told once, under the forename, as rare as both names are.

    The index counts them under both, each at half the worth; a model that is trained on files learns the one event.
    One name alone that stands in the other's place is told under the surname: a sister entered crosswise shows the
    name of the family, so that it counts among what a family shares.
    """
    no_forename = levels[FORENAME] == 0 or levels[FORENAME] == F_DISAGREE
    if no_forename and (levels[SURNAME] == 0 or levels[SURNAME] >= S_DISAGREE):
        near = rules[NEAR]
        one, other = crosses(a8, a, i, b8, b, j, near), crosses(b8, b, j, a8, a, i, near)
        if one and other:
            levels[FORENAME] = F_SWAPPED
        elif one or other:
            levels[SURNAME] = S_SWAPPED
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
