"""Which questions a person must be asked about golden identities as they now stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from linkage.guard import Guard
from mpi.domain.evidence import Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.views import TaskKind

_REASONS = {
    Guard.NHS_NUMBER_CONFLICT: "two different verified NHS numbers",
    Guard.NHS_NUMBER_CONFUSION: "one NHS number, but the other details are of two people",
    Guard.MULTIPLE_BIRTH: "same birth date and family, different forename or birth order: perhaps twins",
    Guard.UNIDENTIFIED: "one of the records is of an unidentified patient",
    Guard.PLACEHOLDER_NAME: "a newborn's placeholder stands for the forename",
    Guard.STOPPED: "automatic linking is switched off for one of the feeds",
    Guard.WEAK_IDENTITY: "too little is known to be sure",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question for a person; its key is `(kind, pair)`. `pattern`: the comparison levels of its edge."""

    kind: TaskKind
    pair: Pair
    weight: float
    guards: Guard
    reason: str
    pattern: bytes = b""

    @property
    def shared_pattern(self) -> bytes | None:
        """The pattern by which it is one of many alike; None where two records of one authority ask."""
        apart = self.pair.one.authority != self.pair.other.authority
        return self.pattern if self.pattern and apart and self.kind is TaskKind.POSSIBLE_MATCH else None


def overlaid(identifier: Identifier) -> Question:
    """Who a record is since an update that turned it into somebody else."""
    reason = "an update changed name, date of birth and sex at once"
    return Question(TaskKind.OVERLAY, Pair.of(identifier, identifier), 0.0, Guard.NONE, reason)


@dataclass(frozen=True, slots=True)
class Placed:
    """An edge with the golden ids its two ends stand under; None for a record that has none yet."""

    edge: Edge
    one: UUID | None
    other: UUID | None


def between(placed: Iterable[Placed], apart: frozenset[frozenset[UUID]], certain: float) -> list[Question]:
    """One question for each pair of golden identities with evidence between them that could not join them.

    The heaviest edge asks it (ties by record). `apart` are pairs of golden ids with a DIFFERENT assertion: settled.
    """
    best: dict[frozenset[UUID], Edge] = {}
    for item in placed:
        if item.one is None or item.other is None or item.one == item.other:
            continue
        sides = frozenset((item.one, item.other))
        if sides not in apart:
            held = best.get(sides)
            if held is None or (-item.edge.weight, item.edge.pair) < (-held.weight, held.pair):
                best[sides] = item.edge
    return [_ask(edge, certain) for edge in best.values()]


def doubled(edge: Edge) -> Question:
    """The question of one golden identity that holds two verified NHS numbers (V2-48, NHS-11)."""
    kind = TaskKind.NHS_NUMBER_DUPLICATE
    return Question(kind, edge.pair, edge.weight, edge.guards, "one person holds two different verified NHS numbers")


def contested(pair: Pair, weight: float, guards: Guard) -> Question:
    """The question of a link that only a hold keeps."""
    reason = "linked before, but the newer evidence no longer says so"
    return Question(TaskKind.CONTESTED_LINK, pair, weight, guards, reason)


def _ask(edge: Edge, certain: float) -> Question:
    if edge.guards & Guard.NHS_NUMBER_CONFUSION:
        kind = TaskKind.NHS_NUMBER_CONFUSION
    elif edge.guards & Guard.NHS_NUMBER_CONFLICT:
        kind = TaskKind.NHS_NUMBER_DUPLICATE
    else:
        kind = TaskKind.POSSIBLE_MATCH
    reasons = [text for guard, text in _REASONS.items() if edge.guards & guard]
    if not reasons:
        strong = edge.weight >= certain
        reasons = ["would join records that contradict one another" if strong else "alike, but not enough to be sure"]
    return Question(kind, edge.pair, edge.weight, edge.guards, "; ".join(reasons), edge.pattern)
