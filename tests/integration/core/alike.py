"""Many pairs of records of one pattern that are neither sure nor contradicted, for reviewers to answer alike."""

from __future__ import annotations

from typing import Any

from mpi.domain.commands import Field, Patch
from mpi.domain.views import TaskKind
from tests.integration.core.world import World, person, register

FAMILIES = ("Jones", "Smith", "Khan")
GIVEN = ("Mary", "Margaret")
TOWNS = ("M1", "OL2", "BL3", "SK4", "WN5")


def record(number: int, moved: bool, **more: Any) -> Patch:
    """What a trust says of the person of this number, who has a common name; `moved`: at another address."""
    return person(
        FAMILIES[number % 3],
        GIVEN[number % 2],
        f"{1926 + 7 * number % 79}-{1 + number % 9:02}-{10 + number % 17}",
        postcode=f"{TOWNS[(number + 2 * moved) % 5]} {number % 10}{'AB'[moved]}Q",
        lines=(f"{number + 1} {'Mill Row' if moved else 'Quay Street'}",),
        **more,
    )


def alike(world: World, many: int, first: int = 1000, *, phones: bool = False) -> list[int]:
    """So many pairs, one record at Bolton and one at the Christie; returns the ids of their tasks. `phones`: they
    have some, which differ: another pattern."""
    for number in range(first, first + many):
        for authority, moved in (("BOL", False), ("CHR", True)):
            more = {Field.PHONES: (f"0161 496 {2 * number % 10_000 + moved:04}",)} if phones else {}
            world.tell(register(f"{authority}|{number}", 1, record(number, moved, more=more)))
    wanted = {str(number) for number in range(first, first + many)}
    return [task.id for task in world.tasks(TaskKind.POSSIBLE_MATCH) if task.one.value in wanted]
