"""Who is linked with whom when records come in (standards 3.1, 3.3)."""

from __future__ import annotations

import pytest

from linkage.record import Name, Reliability, Sex
from mpi.domain.commands import Field, Merge, Patch
from mpi.domain.views import ResolutionState, TaskKind
from mpi.errors import NotFound
from tests.integration.core.world import ADMINISTRATOR, World, at, nhs, of, other_person, person, register

TWIN = {Field.MULTIPLE_BIRTH: True}
BORN = "2024-01-05"


def baby(given: str, number: str = "", **more: object) -> Patch:
    told = person("Begum", given, BORN, Sex.FEMALE, number, more=more.pop("more", {}))  # type: ignore[arg-type]
    return told


def test_nhs_8_the_same_verified_number_joins_across_trusts(world: World) -> None:
    """NHS-8, NHS-11: verified, and the rest agrees."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, person(number=nhs(1))))
    assert world.together("BOL|1", "CHR|1")
    assert world.tasks() == []
    world.verify()


def test_nhs_14_the_absence_of_a_number_is_legal_and_rich_agreement_joins(world: World) -> None:
    """NHS-14."""
    phone = {Field.PHONES: ("0161 496 0000",)}
    world.tell(register("BOL|1", 1, person(more=phone)), register("CHR|1", 2, person(more=phone)))
    assert world.together("BOL|1", "CHR|1")


def test_nhs_11_two_verified_numbers_never_join_however_much_agrees(world: World) -> None:
    """NHS-11: an alert instead."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, person(number=nhs(2))))
    assert not world.together("BOL|1", "CHR|1")
    assert world.task(TaskKind.NHS_NUMBER_DUPLICATE).guards == ("NHS_NUMBER_CONFLICT",)
    world.verify()


