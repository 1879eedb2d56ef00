"""Why the index believes what it believes of a person, how they were built, and who looked (AUD-3, NHS-57)."""

from __future__ import annotations

import pytest

from linkage.partition import AssertionRank
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Merge
from mpi.domain.formation import Step, StepKind
from mpi.domain.survivorship import Choice
from mpi.errors import Forbidden, NotFound
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.reading.portraits import LOOKS, Portraits
from tests.integration.core.regroups import regrouping
from tests.integration.core.world import (
    ARCHIVE,
    REVIEWER,
    SENIOR,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

VIEWER = Caller("vera", Role.VIEWER, "RMC")
OFFICER = Caller("olu", Role.PRIVACY_OFFICER, "RMC")
ADA = person(number=nhs(1))


@pytest.fixture
def portraits(world: World) -> Portraits:
    return Portraits(world.index.units, world.index.matching)


def told(step: Step) -> tuple[StepKind, set[str], set[str]]:
    return step.kind, set(map(str, step.identifiers)), set(map(str, step.members))


def test_each_value_names_the_record_that_says_it(world: World, portraits: Portraits) -> None:
    unverified = person(given="Ada", number=nhs(1), status="02", more={Field.PHONES: ("0161 496 0001",)})
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, unverified))
    found = portraits.of(world.golden("BOL|1"), REVIEWER)
    shown = {name: (str(origin.identifier), origin.choice) for name, origin in found.origins.items()}
    assert shown[Field.NAMES] == ("CHR|1", Choice.LATEST)
    assert shown[Field.NHS_NUMBER] == ("BOL|1", Choice.VERIFIED)
    assert shown[Field.PHONES] == ("CHR|1", Choice.ONLY)
    assert found.origins[Field.NAMES].told_at == at(2).occurred
    assert found.person.demographics.names[0].given == "Ada"
    assert set(found.since) == {of("BOL|1"), of("CHR|1")}


def test_every_step_tells_who_and_why_and_who_was_there(world: World, portraits: Portraits) -> None:
    """AUD-3: why were these two joined, for any date."""
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, ADA), register("STO|1", 3, ADA))
    joined = world.review.assert_pair(of("BOL|1"), of("STO|1"), True, "asked", REVIEWER).assertions[0]
    parted = world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "twins", SENIOR).assertions[0]
    world.review.withdraw(parted, "no twins", SENIOR)
    building = portraits.of(world.golden("BOL|1"), REVIEWER).building
    first, second, third, fourth, fifth = building.steps
    assert told(first) == (StepKind.BEGAN, {"BOL|1"}, {"BOL|1"})
    assert told(second) == (StepKind.ADDED, {"CHR|1"}, {"BOL|1", "CHR|1"})
    assert building.senders is not None
    assert second.message is not None
    assert building.senders[second.message].feed == "christie"
    (pair,) = second.weighed
    assert pair.weight >= world.index.matching.model.certain
    assert building.words is not None
    assert "NHS number: same number, verified on both sides" in building.words[pair.pattern]
    assert told(third) == (StepKind.CAME, {"STO|1"}, {"BOL|1", "CHR|1", "STO|1"})
    assert [(s.id, s.made_by, s.reason, s.same) for s in third.said] == [(joined, "rita", "asked", True)]
    assert told(fourth)[::2] == (StepKind.LEFT, set(map(str, fourth.members)))
    assert [(s.id, s.made_by) for s in fourth.said] == [(parted, "sam")]
    assert told(fifth)[2] == {"BOL|1", "CHR|1", "STO|1"}
    assert [(s.id, s.withdrawn_by, s.withdrawn_reason) for s in fifth.taken_back] == [(parted, "sam", "no twins")]
    assert [s.id for s in building.standing] == [joined]


def test_a_merge_by_a_trust_is_told_as_its_own(world: World, portraits: Portraits) -> None:
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()), Merge(of("BOL|1"), of("BOL|2"), at(5)))
    (saying,) = portraits.of(world.golden("BOL|1"), REVIEWER).building.steps[-1].said
    assert (saying.rank, saying.subsumed, saying.made_by) == (AssertionRank.SOURCE, of("BOL|2"), "feed/bolton")


def test_a_person_is_shown_as_they_were_after_a_step(world: World, portraits: Portraits) -> None:
    """Promise 4: who did we think this was."""
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, ADA))
    golden_id = world.golden("BOL|1")
    world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "twins", SENIOR)
    records = [[str(r.identifier) for r in portraits.after(golden_id, n, REVIEWER)[0].records] for n in (1, 2, 3)]
    assert records[:2] == [["BOL|1"], ["BOL|1", "CHR|1"]]
    assert len(records[2]) == 1
    for number in (0, 4):
        with pytest.raises(NotFound):
            portraits.after(golden_id, number, REVIEWER)


def test_what_is_open_and_what_hangs_on_them_is_shown(world: World, portraits: Portraits) -> None:
    world.tell(register("BOL|1", 1), register("STO|1", 2))
    world.imaging.register(study("1.2", "BOL|1"), ARCHIVE)
    found = portraits.of(world.golden("BOL|1"), REVIEWER)
    assert [task.id for task in found.tasks] == [task.id for task in world.tasks()]
    assert (found.studies, [one.study_uid for one in found.newest]) == (1, ["1.2"])


def test_a_viewer_sees_no_decisions(world: World, portraits: Portraits) -> None:
    """SEC-5."""
    world.tell(register("BOL|1", 1), register("STO|1", 2))
    golden_id = world.golden("BOL|1")
    found = portraits.of(golden_id, VIEWER)
    assert (found.tasks, found.building.steps) == ((), ())
    with pytest.raises(Forbidden):
        portraits.after(golden_id, 1, VIEWER)
    for caller in (VIEWER, REVIEWER, SENIOR):
        with pytest.raises(Forbidden):
            portraits.looks(golden_id, caller)
    with pytest.raises(Forbidden):
        portraits.of(golden_id, ARCHIVE)


