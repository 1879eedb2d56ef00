"""Synthetic NHS numbers: ten digits of the 9xx test range that pass the check digit (NHS-1 to NHS-5)."""

from __future__ import annotations

import numpy as np

from mpi.simulate.sampling import Flags, Ints, Words, words

_FIRST_STEM = 900_000_000
_SLOTS = (998_999_999 - _FIRST_STEM) // 8
_INVALID = 10


def check_digits(stems: Ints) -> Ints:
    """The modulus-11 check digit of nine-digit stems; 10 where none exists (NHS-1)."""
    total = np.zeros(len(stems), dtype=np.int64)
    rest = stems.copy()
    for weight in range(2, 11):
        total += (rest % 10) * weight
        rest //= 10
    digit: Ints = (11 - total % 11) % 11
    return digit


def _next_valid(stems: Ints) -> Ints:
    bad: Flags = check_digits(stems) == _INVALID
    while bad.any():
        stems = np.where(bad, stems + 1, stems)
        bad = check_digits(stems) == _INVALID
    return stems


def allot(rng: np.random.Generator, size: int) -> tuple[Ints, Ints]:
    """Stems for `size` people and for a neighbour of each, such as a twin; all different.

    Each person owns eight consecutive stems, so numbers never repeat and a twin's follows on (NHS-55).
    """
    if size > _SLOTS:
        raise ValueError(f"the test range holds at most {_SLOTS} people")
    slots = np.unique(rng.integers(0, _SLOTS, int(size * 1.05) + 64))
    while len(slots) < size:
        slots = np.union1d(slots, rng.integers(0, _SLOTS, size))
    first = _next_valid(_FIRST_STEM + rng.permutation(slots)[:size] * 8 + rng.integers(0, 2, size))
    return first, _next_valid(first + 1)


def render(stems: Ints) -> Words:
    """Ten-digit strings of valid stems."""
    return words([str(n) for n in (stems * 10 + check_digits(stems)).tolist()])
