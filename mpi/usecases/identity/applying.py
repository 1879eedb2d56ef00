"""Store what a component has been settled to: holds, links, golden ids, contested marks, and the events of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from linkage.partition import AssertionRank, Verdict
from mpi.domain import changes
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage, trace
from mpi.domain.settlement import Component, Member, Settlement
from mpi.domain.views import Event
from mpi.ports import Clock, Ids, Unit
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.telling import with_studies

INDEX = Caller("index", Role.ADMINISTRATOR, "")
"""Who makes and withdraws holds."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why identity is looked at again, for events, links and audit."""

    caller: Caller
    reason: str
    message_id: int | None = None


class Applying:
    """What every change of identity is written by. It works inside the caller's transaction."""

    def __init__(self, matching: Matching, clock: Clock, ids: Ids) -> None:
        self._matching = matching
        self._clock = clock
        self._ids = ids

    def apply(self, unit: Unit, component: Component, settlement: Settlement, cause: Cause) -> Lineage:
        """Make the component's holds, links and contested marks those of its settlement, and publish what changed."""
        lineage = self.hold(unit, component, settlement, cause)
        self.move(unit, component, settlement, lineage, cause, self._clock.now())
        return lineage

    def hold(self, unit: Unit, component: Component, settlement: Settlement, cause: Cause) -> Lineage:
        """Make its holds; returns who shall have which golden id."""
        self._hold(unit, settlement, cause)
        return self._lineage(unit, settlement, _staying(_held(component), _claimless(component)))

    def move(
        self,
        unit: Unit,
        component: Component,
        settlement: Settlement,
        lineage: Lineage,
        cause: Cause,
        at: datetime,
    ) -> None:
        """Make its links and contested marks, and publish what changed; `at` marks all events of the change. Of the
        component's edges those give the reason that join by themselves."""
        told = self._move(unit, _held(component), lineage, component, cause, at)
        told += self._contest(unit, component.members, settlement, lineage, cause)
        unit.outbox.publish(told, cause.caller, cause.message_id)

    def _hold(self, unit: Unit, settlement: Settlement, cause: Cause) -> None:
        now = self._clock.now()
        stamp = Stamp(Rank.FEED, now, now)
        holds = [Assertion(p, Verdict.SAME, AssertionRank.HOLD, stamp) for p in settlement.new_holds]
        unit.evidence.add_assertions(holds, INDEX, cause.reason)
        for spent in settlement.spent:
            if spent.id is not None:
                unit.evidence.withdraw(spent.id, INDEX, cause.reason)

    def _lineage(self, unit: Unit, settlement: Settlement, held: Mapping[Identifier, UUID]) -> Lineage:
        several = set(held.values())
        born = unit.identities.born(several) if len(several) > 1 else {}
        since = unit.identities.under_since(list(held)) if _splits(settlement.blocks, held) else {}
        return trace(settlement.blocks, held, lambda golden_id: born.get(golden_id, 0), self._ids.golden, since)

    def _move(
        self,
        unit: Unit,
        held: Mapping[Identifier, UUID],
        lineage: Lineage,
        component: Component,
        cause: Cause,
        at: datetime,
    ) -> list[Event]:
        moves = {i: golden for i, golden in lineage.golden_of.items() if held.get(i) != golden}
        unit.identities.create(lineage.minted)
        unit.identities.link(moves, held, self._reason(moves, component, cause))
        unit.identities.retire(lineage.retired)
        if parted := [identifier for identifier in moves if identifier in held]:
            unit.identities.follow(parted)
        return with_studies(unit, changes.events(held, lineage, at, cause.reason))

    def _reason(self, moves: Collection[Identifier], component: Component, cause: Cause) -> dict[str, Any]:
        """Why these links were made, in weights and with the model that gave them (promise 6)."""
        edges = [e for e in component.edges if e.joins and (e.pair.one in moves or e.pair.other in moves)]
        strongest = sorted(edges, key=lambda e: (-e.weight, e.pair))[:8]
        return {
            "cause": cause.reason,
            "message": cause.message_id,
            "model": self._matching.model.fingerprint,
            "edges": [[str(e.pair.one), str(e.pair.other), round(e.weight, 3), e.pattern.hex()] for e in strongest],
            "assertions": [a.id for a in component.assertions if a.pair.one in moves or a.pair.other in moves],
        }

    def _contest(
        self, unit: Unit, members: Sequence[Member], settlement: Settlement, lineage: Lineage, cause: Cause
    ) -> list[Event]:
        contested = settlement.contested_records
        unmoved = (member for member in members if lineage.golden_of[member.identifier] == member.golden_id)
        if contested == {member.identifier for member in unmoved if member.contested}:
            return []
        changed = unit.identities.mark_contested([member.identifier for member in members], contested)
        now = self._clock.now()
        told = [
            changes.contested(lineage.golden_of[i], i, now, cause.reason, is_so=is_so)
            for i, is_so in sorted(changed.items())
        ]
        return with_studies(unit, told)


def _held(component: Component) -> dict[Identifier, UUID]:
    """Who is under which golden id before the change."""
    return {m.identifier: m.golden_id for m in component.members if m.golden_id is not None}


def _splits(blocks: Sequence[Sequence[Identifier]], held: Mapping[Identifier, UUID]) -> bool:
    """Whether some golden id is claimed by two blocks."""
    claims = {(number, held[member]) for number, block in enumerate(blocks) for member in block if member in held}
    return len(claims) > len({golden_id for _, golden_id in claims})


def _staying(held: Mapping[Identifier, UUID], released: Collection[Identifier]) -> Mapping[Identifier, UUID]:
    """Who may claim a golden id: it stays with the person, not with the record that has become somebody else."""
    persons = {golden_id for identifier, golden_id in held.items() if identifier not in released}
    return {i: golden_id for i, golden_id in held.items() if i not in released or golden_id not in persons}


def _claimless(component: Component) -> Collection[Identifier]:
    """Who has no claim to a golden id that others have one to: somebody else now, or under it since what is taken
    back."""
    former = component.former
    if former is None:
        return component.released
    return {m.identifier for m in component.members if former.get(m.identifier) != m.golden_id}
