"""PID and PD1 into the sender's own identifiers and what is said of each field (standards section 1.5).

A field left empty is absent from the patch and keeps its stored value; `""` deletes it (V2-22). A value that cannot
be read is left out with a flag: it must not cost the patient the rest of the message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.hl7v2 import demographics
from adapters.hl7v2.identifiers import Identifiers, read_identifiers, require_own
from adapters.hl7v2.message import Message, Segment
from adapters.hl7v2.timestamps import read_date, read_moment
from linkage import nhs_number
from linkage.record import Reliability
from mpi.domain.commands import Death, Field, NhsNumber, Value
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Feed, Network

STATUSES = frozenset(f"NSTS0{digit}" for digit in range(1, 9))  # ITK additions to table 0445 (NHS-8)
RELIABILITIES = frozenset(item.value for item in Reliability)


@dataclass(frozen=True, slots=True)
class Patient:
    """One PID: identifiers (the first is the main one) and patch, ready for a `Register`."""

    identifiers: tuple[Identifier, ...]
    patch: dict[Field, Value]


def read_patient(message: Message, pid: Segment, feed: Feed, network: Network) -> Patient:
    """Everything PID and PD1 say; raises `Refused` when PID-3 does not name a patient of this feed."""
    found = read_identifiers(message, pid, 3, feed, network)
    own = require_own(found, pid, 3)
    if found.foreign:
        message.flag("PID-3 holds an identifier of another authority, ignored")
    patch: dict[Field, Value] = {}
    for read in _READERS:
        read(message, pid, patch)
    _read_sex(message, pid, feed, patch)
    _read_nhs_number(message, pid, found, feed, patch)
    pd1 = message.first("PD1")
    if pd1 is not None:
        _read_pd1(pd1, patch)
    return Patient(tuple(typed.identifier for typed in own), patch)


def _put(patch: dict[Field, Value], field: Field, value: Value, *, deleted: bool) -> None:
    """Record a value when there is one (False and 0 are values, empty is not), else a deletion when it was asked."""
    if value is not None and value not in ("", ()):
        patch[field] = value
    elif deleted:
        patch[field] = None


def _read_names(message: Message, pid: Segment, patch: dict[Field, Value]) -> None:
    names = demographics.read_names(pid.repetitions(5))
    _put(patch, Field.NAMES, names, deleted=pid.is_null(5))
    _put(patch, Field.MOTHERS_MAIDEN_NAME, pid.text(6), deleted=pid.is_null(6))


def _read_birth(message: Message, pid: Segment, patch: dict[Field, Value]) -> None:
    born = read_date(pid.text(7), pid.text(7, 2)) if pid.text(7) else ""
    if born is None:
        message.flag("PID-7 is not a date and was ignored")
    _put(patch, Field.BIRTH_DATE, born, deleted=pid.is_null(7))
    _read_indicator(message, pid, 24, Field.MULTIPLE_BIRTH, patch)
    order = pid.text(25)
    if order and not (order.isascii() and order.isdigit() and 1 <= int(order) <= 7):
        # PDS: 8 is not applicable and 9 not known; neither is an order (NHS-55).
        if order not in {"8", "9"}:
            message.flag("PID-25 is not a birth order and was ignored")
        order = ""
    _put(patch, Field.BIRTH_ORDER, int(order) if order else None, deleted=pid.is_null(25))


def _read_contacts(message: Message, pid: Segment, patch: dict[Field, Value]) -> None:
    addresses = demographics.read_addresses(pid.repetitions(11))
    _put(patch, Field.ADDRESSES, addresses, deleted=pid.is_null(11))
    telecom = (*pid.repetitions(13), *pid.repetitions(14))
    phones, emails = demographics.read_telecom(telecom)
    # Senders also delete a number inside a repetition (`""^PRN^PH`): sent, and with nothing in it.
    # PID-14 = `""` alone deletes nothing: the patch has one list of phones and PID-13 was to be kept.
    deleted = pid.is_null(13) or any(xtn.is_null(1) for xtn in telecom)
    _put(patch, Field.PHONES, phones, deleted=deleted)
    _put(patch, Field.EMAILS, emails, deleted=pid.is_null(13) or any(xtn.is_null(4) for xtn in telecom))


def _read_ethnicity(message: Message, pid: Segment, patch: dict[Field, Value]) -> None:
    category = demographics.read_ethnic_category(pid.text(10), pid.text(22))
    if not category and (pid.text(10) or pid.text(22)):
        message.flag("PID-10 and PID-22 hold no NHS ethnic category")
    _put(patch, Field.ETHNIC_CATEGORY, category, deleted=pid.is_null(10) or pid.is_null(22))


def _read_death(message: Message, pid: Segment, patch: dict[Field, Value]) -> None:
    indicator, at = pid.text(30).upper(), read_moment(pid.text(29)) if pid.text(29) else ""
    if at is None:
        message.flag("PID-29 is not a time stamp and was ignored")
    if indicator not in {"", "Y", "N"}:
        message.flag("PID-30 is neither Y nor N and was ignored")
    if indicator == "Y":
        patch[Field.DEATH] = Death(at or "")
    elif indicator == "N" or pid.is_null(30):
        if at:
            message.flag("PID-29 gives a date of death but PID-30 says the patient is alive")
        patch[Field.DEATH] = None
    elif at:
        patch[Field.DEATH] = Death(at)
    elif pid.is_null(29):
        patch[Field.DEATH] = None


def _read_reliability(message: Message, pid: Segment, patch: dict[Field, Value]) -> None:
    _read_indicator(message, pid, 31, Field.IDENTITY_UNKNOWN, patch)
    if pid.is_null(32):
        patch[Field.RELIABILITY] = None
    elif pid.raw(32):
        codes = {value.text().upper() for value in pid.repetitions(32)}
        patch[Field.RELIABILITY] = frozenset(Reliability(code) for code in codes & RELIABILITIES)


_READERS: tuple[Callable[[Message, Segment, dict[Field, Value]], None], ...] = (
    _read_names,
    _read_birth,
    _read_contacts,
    _read_ethnicity,
    _read_death,
    _read_reliability,
)


def _read_indicator(message: Message, pid: Segment, number: int, field: Field, patch: dict[Field, Value]) -> None:
    code = pid.text(number).upper()
    if code and code not in {"Y", "N"}:
        message.flag(f"PID-{number} is neither Y nor N and was ignored")
        return
    _put(patch, field, code == "Y" if code else None, deleted=pid.is_null(number))


def _read_sex(message: Message, pid: Segment, feed: Feed, patch: dict[Field, Value]) -> None:
    sex = demographics.read_sex(pid.text(8), feed.sex_codes) if pid.text(8) else None
    if sex is None and pid.text(8):
        message.flag("PID-8 holds a code this feed has not declared")
    _put(patch, Field.SEX, sex, deleted=pid.is_null(8))


def _read_nhs_number(
    message: Message, pid: Segment, found: Identifiers, feed: Feed, patch: dict[Field, Value]
) -> None:
    listed = found.nhs if "PID-3" in feed.nhs_number_fields else ()
    old_fields = [number for number in (19, 2) if f"PID-{number}" in feed.nhs_number_fields]
    others = [value for number in old_fields if (value := _untyped_nhs_number(message, pid, number))]
    numbers = (*listed, *map(NhsNumber, others))
    if not numbers:
        if found.nhs_deleted or any(pid.is_null(number) for number in old_fields):
            patch[Field.NHS_NUMBER] = None
        return
    if len({nhs_number.parse(number.value) or number.value for number in numbers}) > 1:
        message.flag("the message holds two different NHS numbers, the first was taken")
    patch[Field.NHS_NUMBER] = NhsNumber(numbers[0].value, _read_status(message, pid, numbers[0].status))


def _untyped_nhs_number(message: Message, pid: Segment, number: int) -> str:
    """PID-19 and PID-2 name no authority, so only the check digit says that a value is an NHS number."""
    value = pid.text(number)
    if value and not nhs_number.parse(value):
        message.flag(f"PID-{number} is not an NHS number and was ignored")
        return ""
    return value


def _read_status(message: Message, pid: Segment, attached: str) -> str:
    """The verification status from PID-32 and CX.5; where they differ, not "01": only that is strong (NHS-8)."""
    codes = {value.text().upper() for value in pid.repetitions(32)} & STATUSES
    said = sorted({code[-2:] for code in codes} | ({attached} if attached else set()))
    if len(said) > 1:
        message.flag("the message gives the NHS number two verification statuses")
    return said[-1] if said else ""


def _read_pd1(pd1: Segment, patch: dict[Field, Value]) -> None:
    null = (pd1.is_null(3) and not pd1.raw(4).strip('"')) or (pd1.is_null(4) and not pd1.raw(3).strip('"'))
    _put(patch, Field.GP_PRACTICE, demographics.read_practice(pd1), deleted=null)
    if pd1.text(12).upper() in {"Y", "N"}:  # protection indicator: access to this person is restricted (NHS-57)
        patch[Field.RESTRICTED] = pd1.text(12).upper() == "Y"
