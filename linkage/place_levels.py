"""Which level postcode and address end in where the address is kept as text; compiled, symmetric."""

from __future__ import annotations

from linkage.comparison import Location
from linkage.compiled import compiled
from linkage.field_levels import (
    L_DISAGREE,
    L_HOUSE,
    L_NEIGHBOUR,
    L_POSTCODE,
    L_PREVIOUS,
    L_SECTOR,
    L_STREET,
    L_TOWN,
    moved,
)
from linkage.layout import (
    HOUSE_STREET,
    LOW,
    NAME_SIZE,
    POSTCODE,
    SECTOR,
    STREET_SLOT,
    TOWN_SLOT,
    Rows,
    Words,
    agree,
)
from linkage.likeness import closeness, edits, same_name

L_NEAR_HOUSE, L_NEAR_POSTCODE, L_ONLY_STREET, L_OTHER_TOWN = map(int, list(Location)[8:])
CODE_SIZE = 7
LIKE_STREET, LIKE_TOWN = 0.9, 0.88


@compiled
def code_size(code: int) -> int:
    """How many characters a packed code has."""
    size = 0
    while code:
        code >>= 8
        size += 1
    return size


@compiled
def near_code(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int) -> bool:
    """Whether one character is all that two postcodes differ in."""
    n, m = code_size(a[i, POSTCODE]), code_size(b[j, POSTCODE])
    return bool(min(n, m) > 2 and edits(a8, i, 8 * POSTCODE, n, b8, j, 8 * POSTCODE, m) == 1)


@compiled
def alike(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, slot: int, floor: float) -> int:
    """`agree` of the texts in two slots, up to slips of the hand."""
    if a8[i, 8 * slot + NAME_SIZE] == 0 or b8[j, 8 * slot + NAME_SIZE] == 0:
        return 0
    if same_name(a, i, b, j, slot) or closeness(a8, a, i, b8, b, j, slot, floor) >= floor:
        return 1
    return 2


@compiled
def place(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int) -> int:
    """One level for postcode, previous postcodes, house, street and town, forgiving slips in all but the house."""
    postcode = agree(a[i, POSTCODE], b[j, POSTCODE])
    house = agree(a[i, HOUSE_STREET] & LOW, b[j, HOUSE_STREET] & LOW)
    street = alike(a8, a, i, b8, b, j, STREET_SLOT, LIKE_STREET)
    home = house == 1 and street == 1
    if postcode == 1:
        return L_HOUSE if house == 1 and street != 2 else L_NEIGHBOUR if house == 2 or street == 2 else L_POSTCODE
    if postcode == 2 and near_code(a8, a, i, b8, b, j):
        if home:
            return L_NEAR_HOUSE
        if house != 2 and street != 2:
            return L_NEAR_POSTCODE
    if moved(a, i, b, j):
        return L_PREVIOUS
    return away(a8, a, i, b8, b, j, postcode, home, street)


@compiled
def away(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, postcode: int, home: bool, street: int) -> int:
    """The levels of places whose postcodes are not the same; `home` when house and street are."""
    town = alike(a8, a, i, b8, b, j, TOWN_SLOT, LIKE_TOWN)
    if home:
        return L_OTHER_TOWN if town == 2 else L_STREET
    if street == 1 and town != 2:
        return L_ONLY_STREET
    if agree(a[i, SECTOR], b[j, SECTOR]) == 1:
        return L_SECTOR
    if town == 1:
        return L_TOWN
    return L_DISAGREE if postcode == 2 or town == 2 or street == 2 else 0
