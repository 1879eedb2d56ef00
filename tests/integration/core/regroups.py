"""Two people to be moved, split and merged by hand, and what does it."""

from __future__ import annotations

from mpi.domain.access import Caller
from mpi.domain.regrouping import Regroup, Wish
from mpi.usecases.deciding.acting import Acting
from mpi.usecases.deciding.acts import Acts
from mpi.usecases.deciding.rehearsing import Rehearsing
from mpi.usecases.identity.asserting import Asserting
from tests.integration.core.world import (
    ARCHIVE,
    REVIEWER,
    World,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

ADA, BERNARD = person(number=nhs(1), status="02"), other_person(number=nhs(2), status="02")


def regrouping(world: World, most_studies: int = 20) -> Acts:
    index = world.index
    acting = Acting(index.matching, Asserting(index.matching, index.rematch, index.clock))
    return Acts(index.units, acting, Rehearsing(index.units, index.network, most_studies))


def two_people(world: World) -> World:
    """Ada at Bolton (twice) and the Christie, whose study it is; Bernard at Bolton and the Christie."""
    world.tell(
        register("BOL|1", 1, ADA),
        register("CHR|1", 2, ADA),
        register("BOL|2", 3, ADA),
        register("BOL|9", 4, BERNARD),
        register("CHR|9", 5, BERNARD),
    )
    world.imaging.register(study("1.1", "CHR|1"), ARCHIVE)
    assert world.together("BOL|1", "CHR|1", "BOL|2")
    assert world.together("BOL|9", "CHR|9")
    return world


def wish(world: World, kind: Regroup, *records: str, of_: str = "BOL|1", other: str = "") -> Wish:
    return Wish(kind, world.golden(of_), tuple(map(of, records)), world.golden(other) if other else None)


def do(world: World, asked: Wish, caller: Caller = REVIEWER) -> tuple[int, ...]:
    acts = regrouping(world)
    done = acts.apply(asked, acts.preview(asked, caller).mark, "Checked with the trust", caller)
    assert done.task is None, "it takes two people"
    return done.assertions


def everything(world: World) -> object:
    tables = ("link", "assertion", "task", "event", "delivery", "golden_identity", "source_record")
    return [world.rows(f"select * from {table} order by 1") for table in tables]


CASES = [
    (Regroup.SPLIT, ("CHR|1",), "", {"CHR|1"}),
    (Regroup.SPLIT, ("CHR|1", "BOL|2"), "", {"CHR|1", "BOL|2"}),
    (Regroup.MOVE, ("CHR|1",), "BOL|9", {"CHR|1", "BOL|9", "CHR|9"}),
    (Regroup.MOVE, ("BOL|2", "CHR|1"), "BOL|9", {"BOL|2", "CHR|1", "BOL|9", "CHR|9"}),
    (Regroup.MERGE, (), "BOL|9", {"BOL|1", "BOL|2", "CHR|1", "BOL|9", "CHR|9"}),
]
