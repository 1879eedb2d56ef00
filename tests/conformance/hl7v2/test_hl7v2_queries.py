"""Every query of the corpus is answered to the byte, and hl7apy finds nothing wrong with any answer (IHE-1 to 33)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import hl7apy.parser
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException

from tests.conformance.hl7v2.conversations import read_conversation
from tests.conformance.hl7v2.ihe_profiles import profiles
from tests.unit.hl7v2.query_builders import FakePaging, FakeQuery, asking

CASES = sorted((Path(__file__).parent / "queries").glob("*.toml"))
OLD = "pix-old-version"  # answered in the shape of the query's own version
NEW = "pix-2-5-1"
NAMELESS = "pix-without-control-id"  # its acknowledgement can repeat no control id, and HL7 has no ACK without


def read_case(path: Path) -> tuple[dict[str, Any], list[tuple[bytes, str]]]:
    case, exchanges = read_conversation(path)
    return case, [(exchange.ask, str(exchange.answer)) for exchange in exchanges]


def text_of(reply: bytes) -> str:
    return reply.decode("utf-8" if b"UNICODE UTF-8" in reply else "latin-1")


def test_the_corpus_shows_every_case_of_the_standard() -> None:
    shown = {number for path in CASES for number in read_case(path)[0]["standards"]}
    assert {f"IHE-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 30, 31, 32, 33)} <= shown
    assert len(CASES) >= 90


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_query(path: Path) -> None:
    _, exchanges = read_case(path)
    receiver = asking(FakeQuery(), FakePaging())
    for ask, expected in exchanges:
        assert text_of(receiver.handle(ask) or b"").replace("\r", "\n") == expected


@pytest.mark.parametrize("path", [path for path in CASES if path.stem != NAMELESS], ids=lambda path: path.stem)
def test_every_answer_is_valid_hl7(path: Path) -> None:
    """hl7apy, strict, as the independent judge, knowing what IHE's queries are asked with."""
    _, exchanges = read_case(path)
    version = {OLD: "2.3.1", NEW: "2.5.1"}.get(path.stem, "2.5")
    for _, expected in exchanges:
        parsed = hl7apy.parser.parse_message(
            expected.replace("\n", "\r"),
            validation_level=VALIDATION_LEVEL.STRICT,
            message_profile=None if path.stem == OLD else profiles(version),
            force_validation=True,
        )
        assert parsed.version == version
        assert parsed.name in {"RSP_K21", "RSP_K23", "ACK"}


@pytest.mark.parametrize(
    "answer",
    ["MSA|AA|Q1\rQAK|T1|OK\rQPD|x|T1|@PID.8^F\rPID|1||A\r", "MSA|AA|Q1\rQAK|T1\rQPD|x|T1|A\rQPD|x|T1|A\r"],
)
def test_the_judge_finds_faults(answer: str) -> None:
    """A judge that lets everything pass would prove nothing: PID without PID-5, and two QPD."""
    head = "MSH|^~\\&|A|B|C|D|20260301||RSP^K22^RSP_K21|R1|P|2.5\r"
    with pytest.raises(HL7apyException):
        hl7apy.parser.parse_message(
            head + answer,
            validation_level=VALIDATION_LEVEL.STRICT,
            message_profile=profiles("2.5"),
            force_validation=True,
        )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_v2_15_the_answer_belongs_to_its_query(path: Path) -> None:
    """MSA-2, the query tag and QPD are the query's own; QAK-2 agrees with MSA-1."""
    _, exchanges = read_case(path)
    for ask, expected in exchanges:
        asked = {line[:3]: line for line in ask.decode("latin-1").split("\r")}
        told = {line[:3]: line for line in expected.split("\n")}
        mark = asked["MSH"][3]
        assert told["MSA"].split(mark)[2] == asked["MSH"].split(mark)[9]
        if "QAK" in told:
            assert (
                told["QPD"]
                == ask.decode(tomllib.loads(path.read_text("utf-8")).get("encoding", "ascii")).split("\r")[1]
            )
            status, code = told["QAK"].split(mark)[2], told["MSA"].split(mark)[1]
            assert (status in {"OK", "NF"}) == (code == "AA")
            assert told["QAK"].split(mark)[1] == asked["QPD"].split(mark)[2]
