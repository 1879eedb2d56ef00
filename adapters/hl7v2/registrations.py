"""Messages that do no more than register one identifier: most of a file for a first filling, and all that a bulk load
takes. Read in worker processes: what is here can be pickled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import cast

from adapters.hl7v2 import batch, commands, judgement, message, validation
from adapters.hl7v2.admission import admit
from adapters.hl7v2.judgement import Judgement
from adapters.hl7v2.message import Header, Message
from mpi.domain.commands import Command, Field, Patch, Register
from mpi.domain.conformance import Strictness
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Feed, Network, Protocol
from mpi.domain.record import Update
from mpi.errors import Refused
from mpi.usecases.identity.screening import screen


@dataclass(frozen=True, slots=True)
class Read:
    """What one message is about: every identifier it names, none when it is refused. `plain` says that it registers
    one of them and no more; only then are there `flags`, what the validator said of a strict feed, and a digest of
    `who` the patient is said to be."""

    identifiers: tuple[Identifier, ...] = ()
    plain: bool = False
    flags: tuple[str, ...] = ()
    judged: tuple[Judgement, ...] | None = None
    who: bytes = b""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the messages of one feed as the receiver does; `limit` is the longest in bytes, and a fact dated after
    `latest` is left to the receiver to judge."""

    network: Network
    feed: Feed
    limit: int
    latest: datetime

    def read_all(self, frames: Sequence[bytes]) -> list[Read]:
        """What each of the messages is about."""
        return [self._read_safely(frame) for frame in frames]

    def update(self, frame: bytes, arrival: int) -> Update:
        """What a plain message says, as the one that arrived as `arrival`."""
        parsed = message.parse(frame, message.read_header(frame), self.feed.charset)
        orders, _ = screen(commands.to_command(parsed, self.feed, self.network), self.network.population)
        order = cast(Register, orders[0])
        return Update(order.identifiers[0], order.patch, replace(order.stamp, arrival=arrival))

    def _read_safely(self, frame: bytes) -> Read:
        try:
            return self._read(frame)
        except Refused:
            return Read()
        except Exception:  # the receiver quarantines and counts it, when it gets there
            return Read()

    def _read(self, frame: bytes) -> Read:
        if len(frame) > self.limit or batch.is_batch(frame):
            return Read()
        header = message.read_header(frame)
        if self.network.feed(header.application, header.facility, Protocol.MLLP).id != self.feed.id:
            return Read()
        admit(header, self.feed)
        parsed = message.parse(frame, header, self.feed.charset)
        judged = self._judge(parsed)
        orders = commands.to_command(parsed, self.feed, self.network)
        named = tuple(dict.fromkeys(one for order in orders for one in _named(order)))
        if not self._is_plain(orders):
            return Read(named)
        (order,), remarks = screen(orders, self.network.population)
        flags = (*parsed.flags, *remarks)
        return Read(named, plain=True, flags=flags, judged=judged, who=_who(cast(Register, order).patch))

    def _judge(self, parsed: Message) -> tuple[Judgement, ...] | None:
        if self.feed.strictness is not Strictness.STRICT:
            return None
        judged = tuple(validation.judge(parsed))
        judgement.require(judged)
        return judged

    def _is_plain(self, orders: Sequence[Command]) -> bool:
        if len(orders) != 1 or not isinstance(orders[0], Register):
            return False
        return len(orders[0].identifiers) == 1 and orders[0].stamp.occurred <= self.latest


@dataclass(frozen=True, slots=True)
class Updates:
    """A batch of plain messages with their places in the order of arrival, those of one identifier together."""

    reader: Reader
    frames: tuple[tuple[int, bytes], ...]

    def __iter__(self) -> Iterator[Update]:
        return (self.reader.update(frame, arrival) for arrival, frame in self.frames)


def key_of(header: Header) -> tuple[str, str, str]:
    """What a message is known by beside its bytes (V2-16)."""
    return header.application, header.facility, header.control_id


def _who(patch: Patch) -> bytes:
    said = [patch.get(field) for field in (Field.NAMES, Field.BIRTH_DATE, Field.SEX)]
    return hashlib.blake2b(repr(said).encode(), digest_size=8).digest()


def _named(order: Command) -> Iterator[Identifier]:
    for field in fields(order):
        value = getattr(order, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Identifier):
                yield one
