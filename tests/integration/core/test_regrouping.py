"""Moving, splitting and merging by hand: a preview is what then happens, undo restores exactly, and decisions that
stand are not walked over (design section 4; SEC-2, SEC-3)."""

from __future__ import annotations

import pytest

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Death, Field, Merge
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import Regroup, Wish
from mpi.errors import Conflict, Forbidden, Refused
from mpi.usecases.deciding.acting import Opposed
from mpi.usecases.deciding.keeping_apart import KeepingApart
from tests.integration.core.regroups import ADA, BERNARD, CASES, do, everything, regrouping, two_people, wish
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    SENIOR,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
)


@pytest.fixture
def two(world: World) -> World:
    """Ada and Bernard."""
    return two_people(world)


@pytest.mark.parametrize(("kind", "records", "other", "block"), CASES)
def test_a_preview_is_what_then_happens_and_undo_restores_exactly(
    two: World, kind: Regroup, records: tuple[str, ...], other: str, block: set[str]
) -> None:
    before, partition, records_before = everything(two), two.partition(), two.records()
    asked = wish(two, kind, *records, other=other)
    acts = regrouping(two)
    preview = acts.preview(asked, REVIEWER)
    assert everything(two) == before
    golden_before = {one: two.golden(one) for block_ in partition for one in block_}
    made = acts.apply(asked, preview.mark, "Checked with the trust", SENIOR).assertions
    assert frozenset(block) in two.partition()
    moved = {str(one) for gone in preview.consequence.departures for one in gone.identifiers}
    assert moved == {one for one, golden_id in golden_before.items() if two.golden(one) != golden_id}
    two.verify()
    acts.undo(asked.golden_id, made, "an error of mine", SENIOR)
    assert two.partition() == partition
    assert two.records() == records_before
    two.verify()
    assert {one: two.golden(one) for one in golden_before if two.golden(one) == golden_before[one]}


@pytest.mark.parametrize(("kind", "records", "other", "block"), CASES)
def test_it_sticks_against_later_messages(
    two: World, kind: Regroup, records: tuple[str, ...], other: str, block: set[str]
) -> None:
    """Design 4: a reviewer outranks any later weight."""
    do(two, wish(two, kind, *records, other=other), SENIOR)
    two.tell(register("CHR|1", 20, ADA), register("BOL|2", 21, ADA), register("BOL|9", 22, BERNARD))
    assert frozenset(block) in two.partition()
    two.verify()


def test_who_stays_and_who_leaves_keep_together_though_only_the_others_linked_them(world: World) -> None:
    """A chain: the middle leaves; whoever it alone had joined is told in the preview, and not parted in silence."""
    world.tell(register("BOL|1", 1), register("STO|1", 2), register("CHR|9", 3, other_person()))
    review = world.review
    for one, other in (("BOL|1", "STO|1"), ("STO|1", "CHR|9")):
        review.assert_pair(of(one), of(other), True, "", SENIOR)
    asked = wish(world, Regroup.SPLIT, "STO|1", of_="BOL|1")
    acts = regrouping(world)
    preview = acts.preview(asked, REVIEWER)
    acts.apply(asked, preview.mark, "", REVIEWER)
    assert world.partition() == {frozenset({"BOL|1"}), frozenset({"STO|1"}), frozenset({"CHR|9"})}
    assert len(preview.consequence.departures) == 2
    world.verify()


def test_a_split_takes_a_record_out_of_a_merge_of_its_source_and_says_so(two: World) -> None:
    """V2-47: the reviewer outranks the source, knowing it."""
    two.tell(Merge(of("BOL|1"), of("BOL|2"), at(10)))
    asked = wish(two, Regroup.SPLIT, "BOL|2")
    preview = regrouping(two).preview(asked, REVIEWER)
    assert preview.unmerged == (of("BOL|2"),)
    made = do(two, asked)
    assert two.record("BOL|2").subsumed_by is None
    regrouping(two).undo(two.golden("BOL|1"), made, "", REVIEWER)
    assert two.record("BOL|2").subsumed_by == of("BOL|1")
    two.verify()


