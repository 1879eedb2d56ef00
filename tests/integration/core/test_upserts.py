"""What registrations, updates and deletions do to one record (standards 1.4, 1.6)."""

from __future__ import annotations

from itertools import permutations

import pytest

from linkage.record import Name
from mpi.domain.commands import Death, Delete, Field, NoEffect, Register, Status
from mpi.domain.views import RecordState, ResolutionState
from mpi.errors import NotFound
from tests.integration.core.world import ADMINISTRATOR, World, at, of, person, register

PHONE = {Field.PHONES: ("0161 496 0000",)}


def death(world: World) -> Death | None:
    return world.query.person_of(of("BOL|1"), ADMINISTRATOR).death


def test_a28_creates_and_a31_updates_the_same_record(world: World) -> None:
    """Standards 1.4, A28 and A31: an existing id is an update, not a duplicate."""
    assert world.send(register("BOL|1", 1)).created
    assert not world.send(register("BOL|1", 2, person(family="Balogun"))).created
    found = world.query.person_of(of("BOL|1"), ADMINISTRATOR)
    assert [r.identifier for r in found.records] == [of("BOL|1")]
    assert found.demographics.names == (Name("Balogun", "Adaeze"),)
    assert found.demographics.previous_names == (Name("Okonkwo", "Adaeze"),)


def test_a31_for_an_unknown_patient_inserts(world: World) -> None:
    """Standards 1.4, A08 and A31."""
    assert world.send(register("BOL|1", 1), event="A31").created
    assert world.record("BOL|1").state is RecordState.LIVE


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_v2_61_each_field_keeps_its_latest_telling_whatever_the_order_of_arrival(
    world: World, order: tuple[int, ...]
) -> None:
    """V2-61: the phone stands only in the oldest message, the NHS status only in the middle one."""
    told = [
        register("BOL|1", 1, person(more=PHONE)),
        register("BOL|1", 2, person(postcode="M1 1AA", more={Field.GP_PRACTICE: "P81001"})),
        register("BOL|1", 3, person(family="Balogun", postcode="M2 2BB")),
    ]
    world.tell(*(told[i] for i in order))
    shown = world.record("BOL|1").registers.demographics
    assert shown.names == (Name("Balogun", "Adaeze"),)
    assert [a.postcode for a in shown.addresses] == ["M2 2BB"]
    assert [a.postcode for a in shown.previous_addresses] == ["M1 1AA", "M13 9WL"]
    assert (shown.phones, shown.gp_practice) == (("0161 496 0000",), "P81001")
    world.verify()


def test_v2_60_arrival_settles_two_tellings_of_one_moment(world: World) -> None:
    """V2-60: a tie of event time is settled by arrival."""
    world.tell(register("BOL|1", 1, person(family="First")), register("BOL|1", 1, person(family="Second")))
    assert world.record("BOL|1").registers.demographics.names[0].family == "Second"


def test_v2_22_absent_keeps_and_null_deletes(world: World) -> None:
    """V2-22."""
    world.tell(register("BOL|1", 1, person(more=PHONE)), register("BOL|1", 2, person()))
    assert world.record("BOL|1").registers.demographics.phones == ("0161 496 0000",)
    world.tell(register("BOL|1", 3, {Field.PHONES: None}))
    after = world.record("BOL|1").registers.demographics
    assert (after.phones, after.birth_date) == ((), "1961-03-07")


def test_v2_22_an_older_value_does_not_come_back_after_a_deletion(world: World) -> None:
    """V2-22 with V2-61: the late older message must not undo the newer null."""
    world.tell(
        register("BOL|1", 3, {Field.PHONES: None, Field.ACTIVE: True}), register("BOL|1", 1, person(more=PHONE))
    )
    assert world.record("BOL|1").registers.demographics.phones == ()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a13_retracts_the_death_that_a03_told(world: World, order: tuple[int, ...]) -> None:
    """Standards 1.4, A03 and A13, in any order of arrival."""
    told = [
        register("BOL|1", 1),
        register("BOL|1", 2, {Field.DISCHARGE_DEATH: Death("2024-01-01T00:02"), Field.ACTIVE: True}),
        register("BOL|1", 3, {Field.DISCHARGE_DEATH: None, Field.ACTIVE: True}),
    ]
    world.tell(*(told[i] for i in order[:-1]))
    world.tell(told[order[-1]])
    assert death(world) is None


def test_a13_does_not_retract_a_death_told_by_another_event(world: World) -> None:
    """Standards 1.4, A13: only the death of that discharge; PID-30 of an A31 stays until a null."""
    world.tell(
        register("BOL|1", 1, person(more={Field.DEATH: Death("2024")})),
        register("BOL|1", 2, {Field.DISCHARGE_DEATH: Death("2024-01-01")}),
        register("BOL|1", 3, {Field.DISCHARGE_DEATH: None}),
    )
    assert death(world) == Death("2024")
    world.tell(register("BOL|1", 4, {Field.DEATH: None}))
    assert death(world) is None


def test_a29_is_a_tombstone_and_a28_revives(world: World) -> None:
    """Standards 1.4, A29: inactive and out of PIX answers, nothing lost, reversible."""
    world.tell(register("BOL|1", 1), Delete(of("BOL|1"), at(2)))
    assert world.record("BOL|1").state is RecordState.DELETED
    with pytest.raises(NotFound):
        world.query.cross_references(of("BOL|1"), ADMINISTRATOR)
    assert world.count("source_update") == 2
    world.tell(register("BOL|1", 3))
    assert world.record("BOL|1").state is RecordState.LIVE
    world.verify()


def test_a29_of_one_record_withdraws_only_it_from_the_persons_identifiers(world: World) -> None:
    """Standards 1.4, A29: withdrawn from PIX answers."""
    same = person(number="9990000018")
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same), Delete(of("CHR|1"), at(3)))
    told = world.query.cross_references(of("BOL|1"), ADMINISTRATOR).identifiers
    assert told == (of("NHS|9990000018"),)


def test_a28_that_happened_before_the_a29_does_not_revive(world: World) -> None:
    """Standards 1.6: a late message is ranked by its event time."""
    world.tell(Delete(of("BOL|1"), at(2)), register("BOL|1", 1))
    assert world.record("BOL|1").state is RecordState.DELETED


@pytest.mark.parametrize("event", ["A11", "A12", "A23"])
def test_cancellations_of_visits_change_no_identity(world: World, event: str) -> None:
    """Standards 1.4, A11, A12, A23: the patient still resolves."""
    world.tell(register("BOL|1", 1))
    before = world.records()
    assert world.send(NoEffect(of("BOL|1"), at(2)), event=event).status is Status.ACCEPTED
    assert world.records() == before
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN


def test_v2_25_an_identifier_missing_from_a_later_list_stays_linked(world: World) -> None:
    """V2-25: removal needs its own event."""
    both = (of("BOL|1"), of("BOL|2"))
    world.tell(Register(both, person(), at(1)), register("BOL|1", 2))
    assert world.together("BOL|1", "BOL|2")
