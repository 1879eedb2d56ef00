"""A match weight built up field by field, as bars beside the words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from linkage.explain import Explanation

WIDTH = 200  # of the drawing, in its own units
_BITS = re.compile(r" \([+-]?[0-9.]+ bits\)$")


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: what it says, its bits, where its bar begins and how wide it is, in units of the drawing."""

    words: str
    bits: float
    left: float
    width: float

    @property
    def leans(self) -> str:
        """Which way it speaks."""
        return "for" if self.bits > 0 else "against" if self.bits < 0 else "none"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Steps from the prior to the total; `certain` is where the threshold stands in units of the drawing."""

    bars: tuple[Bar, ...]
    certain: float
    total: float


def waterfall(explanation: Explanation, certain: float) -> Waterfall:
    """The steps of an explanation; fields of which one record says nothing carry nothing and are left out."""
    steps = [("before anything is compared: two records drawn by chance are seldom one person", explanation.prior)]
    steps += [
        (_BITS.sub("", line.loggable), line.weight + line.adjustment)
        for line in explanation.lines
        if line.level != "missing"
    ]
    ends, total = [], 0.0
    for _, bits in steps:
        ends.append((total, total + bits))
        total += bits
    low = min(0.0, certain, *(min(end) for end in ends))
    high = max(0.0, certain, *(max(end) for end in ends))
    scale = WIDTH / ((high - low) or 1.0)
    bars = [
        Bar(
            words[:1].upper() + words[1:],
            bits,
            round((min(end) - low) * scale, 1),
            max(1.0, round(abs(bits) * scale, 1)),
        )
        for (words, bits), end in zip(steps, ends, strict=True)
    ]
    return Waterfall(tuple(bars), round((certain - low) * scale, 1), explanation.total)
