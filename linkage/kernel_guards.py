"""Which guards a pair carries, read off its levels and its two heads; compiled, part of the kernel.

`linkage.guard` says what each bit means and what it stops.
"""

from __future__ import annotations

from linkage.comparison import (
    BIRTH_DATE,
    BIRTH_ORDER,
    FORENAME,
    LOCATION,
    MIDDLE_NAMES,
    NHS_NUMBER,
    SEX,
    SURNAME,
)
from linkage.compiled import compiled
from linkage.field_levels import (
    B_CENTURY,
    B_DISAGREE,
    B_EXACT,
    B_GENERATION,
    B_NEXT_DAY,
    B_ONE_DIGIT,
    B_PARTIAL_MONTH,
    B_SAME_YEAR,
    B_SWAPPED,
    L_HOUSE,
    L_NEIGHBOUR,
    L_STREET,
    N_DIFFERENT_VERIFIED,
    N_HALF_VERIFIED,
    N_UNRESOLVED,
    N_UNVERIFIED,
    N_VERIFIED,
)
from linkage.guard import Guard
from linkage.layout import CAUTIONS, HEAD, ORDER, Levels, Words, field
from linkage.name_levels import F_DISAGREE, F_EXACT, F_INITIAL, F_NEAR, F_SIMILAR, M_DISAGREE, S_DISAGREE, S_NEAR
from linkage.place_levels import L_NEAR_HOUSE
from linkage.record import Caution

CONFLICT, CONFUSION = int(Guard.NHS_NUMBER_CONFLICT), int(Guard.NHS_NUMBER_CONFUSION)
MULTIPLE, UNIDENTIFIED = int(Guard.MULTIPLE_BIRTH), int(Guard.UNIDENTIFIED)
PLACEHOLDER, WEAK = int(Guard.PLACEHOLDER_NAME), int(Guard.WEAK_IDENTITY)
IS_UNIDENTIFIED, IS_PLACEHOLDER = int(Caution.UNIDENTIFIED), int(Caution.PLACEHOLDER_NAME)
IS_ESTIMATED, IS_MULTIPLE, IS_JUNK, IS_IMPORTED = (
    int(Caution.ESTIMATED_BIRTH_DATE),
    int(Caution.MULTIPLE_BIRTH),
    int(Caution.JUNK_NAME),
    int(Caution.IMPORTED),
)
DISAGREE = 2


@compiled
def guards_of(a: Words, i: int, b: Words, j: int, levels: Levels) -> int:
    """Bits of `Guard` for row i of a and row j of b, whose comparison ended in `levels`."""
    cautions = field(a[i, HEAD], CAUTIONS) | field(b[j, HEAD], CAUTIONS)
    orders = field(a[i, HEAD], ORDER) | field(b[j, HEAD], ORDER)
    guards = 0
    if levels[NHS_NUMBER] == N_DIFFERENT_VERIFIED:
        guards |= CONFLICT
    if is_confusion(levels, cautions):
        guards |= CONFUSION
    if is_multiple_birth(levels, bool(cautions & IS_MULTIPLE) or orders != 0):
        guards |= MULTIPLE
    if cautions & IS_UNIDENTIFIED:
        guards |= UNIDENTIFIED
    if cautions & IS_PLACEHOLDER and not is_named_by_number(levels, bool(cautions & IS_MULTIPLE) or orders != 0):
        guards |= PLACEHOLDER
    if is_weak(levels, cautions):
        guards |= WEAK
    return guards


@compiled
def is_named_by_number(levels: Levels, known: bool) -> bool:
    """Whether an NHS number stands in for a newborn's missing forename (NHS-54).

    It is issued at birth, one to each child. Unless verified on both sides it needs the same day of birth, and no
    sign of a twin.
    """
    if levels[NHS_NUMBER] == N_VERIFIED:
        return True
    number = 0 < levels[NHS_NUMBER] <= N_UNVERIFIED
    return bool(number and levels[BIRTH_DATE] == B_EXACT and levels[SEX] != DISAGREE and not known)


