"""How people and times are written on pages: the NHS display rules (NHS-62), as plain text; templates escape it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from linkage.explain import GUARD_WORDS
from linkage.guard import Guard
from linkage.record import Address, Name, Sex
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.network import Network
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import OrderStatus, ReportStatus
from mpi.domain.quarantine import Kept, is_dicom
from mpi.domain.views import Decision, Study, TaskKind
from mpi.errors import Fault
from mpi.review.dates import NOT_KNOWN, age, day, moment
from mpi.review.figures import told_cell
from mpi.review.model_words import MODEL_FILTERS
from mpi.usecases.subscribers.deliveries import Condition

_SEXES = {Sex.MALE: "Male", Sex.FEMALE: "Female", Sex.OTHER: "Not specified", Sex.UNKNOWN: "Not known"}
_MODALITIES = {
    "CT": "CT",
    "MR": "MRI",
    "US": "Ultrasound",
    "CR": "X-ray",
    "DX": "X-ray",
    "RF": "Fluoroscopy",
    "XA": "Angiography",
    "MG": "Mammography",
    "NM": "Nuclear medicine",
    "PT": "PET",
    "PX": "Dental X-ray",
    "IO": "Dental X-ray",
    "OT": "Other",
    "SR": "Report",
}
KINDS = {
    TaskKind.POSSIBLE_MATCH: "Possible match",
    TaskKind.CONTESTED_LINK: "Contested link",
    TaskKind.NHS_NUMBER_CONFUSION: "NHS number confusion",
    TaskKind.NHS_NUMBER_DUPLICATE: "Two NHS numbers",
    TaskKind.OVERLAY: "Overlay",
    TaskKind.LATE_MESSAGE: "Late message",
    TaskKind.MOVE: "Move between patients",
    TaskKind.STUDY_CONFLICT: "Study under two patients",
    TaskKind.ORDER_CONFLICT: "Order under two patients",
    TaskKind.UNREADABLE_IMAGE: "Unreadable image",
    TaskKind.PROPOSED_CHANGE: "Proposed change",
    TaskKind.BLIND_SAMPLE: "Blind sample",
}
QUESTIONS = {
    TaskKind.POSSIBLE_MATCH: "Are these records of one person?",
    TaskKind.CONTESTED_LINK: "These records are linked. Are they really of one person?",
    TaskKind.NHS_NUMBER_CONFUSION: "One NHS number, two people? Are these records of one person?",
    TaskKind.NHS_NUMBER_DUPLICATE: "One person holds two NHS numbers. Are these records of one person?",
    TaskKind.OVERLAY: "This record has become somebody else. Is the new version who the record is now?",
    TaskKind.LATE_MESSAGE: "A message came for a number that had been merged away. Are these records of one person?",
    TaskKind.MOVE: "A trust has moved what was filed under one number to the other. Are these records of one person?",
    TaskKind.STUDY_CONFLICT: "One study came under two patients. Are these records of one person?",
    TaskKind.ORDER_CONFLICT: "One order came under two patients. Are these records of one person?",
    TaskKind.UNREADABLE_IMAGE: "An image says something of its patient that cannot be read. Have you seen to it?",
    TaskKind.BLIND_SAMPLE: "Are these records of one person?",
}
PROPOSED = {
    "split": "Make these records a person of their own?",
    "move": "Move these records to the other person?",
    "merge": "Make these two people one?",
    "same": "State that two records are one person?",
    "different": "State that two records are different people?",
    "undo": "Take back what was stated of these people?",
}
ANSWERS = {
    Decision.SAME: "Same person",
    Decision.DIFFERENT: "Different people",
    Decision.ACCEPT: "Yes, the new version is right",
    Decision.REJECT: "No, keep the old version",
    Decision.DEFER: "Look again later",
    Decision.UNSURE: "Not sure: ask somebody else",
}

FAULTS = {
    Fault.MALFORMED: "Not readable as a message",
    Fault.ENCODING: "Characters that cannot be read",
    Fault.OVERSIZED: "Too long",
    Fault.UNKNOWN_FEED: "Sender not known here",
    Fault.FOREIGN_FEED: "Sent in another feed's name",
    Fault.COUNT_MISMATCH: "Batch does not add up",
    Fault.OUT_OF_SEQUENCE: "Out of its turn",
    Fault.UNSUPPORTED_TYPE: "Type of message not taken here",
    Fault.UNSUPPORTED_EVENT: "Event not taken here",
    Fault.WRONG_PROCESSING_ID: "Wrong processing id",
    Fault.UNSUPPORTED_VERSION: "Version not taken here",
    Fault.MISSING_FIELD: "Something needed is missing",
    Fault.BAD_VALUE: "Value that cannot be right",
    Fault.UNKNOWN_AUTHORITY: "Issuer not known here",
    Fault.FOREIGN_AUTHORITY: "Number of another trust",
    Fault.SELF_MERGE: "Patient merged into itself",
    Fault.ALREADY_SUBSUMED: "Merged away before",
    Fault.MERGE_CYCLE: "Merges in a circle",
    Fault.IDENTIFIER_IN_USE: "New number already in use",
    Fault.OVERLAY: "Patient turns into somebody else",
    Fault.UNKNOWN_IDENTIFIER: "Number not known",
    Fault.CONFLICT: "Contradicts what stands",
}
CONDITIONS = {
    Condition.STOPPED: "Stopped",
    Condition.FAILING: "Failing",
    Condition.SET_ASIDE: "Set aside, nothing told since",
    Condition.TOLD: "Being told",
}
_LOCATED = ("field", "repetition", "component", "subcomponent")


REPORTS = {
    ReportStatus.PRELIMINARY: "Preliminary",
    ReportStatus.FINAL: "Final",
    ReportStatus.CORRECTED: "Corrected",
    ReportStatus.CANCELLED: "Cancelled",
}
ORDERS = {
    OrderStatus.ORDERED: "Ordered",
    OrderStatus.SCHEDULED: "Scheduled",
    OrderStatus.IN_PROGRESS: "In progress",
    OrderStatus.COMPLETED: "Done, images not here yet",
    OrderStatus.CANCELLED: "Cancelled",
    OrderStatus.DISCONTINUED: "Broken off",
}
NO_REPORT = "No report yet"


def full_name(name: Name | None) -> str:
    """`SURNAME, Given Middle (Title)`; parts that are not said are left out."""
    if not name:  # None, or a template's missing value
        return "Name not known"
    given = " ".join(part for part in (name.given, name.middle) if part)
    surname = " ".join(part for part in (name.family.upper(), name.suffix) if part)
    said = ", ".join(part for part in (surname, given) if part) or "Name not known"
    return f"{said} ({name.title})" if name.title else said


def location(value: str) -> str:
    """`PID^2^3^1^4` as `PID number 2, field 3, repetition 1, component 4`; any other place as it is."""
    segment, *numbers = value.split("^")
    if not (len(segment) == 3 and numbers and all(number.isdigit() for number in numbers)):
        return value
    which = f" number {numbers[0]}" if numbers[0] != "1" else ""
    return ", ".join([segment + which, *(f"{name} {n}" for name, n in zip(_LOCATED, numbers[1:], strict=False))])


def nhs_number(value: str) -> str:
    """Ten digits as 3 3 4; anything else as it is."""
    digits = "".join(value.split()).replace("-", "")
    if len(digits) == 10 and digits.isascii() and digits.isdigit():
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    return value or NOT_KNOWN


def sex(value: Sex) -> str:
    """Sex in words."""
    return _SEXES[value]


def address(value: Address | None) -> str:
    """One line, the postcode in capitals."""
    if value is None:
        return NOT_KNOWN
    parts = (*value.lines, value.town, value.county, value.postcode.upper())
    return ", ".join(part for part in parts if part) or NOT_KNOWN


def modality(code: str) -> str:
    """`MRI (MR)`; a code that nobody knows stays."""
    word = _MODALITIES.get(code)
    return f"{word} ({code})" if word and word != code else code


def report(study: Study) -> str:
    """Where the report of a study stands; of one whose order nobody has told of, it is not known."""
    if study.report_status:
        return REPORTS[study.report_status]
    return NO_REPORT if study.order else NOT_KNOWN


def order_report(order: ImagingOrder) -> str:
    """Where the report of an ordered examination stands: `Report: preliminary`."""
    return f"Report: {REPORTS[order.report_status].lower()}" if order.report_status else NO_REPORT


def count(number: int, one: str, many: str = "") -> str:
    """`1 study`, `2,500 studies`; the plural is the singular with an s unless said."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def trust(code: str, network: Network) -> str:
    """A trust's name by its ODS code; a code nobody knows stays."""
    known = network.organisation_by_code.get(code)
    return known.name if known else code or NOT_KNOWN


