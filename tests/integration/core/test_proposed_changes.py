"""What nobody asked for and takes two people waits in the work list: another looks, and accepts it or turns it down
(issue 6, SEC-3; decision 34)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from mpi.domain.access import Caller, Role
from mpi.domain.acts import Retraction, Statement, outline
from mpi.domain.commands import Merge
from mpi.domain.regrouping import Regroup
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.domain.worklist import Wanted
from mpi.errors import Conflict, Forbidden, Refused
from mpi.usecases.deciding.acting import Opposed, Outlived
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.deciding.worklist import Worklist
from tests.integration.core.regroups import ADA, CASES, do, regrouping, two_people, wish
from tests.integration.core.test_regrouping_at_once import at_once
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
    study,
)


@pytest.fixture
def two(world: World) -> World:
    """Ada and Bernard."""
    return two_people(world)


def proposed(world: World, kind: Regroup, *records: str, other: str = "", studies: int = 0) -> TaskView:
    """What Rita proposes, for more than so many studies would move."""
    acts, asked = regrouping(world, studies), wish(world, kind, *records, other=other)
    done = acts.apply(asked, acts.preview(asked, REVIEWER).mark, "seen the letter", REVIEWER)
    assert (done.assertions, done.task is not None) == ((), True)
    return world.review.task(done.task or 0, REVIEWER)


@pytest.mark.parametrize(("kind", "records", "other", "block"), CASES)
def test_a_second_person_does_what_the_first_has_proposed(
    two: World, kind: Regroup, records: tuple[str, ...], other: str, block: set[str]
) -> None:
    partition = two.partition()
    if kind is Regroup.SPLIT:  # who stay share the verified number of who leave
        two.tell(*(register(one, 20, person(number=nhs(1))) for one in ("BOL|1", "CHR|1", "BOL|2")))
    task = proposed(two, kind, *records, other=other)
    assert (task.kind, task.state, task.proposed, task.proposed_by) == (
        TaskKind.PROPOSED_CHANGE,
        TaskState.OPEN,
        Decision.ACCEPT,
        "rita",
    )
    assert task.proposal is not None
    told = outline(task.proposal.act)
    assert (told.word, told.records) == (kind.value, tuple(map(of, records)))
    assert two.partition() == partition
    assert two.count("assertion") == 0
    preview = regrouping(two).look(task.id, COLLEAGUE)
    decided = two.review.decide(task.id, Decision.ACCEPT, "I agree", COLLEAGUE)
    assert (decided.state, decided.decision, decided.decided_by) == (TaskState.DECIDED, Decision.ACCEPT, "ravi")
    assert frozenset(block) in two.partition()
    moved = {str(one) for gone in preview.consequence.departures for one in gone.identifiers}
    assert moved, "the preview told"
    (row,) = two.rows("select distinct reason, made_by from assertion where withdrawn_at is null and rank = 1")
    assert (row.reason, row.made_by) == ("rita: seen the letter; ravi: I agree", "ravi")
    (audited,) = two.rows("select detail from audit where action = 'decide-accept'")
    assert audited.detail == {"proposed_by": "rita"}
    two.verify()


def test_it_is_for_another_reviewer(two: World) -> None:
    """The first is not the second, however senior; nor does who may not review answer."""
    task = proposed(two, Regroup.SPLIT, "CHR|1")
    before = two.partition()
    for decision in (Decision.ACCEPT, Decision.REJECT):
        with pytest.raises(Conflict, match="somebody else"):
            two.review.decide(task.id, decision, "", REVIEWER)
    with pytest.raises(Conflict, match="somebody else"):
        two.review.decide(task.id, Decision.ACCEPT, "", Caller("rita", Role.SENIOR_REVIEWER, "RMC"))
    for caller in (ARCHIVE, Caller("v", Role.VIEWER, "RMC"), Caller("p", Role.PRIVACY_OFFICER, "RMC")):
        with pytest.raises(Forbidden):
            two.review.decide(task.id, Decision.ACCEPT, "", caller)
    for decision in (Decision.SAME, Decision.DEFER, Decision.UNSURE):
        with pytest.raises(Refused, match="accept, reject"):
            two.review.decide(task.id, decision, "", COLLEAGUE)
    assert two.partition() == before


def test_of_two_who_accept_and_turn_down_at_once_one_is_heard(two: World) -> None:
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    told = at_once(
        lambda: two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE),
        lambda: two.review.decide(task.id, Decision.REJECT, "", SENIOR),
        lambda: two.review.undo(task.id, "", REVIEWER),
    )
    assert sorted(told) == ["Conflict", "Conflict", "done"]
    assert two.together("BOL|1", "BOL|9") == (two.review.task(task.id, SENIOR).decision is Decision.ACCEPT)
    two.verify()


def test_it_is_turned_down(two: World) -> None:
    before = two.partition()
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    told = two.review.decide(task.id, Decision.REJECT, "two people", COLLEAGUE)
    assert (told.state, told.decision, told.comment) == (TaskState.DECIDED, Decision.REJECT, "two people")
    assert two.partition() == before
    assert two.count("assertion") == 0
    proposed(two, Regroup.MERGE, other="BOL|9")  # and may be proposed anew


def test_its_proposer_takes_it_back_and_nobody_else(two: World) -> None:
    task = proposed(two, Regroup.SPLIT, "CHR|1")
    with pytest.raises(Conflict):
        two.review.undo(task.id, "", COLLEAGUE)
    gone = two.review.undo(task.id, "my error", REVIEWER)
    assert (gone.state, gone.decided_by, gone.comment) == (TaskState.WITHDRAWN, "rita", "my error")
    with pytest.raises(Conflict, match="already withdrawn"):
        two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE)
    assert two.rows("select count(*) as n from audit where action = 'undo-proposal'")[0].n == 1


def comes(world: World) -> None:
    world.tell(register("STO|1", 11, ADA))
    world.review.assert_pair(of("STO|1"), of("BOL|2"), True, "", SENIOR)


def leaves(world: World) -> None:
    world.review.assert_pair(of("BOL|1"), of("BOL|2"), False, "", SENIOR)


def comes_to_the_other(world: World) -> None:
    world.tell(register("STO|9", 11, other_person(number=nhs(2), status="02")))
    world.review.assert_pair(of("STO|9"), of("CHR|9"), True, "", SENIOR)


def is_kept_apart(world: World) -> None:
    """NHS-56: never shown together."""
    apart = KeepingApart(world.index.units, world.index.rematch, world.index.clock)
    apart.keep_apart(of("CHR|1"), of("CHR|9"), "adopted", ADMINISTRATOR)


@pytest.mark.parametrize("happens", [comes, leaves, comes_to_the_other, is_kept_apart])
def test_it_is_withdrawn_by_itself_when_its_people_change(two: World, happens: Callable[[World], None]) -> None:
    """It was of other people: nothing has to be asked, or to run, for it to be gone from the work list."""
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    happens(two)
    assert two.tasks(TaskKind.PROPOSED_CHANGE) == []
    (told,) = two.rows(f"select state, decided_by from task where id = {task.id}")  # of some it may not be shown
    assert (told.state, told.decided_by) == (TaskState.WITHDRAWN, "")
    with pytest.raises(Conflict, match="already withdrawn"):
        two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE)
    assert not two.together("BOL|1", "BOL|9")
    two.verify()


def merges(world: World) -> None:
    """The first of a person's records is another now, so that other statements would be made."""
    world.tell(Merge(of("BOL|2"), of("BOL|1"), at(12)))


