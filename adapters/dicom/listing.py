"""A day of an archive's studies, to the last: read at once, or in parts when it is too large for the archive.

Some archives say when they do not tell all; many, Orthanc's QIDO-RS among them, stop at a limit and say nothing. So a
list of any length is asked for once more, by the halves of its day: what is whole has nothing new in its halves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import date

from pydicom import Dataset

from adapters.dicom.elements import Elements
from adapters.dicom.headers import kept
from adapters.dicom.times import read_date
from mpi.errors import Refused, Unavailable

_QUALIFIERS = 0x00100024
_IDENTITY = (0x0020000D, 0x00100020, 0x00100021)
_LAST_SECOND = 24 * 3600 - 1
_TM = re.compile(r"(\d{2})(\d{2})?(\d{2})?", re.ASCII)


class TooMany(Unavailable):
    """The archive cannot, or may not, tell all that was asked for. It may when less is asked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """A day of study, or the seconds of it from `first` to `last`; day None is all there is, dated or not."""

    day: date | None
    first: int = 0
    last: int = _LAST_SECOND

    @property
    def whole(self) -> bool:
        """Whether the time of day does not matter: a study may have none."""
        return (self.first, self.last) == (0, _LAST_SECOND)

    @property
    def date_key(self) -> str:
        """Study Date to ask for, "" any."""
        return f"{self.day:%Y%m%d}" if self.day else ""

    @property
    def time_key(self) -> str:
        """Study Time to ask for, a range; "" any."""
        return "" if self.whole else f"{_clock(self.first)}-{_clock(self.last)}.999999"

    def halves(self) -> tuple[Span, ...]:
        """Two spans instead of this one; none when it cannot be split."""
        if self.day is None or self.first == self.last:
            return ()
        middle = (self.first + self.last) // 2
        return Span(self.day, self.first, middle), Span(self.day, middle + 1, self.last)

    def __str__(self) -> str:
        if self.day is None:
            return "all days"
        return str(self.day) if self.whole else f"{self.day} {self.time_key}"


Ask = Callable[[Span], Iterator[tuple[Dataset, str]]]
"""The studies of a span as an archive tells them, with the transfer syntax. Raises `Unavailable`, and `TooMany` when
what has come may not be all."""


Told = tuple[Dataset, str]
_NO_LIMIT_BELOW = 50  # studies: nobody's limit is as low as that


@dataclass(slots=True)
class Listing:
    """The studies of a day, or those without a date for day None, each once. To be gone through once.

    `looked` is how many answers there were; those without a date are looked for among all. `parts` is in how many
    parts it had to be read: when there are several, studies without a time of day may be missing, for no part has
    them. Raises `Unavailable` when the archive does not answer to the end, or answers something else than was asked.
    """

    ask: Ask
    day: date | None
    looked: int = 0
    parts: int = 1
    _seen: set[bytes] = field(default_factory=set)

    def __iter__(self) -> Iterator[Told]:
        return self._whole(Span(self.day))

    def _whole(self, span: Span) -> Generator[Told, None, None]:
        """The studies of a span that were not told before, and a look at whether they are all."""
        told = yield from self._read(span)
        yield from self._confirm(span, told)

    def _confirm(self, span: Span, told: set[bytes]) -> Generator[Told, None, None]:
        if len(told) < _NO_LIMIT_BELOW or not span.halves():
            return
        halves = []
        for half in span.halves():
            halves.append((half, (yield from self._read(half))))
        is_new = any(part - told for _, part in halves)
        self.parts += is_new
        # All in one half: the limit would have been the same there.
        if is_new or not all(part for _, part in halves):
            for half, part in halves:
                yield from self._confirm(half, part)

    def _read(self, span: Span) -> Generator[Told, None, set[bytes]]:
        """The studies of a span that were not told before; returns the marks of all of them."""
        told: set[bytes] = set()
        try:
            for dataset, syntax in self.ask(span):
                self._check(dataset, span)
                if span.day is None and _text(dataset, "StudyDate"):
                    self.looked += 1
                    continue
                mark = _mark(dataset, syntax)
                told.add(mark)
                if mark not in self._seen:
                    self._seen.add(mark)
                    self.looked += 1
                    yield dataset, syntax
        except TooMany as reason:
            if not span.halves():
                raise Unavailable(f"{reason}, and {span} cannot be split further") from None
            self.parts += 1
            for half in span.halves():
                yield from self._whole(half)
            return set()
        return told

    def _check(self, dataset: Dataset, span: Span) -> None:
        day, clock = _text(dataset, "StudyDate"), _text(dataset, "StudyTime")
        if span.day is not None and day and read_date(day) not in {None, "", span.day.isoformat()}:
            raise Unavailable(f"the archive was asked for the studies of {span.day}, and tells others too")
        if not span.whole and clock and not span.first <= _seconds(clock, span.first) <= span.last:
            raise Unavailable(f"the archive was asked for a part of {span.day}, and tells studies of other hours too")


def _mark(dataset: Dataset, syntax: str) -> bytes:
    """The same for one study of one patient, as often as it is told."""
    if _QUALIFIERS in dataset:  # a sequence: by everything that is said
        return hashlib.sha256(kept(dataset, b"", syntax)).digest()
    told = [dataset.get_item(tag) for tag in _IDENTITY if tag in dataset]
    return hashlib.sha256(repr([(element.tag, element.value) for element in told if element]).encode()).digest()


def _text(dataset: Dataset, keyword: str) -> str:
    """What cannot be read is judged later, with the rest of the study."""
    try:
        return Elements.of(dataset).text(keyword)
    except Refused:
        return ""


def _clock(second: int) -> str:
    return f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"


def _seconds(clock: str, otherwise: int) -> int:
    """The second of the day of a TM; `otherwise` when it is none."""
    match = _TM.match(clock.replace(":", ""))
    if match is None:
        return otherwise
    hour, minute, second = (int(part or 0) for part in match.groups())
    return min(hour * 3600 + minute * 60 + second, _LAST_SECOND)
