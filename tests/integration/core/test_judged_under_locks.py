"""Whether a change takes two people is judged by what it finds when it is its turn (SEC-3, decision 3): a colleague's
word, or message, of the same moment is heard first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from linkage.partition import Verdict
from mpi.domain.acts import Statement
from mpi.domain.evidence import Pair
from mpi.domain.orders import OrderField
from mpi.domain.views import Decision, TaskKind, TaskState
from mpi.ports import Unit
from mpi.usecases.identity.asserting import Asserting
from mpi.usecases.identity.rematch import Cause
from mpi.usecases.imaging.ordering import take
from tests.integration.core.regroups import regrouping
from tests.integration.core.test_orders import order
from tests.integration.core.world import COLLEAGUE, REVIEWER, World, nhs, of, other_person, person, register

T = TypeVar("T")
STRANGER = other_person(number=nhs(2))


@pytest.fixture
def alike(world: World) -> World:
    """Ada at Bolton and at Stockport, which does not link by itself; Bernard, with a number of his own, elsewhere."""
    ada = person(number=nhs(1))
    world.tell(register("BOL|1", 1, ada), register("STO|1", 2, ada), register("CHR|9", 3, STRANGER))
    assert not world.together("BOL|1", "STO|1")
    return world


def while_(world: World, meanwhile: Callable[[Unit], object], act: Callable[[], T]) -> Callable[[], T]:
    """Begin an act that has to wait for what is not committed yet; returns what tells its end."""
    with ThreadPoolExecutor(1) as threads, world.index.units.begin() as unit:
        meanwhile(unit)
        waiting = threads.submit(act)
        with pytest.raises(TimeoutError):
            waiting.result(1)
        unit.commit()
    return waiting.result


def joined_by_a_stranger(world: World) -> Callable[[Unit], object]:
    index = world.index
    asserting = Asserting(index.matching, index.rematch, index.clock)
    return lambda unit: asserting.state(unit, of("STO|1"), of("CHR|9"), Verdict.SAME, "one", COLLEAGUE)


def test_a_statement_about_two_records(alike: World) -> None:
    told = while_(
        alike,
        joined_by_a_stranger(alike),
        lambda: alike.review.assert_pair(of("BOL|1"), of("STO|1"), True, "", REVIEWER),
    )()
    assert (told.assertions, told.task is not None) == ((), True)
    assert not alike.together("BOL|1", "STO|1")
    alike.verify()


def test_the_answer_to_a_task(alike: World) -> None:
    with alike.index.units.begin() as unit:
        unit.tasks.raise_alarm(TaskKind.STUDY_CONFLICT, Pair.of(of("BOL|1"), of("STO|1")), "one study")
        unit.commit()
    asked = alike.task(TaskKind.STUDY_CONFLICT)
    told = while_(
        alike,
        joined_by_a_stranger(alike),
        lambda: alike.review.decide(asked.id, Decision.SAME, "", REVIEWER),
    )()
    assert (told.state, told.proposed) == (TaskState.OPEN, Decision.SAME)
    assert not alike.together("BOL|1", "STO|1")
    alike.verify()


def test_a_preview_is_of_one_moment(alike: World) -> None:
    """Who looks different and what would move are read of the same people."""
    told = while_(
        alike,
        joined_by_a_stranger(alike),
        lambda: regrouping(alike).preview(Statement(of("BOL|1"), of("STO|1"), True), REVIEWER),
    )()
    assert told.needs_two, "by then it joins a stranger"


@pytest.mark.parametrize("shared", [OrderField.FILLER, OrderField.STUDY_UID])
def test_one_order_told_of_two_patients_at_once_is_asked_about(world: World, shared: OrderField) -> None:
    """Each sees no other's until the other is done: but for a hold on the number neither would ask."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    first, second = (order(one, 2, **({"filler": f"F{one}"} | {shared.value: "7.7"})) for one in ("BOL|1", "BOL|2"))
    index = world.index
    told = while_(
        world,
        lambda unit: take(unit, [first], Cause(REVIEWER, "O23"), index.rematch),
        lambda: world.send(second),
    )()
    assert told.fault == ""
    asked = world.task(TaskKind.ORDER_CONFLICT)
    assert (asked.one, asked.other) == (of("BOL|1"), of("BOL|2"))
