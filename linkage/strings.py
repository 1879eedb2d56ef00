"""Jaro-Winkler over encoded names, compiled. Equal to rapidfuzz bit for bit (the tests hold it to that)."""

from __future__ import annotations

from linkage.compiled import compiled
from linkage.layout import Rows


@compiled
def jaro(a: Rows, i: int, p: int, n: int, b: Rows, j: int, q: int, m: int) -> float:
    """Jaro similarity of the n bytes at a[i, p] and the m bytes at b[j, q]; n and m 1 to 63 (M. Jaro, 1989)."""
    window = max(n, m) // 2 - 1
    window = max(window, 0)
    used_a, used_b, common = 0, 0, 0
    for x in range(n):
        char = a[i, p + x]
        for y in range(max(0, x - window), min(m, x + window + 1)):
            if b[j, q + y] == char and not (used_b >> y) & 1:
                used_a |= 1 << x
                used_b |= 1 << y
                common += 1
                break
    if common == 0:
        return 0.0
    moved, y = 0, 0
    for x in range(n):
        if (used_a >> x) & 1:
            while not (used_b >> y) & 1:
                y += 1
            moved += a[i, p + x] != b[j, q + y]
            y += 1
    return (common / n + common / m + (common - moved // 2) / common) / 3.0


@compiled
def jaro_winkler(a: Rows, i: int, p: int, n: int, b: Rows, j: int, q: int, m: int) -> float:
    """Jaro-Winkler similarity, prefix weight .1 over at most four characters, boost above .7 (W. Winkler, 1990)."""
    similarity = jaro(a, i, p, n, b, j, q, m)
    if similarity <= 0.7:
        return similarity
    return similarity + shared_prefix(a, i, p, n, b, j, q, m) * 0.1 * (1.0 - similarity)


@compiled
def shared_prefix(a: Rows, i: int, p: int, n: int, b: Rows, j: int, q: int, m: int) -> int:
    """How many of the first four characters are shared before the first difference."""
    prefix = 0
    while prefix < min(4, n, m) and a[i, p + prefix] == b[j, q + prefix]:
        prefix += 1
    return prefix


@compiled
def ones(bits: int) -> int:
    """Number of set bits of a non-negative int64."""
    bits = bits - ((bits >> 1) & 0x5555555555555555)
    bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333)
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F
    return ((bits * 0x0101010101010101) >> 56) & 0x7F


@compiled
def jaro_winkler_bound(signature_a: int, n: int, signature_b: int, m: int, prefix: int) -> float:
    """No pair with these signatures, lengths and prefix has a higher Jaro-Winkler similarity.

    A signature has bit c for a letter that occurs and bit 26 + c for one that occurs twice; each bit set in only one
    of the two is a character without a partner.
    """
    common = min(n - ones(signature_a & ~signature_b), m - ones(signature_b & ~signature_a))
    if common <= 0:
        return 0.0
    most = (common / n + common / m + 1.0) / 3.0
    return most + prefix * 0.1 * (1.0 - most) + 1e-9
