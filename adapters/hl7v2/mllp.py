"""The minimal lower layer protocol, releases 1 and 2, without sockets: bytes in, events out (V2-1 to V2-4).

A frame is 0x0B, content, 0x1C 0x0D. `Framer` gives the same events however the stream is cut into pieces, never
holds more than one frame of the permitted size, and loses no byte unaccounted: what is not a frame is counted.

Release 2 answers every content block with a commit block: 0x06 when it is in safe storage, 0x15 when it is not.
`Outbound` keeps our side of that: the next block goes when the peer has committed the last.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c\x0d"
COMMITTED, NOT_COMMITTED = b"\x06", b"\x15"  # the whole content of a commit block
MAX_FRAME = 1 << 20  # bytes of content; the longest ADT with every Z segment seen in practice is under 64 KiB
KEPT = 16 << 10  # bytes of an oversized frame kept for quarantine: enough for MSH, EVN and PID

OUTSIDE = "bytes outside a frame"
UNFINISHED = "frame without an end"
EXCESS = "rest of an oversized frame"

# A sender that died inside a frame starts its next message with a new header; a 0x0B elsewhere in the content (a
# word processor's line break, though V2-4 forbids it) must not cut a message in two.
_RESTART = START + b"MSH"


@dataclass(frozen=True, slots=True)
class Frame:
    """The content of one whole frame."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Discarded:
    """`count` bytes were thrown away unparsed; `why` is OUTSIDE, UNFINISHED or EXCESS."""

    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Oversized:
    """A frame passed the limit; `head` is its first bytes. Reported once, then the stream is searched for a frame."""

    head: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit block of release 2: whether the peer has the last content block in safe storage."""

    stored: bool


Event = Frame | Discarded | Oversized | Commit


class Framer:
    """Cuts one connection's byte stream into frames; holds at most `limit` bytes of content."""

    def __init__(self, limit: int = MAX_FRAME) -> None:
        if limit < 1:
            raise ValueError("the limit on a frame must be at least one byte")
        self._limit = limit
        self._buffer = bytearray()  # inside a frame: its content; skipping: the last byte when it may begin an END
        self._searched = 0  # how much of the buffer is known to hold no END
        self._step = self._outside
        self._lost = 0  # bytes thrown away and not yet reported

    @property
    def unfinished(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._step != self._outside

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes, in order."""
        events: list[Event] = []
        view = memoryview(data)
        while view:
            view = view[self._step(bytes(view), events) :]
        return events

    def close(self) -> list[Event]:
        """The stream has ended: what is left is discarded. The framer is then as new."""
        events: list[Event] = []
        if self._step == self._inside:
            self._lose(len(self._buffer) + len(START), UNFINISHED, events)
        elif self._step == self._skip:
            self._lose(len(self._buffer), EXCESS, events)
        else:
            self._lose(0, OUTSIDE, events)
        self._enter_outside()
        return events

    def _outside(self, data: bytes, events: list[Event]) -> int:
        start = data.find(START)
        if start < 0:
            self._lost += len(data)
            return len(data)
        self._lose(start, OUTSIDE, events)
        self._enter_inside()
        return start + len(START)

    def _inside(self, data: bytes, events: list[Event]) -> int:
        held = len(self._buffer)
        taken = data[: self._limit + len(END) - held]
        self._buffer += taken
        end = self._buffer.find(END, max(0, self._searched - 1))
        if end >= 0:
            self._finish(bytes(self._buffer[:end]), events)
            return end + len(END) - held
        self._searched = len(self._buffer)
        if len(self._buffer) == self._limit + len(END):
            self._overflow(events)
        return len(taken)

    def _skip(self, data: bytes, events: list[Event]) -> int:
        held = len(self._buffer)
        self._buffer += data
        end, start = self._buffer.find(END), self._buffer.find(START)
        if end >= 0 and (start < 0 or end < start):
            self._lose(end + len(END), EXCESS, events)
            self._enter_outside()
            return end + len(END) - held
        if start >= 0:
            self._lose(start, EXCESS, events)
            self._enter_inside()
            return start + len(START) - held
        keep = 1 if self._buffer.endswith(END[:1]) else 0
        self._lost += len(self._buffer) - keep
        del self._buffer[: len(self._buffer) - keep]
        return len(data)

    def _finish(self, content: bytes, events: list[Event]) -> None:
        restart = content.rfind(_RESTART)
        if restart >= 0:
            self._lose(restart + len(START), UNFINISHED, events)
            content = content[restart + len(START) :]
        is_commit = content in (COMMITTED, NOT_COMMITTED)
        events.append(Commit(content == COMMITTED) if is_commit else Frame(content))
        self._enter_outside()

    def _overflow(self, events: list[Event]) -> None:
        restart = self._buffer.rfind(_RESTART)
        if restart >= 0:
            self._lose(restart + len(START), UNFINISHED, events)
            del self._buffer[: restart + len(START)]
            self._searched = 0
            return
        head = bytes(self._buffer[: min(KEPT, self._limit - 1)])
        tail = bytes(self._buffer[1 - len(_RESTART) :])  # a new frame may have begun in the last bytes
        events.append(Oversized(head))
        self._lost += len(self._buffer) - len(head) - len(tail)
        self._buffer.clear()
        self._step = self._skip
        while tail:
            tail = tail[self._step(tail, events) :]

    def _lose(self, count: int, why: str, events: list[Event]) -> None:
        if self._lost + count:
            events.append(Discarded(self._lost + count, why))
        self._lost = 0

    def _enter_inside(self) -> None:
        self._buffer.clear()
        self._searched = 0
        self._step = self._inside

    def _enter_outside(self) -> None:
        self._buffer.clear()
        self._step = self._outside


def wrap(content: bytes) -> bytes:
    """`content` as one frame."""
    return START + content + END


class Outbound:
    """The content blocks of one connection on their way out, in the order given.

    A block for a peer of release 2 holds back those behind it until the peer has committed it; one the peer could
    not store goes out again, `attempts` times in all. Raises `ConnectionAbortedError` when that was in vain, and when
    more than `room` blocks wait: such a peer does not speak release 2, and its messages are safe with us.
    """

    def __init__(self, attempts: int = 3, room: int = 16) -> None:
        self._attempts = attempts
        self._room = room
        self._blocks: deque[tuple[bytes, int]] = deque()  # the first is on its way when `_sent` is not 0
        self._sent = 0  # how often

    @property
    def waiting(self) -> bool:
        """Whether the peer owes us a commit block."""
        return self._sent > 0

    def send(self, content: bytes, release: int) -> bytes:
        """What to write now that `content` is to go to a peer of that release; b"" while it has to wait."""
        self._blocks.append((content, release))
        if len(self._blocks) > self._room:
            raise ConnectionAbortedError("the peer does not commit what it is sent")
        return b"" if self.waiting else self._next()

    def committed(self, stored: bool) -> bytes:
        """What to write after a commit block; b"" also when none was owed."""
        if not self.waiting:
            return b""
        if stored:
            self._blocks.popleft()
            return self._next()
        if self._sent == self._attempts:
            raise ConnectionAbortedError("the peer cannot store what it is sent")
        self._sent += 1
        return wrap(self._blocks[0][0])

    def _next(self) -> bytes:
        self._sent = 0
        out = b""
        while self._blocks and not self.waiting:
            content, release = self._blocks[0]
            out += wrap(content)
            if release == 1:
                self._blocks.popleft()
            else:
                self._sent = 1
        return out
