"""What hl7apy says of a message, told by place and without values."""

from __future__ import annotations

import pytest
from hl7apy import load_reference
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2 import commands, message, validation
from adapters.hl7v2.judgement import LONG, MISSING, TOO_MANY, TYPE, UNDEFINED
from adapters.hl7v2.structures import structure_of
from tests.unit.hl7v2 import wire_builders
from tests.unit.hl7v2.wire_builders import STOCKPORT, fields, pid, receiver

EVN, PV1 = "EVN|A08|20260301120000", "PV1|1|I"
VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")


def judged(*segments: str, event: str = "ADT^A08", version: str = "2.5.1") -> list[tuple[str, str, str, bool]]:
    wire = wire_builders.message(event, *segments, version=version)
    found = validation.judge(message.parse(wire, message.read_header(wire), "cp1252"))
    return [(j.finding.place, j.finding.fault, j.location, j.refuses) for j in found]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_valid_message_has_no_fault(version: str) -> None:
    assert judged(EVN, pid(f7="19540307", f8="M"), PV1, version=version) == []


@pytest.mark.parametrize(
    ("changed", "place", "fault", "location"),
    [
        ({"f7": "7 MARCH"}, "PID-7.1", TYPE, "PID^1^7^1^1"),
        ({"f1": "x"}, "PID-1", TYPE, "PID^1^1^1"),
        ({"f8": "M&F^X"}, "PID-8", TYPE, "PID^1^8^1"),
        ({"f5": ""}, "PID-5", MISSING, "PID^1^5"),
        ({"f45": "x"}, "PID-45", UNDEFINED, "PID^1^45"),
        ({"f3": "B1^^^RMC^PI~B2^^^A&1&ISO&x^PI"}, "PID-3.4", TYPE, "PID^1^3^2^4"),
        ({"f5": "A^B^C^D^E^^L^^^^^^^^O"}, "PID-5.15", UNDEFINED, "PID^1^5^1^15"),
        ({"f23": "x" * 400}, "PID-23", LONG, "PID^1^23^1"),
        ({"f5": "S" * 400}, "PID-5.1", LONG, "PID^1^5^1^1"),
        ({"f7": "1954~1955"}, "PID-7", TOO_MANY, "PID^1^7"),
    ],
)
def test_an_error_is_placed(changed: dict[str, str], place: str, fault: str, location: str) -> None:
    assert (place, fault, location, True) in judged(EVN, pid(**changed), PV1)


def test_a_warning_is_placed_and_does_not_refuse() -> None:
    found = judged(EVN, pid(f8="QQ", f11="A^B^C^D^E^GBR^QQ"), PV1)
    assert ("PID-8", "not in table HL70001", "PID^1^8^1", False) in found
    assert ("PID-11.7", "not in table HL70190", "PID^1^11^1^7", False) in found
    assert not any(refuses for *_, refuses in found)


def test_the_structure_goes_by_the_event_and_not_by_msh_9_3() -> None:
    """V2-26."""
    assert judged(EVN, pid(), PV1, event="ADT^A28^ADT_A28", version="2.4") == []
    assert ("MRG", MISSING, "MRG^1", True) in judged(EVN, pid(), event="ADT^A40^ADT_A01")


@pytest.mark.parametrize("marks", ["^~", "^~\\", "#*", "^~\\&", "#*!%"])
def test_any_delimiters_will_do(marks: str) -> None:
    """V2-20: also too few of them, and then the ampersand is a letter."""
    parts = wire_builders.message("ADT^A08", EVN, pid(f5="S&M^JOHN", f7='""', f8="QQ"), PV1).decode().split("|", 2)
    wire = "|".join((parts[0], marks, parts[2].replace("^", marks[0]))).encode()
    judged_ = validation.judge(message.parse(wire, message.read_header(wire), "cp1252"))
    assert [(j.finding.place, j.refuses) for j in judged_] == [("PID-8", False)]


def test_z_segments_and_the_null_are_not_judged() -> None:
    """V2-22, V2-26."""
    assert judged(EVN, pid(f5='""', f7='""', f11='""^^LEEDS~""'), PV1, "ZU1|what|ever", "ZZZ") == []


def test_every_fault_of_a_merge_says_which_group() -> None:
    found = judged(EVN, pid(), "MRG|B2^^^RMC", "PID|1", "MRG|", event="ADT^A40")
    assert [(place, location) for place, _, location, _ in found] == [
        ("PID-3", "PID^2^3"),
        ("PID-5", "PID^2^5"),
        ("MRG-1", "MRG^2^1"),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_hl7apy_knows_the_structure_of_every_event_taken_and_names_what_lacks(version: str) -> None:
    """Of the events it cannot judge whole (A37 and, in 2.4, A12) the segments are judged one by one."""
    for trigger in commands.READERS:
        structure = structure_of(trigger, version)
        if not structure or (structure, version) in {("ADT_A37", "2.3"), ("ADT_A37", "2.3.1"), ("ADT_A12", "2.4")}:
            continue
        load_reference(structure, "Message", version)
        places = [place for place, *_ in judged("EVN||20260301120000", event=f"ADT^{trigger}", version=version)]
        assert trigger in {"A20", "A24", "A37"} or {"PID", ""} & set(places), (trigger, version, places)


def test_the_refusal_has_the_shape_of_the_senders_version() -> None:
    """V2-14."""
    for version, shape in (("2.4", 2), ("2.5.1", 9)):
        wire = wire_builders.message("ADT^A08", EVN, pid(f25="two"), PV1, version=version, sender="STRICTPAS|RWJ")
        reply = receiver().handle(wire)
        assert fields(reply, "MSA")[1] == "AE"
        assert len(fields(reply, "ERR")) == shape


TEXTS = st.text(st.sampled_from('|^~\\&"SMITH9 \t\r\nM.é'), max_size=60)


@given(
    body=st.lists(st.sampled_from(["PID", "PV1", "MRG", "PD1", "XYZ", "EVN", "NK1", "ZU1"]), max_size=5), text=TEXTS
)
def test_no_text_breaks_the_judge_or_reaches_its_words(body: list[str], text: str) -> None:
    wire = wire_builders.message(
        "ADT^A08",
        *(f"{name}|{text}" for name in body),
        sender=f"{STOCKPORT.application}|{STOCKPORT.facility}",
        encoding="cp1252",
    )
    reply = receiver().handle(wire)
    assert reply is not None
    assert "SMITH" not in reply.decode("latin-1")
