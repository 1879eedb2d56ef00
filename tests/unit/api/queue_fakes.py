"""Stand-ins for the use cases of the queues beside the work list."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mpi.domain.access import Caller, Right
from mpi.domain.commands import Receipt, Status
from mpi.domain.correction import Doubled, Numbered, correction
from mpi.domain.identifiers import Identifier
from mpi.domain.quarantine import Kept, Sought
from mpi.domain.reading import Entry, Reading, Section
from mpi.domain.record import Record
from mpi.domain.views import Event, EventType
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.usecases.figures.corrections import CorrectionPage
from mpi.usecases.refused.quarantine import Opened, RefusedPage
from mpi.usecases.subscribers.deliveries import Condition, Owed
from mpi.usecases.subscribers.subscriptions import Subscription
from tests.unit.api.synthetic import ALPHA, AT, RETIRED


@dataclass
class Faults:
    """The error the next call of any use case raises."""

    next: Exception | None = None

    def check(self) -> None:
        error, self.next = self.next, None
        if error is not None:
            raise error


def make_kept(number: int) -> Kept:
    """A refused message."""
    where = ("PAS", "RMC", f"C{number}", "ADT^A08", (), AT)
    return Kept(number, "bolton", *where, Fault.BAD_VALUE, "PID-7 is not a date", "PID^1^7")


@dataclass
class FakeQuarantine:
    faults: Faults
    kept: dict[int, Kept] = field(default_factory=lambda: {n: make_kept(n) for n in range(5, 0, -1)})
    asked: list[Sought] = field(default_factory=list)
    sent: list[str | None] = field(default_factory=list)

    def list(
        self, caller: Caller, sought: Sought = Sought(), limit: int = 50, before: int | None = None
    ) -> RefusedPage:
        self.faults.check()
        caller.require(Right.MEND)
        self.asked.append(sought)
        found = [k for k in self.kept.values() if (before is None or k.id < before) and not k.settled_at]
        return RefusedPage(tuple(found[:limit]), len(self.kept), found[limit - 1].id if len(found) > limit else None)

    def open(self, message_id: int, caller: Caller) -> Opened:
        caller.require(Right.MEND)
        found = self._find(message_id)
        entry = Entry("PID-7", "Date of birth", (("", "1950-13-41"),), marked=True)
        reading = Reading("HL7 v2", (Section("PID", "Patient", (entry,)),), text="PID|x")
        return Opened(found, reading, (replace(found, id=9, original=found.id, made_by="x"),))

    def replay(self, message_id: int, text: str | None, caller: Caller) -> Receipt:
        self.faults.check()
        caller.require(Right.MEND)
        self._find(message_id)
        self.sent.append(text)
        if text == "bad":
            return Receipt(Status.REFUSED, 10, fault=Fault.MALFORMED, text="no MSH", location="MSH")
        return Receipt(Status.ACCEPTED, 10)

    def settle(self, message_id: int, reason: str, caller: Caller) -> None:
        caller.require(Right.MEND)
        if not reason:
            raise Refused(Fault.BAD_VALUE, "say why")
        found = self._find(message_id)
        if found.settled_at:
            raise Conflict("settled already")
        self.kept[message_id] = replace(found, settled_at=AT, settled_by=caller.user, settlement=reason)

    def _find(self, message_id: int) -> Kept:
        if message_id not in self.kept:
            raise NotFound("no message has this id, or none that you may see")
        return self.kept[message_id]


@dataclass
class FakeDeliveries:
    """One stopped consumer and one webhook that fails."""

    faults: Faults
    retried: list[int] = field(default_factory=list)
    aside: list[tuple[int, int, str]] = field(default_factory=list)

    def list(self, caller: Caller) -> list[Owed]:
        self.faults.check()
        caller.require(Right.OPERATE)
        return [self._owed(1, "mllp:ris/ITI-10", Condition.STOPPED), self._owed(2, "https://x.example/secret")]

    def open(self, subscription_id: int, caller: Caller, limit: int = 50) -> Owed:
        found = [owed for owed in self.list(caller) if owed.subscription.id == subscription_id]
        if not found:
            raise NotFound("nobody is subscribed under this id")
        return found[0]

    def retry(self, subscription_id: int, caller: Caller) -> None:
        self.retried.append(self.open(subscription_id, caller).subscription.id)

    def retry_all(self, caller: Caller) -> int:
        return len(self.list(caller))

    def set_aside(self, subscription_id: int, event_id: int, reason: str, caller: Caller) -> None:
        if self.open(subscription_id, caller).next_events[0].id != event_id:
            raise Conflict("this is not the oldest event it is owed any more")
        self.aside.append((subscription_id, event_id, reason))

    def _owed(self, number: int, url: str, condition: Condition = Condition.FAILING) -> Owed:
        active = condition is not Condition.STOPPED
        event = Event(70, EventType.IDENTITY_MERGED, AT, (RETIRED,), (ALPHA,), ())
        told = Subscription(number, url, (), "", "network", active, AT, pending=3, last_error="AE", oldest=AT)
        return Owed(told, condition, 2, 60.0, AT, (event,))


@dataclass
class FakeCorrections:
    """Two pages of one person each."""

    faults: Faults
    asked: list[tuple[str, int, Doubled | None]] = field(default_factory=list)

    def page(
        self, organisation: str, caller: Caller, limit: int = 25, after: Doubled | None = None
    ) -> CorrectionPage:
        self.faults.check()
        caller.require(Right.REVIEW)
        self.asked.append((organisation, limit, after))
        if organisation == "XXX":
            raise NotFound("no organisation of this network that numbers patients has this code")
        records = [Record(Identifier("BOLTON", str(n)), n) for n in (1, 2)]
        found = correction(ALPHA, [Numbered(record, record.id or 0) for record in records])
        return CorrectionPage((found,), 2, None if after else (ALPHA, "BOLTON"))
