from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.hl7v2 import receive
from adapters.hl7v2.exchange import ANYBODY, Certificate, Peer, Reply
from mpi.domain.access import Role
from mpi.domain.network import Protocol
from mpi.errors import Fault, Forbidden, Refused, Unavailable
from tests.unit.hl7v2.wire_builders import (
    BOLTON,
    NETWORK,
    NOW,
    RecordingIntake,
    caller_of,
    condition,
    fields,
    message,
    pid,
    receiver,
)


def test_v2_11_accept_only_what_intake_accepted() -> None:
    intake = RecordingIntake()
    wire = message()
    reply = receive.handle(wire, intake, NETWORK, caller_of, lambda: NOW, lambda: "ACK1")
    assert fields(reply, "MSA") == ["MSA", "AA", "C1"]
    envelope, commands, caller = intake.registered[0]
    assert (envelope.feed, envelope.application, envelope.facility) == ("bolton-pas", "PAS", "RMC")
    assert (envelope.control_id, envelope.event, envelope.raw) == ("C1", "ADT^A08", wire)
    assert len(commands) == 1
    assert caller == caller_of(BOLTON)


def test_v2_12_the_index_being_down_is_ar_207_for_good_and_bad_messages_alike() -> None:
    intake = RecordingIntake()
    intake.trouble = Unavailable("the database does not answer")
    for wire in (message(), message("ADT^A99"), b"rubbish"):
        reply = receiver(intake).handle(wire)
        assert fields(reply, "MSA")[1] == "AR"
        assert condition(reply) == "207"
    assert not intake.refused
    assert not intake.registered


def test_v2_12_a_domain_refusal_is_ae_with_its_place() -> None:
    intake = RecordingIntake()
    intake.refusal = Refused(Fault.SELF_MERGE, "a record cannot be merged into itself", "MRG^1^1")
    reply = receiver(intake).handle(message("ADT^A40", pid(), "MRG|B1"))
    assert fields(reply, "MSA")[1] == "AE"
    assert fields(reply, "ERR")[2:4] == ["MRG^1^1", "205^Duplicate key identifier^HL70357"]


def test_a_caller_without_the_right_is_ar() -> None:
    intake = RecordingIntake()
    intake.trouble = Forbidden("role viewer does not carry the right to feed")
    assert fields(receiver(intake).handle(message()), "MSA")[1] == "AR"


def test_what_cannot_be_read_is_quarantined_with_its_bytes() -> None:
    intake = RecordingIntake()
    wire = message("ADT^A08", "EVN||20260301", "PID|1||")
    reply = receiver(intake).handle(wire)
    envelope, reason, caller = intake.refused[0]
    assert fields(reply, "MSA")[1] == "AE"
    assert (reason.fault, reason.location) == (Fault.MISSING_FIELD, "PID^1^3")
    assert (envelope.raw, envelope.feed, caller.feed) == (wire, "bolton-pas", "bolton-pas")


def test_a_stranger_is_quarantined_without_a_feed_and_rejected() -> None:
    intake = RecordingIntake()
    reply = receiver(intake).handle(message(sender="WHO|XXX"))
    envelope, reason, caller = intake.refused[0]
    assert (envelope.feed, envelope.application, envelope.facility) == ("", "WHO", "XXX")
    assert (reason.fault, caller.feed, caller.role) == (Fault.UNKNOWN_FEED, "", Role.FEED)
    assert fields(reply, "MSA")[1] == "AR"
    assert fields(reply, "ERR")[2] == "MSH^1^3"


def test_sec_4_a_feed_of_another_protocol_is_no_mllp_feed() -> None:
    assert all(feed.protocol is Protocol.MLLP for feed in NETWORK.feeds)
    intake = RecordingIntake()
    receiver(intake).handle(message(sender="PAS|rmc"))
    assert intake.refused[0][1].fault is Fault.UNKNOWN_FEED


def test_an_unreadable_header_is_quarantined_and_answered() -> None:
    intake = RecordingIntake()
    reply = receiver(intake).handle(b"\x00\x01")
    assert fields(reply, "MSA")[:3] == ["MSA", "AE", ""]
    envelope, reason, _ = intake.refused[0]
    assert (envelope.raw, envelope.control_id, reason.fault) == (b"\x00\x01", "", Fault.MALFORMED)


@pytest.mark.parametrize("kind", ["ACK", "MCF"])
def test_an_acknowledgement_is_not_acknowledged(kind: str) -> None:
    intake = RecordingIntake()
    assert receiver(intake).respond(message(f"{kind}^A08"), ANYBODY) == Reply()
    assert not intake.refused


def test_v2_3_the_release_is_the_feeds_and_1_for_a_stranger() -> None:
    second = replace(NETWORK, feeds=(replace(BOLTON, mllp_release=2), *NETWORK.feeds[1:]))
    answers = [
        receiver(network=second).respond(message(sender=s), ANYBODY) for s in ("PAS|RMC", "LORENZO|RBV", "X|Y")
    ]
    assert [answer.release for answer in answers] == [2, 1, 1]
    assert all(answer.stored for answer in answers)  # in quarantine is in safe storage
    assert receiver(network=second).respond(b"rubbish", ANYBODY).release == 1


