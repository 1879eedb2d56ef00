"""What a person must be asked about one component as it has been settled, besides what its edges ask."""

from __future__ import annotations

from itertools import combinations

from linkage.guard import Guard
from mpi.domain import questions
from mpi.domain.evidence import Edge, Pair
from mpi.domain.questions import Question
from mpi.domain.settlement import Component, Settlement
from mpi.usecases.matching import Matching


def of_settled(matching: Matching, component: Component, settlement: Settlement) -> list[Question]:
    """Contested links, overlaid records, and golden identities with two verified NHS numbers."""
    asked = [questions.contested(pair, *weigh_pair(matching, component, pair)) for pair in settlement.contested]
    asked += [questions.overlaid(member.identifier) for member in component.members if member.overlaid]
    return asked + _doubled(matching, component, settlement)


def _doubled(matching: Matching, component: Component, settlement: Settlement) -> list[Question]:
    """One golden identity with two verified NHS numbers: only an assertion can have made it (V2-48)."""
    if not component.assertions:
        return []
    found = []
    for block in settlement.blocks:
        for one, other in combinations(block, 2):
            pair = Pair.of(one, other)
            weight, guards = weigh_pair(matching, component, pair)
            if guards & Guard.NHS_NUMBER_CONFLICT:
                found.append(questions.doubled(Edge(pair, weight, guards, joins=False)))
                break
    return found


def weigh_pair(matching: Matching, component: Component, pair: Pair) -> tuple[float, Guard]:
    """Weight in log2 units and guards of two of its records; 0 when one takes no part by demographics."""
    encoded = {m.identifier: m.encoded for m in component.members}
    one, other = encoded[pair.one], encoded[pair.other]
    return (0.0, Guard.NONE) if one is None or other is None else matching.score_pair(one, other)
