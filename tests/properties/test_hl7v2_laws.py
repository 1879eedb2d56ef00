"""Laws of the MLLP framer and of reading HL7 v2."""

from __future__ import annotations

from itertools import pairwise

import hl7
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.hl7v2.message import parse, read_header
from adapters.hl7v2.mllp import KEPT, Commit, Discarded, Event, Frame, Framer, Outbound, Oversized, wrap
from mpi.errors import Refused
from tests.unit.hl7v2.wire_builders import RecordingIntake, fields, message, pid, receiver

LIMIT = 24
# Bytes that matter to the framer are made common, so that every state is walked.
PIECES = st.lists(
    st.one_of(
        st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\x1c\r", b"\x0bMSH", b"\x0bMS", b"M", b"x" * 9, b"x" * LIMIT]),
        st.binary(max_size=6),
        st.binary(max_size=LIMIT + 4).map(wrap),
        st.sampled_from([b"\x0b\x06\x1c\r", b"\x0b\x15\x1c\r"]),
    ),
    max_size=12,
)
STREAMS = PIECES.map(b"".join)
CUTS = st.lists(st.integers(0, 200), max_size=12)


def events_of(stream: bytes, cuts: list[int], limit: int = LIMIT) -> list[Event]:
    framer = Framer(limit)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    found: list[Event] = []
    for start, end in pairwise(edges):
        found += framer.feed(stream[start:end])
        assert len(framer._buffer) <= limit + 2  # bounded in memory
    return found + framer.close()


@given(STREAMS, CUTS, st.integers(1, LIMIT))
@example(b"\x0bMSH\x1c\r", [5], LIMIT)
def test_v2_1_any_split_gives_the_same_events(stream: bytes, cuts: list[int], limit: int) -> None:
    whole = events_of(stream, [], limit)
    assert events_of(stream, cuts, limit) == whole
    assert events_of(stream, list(range(len(stream))), limit) == whole


@given(STREAMS, st.integers(1, LIMIT))
def test_v2_1_no_byte_is_unaccounted_for(stream: bytes, limit: int) -> None:
    total = 0
    for event in events_of(stream, [], limit):
        match event:
            case Frame(content):
                total += len(content) + 3
                assert len(content) <= limit
            case Discarded(count, _):
                total += count
            case Oversized(head):
                total += len(head) + 1
                assert len(head) <= KEPT
            case Commit():
                total += 4
    assert total == len(stream)


@given(st.lists(st.binary(max_size=LIMIT).filter(lambda c: b"\x1c\r" not in c and b"\x0bMSH" not in c)), CUTS)
def test_v2_1_exactly_the_right_messages_come_out(contents: list[bytes], cuts: list[int]) -> None:
    # A content ending in 0x1C would make its end marker ambiguous; V2-4 forbids the byte.
    contents = [content.replace(b"\x1c", b"") for content in contents]
    commits = {b"\x06": Commit(True), b"\x15": Commit(False)}  # V2-3
    expected = [commits.get(content, Frame(content)) for content in contents]
    assert events_of(b"".join(map(wrap, contents)), cuts) == expected


@given(STREAMS, st.integers(1, LIMIT))
def test_a_stream_is_unfinished_exactly_while_a_frame_has_no_end(stream: bytes, limit: int) -> None:
    """What the deadline of a frame hangs on: between frames nothing is lost at the end but bytes outside one."""
    framer = Framer(limit)
    for byte in stream:
        framer.feed(bytes([byte]))
    unfinished = framer.unfinished
    told = [event.why for event in framer.close() if isinstance(event, Discarded)]
    assert not framer.unfinished
    assert unfinished or set(told) <= {"bytes outside a frame"}
    assert not unfinished or "bytes outside a frame" not in told


BLOCKS = st.lists(st.tuples(st.binary(min_size=2, max_size=5), st.sampled_from([1, 2])), max_size=8)


@given(BLOCKS, st.lists(st.booleans(), max_size=20))
def test_v2_3_blocks_go_in_order_and_one_at_a_time_to_a_peer_that_commits(
    blocks: list[tuple[bytes, int]], answers: list[bool]
) -> None:
    """MLLP release 2: nothing follows an uncommitted block, and one that could not be stored goes again."""
    outbound = Outbound(attempts=len(answers) + 1)
    written = [outbound.send(content.hex().encode(), release) for content, release in blocks]
    for stored in answers:
        owed = outbound.waiting
        out = outbound.committed(stored)
        assert owed or not out
        written.append(out)
        if owed and not stored:
            assert out == wrap(frames_in(written[:-1])[-1])  # the same again
    sent = frames_in(written)
    distinct = [content for n, content in enumerate(sent) if n == 0 or content != sent[n - 1]]
    wanted = [content.hex().encode() for content, _ in blocks]
    squeezed = [content for n, content in enumerate(wanted) if n == 0 or content != wanted[n - 1]]
    assert squeezed[: len(distinct)] == distinct
    positives = sum(answers)
    upto, needed = 0, 0
    for _, release in blocks:
        if needed > positives:
            break
        upto += 1
        needed += release == 2
    assert len(sent) >= upto
    assert outbound.waiting or len(distinct) == len(squeezed)


