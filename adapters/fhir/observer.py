"""What is wrong with a FHIR feed's messages, by place and way: never a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from fhir.resources.R4B.patient import Patient

from mpi.domain.conformance import Finding, FoundBy
from mpi.domain.network import Feed
from mpi.errors import Refused
from mpi.usecases.refused.tallies import Tallies

_ELEMENT = re.compile(r"\bPatient\.([A-Za-z]+)")
_ELEMENTS = frozenset(field.alias or name for name, field in Patient.model_fields.items())


class Observer:
    """Counts each message of a feed. Every body is read by fhir.resources, so every message counts as validated."""

    def __init__(self, tallies: Tallies, clock: Callable[[], datetime]) -> None:
        self._tallies = tallies
        self._clock = clock

    def note(self, feed: Feed, remarks: Sequence[str], reason: Refused | None) -> None:
        """Count one message: the reader's remarks, and why it was refused."""
        findings = {Finding(_place(remark), 0, 0, remark, FoundBy.READER) for remark in remarks}
        if reason is not None:
            # Its text may quote what the sender sent, so it is left out.
            findings.add(Finding(_place(reason.location), 0, 0, f"refused: {reason.fault}", FoundBy.READER))
        self._tallies.add(feed.id, findings, self._clock(), validated=True)


def _place(words: str) -> str:
    """The element of Patient that is named, "" for the message as a whole. A name of the sender's own making is not
    repeated: it may be anything."""
    named = _ELEMENT.search(words)
    return f"Patient.{named[1]}" if named and named[1] in _ELEMENTS else ""