@compiled
def is_confusion(levels: Levels, cautions: int) -> bool:
    """One NHS number on what looks like two people (NHS-11).

    A wholly different date needs a second clash, unless it is a generation away: father and son of one name. Two
    different names need none, unless the date is exact.
    """
    if levels[NHS_NUMBER] == 0 or levels[NHS_NUMBER] > N_UNRESOLVED:
        return False
    other_forename, other_surname = levels[FORENAME] == F_DISAGREE, levels[SURNAME] >= S_DISAGREE
    if other_forename and other_surname and levels[BIRTH_DATE] != B_EXACT:
        return True
    if cautions & IS_ESTIMATED:
        return False
    if levels[BIRTH_DATE] == B_GENERATION:
        return True
    other_date = levels[BIRTH_DATE] == B_DISAGREE or levels[BIRTH_DATE] == B_SAME_YEAR
    return bool(other_date and (other_forename or other_surname or levels[SEX] == DISAGREE))


@compiled
def is_multiple_birth(levels: Levels, known: bool) -> bool:
    """Twins by their date, family and names (NHS-55); `known` when either record says it is of a multiple birth.

    The same number speaks against twins, whose numbers differ, but not where a twin is known or the sexes differ too:
    a number written onto the wrong twin is how confusions start. Known twins without a verified number need the very
    same forename, and no two birth orders: MARIA and MARIE are known forms of one name. Brothers whose first forename
    is one honoured name are told apart by the second.
    """
    family = 0 < levels[SURNAME] <= S_NEAR or 0 < levels[LOCATION] <= L_NEIGHBOUR or levels[LOCATION] == L_NEAR_HOUSE
    if levels[BIRTH_DATE] != B_EXACT or not family:
        return False
    verified = levels[NHS_NUMBER] == N_VERIFIED
    numbered = 0 < levels[NHS_NUMBER] <= N_UNVERIFIED
    name, other_sex = levels[FORENAME], levels[SEX] == DISAGREE
    if name >= F_SIMILAR or (name == F_NEAR and other_sex):  # PAUL and PAULA
        return bool(known or other_sex or not numbered)
    if levels[MIDDLE_NAMES] == M_DISAGREE and 0 < name <= F_NEAR and not numbered:  # MUHAMMAD ALI and MUHAMMAD OMAR
        return True
    other_order = levels[BIRTH_ORDER] == DISAGREE
    return bool(not verified and (other_order or (known and name > F_EXACT)))


@compiled
def is_weak(levels: Levels, cautions: int) -> bool:
    """Fewer than two of number, name, date and place agree, or nothing sure to go by. Of an image that nobody else
    vouches for, number or place must be among them (IHE-68).

    Without a date, a number verified on one side alone needs name and place: father and son may share the rest. And
    it cannot link two forenames by itself: clerks pick the wrong one of two twins (NHS-55). A third record may.
    """
    verified = levels[NHS_NUMBER] == N_VERIFIED
    if not verified and cautions & IS_JUNK:
        return True
    number = 0 < levels[NHS_NUMBER] <= N_UNVERIFIED
    if number and not verified and levels[FORENAME] == F_DISAGREE:
        return True
    name = F_EXACT <= levels[FORENAME] < F_SIMILAR and levels[FORENAME] != F_INITIAL
    name = name and 0 < levels[SURNAME] <= S_NEAR
    born = levels[BIRTH_DATE]
    date = born in (B_EXACT, B_PARTIAL_MONTH, B_SWAPPED, B_ONE_DIGIT, B_NEXT_DAY, B_CENTURY)
    date = date and not cautions & IS_ESTIMATED
    place = L_HOUSE <= levels[LOCATION] <= L_STREET or levels[LOCATION] == L_NEAR_HOUSE
    if cautions & IS_IMPORTED and not (number or place):
        return True
    if not verified and born == 0:
        return bool(levels[NHS_NUMBER] != N_HALF_VERIFIED or not (name and place))
    return int(number) + int(name) + int(date) + int(place) < 2