def test_v2_3_nothing_that_could_not_be_stored_is_called_stored() -> None:
    intake = RecordingIntake()
    intake.trouble = Unavailable("the database does not answer")
    for wire in (message(), message("ADT^A99"), b"rubbish"):
        assert not receiver(intake).respond(wire, ANYBODY).stored
    assert not receiver(intake).crashed(message(), KeyError(), ANYBODY).stored


CERTIFICATE = Certificate(frozenset({"pas.bolton.example"}), "ab" * 32, NOW)
BOUND = replace(NETWORK, feeds=(replace(BOLTON, certificates=frozenset({"pas.bolton.example"})), *NETWORK.feeds[1:]))


@pytest.mark.parametrize(
    ("peer", "sender", "code"),
    [
        (Peer(CERTIFICATE), "PAS|RMC", "AA"),
        (Peer(replace(CERTIFICATE, names=frozenset())), "PAS|RMC", "AR"),
        (Peer(CERTIFICATE), "LORENZO|RBV", "AR"),  # of trust X, with MSH-4 of Y
        (ANYBODY, "PAS|RMC", "AR"),  # a feed with a certificate does not come without
        (ANYBODY, "LORENZO|RBV", "AA"),
        (Peer(feed="christie-pas"), "LORENZO|RBV", "AA"),
        (Peer(feed="christie-pas"), "PAS|RMC", "AR"),
    ],
)
def test_sec_4_a_certificate_speaks_for_its_own_feeds_only(peer: Peer, sender: str, code: str) -> None:
    intake = RecordingIntake()
    patient = pid(f3=f"P1^^^{sender[-3:]}^PI")
    reply = receiver(intake, BOUND).handle(message("ADT^A08", "EVN||20260301", patient, sender=sender), peer)
    assert fields(reply, "MSA")[1] == code
    if code == "AR":
        assert fields(reply, "ERR")[2] == "MSH^1^4"
        (envelope, reason, caller) = intake.refused[0]
        assert (reason.fault, caller.feed, envelope.control_id) == (Fault.FOREIGN_FEED, "", "")
        assert envelope.feed  # whose feed was claimed: the alarm's label


def test_sec_4_a_fingerprint_binds_as_well_as_a_name() -> None:
    bound = replace(NETWORK, feeds=(replace(BOLTON, certificates=frozenset({"ab" * 32})),))
    assert fields(receiver(network=bound).handle(message(), Peer(CERTIFICATE)), "MSA")[1] == "AA"


def test_an_oversized_message_is_quarantined_by_its_head_and_answered_ae() -> None:
    intake = RecordingIntake()
    reply = receiver(intake).oversized(message()[:200], ANYBODY).blocks[0]
    assert fields(reply, "MSA")[:3] == ["MSA", "AE", "C1"]
    assert intake.refused[0][1].fault is Fault.OVERSIZED


def test_after_a_crash_the_message_is_kept_without_a_key_and_may_be_sent_again() -> None:
    intake = RecordingIntake()
    reply = receiver(intake).crashed(message(), KeyError("B1"), ANYBODY).blocks[0]
    envelope, reason, _ = intake.refused[0]
    assert fields(reply, "MSA")[:3] == ["MSA", "AR", "C1"]
    assert condition(reply) == "207"
    assert (envelope.control_id, envelope.feed) == ("", "bolton-pas")
    assert reason.text == "the receiver failed with KeyError"  # never the error's own words: they may be a name


def test_flags_reach_the_envelope_also_of_a_refusal() -> None:
    intake = RecordingIntake()
    receiver(intake).handle(message("ADT^A08", "EVN|A01|20260301", pid()))
    receiver(intake).handle(message("ADT^A08", "EVN|A01|20260301", pid(f3="")))
    assert intake.registered[0][0].flags == ("EVN-1 differs from MSH-9.2",)
    assert intake.refused[0][0].flags == ("EVN-1 differs from MSH-9.2",)


def test_control_characters_in_the_header_never_reach_the_store() -> None:
    """A NUL there would fail every attempt to quarantine the message, and so block its feed for good."""
    for sender, control_id in (("P\x00AS|RMC", "C1"), ("PAS|RMC", "C\x001"), ("PAS|RMC\x00", "C1")):
        intake = RecordingIntake()
        reply = receiver(intake).handle(message(sender=sender, control_id=control_id))
        envelopes = [entry[0] for entry in (*intake.registered, *intake.refused)]
        said = [e.application + e.facility + e.control_id + e.event for e in envelopes]
        said += [str(reason) for _, reason, _ in intake.refused]
        assert len(envelopes) == 1
        assert not any("\x00" in text for text in said)
        assert fields(reply, "MSA")[2] == control_id
