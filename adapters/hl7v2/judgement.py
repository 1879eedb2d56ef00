"""What a validator may say of a message, and when a strict feed refuses for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mpi.domain.conformance import Finding
from mpi.errors import Fault, Refused

MISSING = "required and missing"
TYPE = "not of its data type"
TOO_MANY = "more often than allowed"
UNDEFINED = "not defined here"
LONG = "longer than allowed"
GROUP = "without a group of segments that its event requires"

FAULTS = {
    MISSING: Fault.MISSING_FIELD,
    TYPE: Fault.BAD_VALUE,
    LONG: Fault.BAD_VALUE,
    TOO_MANY: Fault.MALFORMED,
    UNDEFINED: Fault.MALFORMED,
    GROUP: Fault.MALFORMED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One finding where it stands (an ERL); `refuses` says that a strict feed refuses the message for it."""

    finding: Finding
    location: str
    refuses: bool


def require(judged: Iterable[Judgement]) -> None:
    """Raise `Refused` (MISSING_FIELD, BAD_VALUE, MALFORMED) for the first fault for which a strict feed refuses."""
    found = [judgement for judgement in judged if judgement.refuses]
    if found:
        first, more = found[0], f", and {len(found) - 1} more faults" if len(found) > 1 else ""
        place = first.finding.place or "the message"
        text = f"this feed is strict: {place} is {first.finding.fault}{more}"
        raise Refused(FAULTS[first.finding.fault], text, first.location)
