"""A day of an archive's studies, to the last: read at once, or in parts when it is too large for the archive.

Some archives say when they do not tell all; many, Orthanc's QIDO-RS among them, stop at a limit and say nothing. So a
list of any length is asked for once more, by the halves of its day: what is whole has nothing new in its halves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pydicom import Dataset

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


class Answer(Protocol):
    """A study as an archive tells it. Most are told twice, so what is read at once is only what a list needs."""

    @property
    def mark(self) -> bytes:
        """The same for one study of one patient, as often as it is told."""

    def text(self, keyword: str) -> str:
        """The one value of a text, "" when there is none. Raises `Refused` when it cannot be read."""

    def read(self) -> tuple[Dataset, str]:
        """All that it tells, values raw, with the transfer syntax."""


Ask = Callable[[Span], Iterator[Answer]]
"""The studies of a span as an archive tells them. Raises `Unavailable`, and `TooMany` when what has come may not be
all."""


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

    def __iter__(self) -> Iterator[Answer]:
        return self._whole(Span(self.day))

    def _whole(self, span: Span) -> Generator[Answer, None, None]:
        """The studies of a span that were not told before, and a look at whether they are all."""
        told = yield from self._read(span)
        yield from self._confirm(span, told)

    def _confirm(self, span: Span, told: set[bytes]) -> Generator[Answer, None, None]:
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

    def _read(self, span: Span) -> Generator[Answer, None, set[bytes]]:
        """The studies of a span that were not told before; returns the marks of all of them."""
        told: set[bytes] = set()
        try:
            for answer in self.ask(span):
                _check(answer, span)
                if span.day is None and _text(answer, "StudyDate"):
                    self.looked += 1
                    continue
                told.add(answer.mark)
                if answer.mark not in self._seen:
                    self._seen.add(answer.mark)
                    self.looked += 1
                    yield answer
        except TooMany as reason:
            if not span.halves():
                raise Unavailable(f"{reason}, and {span} cannot be split further") from None
            self.parts += 1
            for half in span.halves():
                yield from self._whole(half)
            return set()
        return told


def _check(answer: Answer, span: Span) -> None:
    day = _text(answer, "StudyDate") if span.day else ""
    if day and read_date(day) not in {None, "", span.day.isoformat() if span.day else ""}:
        raise Unavailable(f"the archive was asked for the studies of {span.day}, and tells others too")
    clock = "" if span.whole else _text(answer, "StudyTime")
    if clock and not span.first <= _seconds(clock, span.first) <= span.last:
        raise Unavailable(f"the archive was asked for a part of {span.day}, and tells studies of other hours too")


def _text(answer: Answer, keyword: str) -> str:
    """What cannot be read is judged later, with the rest of the study."""
    try:
        return answer.text(keyword)
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
