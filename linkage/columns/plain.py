"""Numbers, phones and e-mail addresses as nearly all of them are written, read in compiled code.

What is written otherwise is left to the scalar functions of `linkage.standardise`, which say the same of these too.
Each function fills the answers `table` of the texts data[ends[k]:ends[k + 1]], and writes down in `left` which it did
not read, and how many those are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkage.columns.digest import LONGEST, SCRATCH, long_hash
from linkage.compiled import allocating, compiled

Bytes = npt.NDArray[np.uint8]
Ends = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_ZERO, _NINE, _SPACE, _HYPHEN, _DOT, _AT = map(ord, "09 -.@")
_A, _Z, _SMALL_A, _SMALL_Z, _CASE = ord("A"), ord("Z"), ord("a"), ord("z"), ord("a") - ord("A")
_FURTHER = (ord("."), ord("_"), ord("%"), ord("+"), ord("-"))
_N, _U = ord("n"), ord("u")
_DIGITS = 10
_KIND = 1 << 56  # an NHS number (encode.number_kind) in the last byte of the head
_ISSUED = (4, 6, 7, 9)  # first digits (nhs_number.accept)
_SHORTEST_PHONE, _LONGEST_PHONE = 9, 17
_TAIL = 7
_LONGEST_NO_MAILBOX = 8


@allocating
def read_numbers(data: Bytes, ends: Ends, table: Longs, left: Longs) -> int:
    """NHS numbers: head and number int64[D, 2] of ten digits with or without spaces and hyphens (NHS-1 to NHS-4)."""
    count, digits = 0, np.empty(_DIGITS, np.int64)
    for row in range(len(ends) - 1):
        table[row, 0] = table[row, 1] = 0
        found = take_digits(data, ends[row], ends[row + 1], digits, True)
        if found == 0:
            continue
        if found != _DIGITS:
            left[count] = row
            count += 1
            continue
        value = total = 0
        same = True
        for k in range(_DIGITS):
            value = 10 * value + digits[k]
            total += (_DIGITS - k) * digits[k]
            same = same and digits[k] == digits[0]
        # Weighted 10 to 2, and the check digit by 1, a good number adds up to a multiple of 11.
        if total % 11 == 0 and not same and digits[0] in _ISSUED:
            table[row, 0], table[row, 1] = _KIND, value
    return count


@allocating
def read_phones(data: Bytes, ends: Ends, table: Longs, left: Longs) -> int:
    """Phones: hashes int64[D, 1] of digits in national form, with or without spaces."""
    count, digits = 0, np.empty(_LONGEST_PHONE, np.int64)
    text, scratch = np.empty(_LONGEST_PHONE, np.uint8), np.empty(SCRATCH, np.uint64)
    for row in range(len(ends) - 1):
        table[row, 0] = 0
        found = take_digits(data, ends[row], ends[row + 1], digits, False)
        if found == 0:
            continue
        if found < _SHORTEST_PHONE or digits[0] != 0 or digits[1] == 0 or is_filler(digits, found):
            left[count] = row
            count += 1
            continue
        for k in range(found):
            text[k] = digits[k] + _ZERO
        table[row, 0] = long_hash(text, found, scratch)
    return count


@compiled
def take_digits(data: Bytes, first: int, last: int, digits: Longs, hyphens: bool) -> int:
    """Fill in the digits of a text of digits and spaces and say how many; -1 when it is none, or has too many."""
    found = 0
    for k in range(first, last):
        letter = data[k]
        if letter == _SPACE or (hyphens and letter == _HYPHEN):
            continue
        if letter < _ZERO or letter > _NINE or found == len(digits):
            return -1
        digits[found] = letter - _ZERO
        found += 1
    return found


@compiled
def is_filler(digits: Longs, size: int) -> bool:
    """Whether a number may be no telephone's: one digit to the end, or a run of keys."""
    same = up = down = True
    for k in range(1, size):
        same = same and (k <= size - _TAIL or digits[k] == digits[k - 1])
        up = up and (k >= _DIGITS - 1 or digits[k] == k)
        down = down and (k >= _DIGITS - 1 or digits[k] == _DIGITS - k)
    return bool(same or up or down)


@allocating
def read_emails(data: Bytes, ends: Ends, table: Longs, left: Longs) -> int:
    """E-mail addresses: hashes int64[D, 1] of plain ASCII ones in small letters."""
    count, text, scratch = 0, np.empty(LONGEST, np.uint8), np.empty(SCRATCH, np.uint64)
    for row in range(len(ends) - 1):
        first, size = ends[row], ends[row + 1] - ends[row]
        table[row, 0] = 0
        if size == 0:
            continue
        if size > LONGEST or not lower_email(data, first, size, text):
            left[count] = row
            count += 1
            continue
        table[row, 0] = long_hash(text, size, scratch)
    return count


@compiled
def lower_email(data: Bytes, first: int, size: int, text: Bytes) -> bool:
    """Write an address in small letters to `text`; False unless it is one, and its mailbox no word for none."""
    at, dotted = -1, False
    for k in range(size):
        letter = data[first + k]
        if _A <= letter <= _Z:
            letter += _CASE
        elif letter == _AT:
            if at >= 0:
                return False
            at = k
        elif not (_SMALL_A <= letter <= _SMALL_Z or _ZERO <= letter <= _NINE or letter in _FURTHER):
            return False
        dotted = dotted or bool(letter == _DOT and 0 <= at < k - 1 and k < size - 1)
        text[k] = letter
    maybe_none = at <= _LONGEST_NO_MAILBOX and (text[0] == _N or text[0] == _U)
    return bool(at > 0 and dotted and not maybe_none)
