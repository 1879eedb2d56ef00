"""Take in what the feeds say: one transaction a message, committed before it is answered (promise 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from mpi.domain.access import Caller, Right
from mpi.domain.commands import (
    Command,
    Delete,
    Envelope,
    Link,
    Merge,
    Move,
    NoEffect,
    Order,
    Receipt,
    Register,
    Rename,
    Status,
    Unlink,
)
from mpi.domain.draft import Draft
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network, Overlays
from mpi.domain.record import Record
from mpi.domain.views import RecordState
from mpi.errors import Fault, Forbidden, OutOfSequence, Refused
from mpi.ports import Claim, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity import moving
from mpi.usecases.identity.drafting import open_draft
from mpi.usecases.identity.rematch import Cause, Rematch
from mpi.usecases.identity.screening import screen
from mpi.usecases.imaging import ordering
from mpi.usecases.intake import copies

_AHEAD = timedelta(days=1)  # how far a sender's clock may run ahead of ours


class Intake:
    """When a receipt is returned, it and its effects are committed."""

    def __init__(self, units: Units, rematch: Rematch, network: Network) -> None:
        self._units = units
        self._rematch = rematch
        self._network = network

    def register(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        """Apply all the commands of one message or none.

        Returns an ACCEPTED receipt, or a REFUSED one when a rule of the domain forbids it (then the message is in
        quarantine with its bytes and reason). The same message again returns the first receipt with `repeat`.
        Raises `Unavailable` when nothing could be stored (answer AR 207 or 503), `Forbidden`, and `OutOfSequence`
        when the envelope's number is not the one that follows.
        """
        caller.require(Right.FEED)
        try:
            self._check_authorities(_identifiers(commands), caller)
            self._check_times(commands)
            screened, remarks = screen(commands, self._network.population)
            flagged = replace(envelope, flags=(*envelope.flags, *remarks))
            return attempt(lambda: self._apply(flagged, screened, caller))
        except Refused as reason:
            return self.refuse(envelope, reason, caller)

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        """Quarantine a message that its adapter could not understand; returns a REFUSED receipt.

        Raises `Unavailable` when the quarantine itself cannot be written, and `OutOfSequence`.
        """
        return attempt(lambda: self._quarantine(envelope, reason, caller))

    def next_in_sequence(self, feed: str) -> int:
        """The sequence number expected of a feed; -1 when none was ever taken, so that any may come (V2-18)."""

        def look() -> int | None:
            with self._units.begin(read_only=True) as unit:
                return unit.inbox.last_in_sequence(feed)

        last = attempt(look)
        return -1 if last is None else last + 1

    def _apply(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        with self._units.begin() as unit:
            claim = unit.inbox.claim(envelope)
            if answered := _answered(unit, envelope, claim):
                return answered
            identifiers = _identifiers(commands)
            draft = open_draft(unit, identifiers)
            for command in commands:
                draft.apply(_arrived(command, claim.message_id))
            if draft.needs_refold:
                draft.refold(unit.records.updates(draft.members))
            flagged = self._guard(draft, envelope, caller, claim.message_id)
            created = bool(identifiers) and not _was_live(draft.before(identifiers[0]))
            cause = Cause(caller, envelope.event, claim.message_id)
            self._rematch.absorb(unit, draft, cause)
            moving.tell(unit, commands, cause, self._rematch)
            ordering.take(unit, commands, cause, self._rematch)
            self._audit(unit, flagged, identifiers, caller, claim.message_id, reused=claim.reused_control_id)
            copies.note(unit, envelope, claim.message_id, accepted=True)
            expected = _advance(unit, envelope, claim)
            unit.commit()
            return Receipt(Status.ACCEPTED, claim.message_id, created=created, expected=expected)

    def _quarantine(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        with self._units.begin() as unit:
            claim = unit.inbox.claim(envelope)
            if answered := _answered(unit, envelope, claim):
                return answered
            unit.inbox.refuse(claim.message_id, reason)
            detail = {"message": claim.message_id, "fault": reason.fault, "location": reason.location}
            unit.audit.record(caller, "quarantine", [], detail)
            copies.note(unit, envelope, claim.message_id, accepted=False)
            expected = _advance(unit, envelope, claim)
            unit.commit()
            return Receipt(
                Status.REFUSED,
                claim.message_id,
                fault=reason.fault,
                text=reason.text,
                location=reason.location,
                expected=expected,
            )

    def _audit(
        self,
        unit: Unit,
        envelope: Envelope,
        identifiers: Iterable[Identifier],
        caller: Caller,
        message_id: int,
        *,
        reused: bool,
    ) -> None:
        flags = [*envelope.flags, *(["control id used before for another message"] if reused else [])]
        detail = {"message": message_id, "feed": envelope.feed, "event": envelope.event, "flags": flags}
        unit.audit.record(caller, "feed", [str(i) for i in identifiers], detail)

    def _guard(self, draft: Draft, envelope: Envelope, caller: Caller, message_id: int) -> Envelope:
        """The envelope with a remark when its message is an overlay; raises `Refused` where the feed has it so."""
        opened = [r for r in draft.changed if r.pending is not None and r.pending.opened.arrival == message_id]
        if not opened:
            return envelope
        if self._network.feed_by_id[caller.feed].overlays is Overlays.REFUSE:
            text = "name, date of birth and sex of this patient change at once: another patient's number?"
            raise Refused(Fault.OVERLAY, text, "PID^1^5")
        return replace(envelope, flags=(*envelope.flags, "overlay, waits for a reviewer"))

    def _check_times(self, commands: Sequence[Command]) -> None:
        """Facts are ordered by their time: one from the future would silence all that follows it."""
        latest = self._rematch.now() + _AHEAD
        for command in commands:
            if command.stamp.occurred > latest:
                place = "MSH^1^7" if isinstance(command, Order) else "EVN^1^2"
                raise Refused(Fault.BAD_VALUE, "the event is dated in the future", place)

    def _check_authorities(self, identifiers: Iterable[Identifier], caller: Caller) -> None:
        """A feed asserts its own trust's identifiers only (promise 8, V2-49)."""
        feed = self._network.feed_by_id.get(caller.feed)
        if feed is None:
            raise Forbidden(f"'{caller.user}' speaks for no feed of this network")
        for identifier in identifiers:
            if identifier.authority not in feed.authorities:
                text = f"feed {feed.id} may not assert identifiers of {identifier.authority}"
                raise Refused(Fault.FOREIGN_AUTHORITY, text, "PID^1^3^1^4")


