"""What a person must be asked about one component as it has been settled, besides what its edges ask."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.guard import Guard
from mpi.domain import questions
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Question
from mpi.domain.settlement import Component, Settlement
from mpi.ports import Unit
from mpi.usecases.identity.matching import Matching


def of_settled(matching: Matching, component: Component, settlement: Settlement) -> list[Question]:
    """Contested links, overlaid records, and golden identities with two verified NHS numbers."""
    asked = [questions.contested(pair, *weigh_pair(matching, component, pair)) for pair in settlement.contested]
    asked += [questions.overlaid(member.identifier) for member in component.members if member.overlaid]
    return asked + _doubled(matching, component, settlement)


def follow_merges(unit: Unit, added: Sequence[Assertion], withdrawn: Sequence[Assertion]) -> None:
    """Withdraw what a source has answered by merging two records that had one study or order, and ask it again when
    the merge is taken back; identity has followed already."""
    for merge in (made for made in added if made.subsumed is not None):
        unit.tasks.merged(_family(unit, merge.pair.one))
    for merge in (made for made in withdrawn if made.subsumed is not None):
        one, other = _family(unit, merge.pair.one), _family(unit, merge.pair.other)
        if one.isdisjoint(other):
            unit.tasks.unmerged(one, other)


def _family(unit: Unit, identifier: Identifier) -> frozenset[Identifier]:
    return frozenset(record.identifier for record in unit.records.family([identifier]))


def _doubled(matching: Matching, component: Component, settlement: Settlement) -> list[Question]:
    """One golden identity with two verified NHS numbers: only an assertion can have made it (V2-48)."""
    if not component.assertions:
        return []
    encoded = {member.identifier: member.encoded for member in component.members}
    found = []
    for block in settlement.blocks:
        known = [(identifier, row) for identifier in block if (row := encoded[identifier]) is not None]
        found += [questions.doubled(edge) for edge in [_first_doubled(matching, known)] if edge is not None]
    return found


def _first_doubled(matching: Matching, known: Sequence[tuple[Identifier, bytes]]) -> Edge | None:
    """The first pair with two verified NHS numbers. What says the same as one that has been looked at adds none."""
    rows = [row for _, row in known]
    looked_at: set[bytes] = set()
    for place, (one, row) in enumerate(known):
        if row in looked_at:
            continue
        looked_at.add(row)
        for (other, _), (weight, bits) in zip(
            known[place + 1 :], matching.score(row, rows[place + 1 :]), strict=True
        ):
            if bits & Guard.NHS_NUMBER_CONFLICT:
                return Edge(Pair.of(one, other), weight, Guard(bits), joins=False)
    return None


def weigh_pair(matching: Matching, component: Component, pair: Pair) -> tuple[float, Guard]:
    """Weight in log2 units and guards of two of its records; 0 when one takes no part by demographics."""
    encoded = {m.identifier: m.encoded for m in component.members}
    one, other = encoded[pair.one], encoded[pair.other]
    return (0.0, Guard.NONE) if one is None or other is None else matching.score_pair(one, other)
