"""Refused HL7 v2 messages laid open, whatever is wrong with them, and copies of them byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.laid_open import sections
from adapters.hl7v2.quarantined import QuarantinedMessages
from mpi.domain.quarantine import Copy, Kept
from mpi.domain.reading import Entry
from mpi.errors import Fault, Refused
from mpi.usecases.refused.retaking import Retaking
from tests.integration.core.world import ADMINISTRATOR
from tests.unit.hl7v2.wire_builders import NETWORK, message, pid, receiver

MESSAGES = QuarantinedMessages(NETWORK, lambda copy: cast(Retaking, None), receiver)


def kept(location: str = "", feed: str = "bolton-pas", fault: str = Fault.BAD_VALUE) -> Kept:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Kept(1, feed, "PAS", "RMC", "C1", "ADT^A08", (), at, fault, "a reason", location)


def entry(text: str, place: str, location: str = "") -> Entry:
    found = [e for section in sections(text, location) for e in section.entries if e.place == place]
    assert len(found) == 1
    return found[0]


def test_fields_have_names_and_components_are_split() -> None:
    text = message("ADT^A08", pid(f3="B1^^^RMC^PI~9434765919^^^NHS^NH")).decode()
    first = entry(text, "PID-3 (1)")
    assert first.name == "Patient identifier list"
    assert first.parts == (("ID number", "B1"), ("Assigning authority", "RMC"), ("Identifier type code", "PI"))
    assert entry(text, "MSH-2").parts == (("", "^~\\&"),)
    assert entry(text, "MSH-9").parts == (("Message code", "ADT"), ("Trigger event", "A08"))


def test_what_the_refusal_speaks_of_is_marked_though_it_is_empty() -> None:
    text = message("ADT^A08", pid(f7="")).decode()
    assert entry(text, "PID-7", "PID^1^7").marked
    assert not entry(text, "PID-3", "PID^1^7").marked
    assert not [e for s in sections(text, "PID^2^3") for e in s.entries if e.marked]


def test_a_line_that_is_no_segment_is_shown() -> None:
    found = sections("MSH|^~\\&|PAS\rPID|||B1\rof the street\rZXX|1\r", "")
    assert [(s.name, s.title) for s in found][1:] == [
        ("PID", "Patient"),
        ("", "Not a segment"),
        ("ZXX", "Local segment"),
    ]
    assert found[2].entries[0].parts == (("", "of the street"),)


def test_what_cannot_be_seen_is_written_out() -> None:
    assert entry("PID|||a\x00b\u202ec\r", "PID-3").parts == (("", "a\u2400b[U+202E]c"),)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_can_be_laid_open(raw: bytes, location: str) -> None:
    for content in (raw, b"MSH|^~\\&|" + raw, b"MSH" + raw):
        assert MESSAGES.read(kept(location), content).protocol == "HL7 v2"


@given(
    st.text(st.characters(codec="cp1252", exclude_characters="\r\n"), max_size=40).filter(lambda t: "|" not in t),
    st.sampled_from([("", "cp1252"), ("UNICODE UTF-8", "utf-8"), ("8859/1", "cp1252")]),
)
def test_an_unchanged_copy_has_the_bytes_of_the_original(name: str, charset: tuple[str, str]) -> None:
    declared, codec = charset
    raw = message("ADT^A08", pid(f5=name), rest=f"||||||{declared}", encoding=codec)
    text = MESSAGES.read(kept(), raw).text
    assert text is not None
    assert MESSAGES.edited(kept(), raw, text.replace("\n", "\r\n")) == raw


def test_v2_21_a_set_that_was_wrongly_named_is_mended_by_sending_the_copy() -> None:
    """MSH-18 says UTF-8 and the bytes are Windows-1252: what is shown is right, and written as MSH-18 says."""
    raw = message("ADT^A08", pid(f5="Siân"), rest="||||||UNICODE UTF-8", encoding="cp1252")
    text = MESSAGES.read(kept(fault=Fault.ENCODING), raw).text
    assert text is not None
    assert "Siân" in text
    assert MESSAGES.edited(kept(), raw, text) == raw.decode("cp1252").encode()


def test_a_newly_named_set_is_written_in() -> None:
    raw = message("ADT^A08", pid(f5="Sian"), rest="||||||")
    text = raw.decode().replace("|P|2.5.1||||||", "|P|2.5.1||||||UNICODE UTF-8").replace("Sian", "Łukasz")
    assert "Łukasz".encode() in MESSAGES.edited(kept(), raw, text)
    with pytest.raises(Refused) as refused:
        MESSAGES.edited(kept(), raw, raw.decode().replace("Sian", "Łukasz"))
    assert (refused.value.fault, refused.value.location) == (Fault.ENCODING, "MSH^1^18")
    assert "Ł" not in refused.value.text


def test_a_batch_is_not_sent_again_from_here() -> None:
    raw = b"BHS|^~\\&|PAS|RMC\r" + message() + b"BTS|2\r"
    read = MESSAGES.read(kept(), raw)
    assert (read.text, read.obstacle) == (None, "a batch or file is sent again whole, with mpi load")
    with pytest.raises(Refused):
        MESSAGES.take(kept(), raw, Copy(1, ADMINISTRATOR))
