"""Laws of batches and files (V2-19)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.hl7v2 import ack, batch
from mpi.errors import Fault, Refused
from tests.unit.hl7v2.wire_builders import NOW, RecordingIntake, message, receiver

SEGMENT = st.sampled_from([b"EVN||20260301", b"PID|||B1^^^RMC", b"ZZZ|BTS|3", b"NTE|1||FTS\x0b"])
MESSAGE = st.lists(SEGMENT, max_size=3).map(lambda segments: b"\r".join((b"MSH|^~\\&|PAS|RMC", *segments, b"")))
BATCHES = st.lists(st.lists(MESSAGE, max_size=4), max_size=4)
ENDING = st.sampled_from([b"\r", b"\n", b"\r\n"])
CUTS = st.lists(st.integers(0, 400), max_size=8)


def written(batches: list[list[bytes]], *, file: bool = True, counted: bool = True, wrong: int = 0) -> bytes:
    """A file of batches; `wrong` is added to the last batch's count."""
    lines = [b"FHS|^~\\&|PAS|RMC|MPI|GM|||||F1"] if file else []
    for number, contents in enumerate(batches):
        lines.append(b"BHS|^~\\&|PAS|RMC|MPI|GM|||||B%d" % number)
        lines += [line for content in contents for line in content.rstrip(b"\r").split(b"\r")]
        told = len(contents) + (wrong if number == len(batches) - 1 else 0)
        lines.append(b"BTS|%d" % told if counted else b"BTS")
    lines += [b"FTS|%d" % len(batches) if counted else b"FTS"] if file else []
    return b"\r".join((*lines, b""))


def pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


def lines(content: bytes, cuts: list[int] | None = None) -> list[bytes]:
    return list(batch.lines_of(pieces(content, cuts or []), 10_000))


@given(BATCHES, ENDING, CUTS, st.booleans(), st.booleans())
def test_v2_19_any_batches_in_any_pieces_give_their_messages_as_a_link_would(
    batches: list[list[bytes]], ending: bytes, cuts: list[int], file: bool, counted: bool
) -> None:
    content = written(batches, file=file, counted=counted).replace(b"\r", ending)
    expected = [m.replace(b"\x0b", b"") for contents in batches for m in contents]  # a mark at a line's end
    found = lines(content, cuts)
    if batches or file:
        head = batch.check(found)
        assert (head.count, head.is_file) == (len(expected), file)
        assert head.batch == ("B0" if batches else "")
    assert list(batch.messages(found)) == expected


@given(BATCHES.filter(bool), st.integers(1, 5), st.booleans())
def test_v2_19_a_wrong_count_is_found_before_anything_is_applied(
    batches: list[list[bytes]], wrong: int, file: bool
) -> None:
    with pytest.raises(Refused) as caught:
        batch.check(lines(written(batches, file=file, wrong=wrong)))
    assert (caught.value.fault, caught.value.location) == (Fault.COUNT_MISMATCH, f"BTS^{len(batches)}^1")
    intake = RecordingIntake()
    reply = receiver(intake).handle(written(batches, file=file, wrong=wrong))
    assert ack.code_of(reply or b"") == "AE"
    assert not intake.registered
    assert [reason.fault for _, reason, _ in intake.refused] == [Fault.COUNT_MISMATCH]


@given(BATCHES.filter(bool), st.data())
def test_v2_19_a_file_that_is_cut_off_is_never_taken_for_a_whole_one(
    batches: list[list[bytes]], data: st.DataObject
) -> None:
    whole = lines(written(batches))
    kept = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(Refused):
        batch.check(whole[:kept])


@given(BATCHES.filter(bool), st.integers(0, 9))
def test_v2_19_the_number_of_batches_is_checked_as_well(batches: list[list[bytes]], told: int) -> None:
    content = written(batches).replace(b"FTS|%d" % len(batches), b"FTS|%d" % told)
    if told == len(batches):
        batch.check(lines(content))
        return
    with pytest.raises(Refused) as caught:
        batch.check(lines(content))
    assert (caught.value.fault, caught.value.location) == (Fault.COUNT_MISMATCH, "FTS^1^1")


NAMES = st.sampled_from(
    [b"FHS|^~\\&", b"BHS|^~\\&", b"BHS", b"MSH|^~\\&", b"PID|1", b"BTS|1", b"BTS", b"FTS|1", b"FTS|x"]
)


@given(st.lists(st.one_of(NAMES, st.binary(max_size=8)), max_size=12).map(b"\r".join), CUTS)
@example(b"FHS", [])
@example(b"FHS|^~\\&|\xff", [])
@example(b"BHS\x00\rMSH|\rBTS", [])
def test_any_bytes_are_read_or_refused_and_on_a_link_answered(content: bytes, cuts: list[int]) -> None:
    intake = RecordingIntake()
    try:
        head = batch.check(lines(content, cuts))
    except Refused:
        head = None
    assert receiver(intake).handle(content) is not None
    seen = len(intake.registered) + len(intake.refused)
    assert seen == (head.count if head and batch.is_batch(content) else 1)


@given(
    st.lists(st.sampled_from([b"MSH|^~\\&\rMSA|AA|1\r", b"MSH|^~\\&\rMSA|AE|2\r"])),
    BATCHES.filter(bool),
    st.booleans(),
)
def test_v2_19_the_answers_are_a_batch_themselves(
    answers: list[bytes], batches: list[list[bytes]], file: bool
) -> None:
    head = batch.check(lines(written(batches, file=file)))
    told = b"".join(batch.answered(head, answers, NOW, "ACK1"))
    back = batch.check(lines(told))
    assert (back.count, back.is_file) == (len(answers), file)
    assert list(batch.messages(lines(told))) == answers
    assert back.field(3) == "MPI"  # the parties are swapped
    assert back.field(5) == "PAS"
    assert back.field(12) == ("F1" if file else "B0")  # whose answer it is


def test_messages_without_any_batch_are_taken_one_after_another() -> None:
    content = message(control_id="A") + b"\x1c\r\x0b" + message(control_id="B")
    head = batch.check(lines(content))
    assert (head.count, head.fields) == (2, ())
    assert list(batch.messages(lines(content))) == [message(control_id="A"), message(control_id="B")]


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(Refused) as caught:
        batch.check(batch.lines_of([b"MSH|", *[b"x" * 100] * 200], 5_000))
    assert caught.value.fault is Fault.OVERSIZED
