"""Take in what is said of orders and their reports, and tell subscribers; inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpi.domain.commands import Command, Order
from mpi.domain.evidence import Pair
from mpi.domain.order_fold import ImagingOrder, ToldOrder, settled, tell
from mpi.domain.orders import ENDED, OrderStatus, number_of
from mpi.domain.views import Event, EventType, TaskKind
from mpi.errors import Fault, Refused
from mpi.ports import Unit
from mpi.usecases.identity.gathering import save
from mpi.usecases.identity.rematch import Cause, Rematch

_TWO_PATIENTS = "one order came under two patient ids; each keeps what was said of theirs"


def take(unit: Unit, commands: Sequence[Command], cause: Cause, rematch: Rematch) -> None:
    """Store what the orders among the commands, all of one patient whose record is stored, say. Raises Refused
    (MISSING_FIELD) for one without a number."""
    said = [command for command in commands if isinstance(command, Order)]
    if not said:
        return
    family = [record.identifier for record in unit.records.family([order.patient for order in said])]
    before = unit.orders.of_records(family)
    known = {(one.patient, one.number): one for one in before}
    for order in said:
        number = number_of(order.said)
        if number is None:
            raise Refused(Fault.MISSING_FIELD, "the order has no number", "ORC^1^3")
        place = order.patient, number
        known[place] = tell(known.get(place), *place, order.said, order.stamp)
    save(unit, before, settled(known.values()))
    after = unit.orders.of_records(family)
    unit.outbox.publish(list(_told(unit, before, after, cause, rematch)), cause.caller, cause.message_id)
    _ask_whose(unit, before, after, cause)


def _ask_whose(unit: Unit, before: Sequence[ToldOrder], after: Sequence[ToldOrder], cause: Cause) -> None:
    """Ask about the two patients of an order that has come under a second one: each keeps what was said of theirs.

    Asked when a number is first told of a patient and neither of the two orders has ended: a source that cancels
    what it ordered for the wrong patient, and orders it anew, has said all that there is to say.
    """
    known = {number for order in _standing(before) for number in order.numbers.items()}
    told = [(order, {k: n for k, n in order.numbers.items() if (k, n) not in known}) for order in _standing(after)]
    unit.orders.hold_numbers({number for _, fresh in told for number in fresh.items()})
    for order, fresh in told:
        for other in unit.orders.under_others(order.patient, fresh) if fresh else ():
            unit.tasks.raise_alarm(TaskKind.ORDER_CONFLICT, Pair.of(other, order.patient), _TWO_PATIENTS)
            unit.audit.record(cause.caller, "order-conflict", [str(order.patient), str(other)], {})


def _standing(told: Sequence[ToldOrder]) -> list[ImagingOrder]:
    return [one.shown for one in told if one.shown is not None and one.shown.status not in ENDED]


def _told(
    unit: Unit, before: Sequence[ToldOrder], after: Sequence[ToldOrder], cause: Cause, rematch: Rematch
) -> Iterator[Event]:
    known = [one.shown for one in before if one.shown is not None]
    for told in after:
        if told.shown is None:
            continue
        was = next((one for one in known if _is_same(one, told.shown)), None)
        for kind in _kinds(was, told.shown):
            yield _event(unit, kind, told, told.shown, cause, rematch)


def _kinds(was: ImagingOrder | None, now: ImagingOrder) -> Iterator[EventType]:
    if was is None and now.status not in {*ENDED, OrderStatus.COMPLETED}:
        yield EventType.STUDY_ORDERED
    elif was is not None and _plan(was) != _plan(now):
        yield EventType.ORDER_CHANGED
    if (was.report_status if was else None) is not now.report_status:
        yield EventType.REPORT_CHANGED


def _is_same(one: ImagingOrder, other: ImagingOrder) -> bool:
    """Whether an order that was shown is this one, be it under a more exact number now."""
    if one.id == other.id:
        return True
    numbers = ((one.filler, other.filler), (one.accession, other.accession), (one.placer, other.placer))
    told = next(((a, b) for a, b in numbers if a), ("", ""))
    return told[0] == told[1] and bool(told[0])


def _plan(order: ImagingOrder) -> tuple[object, ...]:
    what = (order.codes, order.modality, order.body_site, order.study_uid)
    return order.status, order.starts_at, *what


def _event(
    unit: Unit, kind: EventType, told: ToldOrder, order: ImagingOrder, cause: Cause, rematch: Rematch
) -> Event:
    golden_id = unit.identities.current([order.patient])[order.patient]
    detail = {"order": str(told.number), "status": str(order.status), "report": str(order.report_status or "")}
    return Event(
        id=0,
        type=kind,
        at=rematch.now(),
        old_golden_ids=() if kind is EventType.STUDY_ORDERED and not order.stored else (golden_id,),
        new_golden_ids=(golden_id,),
        identifiers=(order.patient,),
        studies=(order.stored,) if order.stored else (),
        reason=cause.reason,
        detail={name: value for name, value in detail.items() if value},
        about=() if order.stored else (order.planned(),),
    )