def rolls_out(world: World) -> None:
    """A model links without a word to tasks."""
    world.tell(register("STO|1", 11, ADA))
    with world.index.units.begin() as unit:
        unit.identities.link({of("STO|1"): world.golden("BOL|1")}, [of("STO|1")], {})
        unit.commit()


@pytest.mark.parametrize("look", [True, False])
@pytest.mark.parametrize("happens", [merges, rolls_out])
def test_what_nobody_saw_is_seen_at_the_second_look(
    two: World, happens: Callable[[World], None], *, look: bool
) -> None:
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    happens(two)
    act = regrouping(two).look if look else partial(two.review.decide, decision=Decision.ACCEPT, comment="")
    with pytest.raises(Outlived):
        act(task.id, caller=COLLEAGUE)
    assert two.review.task(task.id, COLLEAGUE).state is TaskState.WITHDRAWN
    assert not two.together("BOL|1", "BOL|9")
    assert two.rows("select count(*) as n from audit where action = 'outlive-proposal'")[0].n == 1


def test_later_messages_about_its_people_leave_it_standing(two: World) -> None:
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    two.tell(
        register("BOL|1", 12, ADA), register("CHR|1", 13, person(postcode="OL1 1AA", number=nhs(1), status="02"))
    )
    assert two.together("BOL|1", "CHR|1")
    assert [one.id for one in two.tasks(TaskKind.PROPOSED_CHANGE)] == [task.id]
    two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE)
    assert two.together("BOL|1", "BOL|9")


