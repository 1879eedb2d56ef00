"""Every error the index raises on purpose. The message is a sentence its reader can act on, without demographics.

`Refused` is the sender's to mend; `Unavailable` is ours and worth another try; `Forbidden` is a matter of rights.
Adapters translate each once: HL7 v2 to AE, AR and AR; HTTP to 4xx, 503 and 403.
"""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """Why a message or request was refused; stable codes for tests, quarantine rows and metrics."""

    MALFORMED = "malformed"
    ENCODING = "encoding"
    OVERSIZED = "oversized"
    UNKNOWN_FEED = "unknown-feed"
    FOREIGN_FEED = "foreign-feed"  # sent by somebody who may not speak for the feed (SEC-4)
    COUNT_MISMATCH = "count-mismatch"  # a batch or file holds another number than it says
    OUT_OF_SEQUENCE = "out-of-sequence"
    UNSUPPORTED_TYPE = "unsupported-type"
    UNSUPPORTED_EVENT = "unsupported-event"
    WRONG_PROCESSING_ID = "wrong-processing-id"
    UNSUPPORTED_VERSION = "unsupported-version"
    MISSING_FIELD = "missing-field"
    BAD_VALUE = "bad-value"
    UNKNOWN_AUTHORITY = "unknown-authority"
    FOREIGN_AUTHORITY = "foreign-authority"
    SELF_MERGE = "self-merge"
    ALREADY_SUBSUMED = "already-subsumed"
    MERGE_CYCLE = "merge-cycle"
    IDENTIFIER_IN_USE = "identifier-in-use"
    OVERLAY = "overlay"  # an update turns a patient into somebody else, and the feed has such updates refused
    UNKNOWN_IDENTIFIER = "unknown-identifier"
    CONFLICT = "conflict"


class MpiError(Exception):
    """Root of the index's own errors."""


class Refused(MpiError):
    """The content cannot be accepted; sending it again unchanged will fail again. Nothing was applied."""

    def __init__(self, fault: Fault, text: str, location: str = "") -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text
        self.location = location  # in the sender's terms, e.g. "PID^1^3^1^4" (HL7 ERL) or a FHIRPath


class OutOfSequence(MpiError):
    """A sequence number is not the one that follows (V2-18). Nothing was applied; go on with `expected`."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"message {expected} of this feed is expected")
        self.expected = expected


class Forbidden(MpiError):
    """The caller may not do this."""


class StrongerNeeded(Forbidden):
    """The caller has to prove again, and better, who they are."""


class SignInRefused(MpiError):
    """Nobody has been signed in; the message tells the person why, in a sentence. `away`: the sign-in service cannot
    be reached or does not work, so that trying again later may help."""

    def __init__(self, text: str, *, away: bool = False) -> None:
        super().__init__(text)
        self.away = away


class NotFound(MpiError):
    """No such person, record, task or study, or none the caller may see."""


class Conflict(MpiError):
    """Somebody else changed it first; read it again."""


class Unavailable(MpiError):
    """The index cannot answer now (database down or busy); nothing was applied; try again later."""


class Outdated(Unavailable):
    """Another model is in force by now than the one this process works with; nothing was applied. Begin again."""


class NetworkFileError(MpiError):
    """The network file is wrong; the message names the file, the line and what to write instead."""


class SettingsError(MpiError):
    """A setting is missing or makes no sense; the message names it."""
