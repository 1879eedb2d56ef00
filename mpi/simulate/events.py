"""What each PAS has to tell: registrations, updates, merges, deaths and mistakes, in order of sending."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mpi.simulate.acts import Act, Events
from mpi.simulate.hospitals import Pas
from mpi.simulate.lives import Truth
from mpi.simulate.registration import Kind, Records
from mpi.simulate.sampling import DAY, NEVER, YEAR, Flags, Ints, between, in_hours

_BACK_LOAD_RATE = 20  # messages a second of the load at go-live


@dataclass(frozen=True, slots=True)
class _Draft:
    record: Ints
    act: int
    occurred: Ints
    other: Ints | None = None
    person: Ints | None = None
    refers: Ints | None = None


@dataclass(frozen=True, slots=True)
class _World:
    rng: np.random.Generator
    truth: Truth
    records: Records
    hl7: Flags  # of each record, whether its system speaks HL7 v2
    until: Ints  # of each record, the end of what can happen to it: closing, death, or its own merge

    def some(self, rate: float, eligible: Flags, at_least: int = 0) -> Ints:
        """Rows drawn among the eligible at `rate`, and no fewer than `at_least` where there are so many."""
        pool = np.flatnonzero(eligible)
        size = min(len(pool), max(at_least, int(self.rng.binomial(len(pool), rate))))
        return np.sort(self.rng.choice(pool, size, replace=False)) if size else pool[:0]

    def moment(self, rows: Ints, margin: int = 2) -> Ints:
        """A working hour between a day after registration and `margin` days before the record's end."""
        opens = self.records.registered[rows] + DAY
        return in_hours(self.rng, between(self.rng, opens, self.until[rows] - margin * DAY) + DAY)


def _updates(world: _World, weight: float) -> _Draft:
    records = world.records
    span = np.maximum(world.until - records.registered, 0) / (15 * YEAR)
    count = np.where(records.kind == Kind.TRAUMA, 0, world.rng.poisson(weight * span))
    rows = np.repeat(np.arange(len(records)), count)
    return _Draft(rows, Act.UPDATE, world.moment(rows))


def _namings(world: _World) -> _Draft:
    rows = world.some(0.97, world.records.kind == Kind.BIRTH)
    named = world.truth.people.named_at[world.records.person[rows]]
    return _Draft(rows, Act.NAMING, in_hours(world.rng, named + DAY * world.rng.integers(1, 30, len(rows))))


def _merges(world: _World) -> _Draft:
    prior = np.flatnonzero(world.records.merged_into >= 0)
    return _Draft(world.records.merged_into[prior], Act.MERGE, world.records.merged_at[prior], other=prior)


def _overlays(world: _World) -> tuple[list[_Draft], Ints, Ints]:
    """The drafts, and (rows, times) of the overlays that nobody ever notices."""
    records, rng = world.records, world.rng
    alone = (records.merged_into < 0) & (records.twin_record < 0) & (records.kind == Kind.ORDINARY)
    roomy = world.until - records.registered > 90 * DAY
    rows = world.some(0.0005, alone & roomy, at_least=2)
    at = world.moment(rows, margin=45)
    stranger = records.person[_stranger(rng, records, rows)]
    noticed = rng.random(len(rows)) < 0.8
    mended = in_hours(rng, at[noticed] + DAY * rng.integers(1, 30, int(noticed.sum())))
    drafts = [
        _Draft(rows, Act.OVERLAY, at, person=stranger),
        _Draft(rows[noticed], Act.CORRECTION, mended),
    ]
    return drafts, rows[~noticed], at[~noticed]


def _stranger(rng: np.random.Generator, records: Records, rows: Ints) -> Ints:
    """For each row another person's record of the same system."""
    chosen = rows.copy()
    for k, row in enumerate(rows.tolist()):
        pool = np.flatnonzero((records.system == records.system[row]) & (records.person != records.person[row]))
        if len(pool):
            chosen[k] = pool[int(rng.integers(len(pool)))]
    return chosen


def _renumberings(world: _World) -> _Draft:
    rows = np.flatnonzero(world.records.renumbered_at != NEVER)
    return _Draft(rows, Act.RENUMBER, world.records.renumbered_at[rows])