def _answered(unit: Unit, envelope: Envelope, claim: Claim) -> Receipt | None:
    """The answer that a message has had, by its key (V2-16) or by its place in the sequence (V2-18).

    Raises `OutOfSequence` when its number does not follow the last one; what was claimed is not kept then.
    """
    if envelope.sequence is None:
        return claim.receipt
    last = unit.inbox.last_in_sequence(envelope.feed)
    if claim.receipt is not None:
        return replace(claim.receipt, expected=None if last is None else last + 1)
    if last is None or envelope.sequence == last + 1:
        return None
    if envelope.sequence == last:
        return replace(unit.inbox.receipt_of_last(envelope.feed), expected=last + 1)
    raise OutOfSequence(last + 1)


def _advance(unit: Unit, envelope: Envelope, claim: Claim) -> int | None:
    """Take the message's sequence number; returns the next one."""
    if envelope.sequence is None:
        return None
    unit.inbox.advance(envelope.feed, envelope.sequence, claim.message_id)
    return envelope.sequence + 1


def _identifiers(commands: Sequence[Command]) -> list[Identifier]:
    """Every identifier the commands name, each once, in the order named."""
    named: list[Identifier] = []
    for command in commands:
        match command:
            case Register(identifiers=identifiers):
                named += identifiers
            case Merge(survivor=one, prior=other) | Rename(new=one, old=other) | Move(target=one, source=other):
                named += [one, other]
            case Link(one=one, other=other) | Unlink(one=one, other=other):
                named += [one, other]
            case Delete(identifier=identifier) | Order(patient=identifier):
                named.append(identifier)
            case NoEffect(identifier=identifier):
                named += [identifier] if identifier is not None else []
    return list(dict.fromkeys(named))


def _arrived(command: Command, message_id: int) -> Command:
    """The command with its place in the order of arrival, which settles ties of time (V2-60)."""
    return replace(command, stamp=replace(command.stamp, arrival=message_id))


def _was_live(record: Record | None) -> bool:
    return record is not None and record.state is RecordState.LIVE