def identifier(value: Identifier, network: Network) -> str:
    """Who issued it, and its value."""
    if value.authority == NHS_AUTHORITY:
        return f"NHS number {nhs_number(value.value)}"
    known = network.authority_by_id.get(value.authority)
    return f"{known.name if known else value.authority} {value.value}"


def teller(user: str, network: Network) -> str:
    """Who said something: a person by their name, a feed by its trust."""
    feed = network.feed_by_id.get(user.removeprefix("feed/")) if user.startswith("feed/") else None
    return f"{trust(feed.organisation, network)}’s feed" if feed else user


def guard(name: str) -> str:
    """A guard by its name, in words."""
    return GUARD_WORDS.get(Guard[name], name) if name in Guard.__members__ else name


def came_by(kept: Kept) -> str:
    """Which feed a message came by, as far as it is known."""
    return kept.feed or ("Images" if is_dicom(kept.event) else "Not a known feed")


def _fault(value: str) -> str:
    return FAULTS[Fault(value)]


def filters(network: Network) -> Mapping[str, Any]:
    """The filters of all templates."""
    return {
        "full_name": full_name,
        "day": day,
        "moment": moment,
        "nhs_number": nhs_number,
        "sex": sex,
        "address": address,
        "age": age,
        "modality": modality,
        "counted": count,
        "cell": told_cell,
        "kind": KINDS.__getitem__,
        "question": QUESTIONS.__getitem__,
        "answer": ANSWERS.__getitem__,
        "would": PROPOSED.__getitem__,
        **MODEL_FILTERS,
        "guard": guard,
        "teller": partial(teller, network=network),
        "fault": _fault,
        "came_by": came_by,
        "location": location,
        "report": report,
        "order_status": lambda order: ORDERS[order.status],
        "order_report": order_report,
        "trust": partial(trust, network=network),
        "identifier": partial(identifier, network=network),
    }
