"""ITI-21, patient demographics query: QBP^Q22^QBP_Q21 -> RSP^K22^RSP_K21, page by page (IHE-30 to IHE-33).

The use cases are PDQm's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from adapters.hl7v2.ack import Answer
from adapters.hl7v2.identifiers import read_authority
from adapters.hl7v2.pdq_parameters import read_wanted
from adapters.hl7v2.pen import Pen
from adapters.hl7v2.pid import write_person
from adapters.hl7v2.qbp import Asked, check_priority
from adapters.hl7v2.rsp import Hits, Rejected, Response
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.errors import NotFound, Refused
from mpi.usecases.reading.paging import Page, Paging
from mpi.usecases.reading.query import Query

# Mandatory in the structure of v2.5 (not in IHE's): no score is given, because every parameter holds (IHE-46).
_QRI = {3: "EXACT"}
_MORE = Answer("AA", "0", "more people match than are told; narrow the query", "QPD^1^3")


def answer(asked: Asked, query: Query, paging: Paging, network: Network) -> Response:
    """The people found, or the next of them. Raises `Rejected`, `Refused`, and what the use cases raise."""
    check_priority(asked)
    domains = _read_domains(asked, network)
    quantity = asked.quantity
    if asked.pointer:
        return _continue(asked, paging, network, quantity)
    caller, wanted = asked.consumer.caller, read_wanted(asked.qpd, network, domains)
    answer = query.look_up(wanted, quantity, lambda known: _told(known, domains, asked), caller)  # IHE-32
    page = Page(answer.shown, len(answer.shown), len(answer.found), answer.complete)
    if page.end == page.total:
        return _write(asked, network, page, "")
    pointer = paging.keep(answer.found, asked.tag, _digest(asked), caller, complete=answer.complete)
    return _write(asked, network, page, pointer.hex)


def _continue(asked: Asked, paging: Paging, network: Network, quantity: int) -> Response:
    pointer, _, start = asked.pointer.partition(".")
    try:
        if not (start.isascii() and start.isdigit() and len(start) < 9):
            raise ValueError
        page = paging.page(UUID(pointer), int(start), quantity or 1 << 31, _digest(asked), asked.consumer.caller)
    except (ValueError, NotFound):
        text = "no answer can be continued by this pointer with this query; ask anew"
        raise Rejected(Answer("AE", "204", text, "DSC^1^1")) from None
    return _write(asked, network, page, pointer)


def _told(known: Sequence[Identifier], domains: frozenset[str], asked: Asked) -> list[Identifier]:
    told = [one for one in known if not domains or one.authority in domains]
    return [one for one in told if asked.consumer.wants(one.authority)]


def _write(asked: Asked, network: Network, page: Page, pointer: str) -> Response:
    if not page.total:
        return Response(status="NF")
    pen = Pen(asked.header.msh.delimiters)
    segments: list[str] = []
    for number, one in enumerate(page.shown, start=1):
        segments += write_person(one.person, one.told, network, pen, number)
        segments.append(pen.segment("QRI", _QRI))
    left = page.total - page.end
    return Response(
        problems=() if page.complete else (_MORE,),
        segments=tuple(segments),
        hits=Hits(page.total, len(page.shown), left),
        pointer=f"{pointer}.{page.end}" if left else "",
    )


def _read_domains(asked: Asked, network: Network) -> frozenset[str]:
    """The domains of QPD-8, none for all; a problem for each that is unknown (IHE-32)."""
    domains: set[str] = set()
    unknown: list[Answer] = []
    for number, cx in enumerate(asked.qpd.repetitions(8), start=1):
        if not any(cx.components):
            continue
        try:
            place = f"QPD^1^8^{number}"
            domains.add(read_authority(cx.text(4, 1), cx.text(4, 2), cx.text(4, 3), network, place))
        except Refused as reason:
            unknown.append(Answer("AE", "204", reason.text, reason.location))
    if unknown:
        raise Rejected(*unknown)
    return frozenset(domains)


def _digest(asked: Asked) -> bytes:
    """What the pages of one answer have in common: the whole question, its tag among it."""
    return hashlib.sha256("|".join(asked.qpd.fields).encode("utf-8", "surrogatepass")).digest()
