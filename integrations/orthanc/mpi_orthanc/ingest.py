"""An image comes in: under its golden id if the index can tell it, refused or kept to wait if not (IHE-69).

Orthanc 1.10.1 asks three times, in one thread. `received` may change the image, but knows neither its sender nor how
to refuse it (what it discards, or an exception in it, is answered with Success). `admitted` knows the sender and may
refuse. `stored` comes when the image is on disk, before the sender has its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .failures import Refusal, Unavailable
from .header import Header
from .resolver import Resolver
from .settle import Settler, coerced
from .waiting import Queue

OUT_OF_RESOURCES = 0xA700
_SOON = 0.5  # seconds: the images of a study come together
_WHILE = 60.0  # seconds in which a study whose patient is known is announced once
_MOST = 10_000


class Ingest:
    """What becomes of images as they come in."""

    def __init__(
        self,
        resolver: Resolver,
        settler: Settler,
        queue: Queue,
        *,
        refuse: bool,
        log: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recent: dict[str, float] = {}
        self._clock = clock
        self._resolver = resolver
        self._settler = settler
        self._queue = queue
        self._refuse = refuse
        self._log = log

    def received(self, content: bytes, header: Header) -> bytes | None:
        """The image as it is to be stored, None for as it came. Never raises for the sake of index or image."""
        try:
            verdict = self._resolver.judge(header)
            changed = None if verdict.right else coerced(content, verdict)
        except (Refusal, Unavailable):
            self._recent.pop(header.study_uid, None)
            changed = None
        # On disk before the image is: whatever happens from here on, somebody will look at its study.
        if self._is_news(header.study_uid):
            self._queue.add([header.study_uid], "new", _SOON)
        return changed

    def _is_news(self, study_uid: str) -> bool:
        """Whether a study has not been announced of late; when all its images are here Orthanc calls it stable."""
        now = self._clock()
        if self._recent.get(study_uid, now) > now:
            return False
        if len(self._recent) >= _MOST:
            self._recent.clear()
        self._recent[study_uid] = now + _WHILE
        return True

    def admitted(self, header: Header) -> int:
        """The DICOM status of a C-STORE: 0, or 0xA700 while nobody can tell whose the image is."""
        try:
            self._resolver.judge(header)
        except Unavailable:
            if self._refuse:
                return OUT_OF_RESOURCES
        except Refusal as refusal:
            self._log(f"an image is kept under its local id: {refusal.reason}")
        return 0

    def stored(self, instance: str, header: Header) -> None:
        """An image is stored: if only its sender told whose it is, it is moved now, before the sender hears of it."""
        try:
            self._settler.move_instance(instance, header)
        except (Refusal, Unavailable):
            return  # its study waits already
