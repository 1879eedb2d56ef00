"""ITI-9, PIX query: QBP^Q23^QBP_Q21 -> RSP^K23^RSP_K23 (IHE-1 to IHE-10). The use case is PIXm's."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.hl7v2.ack import Answer
from adapters.hl7v2.cx import write_cx
from adapters.hl7v2.identifiers import read_authority, read_identifier
from adapters.hl7v2.pen import Pen
from adapters.hl7v2.qbp import Asked, check_priority
from adapters.hl7v2.rsp import Rejected, Response
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.errors import NotFound, Refused
from mpi.usecases.reading.query import Query

_SOURCE = "QPD^1^3^1"


def answer(asked: Asked, query: Query, network: Network) -> Response:
    """The identifiers of the same person in the domains asked for. Raises `Rejected`, and what `Query` raises."""
    check_priority(asked)
    source = _read_source(asked, network)
    targets = _read_targets(asked, network)
    try:
        resolution = query.cross_references(source, asked.consumer.caller)
    except NotFound:
        raise _unknown(f"{_SOURCE}^1", "no person has this identifier") from None  # IHE-3
    found = [
        one
        for one in resolution.identifiers
        if one != source and (not targets or one.authority in targets) and asked.consumer.wants(one.authority)
    ]
    if not found:
        return Response(status="NF")  # IHE-2
    return Response(segments=(write_pid(found, network, Pen(asked.header.msh.delimiters)),))


def write_pid(found: Sequence[Identifier], network: Network, pen: Pen) -> str:
    """Identifiers only: no name, and a second one that says so by its type (IHE-7)."""
    nameless = pen.repetitions(["", pen.delimiters.component * 6 + "S"])
    return pen.segment("PID", {3: pen.repetitions([write_cx(one, network, pen) for one in found]), 5: nameless})


def _read_source(asked: Asked, network: Network) -> Identifier:
    named = asked.qpd.repetitions(3)
    if not named or not named[0].text(1):
        raise Rejected(Answer("AE", "101", "QPD-3, the identifier asked about, is empty", "QPD^1^3"))
    if len(named) > 1:
        raise Rejected(Answer("AE", "102", "one identifier at a time is asked about", "QPD^1^3^2"))
    try:
        return read_identifier(named[0], network, _SOURCE)
    except Refused as reason:  # IHE-4
        raise _unknown(reason.location, reason.text) from None


def _read_targets(asked: Asked, network: Network) -> frozenset[str]:
    """The domains of QPD-4, none for all; one problem at the first that is unknown (IHE-5)."""
    targets = set()
    for number, cx in enumerate(asked.qpd.repetitions(4), start=1):
        if cx.text(4, 1) or cx.text(4, 2):
            try:
                authority = read_authority(cx.text(4, 1), cx.text(4, 2), cx.text(4, 3), network, f"QPD^1^4^{number}")
            except Refused as reason:
                raise _unknown(reason.location, reason.text) from None
            targets.add(authority)
        elif any(cx.components):  # something is asked for, and it is no domain
            raise _unknown(f"QPD^1^4^{number}", "a domain is named in the fourth component")
    return frozenset(targets)


def _unknown(location: str, text: str) -> Rejected:
    return Rejected(Answer("AE", "204", text, location))
