"""A40 and A47: merges, renames, late messages and unmerging (V2-40 to V2-48, V2-62)."""

from __future__ import annotations

from itertools import permutations

import pytest

from linkage.record import Name, Sex
from mpi.domain.commands import Command, Field, Merge, Rename, Unlink
from mpi.domain.views import RecordState, TaskKind
from mpi.errors import Fault
from tests.integration.core.world import (
    ADMINISTRATOR,
    SENIOR,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
)

SURVIVOR, PRIOR = "BOL|1", "BOL|2"
SAMIRA = person("Rahman", "Samira", "1990-07-21", Sex.FEMALE, postcode="OL1 1AA", lines=("9 Moss Row",))


def merge(survivor: str, prior: str, minute: float) -> Merge:
    return Merge(of(survivor), of(prior), at(minute))


def merge_of(world: World, prior: str) -> int:
    """The id of the standing assertion that merged `prior` away."""
    (row,) = world.rows(
        "select a.id from assertion a join source_record r on r.id = a.subsumed_id"
        " where a.withdrawn_at is null and r.authority || '|' || r.value = :i",
        i=prior,
    )
    return int(row.id)


def test_a40_subsumes_the_prior_and_joins_it_to_the_survivor(world: World) -> None:
    """Standards 1.4, A40: PID survives, MRG-1 is an alias from now on."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1, other_person()), merge(SURVIVOR, PRIOR, 5))
    assert world.together(SURVIVOR, PRIOR)
    assert world.record(PRIOR).state is RecordState.SUBSUMED
    resolved = world.resolve(PRIOR)
    assert (resolved.subsumed_by, resolved.identifiers) == (of(SURVIVOR), (of(SURVIVOR),))
    world.verify()


def test_v2_44_a_merge_brings_no_demographics(world: World) -> None:
    """V2-44: the survivor says after the A40 what it said before."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 2, other_person()))
    before = world.record(SURVIVOR).registers
    world.tell(merge(SURVIVOR, PRIOR, 5))
    assert world.record(SURVIVOR).registers == before


def test_v2_40_a_merge_onto_an_unknown_survivor_renames(world: World) -> None:
    """V2-40: the survivor takes over all that was said of the prior."""
    world.tell(register(PRIOR, 1, other_person(nhs(1))), merge(SURVIVOR, PRIOR, 5))
    assert world.record(SURVIVOR).state is RecordState.LIVE
    assert world.record(SURVIVOR).registers.demographics.nhs_number == nhs(1)
    assert world.resolve(PRIOR).subsumed_by == of(SURVIVOR)
    world.verify()


def test_v2_40_a_partial_update_after_the_rename_keeps_the_rest(world: World) -> None:
    """V2-40 with V2-22: absent fields of an A08 for the new identifier leave the stored values alone."""
    world.tell(
        register(PRIOR, 1, other_person(nhs(1))),
        merge(SURVIVOR, PRIOR, 5),
        register(SURVIVOR, 6, {Field.PHONES: ("0161 496 0000",), Field.ACTIVE: True}),
    )
    shown = world.record(SURVIVOR).registers.demographics
    assert shown.phones == ("0161 496 0000",)
    assert (shown.names, shown.nhs_number) == ((Name("Whitworth", "Bernard"),), nhs(1))
    world.verify()


@pytest.mark.parametrize("event", ["A01", "A08"])
@pytest.mark.parametrize("minute", [1, 9])
def test_v2_41_a_late_message_for_an_unknown_prior_does_not_revive_it(world: World, event: str, minute: int) -> None:
    """V2-41: MRG-1 unknown is no error, and is remembered."""
    world.tell(register(SURVIVOR, 1), merge(SURVIVOR, PRIOR, 5))
    world.send(register(PRIOR, minute, person(family="Balogun")), event=event)
    assert world.record(PRIOR).state is RecordState.SUBSUMED
    assert world.together(SURVIVOR, PRIOR)
    assert world.query.cross_references(of(PRIOR), ADMINISTRATOR).identifiers == (of(SURVIVOR),)
    world.verify()


