"""Who is registered where: the local records of every PAS, with duplicates and unidentified patients among them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from mpi.simulate.hospitals import Pas, local_to, number_patients
from mpi.simulate.lives import Truth
from mpi.simulate.naming import Origin
from mpi.simulate.places import District
from mpi.simulate.quality import Slip, draw_slips
from mpi.simulate.sampling import DAY, NEVER, Flags, Floats, Ints, Words, between, in_hours, words

CONTACT = 0.9  # share of people whom any hospital knows
_HOME = 0.93
_ELSEWHERE = 1.45  # mean number of other systems that know a person


class Kind(IntEnum):
    """How a local record came about."""

    ORDINARY = 0
    BIRTH = 1
    DUPLICATE = 2
    TRAUMA = 3


@dataclass(frozen=True, slots=True)
class Records:
    """Parallel arrays, one row a local record, in order of registration.

    `merged_into` is the row of the survivor, -1 if none; `merged_at`, `renumbered_at` and `corrected_at` are `NEVER`
    when that does not happen. `dice` are random bits that decide the form of each slip.
    """

    person: Ints
    system: Ints
    kind: Ints
    registered: Ints
    value: Words
    new_value: Words
    renumbered_at: Ints
    merged_into: Ints
    merged_at: Ints
    twin_record: Ints  # for a duplicate or trauma record the row of the person's ordinary record here, else -1
    corrected_at: Ints
    slips: Ints
    dice: Ints
    closes: Ints  # when nothing more is heard of it: the end, or the closing of its system

    def __len__(self) -> int:
        return len(self.person)

    def value_at(self, rows: Ints, at: Ints) -> Words:
        """The identifier each record carried at each time."""
        return np.where(self.renumbered_at[rows] <= at, self.new_value[rows], self.value[rows])


@dataclass(frozen=True, slots=True)
class _Draft:
    person: Ints
    system: Ints
    kind: Ints
    registered: Ints
    of: Ints  # row of the ordinary record a duplicate or trauma registration repeats

    @classmethod
    def joined(cls, *drafts: _Draft) -> _Draft:
        return cls(
            np.concatenate([d.person for d in drafts]),
            np.concatenate([d.system for d in drafts]),
            np.concatenate([d.kind for d in drafts]),
            np.concatenate([d.registered for d in drafts]),
            np.concatenate([d.of for d in drafts]),
        )


def _first_contacts(
    rng: np.random.Generator, truth: Truth, systems: tuple[Pas, ...], districts: tuple[District, ...]
) -> _Draft:
    n = len(truth.people)
    everyone = np.arange(n)
    middle = np.full(n, (truth.lives.start + truth.lives.end) // 2)
    district = truth.stock.district[truth.dwelling(everyone, middle)]
    local = local_to(systems, districts)
    known = rng.random(n) < CONTACT
    frailty = rng.gamma(2.0, 0.5, n)  # some people see every hospital, most see one
    spill = min(_ELSEWHERE / max(sum(p.speaks and p.authority.linkage for p in systems) - 1, 1), 0.6)
    parts = []
    for pas in systems:
        home = local[pas.index][district]
        chance = np.where(home, _HOME, np.minimum(spill * frailty * (1.25 if pas.specialist else 1.0), 0.85))
        person = np.flatnonzero(known & (rng.random(n) < chance * _reach(pas, truth)))
        born = truth.people.born[person]
        newborn = (
            (born >= pas.opens) & (born < pas.closes - 60 * DAY) & home[person] & (rng.random(len(person)) < 0.95)
        )
        opens = np.maximum(born + DAY, pas.opens)
        closes = np.minimum(pas.closes, truth.lives.died[person])
        at = in_hours(rng, between(rng, opens, closes - DAY))
        at = np.where(newborn, in_hours(rng, born + DAY), at)
        able = (closes - opens > 3 * DAY) & (at > opens - DAY)
        kind = np.where(newborn, int(Kind.BIRTH), int(Kind.ORDINARY))[able]
        parts.append(
            _Draft(person[able], np.full(int(able.sum()), pas.index), kind, at[able], np.full(int(able.sum()), -1))
        )
    return _Draft.joined(*parts)


def _reach(pas: Pas, truth: Truth) -> float:
    """How much of its usual public a system has: less if it closed early, little if it is a confidential service."""
    if not pas.authority.linkage:
        return 0.15
    share = (pas.closes - pas.opens) / (truth.lives.end - truth.lives.start)
    return 1.0 if pas.closes >= truth.lives.end else min(1.0, 0.25 + share)


def _repeats(rng: np.random.Generator, base: _Draft, rows: Ints, kind: Kind, closes: Ints) -> _Draft:
    """Second registrations of `rows`, some time after the first."""
    opens = base.registered[rows] + DAY
    at = in_hours(rng, between(rng, opens, closes[rows] - 2 * DAY) + DAY)
    able = (at > opens) & (at < closes[rows] - DAY)
    rows, at = rows[able], at[able]
    return _Draft(base.person[rows], base.system[rows], np.full(len(rows), int(kind)), at, rows)


def _closing(truth: Truth, systems: tuple[Pas, ...], draft: _Draft) -> Ints:
    closes = np.array([pas.closes for pas in systems])[draft.system]
    sooner: Ints = np.minimum(closes, truth.lives.died[draft.person])
    return sooner


def _merges(rng: np.random.Generator, draft: _Draft, closes: Ints) -> tuple[Ints, Ints]:
    """(survivor row, time) of each record; (-1, NEVER) for those never merged."""
    into = np.full(len(draft.person), -1)
    at = np.full(len(draft.person), NEVER)
    later = np.flatnonzero(draft.of >= 0)
    trauma = draft.kind[later] == Kind.TRAUMA
    wait = np.where(trauma, rng.integers(1, 6, len(later)), rng.integers(2, 700, len(later))) * DAY
    when = in_hours(rng, draft.registered[later] + wait)
    done = (rng.random(len(later)) < np.where(trauma, 0.9, 0.6)) & (when < closes[later])
    swap = ~trauma & (rng.random(len(later)) < 0.2)  # now and then the newer number is the one that is kept
    prior = np.where(swap, draft.of[later], later)[done]
    survivor = np.where(swap, later, draft.of[later])[done]
    into[prior], at[prior] = survivor, when[done]
    return into, at


def _numbers(
    rng: np.random.Generator, systems: tuple[Pas, ...], draft: _Draft, renumbered: Ints
) -> tuple[Words, Words]:
    value, again = words([""] * len(draft.person)), words([""] * len(draft.person))
    for pas in systems:
        rows = np.flatnonzero(draft.system == pas.index)
        changed = rows[renumbered[rows] != NEVER]
        asked = np.concatenate([draft.registered[rows], np.full(len(changed), NEVER)])
        jumbled = np.concatenate([draft.kind[rows] == Kind.TRAUMA, np.zeros(len(changed), np.bool_)])
        made = number_patients(rng, pas, asked, jumbled)
        value[rows] = made[: len(rows)]
        again[changed] = made[len(rows) :]
    return value, again


def _quality_factors(rng: np.random.Generator, systems: tuple[Pas, ...]) -> Floats:
    factors: Floats = rng.uniform(0.5, 1.6, len(systems)) + np.array(
        [0.3 if p.version == "2.3" else 0.0 for p in systems]
    )
    return factors


def register(
    rng: np.random.Generator,
    truth: Truth,
    systems: tuple[Pas, ...],
    districts: tuple[District, ...],
    rates: dict[Slip, float],
) -> Records:
    """Draw every local record of the region."""
    base = _first_contacts(rng, truth, systems, districts)
    closes = _closing(truth, systems, base)
    second = rng.random(len(base.person)) < 0.025
    unknown = ~second & (rng.random(len(base.person)) < 0.001) & (base.kind == Kind.ORDINARY)
    draft = _Draft.joined(
        base,
        _repeats(rng, base, np.flatnonzero(second), Kind.DUPLICATE, closes),
        _repeats(rng, base, np.flatnonzero(unknown), Kind.TRAUMA, closes),
    )
    closes = _closing(truth, systems, draft)
    into, merged_at = _merges(rng, draft, closes)
    fhir = np.array([pas.is_fhir for pas in systems])[draft.system]
    involved = (draft.of >= 0) | np.isin(np.arange(len(draft.of)), draft.of)
    renew = ~involved & ~fhir & (rng.random(len(draft.of)) < 0.002)
    renumbered = np.where(renew, in_hours(rng, between(rng, draft.registered + 2 * DAY, closes - DAY)), NEVER)
    renumbered = np.where((renumbered > draft.registered + DAY) & (renumbered < closes - DAY), renumbered, NEVER)
    value, again = _numbers(rng, systems, draft, renumbered)
    foreign: Flags = truth.people.origin[draft.person] > Origin.IRISH
    n = len(draft.person)
    return _in_order(
        Records(
            person=draft.person,
            system=draft.system,
            kind=draft.kind,
            registered=draft.registered,
            value=value,
            new_value=again,
            renumbered_at=renumbered,
            merged_into=into,
            merged_at=merged_at,
            twin_record=draft.of,
            corrected_at=np.full(n, NEVER),
            slips=draw_slips(rng, _quality_factors(rng, systems)[draft.system], foreign, rates),
            dice=rng.integers(0, 1 << 30, n),
            closes=np.array([pas.closes for pas in systems])[draft.system],
        )
    )


def _in_order(records: Records) -> Records:
    order = np.argsort(records.registered, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))

    def moved(rows: Ints) -> Ints:
        return np.where(rows >= 0, place[rows], -1)[order]

    return Records(
        records.person[order],
        records.system[order],
        records.kind[order],
        records.registered[order],
        records.value[order],
        records.new_value[order],
        records.renumbered_at[order],
        moved(records.merged_into),
        records.merged_at[order],
        moved(records.twin_record),
        records.corrected_at[order],
        records.slips[order],
        records.dice[order],
        records.closes[order],
    )
