"""The minimal lower layer protocol, release 1, without sockets: bytes in, events out (V2-1 to V2-4).

A frame is 0x0B, content, 0x1C 0x0D. `Framer` gives the same events however the stream is cut into pieces, never
holds more than one frame of the permitted size, and loses no byte unaccounted: what is not a frame is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c\x0d"
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


Event = Frame | Discarded | Oversized


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
        events.append(Frame(content))
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