def test_nhs_11_one_number_on_two_people_is_a_confusion(world: World) -> None:
    """NHS-11: the number is no primary key; the archive is told that the answer is unsure."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, other_person(nhs(1))))
    assert not world.together("BOL|1", "CHR|1")
    task = world.task(TaskKind.NHS_NUMBER_CONFUSION)
    assert {task.one, task.other} == {of("BOL|1"), of("CHR|1")}
    assert world.resolve("BOL|1").state is ResolutionState.AMBIGUOUS
    with pytest.raises(NotFound):
        world.query.person_of(of(f"NHS|{nhs(1)}"), ADMINISTRATOR)
    world.verify()


def test_nhs_55_twins_are_not_joined(world: World) -> None:
    """NHS-55: same surname, date, address and sex; a question, no link."""
    world.tell(register("BOL|1", 1, baby("Aisha", more=TWIN)), register("CHR|1", 2, baby("Amina", more=TWIN)))
    assert not world.together("BOL|1", "CHR|1")
    world.verify()


def test_nhs_55_a_twin_does_not_join_through_a_third_record(world: World) -> None:
    """NHS-55: no chain swallows a family."""
    world.tell(
        register("BOL|1", 1, baby("Aisha", nhs(1), more=TWIN)),
        register("CHR|1", 2, baby("Amina", nhs(2), more=TWIN)),
        register("CHR|2", 3, baby("", more=TWIN)),
    )
    assert not world.together("BOL|1", "CHR|1")
    world.verify()


@pytest.mark.parametrize(
    "unknown",
    [
        person(more={Field.IDENTITY_UNKNOWN: True, Field.RELIABILITY: frozenset({Reliability.ALIAS})}),
        person("Zulu", "Alpha", "1980-01-01"),
        person("Unknown", "Male", "1980-01-01", Sex.MALE),
    ],
    ids=["PID-31", "phonetic", "legacy"],
)
def test_nhs_53_unidentified_patients_never_link_by_demographics(world: World, unknown: Patch) -> None:
    """NHS-53: only a merge or a reviewer joins them."""
    world.tell(register("BOL|1", 1, unknown), register("CHR|1", 2, unknown), register("BOL|2", 3))
    assert len(world.partition()) == 3
    world.tell(Merge(of("BOL|2"), of("BOL|1"), at(9)))
    assert world.together("BOL|1", "BOL|2")
    assert not world.together("BOL|1", "CHR|1")
    world.verify()


def test_nhs_54_a_baby_is_joined_once_both_trusts_know_its_number(world: World) -> None:
    """NHS-54: a placeholder is a missing forename; a name change within months is expected."""
    world.tell(register("BOL|1", 1, baby("Baby")), register("CHR|1", 2, baby("Yusra", nhs(1))))
    assert not world.together("BOL|1", "CHR|1")
    world.tell(register("BOL|1", 3, baby("Baby", nhs(1))))
    assert world.together("BOL|1", "CHR|1")
    world.tell(register("BOL|1", 4, baby("Yusra", nhs(1))))
    assert world.together("BOL|1", "CHR|1")
    world.verify()


def test_nhs_50_no_fixed_abode_is_no_common_address(world: World) -> None:
    """NHS-50: a pseudo postcode joins nobody whom a shared home would have joined."""
    nowhere = {"postcode": "ZZ99 3VZ", "lines": ("No fixed abode",)}
    one, other = (person("Evans", "Gareth", "1970-05-17", Sex.MALE, **nowhere) for _ in range(2))  # type: ignore[arg-type]
    world.tell(register("BOL|1", 1, one), register("CHR|1", 2, other))
    home = person("Evans", "Gareth", "1971-06-18", Sex.MALE)
    world.tell(register("BOL|2", 1, home), register("CHR|2", 2, home))
    weights = {
        frozenset((r.a, r.b)): r.weight
        for r in world.rows(
            "select a.authority || a.value as a, b.authority || b.value as b, e.weight from edge e"
            " join source_record a on a.id = e.a_id join source_record b on b.id = e.b_id"
        )
    }
    assert weights[frozenset({"BOL2", "CHR2"})] > weights.get(frozenset({"BOL1", "CHR1"}), 0.0) + 3


def test_nhs_58_a_confidential_service_takes_no_part_in_linkage(world: World) -> None:
    """NHS-58: no link, no task, and its NHS number finds nobody."""
    same = person(number=nhs(1))
    world.tell(register("GUM|1", 1, same), register("BOL|1", 2, same), register("GUM|2", 3, person(number=nhs(2))))
    assert not world.together("GUM|1", "BOL|1")
    assert world.tasks() == []
    assert world.count("edge") == 0
    assert [r.identifier for r in world.query.person_of(of(f"NHS|{nhs(1)}"), ADMINISTRATOR).records] == [of("BOL|1")]
    with pytest.raises(NotFound):
        world.query.person_of(of(f"NHS|{nhs(2)}"), ADMINISTRATOR)
    world.verify()


def test_nhs_58_its_own_merges_still_work(world: World) -> None:
    """NHS-58, A40."""
    world.tell(register("GUM|1", 1), register("GUM|2", 1), Merge(of("GUM|1"), of("GUM|2"), at(2)))
    assert world.together("GUM|1", "GUM|2")
    world.verify()


def test_sec_2_a_stopped_feed_asks_instead_of_linking(world: World) -> None:
    """SEC-2: the kill switch."""
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("STO|1", 2, same))
    assert not world.together("BOL|1", "STO|1")
    task = world.task(TaskKind.POSSIBLE_MATCH)
    assert task.guards == ("STOPPED",)
    assert world.resolve("STO|1").task_ids == (task.id,)
    world.verify()


def test_a_changed_surname_keeps_the_link_by_its_former_name(world: World) -> None:
    """NHS-60: previous names still match."""
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same))
    world.tell(register("BOL|1", 3, person(family="Fitzgerald", number=nhs(1))))
    assert world.together("BOL|1", "CHR|1")
    assert world.tasks() == []
    assert Name("Okonkwo", "Adaeze") in world.record("BOL|1").registers.demographics.previous_names
