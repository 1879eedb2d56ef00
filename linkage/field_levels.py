"""Which level every field but the names ends in; compiled, and symmetric in the two records.

The functions take rows as words (`linkage.layout`) with the row's number, and return a level number of
`linkage.comparison`, 0 for missing.
"""

from __future__ import annotations

from linkage.comparison import BirthDate, Contact, Location, NhsNumber
from linkage.compiled import compiled
from linkage.layout import (
    BIRTH,
    EMAILS,
    HEAD,
    HOUSE_STREET,
    KIND,
    LOW,
    MOST_EMAILS,
    MOST_PHONES,
    MOST_POSTCODES,
    NUMBER,
    PHONES,
    POSTCODE,
    PREVIOUS_POSTCODES,
    SECTOR,
    STATUS,
    TOWN_FORENAME,
    Words,
    agree,
    field,
    high,
)

# Plain integers, because the compiler would keep the members of an IntEnum apart as types.
N_VERIFIED, N_HALF_VERIFIED, N_UNVERIFIED, N_UNRESOLVED = map(int, list(NhsNumber)[:4])
N_DIFFERENT, N_DIFFERENT_HALF, N_DIFFERENT_VERIFIED, N_DIFFERENT_UNRESOLVED = map(int, list(NhsNumber)[4:])
B_EXACT, B_PARTIAL_MONTH, B_PARTIAL_YEAR, B_SWAPPED, B_ONE_DIGIT, B_NEXT_DAY = map(int, list(BirthDate)[:6])
B_CENTURY, B_NEAR_YEAR, B_SAME_MONTH, B_SAME_DAY = map(int, list(BirthDate)[6:10])
B_SAME_YEAR, B_DISAGREE, B_GENERATION = map(int, list(BirthDate)[10:])
NEW_YEAR = 0x0101  # 1 January, in the two lower bytes of a date
L_HOUSE, L_POSTCODE, L_NEIGHBOUR, L_PREVIOUS, L_STREET, L_SECTOR, L_TOWN, L_DISAGREE = map(int, list(Location)[:8])
C_BOTH, C_EMAIL, C_PHONE, C_DISAGREE = map(int, Contact)


@compiled
def nhs_number(a: Words, i: int, b: Words, j: int) -> int:
    """Numbers of different issuers may belong to one person and say nothing (NHS-4, NHS-15)."""
    one, other = a[i, NUMBER], b[j, NUMBER]
    if one == 0 or other == 0 or field(a[i, HEAD], KIND) != field(b[j, HEAD], KIND):
        return 0
    status, status_b = field(a[i, HEAD], STATUS), field(b[j, HEAD], STATUS)
    if status == 5 or status_b == 5:
        return N_UNRESOLVED if one == other else N_DIFFERENT_UNRESOLVED
    verified = (status == 1) + (status_b == 1)
    return N_UNVERIFIED - verified if one == other else N_DIFFERENT + verified


@compiled
def digits_apart(one: int, other: int) -> int:
    """In how many of their last eight decimal digits two numbers differ."""
    count = 0
    for _ in range(8):
        count += one % 10 != other % 10
        one, other = one // 10, other // 10
    return count


@compiled
def birth_date(  # noqa: PLR0911 - a ladder of levels
    a: Words, i: int, b: Words, j: int, generation: float
) -> int:
    """Date of birth at the lesser of the two precisions (NHS-52)."""
    one, other = a[i, BIRTH], b[j, BIRTH]
    year, year_b = (one >> 16) & 0xFFFF, (other >> 16) & 0xFFFF
    month, month_b, day, day_b = field(one, 1), field(other, 1), field(one, 0), field(other, 0)
    if year == 0 or year_b == 0:
        return 0
    if day == 0 or day_b == 0:
        if year == year_b and month != 0 and month_b != 0:
            return B_PARTIAL_MONTH if month == month_b else B_SAME_YEAR
        if year == year_b:
            return B_PARTIAL_YEAR
        return B_GENERATION if abs(year - year_b) >= generation else B_DISAGREE
    if one == other:
        return B_EXACT
    if year == year_b and (one & 0xFFFF == NEW_YEAR or other & 0xFFFF == NEW_YEAR):
        return B_PARTIAL_YEAR  # 1 January stands for a year alone (NHS-52)
    if year == year_b and day == month_b and month == day_b:
        return B_SWAPPED
    if (year != year_b) + (month != month_b) + (day != day_b) > 1:
        return near_date(one, other, 2, generation)
    digits = digits_apart(year * 10000 + month * 100 + day, year_b * 10000 + month_b * 100 + day_b)
    return near_date(one, other, digits, generation)


