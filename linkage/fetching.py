"""Rows brought near before they are compared.

A comparison looks at a row here and there and decides by what it sees where to look next, so it waits for memory at
every step. Read in one go, long before they are needed, the parts of many rows are waited for at once.
"""

from __future__ import annotations

from linkage.compiled import compiled
from linkage.layout import Words

AHEAD = 32
"""So many pairs have their rows read before they are compared: few enough for them to stay at hand."""
_LINE = 8  # words


@compiled
def fetch(words: Words, row: int) -> int:
    """Read something of each part of a row; the value says nothing, but the compiler must not think it unused."""
    value = words[row, words.shape[1] - 1]
    for place in range(0, words.shape[1], _LINE):
        value ^= words[row, place]
    return int(value)
