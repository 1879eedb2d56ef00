"""The part of the conformance statement that is for consumers: PIX, PDQ, notifications (see `statement`).

What is read, told and refused is code and not a table; it stands here in words, and tests watch the code at work,
over every query of the corpus, and compare.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from adapters.hl7v2 import ack, pdq_parameters, qbp, rsp
from adapters.hl7v2.page import section, table
from mpi.domain.consumer import Transaction
from mpi.usecases.subscribers.consumers import EVENTS

QUERY_FIELDS: Mapping[str, Mapping[int, str]] = {
    "QPD": {
        1: "query name, required and repeated; what is asked says MSH-9.2",
        2: "query tag, required; repeated in QAK-1",
        3: "PIX: the identifier asked about, one; PDQ: the parameters, `@PID.5.1.1^SMITH~@PID.7^19540307`",
        4: "PIX: the domains wanted in CX.4, none for all (IHE-5)",
        8: "PDQ: the domains wanted in CX.4, none for all (IHE-32)",
    },
    "RCP": {1: "I, or empty: answers are given at once", 2: "PDQ: how many people a page holds, as `50^RD`"},
    "DSC": {1: "PDQ: where the answer goes on, from DSC-1 of the page before (IHE-33)"},
    "QID": {1: "QCN^J01: the tag of the query whose pages are no longer wanted"},
}
"""What is read of a query beside its MSH. QPD is repeated as it came."""

ANSWER_FIELDS: Mapping[str, Mapping[str, Mapping[int, str]]] = {
    "RSP_K23": {
        "MSA": {1: "AA, AE or AR", 2: "MSH-10 of the query"},
        "ERR": dict.fromkeys((2, 3, 4, 7, 8), "place, condition, severity, words"),
        "QAK": {1: "QPD-2", 2: "OK, NF, AE or AR"},
        "PID": {
            3: "every identifier of the person but the one asked about, by namespace, universal id and type",
            5: "`~^^^^^^S`: no name (IHE-7)",
        },
    },
    "RSP_K21": {
        "MSA": {1: "AA, AE or AR", 2: "MSH-10 of the query"},
        "ERR": dict.fromkeys((2, 3, 4, 7, 8), "place, condition, severity (W beside AA: there are more), words"),
        "QAK": {1: "QPD-2", 2: "OK, NF, AE or AR", 4: "people in all", 5: "people here", 6: "people still to come"},
        "PID": {
            1: "number on the page",
            3: "identifiers in the domains asked for, the NHS number among them",
            5: "names, former ones last",
            6: "mother's maiden name",
            7: "date of birth, at the precision known",
            8: "administrative sex",
            11: "addresses",
            13: "telephone and e-mail",
            24: "multiple birth",
            25: "birth order",
            29: "time of death",
            30: "death indicator",
            32: "reliability, and NHS number status as NSTS01 to NSTS08",
            33: "last update",
        },
        "PD1": {3: "GP practice", 12: "protection indicator: restricted; then PID-11, PID-13 and PD1-3 are empty"},
        "QRI": {3: "EXACT: every parameter holds; no score is given"},
        "DSC": {1: "where the answer goes on; no DSC on the last page", 2: "I"},
    },
}
"""What answers hold beside MSH and QPD, by structure."""

FAULTS: Mapping[tuple[str, str, str, str], str] = {  # structure, MSA-1, table 0357, place with n for a repetition
    ("RSP_K23", "AE", "101", "QPD^1^3"): "no identifier",
    ("RSP_K23", "AE", "102", "QPD^1^3^n"): "a second identifier",
    ("RSP_K23", "AE", "204", "QPD^1^3^1^1"): "an identifier of nobody (IHE-3)",
    ("RSP_K23", "AE", "204", "QPD^1^3^1^4"): "an unknown domain (IHE-4)",
    ("RSP_K23", "AE", "204", "QPD^1^4^n"): "an unknown domain among those wanted; the first (IHE-5)",
    ("RSP_K23", "AE", "102", "RCP^1^1"): "a deferred answer",
    ("RSP_K21", "AE", "101", "QPD^1^3"): "nothing to look for, or not enough to begin with",
    ("RSP_K21", "AE", "102", "QPD^1^3"): "too many alternatives",
    ("RSP_K21", "AE", "102", "QPD^1^3^n"): "a parameter that is not known or cannot be read",
    ("RSP_K21", "AE", "204", "QPD^1^3^n"): "an unknown domain in PID.3.4",
    ("RSP_K21", "AE", "204", "QPD^1^8^n"): "an unknown domain among those wanted; an ERR for each (IHE-32)",
    ("RSP_K21", "AE", "102", "RCP^1^2"): "no number of records",
    ("RSP_K21", "AE", "204", "DSC^1^1"): "a pointer that is unknown, expired, another's or another query's",
    ("RSP_K21", "AA", "0", "QPD^1^3"): "a warning: more people match than are told",
    ("ACK", "AE", "101", "MSH^1^10"): "no control id",
    ("ACK", "AE", "101", "QPD^1"): "no QPD",
    ("ACK", "AE", "101", "QPD^1^2"): "no query tag",
    ("ACK", "AE", "101", "QID^1^1"): "no tag in QID-1",
    ("ACK", "AR", "201", "MSH^1^9^1^2"): "a query this consumer may not ask",
    ("ACK", "AR", "202", "MSH^1^11"): "another processing id than the consumer's",
    ("ACK", "AR", "204", "MSH^1^3"): "a consumer that the network file does not name",
}

NOTICE_FIELDS: Mapping[Transaction, Mapping[str, Mapping[int, str]]] = {
    Transaction.PIX_UPDATE: {
        "EVN": {2: "when it changed"},
        "PID": {
            3: "the identifiers of one person in the domains this consumer wants (IHE-22)",
            5: "one single space",
        },
        "PV1": {2: "N"},
    },
    Transaction.XAD_PID_CHANGE: {
        "EVN": {2: "when it changed"},
        "PID": {3: "the XAD-PID as it is now, and the local identifier (IHE-50)", 5: "one single space"},
        "MRG": {1: "the XAD-PID as it was, and the local identifier that was merged away, if one was"},
    },
}
NOTICES: Mapping[Transaction, str] = {
    Transaction.PIX_UPDATE: "ADT^A31^ADT_A05",
    Transaction.XAD_PID_CHANGE: "ADT^A43^ADT_A43",
}
"""What is sent to consumers beside MSH, and its MSH-9."""


def consumers() -> Iterator[str]:
    """The sections."""
    yield from section("PIX and PDQ queries (ITI-9, ITI-21)")
    yield f"Versions {' and '.join(qbp.VERSIONS)}, each consumer only what the network file lets it ask. Answered at"
    yield "once, in the query's character set or, where that cannot carry the answer, in UTF-8. Nothing of a query is"
    yield "stored but its audit rows and, where an answer has pages, those still to come, for some minutes. `QCN^J01`"
    yield "forgets them."
    yield ""
    rows = ((t.value, f"QBP^{q}^QBP_Q21", "^".join(rsp.STRUCTURES[q])) for q, t in qbp.TRANSACTIONS.items())
    yield from table(("transaction", "query", "answer"), rows)
    yield from _fields("read", {"a query": QUERY_FIELDS})
    yield from _parameters()
    yield from _fields("told", ANSWER_FIELDS)
    yield from _faults()
    yield from _notices()


def _parameters() -> Iterator[str]:
    yield "### Parameters of PDQ"
    yield ""
    yield "Several values of one parameter are separated as subcomponents, and any may hold; all parameters must. `*`"
    yield "stands for any letters, case does not matter. A name is met by every name of a record, former ones too"
    yield "(IHE-31). A query needs the beginning of a surname, a whole date of birth or an identifier, and finds at"
    yield f"most {pdq_parameters.MOST} people."
    yield ""
    places = pdq_parameters.PLACES
    rows = (
        (name, ", ".join(p for p in places[name] if p != name), what)
        for name, what in pdq_parameters.SUPPORTED.items()
    )
    yield from table(("parameter", "also written", "what it is"), rows)


def _faults() -> Iterator[str]:
    yield "### Queries that cannot be answered"
    yield ""
    yield "Beside these, the faults of MSH are those of feeds. When the index cannot answer: AR 207, ask again later."
    yield ""
    rows = (
        (structure, code, place, f"{condition} {ack.CONDITIONS[condition]}", what)
        for (structure, code, condition, place), what in FAULTS.items()
    )
    yield from table(("answer", "MSA-1", "ERR-2", "ERR-3", "when"), rows)


def _notices() -> Iterator[str]:
    yield from section("Notifications (ITI-10, ITI-64)")
    yield "Version 2.5, to the consumers of the network file that take part. In the order of the changes, kept until"
    yield "they are taken, with the same control id when they are sent again. AA or CA: the next one. AE or CE:"
    yield "nothing more until somebody has looked (`mpi consumers`). Anything else, or no answer: again later."
    yield ""
    events = {one: ", ".join(f"`{event.value}`" for event in EVENTS[one]) for one in NOTICES}
    rows = ((one.value, kind, events[one]) for one, kind in NOTICES.items())
    yield from table(("transaction", "message", "when a subscriber is told of"), rows)
    yield from _fields("sent", {one.value: fields for one, fields in NOTICE_FIELDS.items()})


def _fields(heading: str, by: Mapping[str, Mapping[str, Mapping[int, str]]]) -> Iterator[str]:
    yield f"### Fields {heading}"
    yield ""
    rows = [
        (name, ", ".join(f"{segment}-{number}" for number in numbers), what)
        for name, segments in by.items()
        for segment, fields in segments.items()
        for what, numbers in _numbers(fields).items()
    ]
    yield from table(("in", "field", "use"), rows)


def _numbers(fields: Mapping[int, str]) -> Mapping[str, Sequence[int]]:
    """The fields of which the same is said, together."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, what in fields.items():
        numbers[what].append(number)
    return numbers
