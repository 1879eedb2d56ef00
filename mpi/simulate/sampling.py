"""Vectorised draws: weighted vocabularies and random streams that do not disturb one another."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

DAY = 86_400
YEAR = 365.25 * DAY
NEVER = np.int64(2**61)
"""A time after every other; times are int64 seconds since 1970-01-01 UTC."""


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A generator for one purpose, so that a change in one part of the region leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def listed(text: str) -> list[str]:
    """The words of a table written as running text."""
    return text.split()


def words(texts: Sequence[str]) -> Words:
    """An object array of `texts`."""
    made = np.empty(len(texts), dtype=object)
    made[:] = texts
    return made


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words with their cumulative shares, of shape (n,) each."""

    entries: Words
    cumulative: Floats

    @classmethod
    def weighted(cls, entries: Sequence[str], weights: Floats) -> Vocabulary:
        """A vocabulary drawn in proportion to `weights`, which need not sum to one."""
        return cls(words(entries), np.cumsum(weights) / np.sum(weights))

    @classmethod
    def ranked(cls, entries: Sequence[str], offset: float, exponent: float) -> Vocabulary:
        """A vocabulary in rank order with Zipf-Mandelbrot shares, 1 / (rank + offset) ** exponent."""
        return cls.weighted(entries, mandelbrot(len(entries), offset, exponent))

    def draw(self, rng: np.random.Generator, size: int) -> Words:
        """`size` words drawn independently."""
        drawn = np.searchsorted(self.cumulative, rng.random(size), side="right")
        chosen: Words = self.entries[np.minimum(drawn, len(self.entries) - 1)]
        return chosen


def mandelbrot(size: int, offset: float, exponent: float) -> Floats:
    """Zipf-Mandelbrot weights of ranks 1..size."""
    weights: Floats = 1.0 / np.power(np.arange(1, size + 1) + offset, exponent)
    return weights


def mixture(parts: Sequence[tuple[Sequence[str], Floats, float]]) -> Vocabulary:
    """One vocabulary from (words, weights, share) parts; shares need not sum to one."""
    entries = [word for part, _, _ in parts for word in part]
    weights = np.concatenate([w / w.sum() * share for _, w, share in parts])
    return Vocabulary.weighted(entries, weights)


def between(rng: np.random.Generator, low: Ints, high: Ints) -> Ints:
    """Uniform integer times in [low, high), elementwise; `low` where the span is empty."""
    span = np.maximum(high - low, 0)
    drawn: Ints = low + (rng.random(len(low)) * span).astype(np.int64)
    return drawn


def in_hours(rng: np.random.Generator, times: Ints) -> Ints:
    """The same days at a working time between 06:00 and 23:00.

    Nothing happens in the hour that British Summer Time repeats, so local times keep their order (V2-63).
    """
    moved: Ints = times - times % DAY + rng.integers(6 * 3600, 23 * 3600, len(times))
    return moved
