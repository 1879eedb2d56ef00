"""The work list: urgency, filters, pages, and who gets the next task."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from linkage.record import Sex
from mpi.domain.commands import Field
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.domain.worklist import NOBODY, Position, SavedFilter, Wanted, owned
from mpi.errors import Conflict, Forbidden, NotFound, Refused
from mpi.networks import load_network
from mpi.usecases.deciding.worklist import LONGEST_NAME, MOST_SAVED, Worklist
from tests.integration.core.world import (
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    SENIOR,
    World,
    nhs,
    other_person,
    person,
    register,
    study,
)

TWIN = {Field.MULTIPLE_BIRTH: True}


@pytest.fixture
def worklist(world: World) -> Worklist:
    return Worklist(world.index.units, world.index.clock, ["ravi", "rita", "sam"])


@pytest.fixture
def busy(world: World) -> World:
    """An overlay, two pairs of perhaps twins, of which the second has images, and one number of two people."""
    for number, family, born, givens in (
        (1, "Begum", "2015-01-05", ("Aisha", "Ayesha")),
        (2, "Kaur", "2009-06-11", ("Simran", "Simrun")),
    ):
        for authority, given in zip(("BOL", "CHR"), givens, strict=True):
            told = person(family, given, born, postcode=f"OL{number} 1AA", lines=("1 Mill Row",), more=TWIN)
            world.tell(register(f"{authority}|{number}", 1, told))
    farah = person("Rahman", "Farah", "1990-07-21", number=nhs(3))
    world.tell(register("BOL|3", 1, farah), register("CHR|3", 1, farah))
    world.imaging.register(study("1.3", "BOL|3"), ARCHIVE)
    world.tell(register("BOL|3", 2, other_person()))
    world.tell(register("BOL|4", 1, person("Evans", "Rhys", "1944-02-29", Sex.MALE, nhs(4))))
    world.tell(register("CHR|4", 1, person("Novak", "Jana", "1999-12-03", Sex.FEMALE, nhs(4), postcode="CF10 1AA")))
    world.imaging.register(study("1.2", "CHR|2"), ARCHIVE)
    return world


def shown(tasks: tuple[TaskView, ...]) -> list[tuple[TaskKind, str, int]]:
    return [(task.kind, str(task.one), task.studies) for task in tasks]


def test_the_most_urgent_comes_first(busy: World, worklist: Worklist) -> None:
    """A wrong identity first, then where there are images; studies that come later count at once."""
    page = worklist.page(REVIEWER)
    assert shown(page.tasks) == [
        (TaskKind.OVERLAY, "BOL|3", 1),
        (TaskKind.NHS_NUMBER_CONFUSION, "BOL|4", 0),
        (TaskKind.POSSIBLE_MATCH, "BOL|2", 1),
        (TaskKind.POSSIBLE_MATCH, "BOL|1", 0),
    ]
    assert (page.total, page.following) == (4, None)
    busy.imaging.register(study("1.4", "CHR|4"), ARCHIVE)
    busy.imaging.register(study("1.4", "CHR|4", series=9), ARCHIVE)  # again: the same study
    assert shown(worklist.page(REVIEWER).tasks)[:2] == [
        (TaskKind.OVERLAY, "BOL|3", 1),
        (TaskKind.NHS_NUMBER_CONFUSION, "BOL|4", 1),
    ]


def test_pages_go_on_where_they_ended(busy: World, worklist: Worklist) -> None:
    everything = [task.id for task in worklist.page(REVIEWER).tasks]
    seen: list[int] = []
    after: Position | None = None
    while len(seen) < len(everything):
        page = worklist.page(REVIEWER, limit=1, after=after)
        seen += [task.id for task in page.tasks]
        after = page.following
        assert (after is None) == (len(seen) == len(everything))
    assert seen == everything


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(kinds=(TaskKind.OVERLAY,)), {"BOL|3"}),
        (Wanted(authorities=("CHR",)), {"BOL|1", "BOL|2", "BOL|4"}),
        (Wanted(authorities=("STO",)), set()),
        (Wanted(text="kau"), {"BOL|2"}),
        (Wanted(text="4"), {"BOL|4"}),
        (Wanted(text="%"), set()),
        (Wanted(weight=(None, 5.0)), {"BOL|3", "BOL|4"}),
        (Wanted(weight=(5.0, 1000.0)), {"BOL|1", "BOL|2"}),
        (Wanted(weight=(1000.0, None)), set()),
        (Wanted(before=datetime(2020, 1, 1, tzinfo=UTC)), set()),
        (Wanted(assignee="rita"), set()),
        (Wanted(assignee=NOBODY), {"BOL|1", "BOL|2", "BOL|3", "BOL|4"}),
    ],
)
def test_filters(busy: World, worklist: Worklist, wanted: Wanted, found: set[str]) -> None:
    page = worklist.page(REVIEWER, wanted)
    assert {str(task.one) for task in page.tasks} == found
    assert page.total == len(found)


def test_next_claims_and_nobody_gets_it_twice(busy: World, worklist: Worklist) -> None:
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: worklist.next(REVIEWER), range(6)))
    ids = [task.id for task in taken if task is not None]
    assert len(ids) == len(set(ids)) == 4
    assert all(task is None or (task.state, task.claimed_by) == (TaskState.CLAIMED, "rita") for task in taken)
    assert worklist.page(COLLEAGUE, Wanted(assignee="rita")).total == 4
    assert worklist.next(COLLEAGUE) is None


def test_a_claim_runs_out(busy: World, worklist: Worklist) -> None:
    """Somebody who went home holds nothing up."""
    taken = worklist.next(REVIEWER)
    assert taken is not None
    with pytest.raises(Conflict):
        busy.review.claim(taken.id, COLLEAGUE)
    with busy.index.engine.begin() as connection:
        connection.exec_driver_sql("update task set held_until = held_until - interval '31 minutes'")
    assert worklist.page(COLLEAGUE, Wanted(assignee=NOBODY)).total == 4
    again = worklist.next(COLLEAGUE)
    assert again is not None
    assert (again.id, again.claimed_by) == (taken.id, "ravi")
    with pytest.raises(Conflict):
        busy.review.decide(taken.id, Decision.REJECT, "", REVIEWER)


def test_what_is_deferred_comes_back_on_its_day(busy: World, worklist: Worklist) -> None:
    first = worklist.page(REVIEWER).tasks[0]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    busy.review.decide(first.id, Decision.DEFER, "ask Bolton", REVIEWER, tomorrow)
    assert worklist.page(REVIEWER).total == 3
    assert worklist.page(REVIEWER, Wanted(deferred=True)).total == 4
    with busy.index.engine.begin() as connection:
        connection.exec_driver_sql("update task set due = due - 1 where state = 'deferred'")
    assert first.id in [task.id for task in worklist.page(REVIEWER).tasks]


@pytest.mark.parametrize("days", [-46_000, 0, 732, 2_900_000])
def test_a_day_not_after_today_or_beyond_two_years_is_refused(busy: World, worklist: Worklist, days: int) -> None:
    task = worklist.page(REVIEWER).tasks[0]
    with pytest.raises(Refused, match="the day to look again") as refused:
        busy.review.decide(task.id, Decision.DEFER, "", REVIEWER, datetime.now(UTC).date() + timedelta(days=days))
    assert refused.value.location == "due"
    assert busy.review.task(task.id, REVIEWER).state is TaskState.OPEN


def test_who_was_unsure_leaves_it_to_somebody_else(busy: World, worklist: Worklist) -> None:
    task = busy.tasks(TaskKind.POSSIBLE_MATCH)[0]
    unsure = busy.review.decide(task.id, Decision.UNSURE, "could be either", REVIEWER)
    assert (unsure.state, unsure.proposed, unsure.proposed_by) == (TaskState.OPEN, Decision.UNSURE, "rita")
    with pytest.raises(Conflict, match="somebody else"):
        busy.review.decide(task.id, Decision.SAME, "", REVIEWER)
    wanted = Wanted(kinds=(TaskKind.POSSIBLE_MATCH,), text=task.one.value)
    assert worklist.next(REVIEWER, wanted) is None
    taken = worklist.next(SENIOR, wanted)
    assert taken is not None
    decided = busy.review.decide(taken.id, Decision.DIFFERENT, "twins", SENIOR)
    assert (decided.state, decided.proposed, decided.decided_by) == (TaskState.DECIDED, None, "sam")


def test_the_work_list_is_for_reviewers(world: World, worklist: Worklist) -> None:
    with pytest.raises(Forbidden):
        worklist.page(ARCHIVE)
    with pytest.raises(Forbidden):
        worklist.next(ARCHIVE)


@pytest.mark.parametrize("name", ["greater-manchester", "surrey-sussex"])
def test_no_trust_is_no_restriction(name: str) -> None:
    """NHS numbers are nobody's: their authority has no owner, and is not what a form without a trust asks for."""
    network = load_network(name)
    assert owned(network, "") == ()
    codes = {authority.owner for authority in network.authorities} - {""}
    assert all(owned(network, code) for code in codes)


