"""Dozens of records that nobody can tell apart: test patients, a ward's baby boys, people without a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from linkage.kernel import score
from mpi.db.evidence import EvidenceStore
from mpi.domain.commands import Field, Merge
from mpi.domain.identifiers import Identifier
from mpi.usecases.identity import matching
from tests.integration.core.world import World, at, nhs, of, person, register

CROWD = 40


def phone(number: int) -> dict[Field, Any]:
    return {Field.PHONES: (f"07700 9{number:05d}",)}


def test_a_message_about_one_of_many_look_alikes_reads_no_edge_inside_their_identity(world: World) -> None:
    """Issue: a feed that registers test patients must not stall: between n of them are n(n - 1) / 2 edges."""
    world.tell(*(register(f"BOL|{n}", n) for n in range(CROWD)))
    assert (world.count("edge"), len(world.partition())) == (CROWD * (CROWD - 1) // 2, 1)
    read: list[int] = []
    weighed: list[int] = []

    def bearing_on(store: EvidenceStore, identifiers: Sequence[Identifier]) -> Any:
        found = real(store, identifiers)
        read.append(len(found[0]))
        return found

    def counted(one: bytes, many: Sequence[bytes], model: Any) -> Any:
        weighed.append(len(many))
        return score(one, many, model)

    real = EvidenceStore.bearing_on
    with patch.object(EvidenceStore, "bearing_on", bearing_on), patch.object(matching, "score", counted):
        world.tell(register("BOL|3", CROWD, person(more=phone(3))))
        world.tell(register("BOL|new", CROWD + 1))
    assert read == [0, CROWD]
    assert sum(weighed) < 4 * CROWD
    assert len(world.partition()) == 1
    world.verify()
    world.check_questions()


def test_look_alikes_stay_apart_from_whom_a_number_tells_apart(world: World) -> None:
    """NHS-11: of many alike some have verified numbers; whatever is said later, that settles as all at once."""
    for n in range(12):
        number = {3: nhs(1), 5: nhs(2), 7: nhs(1)}.get(n, "")
        world.tell(register(f"BOL|{n:02}", n, person(number=number, more=phone(n % 4))))
    world.tell(Merge(of("BOL|00"), of("BOL|01"), at(20)))
    # One of them turns out to be somebody else altogether.
    world.tell(register("BOL|02", 30, person("Whitworth", "Bernard", "1938-11-25", more=phone(2))))
    world.verify()
    world.check_questions()
    assert world.together("BOL|03", "BOL|07")
    assert not world.together("BOL|03", "BOL|05")
