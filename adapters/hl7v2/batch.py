"""Batches and files of messages (V2-19): `[FHS] { [BHS] { MSH ... } [BTS] } [FTS]`, read line by line.

Lines may end in CR, LF or both, and a file may hold MLLP's frame bytes: all of that is taken off, so that a message
from a file has the very bytes it would have on a link, and the same key (V2-16).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.hl7v2.ack import unreadable
from adapters.hl7v2.message import Header
from mpi.errors import Fault, Refused

_HEADS = (b"FHS", b"BHS")
_TAILS = (b"BTS", b"FTS")
_LINE_END = re.compile(rb"[\r\n]+")
_LONGEST = 64 << 20  # bytes: a line longer than any message may be would fill the memory
_MARKS = b"\x0b\x1c"


def is_batch(content: bytes) -> bool:
    """Whether the content of a frame is no single message but a batch or a file of them."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")[:3] in _HEADS


def lines_of(chunks: Iterable[bytes], longest: int = _LONGEST) -> Iterator[bytes]:
    """The lines of a stream, none of them empty. Raises `Refused` (OVERSIZED) for one over `longest` bytes."""
    held = b""
    first = True
    for chunk in chunks:
        *whole, held = _LINE_END.split(held + (chunk.removeprefix(b"\xef\xbb\xbf") if first else chunk))
        first = False
        for line in (*whole, held):
            if len(line) > longest:
                raise Refused(Fault.OVERSIZED, "a line is longer than any message may be")
        yield from filter(None, (line.strip(_MARKS) for line in whole))
    if last := held.strip(_MARKS):
        yield last


def messages(lines: Iterable[bytes], limit: int = _LONGEST) -> Iterator[bytes]:
    """The messages in order; of one over `limit` bytes only so much that this shows. Raises `Refused` where the
    batches are not as they say they are, but only when it gets there: run `check` before anything is applied."""
    order = _Order()
    held: list[bytes] = []
    size = 0
    for line in lines:
        name = line[:3]
        if name in (b"MSH", *_HEADS, *_TAILS):
            if held:
                yield b"\r".join((*held, b""))
            order.take(name.decode(), line)
            held, size = ([line], len(line)) if name == b"MSH" else ([], 0)
        elif held:
            if size <= limit:
                held.append(line)
            size += len(line)
        else:
            raise Refused(Fault.MALFORMED, "a line that belongs to no message stands where FHS, BHS or MSH may")
    if held:
        yield b"\r".join((*held, b""))
    order.end()


@dataclass(frozen=True, slots=True)
class Head:
    """What a batch or file says of itself: the fields of its FHS, else BHS, `fields[n]` field n; () without either.

    `batch` is the control id of the first batch, BHS-11. `count` is how many messages there are.
    """

    fields: tuple[str, ...]
    batch: str
    count: int

    @property
    def is_file(self) -> bool:
        """Whether it has an FHS."""
        return self.fields[:1] == ("FHS",)

    def field(self, number: int) -> str:
        """A field as sent, "" when absent."""
        return self.fields[number] if number < len(self.fields) else ""


def check(lines: Iterable[bytes]) -> Head:
    """Read to the end; what the head says. Raises `Refused` (MALFORMED, COUNT_MISMATCH) when it does not add up."""
    heads: dict[bytes, bytes] = {}

    def watched() -> Iterator[bytes]:
        for line in lines:
            if line[:3] in _HEADS:
                heads.setdefault(line[:3], line)
            yield line

    count = sum(1 for _ in messages(watched()))
    if not count and not heads:
        raise Refused(Fault.MALFORMED, "there is no message in it")
    file, batch = (_fields(heads.get(name, b"")) for name in _HEADS)
    return Head(file or batch, batch[11] if len(batch) > 11 else "", count)


def stand_in(content: bytes) -> Header:
    """An MSH for the acknowledgement of a batch or file that is refused whole: its parties and its control id."""
    first = next(lines_of([content]), b"")
    head = Head(_fields(first) if first[:3] in _HEADS else (), "", 0)
    model = unreadable()
    parts = list(model.msh.fields)
    if head.field(1) == parts[1]:
        parts[3:7], parts[10] = (head.field(n) for n in range(3, 7)), head.field(11)
    return Header(replace(model.msh, fields=tuple(parts)))


def answered(head: Head, answers: Iterable[bytes], now: datetime, control_id: str) -> Iterator[bytes]:
    """The answers as a batch, in a file when the question was one; `now` is UTC."""
    separator, encoding = head.field(1) or "|", head.field(2) or "^~\\&"
    parties = [head.field(5), head.field(6), head.field(3), head.field(4), now.strftime("%Y%m%d%H%M%S+0000")]

    def line(name: str, reference: str) -> bytes:
        fields = [name, encoding, *parties, "", "", "", control_id, reference]
        return (separator.join(fields).rstrip(separator) + "\r").encode("latin-1", errors="replace")

    if head.is_file:
        yield line("FHS", head.field(11))
    yield line("BHS", head.batch)
    count = 0
    for answer in answers:
        count += 1
        yield answer
    yield f"BTS{separator}{count}\r".encode()
    if head.is_file:
        yield f"FTS{separator}1\r".encode()


@dataclass(slots=True)
class _Order:
    """Where we are in the grammar, and what has been counted."""

    batches: int = 0
    count: int = 0  # messages of the open batch
    opened: bool = False  # by a BHS
    file: bool = False
    done: bool = False

    def take(self, name: str, line: bytes) -> None:
        if self.done:
            raise Refused(Fault.MALFORMED, "something follows FTS, which ends the file", "FTS^1")
        match name:
            case "FHS":
                self._begin_file()
            case "BHS":
                self._close_unmarked("BHS")
                self.opened = True
            case "MSH":
                self.count += 1
            case "BTS":
                self.batches += 1
                _compare(line, self.count, "messages", f"BTS^{self.batches}^1")
                self.count, self.opened = 0, False
            case _:
                self._close_unmarked("FTS")
                _compare(line, self.batches, "batches", "FTS^1^1")
                self.done = True

    def end(self) -> None:
        """Raises `Refused` when what was begun is not ended: the rest may be missing."""
        if not self.done:
            self._close_unmarked("the end")
        if self.file and not self.done:
            raise Refused(
                Fault.MALFORMED, "the file begins with FHS but does not end with FTS; it may be cut off", "FHS^1"
            )

    def _begin_file(self) -> None:
        if self.file or self.opened or self.count or self.batches:
            raise Refused(Fault.MALFORMED, "FHS stands elsewhere than at the start", "FHS^1")
        self.file = True

    def _close_unmarked(self, before: str) -> None:
        if self.opened:
            place = f"BHS^{self.batches + 1}"
            raise Refused(Fault.MALFORMED, f"a batch is not ended by BTS before {before}; it may be cut off", place)
        self.batches += 1 if self.count else 0
        self.count = 0


def _compare(line: bytes, count: int, what: str, place: str) -> None:
    told = (*_fields(line), "")[1].strip()
    if not told:  # the count is optional
        return
    if not (told.isascii() and told.isdigit() and int(told) == count):
        raise Refused(Fault.COUNT_MISMATCH, f"{place[:3]}-1 does not say that there are {count} {what}", place)


def _fields(line: bytes) -> tuple[str, ...]:
    """The fields of an envelope segment, numbered as the standard numbers them."""
    text = line.decode("latin-1")
    separator = text[3:4]
    if not separator:
        return (text,) if text else ()
    name, *rest = text.split(separator)
    return (name, separator, *rest) if name in {"FHS", "BHS"} else (name, *rest)