def test_one_change_of_two_people_waits_at_a_time(two: World) -> None:
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    acts, asked = regrouping(two), wish(two, Regroup.MERGE, other="BOL|9")
    with pytest.raises(Conflict, match=f"task {task.id}"):
        acts.apply(asked, acts.preview(asked, COLLEAGUE).mark, "", COLLEAGUE)


def test_a_decision_made_meanwhile_stands_in_its_way_and_is_named(two: World) -> None:
    """It is not dead: the decision may be taken back."""
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    two.review.assert_pair(of("CHR|1"), of("CHR|9"), False, "", SENIOR)
    with pytest.raises(Opposed):
        regrouping(two).look(task.id, COLLEAGUE)
    with pytest.raises(Opposed):
        two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE)
    assert two.review.task(task.id, COLLEAGUE).state is TaskState.OPEN


def test_a_statement_about_two_records(world: World) -> None:
    """Breaking a verified link."""
    one = person(number=nhs(1))
    world.tell(register("BOL|1", 1, one), register("CHR|1", 2, one))
    task = world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "seen the letter", REVIEWER).task or 0
    told = world.review.task(task, COLLEAGUE).proposal
    assert told is not None
    assert told.act == Statement(of("BOL|1"), of("CHR|1"), same=False)
    assert world.together("BOL|1", "CHR|1")
    assert regrouping(world).look(task, COLLEAGUE).consequence.breaks_verified
    world.review.decide(task, Decision.ACCEPT, "", COLLEAGUE)
    assert not world.together("BOL|1", "CHR|1")
    world.verify()


def test_a_statement_is_about_people_as_they_were(world: World) -> None:
    """It has no mark: the records of its people are what is compared."""
    world.tell(*(register(one, 1, person(number=nhs(1))) for one in ("BOL|1", "CHR|1")))
    task = world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "seen the letter", REVIEWER).task or 0
    rolls_out(world)
    with pytest.raises(Outlived, match="since this was proposed"):
        world.review.decide(task, Decision.ACCEPT, "", COLLEAGUE)
    assert world.review.task(task, COLLEAGUE).state is TaskState.WITHDRAWN
    assert world.together("BOL|1", "CHR|1")


def strict(world: World) -> Review:
    index = world.index
    return Review(index.units, index.matching, index.rematch, index.clock, second_person_studies=0)


