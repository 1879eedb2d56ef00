"""Whether the pairs that the index links today look like those before them, and as its model expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.comparison import FURTHER_WORDS, WORDS
from linkage.evaluation.columns import Floats
from linkage.explain import label
from linkage.model import Model

LEAST = 200
"""Pairs with a value on both sides, below which nothing is judged."""
_NOTICED, _FAR = 0.05, 0.15
_WHOLE = 0.1
"""How far a comparison's rates m may add up from 1 and still be shares of one whole. Many do not: a level such as
"same number, verified on neither side" has a rate of its own among the pairs that could end there."""


@dataclass(frozen=True, slots=True)
class LevelShare:
    """One level in words, its share of the pairs that have a value on both sides, now and earlier, and the model's m
    (None when there is none)."""

    words: str
    newest: float
    earlier: float
    m: float | None


@dataclass(frozen=True, slots=True)
class Drift:
    """One comparison. Distances are total variation: the share of pairs that would have to end in another level for
    the two to agree, 0 to 1; None where too few pairs, or no shares, can be compared. `missing`: the share of pairs
    of which one side says nothing."""

    comparison: str
    pairs: int
    missing: float
    from_earlier: float | None
    from_model: float | None
    levels: tuple[LevelShare, ...]

    @property
    def reading(self) -> str:
        """What it means."""
        if self.from_earlier is None:
            return "Too few pairs to tell"
        if self.from_earlier >= _NOTICED:
            return "Shifted: look into the feeds" if self.from_earlier >= _FAR else "Shifted a little: watch it"
        if self.from_model is not None and self.from_model >= _FAR:
            return "Steady, but not as the model expects: training it anew may help"
        return "Steady"


def drifts(
    model: Model, newest: Mapping[str, Sequence[int]], earlier: Mapping[str, Sequence[int]]
) -> tuple[Drift, ...]:
    """The comparisons of a model with more than one level, in its order.

    newest, earlier: by comparison, how many linked pairs ended in each level, missing first.
    """
    found = (
        _drift(name, place, model, newest[name], earlier.get(name, (0,)))
        for place, name in enumerate(model.comparisons)
        if name in newest
    )
    return tuple(drift for drift in found if len(drift.levels) > 1)


def _drift(name: str, column: int, model: Model, newest: Sequence[int], earlier: Sequence[int]) -> Drift:
    m = model.m[column, 1:]
    seen, before = _counts(newest, len(m)), _counts(earlier, len(m))
    pairs = int(seen.sum())
    total = float(np.nansum(m))
    whole = abs(total - 1.0) <= _WHOLE
    words = WORDS.get(name, FURTHER_WORDS)
    levels = tuple(
        LevelShare(words[place + 1], one, other, None if np.isnan(m[place]) else float(m[place]))
        for place, (one, other) in enumerate(zip(_shares(seen).tolist(), _shares(before).tolist(), strict=True))
        if place + 1 < len(words)
    )
    return Drift(
        label(name, model.comparisons),
        pairs,
        newest[0] / (sum(newest) or 1),
        _distance(_shares(seen), _shares(before)) if min(pairs, before.sum()) >= LEAST else None,
        _distance(_shares(seen), np.nan_to_num(m) / total) if whole and pairs >= LEAST else None,
        levels,
    )


def _counts(told: Sequence[int], levels: int) -> Floats:
    """float64[levels]: without the missing."""
    counts = np.zeros(levels)
    counts[: len(told) - 1] = told[1:]
    return counts


def _shares(counts: Floats) -> Floats:
    result: Floats = counts / (counts.sum() or 1.0)
    return result


def _distance(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).sum() / 2.0)
