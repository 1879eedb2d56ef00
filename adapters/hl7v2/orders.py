"""Orders and results of imaging, ORM^O01, OMG^O19, OMI^O23 and ORU^R01: what is said of each examination, and never
what a report says.

IHE RAD TF-2 4.2, 4.3 and 4.4: OBR-18 is the accession number, OBR-19 the requested procedure, OBR-24 the modality,
and the Study Instance UID stands in ZDS-1 or IPC-3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.hl7v2.message import Message, Segment
from adapters.hl7v2.order_codes import (
    BEGINS,
    ENDS,
    MODALITIES,
    NOT_IMAGING,
    REPORTS,
    STUDY_UID_CODES,
    TELLS,
    status_of,
)
from adapters.hl7v2.pairing import only_pid
from adapters.hl7v2.patient import read_patient
from adapters.hl7v2.timestamps import instant_at
from mpi.domain.commands import Command, NoEffect, Order, Stamp
from mpi.domain.network import Feed, Network
from mpi.domain.orders import Coded, OrderField, OrderValue, ReportStatus, number_of
from mpi.errors import Fault, Refused

TYPES: Mapping[str, str] = {"ORM": "O01", "OMG": "O19", "OMI": "O23", "ORU": "R01"}
"""The one trigger event of each message type; a feed takes those it names in its options."""

_UID = re.compile(r"(?=.{1,64}$)\d+(\.\d+)*", re.ASCII)
_MODALITY = re.compile(r"[A-Z]{2,16}", re.ASCII)
_LONGEST = 199  # EI.1 (HL7 v2.7): longer is no number
_FURTHER = frozenset({"TQ1", "IPC", "ZDS", "OBX"})


@dataclass(slots=True)
class _Group:
    """One examination: its ORC, its OBR or both, and the segments that belong to them."""

    orc: Segment | None = None
    obr: Segment | None = None
    further: dict[str, list[Segment]] = field(default_factory=dict)

    def first(self, name: str) -> Segment | None:
        """The first further segment of that name."""
        return next(iter(self.further.get(name, ())), None)

    def texts(self, *places: tuple[str, int, int]) -> str:
        """The first of these places, segment and field and component, that says something."""
        for name, number, component in places:
            segment = {"ORC": self.orc, "OBR": self.obr}.get(name) or self.first(name)
            if segment is not None and (text := segment.text(number, component)):
                return text
        return ""


def read_orders(message: Message, feed: Feed, network: Network, stamp: Stamp) -> tuple[Command, ...]:
    """What the message says of each examination; `NoEffect` when none of them is imaging. Raises `Refused`."""
    patient = read_patient(message, only_pid(message), feed, network)
    said: list[Command] = []
    for group in _groups(message):
        if group.texts(("OBR", 24, 1)) in NOT_IMAGING:
            message.flag("an order that is not of imaging was left out")
            continue
        told = _read(message, group)
        told[OrderField.ORGANISATION] = feed.organisation
        said.append(Order(patient.identifiers[0], patient.patch, told, _stamp(message, group, stamp)))
    return tuple(said) or (NoEffect(patient.identifiers[0], stamp),)


def _groups(message: Message) -> list[_Group]:
    found: list[_Group] = []
    for segment in message.segments:
        if segment.name == "ORC" or (segment.name == "OBR" and (not found or found[-1].obr is not None)):
            found.append(_Group())
        if segment.name == "ORC":
            found[-1].orc = segment
        elif segment.name == "OBR":
            found[-1].obr = segment
        elif segment.name in _FURTHER and found:
            found[-1].further.setdefault(segment.name, []).append(segment)
    if not found:
        raise Refused(Fault.MISSING_FIELD, "there is no ORC and no OBR segment", "ORC^1")
    if len(uids := message.all("ZDS")) == 1:  # one study for all that is ordered together (IHE RAD 4.4.4.1.2.2)
        for group in found:
            group.further["ZDS"] = uids
    return found


def _read(message: Message, group: _Group) -> dict[OrderField, OrderValue]:
    told: dict[OrderField, OrderValue] = {}
    for read in _READERS:
        read(message, group, told)
    if number_of(told) is None:
        place = group.orc or group.obr
        text = "the order has no filler, placer or accession number"
        raise Refused(Fault.MISSING_FIELD, text, place.location(3) if place else "ORC^1^3")
    return told


def _read_numbers(message: Message, group: _Group, told: dict[OrderField, OrderValue]) -> None:
    numbers = {
        OrderField.PLACER: (("ORC", 2, 1), ("OBR", 2, 1)),
        OrderField.FILLER: (("ORC", 3, 1), ("OBR", 3, 1)),
        OrderField.ACCESSION: (("IPC", 1, 1), ("OBR", 18, 1)),
        OrderField.PROCEDURE: (("IPC", 2, 1), ("OBR", 19, 1)),
    }
    for name, places in numbers.items():
        if number := group.texts(*places):
            if len(number) > _LONGEST:
                raise Refused(Fault.BAD_VALUE, f"a number of more than {_LONGEST} characters", f"{places[0][0]}^1")
            told[name] = number


def _read_study(message: Message, group: _Group, told: dict[OrderField, OrderValue]) -> None:
    uids = [segment.text(3) for segment in group.further.get("IPC", ())]
    uids += [segment.text(1) for segment in group.further.get("ZDS", ())]
    uids += [s.text(5) for s in group.further.get("OBX", ()) if s.text(3) in STUDY_UID_CODES]
    good = list(dict.fromkeys(uid for uid in uids if _UID.fullmatch(uid)))
    if any(uid and uid not in good for uid in uids):
        message.flag("a Study Instance UID is none and was ignored")
    if len(good) > 1:
        message.flag("an order names more than one study; the first was taken")
    if good:
        told[OrderField.STUDY_UID] = good[0]


def _read_examination(message: Message, group: _Group, told: dict[OrderField, OrderValue]) -> None:
    obr = group.obr
    if obr is None:
        return
    codes = [Coded(obr.text(4, n), obr.text(4, n + 1), obr.text(4, n + 2)) for n in (1, 4)]
    _put(told, OrderField.CODES, tuple(coded for coded in codes if coded.code or coded.text), obr, 4)
    _put(told, OrderField.BODY_SITE, obr.text(15, 4, 2) or obr.text(15, 4), obr, 15)
    section = group.texts(("IPC", 5, 1), ("OBR", 24, 1)).upper()
    modality = MODALITIES.get(section, section)
    if modality and not _MODALITY.fullmatch(modality):
        message.flag("the modality of an order is none and was ignored")
        modality = ""
    _put(told, OrderField.MODALITY, modality, obr, 24)


def _read_time(message: Message, group: _Group, told: dict[OrderField, OrderValue]) -> None:
    """When it is planned; of a result, when it was made."""
    planned = [(group.first("TQ1"), 7, 1), (group.obr, 36, 1), (group.orc, 7, 4), (group.obr, 27, 4)]
    made = (group.obr, 7, 1)
    places = [made, *planned] if message.header.message_type == "ORU" else [*planned, made]
    found: datetime | None = None
    for segment, number, component in places:
        if segment is not None and found is None:
            found = instant_at(message, segment, number, component)
    if found is not None:
        told[OrderField.STARTS_AT] = found


def _read_status(message: Message, group: _Group, told: dict[OrderField, OrderValue]) -> None:
    control, order_status, result = (group.texts(p) for p in (("ORC", 1, 1), ("ORC", 5, 1), ("OBR", 25, 1)))
    if control and control not in {*ENDS, *BEGINS, *TELLS}:
        message.flag("ORC-1 is not an order control code that is known here; the other fields count")
    result = result or _result_of_parts(group)
    if status := status_of(control, order_status, result):
        told[OrderField.STATUS] = status
    if report := REPORTS.get(result):
        told[OrderField.REPORT] = report


def _result_of_parts(group: _Group) -> str:
    """OBX-11 of a result that leaves OBR-25 empty: that of the part which is least far."""
    codes = {segment.text(11) for segment in group.further.get("OBX", ())}
    known = [code for code in REPORTS if code in codes]
    return min(known, key=lambda code: list(ReportStatus).index(REPORTS[code]), default="")


def _stamp(message: Message, group: _Group, stamp: Stamp) -> Stamp:
    """When it became true: of a result OBR-22, of an order ORC-9, else MSH-7."""
    segment, number = (group.obr, 22) if message.header.message_type == "ORU" else (group.orc, 9)
    occurred = instant_at(message, segment, number) if segment is not None else None
    return replace(stamp, occurred=occurred or stamp.occurred)


def _put(
    told: dict[OrderField, OrderValue], name: OrderField, value: OrderValue, segment: Segment, number: int
) -> None:
    """What is said, or taken back by the null (V2-22)."""
    if value:
        told[name] = value
    elif segment.is_null(number):
        told[name] = None


_READERS: tuple[Callable[[Message, _Group, dict[OrderField, OrderValue]], None], ...] = (
    _read_numbers,
    _read_study,
    _read_examination,
    _read_time,
    _read_status,
)
