"""Which orders a question is about that came under two patients, as far as the caller may know (NHS-57)."""

from __future__ import annotations

from dataclasses import replace

from mpi.domain.access import Caller
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import OrderField, TaskOrder
from mpi.domain.views import TaskKind, TaskView
from mpi.domain.withholding import may_know_whereabouts
from mpi.ports import Unit


def with_orders(unit: Unit, task: TaskView, caller: Caller) -> TaskView:
    """The task with the orders of its two records that go by one number; their numbers are withheld where one of the
    two people is restricted and the caller may not know where they are treated. Other kinds are as they are."""
    if task.kind is not TaskKind.ORDER_CONFLICT:
        return task
    told = [one.shown for one in unit.orders.of_records([task.one, task.other]) if one.shown is not None]
    ones, others = ([order for order in told if order.patient == end] for end in (task.one, task.other))
    shared = [order for order in ones if any(_meet(order, other) for other in others)]
    shared += [order for order in others if any(_meet(order, one) for one in ones)]
    withheld = not may_know_whereabouts(caller) and _restricted(unit, task)
    return replace(task, orders=tuple(_told(order, withheld) for order in shared))


def _meet(one: ImagingOrder, other: ImagingOrder) -> bool:
    """Whether they go by one number: a trust's own says nothing at another trust."""
    both = {kind for kind, _ in one.numbers.items() & other.numbers.items()}
    return OrderField.STUDY_UID in both or (bool(both) and one.patient.authority == other.patient.authority)


def _restricted(unit: Unit, task: TaskView) -> bool:
    return any(record.registers.restricted for record in unit.identities.outlines(task.golden_ids))


def _told(order: ImagingOrder, withheld: bool) -> TaskOrder:
    if withheld:
        return TaskOrder(order.patient, withheld=True)
    return TaskOrder(order.patient, order.filler, order.placer, order.accession, order.study_uid)
