"""Studies as an archive lists them, taken in like images: registered, or in quarantine with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pydicom import Dataset

from adapters.dicom.attributes import question_key, read_header
from adapters.dicom.headers import kept
from adapters.dicom.identity import Origin
from adapters.dicom.listing import Listing
from mpi.domain.access import Caller
from mpi.domain.commands import Envelope
from mpi.domain.network import Archive, Network
from mpi.errors import Refused
from mpi.usecases.images import Image, Images, Taken


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
        for dataset, syntax in listed:
            self.pace()
            taken = self._take(dataset, syntax)
            counts.listed += 1
            counts.registered += taken.golden_id is not None
            counts.new += taken.created
            counts.quarantined += bool(taken.fault)
            counts.flawed += bool(taken.fault) and taken.golden_id is not None
        counts.looked, counts.parts = listed.looked, listed.parts
        return counts

    def _take(self, dataset: Dataset, syntax: str) -> Taken:
        raw = kept(dataset, b"", syntax)
        try:
            header = read_header(dataset, self.network, Origin(self.archive.id, self.ae_title))
        except Refused as reason:
            return self.images.refuse(self._envelope(question_key(dataset), raw), reason, self.caller)
        image = Image(header.study, header.patch, header.flaw)
        return self.images.take(self._envelope(header.study.study_uid, raw), image, self.caller)

    def _envelope(self, key: str, raw: bytes) -> Envelope:
        return Envelope("", self.name or self.ae_title, self.archive.id, key, self.event, raw)
