"""How a golden identity was built: each time records joined it or left it, and why; played step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from linkage.partition import AssertionRank
from mpi.domain.identifiers import Identifier

_MOMENT = timedelta(seconds=2)  # what one transaction writes is no further apart


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a record was linked to a golden identity. `came_from` and `went_to` are the golden ids it was
    under before and after, None when there was none; `why` and `why_ended` the reasons of the link that began it, and
    of the one that followed it."""

    identifier: Identifier
    since: datetime
    until: datetime | None
    came_from: UUID | None
    went_to: UUID | None
    why: Mapping[str, Any]
    why_ended: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Saying:
    """An assertion with who made it and, if it was taken back, who did, when and why."""

    id: int
    one: Identifier
    other: Identifier
    same: bool
    rank: AssertionRank
    subsumed: Identifier | None
    made_by: str
    made_at: datetime
    reason: str
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""


class StepKind(StrEnum):
    """What happened."""

    BEGAN = "began"  # the golden identity was made with these records
    ADDED = "added"  # records new to the index
    CAME = "came"  # records of another golden identity
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair that was certain when the link was made: total weight in bits, and its comparison levels."""

    one: Identifier
    other: Identifier
    weight: float
    pattern: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """Records joined or left at one moment. `other` is the golden id they came from or went to, `members` the records
    linked afterwards. `cause` is the event or somebody's words, `model` a fingerprint."""

    at: datetime
    kind: StepKind
    identifiers: tuple[Identifier, ...]
    other: UUID | None
    cause: str
    message: int | None
    model: str
    weighed: tuple[Weighed, ...]
    members: tuple[Identifier, ...] = ()
    said: tuple[Saying, ...] = field(default=())
    taken_back: tuple[Saying, ...] = field(default=())


def steps(spans: Iterable[Span], sayings: Sequence[Saying]) -> list[Step]:
    """Every step of a golden identity, oldest first, with what was said and taken back in it."""
    made: list[Step] = []
    for at, identifier, kind, other, why in sorted(_changes(spans), key=lambda change: (change[0], change[1])):
        like = _like(made, at, kind, other, why)
        if like is None:
            made.append(_step(at, kind, identifier, other, why))
        else:
            made[like] = replace(made[like], identifiers=(*made[like].identifiers, identifier))
    return _followed(made, sayings)


def retractable(spans: Sequence[Span], sayings: Iterable[Saying], made: Iterable[Step]) -> frozenset[int]:
    """The standing statements of reviewers about a golden identity: of a record linked to it now, or that made one
    come or go. Only from here can they be taken back."""
    here = {span.identifier for span in spans if span.until is None}
    moved = {saying.id for step in made for saying in step.said}
    return frozenset(
        saying.id
        for saying in sayings
        if saying.rank is AssertionRank.REVIEWER
        and saying.withdrawn_at is None
        and (saying.id in moved or here & {saying.one, saying.other})
    )


_Change = tuple[datetime, Identifier, StepKind, UUID | None, Mapping[str, Any]]


def _changes(spans: Iterable[Span]) -> list[_Change]:
    found: list[_Change] = []
    for span in spans:
        kind = StepKind.ADDED if span.came_from is None else StepKind.CAME
        found.append((span.since, span.identifier, kind, span.came_from, span.why))
        if span.until is not None:
            found.append((span.until, span.identifier, StepKind.LEFT, span.went_to, span.why_ended or {}))
    return found


def _like(
    made: Sequence[Step], at: datetime, kind: StepKind, other: UUID | None, why: Mapping[str, Any]
) -> int | None:
    """The step of the same moment that this change belongs to."""
    wanted = (kind, other, why.get("cause", ""), why.get("message"))
    for place in reversed(range(len(made))):
        step = made[place]
        if at - step.at > _MOMENT:
            return None
        if (step.kind, step.other, step.cause, step.message) == wanted:
            return place
    return None


def _step(at: datetime, kind: StepKind, identifier: Identifier, other: UUID | None, why: Mapping[str, Any]) -> Step:
    weighed = [
        Weighed(Identifier.parse(one), Identifier.parse(two), weight, bytes.fromhex(pattern))
        for one, two, weight, pattern in why.get("edges", ())
    ]
    return Step(
        at, kind, (identifier,), other, why.get("cause", ""), why.get("message"), why.get("model", ""), tuple(weighed)
    )


def _followed(made: Sequence[Step], sayings: Sequence[Saying]) -> list[Step]:
    """The steps with who was there after each, and what people said in it."""
    said = [(saying, _first(made, saying, saying.made_at)) for saying in sayings]
    back = [(saying, _first(made, saying, saying.withdrawn_at)) for saying in sayings]
    there: set[Identifier] = set()
    told = []
    for place, step in enumerate(made):
        moved = set(step.identifiers)
        there = there - moved if step.kind is StepKind.LEFT else there | moved
        told.append(
            replace(
                step,
                kind=StepKind.BEGAN if place == 0 else step.kind,
                identifiers=tuple(sorted(moved)),
                members=tuple(sorted(there)),
                said=tuple(saying for saying, first in said if first == place),
                taken_back=tuple(saying for saying, first in back if first == place),
            )
        )
    return told


def _first(made: Sequence[Step], saying: Saying, at: datetime | None) -> int | None:
    """The step of the transaction that wrote at this time: the first after it that moved a record it speaks of."""
    for place, step in enumerate(made):
        if at is not None and at <= step.at <= at + _MOMENT and {saying.one, saying.other} & set(step.identifiers):
            return place
    return None
