"""Moves of what is filed under one patient to another, A43, A44 and A45; no identity changes by them.

As in a merge PID says where it belongs and MRG where it was; but both live on, and they may be the same (A43).
"""

from __future__ import annotations

from adapters.hl7v2.message import Message, Segment
from adapters.hl7v2.pairing import groups, only_pid, pairs
from mpi.domain.commands import Command, Move, Moved, NoEffect, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Feed, Moves, Network
from mpi.errors import Fault, Refused


def move_patient(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    """A43, as the feed's own profile has it; that it is taken at all has been settled before."""
    moved = [pair for pid, mrg in groups(message) for pair in _pairs(message, pid, mrg, feed, network)]
    if feed.moves is Moves.NOTE:
        return tuple(NoEffect(named, stamp) for pair in moved for named in pair)
    return tuple(Move(Moved.PATIENT, target, source, stamp) for target, source in moved)


def move_account(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    """A44: account MRG-3 of the patient of MRG-1 is the patient's of PID-3, as PID-18 where that is sent."""
    return tuple(
        Move(Moved.ACCOUNT, target, source, stamp, (_required(mrg, 3), pid.text(18) or mrg.text(3)))
        for pid, mrg in groups(message)
        for target, source in _pairs(message, pid, mrg, feed, network)[:1]
    )


def move_visits(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    """A45: visits MRG-5 and MRG-6 of account MRG-3 belong to account PID-18; `{MRG PV1}` repeats."""
    pid = only_pid(message)
    if not message.all("MRG"):
        raise Refused(Fault.MISSING_FIELD, "a PID has no MRG after it", f"MRG^{pid.sequence}")
    return tuple(
        Move(Moved.VISITS, target, source, stamp, _accounts(pid, mrg), _visits(mrg))
        for mrg in message.all("MRG")
        for target, source in _pairs(message, pid, mrg, feed, network)[:1]
    )


def _pairs(
    message: Message, pid: Segment, mrg: Segment, feed: Feed, network: Network
) -> list[tuple[Identifier, Identifier]]:
    return [(one.identifier, other.identifier) for one, other in pairs(message, (pid, 3), (mrg, 1), feed, network)]


def _accounts(pid: Segment, mrg: Segment) -> tuple[str, ...]:
    before, after = mrg.text(3), pid.text(18)
    return (before, after or before) if before else ()


def _visits(mrg: Segment) -> tuple[str, ...]:
    told = tuple(dict.fromkeys(number for number in (mrg.text(5), mrg.text(6)) if number))
    return told or (_required(mrg, 5),)


def _required(mrg: Segment, number: int) -> str:
    if not mrg.text(number):
        raise Refused(Fault.MISSING_FIELD, f"MRG-{number} is empty", mrg.location(number))
    return mrg.text(number)
