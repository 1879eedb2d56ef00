"""Which level the names of a pair end in; compiled, and symmetric in the two records.

The functions take rows as words and as bytes of the same memory (`linkage.layout`) with the row's number, and return
a level number of `linkage.comparison`, 0 for missing.
"""

from __future__ import annotations

from linkage.comparison import Forename, MiddleNames, Surname
from linkage.compiled import compiled
from linkage.layout import (
    FORENAME_COUNT,
    FORENAME_SLOT,
    FORENAMES,
    FORMALS,
    HEAD,
    KNOWN,
    KNOWN_FORENAME,
    KNOWN_SURNAME,
    LOW,
    MIDDLE,
    MOST_FORMALS,
    MOST_MIDDLE,
    NAME_SIZE,
    ONLY_INITIAL,
    SEX,
    SURNAME_COUNT,
    SURNAME_SLOT,
    SURNAMES,
    TOWN_FORENAME,
    Rows,
    Words,
    field,
    high,
)
from linkage.likeness import closeness, closeness_across, edits, same_name
from linkage.strings import ones

# Plain integers, because the compiler would keep the members of an IntEnum apart as types.
F_EXACT, F_NICKNAME, F_SWAPPED, F_NEAR, F_INITIAL, F_ALIAS, F_MIDDLE, F_SIMILAR, F_DISAGREE = map(int, Forename)
S_EXACT, S_SWAPPED, S_PREVIOUS, S_NEAR, S_SIMILAR, S_DISAGREE, S_DISAGREE_FEMALE = map(int, Surname)
M_AGREE, M_INITIAL, M_DISAGREE = map(int, MiddleNames)
MOST_SLIPPED = 2  # marks of a signature: a slip takes one letter at most, and brings one
SHORTEST = 4  # in a name of three letters one of them is too much to be called a slip


@compiled
def slipped(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, slot: int, known: int) -> bool:
    """Whether one letter wrong, missing, doubled or swapped with its neighbour is all that differs.

    Not the first letter, which slips seldom and parts rhyming twins; and not between two `known` names, because a
    slip seldom makes another name (JADE and JANE are two sisters).
    """
    if (a[i, MIDDLE + 1] >> 32) & (b[j, MIDDLE + 1] >> 32) & (known << (8 * (KNOWN - 4))):
        return False
    p = 8 * slot
    n, m = int(a8[i, p + NAME_SIZE]), int(b8[j, p + NAME_SIZE])
    least = min(n, m)
    if max(n, m) - least > 1:  # lengths are unsigned here: a difference of them may wrap
        return False
    x = 0
    while x < least and a8[i, p + x] == b8[j, p + x]:
        x += 1
    if x == 0:
        return False
    y = 0
    while y < least - x and a8[i, p + n - 1 - y] == b8[j, p + m - 1 - y]:
        y += 1
    if n != m:
        return x + y == least
    if n - x - y == 2:
        return bool(a8[i, p + x] == b8[j, p + x + 1] and a8[i, p + x + 1] == b8[j, p + x])
    return n - x - y < 2


@compiled
def one_slip_apart(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, slot: int) -> bool:
    """Whether one character wrong, missing, further or swapped with its neighbour, wherever, is all that differs."""
    if ones(a[i, slot + 4] ^ b[j, slot + 4]) > MOST_SLIPPED:
        return False
    p = 8 * slot
    n, m = int(a8[i, p + NAME_SIZE]), int(b8[j, p + NAME_SIZE])
    return bool(min(n, m) >= SHORTEST and edits(a8, i, p, n, b8, j, p, m) == 1)


@compiled
def swapped(a: Words, i: int, b: Words, j: int) -> bool:
    """Whether forename and surname stand crosswise."""
    forename_a, forename_b = high(a[i, TOWN_FORENAME]), high(b[j, TOWN_FORENAME])
    surname_a, surname_b = a[i, SURNAME_SLOT + 3] & LOW, b[j, SURNAME_SLOT + 3] & LOW
    if forename_a == 0 or surname_a == 0 or forename_a == forename_b:
        return False
    return bool(forename_a == surname_b and surname_a == forename_b)


@compiled
def crosses(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, near: float) -> bool:
    """Whether the forename of i is the surname of j, but for a slip; not when either is missing."""
    if a8[i, 8 * FORENAME_SLOT + NAME_SIZE] == 0 or b8[j, 8 * SURNAME_SLOT + NAME_SIZE] == 0:
        return False
    return bool(closeness_across(a8, a, i, FORENAME_SLOT, b8, b, j, SURNAME_SLOT, near) >= near)


