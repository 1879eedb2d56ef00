"""The part of the conformance statement about orders and results (see `statement`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.hl7v2.order_codes import (
    BEGINS,
    ENDS,
    MODALITIES,
    NOT_IMAGING,
    ORDER_STATUSES,
    REPORTS,
    RESULT_STATUSES,
    STUDY_UID_CODES,
    TELLS,
)
from adapters.hl7v2.orders import TYPES
from adapters.hl7v2.page import section, table
from adapters.hl7v2.structures import structure_of
from mpi.domain.orders import OrderStatus

_VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")

ORDER_FIELDS: Mapping[str, Mapping[int, str]] = {
    "ORC": {
        1: "order control, by the table below",
        2: "placer's number; its first component",
        3: "filler's number; its first component",
        5: "order status, by the table below",
        7: "planned time, in its fourth component (to 2.4)",
        9: "when an order's fact became true; else MSH-7",
    },
    "OBR": {
        2: "placer's number, where ORC-2 is empty",
        3: "filler's number, where ORC-3 is empty",
        4: "the examination: code, text and system as sent, and the alternate ones",
        7: "when a result's examination was made; else, of an order, planned time if nothing else says",
        15: "part of the body, in its fourth component",
        18: "accession number (IHE RAD)",
        19: "requested procedure id (IHE RAD)",
        22: "when a result's fact became true; else MSH-7",
        24: "modality, by the table below",
        25: "status of the examination and of its report, by the table below",
        27: "planned time, in its fourth component (to 2.4)",
        36: "planned time",
    },
    "TQ1": {7: "planned time (from 2.5)"},
    "IPC": {
        1: "accession number, before OBR-18",
        2: "requested procedure id, before OBR-19",
        3: "Study Instance UID",
        5: "modality, before OBR-24",
    },
    "ZDS": {1: "Study Instance UID (IHE RAD); one segment holds for all orders of its message"},
    "OBX": {
        3: f"only looked at for {' and '.join(sorted(STUDY_UID_CODES))}, Study Instance UID",
        5: "the UID of such an observation; no other value is read",
        11: "status of a part, where OBR-25 of a result is empty: the least far counts",
    },
}
"""What is read of an order or result besides MSH, PID and PD1."""


def orders() -> Iterator[str]:
    """The section, Markdown lines."""
    yield from section("Orders and results of imaging")
    yield 'Taken from feeds that opt in by the event in their `options`, as in `options = ["O01", "R01"]`; any'
    yield "other feed is answered AR 200. A RIS beside the PAS that describes its patients is a feed with `identity"
    yield "= false`, of which ADT is answered AR 200. PID is read as an ADT's, of the feed's own authority; it"
    yield "describes the patient only as long as no feed has. Each ORC with its OBR is one examination. The text of"
    yield "a report is never read."
    yield ""
    rows = (
        (f"{name}^{event}", *(structure_of(event, version) or "none" for version in _VERSIONS))
        for name, event in TYPES.items()
    )
    yield from table(("message", *_VERSIONS), rows)
    yield "An order is known by its filler's number, else by its accession number, else by its placer's. What is"
    yield "said of one of the latter is said of the order of that patient that goes by it, of several no more than"
    yield "that they have ended. Field by field the latest by its own stamp counts, in whatever order messages"
    yield "come. A study is its order's by the Study Instance UID, else by the accession number (the filler's"
    yield "number where none was sent) of the same patient and authority."
    yield ""
    yield "An order goes by its patient and its own numbers. Nothing hangs on a visit or an account: PV1-19 and"
    yield "PID-18 of an order are not read, and a move of either (A44, A45) takes no order along. A source that has"
    yield "ordered for the wrong patient cancels the order and orders anew for the right one. A number of an order"
    yield "that has not ended (ORC-2, ORC-3, OBR-18; a Study Instance UID) and comes under a second patient who is"
    yield "not the same person raises an `order-conflict` task; each patient keeps what was said of theirs until it"
    yield "is answered, be it by a merge of the two by their source. The task names the orders."
    yield ""
    fields = ((f"{name}-{n}", words) for name, read in ORDER_FIELDS.items() for n, words in read.items())
    yield from table(("field", "use"), fields)
    yield from table(("ORC-1, HL7 table 0119", "the examination is then"), _controls())
    yield "An end by ORC-1 outranks OBR-25 that tells of a report, that outranks ORC-5, that OBR-25 of another kind."
    yield ""
    yield from table(("ORC-5, HL7 table 0038", "status"), ((code, s.value) for code, s in ORDER_STATUSES.items()))
    results = ((code, s.value, REPORTS[code].value if code in REPORTS else "") for code, s in RESULT_STATUSES.items())
    yield from table(("OBR-25, HL7 table 0123", "status", "report"), results)
    yield from table(("OBR-24 or IPC-5, HL7 table 0074", "modality"), _modalities())


def _modalities() -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(MODALITIES.values()):
        codes = ", ".join(code for code, modality in MODALITIES.items() if modality == name)
        yield codes, name or "not said: it is no single one"
    yield ", ".join(sorted(NOT_IMAGING)), "none: no imaging, accepted with a remark and left out"
    yield "any other", "as sent"


def _controls() -> Iterator[tuple[str, str]]:
    for status in OrderStatus:
        if codes := [code for code, end in ENDS.items() if end is status]:
            yield ", ".join(codes), status.value
    yield ", ".join(sorted(BEGINS)), f"{OrderStatus.ORDERED.value}, unless another field says more"
    yield ", ".join(TELLS), "what the other fields say"
    yield "any other", "the same, with a remark"