def test_a_task_is_handed_to_a_colleague_for_some_days(busy: World, worklist: Worklist) -> None:
    task = worklist.page(REVIEWER).tasks[0]
    given = worklist.assign(task.id, "ravi", REVIEWER)
    assert (given.state, given.claimed_by) == (TaskState.CLAIMED, "ravi")
    with busy.index.engine.begin() as connection:
        connection.exec_driver_sql("update task set held_until = held_until - interval '2 days'")
    assert worklist.page(REVIEWER, Wanted(assignee=NOBODY)).total == 3
    mine = worklist.next(COLLEAGUE, Wanted(assignee="ravi"))
    assert mine is not None
    assert (mine.id, mine.held_until) == (task.id, given.held_until - timedelta(days=2) if given.held_until else None)
    (row,) = busy.rows("select subjects, detail from audit where action = 'assign-task'")
    assert (row.subjects, row.detail) == ([f"task/{task.id}"], {"assignee": "ravi"})


def test_what_somebody_holds_is_taken_from_them_by_a_senior_alone(busy: World, worklist: Worklist) -> None:
    task = worklist.page(REVIEWER).tasks[0]
    busy.review.claim(task.id, COLLEAGUE)
    with pytest.raises(Conflict, match="somebody else"):
        worklist.assign(task.id, "rita", REVIEWER)
    assert worklist.assign(task.id, "rita", SENIOR).claimed_by == "rita"
    assert worklist.assign(task.id, "ravi", REVIEWER).claimed_by == "ravi"  # one's own may be handed on


