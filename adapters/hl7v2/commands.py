"""Trigger events into commands (standards section 1.4), by MSH-9.1 and MSH-9.2 only (V2-26).

In every merge and change PID holds the survivor or the correct identifier and MRG the prior one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.hl7v2 import orders
from adapters.hl7v2.identifiers import Typed, read_identifiers, require_own
from adapters.hl7v2.message import Message
from adapters.hl7v2.moves import move_account, move_patient, move_visits
from adapters.hl7v2.pairing import groups, only_pid, pairs
from adapters.hl7v2.patient import read_patient
from adapters.hl7v2.timestamps import read_stamp
from mpi.domain.commands import (
    Command,
    Death,
    Delete,
    Field,
    Link,
    Merge,
    NoEffect,
    Register,
    Rename,
    Stamp,
    Unlink,
    Value,
)
from mpi.domain.network import Feed, Moves, Network
from mpi.errors import Fault, Refused

Read = Callable[[Message, Feed, Network, Stamp], tuple[Command, ...]]

EXISTS = frozenset({"A01", "A03", "A04", "A05", "A08", "A13", "A28", "A31"})
"""Events that say the patient exists, and so revive a deleted one; A02, A11 and A12 only bring demographics."""

OPTIONAL = frozenset({"A18", "A30", "A39"})
"""Legacy merges a feed must opt into (`Feed.options`), else AR 201."""

NO_EFFECT: Mapping[str, str] = {
    "A06": "outpatient becomes inpatient",
    "A07": "inpatient becomes outpatient",
    "A09": "patient departing, tracking",
    "A10": "patient arriving, tracking",
    "A14": "pending admission",
    "A15": "pending transfer",
    "A16": "pending discharge",
    "A17": "two patients swap beds",
    "A20": "bed status",
    "A21": "leave of absence",
    "A22": "return from leave",
    "A23": "visit deleted; the person stays",
    "A25": "pending discharge cancelled",
    "A26": "pending transfer cancelled",
    "A27": "pending admission cancelled",
    "A32": "arrival cancelled",
    "A33": "departure cancelled",
    "A35": "accounts merged",
    "A38": "pre-admission cancelled",
    "A41": "accounts merged",
    "A42": "visits merged",
    "A46": "PID-2 changed",
    "A48": "PID-4 changed",
    "A49": "account number changed",
    "A50": "visit number changed",
    "A51": "alternate visit id changed",
    "A52": "leave of absence cancelled",
    "A53": "return from leave cancelled",
    "A54": "attending doctor changed",
    "A55": "change of doctor cancelled",
    "A60": "adverse reactions",
    "A61": "consulting doctor changed",
    "A62": "change of consultant cancelled",
}
"""Events taken and audited without effect on identity, with what they say."""


def to_command(message: Message, feed: Feed, network: Network) -> tuple[Command, ...]:
    """All the commands of one message, to be applied together or not at all (V2-45).

    Raises `Refused`: UNSUPPORTED_TYPE, UNSUPPORTED_EVENT, MISSING_FIELD, UNKNOWN_AUTHORITY, FOREIGN_AUTHORITY,
    BAD_VALUE, MALFORMED, ENCODING. Remarks go to `message.flags`.
    """
    read = reader_of(message.header.message_type, message.header.trigger, feed)
    if message.header.message_type == "ADT":
        _compare_trigger(message)
    return read(message, feed, network, read_stamp(message))


def reader_of(message_type: str, trigger: str, feed: Feed) -> Read:
    """What reads this event for this feed; raises `Refused` with the MSH location of V2-13."""
    ordering = {name: event for name, event in orders.TYPES.items() if event in feed.options}
    types = ("ADT", *ordering) if feed.identity else tuple(ordering)
    if message_type not in types:
        taken = " and ".join(types)
        raise Refused(Fault.UNSUPPORTED_TYPE, f"only {taken} messages are taken here", "MSH^1^9^1^1")
    if message_type in ordering and trigger == ordering[message_type]:
        return orders.read_orders
    read = READERS.get(trigger) if message_type == "ADT" else None
    refused = trigger == "A43" and feed.moves is Moves.REFUSE
    if read is None or refused or (trigger in OPTIONAL and trigger not in feed.options):
        raise Refused(Fault.UNSUPPORTED_EVENT, "this trigger event is not taken from this feed", "MSH^1^9^1^2")
    return read


def _compare_trigger(message: Message) -> None:
    evn = message.first("EVN")
    if evn is None:
        message.flag("there is no EVN segment")
    elif evn.text(1) and evn.text(1) != message.header.trigger:  # MSH-9.2 wins (V2-17)
        message.flag("EVN-1 differs from MSH-9.2")


def _register(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    patient = read_patient(message, only_pid(message), feed, network)
    patch = patient.patch
    _settle_death(message.header.trigger, patch)
    if message.header.trigger in EXISTS:
        patch[Field.ACTIVE] = True
    return (Register(patient.identifiers, patch, stamp),)


def _settle_death(trigger: str, patch: dict[Field, Value]) -> None:
    """A death told by a discharge stands by itself, so that its cancellation can take back that one and no other."""
    death = patch.get(Field.DEATH)
    if Field.DEATH in patch and death is None:  # an explicit retraction takes back every death
        patch[Field.DISCHARGE_DEATH] = None
    elif trigger == "A03" and isinstance(death, Death):
        patch[Field.DISCHARGE_DEATH] = patch.pop(Field.DEATH)
    elif trigger == "A13":  # the cancelled discharge's PID-30=Y may still be repeated here
        patch.pop(Field.DEATH, None)
        patch[Field.DISCHARGE_DEATH] = None


def _merge(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    """Identifiers only: a merge never changes demographics (V2-44)."""
    return tuple(
        Merge(survivor.identifier, prior.identifier, stamp)
        for pid, mrg in groups(message)
        for survivor, prior in pairs(message, (pid, 3), (mrg, 1), feed, network)
    )


def _merge_external(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    """A39 merges at PID-2 and MRG-4; PID-3 and MRG-1 serve when the sender leaves MRG-4 empty."""
    return tuple(
        Merge(survivor.identifier, prior.identifier, stamp)
        for pid, mrg in groups(message)
        for survivor, prior in pairs(
            message, *(((pid, 2), (mrg, 4)) if mrg.raw(4) else ((pid, 3), (mrg, 1))), feed, network
        )
    )


def _rename(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    return tuple(
        Rename(new.identifier, old.identifier, stamp)
        for pid, mrg in groups(message)
        for new, old in pairs(message, (pid, 3), (mrg, 1), feed, network)
    )


def _link(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    one, other = _two_patients(message, feed, network)
    return (Link(one.identifier, other.identifier, stamp),)


def _unlink(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    one, other = _two_patients(message, feed, network)
    return (Unlink(one.identifier, other.identifier, stamp),)


def _delete(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    pid = only_pid(message)
    own = require_own(read_identifiers(message, pid, 3, feed, network), pid, 3)
    return tuple(Delete(typed.identifier, stamp) for typed in own)


def _ignore(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    pid = message.first("PID")
    try:
        own = read_identifiers(message, pid, 3, feed, network).own if pid else ()
    except Refused:  # the event changes nothing, so whose it was need not be known
        own = ()
    return (NoEffect(own[0].identifier if own else None, stamp),)


def _two_patients(message: Message, feed: Feed, network: Network) -> list[Typed]:
    pids = message.all("PID")
    if len(pids) != 2:
        missing = len(pids) < 2
        raise Refused(
            Fault.MISSING_FIELD if missing else Fault.MALFORMED,
            "a link takes exactly two PID segments",
            f"PID^{len(pids) + 1 if missing else 3}",
        )
    return [require_own(read_identifiers(message, pid, 3, feed, network), pid, 3)[0] for pid in pids]


READERS: Mapping[str, Read] = {
    **dict.fromkeys(NO_EFFECT, _ignore),
    **dict.fromkeys((*EXISTS, "A02", "A11", "A12"), _register),
    **dict.fromkeys(("A18", "A30", "A34", "A36", "A40"), _merge),
    "A39": _merge_external,
    "A47": _rename,
    "A24": _link,
    "A37": _unlink,
    "A29": _delete,
    "A43": move_patient,
    "A44": move_account,
    "A45": move_visits,
}
