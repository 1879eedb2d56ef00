"""Queries by parameter as they are asked: QPD, RCP and DSC of QBP^Q22 and QBP^Q23."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.hl7v2.message import Header, Message, Segment
from mpi.domain.consumer import Consumer, Transaction
from mpi.errors import Fault, Refused

TRANSACTIONS = {"Q23": Transaction.PIX_QUERY, "Q22": Transaction.PDQ}
VERSIONS = ("2.5", "2.5.1")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query. `tag` is QPD-2; `quantity` the most people a page may hold, 0 for all; `pointer` is DSC-1."""

    header: Header
    consumer: Consumer
    qpd: Segment
    tag: str
    rcp: Segment | None
    pointer: str

    @property
    def quantity(self) -> int:
        """RCP-2 in records; raises `Refused` (BAD_VALUE) for another unit or no number."""
        if self.rcp is None or not self.rcp.raw(2):
            return 0
        number, unit = self.rcp.text(2), self.rcp.text(2, 2)
        if not (number.isascii() and number.isdigit() and int(number[:9])) or unit not in {"", "RD"}:
            raise Refused(Fault.BAD_VALUE, "RCP-2 is a number of records above 0, as in 50^RD", "RCP^1^2")
        return int(number[:9])


def admit(header: Header, consumer: Consumer) -> Transaction:
    """The transaction that MSH-9 asks for; raises `Refused` with the conditions of V2-13."""
    transaction = Transaction.PDQ if header.message_type == "QCN" else TRANSACTIONS.get(header.trigger)
    if header.message_type == "QCN" and header.trigger != "J01":
        transaction = None
    if transaction is None or transaction not in consumer.transactions:
        raise Refused(Fault.UNSUPPORTED_EVENT, "this query is not taken from this consumer", "MSH^1^9^1^2")
    if header.msh.text(11) != consumer.processing_id:
        text = f"this consumer asks with processing id {consumer.processing_id}"
        raise Refused(Fault.WRONG_PROCESSING_ID, text, "MSH^1^11")
    if header.version not in VERSIONS:
        raise Refused(Fault.UNSUPPORTED_VERSION, f"queries are of version {' or '.join(VERSIONS)}", "MSH^1^12")
    if not header.control_id:
        raise Refused(Fault.MISSING_FIELD, "MSH-10 is empty", "MSH^1^10")
    if not (header.msh.delimiters.subcomponent and header.msh.delimiters.escape):
        raise Refused(Fault.MALFORMED, "MSH-2 of a query names all four delimiters", "MSH^1^2")
    return transaction


def read_query(message: Message, consumer: Consumer) -> Asked:
    """What is asked. Raises `Refused` (MISSING_FIELD) when there is no QPD or no query tag to answer to."""
    qpd = message.first("QPD")
    if qpd is None:
        raise Refused(Fault.MISSING_FIELD, "there is no QPD segment", "QPD^1")
    for number, name in ((1, "message query name"), (2, "query tag")):
        if not qpd.text(number):
            raise Refused(Fault.MISSING_FIELD, f"QPD-{number}, the {name}, is empty", f"QPD^1^{number}")
    dsc = message.first("DSC")
    pointer = dsc.text(1) if dsc is not None else ""
    return Asked(message.header, consumer, qpd, qpd.text(2), message.first("RCP"), pointer)


def check_priority(asked: Asked) -> None:
    """Raise `Refused` (BAD_VALUE) unless the answer is wanted at once, which an empty RCP-1 means too."""
    if asked.rcp is not None and asked.rcp.text(1) not in {"", "I"}:
        raise Refused(Fault.BAD_VALUE, "answers are given at once only: RCP-1 is I", "RCP^1^1")
