from __future__ import annotations

import pytest

from adapters.hl7v2.message import Message, Segment, parse, read_header
from mpi.errors import Fault, Refused
from tests.unit.hl7v2.wire_builders import message, pid


def parsed(wire: bytes, codec: str = "cp1252") -> Message:
    return parse(wire, read_header(wire), codec)


def pid_of(wire: bytes, codec: str = "cp1252") -> Segment:
    found = parsed(wire, codec).first("PID")
    assert found is not None
    return found


def with_name(name: str, encoding: str = "utf-8", charset: str = "") -> bytes:
    rest = f"||||||{charset}" if charset else ""
    return message("ADT^A08", "EVN||20260301120000", pid(f5=name), encoding=encoding, rest=rest)


def test_v2_20_delimiters_are_read_from_msh() -> None:
    wire = b"MSH#*!%@#PAS#RMC###20260301##ADT*A08#1#P#2.4\rPID###B1***RMC!B2***RMC##O%T%Brien*J%S%R@X"
    message_ = parsed(wire)
    found = message_.first("PID")
    assert found is not None
    assert [cx.text() for cx in found.repetitions(3)] == ["B1", "B2"]
    assert found.text(3, 4) == "RMC"
    assert (found.text(5), found.text(5, 2), found.text(5, 2, 2)) == ("O@Brien", "J*R", "X")
    assert message_.header.trigger == "A08"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"O\T\Brien", "O&Brien"),
        (r"\F\\S\\T\\R\\E\ ".strip(), r"|^&~" + "\\"),
        (r"Ren\XC3A9\e", "Renée"),
        (r"\H\Smith\N\ ".strip(), "Smith"),
        (r"A\.br\B", "A B"),
        (r"FLAT 1\2", r"FLAT 1\2"),
        (r"A\Q\B", r"A\Q\B"),
        (r"A\X4\B", r"A\X4\B"),
        (r"1\2 LAB \T\ CO", r"1\2 LAB & CO"),
        (r"A\X0D\B", "A B"),
    ],
)
def test_v2_20_escapes_are_decoded_after_splitting(sent: str, read: str) -> None:
    assert pid_of(with_name(sent, charset="UNICODE UTF-8")).text(5) == read


def test_v2_21_a_hexadecimal_escape_that_is_no_text_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        pid_of(with_name(r"Ren\XE9\e", charset="UNICODE UTF-8")).text(5)
    assert caught.value.fault is Fault.ENCODING


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("UNICODE", "utf-8")],
)
def test_v2_21_declared_character_sets(charset: str, encoding: str) -> None:
    assert pid_of(with_name("Müller^Zoë", encoding, charset)).text(5, 2) == "Zoë"
    assert parsed(with_name("Müller", encoding, charset)).flags == []


@pytest.mark.parametrize("charset", ["", "ASCII"])
def test_v2_21_undeclared_bytes_are_read_by_the_feed_default_and_flagged(charset: str) -> None:
    wire = with_name("O’Brien", "cp1252", charset)
    assert pid_of(wire).text(5) == "O’Brien"
    assert parsed(wire).flags == ["bytes beyond ASCII without MSH-18, read as cp1252"]


def test_v2_21_undeclared_utf_8_is_still_read_by_the_default_but_said() -> None:
    assert "the undeclared bytes look like UTF-8" in parsed(with_name("Zoë")).flags
    assert parsed(with_name("Zoë"), "utf-8").flags == ["bytes beyond ASCII without MSH-18, read as utf-8"]


def test_v2_21_windows_apostrophes_under_latin_1_are_not_read_as_control_characters() -> None:
    wire = with_name("O’Brien", "cp1252", "8859/1")
    assert pid_of(wire).text(5) == "O’Brien"
    assert parsed(wire).flags == ["MSH-18 says 8859/1 but the bytes are Windows-1252"]


@pytest.mark.parametrize(
    ("wire", "codec"),
    [
        (with_name("Zoë", "latin-1", "UNICODE UTF-8"), "cp1252"),
        (with_name("Zoë", "latin-1"), "utf-8"),
        (with_name("Zo\x81", "latin-1"), "cp1252"),
        (with_name("Zoe", "ascii", "KLINGON"), "cp1252"),
    ],
)
def test_v2_21_unreadable_bytes_are_refused_never_replaced(wire: bytes, codec: str) -> None:
    with pytest.raises(Refused) as caught:
        parsed(wire, codec)
    assert (caught.value.fault, caught.value.location) == (Fault.ENCODING, "MSH^1^18")