def test_aud_3_who_saw_this_patient_is_answered(world: World, portraits: Portraits) -> None:
    """Looks at a golden id that has been succeeded, and by number, are looks at the person."""
    world.tell(register("BOL|1", 1, ADA), register("STO|1", 2, ADA), register("CHR|9", 2, other_person()))
    retired = world.golden("STO|1")
    world.query.person(retired, VIEWER)
    world.query.person(world.golden("CHR|9"), VIEWER)
    world.review.assert_pair(of("BOL|1"), of("STO|1"), True, "", REVIEWER)
    golden_id = world.golden("BOL|1")
    portraits.of(golden_id, REVIEWER)
    world.resolve("STO|1")
    _, looks = portraits.looks(retired, OFFICER)
    assert [(look.user, look.action) for look in looks] == [
        ("vna", "resolve"),
        ("rita", "read-person"),
        ("rita", "assert-same"),
        ("vera", "read-person"),
    ]
    _, again = portraits.looks(golden_id, OFFICER)
    assert (again[0].user, again[0].action) == ("olu", "read-looks")
    _, older = portraits.looks(golden_id, OFFICER, looks[0].id)
    assert older == looks[1:]


def test_looks_come_page_by_page(world: World, portraits: Portraits) -> None:
    world.tell(register("BOL|1", 1))
    for _ in range(LOOKS + 1):
        world.query.person(world.golden("BOL|1"), VIEWER)
    _, looks = portraits.looks(world.golden("BOL|1"), OFFICER)
    assert len(looks) == LOOKS + 1


def test_looking_back_reads_its_indexes(world: World) -> None:
    """The audit trail only ever grows: a page about one person must not read all of it."""
    with world.index.engine.begin() as connection:
        connection.exec_driver_sql(
            'insert into audit ("user", role, organisation, purpose, action, subjects, detail)'
            " select 'u', 'viewer', 'RMC', 'p', 'read-person', array['s' || n], '{}' from generate_series(1, 20000) n"
        )
        connection.exec_driver_sql("analyze audit")
        statement = (
            "explain select * from audit where subjects[1] = any(array['s1', 's2']) and role <> 'feed'"
            " order by id desc limit 50"
        )
        plan = [row[0] for row in connection.exec_driver_sql(statement)]
    assert any("ix_audit_subject" in line for line in plan), plan


def test_nhs_56_who_is_kept_apart_was_never_together(world: World, portraits: Portraits) -> None:
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, ADA), register("BOL|2", 3, ADA))
    apart = KeepingApart(world.index.units, world.index.rematch, world.index.clock)
    apart.keep_apart(of("BOL|1"), of("CHR|1"), "adopted", OFFICER)
    world.review.assert_pair(of("BOL|2"), of("CHR|1"), False, "", SENIOR)
    for place, other in (("BOL|1", "CHR|1"), ("CHR|1", "BOL|1")):
        golden_id = world.golden(place)
        for caller in (REVIEWER, SENIOR):
            shown = portraits.of(golden_id, caller)
            assert other not in repr(shown)
            assert "adopted" not in repr(shown)
            for number in range(1, len(shown.building.steps) + 1):
                assert other not in repr(portraits.after(golden_id, number, caller))
        assert "adopted" in repr(portraits.of(golden_id, OFFICER).building)


def test_what_is_offered_to_be_taken_back_can_be(world: World, portraits: Portraits) -> None:
    """Not what was said of a record after it had left: that is another person's."""
    world.tell(register("BOL|1", 1, ADA), register("STO|1", 2, ADA), register("CHR|9", 3, other_person()))
    world.review.assert_pair(of("BOL|1"), of("STO|1"), True, "asked", REVIEWER)
    world.review.assert_pair(of("BOL|1"), of("STO|1"), False, "twins", SENIOR)
    later = world.review.assert_pair(of("STO|1"), of("CHR|9"), True, "seen", SENIOR).assertions[0]
    ada = world.golden("BOL|1")
    offered = portraits.of(ada, SENIOR).building
    assert later in {saying.id for saying in offered.standing} - offered.retractable
    assert offered.retractable
    for one in sorted(offered.retractable):
        regrouping(world).undo(ada, [one], "", SENIOR)
    with pytest.raises(NotFound):
        regrouping(world).undo(ada, [later], "", SENIOR)


def test_a_golden_id_given_up_in_a_merge_that_was_taken_back_leads_to_its_person(
    world: World, portraits: Portraits
) -> None:
    """Under a new golden id: the old one was retired and is never used again."""
    world.tell(register("BOL|1", 1, ADA), register("STO|1", 2, other_person()))
    ada, given_up = world.golden("BOL|1"), world.golden("STO|1")
    made = world.review.assert_pair(of("BOL|1"), of("STO|1"), True, "", SENIOR).assertions[0]
    merged = portraits.of(given_up, SENIOR)
    assert (merged.person.golden_id, merged.person.renewed, merged.earlier) == (ada, False, (given_up,))
    world.review.withdraw(made, "two people", SENIOR)
    now = portraits.of(given_up, SENIOR)
    assert now.person.golden_id == world.golden("STO|1") not in {ada, given_up}
    assert (now.person.renewed, now.earlier) == (True, (given_up,))
    assert portraits.of(ada, SENIOR).earlier == ()
    looks = portraits.looks(now.person.golden_id, OFFICER)[1]
    assert looks  # under the earlier id too
