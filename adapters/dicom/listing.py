"""A day of an archive's studies, to the last: read at once, or in parts when it is too large for the archive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from pydicom import Dataset

from adapters.dicom.elements import Elements
from adapters.dicom.headers import kept
from adapters.dicom.times import read_date
from mpi.errors import Refused, Unavailable

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


@dataclass(slots=True)
class Listing:
    """The studies of a day, or those without a date for day None, each once. To be gone through once.

    `looked` is how many answers there were. `parts` is in how many parts it was read: when there are several,
    studies without a time of day may be missing, for no part has them. Raises `Unavailable` when the archive does not
    answer to the end, or answers something else than was asked.
    """

    ask: Ask
    day: date | None
    looked: int = 0
    parts: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def __iter__(self) -> Iterator[tuple[Dataset, str]]:
        return self._read(Span(self.day))

    def _read(self, span: Span) -> Iterator[tuple[Dataset, str]]:
        try:
            for dataset, syntax in self.ask(span):
                if self._is_wanted(dataset, syntax, span):
                    yield dataset, syntax
            self.parts += 1
        except TooMany as reason:
            if not span.halves():
                raise Unavailable(f"{reason}, and {span} cannot be split further") from None
            for half in span.halves():
                yield from self._read(half)

    def _is_wanted(self, dataset: Dataset, syntax: str, span: Span) -> bool:
        told = Elements.of(dataset)
        day, clock = _text(told, "StudyDate"), _text(told, "StudyTime")
        if span.day is None and day:
            self.looked += 1
            return False
        if span.day is not None and day and read_date(day) not in {None, "", span.day.isoformat()}:
            raise Unavailable(f"the archive was asked for the studies of {span.day}, and tells others too")
        if not span.whole and clock and not span.first <= _seconds(clock, span.first) <= span.last:
            raise Unavailable(f"the archive was asked for a part of {span.day}, and tells studies of other hours too")
        mark = hashlib.sha256(kept(dataset, b"", syntax)).digest()
        if mark in self._seen:
            return False
        self._seen.add(mark)
        self.looked += 1
        return True


def _text(told: Elements, keyword: str) -> str:
    """What cannot be read is judged later, with the rest of the study."""
    try:
        return told.text(keyword)
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