def test_v2_22_null_and_empty_are_kept_apart() -> None:
    found = pid_of(message("ADT^A08", pid(f13='""', f14="")))
    assert (found.is_null(13), found.is_null(14), found.is_null(99)) == (True, False, False)
    assert found.text(13) == found.text(14) == ""
    assert found.repetitions(13) == found.repetitions(14) == []


def test_v2_23_null_in_a_component_is_that_component_empty() -> None:
    found = pid_of(message("ADT^A08", pid(f5='SMITH^JOHN^""')))
    assert (found.text(5), found.text(5, 2), found.text(5, 3)) == ("SMITH", "JOHN", "")


def test_v2_24_an_empty_first_repetition_keeps_its_position() -> None:
    found = pid_of(message("ADT^A08", pid(f13="~07700900123")))
    assert [xtn.text() for xtn in found.repetitions(13)] == ["", "07700900123"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_v2_2_lf_and_crlf_are_tolerated_and_said(ending: bytes) -> None:
    wire = message("ADT^A08", "EVN||20260301", pid()).replace(b"\r", ending)
    assert parsed(wire).flags == ["segments end in LF or CRLF instead of CR"]
    assert [segment.name for segment in parsed(wire).segments] == ["MSH", "EVN", "PID"]


def test_a_line_feed_inside_a_field_is_read_as_a_space() -> None:
    assert pid_of(message("ADT^A08", pid(f5="SMITH\nJONES"))).text(5) == "SMITH JONES"


def test_v2_4_control_characters_never_reach_a_value() -> None:
    wire = message("ADT^A08", pid(f5="SMI\x00TH"))
    assert pid_of(wire).text(5) == "SMI TH"
    assert parsed(wire).flags == ["control characters were read as spaces"]


def test_v2_26_z_segments_and_short_segments_are_carried() -> None:
    found = parsed(message("ADT^A08", pid(), "ZU1|x", "PD1"))
    assert [segment.name for segment in found.segments] == ["MSH", "PID", "ZU1", "PD1"]


def test_msh_numbers_its_fields_from_the_separator() -> None:
    header = read_header(message("ADT^A08^ADT_A01", control_id=" c 1 "))
    assert (header.msh.raw(1), header.msh.raw(2)) == ("|", "^~\\&")
    assert (header.application, header.facility, header.event) == ("PAS", "RMC", "ADT^A08")
    assert (header.control_id, header.version) == (" c 1 ", "2.5.1")


def test_a_universal_id_alone_names_the_application() -> None:
    header = read_header(message(sender="^1.2.3^ISO|^1.2.4^ISO"))
    assert (header.application, header.facility) == ("1.2.3", "1.2.4")


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"MSH",
        b"MSH|",
        b"MSH|^",
        b"MSH|^^^^|PAS",
        b"MSH|^~\\&abc|PAS",
        b"MSHA^~\\&A",
        b"PID|1",
        b"\x00\x00",
        b"FHS|^~\\&|",
        "MSH|^~\\&|PAS".encode("utf-16"),
    ],
)
def test_a_broken_msh_is_refused_not_a_crash(wire: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_header(wire)
    assert caught.value.fault is Fault.MALFORMED


def test_a_byte_order_mark_and_leading_line_ends_are_tolerated() -> None:
    wire = b"\xef\xbb\xbf\r\n" + message()
    assert read_header(wire).trigger == "A08"
    assert pid_of(wire).text(3) == "B1"


def test_two_messages_in_one_frame_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        parsed(message() + message())
    assert (caught.value.fault, caught.value.location) == (Fault.MALFORMED, "MSH^2")


def test_a_line_break_inside_pid_is_refused_elsewhere_only_said() -> None:
    with pytest.raises(Refused) as caught:
        parsed(message("ADT^A08", pid(), "rest of the name|x"))
    assert caught.value.location == "PID^1"
    assert parsed(message("ADT^A08", pid(), "NTE|1|free", "text")).flags == [
        "a line after NTE is not a segment and was ignored"
    ]


def test_locations_are_written_as_erl() -> None:
    second = parsed(message("ADT^A24", pid(), pid())).all("PID")[1]
    assert second.location(3, 2, 4) == "PID^2^3^2^4"
    assert second.location(3) == "PID^2^3"
