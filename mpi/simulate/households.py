"""Who lives with whom: households of realistic kinds, their members' roles, sexes and ages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from mpi.simulate.naming import MUSLIM, SHARES
from mpi.simulate.sampling import YEAR, Flags, Floats, Ints


class Kind(IntEnum):
    """Kinds of household; shares near the census of 2021 (ONS TS003), families a little up so that size is 2.4."""

    SINGLE = 0
    COUPLE = 1
    FAMILY = 2
    LONE_PARENT = 3
    SHARERS = 4
    THREE_GENERATIONS = 5


KIND_SHARES = (0.29, 0.26, 0.26, 0.11, 0.05, 0.03)


class Role(IntEnum):
    """A person's place in their household."""

    HEAD = 0
    PARTNER = 1
    CHILD = 2
    TWIN = 3
    GRANDPARENT = 4
    SHARER = 5


@dataclass(frozen=True, slots=True)
class Members:
    """Parallel arrays, one row a person, by household. `born` is seconds since 1970; `birth_order` 0 if single."""

    household: Ints
    role: Ints
    female: Flags
    born: Ints
    origin: Ints
    birth_order: Ints
    sibling: Ints  # place among the household's children, 0 the eldest; -1 for adults


def _draw_households(rng: np.random.Generator, size: int) -> tuple[Ints, Ints]:
    origin = rng.choice(len(SHARES), size=size, p=np.array(SHARES) / sum(SHARES))
    kind = rng.choice(len(KIND_SHARES), size=size, p=KIND_SHARES)
    muslim = np.isin(origin, [int(o) for o in MUSLIM])
    # South Asian Muslim families are larger and more often of three generations (ONS household composition).
    kind = np.where(muslim & (kind == Kind.SINGLE) & (rng.random(size) < 0.6), Kind.FAMILY, kind)
    kind = np.where(muslim & (kind == Kind.COUPLE) & (rng.random(size) < 0.5), Kind.THREE_GENERATIONS, kind)
    return origin.astype(np.int64), kind.astype(np.int64)


def _head_ages(rng: np.random.Generator, kind: Ints) -> Floats:
    low = np.array([22.0, 24.0, 27.0, 20.0, 19.0, 30.0])[kind]
    high = np.array([96.0, 92.0, 60.0, 52.0, 36.0, 52.0])[kind]
    skew = np.array([0.8, 0.75, 1.1, 1.0, 1.3, 1.0])[kind]
    ages: Floats = low + (high - low) * np.power(rng.random(len(kind)), skew)
    return ages


def _child_counts(rng: np.random.Generator, kind: Ints, origin: Ints) -> Ints:
    mean = np.array([0.0, 0.0, 0.85, 0.6, 0.0, 1.2])[kind]
    mean = mean + np.where(np.isin(origin, [int(o) for o in MUSLIM]) & (mean > 0), 0.9, 0.0)
    counts: Ints = np.where(mean > 0, 1 + rng.poisson(mean), 0).astype(np.int64)
    return np.minimum(counts, 7)


@dataclass(frozen=True, slots=True)
class _Part:
    household: Ints
    role: int
    female: Flags
    age: Floats
    birth_order: Ints
    sibling: Ints


def _adults(rng: np.random.Generator, kind: Ints, age: Floats) -> list[_Part]:
    paired = np.isin(kind, [int(k) for k in (Kind.COUPLE, Kind.FAMILY, Kind.THREE_GENERATIONS)])
    female = np.where(paired, rng.random(len(kind)) < 0.02, rng.random(len(kind)) < 0.52)
    female = np.where(kind == Kind.LONE_PARENT, rng.random(len(kind)) < 0.87, female)
    homes = np.arange(len(kind))
    couples = homes[paired]
    partner_age = np.maximum(age[couples] - rng.normal(2.2, 3.5, len(couples)), 18.5)
    partner_female = np.where(female[couples], True, rng.random(len(couples)) > 0.02)
    elders = homes[kind == Kind.THREE_GENERATIONS]
    senior = age[elders] + rng.uniform(21, 36, len(elders))
    sharers = np.repeat(homes[kind == Kind.SHARERS], rng.integers(1, 4, int((kind == Kind.SHARERS).sum())))
    return [
        _part(homes, Role.HEAD, female, age),
        _part(couples, Role.PARTNER, partner_female, partner_age),
        _part(elders, Role.GRANDPARENT, rng.random(len(elders)) < 0.6, senior),
        _part(sharers, Role.SHARER, rng.random(len(sharers)) < 0.5, rng.uniform(18.5, 36, len(sharers))),
    ]  # fmt: skip


def _part(household: Ints, role: Role, female: Flags, age: Floats) -> _Part:
    return _Part(household, int(role), female, age, np.zeros(len(age), np.int64), np.full(len(age), -1, np.int64))


def _children(rng: np.random.Generator, kind: Ints, origin: Ints, age: Floats) -> list[_Part]:
    counts = _child_counts(rng, kind, origin)
    home = np.repeat(np.arange(len(kind)), counts)
    place = np.arange(len(home)) - np.repeat(np.cumsum(counts) - counts, counts)
    eldest = age - np.clip(rng.normal(27.5, 5.0, len(kind)), 17.0, 42.0)
    eldest = np.where(eldest < 0, rng.uniform(0, 12, len(kind)), eldest)
    gap = rng.uniform(1.2, 4.2, len(kind))
    ages = eldest[home] - place * gap[home] - rng.uniform(0, 0.5, len(home))
    here = (ages > 0) & (ages < 33)
    home, place, ages = home[here], place[here], ages[here]
    female = rng.random(len(home)) < 0.488
    # Multiple maternities are about 15 per 1,000 (ONS birth characteristics); a third of pairs are identical.
    twin = rng.random(len(home)) < 0.015
    alike = rng.random(int(twin.sum())) < 0.65
    twin_female = np.where(alike, female[twin], ~female[twin])
    order = twin.astype(np.int64)
    return [
        _Part(home, int(Role.CHILD), female, ages, order, place),
        _Part(home[twin], int(Role.TWIN), twin_female, ages[twin], order[twin] + 1, place[twin]),
    ]


def form_households(rng: np.random.Generator, people: int, end: int) -> Members:
    """Households of exactly `people` members in all, with ages as at `end` (seconds since 1970).

    Ages ignore death: `lives` decides later who of them died on the way.
    """
    size = int(people / 2.05) + 16
    origin, kind = _draw_households(rng, size)
    age = _head_ages(rng, kind)
    parts = _adults(rng, kind, age) + _children(rng, kind, origin, age)
    household = np.concatenate([p.household for p in parts])
    role = np.concatenate([np.full(len(p.household), p.role, np.int64) for p in parts])
    sibling = np.concatenate([p.sibling for p in parts])
    order = np.lexsort((role, sibling, household))[:people]
    if len(order) < people:
        raise AssertionError("too few households were formed")
    ages = np.concatenate([p.age for p in parts])[order]
    born = (end - ages * YEAR).astype(np.int64)
    return Members(
        household=household[order],
        role=role[order],
        female=np.concatenate([p.female for p in parts])[order],
        born=born,
        origin=origin[household[order]],
        birth_order=np.concatenate([p.birth_order for p in parts])[order],
        sibling=sibling[order],
    )
