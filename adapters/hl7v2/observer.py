"""Counts what arrives wrong, beside the acknowledgement's path: in memory, written out every few seconds.

What our reader remarks is counted of every message. Of a lenient feed one message in N, chosen by its control id so
that sending it again chooses it again, waits to be shown to the validator by whoever calls `write_out`.
"""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.hl7v2 import validation
from adapters.hl7v2.judgement import Judgement
from adapters.hl7v2.message import Message
from mpi.domain.conformance import DayOfFeed, Finding, FoundBy
from mpi.domain.network import Feed
from mpi.errors import Refused
from mpi.usecases.refused.tallies import Tallies

_WAITING = 32  # messages kept for the validator: at 10 to 30 ms each, under a second; beyond it the sample shrinks
_FIELD = re.compile(r"\b([A-Z][A-Z0-9]{2})-(\d+)")
_SEGMENT = re.compile(r"\bno ([A-Z][A-Z0-9]{2}) segment")
_ERL = re.compile(r"([A-Z][A-Z0-9]{2})(?:\^\d+(?:\^(\d+)(?:\^\d+(?:\^(\d+)(?:\^\d+)?)?)?)?)?")


class Observer:
    """Counts each message of a feed in `tallies`. `clock` gives aware datetimes. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], datetime], tallies: Tallies | None = None) -> None:
        self._clock = clock
        self._tallies = tallies or Tallies()
        self._waiting: deque[tuple[Feed, Message, datetime]] = deque(maxlen=_WAITING)

    def note(
        self,
        feed: Feed,
        message: Message | None,
        judged: Sequence[Judgement] | None,
        reason: Refused | None,
    ) -> None:
        """Count one message of `feed`: as far as it was read, what the validator said if it was asked, and why the
        message was refused."""
        findings = {of_remark(remark) for remark in message.flags} if message else set()
        if judged is not None:
            findings |= {judgement.finding for judgement in judged}
        if reason is not None and not any(judgement.refuses for judgement in judged or ()):
            findings.add(of_refusal(reason))
        now = self._clock()
        self._tallies.add(feed.id, findings, now, validated=judged is not None)
        if message is not None and judged is None and is_sampled(feed, message):
            self._waiting.append((feed, message, now))

    def write_out(self, keep: Callable[[Sequence[DayOfFeed]], None]) -> None:
        """Show the waiting messages to the validator and hand all counts to `keep`, as `Tallies` does."""
        self._validate()
        self._tallies.write_out(keep)

    def _validate(self) -> None:
        while self._waiting:
            feed, message, at = self._waiting.popleft()
            try:
                findings = {judgement.finding for judgement in validation.judge(message)}
            except Exception as error:  # no message may end the thread that counts: counted itself instead
                failed = f"the validator failed with {type(error).__name__}"
                findings = {Finding("", 0, 0, failed, FoundBy.VALIDATOR)}
            self._tallies.add(feed.id, findings, at, messages=0, validated=True)


def is_sampled(feed: Feed, message: Message) -> bool:
    """Whether this message of a lenient feed is one of those shown to the validator."""
    control_id = message.header.control_id.encode("latin-1", errors="replace")
    return feed.validate_one_in > 0 and zlib.crc32(control_id) % feed.validate_one_in == 0


def of_remark(remark: str) -> Finding:
    """A remark of our reader, at the first place it names."""
    if named := _FIELD.search(remark):
        return Finding(named[1], int(named[2]), 0, remark, FoundBy.READER)
    segment = _SEGMENT.search(remark)
    return Finding(segment[1] if segment else "", 0, 0, remark, FoundBy.READER)


def of_refusal(reason: Refused) -> Finding:
    """A refusal by its fault and place. Its text may quote what the sender sent, so it is left out."""
    place = _ERL.fullmatch(reason.location)
    segment, number, component = place.groups() if place else ("", None, None)
    return Finding(segment, int(number or 0), int(component or 0), f"refused: {reason.fault}", FoundBy.READER)
