"""Messages that were refused: what is kept of each, which of them somebody wants to see, and copies of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mpi.domain.access import Caller
from mpi.domain.network import Network, Organisation
from mpi.errors import Fault, Refused


@dataclass(frozen=True, slots=True)
class Kept:
    """A message of the inbox without its bytes. `fault` is "" when it was accepted.

    `original` is the refused message that it is a copy of, `made_by` who made the copy. A refused message is settled
    when a copy of it was accepted or somebody said why there need be none (`settlement`).
    """

    id: int
    feed: str
    application: str
    facility: str
    control_id: str
    event: str
    flags: tuple[str, ...]
    received_at: datetime
    fault: str
    reason: str
    location: str
    original: int | None = None
    made_by: str = ""
    settled_at: datetime | None = None
    settled_by: str = ""
    settlement: str = ""


@dataclass(frozen=True, slots=True)
class Senders:
    """Feeds by their id, and archives by theirs, whose messages come without a feed."""

    feeds: tuple[str, ...]
    archives: tuple[str, ...]

    def sent(self, kept: Kept) -> bool:
        """Whether the message is one of theirs. One that somebody else sent in a feed's name is nobody's (SEC-4)."""
        if kept.fault == "foreign-feed":
            return False
        return kept.feed in self.feeds if kept.feed else kept.facility in self.archives and is_dicom(kept.event)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which refused messages, copies left out; what is empty or None does not restrict. `text` stands in the reason;
    `settled` wants those that are settled instead of those that wait."""

    senders: Senders | None = None
    feed: str = ""
    fault: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A message is a copy of the refused message `original`, made and sent again by `caller`."""

    original: int
    caller: Caller


def senders_of(network: Network, organisation: str) -> Senders:
    """The feeds and archives of an organisation, by its ODS code."""
    feeds = tuple(feed.id for feed in network.feeds if feed.organisation == organisation)
    return Senders(feeds, tuple(a.id for a in network.archives if a.organisation == organisation))


def sending(network: Network) -> list[Organisation]:
    """The organisations with a feed or an archive."""
    codes = {feed.organisation for feed in network.feeds} | {archive.organisation for archive in network.archives}
    return [one for one in network.organisations if one.code in codes]


def check_kind(kept: Kept, event: str) -> None:
    """Raise `Refused` when a copy is another kind of message than what was refused: mending a patient's details must
    not delete or merge anybody. What was refused for its kind may become another, and an unreadable `event` ("") is
    for the intake to refuse."""
    was, becomes = kept.event.strip("^"), event.strip("^")
    if was and becomes and was != becomes and kept.fault != Fault.UNSUPPORTED_TYPE:
        text = f"this message is {kept.event}, and so must its copy be; a message of another kind its sender sends"
        raise Refused(Fault.CONFLICT, text)


def is_dicom(event: str) -> bool:
    """Whether a message came as DICOM: no HL7 event is written so."""
    return event in DICOM_EVENTS


DICOM_EVENTS = ("C-STORE", "N-CREATE", "C-FIND", "QIDO-RS")
"""How messages come that speak of images, as `Envelope.event` says it."""
