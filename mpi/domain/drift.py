"""Whether the pairs that the index links today look like those its model was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.comparison import FURTHER_WORDS, WORDS
from linkage.explain import label
from linkage.model import Model

LEAST = 200
"""Pairs with a value on both sides, below which a comparison is not judged."""
_NOTICED, _FAR = 0.05, 0.15


@dataclass(frozen=True, slots=True)
class LevelShare:
    """One level in words, its share of the pairs that have it on both sides, and the share the model expects (m)."""

    words: str
    observed: float
    expected: float


@dataclass(frozen=True, slots=True)
class Drift:
    """One comparison. `distance`: the share of pairs that would have to end in another level for the two to agree
    (total variation distance, 0 to 1). `missing`: the share of pairs of which one side says nothing."""

    comparison: str
    pairs: int
    missing: float
    distance: float
    reading: str
    levels: tuple[LevelShare, ...]


def drifts(model: Model, counts: Mapping[str, Sequence[int]]) -> tuple[Drift, ...]:
    """The comparisons of a model with more than one level, in its order.

    counts: by comparison, how many linked pairs ended in each level, missing first.
    """
    compared = model.comparisons
    found = (_drift(name, place, model, counts[name]) for place, name in enumerate(compared) if name in counts)
    return tuple(drift for drift in found if len(drift.levels) > 1)


def _drift(name: str, column: int, model: Model, counts: Sequence[int]) -> Drift:
    expected = np.nan_to_num(model.m[column, 1:], nan=0.0)
    expected = expected / (expected.sum() or 1.0)
    seen = np.zeros(len(expected))
    told = np.array(counts[1:], np.float64)[: len(seen)]
    seen[: len(told)] = told
    pairs, total = int(seen.sum()), int(sum(counts))
    observed = seen / (pairs or 1)
    distance = float(np.abs(observed - expected).sum() / 2.0) if pairs else 0.0
    words = WORDS.get(name, FURTHER_WORDS)
    levels = tuple(
        LevelShare(words[level + 1] if level + 1 < len(words) else str(level + 1), float(one), float(other))
        for level, (one, other) in enumerate(zip(observed, expected, strict=True))
        if one or other
    )
    missing = counts[0] / total if total else 0.0
    return Drift(label(name, model.comparisons), pairs, missing, distance, _reading(pairs, distance), levels)


def _reading(pairs: int, distance: float) -> str:
    if pairs < LEAST:
        return "Too few pairs to tell"
    if distance < _NOTICED:
        return "As the model expects"
    if distance < _FAR:
        return "Somewhat otherwise: watch it"
    return "Far from what the model expects: look into the feeds, or train the model anew"
