"""Files of messages from a folder or the command line, through the same receiver as a link's (V2-19).

Nothing of a file is applied before its counts are found right. Whatever happens in the middle, the file is taken
again from its start: what it said before is known by its keys and answered as then (V2-16). The answers go beside the
file when all are there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import structlog

from adapters.hl7v2 import ack, batch
from adapters.hl7v2.ack import code_of
from adapters.hl7v2.exchange import Peer, Reply
from adapters.hl7v2.message import read_header
from adapters.hl7v2.mllp import KEPT
from adapters.hl7v2.receive import Receiver
from mpi.domain.network import Feed
from mpi.errors import Fault, Refused, Unavailable

_log = structlog.get_logger("mpi.hl7v2")
_CHUNK = 1 << 20
_POSITIVE = frozenset({"AA", "CA"})


@dataclass(slots=True)
class Loaded:
    """What became of a file: its messages by MSA-1 ("" for one that wants no answer), or why none was looked at.

    `spoke_for` counts its messages of other feeds than its own, by feed (SEC-4)."""

    answers: Path
    codes: Counter[str] = field(default_factory=Counter)
    spoke_for: Counter[str] = field(default_factory=Counter)
    refusal: Refused | None = None

    @property
    def is_positive(self) -> bool:
        """Whether nothing was refused."""
        return self.refusal is None and not {code for code in self.codes if code} - _POSITIVE


class Stopped(Exception):
    """Told to stop in the middle; the file is to be taken again."""


@dataclass(frozen=True, slots=True)
class FileLoader:
    """Loads files of one feed. `limit` is the longest message in bytes; `failures_only` leaves out AA and CA;
    `progress` is told how many messages of how many are done."""

    receiver: Receiver
    feed: Feed
    limit: int
    failures_only: bool = False
    stopped: Callable[[], bool] = lambda: False
    progress: Callable[[int, int], None] = lambda done, total: None

    def load(self, file: Path, taken: Collection[int] = ()) -> Loaded:
        """Load a file; its answers are beside it, as its name and `.ack`. Messages at the places in `taken` (from 0)
        are in the index already, and only answered.

        Raises `Unavailable` when the index cannot store or the file is still being written, and `Stopped`: then no
        answers are written. Raises `OSError` when files cannot be read or written.
        """
        loaded = Loaded(file.with_name(f"{file.name}.ack"))
        with file.open("rb") as content:
            before = version_of(content)
            try:
                head = batch.check(self._lines(content))
            except Refused as reason:
                loaded.refusal = reason
                self._write(loaded, iter(self._refuse(content, reason).blocks))
                return loaded
            if version_of(content) != before:
                raise Unavailable(f"{file.name} is still being written; take it again later")
            answers = self._answers(content, loaded, head.count, taken)
            told = batch.answered(head, answers, self.receiver.clock(), self.receiver.new_id())
            self._write(loaded, told)
        for other, count in loaded.spoke_for.items():
            told_of = {"feed": other, "file_of": self.feed.id, "messages": count, "fault": Fault.FOREIGN_FEED}
            _log.warning("a file spoke for a feed that is not its own", **told_of)
        return loaded

    def _answers(self, content: BinaryIO, loaded: Loaded, count: int, taken: Collection[int]) -> Iterator[bytes]:
        peer = Peer(feed=self.feed.id)
        for place, single in enumerate(batch.messages(self._lines(content), self.limit)):
            if self.stopped():
                raise Stopped
            self.progress(place, count)
            reply = self._accept(single) if place in taken else self.receiver.take(single, peer, self.limit)
            if not reply.stored:
                raise Unavailable("the index cannot store messages now; take the file again later")
            if reply.spoke_for:
                loaded.spoke_for[reply.spoke_for] += 1
            for code in map(code_of, reply.blocks[-1:] or (b"",)):
                loaded.codes[code] += 1
            yield from (b for b in reply.blocks if not self.failures_only or code_of(b) not in _POSITIVE)

    def _accept(self, content: bytes) -> Reply:
        header = read_header(content)
        return Reply(ack.acknowledge(header, ack.ACCEPTED, self.receiver.clock(), self.receiver.new_id))

    def _refuse(self, content: BinaryIO, reason: Refused) -> Reply:
        content.seek(0)
        reply = self.receiver.refuse_batch(content.read(KEPT), reason, Peer(feed=self.feed.id), self.feed)
        if not reply.stored:
            raise Unavailable("the index cannot store messages now; take the file again later")
        return reply

    def _lines(self, content: BinaryIO) -> Iterator[bytes]:
        content.seek(0)
        return batch.lines_of(iter(lambda: content.read(_CHUNK), b""))

    def _write(self, loaded: Loaded, answers: Iterator[bytes]) -> None:
        part = loaded.answers.with_name(f".{loaded.answers.name}.part")
        with part.open("wb") as out:
            out.writelines(answers)
            out.flush()
            os.fsync(out.fileno())
        part.replace(loaded.answers)


def version_of(content: BinaryIO) -> tuple[int, int]:
    """Changes when somebody writes to the file."""
    state = os.fstat(content.fileno())
    return state.st_size, state.st_mtime_ns
