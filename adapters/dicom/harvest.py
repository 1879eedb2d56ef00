"""Studies as an archive lists them, taken in like images: registered, or in quarantine with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import islice

from pydicom import Dataset

from adapters.dicom.attributes import Header, question_key, read_header
from adapters.dicom.headers import kept
from adapters.dicom.identity import Origin
from adapters.dicom.listing import Answer, Listing
from mpi.domain.access import Caller
from mpi.domain.commands import Envelope
from mpi.domain.network import Archive, Network
from mpi.errors import Refused
from mpi.usecases.imaging.backload import Backload
from mpi.usecases.imaging.images import Image, Images, Taken

_TOGETHER = 250  # studies in one transaction: a message about one of their patients waits for it, a tenth of a second


@dataclass(slots=True)
class Day:
    """One day of study: what the archive listed = registered + in quarantine - flawed. `new` of the registered were
    not in the index before; `flawed` ones are registered under their local identity and in quarantine too. Day None
    is that of studies without a date: `looked` is how many were looked at to find them. `parts` is in how many
    parts the day was read."""

    day: date | None
    listed: int = 0
    registered: int = 0
    new: int = 0
    quarantined: int = 0
    flawed: int = 0
    looked: int = 0
    parts: int = 1

    def __str__(self) -> str:
        told = f"{self.listed} studies listed, {self.registered} registered ({self.new} new)"
        whole = f"{self.day or f'without a date, of {self.looked}'}: {told}, {self.quarantined} in quarantine"
        if self.parts == 1:
            return whole
        return f"{whole}; read in {self.parts} parts, which leave out studies without a time of day"


@dataclass(frozen=True, slots=True)
class Harvester:
    """Takes in what one archive lists; `ae_title` is the archive's own, "" when it is not known, and `name` how it is
    called. `event` is what it was asked by. `pace` is called before each study."""

    images: Images
    backload: Backload
    network: Network
    archive: Archive
    ae_title: str
    caller: Caller
    pace: Callable[[], None] = lambda: None
    event: str = "C-FIND"
    name: str = ""

    def take(self, listed: Listing) -> Day:
        """Take in a day's list, to its end. Raises `Unavailable` of the archive or the index."""
        counts = Day(listed.day)
        for taken in self._taken(self._paced(listed)):
            counts.listed += 1
            counts.registered += taken.golden_id is not None
            counts.new += taken.created
            counts.quarantined += bool(taken.fault)
            counts.flawed += bool(taken.fault) and taken.golden_id is not None
        counts.looked, counts.parts = listed.looked, listed.parts
        return counts

    def _taken(self, answers: Iterator[Answer]) -> Iterator[Taken]:
        """What becomes of each. While some are committed, one after another, the archive tells the next."""
        with ThreadPoolExecutor(1) as committing:
            before: Future[list[Taken]] | None = None
            while together := list(islice(answers, _TOGETHER)):
                yield from before.result() if before else ()
                before = committing.submit(self._take, together)
            yield from before.result() if before else ()

    def _paced(self, listed: Listing) -> Iterator[Answer]:
        for answer in listed:
            self.pace()
            yield answer

    def _take(self, together: list[Answer]) -> list[Taken]:
        told = [answer.read() for answer in together]
        read = [self._read(dataset) for dataset, _ in told]
        plain = iter(self.backload.take([_image(found) for found in read if isinstance(found, Header)], self.caller))
        return [
            self._refuse(found, *whole)
            if isinstance(found, Refused)
            else next(plain) or self._take_by_itself(found, *whole)
            for whole, found in zip(told, read, strict=True)
        ]

    def _read(self, dataset: Dataset) -> Header | Refused:
        try:
            return read_header(dataset, self.network, Origin(self.archive.id, self.ae_title))
        except Refused as reason:
            return reason

    def _refuse(self, reason: Refused, dataset: Dataset, syntax: str) -> Taken:
        return self.images.refuse(self._envelope(question_key(dataset), dataset, syntax), reason, self.caller)

    def _take_by_itself(self, header: Header, dataset: Dataset, syntax: str) -> Taken:
        envelope = self._envelope(header.study.study_uid, dataset, syntax)
        return self.images.take(envelope, _image(header), self.caller)

    def _envelope(self, key: str, dataset: Dataset, syntax: str) -> Envelope:
        raw = kept(dataset, b"", syntax)
        return Envelope("", self.name or self.ae_title, self.archive.id, key, self.event, raw)


def _image(header: Header) -> Image:
    return Image(header.study, header.patch, header.flaw)