@pytest.mark.parametrize("kind", [Regroup.MERGE, Regroup.MOVE])
def test_a_decision_that_stands_is_not_walked_over(two: World, kind: Regroup) -> None:
    """SEC-3: removing a do-not-link is an act of its own."""
    two.review.assert_pair(of("CHR|1"), of("CHR|9"), False, "", COLLEAGUE)
    asked = wish(two, kind, *(("CHR|1",) if kind is Regroup.MOVE else ()), other="BOL|9")
    before = everything(two)
    with pytest.raises(Opposed) as raised:
        regrouping(two).preview(asked, REVIEWER)
    assert [(str(pair.one), str(pair.other)) for pair in raised.value.pairs] == [("CHR|1", "CHR|9")]
    assert everything(two) == before


def test_what_was_looked_at_is_what_is_confirmed(two: World) -> None:
    """Somebody moves a record between the look and the word: nothing is done."""
    asked = wish(two, Regroup.MERGE, other="BOL|9")
    mark = regrouping(two).preview(asked, REVIEWER).mark
    do(two, wish(two, Regroup.SPLIT, "CHR|1"), COLLEAGUE)
    before = everything(two)
    with pytest.raises(Conflict):
        regrouping(two).apply(asked, mark, "", REVIEWER)
    with pytest.raises(Conflict):
        regrouping(two).preview(wish(two, Regroup.SPLIT, "CHR|1"), REVIEWER)  # it has left already
    assert everything(two) == before


def test_high_impact_needs_a_senior_or_two(two: World) -> None:
    """SEC-3: breaking a verified NHS number's link."""
    verified = person(number=nhs(1))
    two.tell(register("BOL|1", 10, verified), register("CHR|1", 11, verified))
    asked = wish(two, Regroup.SPLIT, "CHR|1")
    preview = regrouping(two).preview(asked, REVIEWER)
    assert preview.needs_two
    assert preview.consequence.breaks_verified
    assert regrouping(two).apply(asked, preview.mark, "", REVIEWER).task is not None
    assert two.together("BOL|1", "CHR|1")
    do(two, asked, SENIOR)
    assert not two.together("BOL|1", "CHR|1")
    few = wish(two, Regroup.MERGE, of_="CHR|1", other="BOL|9")
    assert regrouping(two, most_studies=0).preview(few, REVIEWER).needs_two


def test_nhs_58_only_a_privacy_officer_joins_a_confidential_record(two: World) -> None:
    two.tell(register("GUM|1", 10, ADA))
    asked = wish(two, Regroup.MERGE, of_="GUM|1", other="BOL|1")
    with pytest.raises(Forbidden):
        regrouping(two).preview(asked, SENIOR)
    do(two, asked, ADMINISTRATOR)
    assert two.together("GUM|1", "BOL|1")


def test_what_cannot_be_wished_is_said_so(two: World) -> None:
    acts, ada = regrouping(two), two.golden("BOL|1")
    for asked in (
        Wish(Regroup.SPLIT, ada),
        Wish(Regroup.SPLIT, ada, (of("BOL|1"), of("BOL|2"), of("CHR|1"))),
        Wish(Regroup.SPLIT, ada, (of("BOL|1"),), two.golden("BOL|9")),
        Wish(Regroup.MOVE, ada, (of("BOL|1"),)),
        Wish(Regroup.MERGE, ada, (), ada),
    ):
        with pytest.raises(Refused):
            acts.preview(asked, REVIEWER)
    with pytest.raises(Conflict):
        acts.preview(Wish(Regroup.SPLIT, ada, (Identifier("BOL", "77"),)), REVIEWER)
    with pytest.raises(Forbidden):
        acts.preview(wish(two, Regroup.MERGE, other="BOL|9"), ARCHIVE)
    with pytest.raises(Forbidden):
        acts.preview(wish(two, Regroup.MERGE, other="BOL|9"), Caller("v", Role.VIEWER, "RMC"))


