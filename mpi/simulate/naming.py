"""Origin groups, and the surnames and forenames each draws from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from mpi.simulate import forenames, surnames
from mpi.simulate.sampling import Flags, Ints, Vocabulary, Words, mandelbrot, mixture, words


class Origin(IntEnum):
    """Groups with naming customs of their own; coarser than the census, finer than a uniform list."""

    BRITISH = 0
    IRISH = 1
    PAKISTANI = 2
    BANGLADESHI = 3
    INDIAN = 4
    AFRICAN = 5
    CARIBBEAN = 6
    CHINESE = 7
    POLISH = 8
    OTHER = 9


SHARES = (0.715, 0.02, 0.075, 0.022, 0.038, 0.035, 0.018, 0.015, 0.027, 0.035)
"""Shares of households, near those of Greater Manchester at the census of 2021 (ONS TS021, rounded)."""

ETHNIC_CATEGORY = words(("A", "B", "J", "K", "H", "N", "M", "R", "C", "S"))
"""NHS ethnic category of each origin."""

MUSLIM = (Origin.PAKISTANI, Origin.BANGLADESHI)

_BABY_NAMES_MALE = ("Baby Boy", "Male Infant", "Baby", "Boy", "Male", "Baby Of {mother}", "B/O {mother}")
_BABY_NAMES_FEMALE = ("Baby Girl", "Female Infant", "Baby", "Girl", "Female", "Baby Of {mother}", "B/O {mother}")


@dataclass(frozen=True, slots=True)
class Registry:
    """Every vocabulary of names: `surname[origin]`, `forename[sex][cohort or origin]`."""

    surname: tuple[Vocabulary, ...]
    british: tuple[tuple[Vocabulary, ...], tuple[Vocabulary, ...]]
    others: tuple[tuple[Vocabulary, ...], tuple[Vocabulary, ...]]

    def draw_surnames(self, rng: np.random.Generator, origin: Ints) -> Words:
        """A surname for each origin; shape (n,)."""
        drawn: Words = np.empty(len(origin), dtype=object)
        for group in Origin:
            where = np.flatnonzero(origin == group)
            drawn[where] = self.surname[group].draw(rng, len(where))
        return drawn

    def draw_forenames(self, rng: np.random.Generator, origin: Ints, female: Flags, year: Ints) -> Words:
        """A forename for each (origin, sex, birth year); shape (n,)."""
        drawn: Words = np.empty(len(origin), dtype=object)
        cohort = np.searchsorted(np.array(forenames.COHORT_STARTS), year, side="right") - 1
        # Second generations also use the names around them: a fifth of other groups' names are British ones.
        british = (origin == Origin.BRITISH) | (
            (rng.random(len(origin)) < 0.2) & ~np.isin(origin, [int(o) for o in MUSLIM])
        )
        for sex in (0, 1):
            for k in range(len(forenames.COHORT_STARTS)):
                where = np.flatnonzero((female == bool(sex)) & british & (np.maximum(cohort, 0) == k))
                drawn[where] = self.british[sex][k].draw(rng, len(where))
            for group in Origin:
                where = np.flatnonzero((female == bool(sex)) & ~british & (origin == group))
                if len(where):
                    drawn[where] = self.others[sex][group].draw(rng, len(where))
        return drawn


def _british_forenames(cohorts: tuple[list[str], ...]) -> tuple[Vocabulary, ...]:
    every = sorted({name for cohort in cohorts for name in cohort})
    made = []
    for k, cohort in enumerate(cohorts):
        near = sorted({name for beside in cohorts[max(k - 1, 0) : k + 2] for name in beside})
        parts = ((cohort, mandelbrot(len(cohort), 3.0, 0.8), 0.88), (near, np.ones(len(near)), 0.11))
        made.append(mixture((*parts, (every, np.ones(len(every)), 0.01))))
    return tuple(made)


def _group_forenames(table: dict[str, str]) -> tuple[Vocabulary, ...]:
    groups = [table.get(origin.name.lower(), table["other"]).split() for origin in Origin]
    return tuple(Vocabulary.ranked(names, 2.0, 0.75) for names in groups)


def _group_surnames(origin: Origin, rare: list[str]) -> Vocabulary:
    head: list[str] = getattr(surnames, origin.name)
    if origin is Origin.BRITISH:
        tail_weights = mandelbrot(len(rare), 300.0, 1.0)
        return mixture(((head, mandelbrot(len(head), 0.5, 0.6), 0.37), (rare, tail_weights, 0.63)))
    return Vocabulary.ranked(head, 1.5, 0.85)


def open_registry() -> Registry:
    """Build every vocabulary; about fifty milliseconds."""
    rare = surnames.tail()
    return Registry(
        surname=tuple(_group_surnames(origin, rare) for origin in Origin),
        british=(_british_forenames(forenames.BRITISH_MALE), _british_forenames(forenames.BRITISH_FEMALE)),
        others=(_group_forenames(forenames.MALE), _group_forenames(forenames.FEMALE)),
    )


def placeholder(female: bool, twin_order: int, mother: str, dice: int) -> str:
    """What a maternity system calls a newborn before the parents do (NHS-54)."""
    if twin_order:
        return (f"Twin {twin_order}", f"Twin {'AB'[(twin_order - 1) % 2]}")[dice % 2]
    choices = _BABY_NAMES_FEMALE if female else _BABY_NAMES_MALE
    return choices[dice % len(choices)].format(mother=mother or "Mother")
