from __future__ import annotations

from dataclasses import replace

from adapters.hl7v2 import ack, batch
from adapters.hl7v2.exchange import ANYBODY
from mpi.domain.commands import Envelope, Receipt
from mpi.errors import Fault, Unavailable
from tests.unit.hl7v2.wire_builders import BOLTON, NETWORK, RecordingIntake, fields, message, pid, receiver

BHS = b"BHS|^~\\&|PAS|RMC|MPI|GM|20260301||night||B7\r"


def of(*wires: bytes, head: bytes = BHS) -> bytes:
    return head + b"".join(wires) + b"BTS|%d\r" % len(wires)


def answers_in(reply: bytes | None) -> list[tuple[str, str]]:
    found = batch.messages(batch.lines_of([reply or b""], 10_000))
    return [(fields(part, "MSA")[1], fields(part, "MSA")[2]) for part in found]


class Stumbling(RecordingIntake):
    """Fails in a way nobody planned on one control id, and cannot store another."""

    def register(self, envelope: Envelope, commands: object, caller: object) -> Receipt:
        if envelope.control_id == "CRASH":
            raise ZeroDivisionError
        if envelope.control_id == "AWAY":
            raise Unavailable("down")
        return super().register(envelope, commands, caller)  # type: ignore[arg-type]


def test_v2_19_one_bad_message_does_not_stop_the_others() -> None:
    intake = Stumbling()
    wires = [
        message(control_id="A"),
        message("ADT^A08", "EVN||20260301", pid(f3=""), control_id="B"),
        message(control_id="CRASH"),
        message(control_id="D", sender="WHO|XXX"),
        b"MSH|broken\r",
        message(control_id="E"),
    ]
    reply = receiver(intake).handle(of(*wires))
    assert answers_in(reply) == [("AA", "A"), ("AE", "B"), ("AR", "CRASH"), ("AR", "D"), ("AE", ""), ("AA", "E")]
    assert [envelope.control_id for envelope, _, _ in intake.registered] == ["A", "E"]
    assert len(intake.refused) == 4
    assert intake.registered[0][0].raw == wires[0]  # its bytes, and so its key, as on a link


def test_v2_19_the_reply_says_which_batch_it_answers() -> None:
    reply = receiver().handle(of(message()))
    assert fields(reply, "BHS")[2:6] == ["MPI", "GM", "PAS", "RMC"]
    assert fields(reply, "BHS")[10:12] == ["ACK1", "B7"]
    assert fields(reply, "BTS") == ["BTS", "1"]


def test_v2_10_enhanced_mode_holds_within_a_batch() -> None:
    wires = [
        message(control_id="A", rest="|||NE|NE"),
        message(control_id="B", rest="|||AL|AL"),
        message(control_id="C"),
    ]
    assert answers_in(receiver().handle(of(*wires))) == [("CA", "B"), ("AA", "B"), ("AA", "C")]


def test_v2_19_a_mismatch_is_quarantined_whole_under_the_control_id_of_the_batch() -> None:
    intake = RecordingIntake()
    wire = of(message()).replace(b"BTS|1", b"BTS|2")
    reply = receiver(intake).handle(wire)
    (envelope, reason, caller) = intake.refused[0]
    assert fields(reply, "MSA")[1:3] == ["AE", "B7"]
    assert (reason.fault, reason.location) == (Fault.COUNT_MISMATCH, "BTS^1^1")
    assert (envelope.raw, envelope.control_id, envelope.feed, caller.feed) == (wire, "B7", "bolton-pas", "bolton-pas")
    assert not intake.registered


def test_v2_3_a_batch_is_committed_when_all_of_it_is_stored() -> None:
    second = replace(NETWORK, feeds=(replace(BOLTON, mllp_release=2),))
    whole = receiver(Stumbling(), second).respond(of(message(), message(control_id="C2")), ANYBODY)
    partly = receiver(Stumbling(), second).respond(of(message(), message(control_id="AWAY")), ANYBODY)
    assert [(whole.release, whole.stored), (partly.release, partly.stored)] == [(2, True), (2, False)]


def test_an_oversized_batch_is_refused_by_its_head() -> None:
    intake = RecordingIntake()
    reply = receiver(intake).oversized(of(message())[:60], ANYBODY).blocks[0]
    assert (ack.code_of(reply), fields(reply, "MSA")[2]) == ("AE", "B7")
    assert intake.refused[0][1].fault is Fault.OVERSIZED