def test_every_act_is_audited_for_both_people(two: World) -> None:
    """AUD-3: who, when, why, and what it rests on."""
    asked = wish(two, Regroup.MOVE, "CHR|1", other="BOL|9")
    made = do(two, asked, SENIOR)
    rows = two.rows("select * from audit where action = 'move' order by id")
    assert [row.subjects for row in rows] == [[str(asked.golden_id)], [str(asked.other)]]
    assert {row.user for row in rows} == {"sam"}
    detail = {"assertions": list(made), "records": ["CHR|1"], "reason": "Checked with the trust"}
    assert all(row.detail == detail for row in rows)
    assert two.rows("select count(*) as n from audit where action = 'preview'")[0].n == 1


@pytest.mark.parametrize("kind", [Regroup.MERGE, Regroup.MOVE])
def test_nhs_56_nobody_joins_who_is_kept_apart_for_privacy(two: World, kind: Regroup) -> None:
    """Nor does a refusal tell which of their records it is."""
    apart = KeepingApart(two.index.units, two.index.rematch, two.index.clock)
    apart.keep_apart(of("CHR|1"), of("CHR|9"), "adopted", ADMINISTRATOR)
    asked = wish(two, kind, *(("CHR|1",) if kind is Regroup.MOVE else ()), of_="CHR|1", other="BOL|9")
    for caller in (REVIEWER, SENIOR, ADMINISTRATOR):
        with pytest.raises(Forbidden, match="must not be linked"):
            regrouping(two).preview(asked, caller)


def test_strangers_are_told_apart_and_left_to_a_senior_or_two(world: World) -> None:
    """A dead man and a girl with another verified NHS number: NHS-11, and the model's own opinion."""
    man = person(
        "Adeyemi", "Tunde", "1935-02-01", Sex.MALE, nhs(3), postcode="BL1 1AA", more={Field.DEATH: Death("")}
    )
    girl = person("Okonkwo", "Adaeze", "2010-03-07", Sex.FEMALE, nhs(4))
    world.tell(register("BOL|1", 1, man), register("BOL|2", 2, girl), register("CHR|2", 3, girl))
    for asked in (
        wish(world, Regroup.MERGE, other="BOL|2"),
        wish(world, Regroup.MOVE, "CHR|2", of_="BOL|2", other="BOL|1"),
    ):
        preview = regrouping(world).preview(asked, REVIEWER)
        assert preview.needs_two
        told = " / ".join(preview.against.told)
        for words in ("two different verified NHS numbers", "date of birth: different", "sex: different", "dead"):
            assert words in told
        task = regrouping(world).apply(asked, preview.mark, "", REVIEWER).task
        assert task is not None
        world.review.undo(task, "one change of them waits at a time", REVIEWER)
    assert not world.together("BOL|1", "BOL|2")
    do(world, wish(world, Regroup.MERGE, other="BOL|2"), SENIOR)
    assert world.together("BOL|1", "BOL|2", "CHR|2")


def test_who_is_alike_needs_no_senior(world: World) -> None:
    """Stockport does not link by itself: the reviewer does."""
    world.tell(register("BOL|1", 1, person()), register("STO|1", 2, person()))
    asked = wish(world, Regroup.MERGE, other="STO|1")
    preview = regrouping(world).preview(asked, REVIEWER)
    assert (preview.needs_two, preview.against.told) == (False, ())
    do(world, asked)
    assert world.together("BOL|1", "STO|1")


def test_of_whom_nothing_can_be_compared_is_for_a_senior(world: World) -> None:
    world.tell(register("GUM|1", 1, person()), register("BOL|1", 2, person()))
    preview = regrouping(world).preview(wish(world, Regroup.MERGE, of_="GUM|1", other="BOL|1"), ADMINISTRATOR)
    assert preview.needs_two
    assert preview.against.told == ("nothing of these records can be compared",)
