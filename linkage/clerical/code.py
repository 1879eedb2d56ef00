"""What the evaluation must know of a sampled pair, as one word in its row of the sheet.

It travels with the row, whatever the file is called, sorted by or split into. It is no secret, only out of sight: a
reviewer who sees the weight is no independent judge of it. A checksum ties it to the result and to both ids.
"""

from __future__ import annotations

import binascii
import struct
from base64 import b32decode, b32encode
from dataclasses import astuple, dataclass
from hashlib import blake2b

_FACTS = struct.Struct("<HQf???QI")
_CHECK = 4
_KEY = 8


@dataclass(frozen=True, slots=True)
class Facts:
    """One pair of a sample.

    stratum: its number; size: the pairs of the stratum; weight: bits, -inf where not known; joined, compared: by the
    linkage; looked: whether the sample was drawn among pairs never compared too; population: the pairs of all strata;
    rows: of the whole sheet.
    """

    stratum: int
    size: int
    weight: float
    joined: bool
    compared: bool
    looked: bool
    population: int
    rows: int


def encode(facts: Facts, result: str, ids: tuple[str, str]) -> str:
    """The word: letters and digits, a letter first so that no spreadsheet takes it for a number."""
    told = bytes.fromhex(result) + _FACTS.pack(*astuple(facts))
    return "P" + b32encode(told + _check(told, ids)).decode().rstrip("=")


def decode(word: str) -> tuple[Facts, str, bytes] | None:
    """The facts, the key of the result, and what `fits` takes; None for what is no such word."""
    padded = word[1:].upper() + "=" * (-len(word[1:]) % 8)
    try:
        whole = b32decode(padded)
    except (binascii.Error, ValueError):
        return None
    if len(whole) != _KEY + _FACTS.size + _CHECK:
        return None
    return Facts(*_FACTS.unpack(whole[_KEY:-_CHECK])), whole[:_KEY].hex(), whole


def fits(whole: bytes, ids: tuple[str, str]) -> bool:
    """Whether a word was made for these ids, and reads as it was written."""
    return whole[-_CHECK:] == _check(whole[:-_CHECK], ids)


def _check(told: bytes, ids: tuple[str, str]) -> bytes:
    return blake2b("\0".join(ids).encode(), key=told, digest_size=_CHECK).digest()
