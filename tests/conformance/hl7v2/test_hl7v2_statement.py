"""The conformance statement says what the code does, and the page in `docs` is the one the code writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from adapters.hl7v2 import pdq_parameters
from adapters.hl7v2.message import Segment
from adapters.hl7v2.notify import LinkChange, write_link_change, write_update
from adapters.hl7v2.statement import FIELDS, statement
from adapters.hl7v2.statement_consumers import ANSWER_FIELDS, FAULTS, NOTICE_FIELDS, NOTICES, QUERY_FIELDS
from adapters.hl7v2.statement_orders import ORDER_FIELDS
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.identifiers import Identifier
from tests.conformance.hl7v2.test_hl7v2_corpus import CASES, read_case
from tests.conformance.hl7v2.test_hl7v2_queries import CASES as QUERIES
from tests.conformance.hl7v2.test_hl7v2_queries import read_case as read_query
from tests.conformance.hl7v2.test_hl7v2_queries import text_of
from tests.unit.hl7v2.query_builders import FakePaging, FakeQuery, asking
from tests.unit.hl7v2.wire_builders import NETWORK, receiver

PAGE = Path(__file__).parents[3] / "docs" / "hl7v2.md"


def test_the_page_is_the_one_the_code_writes() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == statement(), "run: python -m adapters.hl7v2.statement > docs/hl7v2.md"


def test_the_fields_stated_are_those_the_reader_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watched over the whole corpus but the strict feed's, where the validator looks at every field."""
    looked: dict[str, set[int]] = defaultdict(set)
    raw = Segment.raw

    def watched(segment: Segment, number: int) -> str:
        looked[segment.name].add(number)
        return raw(segment, number)

    monkeypatch.setattr(Segment, "raw", watched)
    for path in CASES:
        case, wire = read_case(path)
        if "STRICTPAS" not in case["message"]:
            receiver().handle(wire)
    assert {name: sorted(numbers) for name, numbers in looked.items()} == {
        name: sorted(read) for name, read in {**FIELDS, **ORDER_FIELDS}.items()
    }


def answers() -> Iterator[str]:
    """What the queries of the corpus are answered."""
    for path in QUERIES:
        asked = asking(FakeQuery(), FakePaging())
        for ask, _ in read_query(path)[1]:
            yield text_of(asked.handle(ask) or b"")


def filled(message: str) -> tuple[str, dict[str, set[int]], list[list[str]]]:
    """The structure, the fields that hold something by segment, and the fields of each ERR."""
    mark, errors = message[3], []
    found: dict[str, set[int]] = defaultdict(set)
    for line in message.rstrip("\r").split("\r"):
        name, *fields = line.split(mark)
        found[name] |= {number for number, text in enumerate(fields, start=1) if text}
        if name == "ERR":
            errors.append(fields)
    return message.split(mark)[8].rsplit(message[4], maxsplit=1)[-1], found, errors


def numbers(fields: dict[str, set[int]], *but: str) -> dict[str, list[int]]:
    return {name: sorted(found) for name, found in fields.items() if name not in but}


def test_the_fields_of_queries_stated_are_those_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: dict[str, set[int]] = defaultdict(set)
    raw = Segment.raw

    def watched(segment: Segment, number: int) -> str:
        looked[segment.name].add(number)
        return raw(segment, number)

    monkeypatch.setattr(Segment, "raw", watched)
    assert list(answers())
    assert numbers(looked, "MSH") == {name: sorted(read) for name, read in QUERY_FIELDS.items()}


def test_the_fields_of_answers_stated_are_those_that_are_told() -> None:
    told: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for message in answers():
        structure, found, _ = filled(message)
        for name, fields in found.items():
            told[structure][name] |= fields
    stated = {s: {name: sorted(fields) for name, fields in by.items()} for s, by in ANSWER_FIELDS.items()}
    assert {s: numbers(fields, "MSH", "QPD") for s, fields in told.items() if s != "ACK"} == stated


def test_the_faults_of_queries_stated_are_those_that_are_found() -> None:
    """But a search that stops at its limit, which the few people of these queries cannot reach."""
    shown = set()
    for message in answers():
        structure, _, errors = filled(message)
        (code,) = re.findall(r"\rMSA.([A-Z]{2})", message)
        for error in errors:
            if len(error) > 2:
                repeated = structure == "RSP_K21" or "^4^" in error[1] or error[1] == "QPD^1^3^2"
                place = re.sub(r"^(QPD\^1\^[348]\^)\d+", r"\1n", error[1]) if repeated else error[1]
                shown.add((structure, code, error[2].split("^")[0], place))
    assert shown == FAULTS.keys() - {("RSP_K21", "AA", "0", "QPD^1^3")}


def test_the_parameters_of_pdq_stated_are_those_that_are_known() -> None:
    stated = {place for places in pdq_parameters.PLACES.values() for place in places}
    assert stated >= {f"PID.{place}" for place in pdq_parameters.READERS}
    assert pdq_parameters.PLACES.keys() == pdq_parameters.SUPPORTED.keys()


@pytest.mark.parametrize("transaction", NOTICES)
def test_the_fields_of_notifications_stated_are_those_that_are_sent(transaction: Transaction) -> None:
    at, local, gone = datetime(2026, 3, 1, tzinfo=UTC), Identifier("bolton", "B1"), Identifier("bolton", "B2")
    consumer = Consumer("ris", "RMC", "RIS", "RMC", frozenset({transaction}), xad_oid="2.25.7")
    if transaction is Transaction.PIX_UPDATE:
        message = write_update("P1", (local, gone), at, consumer, NETWORK)
    else:
        change = LinkChange(UUID(int=1), local, UUID(int=2), gone)
        message = write_link_change("X1", change, at, consumer, NETWORK)
    _, found, _ = filled(message.decode())
    assert message.decode().split("|")[8] == NOTICES[transaction]
    stated = {name: sorted(fields) for name, fields in NOTICE_FIELDS[transaction].items()}
    assert numbers(found, "MSH") == stated
