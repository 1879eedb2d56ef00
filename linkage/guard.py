"""Guards: why the machine may not link a pair by itself, however high its weight.

The kernel sets them in the same pass that weighs the pair, so on line and in bulk they are the same bits.
"""

from __future__ import annotations

from enum import IntFlag


class Guard(IntFlag):
    """Bits over one pair. Any bit stops that pair from joining by weight; see `CONFLICTS` for the stronger ones."""

    NONE = 0
    NHS_NUMBER_CONFLICT = 1  # two different verified NHS numbers (NHS-11)
    NHS_NUMBER_CONFUSION = 2  # one NHS number, but date of birth, name or sex clash (NHS-11)
    MULTIPLE_BIRTH = 4  # same birth date and household, forename or birth order differs (NHS-55)
    UNIDENTIFIED = 8  # either record is of an unidentified patient (NHS-53)
    PLACEHOLDER_NAME = 16  # a newborn's placeholder stands for the forename (NHS-54)
    STOPPED = 64  # automatic linking is switched off for one of the sources (SEC-2); set by the caller
    WEAK_IDENTITY = 32  # too little agreed to be sure whatever the sum says (default dates, no name, NHS-52)


CONFLICTS = Guard.NHS_NUMBER_CONFLICT | Guard.NHS_NUMBER_CONFUSION | Guard.MULTIPLE_BIRTH
"""Guards that also keep two clusters apart when any pair across them carries one: positive evidence of two people.
The others speak of one record's poverty, and only stop that record's own pairs."""