def test_v2_62_a_message_after_the_merge_belongs_to_the_survivor_and_raises_a_task(world: World) -> None:
    """V2-62."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1), merge(SURVIVOR, PRIOR, 5))
    world.tell(register(PRIOR, 9, person(family="Balogun")))
    assert world.record(SURVIVOR).registers.demographics.names[0].family == "Balogun"
    assert world.record(PRIOR).registers.demographics.names[0].family == "Okonkwo"
    assert world.record(PRIOR).state is RecordState.SUBSUMED
    late = world.task(TaskKind.LATE_MESSAGE)
    assert {late.one, late.other} == {of(SURVIVOR), of(PRIOR)}
    world.verify()


def test_v2_62_a_message_from_before_the_merge_stays_with_the_prior(world: World) -> None:
    """V2-62, V2-61: said before the merge, so it was about the prior."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1), merge(SURVIVOR, PRIOR, 5))
    world.tell(register(PRIOR, 3, person(family="Balogun")))
    assert world.record(SURVIVOR).registers.demographics.names[0].family == "Okonkwo"
    assert world.tasks(TaskKind.LATE_MESSAGE) == []
    world.verify()


REFUSED = {
    "self": (merge("BOL|1", "BOL|1", 9), Fault.SELF_MERGE),
    "prior merged before": (merge("BOL|3", "BOL|2", 9), Fault.ALREADY_SUBSUMED),
    "survivor merged before": (merge("BOL|2", "BOL|3", 9), Fault.ALREADY_SUBSUMED),
    "circle": (merge("BOL|2", "BOL|1", 9), Fault.ALREADY_SUBSUMED),
    "circle, told late": (merge("BOL|2", "BOL|1", 2), Fault.MERGE_CYCLE),
    "two authorities": (merge("BOL|3", "CHR|1", 9), Fault.FOREIGN_AUTHORITY),
}


@pytest.mark.parametrize("case", REFUSED)
def test_v2_42_a_merge_that_cannot_be_is_refused_and_changes_nothing(world: World, case: str) -> None:
    """V2-42, V2-43: state unchanged, the message is in quarantine."""
    world.tell(
        register("BOL|1", 1), register("BOL|2", 1), register("BOL|3", 1, other_person()), merge("BOL|1", "BOL|2", 5)
    )
    before = world.partition(), world.records()
    bad, fault = REFUSED[case]
    assert world.send(bad, feed="bolton").fault == fault
    assert (world.partition(), world.records()) == before
    assert [m.fault for m in world.rows("select fault from message where fault <> ''")] == [fault]


def test_a_merge_told_twice_is_one_merge(world: World) -> None:
    """Standards 1.4, A40; replay is a no-op (V2-64)."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1), merge(SURVIVOR, PRIOR, 5), merge(SURVIVOR, PRIOR, 5))
    assert world.count("assertion") == 1


@pytest.mark.parametrize("order", list(permutations(range(5))), ids=lambda o: "".join(map(str, o)))
def test_v2_43_a_chain_of_merges_ends_alike_in_any_order(world: World, order: tuple[int, ...]) -> None:
    """V2-43: A->B then B->C; the query for A or B answers C's set."""
    told: list[Command] = [
        register("BOL|a", 1, SAMIRA),
        register("BOL|b", 1, other_person()),
        register("BOL|c", 1, person()),
        merge("BOL|b", "BOL|a", 5),
        merge("BOL|c", "BOL|b", 6),
    ]
    world.tell(*(told[i] for i in order))
    assert world.partition() == {frozenset({"BOL|a", "BOL|b", "BOL|c"})}
    assert [world.record(i).registers.demographics.names[0].family for i in ("BOL|a", "BOL|b", "BOL|c")] == [
        "Rahman",
        "Whitworth",
        "Okonkwo",
    ]
    assert world.resolve("BOL|a").subsumed_by == of("BOL|c")
    world.verify()


def test_v2_47_unmerging_restores_registers_states_and_partition(world: World) -> None:
    """V2-47: also what was said of the prior after the merge goes back to it."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1, other_person()))
    before = world.partition(), world.records()
    world.tell(merge(SURVIVOR, PRIOR, 5))
    world.review.withdraw(merge_of(world, PRIOR), "merged in error", SENIOR)
    assert (world.partition(), world.records()) == before
    world.verify()


def test_v2_47_unmerging_gives_late_messages_back_to_the_prior(world: World) -> None:
    """V2-47, V2-62."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1, other_person(sex=Sex.FEMALE)), merge(SURVIVOR, PRIOR, 5))
    world.tell(register(PRIOR, 9, other_person(family="Grimshaw", sex=Sex.FEMALE)))
    assert world.record(SURVIVOR).registers.demographics.names[0].family == "Grimshaw"
    world.review.withdraw(merge_of(world, PRIOR), "merged in error", SENIOR)
    assert world.record(SURVIVOR).registers.demographics.names == (Name("Okonkwo", "Adaeze"),)
    assert world.record(PRIOR).registers.demographics.names == (Name("Grimshaw", "Bernard"),)
    assert not world.together(SURVIVOR, PRIOR)
    world.verify()


