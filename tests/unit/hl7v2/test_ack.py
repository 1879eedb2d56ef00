from __future__ import annotations

from datetime import UTC, datetime

import hl7apy.parser
import pytest
from hl7apy.consts import VALIDATION_LEVEL

from adapters.hl7v2 import ack
from adapters.hl7v2.ack import Answer
from adapters.hl7v2.message import read_header
from mpi.errors import Fault
from tests.unit.hl7v2.wire_builders import fields, message

NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
REFUSED = Answer("AE", "204", "no such authority | here", "PID^1^3^1^4")
ANSWERS = [ack.ACCEPTED, REFUSED, ack.TRY_AGAIN, Answer("AR", "201", "no", "MSH^1^9^1^2")]


def reply_to(wire: bytes, answer: Answer = ack.ACCEPTED) -> bytes:
    (reply,) = ack.acknowledge(read_header(wire), answer, NOW, lambda: "ACK1")
    return reply


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5", "2.5.1"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_v2_14_every_shape_is_valid_hl7_for_its_version(version: str, answer: Answer) -> None:
    """hl7apy, strict, as the independent judge."""
    wire = message("ADT^A31^ADT_A05", version=version)
    parsed = hl7apy.parser.parse_message(
        reply_to(wire, answer).decode("ascii"), validation_level=VALIDATION_LEVEL.STRICT, find_groups=False
    )
    assert parsed.version == version
    assert parsed.msa.msa_1.value == answer.code
    assert parsed.validate()


@pytest.mark.parametrize("answer", ANSWERS)
def test_v2_14_every_segment_is_valid_hl7_2_3(answer: Answer) -> None:
    """hl7apy cannot tell the structure of a whole 2.3 message from MSH-9 = ACK, so segment by segment."""
    for line in reply_to(message(version="2.3"), answer).decode("ascii").rstrip("\r").split("\r"):
        segment = hl7apy.parser.parse_segment(line, version="2.3", validation_level=VALIDATION_LEVEL.STRICT)
        assert segment.validate()


def test_v2_15_the_header_is_swapped_and_repeated() -> None:
    msh = fields(reply_to(message("ADT^A31^ADT_A05", sender="PAS^1.2.3^ISO|RMC", rest="||||||8859/1")), "MSH")
    assert msh[2:6] == ["MPI", "GM", "PAS^1.2.3^ISO", "RMC"]
    assert msh[6:12] == ["20260301120005+0000", "", "ACK^A31^ACK", "ACK1", "P", "2.5.1"]
    assert msh[17] == "8859/1"


@pytest.mark.parametrize(
    ("version", "kind"), [("2.3", "ACK"), ("2.3.1", "ACK^A31^ACK"), ("2.4", "ACK^A31^ACK"), ("2.5.1", "ACK^A31^ACK")]
)
def test_v2_15_msh_9_by_version(version: str, kind: str) -> None:
    assert fields(reply_to(message("ADT^A31", version=version)), "MSH")[8] == kind


@pytest.mark.parametrize("control_id", [" c1 ", "AbC", "1^2&3", "x" * 300])
def test_v2_15_msa_2_is_msh_10_verbatim(control_id: str) -> None:
    assert fields(reply_to(message(control_id=control_id)), "MSA")[2] == control_id


def test_v2_15_bytes_of_any_character_set_come_back_as_they_were() -> None:
    wire = message(control_id="Ñ1", sender="PÄS|RMC", encoding="utf-8")
    assert "\rMSA|AA|Ñ1".encode() in reply_to(wire)
    assert "|PÄS|RMC|".encode() in reply_to(wire)


@pytest.mark.parametrize("version", ["2.5", "2.5.1"])
def test_v2_14_from_2_5_err_1_is_empty_and_err_2_3_4_7_are_sent(version: str) -> None:
    reply = reply_to(message(version=version), REFUSED)
    err = fields(reply, "ERR")
    assert err[1:5] == ["", "PID^1^3^1^4", "204^Unknown key identifier^HL70357", "E"]
    assert err[7] == err[8] == r"no such authority \F\ here"
    assert len(fields(reply, "MSA")) == 3


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4"])
def test_v2_14_up_to_2_4_only_err_1_and_msa_3(version: str) -> None:
    reply = reply_to(message(version=version), REFUSED)
    assert fields(reply, "ERR") == ["ERR", "PID^1^3^204&Unknown key identifier&HL70357"]
    assert fields(reply, "MSA")[3] == r"no such authority \F\ here"


def test_v2_12_unavailable_is_ar_207_without_a_place() -> None:
    assert fields(reply_to(message(), ack.TRY_AGAIN), "ERR")[2:4] == ["", "207^Application internal error^HL70357"]
    old = fields(reply_to(message(version="2.4"), ack.TRY_AGAIN), "ERR")
    assert old[1] == "^^^207&Application internal error&HL70357"


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_a_code_of_table_0357(fault: Fault) -> None:
    answer = ack.of_refusal(fault.value, "text", "")
    assert answer.code in {"AE", "AR"}
    assert fields(reply_to(message(), answer), "ERR")[3].startswith(answer.condition)


