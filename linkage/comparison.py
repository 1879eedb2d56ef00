"""The comparisons a pair of records is put through, and the levels each can end in.

Level 0 is missing everywhere and weighs nothing. A level's number is its column in the model's weight table; its
lower-case name is its key in the model file. `WORDS` says it to a reviewer without any value.

There is no "one digit wrong" level for NHS numbers: the check digit catches every single wrong digit and every
swap (NHS-2), so two well-formed numbers are never that near, and nearness would only favour twins.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class NhsNumber(IntEnum):
    """NHS number with its verification status: only 01 on both sides is strong (NHS-8)."""

    VERIFIED = 1
    HALF_VERIFIED = 2
    UNVERIFIED = 3
    UNRESOLVED = 4
    DIFFERENT = 5
    DIFFERENT_HALF_VERIFIED = 6
    DIFFERENT_VERIFIED = 7
    DIFFERENT_UNRESOLVED = 8


class Forename(IntEnum):
    """First forename, with the record's other forenames as second chances."""

    EXACT = 1
    NICKNAME = 2
    SWAPPED = 3
    NEAR = 4
    INITIAL = 5
    ALIAS = 6
    MIDDLE = 7
    SIMILAR = 8
    DISAGREE = 9


class Surname(IntEnum):
    """Current surname, with parts of double-barrelled, previous and maiden names as second chances."""

    EXACT = 1
    SWAPPED = 2
    PREVIOUS = 3
    NEAR = 4
    SIMILAR = 5
    DISAGREE = 6
    DISAGREE_FEMALE = 7


class MiddleNames(IntEnum):
    """The other forenames as a set."""

    AGREE = 1
    INITIAL = 2
    DISAGREE = 3


class BirthDate(IntEnum):
    """Date of birth with the mistakes of keyboards and forms (NHS-52)."""

    EXACT = 1
    PARTIAL_MONTH = 2
    PARTIAL_YEAR = 3
    SWAPPED = 4
    ONE_DIGIT = 5
    NEXT_DAY = 6
    CENTURY = 7
    NEAR_YEAR = 8
    SAME_MONTH = 9
    SAME_DAY = 10
    SAME_YEAR = 11
    DISAGREE = 12
    GENERATION = 13


class Sex(IntEnum):
    """Administrative sex; weak both ways (NHS-51)."""

    AGREE = 1
    DISAGREE = 2


class Location(IntEnum):
    """Postcode and address as one comparison: as two they would count one fact twice.

    The levels after DISAGREE need an address that is kept as text, in rows with a place (`linkage.layout`).
    """

    HOUSE = 1
    POSTCODE = 2
    NEIGHBOUR = 3
    PREVIOUS = 4
    STREET = 5
    SECTOR = 6
    TOWN = 7
    DISAGREE = 8
    NEAR_HOUSE = 9
    NEAR_POSTCODE = 10
    ONLY_STREET = 11
    OTHER_TOWN = 12


class Contact(IntEnum):
    """Phone numbers and e-mail addresses; households share them."""

    BOTH = 1
    EMAIL = 2
    PHONE = 3
    DISAGREE = 4


class GpPractice(IntEnum):
    """Registered practice."""

    AGREE = 1
    DISAGREE = 2


class MothersMaidenName(IntEnum):
    """Mother's maiden name; siblings share it."""

    AGREE = 1
    DISAGREE = 2


class BirthOrder(IntEnum):
    """Order within a multiple birth."""

    AGREE = 1
    DISAGREE = 2


class Further(IntEnum):
    """Any column of a file that has no comparison of its own, by its kind (`linkage.further`)."""

    EXACT = 1
    NEAR = 2
    SIMILAR = 3
    DISAGREE = 4


class Household(IntEnum):
    """Not a field: the cut made when a family's shared things agree, and what tells its members apart does not."""

    LIMITED = 1


COMPARISONS: Mapping[str, type[IntEnum]] = {
    "nhs_number": NhsNumber,
    "forename": Forename,
    "surname": Surname,
    "middle_names": MiddleNames,
    "birth_date": BirthDate,
    "sex": Sex,
    "location": Location,
    "contact": Contact,
    "gp_practice": GpPractice,
    "mothers_maiden_name": MothersMaidenName,
    "birth_order": BirthOrder,
    "household": Household,
}
"""Name to levels, in the order of the columns of a pattern. After them come those of a model's further fields."""

FURTHER = len(COMPARISONS)
"""The first column of further fields."""
MOST_FURTHER = 10
COLUMNS = FURTHER + MOST_FURTHER
LEVELS = (*(len(levels) for levels in COMPARISONS.values()), *(len(Further),) * MOST_FURTHER)
"""How many levels each column has, missing not counted."""
MOST_LEVELS = max(LEVELS)

NHS_NUMBER, FORENAME, SURNAME, MIDDLE_NAMES, BIRTH_DATE, SEX = 0, 1, 2, 3, 4, 5
LOCATION, CONTACT, GP_PRACTICE, MOTHERS_MAIDEN_NAME, BIRTH_ORDER, HOUSEHOLD = 6, 7, 8, 9, 10, 11

WORDS: Mapping[str, tuple[str, ...]] = {
    "nhs_number": (
        "missing",
        "same number, verified on both sides",
        "same number, verified on one side",
        "same number, verified on neither side",
        "same number, but under query on one side (status 05)",
        "different numbers, neither verified",
        "different numbers, one verified",
        "different numbers, both verified",
        "different numbers, one under query (status 05)",
    ),
    "forename": (
        "missing",
        "same",
        "known forms of one name",
        "forename and surname changed places",
        "one letter or little else differs",
        "same initial, one side gives no more",
        "one side's forename is an alias or former forename of the other",
        "one side's forename is a middle name of the other",
        "similar spelling",
        "different",
    ),
    "surname": (
        "missing",
        "same",
        "one side's surname is the forename of the other",
        "agrees with a previous name or a part of a double name",
        "one letter or little else differs",
        "similar spelling",
        "different",
        "different, both female (names change at marriage)",
    ),
    "middle_names": ("missing", "at least one the same", "initial of the other", "different"),
    "birth_date": (
        "missing",
        "same",
        "same year and month, one side gives no day",
        "same year, one side gives no more, or 1 January",
        "day and month changed places",
        "one digit differs, or the decade",
        "one day apart",
        "a century apart",
        "same day and month, a year or two apart",
        "same year and month",
        "same year and day, other month",
        "same year only",
        "different",
        "different by a generation",
    ),
    "sex": ("missing", "same", "different"),
    "location": (
        "missing",
        "same postcode and house",
        "same postcode",
        "same postcode, different house",
        "agrees with a previous postcode",
        "same street and house",
        "same postcode sector",
        "same town",
        "different",
        "same house and street, postcode nearly the same",
        "postcode nearly the same",
        "same street, house not known to be the same",
        "same house and street, but another town",
    ),
    "contact": ("missing", "phone and e-mail shared", "e-mail shared", "phone shared", "none shared"),
    "gp_practice": ("missing", "same", "different"),
    "mothers_maiden_name": ("missing", "same", "different"),
    "birth_order": ("missing", "same", "different"),
    "household": ("no cut", "what a family shares is counted only up to a limit"),
}
FURTHER_WORDS = ("missing", "same", "nearly the same", "similar", "different")
"""What each level means, by level number; index 0 is missing."""