def test_v2_47_unmerging_in_the_middle_of_a_chain(world: World) -> None:
    """V2-47 with V2-43."""
    world.tell(register("BOL|a", 1, SAMIRA), register("BOL|b", 1, other_person()), register("BOL|c", 1))
    world.tell(merge("BOL|b", "BOL|a", 5), merge("BOL|c", "BOL|b", 6))
    world.review.withdraw(merge_of(world, "BOL|b"), "merged in error", SENIOR)
    assert world.partition() == {frozenset({"BOL|a", "BOL|b"}), frozenset({"BOL|c"})}
    assert world.record("BOL|b").state is RecordState.LIVE
    world.verify()


def test_a37_after_an_a40_unmerges(world: World) -> None:
    """Standards 1.4, A37 on a merged pair: each keeps its own data."""
    world.tell(register(SURVIVOR, 1), register(PRIOR, 1, other_person()))
    before = world.partition(), world.records()
    world.tell(merge(SURVIVOR, PRIOR, 5), Unlink(of(SURVIVOR), of(PRIOR), at(6)))
    assert (world.partition(), world.records()) == before
    world.verify()


def test_a_circle_that_only_an_undo_could_close_stays_open(world: World) -> None:
    """V2-43: A->B was unlinked, then B->C and C->A came; taking the unlink back must not make a ring."""
    for name in "abc":
        world.tell(register(f"BOL|{name}", 1, person(given=name * 5)))
    world.tell(merge("BOL|b", "BOL|a", 2), Unlink(of("BOL|a"), of("BOL|b"), at(3)))
    world.tell(merge("BOL|c", "BOL|b", 4), merge("BOL|a", "BOL|c", 5))
    (unlink,) = world.rows("select id from assertion where verdict = 'different'")
    world.review.withdraw(unlink.id, "they were right at first", SENIOR)
    states = [world.record(f"BOL|{name}").state for name in "abc"]
    assert states.count(RecordState.LIVE) == 1
    world.tell(register("BOL|a", 9, person(given="Alice")))
    world.verify()


def test_v2_48_a_local_merge_does_not_merge_other_trusts_records(world: World) -> None:
    """V2-48: two verified NHS numbers under one record: an alert, and nobody else's records are joined by it."""
    ada, bernard = person(number=nhs(1)), other_person(nhs(2))
    world.tell(register("BOL|1", 1, ada), register("CHR|1", 2, ada))
    world.tell(register("BOL|2", 1, bernard), register("CHR|2", 2, bernard))
    world.tell(merge("BOL|1", "BOL|2", 5))
    assert world.together("BOL|1", "BOL|2")
    assert not world.together("CHR|1", "CHR|2")
    assert world.task(TaskKind.NHS_NUMBER_DUPLICATE).one.authority == "BOL"
    world.verify()


def test_a47_renames_and_the_old_identifier_still_resolves(world: World) -> None:
    """Standards 1.4, A47."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), Rename(of("BOL|9"), of("BOL|1"), at(5)))
    assert world.record("BOL|9").registers.demographics.nhs_number == nhs(1)
    assert world.record("BOL|9").state is RecordState.LIVE
    assert world.resolve("BOL|1").subsumed_by == of("BOL|9")
    world.verify()


def test_a47_onto_an_identifier_in_use_is_refused(world: World) -> None:
    """Standards 1.4, A47: it should have been an A40."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    before = world.partition(), world.records()
    assert world.send(Rename(of("BOL|2"), of("BOL|1"), at(5))).fault == Fault.IDENTIFIER_IN_USE
    assert (world.partition(), world.records()) == before


def test_a47_of_an_unknown_identifier_does_nothing(world: World) -> None:
    """Standards 1.4, A47: no action, no error."""
    world.tell(Rename(of("BOL|9"), of("BOL|1"), at(5)))
    assert world.count("source_record") == 0


def test_a47_told_twice_is_one_rename(world: World) -> None:
    """Replay is a no-op (V2-64)."""
    world.tell(register("BOL|1", 1), Rename(of("BOL|9"), of("BOL|1"), at(5)))
    before = world.records()
    world.tell(Rename(of("BOL|9"), of("BOL|1"), at(5)))
    assert world.records() == before
