"""Queries over MLLP, from frame to answer: who asks, what, and the use case that knows (ITI-9, ITI-21, QCN^J01).

Nothing is stored but the audit rows and, where an answer has pages, its snapshot; so a query may be asked again at
any time, and none waits for a change in progress (IHE-10).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from adapters.hl7v2 import ack, message, pdq, pix, qbp, rsp
from adapters.hl7v2.exchange import ANYBODY, Peer
from adapters.hl7v2.message import Header
from adapters.hl7v2.qbp import Asked
from adapters.hl7v2.rsp import Response
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.network import Network
from mpi.errors import Fault, Forbidden, Refused, Unavailable
from mpi.usecases.reading.paging import Paging
from mpi.usecases.reading.query import Query

TYPES = frozenset({"QBP", "QCN"})
"""MSH-9.1 of what is answered here."""

_CODEC = "cp1252"  # of undeclared bytes beyond ASCII (V2-21)


_log = structlog.get_logger("mpi.hl7v2")


class Queries:
    """What a listener needs to answer queries. `clock` gives aware UTC datetimes, `new_id` values for MSH-10."""

    def __init__(
        self,
        query: Query,
        paging: Paging,
        network: Network,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._query = query
        self._paging = paging
        self._network = network
        self._clock = clock
        self._new_id = new_id

    def answer(self, frame: bytes, header: Header, peer: Peer = ANYBODY) -> tuple[bytes, ...]:
        """What answers a frame whose MSH has been read: RSP, or ACK where there is no query to answer."""
        try:
            consumer = self._network.consumer(header.application, header.facility)
            if not peer.speaks_for(consumer):
                _log.warning("a sender asked as a consumer that it is not", consumer=consumer.id)
                text = f"the certificate of this connection is not consumer {consumer.id}'s"
                raise Refused(Fault.FOREIGN_FEED, text, "MSH^1^4")
            transaction = qbp.admit(header, consumer)
            parsed = message.parse(frame, header, _CODEC)
            with structlog.contextvars.bound_contextvars(request_id=header.control_id, transaction=transaction):
                if header.message_type == "QCN":
                    return self._cancel(parsed, consumer)
                asked = qbp.read_query(parsed, consumer)
                response = self._respond(asked, transaction)
        except Refused as reason:
            place = "MSH^1^3" if reason.fault is Fault.UNKNOWN_FEED else reason.location
            return self._acknowledge(header, ack.of_refusal(reason.fault, reason.text, place))
        return (rsp.write(asked, response, self._clock(), self._new_id()),)

    def _respond(self, asked: Asked, transaction: Transaction) -> Response:
        try:
            if transaction is Transaction.PIX_QUERY:
                return pix.answer(asked, self._query, self._network)
            return pdq.answer(asked, self._query, self._paging, self._network)
        except rsp.Rejected as rejected:
            return rsp.failed(*rejected.problems)
        except Refused as reason:
            return rsp.failed(ack.of_refusal(reason.fault, reason.text, reason.location))
        except Unavailable:
            return rsp.failed(ack.Answer("AR", "207", "the index cannot answer now, ask again later"))
        except Forbidden as reason:
            return rsp.failed(ack.Answer("AR", "207", str(reason), "MSH^1^4"))

    def _cancel(self, parsed: message.Message, consumer: Consumer) -> tuple[bytes, ...]:
        """QCN^J01: the pages still to come are no longer wanted; a tag of which there are none is no fault."""
        qid = parsed.first("QID")
        if qid is None or not qid.text(1):
            raise Refused(Fault.MISSING_FIELD, "QID-1, the query tag, is empty", "QID^1^1")
        try:
            self._paging.cancel(qid.text(1), consumer.caller)
        except Unavailable:
            return self._acknowledge(parsed.header, ack.TRY_AGAIN)
        return self._acknowledge(parsed.header, ack.ACCEPTED)

    def _acknowledge(self, header: Header, answer: ack.Answer) -> tuple[bytes, ...]:
        return ack.acknowledge(header, answer, self._clock(), self._new_id)
