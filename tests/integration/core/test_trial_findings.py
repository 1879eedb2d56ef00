"""What a sceptical user found: confidential records, tidied and reused numbers, clocks that run ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linkage.record import Sex
from mpi.domain.commands import Delete, Field, Merge, Rank, Register, Stamp, Status
from mpi.domain.views import RecordState, ResolutionState, SearchCriteria, TaskKind
from mpi.errors import Fault, Forbidden
from tests.integration.core.world import ADMINISTRATOR, REVIEWER, World, at, of, other_person, person, register


def test_nhs_58_a_reviewer_cannot_link_a_confidential_record(world: World) -> None:
    world.tell(register("BOL|1", 1), register("GUM|1", 2))
    with pytest.raises(Forbidden):
        world.review.assert_pair(of("BOL|1"), of("GUM|1"), True, "the same person", REVIEWER)
    assert not world.together("BOL|1", "GUM|1")


def test_nhs_58_a_search_by_name_finds_no_confidential_record(world: World) -> None:
    world.tell(register("GUM|1", 1))
    family = person()[Field.NAMES][0].family  # type: ignore[index, union-attr]
    by_name = world.query.search(SearchCriteria(family=family), ADMINISTRATOR)
    by_number = world.query.search(SearchCriteria(identifier=of("GUM|1")), ADMINISTRATOR)
    assert (by_name, len(by_number)) == ((), 1)


def test_a29_of_a_merged_number_leaves_the_living_patient(world: World) -> None:
    world.tell(register("BOL|1", 1), register("BOL|2", 2), Merge(of("BOL|1"), of("BOL|2"), at(3)))
    world.tell(Delete(of("BOL|2"), at(4)))
    assert world.record("BOL|1").state is RecordState.LIVE
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN
    assert world.verify().differences == ()


def test_an_inactive_patient_sent_under_a_merged_number_leaves_the_living_one(world: World) -> None:
    """A FHIR PUT with active false carries demographics beside it."""
    world.tell(register("BOL|1", 1), register("BOL|2", 2), Merge(of("BOL|1"), of("BOL|2"), at(3)))
    world.tell(register("BOL|2", 4, {**other_person(), Field.ACTIVE: False}))
    assert world.record("BOL|1").state is RecordState.LIVE
    assert world.record("BOL|1").registers.value(Field.NAMES) == person()[Field.NAMES]
    assert world.verify().differences == ()


def test_v2_62_a_reused_number_makes_the_survivor_ambiguous_until_somebody_has_looked(world: World) -> None:
    world.tell(register("BOL|1", 1), register("BOL|2", 2), Merge(of("BOL|1"), of("BOL|2"), at(3)))
    world.tell(register("BOL|2", 4, other_person(sex=Sex.FEMALE)))
    assert world.task(TaskKind.LATE_MESSAGE).id in world.resolve("BOL|1").task_ids
    assert world.resolve("BOL|1").state is ResolutionState.AMBIGUOUS


def test_v2_60_an_event_from_the_future_is_refused_and_silences_nothing(world: World) -> None:
    ahead = datetime.now(UTC) + timedelta(days=3)
    world.tell(register("BOL|1", 1))
    receipt = world.send(Register((of("BOL|1"),), other_person(), Stamp(Rank.FEED, ahead, ahead)))
    assert (receipt.status, receipt.fault) == (Status.REFUSED, Fault.BAD_VALUE)
    world.tell(register("BOL|1", 2, other_person(sex=Sex.FEMALE)))
    assert world.record("BOL|1").registers.value(Field.NAMES) == other_person()[Field.NAMES]


def test_what_was_refused_can_be_listed_and_read_as_it_came(world: World) -> None:
    receipt = world.send(Merge(of("BOL|1"), of("BOL|1"), at(1)))
    quarantine = world.index.quarantine
    (kept,) = quarantine.list(ADMINISTRATOR).messages
    assert (kept.id, kept.fault) == (receipt.message_id, Fault.SELF_MERGE)
    assert quarantine.raw(receipt.message_id, ADMINISTRATOR)
    with pytest.raises(Forbidden):
        quarantine.list(REVIEWER)
