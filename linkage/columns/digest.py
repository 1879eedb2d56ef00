"""BLAKE2b of short texts in compiled code (RFC 7693), so that the hashes of a column need no Python object each.

It says what `linkage.encode.long_hash` says, which calls hashlib.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkage.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Wide = npt.NDArray[np.uint64]

LONGEST = 128
"""Bytes of a text that is hashed in one block; longer ones are not for here."""
SCRATCH = 32
"""Words that `long_hash` works in: sixteen each of mix and message."""

_START = np.array(
    [
        *(0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1),
        *(0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179),
    ],
    np.uint64,
)
_ORDER = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    ],
    np.int64,
)
_ROUNDS = 12
_EIGHT_BYTES = np.uint64(0x01010008)  # no key, a digest of eight bytes, nothing but one leaf
_R32, _R24, _R16, _R63, _R40, _R48, _ONE = map(np.uint64, (32, 24, 16, 63, 40, 48, 1))
_EIGHT = np.uint64(8)


@compiled
def long_hash(text: Bytes, size: int, scratch: Wide) -> int:
    """The first `size` bytes of `text`, at most LONGEST, as `encode.long_hash`. scratch: uint64[SCRATCH]."""
    if size == 0:
        return 0
    mix, message = scratch[:16], scratch[16:]
    message[:] = np.uint64(0)
    for k in range(size):
        message[k >> 3] |= np.uint64(text[k]) << (_EIGHT * np.uint64(k & 7))
    for k in range(8):
        mix[k] = mix[k + 8] = _START[k]
    first = _START[0] ^ _EIGHT_BYTES
    mix[0] = first
    mix[12] ^= np.uint64(size)
    mix[14] = ~mix[14]
    for turn in range(_ROUNDS):
        order = _ORDER[turn]
        for k in range(4):
            _stir(mix, k, k + 4, k + 8, k + 12, message[order[2 * k]], message[order[2 * k + 1]])
        for k in range(4):
            a, b, c, d = k, 4 + ((k + 1) & 3), 8 + ((k + 2) & 3), 12 + ((k + 3) & 3)
            _stir(mix, a, b, c, d, message[order[2 * k + 8]], message[order[2 * k + 9]])
    digest = np.int64((first ^ mix[0] ^ mix[8]) >> _ONE)
    return int(digest) if digest else 1


@compiled
def _stir(mix: Wide, a: int, b: int, c: int, d: int, one: int, other: int) -> None:
    """The function G (RFC 7693, 3.1)."""
    mix[a] += mix[b] + one
    x = mix[d] ^ mix[a]
    mix[d] = (x >> _R32) | (x << _R32)
    mix[c] += mix[d]
    x = mix[b] ^ mix[c]
    mix[b] = (x >> _R24) | (x << _R40)
    mix[a] += mix[b] + other
    x = mix[d] ^ mix[a]
    mix[d] = (x >> _R16) | (x << _R48)
    mix[c] += mix[d]
    x = mix[b] ^ mix[c]
    mix[b] = (x >> _R63) | (x << _ONE)