@pytest.mark.parametrize("by_person", [True, False])
def test_taking_back(two: World, *, by_person: bool) -> None:
    """Rita's own split, by which a study would move: Ravi did not make it, and seconds it."""
    before = two.partition()
    two.tell(register("STO|5", 5, ADA))
    made = do(two, wish(two, Regroup.SPLIT, "BOL|2"))
    two.imaging.register(study("1.9", "BOL|2"), ARCHIVE)
    if by_person:
        done = regrouping(two, 0).undo(two.golden("BOL|1"), made[:1], "one after all", REVIEWER)
    else:
        done = strict(two).withdraw(made[0], "one after all", REVIEWER)
    assert done.task is not None
    task = two.review.task(done.task, COLLEAGUE)
    assert task.proposal is not None
    assert isinstance(task.proposal.act, Retraction)
    assert not two.together("BOL|1", "BOL|2")
    two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE)
    assert two.partition() == before | {frozenset({"STO|5"})}
    two.verify()


def test_what_has_been_taken_back_meanwhile_is_not_taken_back_again(two: World) -> None:
    """Though nobody moved by it: the other statement holds them apart still."""
    made = do(two, wish(two, Regroup.SPLIT, "BOL|2"))
    two.imaging.register(study("1.9", "BOL|2"), ARCHIVE)
    apart = two.review.assert_pair(of("BOL|1"), of("BOL|2"), False, "", SENIOR).assertions
    two.review.assert_pair(of("CHR|1"), of("BOL|2"), False, "", SENIOR)
    two.review.withdraw(apart[0], "", SENIOR)
    done = regrouping(two, -1).undo(two.golden("BOL|1"), made, "", REVIEWER)
    assert done.task is not None
    two.review.withdraw(made[0], "", SENIOR)
    assert two.review.task(done.task, COLLEAGUE).state is TaskState.WITHDRAWN


def test_nhs_56_no_task_shows_who_is_kept_apart(two: World) -> None:
    """Nor one that would take back what a reviewer once said of them."""
    made = two.review.assert_pair(of("CHR|1"), of("CHR|9"), False, "two people", REVIEWER).assertions
    is_kept_apart(two)
    with pytest.raises(Forbidden, match="shown together"):
        regrouping(two, -1).apply(Retraction(made), "", "", REVIEWER)
    assert two.tasks(TaskKind.PROPOSED_CHANGE) == []


def test_what_was_done_by_two_is_taken_back_on_the_persons_page(two: World) -> None:
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    two.review.decide(task.id, Decision.ACCEPT, "", COLLEAGUE)
    with pytest.raises(Conflict, match="page of the person"):
        two.review.undo(task.id, "", SENIOR)
    assert two.together("BOL|1", "BOL|9")
    made = [row.id for row in two.rows("select id from assertion where rank = 1")]
    assert regrouping(two).undo(two.golden("BOL|1"), made[:1], "", COLLEAGUE).task is None
    assert not two.together("BOL|1", "BOL|9")


def test_it_stands_in_the_work_list_and_is_never_its_proposers_next_task(two: World) -> None:
    task = proposed(two, Regroup.MERGE, other="BOL|9")
    worklist = Worklist(two.index.units, two.index.clock, ["rita", "ravi"])
    (shown,) = worklist.page(COLLEAGUE, Wanted(kinds=(TaskKind.PROPOSED_CHANGE,))).tasks
    assert (shown.id, shown.reason) == (task.id, "make two people one: proposed by rita")
    assert worklist.next(REVIEWER) is None
    with pytest.raises(Conflict):
        worklist.assign(task.id, "rita", COLLEAGUE)
    taken = worklist.next(COLLEAGUE)
    assert taken is not None
    assert taken.id == task.id
    assert two.golden("BOL|1") in taken.golden_ids
    assert two.golden("BOL|9") in taken.golden_ids


def test_a_senior_reviewer_does_it_alone(two: World) -> None:
    do(two, wish(two, Regroup.MERGE, other="BOL|9"), SENIOR)
    assert two.tasks(TaskKind.PROPOSED_CHANGE) == []
    assert two.together("BOL|1", "BOL|9")
