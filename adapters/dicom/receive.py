"""One stored image, from its bytes to the status of its C-STORE response (PS3.4 B.2.3).

Success is answered only when what the image says is committed, be it into quarantine: content that cannot be right is
the index's question and never keeps an image from its archive (promise 7). When the index itself cannot store, the
sender is told to keep the image and send it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, MutableSet
from dataclasses import dataclass

import structlog

from adapters.dicom.attributes import question_key, read_header
from adapters.dicom.headers import KEPT_BYTES, kept, read_head
from adapters.dicom.identity import Origin
from mpi.domain.access import Caller
from mpi.domain.commands import Envelope
from mpi.domain.network import Archive, Network
from mpi.errors import Fault, Refused, Unavailable
from mpi.usecases.images import Image, Images

SUCCESS, TRY_AGAIN, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000

_log = structlog.get_logger("mpi.dicom")

Count = Callable[[str, int, str, float], None]
"""Told of every image: the archive's id, the status, the fault ("" for none) and the seconds it took."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A C-STORE request: the encoded data set, its transfer syntax, its SOP Instance UID, and who calls."""

    content: bytes
    transfer_syntax: str
    sop_instance: str
    ae_title: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a listener needs to answer C-STORE."""

    images: Images
    network: Network
    caller_of: Callable[[str, str], Caller]  # of the archive's id and organisation, "" when several share the sender
    count: Count

    def handle(self, stored: Stored, said: MutableSet[Hashable]) -> int:
        """The status. `said` is what this association has said and had committed: the images of a series say the same
        again and again."""
        start = time.perf_counter()
        archive = self._archive(stored.ae_title)
        try:
            status, fault = self._take(stored, archive, said)
        except Unavailable:
            status, fault = TRY_AGAIN, "unavailable"
        except Exception as error:  # a failure of ours: kept, and the sender shall try again
            status, fault = self._crashed(stored, archive, error)
        self.count(archive.id if archive else "", status, fault, time.perf_counter() - start)
        return status

    def _take(self, stored: Stored, archive: Archive | None, said: MutableSet[Hashable]) -> tuple[int, str]:
        origin = Origin(archive.id if archive else "", stored.ae_title)
        caller = self._caller(archive)
        try:
            head = read_head(stored.content, stored.transfer_syntax)
        except Refused as reason:
            envelope = self._envelope(stored, archive, stored.content[:KEPT_BYTES], stored.sop_instance)
            return CANNOT_UNDERSTAND, self.images.refuse(envelope, reason, caller).fault
        raw = kept(head, stored.content, stored.transfer_syntax)
        try:
            header = read_header(head, self.network, origin)
        except Refused as reason:
            envelope = self._envelope(stored, archive, raw, question_key(head))
            return SUCCESS, self.images.refuse(envelope, reason, caller).fault
        if header.facts in said:
            return SUCCESS, ""
        image = Image(header.study, header.patch, header.flaw)
        taken = self.images.take(self._envelope(stored, archive, raw, header.study.study_uid), image, caller)
        for location in header.remarks:
            _log.info("left out of an image", archive=origin.archive, location=location)
        said.add(header.facts)
        return SUCCESS, taken.fault

    def _crashed(self, stored: Stored, archive: Archive | None, error: Exception) -> tuple[int, str]:
        _log.error("an image could not be taken", archive=archive.id if archive else "", exc_info=error)
        reason = Refused(Fault.MALFORMED, f"the receiver failed with {type(error).__name__}")
        try:
            self.images.refuse(
                self._envelope(stored, archive, stored.content[:KEPT_BYTES], ""), reason, self._caller(archive)
            )
        except Unavailable:
            return TRY_AGAIN, "unavailable"
        return TRY_AGAIN, reason.fault

    def _archive(self, ae_title: str) -> Archive | None:
        """The one archive that this application entity sends for; None when several share it."""
        named = [a for a in self.network.archives if ae_title in a.ae_titles or ae_title in a.senders]
        return named[0] if len(named) == 1 else None

    def _caller(self, archive: Archive | None) -> Caller:
        return self.caller_of(archive.id, archive.organisation) if archive else self.caller_of("", "")

    def _envelope(self, stored: Stored, archive: Archive | None, raw: bytes, key: str) -> Envelope:
        return Envelope("", stored.ae_title, archive.id if archive else "", key, "C-STORE", raw)