def _cancelled_visits(world: _World) -> list[_Draft]:
    rows = world.some(0.01, world.hl7 & (world.until - world.records.registered > 30 * DAY))
    at = world.moment(rows, margin=5)
    undone = at + world.rng.integers(600, 3600, len(rows))
    return [_Draft(rows, Act.VISIT, at), _Draft(rows, Act.CANCEL_VISIT, undone, refers=at)]


def _deaths(world: _World) -> list[_Draft]:
    records, rng = world.records, world.rng
    died = world.truth.lives.died[records.person]
    told = (died < records.closes) & (records.merged_at > died) & (records.kind != Kind.TRAUMA)
    rows = rng.permutation(np.flatnonzero(told))
    _, first = np.unique(records.person[rows], return_index=True)
    ward = rows[first][rng.random(len(first)) < 0.45]  # 45 % of deaths are in hospital (ONS, place of death)
    ward = ward[world.hl7[ward]]
    others = np.setdiff1d(rows, ward)
    others = others[rng.random(len(others)) < 0.6]
    noted = in_hours(rng, died[others] + DAY * rng.integers(1, 60, len(others)))
    wrong = world.some(0.0003, world.hl7 & (world.until - records.registered > 40 * DAY) & ~told, at_least=1)
    at = world.moment(wrong, margin=10)
    undone = in_hours(rng, at + DAY * rng.integers(1, 5, len(wrong)))
    return [
        _Draft(ward, Act.DEATH, died[ward]),
        _Draft(others, Act.DEATH_NOTED, noted),
        _Draft(wrong, Act.DEATH, at),
        _Draft(wrong, Act.DEATH_RETRACTED, undone, refers=at),
    ]


def _links(world: _World) -> list[_Draft]:
    """Duplicates linked instead of merged, and twins linked by mistake and unlinked."""
    records, rng = world.records, world.rng
    loose = (records.kind == Kind.DUPLICATE) & (records.merged_into < 0) & world.hl7
    loose &= np.where(records.twin_record >= 0, records.merged_into[records.twin_record] < 0, False)
    rows = world.some(0.15, loose, at_least=1)
    one, other = _twin_records(world)
    opens = np.maximum(records.registered[one], records.registered[other]) + 2 * DAY
    closes = np.minimum(world.until[one], world.until[other]) - 12 * DAY
    keep = (closes > opens) & (rng.random(len(one)) < 0.2)
    one, other = one[keep], other[keep]
    at = in_hours(rng, between(rng, opens[keep], closes[keep]))
    undone = in_hours(rng, at + DAY * rng.integers(1, 10, len(at)))
    return [
        _Draft(rows, Act.LINK, world.moment(rows), other=records.twin_record[rows]),
        _Draft(one, Act.LINK, at, other=other),
        _Draft(one, Act.UNLINK, undone, other=other),
    ]


def _twin_records(world: _World) -> tuple[Ints, Ints]:
    """Pairs of rows that are two twins in one system."""
    records, people = world.records, world.truth.people
    rows = np.flatnonzero((people.birth_order[records.person] > 0) & world.hl7 & (records.merged_into < 0))
    who = records.person[rows]
    frame = pd.DataFrame(
        {
            "home": people.household[who],
            "sibling": people.sibling[who],
            "system": records.system[rows],
            "order": people.birth_order[who],
            "row": rows,
        }
    ).drop_duplicates(["home", "sibling", "system", "order"])
    pairs = frame[frame.order == 1].merge(frame[frame.order == 2], on=["home", "sibling", "system"])
    return pairs.row_x.to_numpy(np.int64), pairs.row_y.to_numpy(np.int64)


def _gather(world: _World, drafts: list[_Draft]) -> Events:
    records = world.records
    record = np.concatenate([d.record for d in drafts])
    occurred = np.concatenate([d.occurred for d in drafts])
    nobody = [np.full(len(d.record), -1) for d in drafts]
    who = np.concatenate([n if d.person is None else d.person for d, n in zip(drafts, nobody, strict=True)])
    act = np.concatenate([np.full(len(d.record), int(d.act)) for d in drafts])
    other = np.concatenate([n if d.other is None else d.other for d, n in zip(drafts, nobody, strict=True)])
    refers = np.concatenate([d.occurred if d.refers is None else d.refers for d in drafts])
    death = np.full(len(record), NEVER)
    told = np.isin(act, [Act.DEATH, Act.DEATH_NOTED])
    death[told] = np.minimum(world.truth.lives.died[records.person[record[told]]], occurred[told])
    person = np.where(who >= 0, who, records.person[record])
    return Events(record, act, other, person, occurred, occurred, occurred, occurred, refers, death)


