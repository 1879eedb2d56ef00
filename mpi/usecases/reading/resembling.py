"""Which people demographics resemble, by the very keys and kernel that link records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mpi.domain.evidence import Edge
from mpi.domain.identifiers import Identifier
from mpi.ports import Unit
from mpi.usecases.identity.matching import Matching

_ASKED = Identifier("?", "?")  # stands for the demographics asked about, which are nobody's record


@dataclass(frozen=True, slots=True)
class Likeness:
    """A person and the best edge to them; `encoded` is the row of their record at its end."""

    golden_id: UUID
    edge: Edge
    encoded: bytes


def resembling(unit: Unit, matching: Matching, encoded: bytes, keys: Sequence[int]) -> list[Likeness]:
    """Whom an encoded row with its blocking keys resembles, heaviest first."""
    candidates = unit.records.candidates(keys, _ASKED)
    edges = matching.weigh(_ASKED, encoded, candidates)
    row_of = {candidate.identifier: candidate.encoded for candidate in candidates}
    golden_of = unit.identities.current([edge.pair.other_than(_ASKED) for edge in edges])
    by_golden: dict[UUID, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_golden[golden_of[edge.pair.other_than(_ASKED)]].append(edge)
    best = [(golden, min(es, key=lambda e: (-e.weight, e.pair))) for golden, es in by_golden.items()]
    return [
        Likeness(golden, edge, row_of[edge.pair.other_than(_ASKED)])
        for golden, edge in sorted(best, key=lambda item: (-item[1].weight, item[1].pair))
    ]
