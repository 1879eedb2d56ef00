"""What is wrong in a network file, where, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from mpi.networks.positions import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """`text` says what is wrong at `path` and what to write instead."""

    path: Path
    text: str


def suggest(word: str, known: Iterable[str], otherwise: str = "known are") -> str:
    """ "did you mean 'x' or 'y'?" for the nearest of `known`, or all of them when none is near."""
    names = {name.casefold(): name for name in sorted(known)}
    near = difflib.get_close_matches(word.casefold(), names, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(names[n]) for n in near)}?"
    return f"{otherwise} {', '.join(names.values())}" if names else "none is defined in this file"