@compiled
def near_date(one: int, other: int, digits: int, generation: float) -> int:
    """The levels of two full and unequal dates, in words, that differ in `digits` digits."""
    years = abs(((one >> 16) & 0xFFFF) - ((other >> 16) & 0xFFFF))
    same_day_and_month = one & 0xFFFF == other & 0xFFFF
    if same_day_and_month and years == 100:
        return B_CENTURY
    if digits == 1 or (same_day_and_month and years == 10):
        return B_ONE_DIGIT if years < generation else B_DISAGREE  # father and son with one birthday
    if abs((one >> 32) - (other >> 32)) == 1:
        return B_NEXT_DAY
    if same_day_and_month and years <= 2:
        return B_NEAR_YEAR
    if years == 0:
        same_month, same_day = field(one, 1) == field(other, 1), field(one, 0) == field(other, 0)
        return B_SAME_MONTH if same_month else B_SAME_DAY if same_day else B_SAME_YEAR
    return B_GENERATION if years >= generation else B_DISAGREE


@compiled
def known_postcode(a: Words, i: int, postcode: int) -> bool:
    """Whether a postcode is the record's current one or one of its previous ones."""
    known = a[i, POSTCODE] == postcode
    for x in range(MOST_POSTCODES):
        known |= a[i, PREVIOUS_POSTCODES + x] == postcode
    return bool(known)


@compiled
def moved(a: Words, i: int, b: Words, j: int) -> bool:
    """Whether the records share a postcode of any time."""
    if a[i, POSTCODE] != 0 and known_postcode(b, j, a[i, POSTCODE]):
        return True
    for x in range(PREVIOUS_POSTCODES, PREVIOUS_POSTCODES + MOST_POSTCODES):
        if a[i, x] == 0:
            break
        if known_postcode(b, j, a[i, x]):
            return True
    return False


@compiled
def location(a: Words, i: int, b: Words, j: int) -> int:
    """One level for all of postcode, previous postcodes, house, street and town."""
    postcode = agree(a[i, POSTCODE], b[j, POSTCODE])
    house = agree(a[i, HOUSE_STREET] & LOW, b[j, HOUSE_STREET] & LOW)
    street = agree(high(a[i, HOUSE_STREET]), high(b[j, HOUSE_STREET]))
    town = agree(a[i, TOWN_FORENAME] & LOW, b[j, TOWN_FORENAME] & LOW)
    if postcode == 1:
        return L_HOUSE if house == 1 else L_NEIGHBOUR if house == 2 else L_POSTCODE
    if moved(a, i, b, j):
        return L_PREVIOUS
    if house == 1 and street == 1 and town != 2:
        return L_STREET
    if agree(a[i, SECTOR], b[j, SECTOR]) == 1:
        return L_SECTOR
    if town == 1:
        return L_TOWN
    return L_DISAGREE if postcode == 2 or town == 2 else 0


@compiled
def shared(a: Words, i: int, b: Words, j: int, start: int, size: int) -> int:
    """`agree` over two sets of words of `size` from word `start`: 1 when any is shared."""
    alike = False
    for x in range(start, start + size):
        for y in range(start, start + size):
            alike |= (a[i, x] == b[j, y]) & (a[i, x] != 0)
    return int((a[i, start] != 0) & (b[j, start] != 0)) * (2 - alike)


@compiled
def contact(a: Words, i: int, b: Words, j: int) -> int:
    """Any phone or e-mail address in common."""
    phone, email = shared(a, i, b, j, PHONES, MOST_PHONES), shared(a, i, b, j, EMAILS, MOST_EMAILS)
    if phone == 1:
        return C_BOTH if email == 1 else C_PHONE
    if email == 1:
        return C_EMAIL
    return C_DISAGREE if phone == 2 or email == 2 else 0