def _possible(world: _World, events: Events, spoilt: Ints, spoilt_at: Ints) -> Flags:
    """Whether each event falls inside the life of its record, or records."""
    records = world.records
    on, other, at = events.record, events.other, events.occurred
    fits: Flags = (at < records.closes[on]) & (at < records.merged_at[on]) & (at >= records.registered[on])
    second = (other >= 0) & (events.act != Act.MERGE)
    fits &= ~second | ((at < records.merged_at[other]) & (at >= records.registered[other]))
    died = world.truth.lives.died[records.person[on]]
    fits &= (events.act <= Act.REGISTER) | (events.act >= Act.MERGE) | (at < died)
    lost = np.full(len(records), NEVER)
    lost[spoilt] = spoilt_at
    fits &= ~((events.act < Act.MERGE) & (at > lost[on]))
    return fits


def _with_views(events: Events) -> Events:
    """Sort by record and time, and give each event what the PAS had last been told about demographics."""
    order = np.lexsort((events.act, events.occurred, events.record))
    events = events.take(order)
    says = events.act < Act.MERGE
    last = np.maximum.accumulate(np.where(says, np.arange(len(events)), -1))
    return replace(events, view_at=events.occurred[last], person=events.person[last])


def _with_sending(world: _World, events: Events, systems: tuple[Pas, ...]) -> Events:
    rng = world.rng
    system = world.records.system[events.record]
    latency = np.array([pas.latency for pas in systems])[system]
    involved = (world.records.merged_into >= 0) | (world.records.twin_record >= 0)
    involved[world.records.merged_into[world.records.merged_into >= 0]] = True
    late = (events.act == Act.UPDATE) & ~involved[events.record] & (rng.random(len(events)) < 0.002)
    recorded = events.occurred + latency + np.where(late, rng.integers(3600, 2 * DAY, len(events)), 0)
    sent = recorded + 1 + events.record % 3
    for pas in systems:
        here = np.flatnonzero((system == pas.index) & (events.occurred < pas.go_live))
        rank = np.empty(len(here), dtype=np.int64)
        rank[np.lexsort((here, events.occurred[here]))] = np.arange(len(here))
        sent[here] = pas.go_live + rank // _BACK_LOAD_RATE
        live = (system == pas.index) & (events.occurred >= pas.go_live)
        sent[live] = np.maximum(sent[live], pas.go_live + len(here) // _BACK_LOAD_RATE + 1)
    events = replace(events, recorded=recorded, sent=sent)
    return events.take(np.lexsort((events.act, events.occurred, events.sent)))


def tell(
    rng: np.random.Generator, truth: Truth, systems: tuple[Pas, ...], records: Records, updates: float
) -> tuple[Records, Events]:
    """Draw what happens to every record; also returns the records with the times their slips were put right.

    `updates` is the mean number of later updates a record would have in fifteen years.
    """
    hl7: Flags = ~np.array([pas.is_fhir for pas in systems])[records.system]
    until = np.minimum(np.minimum(records.closes, records.merged_at), truth.lives.died[records.person])
    world = _World(rng, truth, records, hl7, until)
    overlays, spoilt, spoilt_at = _overlays(world)
    drafts = [
        _Draft(np.arange(len(records)), Act.REGISTER, records.registered),
        _updates(world, updates),
        _namings(world),
        _merges(world),
        _renumberings(world),
        *overlays,
        *_cancelled_visits(world),
        *_deaths(world),
        *_links(world),
    ]
    events = _gather(world, drafts)
    events = _with_views(events.take(_possible(world, events, spoilt, spoilt_at)))
    return _corrected(rng, records, events), _with_sending(world, events, systems)


def _corrected(rng: np.random.Generator, records: Records, events: Events) -> Records:
    """At its first update a record loses its slips, one time in three."""
    corrected = records.corrected_at.copy()
    first = np.flatnonzero(events.act == Act.UPDATE)[::-1]
    corrected[events.record[first]] = events.occurred[first]
    return replace(records, corrected_at=np.where(rng.random(len(corrected)) < 0.33, corrected, NEVER))