def test_a_task_goes_to_nobody_who_could_not_answer_it(busy: World, worklist: Worklist) -> None:
    task = worklist.page(REVIEWER).tasks[0]
    with pytest.raises(Refused, match="nobody of this name"):
        worklist.assign(task.id, "ravy", REVIEWER)
    busy.review.decide(task.id, Decision.UNSURE, "", COLLEAGUE)
    with pytest.raises(Conflict, match="ravi has answered already"):
        worklist.assign(task.id, "ravi", REVIEWER)
    with pytest.raises(NotFound):
        worklist.assign(10**9, "ravi", REVIEWER)
    other = worklist.page(REVIEWER).tasks[1]
    busy.review.decide(other.id, Decision.DIFFERENT, "", REVIEWER)
    with pytest.raises(Conflict, match="already decided"):
        worklist.assign(other.id, "ravi", REVIEWER)


def test_what_was_put_off_is_put_off_again_when_it_is_given_back(busy: World, worklist: Worklist) -> None:
    task, day = worklist.page(REVIEWER).tasks[0], datetime.now(UTC).date() + timedelta(days=731)
    busy.review.decide(task.id, Decision.DEFER, "", REVIEWER, day)
    busy.review.claim(task.id, COLLEAGUE)
    released = busy.review.release(task.id, COLLEAGUE)
    assert (released.state, released.due) == (TaskState.DEFERRED, day)
    busy.review.decide(task.id, Decision.UNSURE, "", COLLEAGUE)
    asked = busy.review.task(task.id, REVIEWER)
    assert (asked.state, asked.decision, asked.due) == (TaskState.OPEN, None, None)


def test_filters_are_kept_for_who_saved_them(busy: World, worklist: Worklist) -> None:
    overlays, odd = SavedFilter("Overlays", "kind=overlay"), SavedFilter("a <b>'\"", "text=%27")
    for kept in (overlays, odd, SavedFilter("Overlays", "kind=overlay&trust=RMC")):
        worklist.save(kept, REVIEWER)
    assert worklist.saved(REVIEWER) == [odd, SavedFilter("Overlays", "kind=overlay&trust=RMC")]
    assert worklist.saved(COLLEAGUE) == []
    worklist.forget("Overlays", COLLEAGUE)
    worklist.forget("Overlays", REVIEWER)
    assert worklist.saved(REVIEWER) == [odd]


def test_saved_filters_have_names_and_are_not_without_number(busy: World, worklist: Worklist) -> None:
    for name in ("", "x" * (LONGEST_NAME + 1)):
        with pytest.raises(Refused, match="a name has"):
            worklist.save(SavedFilter(name, ""), REVIEWER)
    for number in range(MOST_SAVED):
        worklist.save(SavedFilter(str(number), ""), REVIEWER)
    worklist.save(SavedFilter("3", "held=me"), REVIEWER)
    with pytest.raises(Refused, match="remove one first"):
        worklist.save(SavedFilter("one more", ""), REVIEWER)
