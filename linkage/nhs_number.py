"""NHS numbers and the ten-digit numbers that look like them (NHS-1 to NHS-6).

Ranges: NHS Data Dictionary (H&C NUMBER, CHI NUMBER) and the allocation of England, Wales and the Isle of Man.
A number that passes the check digit is well formed, not verified: one random number in eleven passes.
"""

from __future__ import annotations

from enum import StrEnum

_ZEROS = 54 * ord("0")  # the nine weights add up to 54
_SPACING = str.maketrans("", "", " -\t\u00a0\u2010\u2011\u2012\u2013\u2014")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class NumberKind(StrEnum):
    """Whose number it is, by range (NHS-4)."""

    ENGLAND_WALES = "england-wales"
    NORTHERN_IRELAND = "northern-ireland"
    SCOTLAND_CHI = "scotland-chi"
    IRELAND_IHI = "ireland-ihi"
    TEST = "test"
    NOT_ISSUED = "not-issued"
    INVALID = "invalid"


_RANGES = (
    (10_101_000, 311_299_999, NumberKind.SCOTLAND_CHI),
    (320_000_001, 399_999_999, NumberKind.NORTHERN_IRELAND),
    (400_000_000, 499_999_999, NumberKind.ENGLAND_WALES),
    (600_000_000, 799_999_999, NumberKind.ENGLAND_WALES),
    (800_000_000, 859_999_999, NumberKind.IRELAND_IHI),
    (900_000_000, 999_999_999, NumberKind.TEST),
)


def check_digit(nine: str) -> str | None:
    """The modulus 11 check digit for nine digits; None when no valid number exists (NHS-1) or on other input."""
    if len(nine) != 9 or not (nine.isascii() and nine.isdigit()):
        return None
    a, b, c, d, e, f, g, h, i = nine.encode()
    total = 10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i
    digit = 11 - (total - _ZEROS) % 11
    if digit == 10:
        return None
    return "0" if digit == 11 else str(digit)


def parse(text: str) -> str:
    """The ten digits of `text`, spaces and hyphens removed; "" unless well formed (NHS-1, NHS-2).

    CHI and H&C numbers are well formed too: only `accept` says that a number is an NHS number.
    """
    digits = text.translate(_SPACING)
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        return ""
    # All ten repdigits pass modulus 11 and two lie in the issued range: they are keyboard filler (NHS-2).
    if digits == digits[0] * 10 or check_digit(digits[:9]) != digits[9]:
        return ""
    return digits


def classify(text: str) -> NumberKind:
    """Whose number `text` is; INVALID when it is not well formed, NOT_ISSUED when no authority owns the range."""
    digits = parse(text)
    if not digits:
        return NumberKind.INVALID
    body = int(digits[:9])
    for first, last, kind in _RANGES:
        if first <= body <= last and (kind is not NumberKind.SCOTLAND_CHI or _starts_with_date(digits)):
            return kind
    return NumberKind.NOT_ISSUED


def accept(text: str) -> str:
    """The NHS number in `text` (England, Wales, Isle of Man or test range), else "".

    A CHI or H&C number is another authority's and never equals an NHS number match (NHS-4).
    """
    digits = parse(text)
    return digits if digits and digits[0] in "4679" else ""


def show(number: str) -> str:
    """Ten digits as people read them, 3 3 4 (NHS-6); anything else comes back unchanged."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if len(number) == 10 else number


def _starts_with_date(digits: str) -> bool:
    """Whether the first six digits are a day, month and year, as in every CHI number."""
    day, month = int(digits[:2]), int(digits[2:4])
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]