def test_v2_13_header_faults_are_ar_with_their_own_condition() -> None:
    codes = {
        Fault.UNSUPPORTED_TYPE: "200",
        Fault.UNSUPPORTED_EVENT: "201",
        Fault.WRONG_PROCESSING_ID: "202",
        Fault.UNSUPPORTED_VERSION: "203",
    }
    for fault, condition in codes.items():
        assert ack.of_refusal(fault.value, "", "") == Answer("AR", condition)


def test_an_unknown_fault_is_ae_207() -> None:
    assert ack.of_refusal("new-fault", "t", "x") == Answer("AE", "207", "t", "x")


def test_a_place_in_another_protocols_terms_is_left_out() -> None:
    assert fields(reply_to(message(), Answer("AE", "204", "t", "Patient.identifier[0]")), "ERR")[2] == ""


def in_mode(accept: str, application: str, answer: Answer) -> list[bytes]:
    ids = iter(["ACK1", "ACK2"])
    header = read_header(message(rest=f"|||{accept}|{application}"))
    return list(ack.acknowledge(header, answer, NOW, lambda: next(ids)))


@pytest.mark.parametrize(
    ("accept", "application", "code", "sent"),
    [
        ("", "", "AA", "AA"),
        ("", "", "AR", "AR"),
        ("AL", "", "AA", "CA"),
        ("AL", "NE", "AA", "CA"),
        ("AL", "NE", "AR", "CR"),
        ("AL", "NE", "AE", "CE"),
        ("AL", "AL", "AA", "CA AA"),
        ("AL", "AL", "AE", "CA AE"),  # safe-kept, in quarantine; what is wrong comes with the application's word
        ("AL", "AL", "AR", "CR"),  # not accepted: the application never saw it
        ("AL", "ER", "AA", "CA"),
        ("AL", "ER", "AE", "CA AE"),
        ("AL", "SU", "AA", "CA AA"),
        ("AL", "SU", "AE", "CE"),
        ("ER", "", "AA", ""),
        ("ER", "", "AR", "CR"),
        ("ER", "AL", "AA", "AA"),
        ("ER", "AL", "AE", "AE"),
        ("SU", "", "AA", "CA"),
        ("SU", "", "AE", ""),
        ("SU", "AL", "AR", "AR"),
        ("NE", "NE", "AE", ""),
        ("NE", "", "AA", ""),
        ("NE", "AL", "AE", "AE"),
        ("NE", "ER", "AA", ""),
        ("", "AL", "AA", "CA AA"),
    ],
)
def test_v2_10_original_and_enhanced_mode(accept: str, application: str, code: str, sent: str) -> None:
    assert " ".join(map(ack.code_of, in_mode(accept, application, Answer(code)))) == sent


def test_v2_10_the_application_acknowledgement_is_a_message_of_its_own() -> None:
    accept, application = in_mode("AL", "AL", REFUSED)
    assert [fields(part, "MSH")[9] for part in (accept, application)] == ["ACK1", "ACK2"]
    assert [fields(part, "MSA")[2] for part in (accept, application)] == ["C1", "C1"]
    assert fields(accept, "ERR") == []  # CA: there is nothing wrong with its keeping
    assert fields(application, "ERR")[2] == "PID^1^3^1^4"
    assert fields(application, "MSH")[14:16] == ["NE", "NE"]
    for part in (accept, application):
        parsed = hl7apy.parser.parse_message(
            part.decode("ascii"), validation_level=VALIDATION_LEVEL.STRICT, find_groups=False
        )
        assert parsed.validate()


def test_v2_18_msa_4_is_the_sequence_number_expected() -> None:
    assert fields(reply_to(message(), Answer("AA", expected=8)), "MSA") == ["MSA", "AA", "C1", "", "8"]
    assert fields(reply_to(message(version="2.3"), Answer("AE", "101", "no", expected=8)), "MSA")[3:] == ["no", "8"]


def test_a_sender_without_escape_characters_gets_text_without_delimiters() -> None:
    wire = b"MSH|^~|PAS|RMC|||||ADT^A08|1|P|2.4\r"
    assert fields(reply_to(wire, REFUSED), "MSA")[3] == "no such authority   here"


def test_our_words_are_ascii_whatever_the_sender_declared() -> None:
    assert reply_to(message(), Answer("AE", "204", "authority 'Zoë'", "")).isascii()


def test_a_broken_header_still_gives_its_control_id_back() -> None:
    header = ack.salvage(b"\r\nMSH|^^^^|PAS|RMC|MPI|GM|||ADT^A08|C77|P|2.5.1\rPID|")
    (reply,) = ack.acknowledge(header, Answer("AE", "100", "unreadable"), NOW, lambda: "ACK1")
    assert fields(reply, "MSA")[:3] == ["MSA", "AE", "C77"]
    assert fields(reply, "MSH")[2:6] == ["MPI", "GM", "PAS", "RMC"]


@pytest.mark.parametrize("content", [b"", b"MSH", b"MSHX^~", b"GET / HTTP/1.1", b"MSH|^^^^|PAS"])
def test_a_hopeless_header_is_answered_with_an_empty_msa_2(content: bytes) -> None:
    (reply,) = ack.acknowledge(ack.salvage(content), Answer("AE", "100", "unreadable"), NOW, lambda: "ACK1")
    assert fields(reply, "MSA") == ["MSA", "AE", "", "unreadable"]
