"""Where two texts differ, letter by letter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher

_LONGEST = 300  # letters compared one by one; longer texts differ as a whole
_ALIKE = 0.6  # of texts that share less, single letters that happen to be in both tell nothing


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text; `same` when the other text has it in the same place."""

    text: str
    same: bool


def pieces(text: str, others: Collection[str]) -> tuple[Piece, ...]:
    """`text` in pieces, beside whichever of `others` is nearest to it; small and capital letters are one."""
    if not others or not text:
        return (Piece(text, same=True),) if text else ()
    if any(text.casefold() == other.casefold() for other in others):
        return (Piece(text, same=True),)
    nearest = max(others, key=lambda other: (_matcher(text, other).ratio(), other))
    if len(text) > _LONGEST or len(nearest) > _LONGEST or _matcher(text, nearest).ratio() < _ALIKE:
        return (Piece(text, same=False),)
    opcodes = _matcher(text, nearest).get_opcodes()
    return tuple(Piece(text[start:end], kind == "equal") for kind, start, end, _, _ in opcodes if start != end)


def _matcher(text: str, other: str) -> SequenceMatcher[str]:
    # Letters that fold into two, as the German sharp s, would shift every place after them: folded one by one.
    one, two = ([letter.casefold() for letter in letters] for letters in (text, other))
    return SequenceMatcher(None, one, two, autojunk=False)
