"""What speaks against two groups of records being one person, by the very kernel that links records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from linkage.explain import GUARD_WORDS, Explanation, label
from linkage.guard import CONFLICTS, Guard
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record
from mpi.ports import Unit
from mpi.usecases.identity.matching import Matching

_INCOMPARABLE = "nothing of these records can be compared"
_ONE_DIED = "one is recorded as dead, the other is not"


@dataclass(frozen=True, slots=True)
class Contradictions:
    """`told` in words, without any value of a record. `unlike`: some pair across has a conflict guard, or not even
    the likest pair is a possible match to the model."""

    told: tuple[str, ...] = ()
    unlike: bool = False


NOTHING_AGAINST = Contradictions()


def contradictions(
    unit: Unit, matching: Matching, ones: Collection[Identifier], others: Collection[Identifier]
) -> Contradictions:
    """What contradicts between records that would be joined; of the fields that of the likest pair."""
    if not others:
        return NOTHING_AGAINST
    records = unit.records.of_identifiers([*ones, *others])
    one_side = [record for record in records if record.identifier in set(ones)]
    other_side = [record for record in records if record.identifier in set(others)]
    died = [_ONE_DIED] if _has_died(one_side) != _has_died(other_side) else []
    explanation, guards = _likest(matching, one_side, other_side)
    if explanation is None:
        return Contradictions((_INCOMPARABLE, *died), unlike=True)
    told = [*(GUARD_WORDS[guard] for guard in guards), *_against(matching, explanation), *died]
    return Contradictions(tuple(told), bool(guards) or explanation.total < matching.model.possible)


def between_people(unit: Unit, matching: Matching, one: Identifier, other: Identifier) -> Contradictions:
    """What contradicts between the two people that two records are under now; nothing where it is one."""
    golden_of = unit.identities.current([one, other])
    if len(set(golden_of.values())) < 2:
        return NOTHING_AGAINST
    sides = ([r.identifier for r in unit.records.of_golden([golden_of[end]])] for end in (one, other))
    return contradictions(unit, matching, *sides)


def _has_died(records: Sequence[Record]) -> bool:
    return any(record.registers.death is not None for record in records)


def _likest(matching: Matching, ones: Sequence[Record], others: Sequence[Record]) -> tuple[Explanation | None, Guard]:
    """Why the heaviest pair weighs what it weighs, and the conflict guards of all pairs."""
    rows = [record.encoded for record in others if record.encoded is not None]
    scored = [
        (weight, bits, record.encoded, row)
        for record in ones
        if record.encoded is not None and rows
        for (weight, bits), row in zip(matching.score(record.encoded, rows), rows, strict=True)
    ]
    if not scored:
        return None, Guard.NONE
    _, _, one, other = max(scored, key=lambda pair: pair[0])
    return matching.explanation(one, other), reduce(or_, (Guard(bits) for _, bits, _, _ in scored)) & CONFLICTS


def _against(matching: Matching, explanation: Explanation) -> list[str]:
    compared = matching.model.comparisons
    return [
        f"{label(line.comparison, compared)}: {line.words}"
        for line in explanation.lines
        if line.weight + line.adjustment < 0
    ]
