"""How well each PAS records people: the kinds of slip, and how often each is made.

Default rates, per local record unless said otherwise. They are our assumptions; where a public figure guided one it
is named. Each trust multiplies them by a factor of its own between 0.5 and 1.9.

===================  =======  ==========================================================================
slip                 rate     guided by
===================  =======  ==========================================================================
NHS_MISSING          0.030    NHS number completeness of 97 to 99 % in HES and SUS data-quality dashboards
NHS_UNVERIFIED       0.040    present but not traced (02), trace pending (03) or failed (04)
NHS_WRONG            0.0005   somebody else's number; NHS-11
NHS_MISTYPED         0.0006   fails the check digit
SURNAME_TYPO         0.012    1 to 2 % of names in linkage audits (Hagger-Johnson 2017 and others)
FORENAME_TYPO        0.014    the same; both half as common again outside the British group (PMC4545352)
NICKNAME             0.045    everyday name or other romanisation, only of names that have one
MIDDLE_MISSING       0.45     many systems never ask
MIDDLE_INITIAL       0.20
NAMES_SWAPPED        0.0015   family and given name exchanged (NHS-60)
MIDDLE_AS_FIRST      0.010    known by the second forename
MAIDEN_KEPT          0.020    of all records; bears on women whose surname changed
DAY_MONTH_SWAPPED    0.0025   only where the day is 12 or less
DOB_DIGIT            0.006    one digit of the date of birth
DOB_DEFAULT          0.0010   1 January or 01/01/1900 (NHS-52)
SEX_WRONG            0.0015
SEX_MISSING          0.0040
POSTCODE_TYPO        0.009
POSTCODE_MISSING     0.006
ADDRESS_SHORT        0.30     Rd for Road
PSEUDO_POSTCODE      0.003    ZZ99 3VZ or ZZ99 3WZ (NHS-50)
MOBILE_MISSING       0.30
LANDLINE_MISSING     0.25
EMAIL_MISSING        0.65
PRACTICE_MISSING     0.03
MAIDEN_NAME_MISSING  0.80     mother's maiden name
NO_PREVIOUS_NAME     0.50     the earlier surname is not sent as a second name
NO_BIRTH_ORDER       0.35     of twins
===================  =======  ==========================================================================

Other rates: a second local record of the same person 2.5 %, of which 60 % are merged; an unidentified (trauma)
registration 0.1 %, of which 90 % are merged; an overlay 0.05 %, of which 80 % are put right; a renumbered record
0.2 %.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from mpi.simulate.sampling import Flags, Floats, Ints


class Slip(IntEnum):
    """Ways in which a local record differs from the truth; the value is the bit in a record's mask."""

    NHS_MISSING = 0
    NHS_UNVERIFIED = 1
    NHS_WRONG = 2
    NHS_MISTYPED = 3
    SURNAME_TYPO = 4
    FORENAME_TYPO = 5
    NICKNAME = 6
    MIDDLE_MISSING = 7
    MIDDLE_INITIAL = 8
    NAMES_SWAPPED = 9
    MIDDLE_AS_FIRST = 10
    MAIDEN_KEPT = 11
    DAY_MONTH_SWAPPED = 12
    DOB_DIGIT = 13
    DOB_DEFAULT = 14
    SEX_WRONG = 15
    SEX_MISSING = 16
    POSTCODE_TYPO = 17
    POSTCODE_MISSING = 18
    ADDRESS_SHORT = 19
    PSEUDO_POSTCODE = 20
    MOBILE_MISSING = 21
    LANDLINE_MISSING = 22
    EMAIL_MISSING = 23
    PRACTICE_MISSING = 24
    MAIDEN_NAME_MISSING = 25
    NO_PREVIOUS_NAME = 26
    NO_BIRTH_ORDER = 27


RATES: dict[Slip, float] = {
    Slip.NHS_MISSING: 0.030,
    Slip.NHS_UNVERIFIED: 0.040,
    Slip.NHS_WRONG: 0.0005,
    Slip.NHS_MISTYPED: 0.0006,
    Slip.SURNAME_TYPO: 0.012,
    Slip.FORENAME_TYPO: 0.014,
    Slip.NICKNAME: 0.045,
    Slip.MIDDLE_MISSING: 0.45,
    Slip.MIDDLE_INITIAL: 0.20,
    Slip.NAMES_SWAPPED: 0.0015,
    Slip.MIDDLE_AS_FIRST: 0.010,
    Slip.MAIDEN_KEPT: 0.020,
    Slip.DAY_MONTH_SWAPPED: 0.0025,
    Slip.DOB_DIGIT: 0.006,
    Slip.DOB_DEFAULT: 0.0010,
    Slip.SEX_WRONG: 0.0015,
    Slip.SEX_MISSING: 0.0040,
    Slip.POSTCODE_TYPO: 0.009,
    Slip.POSTCODE_MISSING: 0.006,
    Slip.ADDRESS_SHORT: 0.30,
    Slip.PSEUDO_POSTCODE: 0.003,
    Slip.MOBILE_MISSING: 0.30,
    Slip.LANDLINE_MISSING: 0.25,
    Slip.EMAIL_MISSING: 0.65,
    Slip.PRACTICE_MISSING: 0.03,
    Slip.MAIDEN_NAME_MISSING: 0.80,
    Slip.NO_PREVIOUS_NAME: 0.50,
    Slip.NO_BIRTH_ORDER: 0.35,
}

HABITS = (Slip.MIDDLE_MISSING, Slip.MIDDLE_INITIAL, Slip.ADDRESS_SHORT, Slip.EMAIL_MISSING, Slip.MAIDEN_NAME_MISSING)
"""Slips that are a system's habit rather than a mistake: a trust's quality factor leaves them alone."""

_NAME_SLIPS = (Slip.SURNAME_TYPO, Slip.FORENAME_TYPO)


def draw_slips(rng: np.random.Generator, factor: Floats, foreign: Flags, rates: dict[Slip, float]) -> Ints:
    """A mask of slips for each record; `factor` is its trust's, `foreign` marks names strange to the clerk."""
    mask = np.zeros(len(factor), dtype=np.int64)
    for slip, rate in rates.items():
        scaled = np.full(len(factor), rate) if slip in HABITS else rate * factor
        if slip in _NAME_SLIPS:
            scaled = np.where(foreign, scaled * 1.5, scaled)
        mask |= (rng.random(len(factor)) < scaled).astype(np.int64) << int(slip)
    return mask


def slipped(mask: Ints, slip: Slip) -> Flags:
    """Which records carry `slip`."""
    flags: Flags = (mask >> int(slip)) & 1 == 1
    return flags
