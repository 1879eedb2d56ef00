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

from adapters.dicom.attributes import elements_of, question_key, read_header
from adapters.dicom.availability import read_notice
from adapters.dicom.headers import KEPT_BYTES, kept, read_head
from adapters.dicom.identity import Origin
from mpi.domain.access import Caller
from mpi.domain.commands import Envelope
from mpi.domain.network import Archive, Network
from mpi.errors import Fault, Refused, Unavailable
from mpi.usecases.imaging.images import Image, Images

SUCCESS, TRY_AGAIN, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000
INVALID_VALUE, PROCESSING_FAILURE, MISSING_ATTRIBUTE = 0x0106, 0x0110, 0x0120  # PS3.7 annex C

_log = structlog.get_logger("mpi.dicom")

Count = Callable[[str, int, str, float], None]
"""Told of every image: the archive's id, the status, the fault ("" for none) and the seconds it took."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A C-STORE or N-CREATE request: encoded data set, transfer syntax, SOP Instance UID, and who calls."""

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

    def notified(self, notice: Stored) -> int:
        """The status of an Instance Availability Notification (N-CREATE, PS3.4 R.3): Success when it is committed."""
        start = time.perf_counter()
        archive = self._archive(notice.ae_title)
        try:
            status, fault = self._note(notice, archive)
        except Unavailable:
            status, fault = PROCESSING_FAILURE, "unavailable"
        except Exception as error:  # a failure of ours: kept, and the sender shall try again
            _, fault = self._crashed(notice, archive, error, "N-CREATE")
            status = PROCESSING_FAILURE
        self.count(archive.id if archive else "", status, fault, time.perf_counter() - start)
        return status

    def _note(self, notice: Stored, archive: Archive | None) -> tuple[int, str]:
        """A study that the notification names the patient of is registered like that of an image; of any other it is
        kept how it can be had, until somebody registers it."""
        origin, caller = Origin(archive.id if archive else "", notice.ae_title), self._caller(archive)
        raw, key = notice.content[:KEPT_BYTES], notice.sop_instance
        try:
            head = read_head(notice.content, notice.transfer_syntax)
            raw, key = kept(head, notice.content, notice.transfer_syntax), question_key(head)
            elements = elements_of(head, self.network, origin)
            told = read_notice(elements, origin.archive)
        except Refused as reason:
            fault = self.images.refuse(self._envelope(notice, archive, raw, key, "N-CREATE"), reason, caller).fault
            return MISSING_ATTRIBUTE if reason.fault is Fault.MISSING_FIELD else INVALID_VALUE, fault
        fault = ""
        envelope = self._envelope(notice, archive, raw, key, "N-CREATE")
        if elements.has("PatientID"):
            try:
                header = read_header(head, self.network, origin)
                fault = self.images.take(envelope, Image(header.study, header.patch, header.flaw), caller).fault
            except Refused as reason:
                fault = self.images.refuse(envelope, reason, caller).fault
        self.images.note(told, caller)
        return SUCCESS, fault

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

    def _crashed(
        self, stored: Stored, archive: Archive | None, error: Exception, event: str = "C-STORE"
    ) -> tuple[int, str]:
        _log.error("an image could not be taken", archive=archive.id if archive else "", exc_info=error)
        reason = Refused(Fault.MALFORMED, f"the receiver failed with {type(error).__name__}")
        try:
            self.images.refuse(
                self._envelope(stored, archive, stored.content[:KEPT_BYTES], "", event), reason, self._caller(archive)
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

    def _envelope(
        self, stored: Stored, archive: Archive | None, raw: bytes, key: str, event: str = "C-STORE"
    ) -> Envelope:
        return Envelope("", stored.ae_title, archive.id if archive else "", key, event, raw)
