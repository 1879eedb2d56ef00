"""Files for a first filling: what of them a bulk load can take, and the rest (V2-19).

A plain registration may go in by bulk; anything else is taken message by message afterwards, and so is every other
message about a patient of whom something else is said, in the order of the file. Identity is a function of what was
said, whatever the order (promise 2), so the people are those that the messages one by one would have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.hl7v2 import batch, message
from adapters.hl7v2.files import version_of
from adapters.hl7v2.message import Message
from adapters.hl7v2.observer import Observer, is_sampled
from adapters.hl7v2.registrations import Read, Reader, Updates, key_of
from mpi.domain.commands import Envelope
from mpi.domain.identifiers import Identifier
from mpi.errors import Unavailable

_CHUNK = 1 << 20
_SIZE = 500  # messages that a worker reads at a time
_PATIENTS = 2_000  # of one batch

Map = Callable[[Callable[[Sequence[bytes]], list[Read]], Iterator[list[bytes]]], Iterator[list[Read]]]
"""Applies a function to pieces of work in worker processes, and yields the results in order."""


@dataclass(slots=True)
class InitialFile:
    """One file of one feed, read: its messages in order, and which of them are `chosen` for the bulk load."""

    path: Path
    reader: Reader
    frames: list[bytes] = field(default_factory=list)
    read: list[Read] = field(default_factory=list)
    chosen: list[int] = field(default_factory=list)
    first: int = 0  # the message id of the first that is chosen


def gather(path: Path, reader: Reader, apply: Map, progress: Callable[[int, int], None]) -> InitialFile:
    """Read a file whose counts are right. Raises `Refused` when they are not (see `batch.check`), `Unavailable` when
    the file is still being written, OSError."""
    with path.open("rb") as content:
        before = version_of(content)
        chunks = iter(lambda: content.read(_CHUNK), b"")
        frames = list(batch.messages(batch.lines_of(chunks), reader.limit))
        if version_of(content) != before:
            raise Unavailable(f"{path.name} is still being written; take it again later")
    gathered = InitialFile(path, reader, frames)
    pieces = (frames[at : at + _SIZE] for at in range(0, len(frames), _SIZE))
    for read in apply(reader.read_all, pieces):
        gathered.read += read
        progress(len(gathered.read), len(frames))
    return gathered


def choose(files: Sequence[InitialFile]) -> None:
    """Choose what can go by bulk: plain messages, new by their keys, of identifiers that nothing else names and that
    are the same patient throughout: what may be an overlay is for intake to judge, in its turn."""
    keys: set[tuple[str, str, str]] = set()
    others: set[Identifier] = set()
    who: dict[Identifier, bytes] = {}
    for file in files:
        for place, read in enumerate(file.read):
            key = key_of(message.read_header(file.frames[place])) if read.plain else None
            if key is not None and key not in keys:
                keys.add(key)
                file.chosen.append(place)
                others.update(one for one in read.identifiers if who.setdefault(one, read.who) != read.who)
            else:
                others.update(read.identifiers)
    for file in files:
        file.chosen = [place for place in file.chosen if others.isdisjoint(file.read[place].identifiers)]


def envelopes(files: Sequence[InitialFile]) -> Iterator[Envelope]:
    """The chosen messages as the inbox keeps them, in the order of their ids."""
    for file in files:
        for place in file.chosen:
            frame = file.frames[place]
            header = message.read_header(frame)
            key = key_of(header)
            yield Envelope(file.reader.feed.id, *key, header.event, frame, file.read[place].flags)


def number(files: Sequence[InitialFile], first: int) -> None:
    """Give the chosen messages their ids, from `first` on."""
    for file in files:
        file.first = first
        first += len(file.chosen)


def updates(files: Sequence[InitialFile]) -> Iterator[Updates]:
    """The chosen messages for a bulk load, when they have their ids; those of one patient together."""
    for file in files:
        of_patient: dict[Identifier, list[tuple[int, bytes]]] = {}
        for offset, place in enumerate(file.chosen):
            (identifier,) = file.read[place].identifiers
            of_patient.setdefault(identifier, []).append((file.first + offset, file.frames[place]))
        patients = list(of_patient.values())
        for at in range(0, len(patients), _PATIENTS):
            yield Updates(file.reader, tuple(told for one in patients[at : at + _PATIENTS] for told in one))


def note(file: InitialFile, observer: Observer) -> None:
    """Count what was chosen as the receiver counts what it takes."""
    feed = file.reader.feed
    for place in file.chosen:
        header, read = message.read_header(file.frames[place]), file.read[place]
        parsed = Message(header, (), list(read.flags))
        if read.judged is None and is_sampled(feed, parsed):  # the validator will look at it
            whole = message.parse(file.frames[place], header, feed.charset)
            parsed = Message(header, whole.segments, list(read.flags))
        observer.note(feed, parsed, read.judged, None)
