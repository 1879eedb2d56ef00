"""Golden ids: stable, never reused, retired with a pointer; and who was believed to be whom (design 2 and 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mpi.domain.commands import Link, Merge, Unlink
from mpi.domain.views import Event, EventType
from mpi.errors import NotFound
from tests.integration.core.world import ADMINISTRATOR, World, at, nhs, of, other_person, person, register, study


def events(world: World, identifier: str) -> list[Event]:
    with world.index.units.begin() as unit:
        return unit.outbox.events(world.golden(identifier))


def test_a_merge_keeps_the_older_id_and_the_retired_one_redirects(world: World) -> None:
    """Design 4, golden ids; SEC-10."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    older, younger = world.golden("BOL|1"), world.golden("BOL|2")
    world.tell(Merge(of("BOL|2"), of("BOL|1"), at(5)))
    assert world.golden("BOL|2") == older
    shown = world.query.person(younger, ADMINISTRATOR)
    assert (shown.golden_id, shown.requested_id) == (older, younger)
    assert {r.identifier for r in shown.records} == {of("BOL|1"), of("BOL|2")}


def test_retired_ids_redirect_along_a_chain(world: World) -> None:
    """SEC-10."""
    for name, patch in (("1", person()), ("2", other_person()), ("3", person("Rahman", "Omar", "1990-07-21"))):
        world.tell(register(f"BOL|{name}", 1, patch))
    ids = [world.golden(f"BOL|{name}") for name in "123"]
    world.tell(Link(of("BOL|2"), of("BOL|3"), at(5)), Link(of("BOL|1"), of("BOL|2"), at(6)))
    # BOL|1's id is the oldest, but two records held the other: the bigger half keeps its id.
    assert {world.query.person(i, ADMINISTRATOR).golden_id for i in ids} == {ids[1]}


def test_a_split_mints_a_new_id_and_never_revives_a_retired_one(world: World) -> None:
    """Design 4: ids are never reused."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    retired = world.golden("BOL|2")
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)), Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    assert world.golden("BOL|2") != retired
    # It leads to the person it stood for: an archive that still has it must not be told of somebody else.
    assert world.query.person(retired, ADMINISTRATOR).golden_id == world.golden("BOL|2")


def test_a_retired_id_whose_records_are_parted_stays_with_its_successor(world: World) -> None:
    """Design 4: it stood for both, and nobody can say for whom an archive has kept it."""
    people = (person(), other_person(), person("Rahman", "Omar", "1990-07-21"), person("Novak", "Jana", "1999-12-03"))
    for number, patch in enumerate(people, 1):
        world.tell(register(f"BOL|{number}", 1, patch))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)), Link(of("BOL|3"), of("BOL|4"), at(6)))
    retired = world.golden("BOL|3")
    world.tell(Link(of("BOL|1"), of("BOL|3"), at(7)))
    assert world.golden("BOL|4") == world.golden("BOL|1") != retired
    world.tell(Unlink(of("BOL|3"), of("BOL|4"), at(8)))
    assert world.golden("BOL|4") != world.golden("BOL|3")
    assert world.query.person(retired, ADMINISTRATOR).golden_id == world.golden("BOL|1")
    world.verify()


def test_an_unknown_golden_id_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.query.person(uuid4(), ADMINISTRATOR)


def test_every_event_tells_the_old_and_the_new_golden_id(world: World) -> None:
    """Design 9: archives cache ids, so create, join, merge and move carry both."""
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same), register("BOL|2", 3, other_person()))
    world.imaging.register(study("1.2.3", "BOL|2"), ADMINISTRATOR)
    kept, lost = world.golden("BOL|1"), world.golden("BOL|2")
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)), Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    told = [(e.type, e.old_golden_ids, e.new_golden_ids, e.identifiers, e.studies) for e in events(world, "BOL|1")]
    assert told == [
        (EventType.IDENTITY_CREATED, (), (kept,), (of("BOL|1"),), ()),
        (EventType.RECORD_JOINED, (), (kept,), (of("CHR|1"),), ()),
        (EventType.IDENTITY_MERGED, (lost,), (kept,), (of("BOL|2"),), ("1.2.3",)),
        (EventType.RECORD_MOVED, (kept,), (world.golden("BOL|2"),), (of("BOL|2"),), ("1.2.3",)),
    ]


def test_who_did_we_think_this_was(world: World) -> None:
    """Promise 4: as of any moment; the answer of then does not change."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    apart = datetime.now(UTC)
    younger = world.golden("BOL|2")
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)))
    linked = datetime.now(UTC)
    world.tell(Unlink(of("BOL|1"), of("BOL|2"), at(6)))

    then = world.query.person_of(of("BOL|2"), ADMINISTRATOR, as_of=apart)
    assert (then.golden_id, [r.identifier for r in then.records]) == (younger, [of("BOL|2")])
    assert then.updated_at is not None
    then = world.query.person_of(of("BOL|2"), ADMINISTRATOR, as_of=linked)
    assert [r.identifier for r in then.records] == [of("BOL|1"), of("BOL|2")]
    with pytest.raises(NotFound):
        world.query.person_of(of("BOL|2"), ADMINISTRATOR, as_of=apart - timedelta(days=1))


def test_a_merge_taken_back_leaves_each_golden_id_with_its_own_person(world: World) -> None:
    """Promise 4: images that carry the id stay the patient's, whichever record comes first by its name."""
    world.tell(register("STO|9", 1), register("BOL|1", 2, other_person()))
    stockport = world.golden("STO|9")
    made = world.review.assert_pair(of("BOL|1"), of("STO|9"), True, "", ADMINISTRATOR).assertions[0]
    assert world.golden("BOL|1") == stockport
    world.review.withdraw(made, "", ADMINISTRATOR)
    assert world.golden("STO|9") == stockport
    assert world.golden("BOL|1") != stockport
    world.verify()
