"""How alike the texts in two slots of encoded rows are; compiled, and symmetric in the two records."""

from __future__ import annotations

from linkage.compiled import compiled
from linkage.layout import NAME_SIZE, Rows, Words
from linkage.strings import jaro_winkler, jaro_winkler_bound, ones, shared_prefix

FAR = 3
"""What `edits` says of anything beyond two edits."""
_LONGEST = 20


@compiled
def same_name(a: Words, i: int, b: Words, j: int, slot: int) -> bool:
    """Whether the texts in two slots are the same: characters, length and hash."""
    apart = (a[i, slot] ^ b[j, slot]) | (a[i, slot + 1] ^ b[j, slot + 1]) | (a[i, slot + 2] ^ b[j, slot + 2])
    return bool(apart == 0)


@compiled
def turned(a8: Rows, i: int, p: int, n: int, b8: Rows, j: int, q: int, m: int) -> bool:
    """Whether the text of b comes first: the shorter does, then the lower in byte order.

    The greedy assignment inside Jaro can depend on which string comes first; only so is the kernel symmetric.
    """
    if n != m:
        return n > m
    x = 0
    while x < n - 1 and a8[i, p + x] == b8[j, q + x]:
        x += 1
    return bool(a8[i, p + x] > b8[j, q + x])


@compiled
def closeness(a8: Rows, a: Words, i: int, b8: Rows, b: Words, j: int, slot: int, floor: float) -> float:
    """Jaro-Winkler similarity of the names in one slot of both records; 0 when it cannot reach `floor`."""
    return closeness_across(a8, a, i, slot, b8, b, j, slot, floor)


@compiled
def closeness_across(
    a8: Rows, a: Words, i: int, slot: int, b8: Rows, b: Words, j: int, other: int, floor: float
) -> float:
    """`closeness` of the name in one slot of a and that in another slot of b, neither empty."""
    p, q = 8 * slot, 8 * other
    n, m = int(a8[i, p + NAME_SIZE]), int(b8[j, q + NAME_SIZE])
    prefix = shared_prefix(a8, i, p, n, b8, j, q, m)
    if jaro_winkler_bound(a[i, slot + 4], n, b[j, other + 4], m, prefix) < floor:
        return 0.0
    if turned(a8, i, p, n, b8, j, q, m):
        return jaro_winkler(b8, j, q, m, a8, i, p, n)
    return jaro_winkler(a8, i, p, n, b8, j, q, m)


@compiled
def shared_letters(a: Words, i: int, b: Words, j: int, slot: int) -> float:
    """Dice coefficient, 0 to 1, of the pairs of letters in two texts, whose signatures are marks of such pairs."""
    one, other = a[i, slot + 4], b[j, slot + 4]
    both, all_of_them = ones(one & other), ones(one) + ones(other)
    return 2.0 * both / all_of_them if all_of_them else 0.0


@compiled
def edits(a8: Rows, i: int, p: int, n: int, b8: Rows, j: int, q: int, m: int) -> int:
    """Wrong, missing, further and swapped neighbouring characters between n bytes at a8[i, p] and m at b8[j, q].

    Optimal string alignment, in a band of two; FAR for more than two. n and m at most 20.
    """
    if abs(n - m) > 2:
        return FAR
    x = 0
    while x < n and x < m and a8[i, p + x] == b8[j, q + x]:
        x += 1
    while n > x and m > x and a8[i, p + n - 1] == b8[j, q + m - 1]:
        n, m = n - 1, m - 1
    return _aligned(a8, i, p + x, n - x, b8, j, q + x, m - x)


@compiled
def _aligned(a8: Rows, i: int, p: int, n: int, b8: Rows, j: int, q: int, m: int) -> int:
    """`edits` of what is left between a common start and a common end."""
    if n == 0 or m == 0:
        return min(FAR, n + m)
    if n == 1 and m == 1:
        return 1
    if n == 2 and m == 2 and a8[i, p] == b8[j, q + 1] and a8[i, p + 1] == b8[j, q]:
        return 1
    if min(n, m) == 1:
        return min(FAR, _beside_one(a8, i, p, n, b8, j, q, m))
    return _two_apart(a8, i, p, n, b8, j, q, m)


@compiled
def _beside_one(a8: Rows, i: int, p: int, n: int, b8: Rows, j: int, q: int, m: int) -> int:
    """Edits between one character and n or m others: all but one go, and that one is right or wrong."""
    most = max(n, m)
    for x in range(most):
        if (a8[i, p + x] == b8[j, q]) if m == 1 else (a8[i, p] == b8[j, q + x]):
            return most - 1
    return most


@compiled
def _two_apart(a8: Rows, i: int, p: int, n: int, b8: Rows, j: int, q: int, m: int) -> int:
    """2 when two edits are enough for texts that differ at both ends, else FAR.

    One edit must mend the start and one the end, so that what is between them is the same, shifted or not.
    """
    for start in range(4):
        da, db, ok = _mended(a8, i, p, n, b8, j, q, m, start, True)
        if not ok:
            continue
        for end in range(4):
            ea, eb, good = _mended(a8, i, p, n, b8, j, q, m, end, False)
            if good and n - da - ea == m - db - eb and n - da - ea >= 0:
                x = 0
                while x < n - da - ea and a8[i, p + da + x] == b8[j, q + db + x]:
                    x += 1
                if x == n - da - ea:
                    return 2
    return FAR


@compiled
def _mended(
    a8: Rows, i: int, p: int, n: int, b8: Rows, j: int, q: int, m: int, how: int, start: bool
) -> tuple[int, int, bool]:
    """How many characters of either text one edit at the start or the end takes, and whether it can be made there.

    how: 0 a wrong character, 1 one only in a, 2 one only in b, 3 two swapped.
    """
    if how == 0:
        return 1, 1, True
    if how == 1:
        return 1, 0, True
    if how == 2:
        return 0, 1, True
    if n < 2 or m < 2:
        return 2, 2, False
    x, y = (p, q) if start else (p + n - 2, q + m - 2)
    return 2, 2, bool(a8[i, x] == b8[j, y + 1] and a8[i, x + 1] == b8[j, y])