@compiled
def formal(a: Words, i: int, place: int) -> int:
    """Hash of the formal name number `place` (0 to MOST_FORMALS) that the forename may stand for."""
    if place == 0:
        return int(a[i, FORENAME_SLOT + 3] & LOW)
    return int(a[i, FORMALS + (place - 1) // 2] >> (32 * ((place - 1) % 2))) & LOW


@compiled
def nickname(a: Words, i: int, b: Words, j: int) -> bool:
    """Whether the forenames may stand for one formal name (BOB and ROBERT)."""
    for x in range(MOST_FORMALS + 1):
        one = formal(a, i, x)
        if one == 0:
            return False
        for y in range(MOST_FORMALS + 1):
            other = formal(b, j, y)
            if other == 0:
                break
            if one == other:
                return True
    return False


@compiled
def aliased(a: Words, i: int, b: Words, j: int) -> bool:
    """Whether the forename of i is among the further forenames of j, in any form."""
    name, group = high(a[i, TOWN_FORENAME]), a[i, FORENAME_SLOT + 3] & LOW
    for y in range(field(b[j, HEAD], FORENAME_COUNT)):
        word = b[j, FORENAMES + y]
        if word & LOW == name or high(word) == group:
            return True
    return False


@compiled
def middle_hash(a: Words, i: int, place: int) -> int:
    """Hash of middle name number `place`, 0 when there is none."""
    return int(a[i, MIDDLE + place // 2] >> (32 * (place % 2))) & LOW


@compiled
def middled(a: Words, i: int, b: Words, j: int) -> bool:
    """Whether the forename of i is among the middle names of j."""
    name = high(a[i, TOWN_FORENAME])
    return bool((name == middle_hash(b, j, 0)) | (name == middle_hash(b, j, 1)) | (name == middle_hash(b, j, 2)))


@compiled
def forename(  # noqa: PLR0911 - a ladder of levels
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, near: float, similar: float
) -> int:
    """First forename; every kind of second chance before disagreement is said."""
    n, m = int(a8[i, 8 * FORENAME_SLOT + NAME_SIZE]), int(b8[j, 8 * FORENAME_SLOT + NAME_SIZE])
    if n == 0 or m == 0:
        return 0
    if same_name(a, i, b, j, FORENAME_SLOT):
        return F_EXACT
    if nickname(a, i, b, j):
        return F_NICKNAME
    if swapped(a, i, b, j):
        return F_SWAPPED
    if (n == 1 or m == 1) and a8[i, 8 * FORENAME_SLOT] == b8[j, 8 * FORENAME_SLOT]:
        return F_INITIAL
    slip = slipped(a8, a, i, b8, b, j, FORENAME_SLOT, KNOWN_FORENAME)
    if slip and max(n, m) >= SHORTEST:
        return F_NEAR
    likeness = closeness(a8, a, i, b8, b, j, FORENAME_SLOT, similar)
    if likeness >= near:
        return F_NEAR
    if aliased(a, i, b, j) or aliased(b, j, a, i):
        return F_ALIAS
    if middled(a, i, b, j) or middled(b, j, a, i):
        return F_MIDDLE
    return F_SIMILAR if slip or likeness >= similar else F_DISAGREE


@compiled
def nth_surname(a: Words, i: int, place: int) -> int:
    """Hash (low half) and frequency adjustment (high half) of surname number `place`; 0 is the current one."""
    return int(a[i, SURNAME_SLOT + 3] if place == 0 else a[i, SURNAMES + place - 1])


@compiled
def previous_surname(a: Words, i: int, b: Words, j: int) -> int:
    """The rarest surname both have had or have as a part, as `nth_surname` gives it; 0 when there is none."""
    best, found = 0, False
    for x in range(field(a[i, HEAD], SURNAME_COUNT) + 1):
        one = nth_surname(a, i, x)
        for y in range(field(b[j, HEAD], SURNAME_COUNT) + 1):
            same = (one ^ nth_surname(b, j, y)) & LOW == 0 and one & LOW != 0
            if same and (not found or one >> 32 > best >> 32):
                best, found = one, True
    return best


@compiled
def surname(  # noqa: PLR0911 - a ladder of levels
    a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, near: float, similar: float
) -> int:
    """Current surname; every kind of second chance before disagreement is said."""
    n, m = int(a8[i, 8 * SURNAME_SLOT + NAME_SIZE]), int(b8[j, 8 * SURNAME_SLOT + NAME_SIZE])
    if n == 0 or m == 0:
        return 0
    if same_name(a, i, b, j, SURNAME_SLOT):
        return S_EXACT
    if swapped(a, i, b, j):
        return S_SWAPPED
    if previous_surname(a, i, b, j) != 0:
        return S_PREVIOUS
    slip = slipped(a8, a, i, b8, b, j, SURNAME_SLOT, KNOWN_SURNAME)
    if slip and max(n, m) >= SHORTEST:
        return S_NEAR
    likeness = closeness(a8, a, i, b8, b, j, SURNAME_SLOT, similar)
    if likeness >= near:
        return S_NEAR
    if slip or likeness >= similar:
        return S_SIMILAR
    female = field(a[i, HEAD], SEX) == 2 and field(b[j, HEAD], SEX) == 2
    return S_DISAGREE_FEMALE if female else S_DISAGREE


@compiled
def middle_names(a: Words, i: int, b: Words, j: int) -> int:
    """The other forenames as sets; the best agreement counts."""
    initials, initials_b = a[i, MIDDLE + 1] >> 32, b[j, MIDDLE + 1] >> 32
    if initials & 0xFF == 0 or initials_b & 0xFF == 0:
        return 0
    level = M_DISAGREE
    for x in range(MOST_MIDDLE):
        name, first = middle_hash(a, i, x), field(initials, x)
        if first == 0:
            break
        for y in range(MOST_MIDDLE):
            if name == middle_hash(b, j, y):
                return M_AGREE
            second = field(initials_b, y)
            if (first ^ second) & ~ONLY_INITIAL == 0 and (first | second) & ONLY_INITIAL:
                level = M_INITIAL
    return level
