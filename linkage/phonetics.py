"""Phonetic codes of standardised names, for blocking only: the kernel never compares codes."""

from __future__ import annotations

from functools import lru_cache

import jellyfish

_VOWELS = frozenset("AEIOU")
_BREATHS = str.maketrans("", "", "HWY")


@lru_cache(maxsize=200_000)
def sound(name: str) -> str:
    """The metaphone code of an upper-case A-Z name, "" for "".

    Looser than metaphone where spellings of one name part: an initial vowel is only a vowel (AHMED, EHMED), and
    H, W and Y count at the start alone (CHAUDHRY, CHAUDRY; OBRIEN, OBRYAN). A name that metaphone finds silent
    stands for itself, so that no name loses its keys.
    """
    code: str = jellyfish.metaphone(name) or name
    head = "A" if code[:1] in _VOWELS else code[:1]
    return head + code[1:].translate(_BREATHS)
