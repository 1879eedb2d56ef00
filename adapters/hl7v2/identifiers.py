"""Lists of CX (PID-3, MRG-1) sorted into the feed's own identifiers, foreign ones and the NHS number.

An authority is named by namespace, by universal id and type, or by all three in agreement (ITI-8, IHE-8). An NHS
number is one because its authority or its type says so, never because it has ten digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.hl7v2.message import Message, Segment, Value
from mpi.domain.commands import NhsNumber
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_OID, Identifier
from mpi.domain.network import Feed, Network
from mpi.errors import Fault, Refused

OLD_NHS_OID = "2.16.840.1.113883.2.1.3.2.4.3"  # old-format and temporary numbers (NHS-7)

NHS_TYPES = frozenset({"NH", "NHS", "NNGBR"})
# HL7 table 0203: numbers of accounts, visits and documents; as a patient identifier they would join strangers.
NOT_PATIENT = frozenset({"AN", "VN", "SS", "DL", "PPN"})
_TYPE = re.compile(r"(?P<code>[^{]*)(?:\{status:(?P<status>0[1-8])\})?")


@dataclass(frozen=True, slots=True)
class Typed:
    """An identifier with its CX.5 type and where it stood (ERL of its repetition)."""

    identifier: Identifier
    type: str
    location: str


@dataclass(frozen=True, slots=True)
class Identifiers:
    """One CX list. `nhs_deleted` says that the NHS number stands there as the explicit null."""

    own: tuple[Typed, ...] = ()
    foreign: tuple[Typed, ...] = ()
    nhs: tuple[NhsNumber, ...] = ()
    nhs_deleted: bool = False


def read_identifiers(message: Message, segment: Segment, number: int, feed: Feed, network: Network) -> Identifiers:
    """Every identifier of a CX field; raises `Refused` (UNKNOWN_AUTHORITY) for an authority nobody knows."""
    own: list[Typed] = []
    foreign: list[Typed] = []
    nhs: list[NhsNumber] = []
    nhs_deleted = False
    for position, cx in enumerate(segment.repetitions(number), start=1):
        type_code, status = _read_type(cx)
        if not (cx.text(1) or cx.is_null(1)):
            continue
        if cx.text(4, 2) == OLD_NHS_OID:
            message.flag(f"{segment.name}-{number} holds an old-format NHS number, not used for matching")
            continue
        if type_code in NHS_TYPES or _is_nhs(cx, network, segment.location(number, position, 4)):
            if cx.text(1):
                nhs.append(NhsNumber(cx.text(1), status))
            else:
                nhs_deleted = True
            continue
        if not cx.text(1):  # which of the patient's numbers is meant to go is not said (V2-25)
            message.flag(f"{segment.name}-{number} holds the null for a number, ignored")
            continue
        if type_code in NOT_PATIENT:
            message.flag(f"{segment.name}-{number} holds an identifier that is not a patient's, ignored")
            continue
        authority = _authority(cx, feed, network, segment.location(number, position, 4))
        found = Typed(Identifier(authority, cx.text(1)), type_code, segment.location(number, position))
        (own if authority in feed.authorities else foreign).append(found)
    return Identifiers(_distinct(own), _distinct(foreign), tuple(nhs), nhs_deleted and not nhs)


def require_own(found: Identifiers, segment: Segment, number: int) -> tuple[Typed, ...]:
    """The feed's own identifiers, at least one.

    Raises `Refused`: FOREIGN_AUTHORITY when there are only other people's (V2-49), MISSING_FIELD when there are none.
    """
    if found.own:
        return found.own
    if found.foreign:
        raise refuse_foreign(found.foreign[0])
    raise Refused(
        Fault.MISSING_FIELD,
        f"{segment.name}-{number} holds no local patient identifier",
        segment.location(number),
    )


def refuse_foreign(found: Typed) -> Refused:
    """The refusal of an identifier that is another source's to assert."""
    return Refused(
        Fault.FOREIGN_AUTHORITY,
        f"this feed may not assert identifiers of authority '{found.identifier.authority}'",
        f"{found.location}^4",
    )


def _read_type(cx: Value) -> tuple[str, str]:
    match = _TYPE.fullmatch(cx.text(5))
    return (match["code"], match["status"] or "") if match else (cx.text(5), "")


def _is_nhs(cx: Value, network: Network, location: str) -> bool:
    names = [name for name in (cx.text(4, 1), cx.text(4, 2)) if name]
    said = {name in {NHS_AUTHORITY, NHS_OID} or network.is_nhs(name) for name in names}
    if len(said) > 1:
        raise _disagreement(location)
    return said == {True}


def _authority(cx: Value, feed: Feed, network: Network, location: str) -> str:
    if not (cx.text(4, 1) or cx.text(4, 2)):
        return feed.authorities[0]  # V2-49
    return read_authority(cx.text(4, 1), cx.text(4, 2), cx.text(4, 3), network, location)


def read_authority(namespace: str, universal: str, kind: str, network: Network, location: str) -> str:
    """The authority id behind an HD, by namespace, universal id and type, or all three in agreement (IHE-8).

    Raises `Refused` (UNKNOWN_AUTHORITY) at `location`.
    """
    if not (namespace or universal):
        raise Refused(Fault.UNKNOWN_AUTHORITY, "no assigning authority is named", location)
    if universal and not (kind or namespace):  # HD.2 is valid only with HD.3
        raise Refused(Fault.UNKNOWN_AUTHORITY, "an assigning authority's universal id has no type", location)
    try:
        found = {network.authority(name).id for name in (namespace, universal) if name}
    except Refused as reason:
        raise Refused(reason.fault, reason.text, location) from None
    if len(found) > 1:
        raise _disagreement(location)
    authority = network.authority_by_id[found.pop()]
    is_oid = universal.removeprefix("urn:oid:") == authority.oid
    if universal and kind and is_oid != (kind == "ISO"):
        raise _disagreement(location)
    return authority.id


def read_identifier(cx: Value, network: Network, location: str) -> Identifier:
    """The identifier of a query; raises `Refused` (UNKNOWN_AUTHORITY) at component 4 of `location`."""
    type_code, _ = _read_type(cx)
    if type_code in NHS_TYPES and not (cx.text(4, 1) or cx.text(4, 2)):
        authority = NHS_AUTHORITY
    else:
        authority = read_authority(cx.text(4, 1), cx.text(4, 2), cx.text(4, 3), network, f"{location}^4")
    return identifier_of(authority, cx.text(1))


def identifier_of(authority: str, value: str) -> Identifier:
    """An identifier as asked for; an NHS number may be written in groups."""
    return Identifier(authority, value.replace(" ", "").replace("-", "") if authority == NHS_AUTHORITY else value)


def _disagreement(location: str) -> Refused:
    return Refused(
        Fault.UNKNOWN_AUTHORITY, "an assigning authority's namespace, universal id and type disagree", location
    )


def _distinct(found: list[Typed]) -> tuple[Typed, ...]:
    return tuple({typed.identifier: typed for typed in reversed(found)}.values())[::-1]