def frames_in(written: list[bytes]) -> list[bytes]:
    return [event.content for event in Framer(LIMIT).feed(b"".join(written)) if isinstance(event, Frame)]


def test_v2_3_a_peer_that_never_commits_or_never_can_is_given_up() -> None:
    outbound = Outbound(attempts=2, room=3)
    for _ in range(3):
        outbound.send(b"MSH", 2)
    with pytest.raises(ConnectionAbortedError):
        outbound.send(b"MSH", 2)
    outbound = Outbound(attempts=2)
    assert outbound.send(b"MSH", 2) == outbound.committed(False) == wrap(b"MSH")
    with pytest.raises(ConnectionAbortedError):
        outbound.committed(False)


@given(st.binary(max_size=80), st.binary(min_size=LIMIT + 3, max_size=90))
def test_an_endless_frame_never_hides_the_next_message(noise: bytes, endless: bytes) -> None:
    stream = noise + b"\x0b" + endless + wrap(b"MSH|next")
    assert events_of(stream, [])[-1] == Frame(b"MSH|next")


@given(st.binary(max_size=300))
@example(b"MSH|^~\\&")
@example(b"MSH|^~\\&|PAS|RMC|||||ADT^A08|1|P|2.4\rPID")
@example(b"MSH|^~\\&|PAS|RMC|||||ADT^|1|P|2.4")
def test_any_bytes_are_answered_never_a_crash(content: bytes) -> None:
    intake = RecordingIntake()
    reply = receiver(intake).handle(content)
    assert reply is not None
    assert len(intake.refused) + len(intake.registered) == 1


FIELD = st.text(st.sampled_from('AB1 ^~&\\"|TX.\r'), max_size=12)


@given(st.lists(FIELD, max_size=35), st.sampled_from(["A01", "A03", "A08", "A13", "A40", "A47", "A24", "A29", "A23"]))
def test_any_fields_are_answered_never_a_crash(values: list[str], trigger: str) -> None:
    wire = message(f"ADT^{trigger}", "EVN||20260301", "|".join(("PID", *values)), "MRG|" + "|".join(values))
    intake = RecordingIntake()
    assert fields(receiver(intake).handle(wire), "MSA")[1] in {"AA", "AE", "AR"}
    assert len(intake.refused) + len(intake.registered) == 1


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='|^~\\&"'), min_size=1)


@given(TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=3))
def test_v2_20_reading_agrees_with_python_hl7(family: str, given_name: str, numbers: list[str]) -> None:
    """python-hl7 as the independent oracle on well-formed messages."""
    wire = message(
        "ADT^A08",
        pid(f5=f"{family}^{given_name}", f13="~".join(numbers)),
        rest="||||||UNICODE UTF-8",
        encoding="utf-8",
    )
    ours = parse(wire, read_header(wire), "cp1252").first("PID")
    theirs = hl7.parse(wire, encoding="utf-8").segment("PID")
    assert ours is not None
    assert ours.text(5) == str(theirs[5][0][0])
    assert ours.text(5, 2) == str(theirs[5][0][1])
    assert [xtn.text() for xtn in ours.repetitions(13)] == [str(repetition) for repetition in theirs[13]]


@given(TEXT)
def test_v2_20_escaping_is_undone(text: str) -> None:
    for mark, code in (("|", "F"), ("^", "S"), ("&", "T"), ("~", "R"), ("\\", "E")):
        wire = message("ADT^A08", pid(f5=f"{text}\\{code}\\x"), rest="||||||UNICODE UTF-8", encoding="utf-8")
        found = parse(wire, read_header(wire), "cp1252").first("PID")
        assert found is not None
        assert found.text(5) == f"{text}{mark}x"


@given(st.binary(max_size=60))
def test_v2_21_no_replacement_character_is_ever_made(name: bytes) -> None:
    wire = message("ADT^A08", pid(f5="@@")).replace(b"@@", name.replace(b"\r", b"").replace(b"|", b""))
    try:
        found = parse(wire, read_header(wire), "cp1252").first("PID")
    except Refused:
        return
    assert found is not None
    assert "\ufffd" not in found.raw(5)
