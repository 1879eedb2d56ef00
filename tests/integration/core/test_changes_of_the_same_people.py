"""Two changes of the same people: one waits at a time, and what waits is of people who are one, or two, still
(decision 34)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mpi.domain.access import Caller
from mpi.domain.acts import Act, Statement
from mpi.domain.regrouping import Regroup
from mpi.domain.views import Decision, TaskKind, TaskState
from mpi.errors import Conflict
from tests.integration.core.regroups import do, regrouping, two_people, wish
from tests.integration.core.test_regrouping_at_once import at_once
from tests.integration.core.world import COLLEAGUE, REVIEWER, SENIOR, World, of


@pytest.fixture
def two(world: World) -> World:
    """Ada (BOL|1, BOL|2, CHR|1) and Bernard (BOL|9, CHR|9)."""
    return two_people(world)


def propose(world: World, act: Act, caller: Caller = REVIEWER) -> int:
    """Propose an act, which would take two people however little it does; returns its task."""
    acts = regrouping(world, -1)
    task = acts.apply(act, acts.preview(act, caller).mark, "seen the letter", caller).task
    assert task is not None
    return task


def splits(world: World) -> Act:
    return wish(world, Regroup.SPLIT, "CHR|1")


def merges(world: World) -> Act:
    return wish(world, Regroup.MERGE, other="BOL|9")


def says_same(_: World) -> Act:
    return Statement(of("BOL|2"), of("CHR|9"), same=True)


def says_different(_: World) -> Act:
    return Statement(of("BOL|1"), of("CHR|1"), same=False)


def is_split(world: World) -> None:
    """The records that both wishes name are in two people then, and these are all that Ada had."""
    do(world, wish(world, Regroup.SPLIT, "BOL|1"), SENIOR)


def are_merged(world: World) -> None:
    do(world, wish(world, Regroup.MERGE, other="BOL|9"), SENIOR)


def swap(world: World) -> None:
    do(world, wish(world, Regroup.MOVE, "BOL|2", other="BOL|9"), SENIOR)


@pytest.mark.parametrize(
    ("asks", "happens"),
    [
        (splits, is_split),
        (says_different, is_split),
        (merges, are_merged),
        (says_same, are_merged),
        (merges, swap),
    ],
)
def test_it_is_outlived_when_just_its_people_are_parted_or_joined(
    two: World, asks: Callable[[World], Act], happens: Callable[[World], None]
) -> None:
    """Together they have the very records that they had."""
    task = propose(two, asks(two))
    happens(two)
    assert two.tasks(TaskKind.PROPOSED_CHANGE) == []
    assert two.review.task(task, COLLEAGUE).state is TaskState.WITHDRAWN
    partition, stated = two.partition(), two.count("assertion")
    with pytest.raises(Conflict, match="already withdrawn"):
        two.review.decide(task, Decision.ACCEPT, "", COLLEAGUE)
    assert (two.partition(), two.count("assertion")) == (partition, stated)
    two.verify()


def from_the_other(world: World) -> Act:
    return wish(world, Regroup.MOVE, "CHR|9", of_="BOL|9", other="BOL|1")


def moves(world: World) -> Act:
    return wish(world, Regroup.MOVE, "CHR|1", other="BOL|9")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (merges, says_same),
        (says_same, merges),
        (moves, from_the_other),
        (from_the_other, moves),
        (splits, lambda world: wish(world, Regroup.SPLIT, "BOL|2")),
    ],
)
def test_one_change_of_the_same_people_waits_whichever_records_it_names(
    two: World, first: Callable[[World], Act], second: Callable[[World], Act]
) -> None:
    task = propose(two, first(two))
    with pytest.raises(Conflict, match=f"see task {task}$"):
        propose(two, second(two), COLLEAGUE)
    assert [one.id for one in two.tasks(TaskKind.PROPOSED_CHANGE)] == [task]


def test_of_two_who_propose_at_once_one_is_told_of_the_other(two: World) -> None:
    told = at_once(
        lambda: propose(two, Statement(of("BOL|2"), of("CHR|9"), same=True)),
        lambda: propose(two, Statement(of("BOL|9"), of("CHR|1"), same=True), COLLEAGUE),
    )
    assert sorted(told) == ["Conflict", "done"]
    assert len(two.tasks(TaskKind.PROPOSED_CHANGE)) == 1


def test_what_was_turned_down_has_done_nothing_to_take_back(two: World) -> None:
    task = propose(two, merges(two))
    two.review.decide(task, Decision.REJECT, "two people", COLLEAGUE)
    for caller in (REVIEWER, COLLEAGUE, SENIOR):
        with pytest.raises(Conflict, match="turned down: nothing was done"):
            two.review.undo(task, "", caller)
