"""What passes between a listener, or a reader of files, and what answers messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mpi.domain.consumer import Consumer
from mpi.domain.network import Feed


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a client's verified certificate says: its names in lower case, its SHA-256 in hexadecimal, its end."""

    names: frozenset[str]
    fingerprint: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Peer:
    """Who sends: over TLS whoever the certificate names, in a file whoever the operator says (`feed`)."""

    certificate: Certificate | None = None
    feed: str = ""

    def speaks_for(self, feed: Feed | Consumer) -> bool:
        """Whether messages of `feed`, or the questions of a consumer, may come from here (SEC-4)."""
        if self.feed:
            return feed.id == self.feed
        if self.certificate is None:
            return not feed.certificates
        return not feed.certificates.isdisjoint({*self.certificate.names, self.certificate.fingerprint})

    @property
    def is_link(self) -> bool:
        """Whether this is a link, which may number its messages (V2-18), and no file."""
        return not self.feed


ANYBODY = Peer()  # a plain connection


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back for one frame.

    `blocks` in their order, often one, none when the sender wants none. `stored` says whether the frame is in safe
    storage, taken or quarantined. `release` is of MLLP, as the feed speaks it: 2 gets a commit block first (V2-3).
    `spoke_for` is the feed that the message named and its sender may not send as (SEC-4), "" for none.
    """

    blocks: tuple[bytes, ...] = ()
    stored: bool = True
    release: int = 1
    spoke_for: str = ""


class Responder(Protocol):
    """What answers frames; `receive.Receiver` is one."""

    def respond(self, frame: bytes, peer: Peer) -> Reply:
        """Answer a whole frame."""

    def oversized(self, head: bytes, peer: Peer) -> Reply:
        """Answer a frame over the limit, given its first bytes."""

    def crashed(self, frame: bytes, error: Exception, peer: Peer) -> Reply:
        """Quarantine a frame on which `respond` or `oversized` failed, and answer it."""
