"""What is counted of a feed's messages, and that nothing of their content is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2 import message as wire
from adapters.hl7v2.exchange import ANYBODY
from adapters.hl7v2.observer import Observer, is_sampled, of_refusal, of_remark
from adapters.hl7v2.receive import Receiver
from mpi.domain.access import Caller
from mpi.domain.commands import Envelope, Receipt
from mpi.domain.conformance import DayOfFeed, Finding, FoundBy
from mpi.domain.network import Feed, Network
from mpi.errors import Fault, OutOfSequence, Refused, Unavailable
from tests.unit.hl7v2.wire_builders import BOLTON, NETWORK, NOW, RecordingIntake, caller_of, message, pid

EVERY = replace(BOLTON, validate_one_in=1)
NONE = replace(BOLTON, validate_one_in=0)


class Desk:
    """An observed receiver and what was written out."""

    def __init__(self, feed: Feed = NONE) -> None:
        self.observer = Observer(lambda: NOW)
        network: Network = replace(NETWORK, feeds=(feed, *NETWORK.feeds[1:]))
        self.intake = RecordingIntake()
        self.receiver = Receiver(
            self.intake, network, caller_of, lambda: NOW, lambda: "ACK1", note=self.observer.note
        )

    def days(self) -> list[DayOfFeed]:
        kept: list[DayOfFeed] = []
        self.observer.write_out(kept.extend)
        return kept

    def faults(self) -> dict[str, int]:
        """Messages by `place fault found_by` of the one day of the one feed."""
        (day,) = self.days()
        return {f"{f.place} {f.fault} {f.found_by}": seen.messages for f, seen in day.faults.items()}


def test_every_remark_of_the_reader_is_counted_once_a_message() -> None:
    desk = Desk()
    for control_id in ("1", "2", "3"):
        desk.receiver.handle(message("ADT^A08", "EVN||20260301", pid(f7="7 MARCH", f8="QQ"), control_id=control_id))
    desk.receiver.handle(message("ADT^A08", "EVN||20260301", pid()))
    (day,) = desk.days()
    assert (day.feed, day.day, day.messages, day.validated) == ("bolton-pas", date(2026, 3, 1), 4, 0)
    assert {f.place: seen.messages for f, seen in day.faults.items()} == {"PID-7": 3, "PID-8": 3}
    assert desk.days() == []


def test_a_lenient_feed_is_sampled_by_the_validator_and_never_refused_for_it() -> None:
    desk = Desk(EVERY)
    reply = desk.receiver.handle(message("ADT^A08", "EVN||20260301", pid(f25="8"), "XYZ|1"))
    assert b"MSA|AA" in (reply or b"")
    assert desk.faults() == {
        "PV1 required and missing validator": 1,
        "XYZ not defined here validator": 1,
    }


def test_a_strict_feed_counts_what_it_refuses_for() -> None:
    desk = Desk()
    reply = desk.receiver.handle(message("ADT^A08", "EVN||20260301", pid(), sender="STRICTPAS|RWJ"))
    assert b"MSA|AE" in (reply or b"")
    assert desk.faults() == {"PV1 required and missing validator": 1}


def test_a_refusal_is_counted_by_fault_and_place_without_its_words() -> None:
    """The words of this one quote an assigning authority as sent."""
    desk = Desk()
    desk.receiver.handle(message("ADT^A08", "EVN||20260301", pid(f3="B1^^^SMITH^PI")))
    assert desk.faults() == {"PID-3.4 refused: unknown-authority reader": 1}


def test_a_refusal_by_a_rule_of_the_domain_is_counted_as_one_of_the_readers() -> None:
    """Once, beside what the reader remarked, and without the words of the rule."""
    desk = Desk()
    desk.intake.refusal = Refused(Fault.MERGE_CYCLE, "B1 of SMITH", "MRG^1^1")
    merge = message("ADT^A40", "EVN|A08|20260301", pid(), "MRG|B2^^^RMC^PI")
    assert b"MSA|AE" in (desk.receiver.handle(merge) or b"")
    (day,) = desk.days()
    assert (day.messages, {f"{f.place} {f.fault}" for f in day.faults}) == (
        1,
        {"EVN-1 EVN-1 differs from MSH-9.2", "MRG-1 refused: merge-cycle"},
    )


def test_what_is_refused_before_it_is_read_is_counted_too() -> None:
    desk = Desk()
    batch = b"BHS|^~\\&|PAS|RMC\r" + message("ADT^A08", pid()) + b"BTS|2\r"
    assert b"MSA|AE" in (desk.receiver.handle(batch) or b"")
    desk.receiver.oversized(message("ADT^A08", pid()), ANYBODY)
    assert desk.faults() == {"BTS-1 refused: count-mismatch reader": 1, " refused: oversized reader": 1}


def test_what_could_not_be_stored_is_counted_when_it_comes_again() -> None:
    desk = Desk()
    desk.intake.trouble = Unavailable("the database is away")
    desk.receiver.handle(message("ADT^A08"))
    assert desk.days() == []
    desk.intake.trouble = None
    desk.receiver.handle(message("ADT^A08"))
    assert [day.messages for day in desk.days()] == [1]


def test_a_message_out_of_its_turn_is_counted_once_whatever_else_is_wrong() -> None:
    """V2-18: by MSH-13, also when the reader had already refused it."""

    class Numbered(RecordingIntake):
        def register(self, envelope: Envelope, *_: object) -> Receipt:
            raise OutOfSequence(7)

        def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
            if envelope.sequence is not None:
                raise OutOfSequence(7)
            return super().refuse(envelope, reason, caller)

    for patient in (pid(), pid(f3="")):
        desk = Desk(replace(NONE, sequence_numbers=True))
        desk.receiver = replace(desk.receiver, intake=Numbered())
        reply = desk.receiver.handle(message("ADT^A08", "EVN||20260301", patient, rest="|9"))
        assert b"MSA|AR|C1||7" in (reply or b"")
        assert desk.faults() == {"MSH-13 refused: out-of-sequence reader": 1}


def test_a_stranger_is_not_counted() -> None:
    desk = Desk()
    desk.receiver.handle(message(sender="WHO|KNOWS"))
    assert desk.days() == []


def test_what_cannot_be_kept_is_kept_for_the_next_time() -> None:
    desk = Desk()
    desk.receiver.handle(message("ADT^A08", pid()))

    def away(days: Sequence[DayOfFeed]) -> None:
        raise Unavailable("the database is away")

    with pytest.raises(Unavailable):
        desk.observer.write_out(away)
    desk.receiver.handle(message("ADT^A08", pid(), control_id="C2"))
    (day,) = desk.days()
    assert day.messages == 2
    assert [seen.messages for seen in day.faults.values()] == [2]


@given(st.integers(1, 50), st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="|^~\\&")))
def test_the_sample_goes_by_the_control_id_alone(one_in: int, control_id: str) -> None:
    feed = replace(BOLTON, validate_one_in=one_in)
    frames = [message("ADT^A08", pid(f5=name), control_id=control_id) for name in ("SMITH", "JONES")]
    chosen = {is_sampled(feed, wire.parse(f, wire.read_header(f), "ascii")) for f in frames}
    assert len(chosen) == 1
    assert one_in > 1 or chosen == {True}


def test_places_of_remarks_and_refusals() -> None:
    assert of_remark("there is no EVN segment").place == "EVN"
    assert of_remark("EVN-1 differs from MSH-9.2").place == "EVN-1"
    assert of_remark("the message holds two different NHS numbers, the first was taken").place == ""
    refusals = {"PID^2^3^1^4": "PID-3.4", "PID^1^3": "PID-3", "PID^1": "PID", "MSH^1^9^1^1": "MSH-9.1", "": ""}
    for location, place in refusals.items():
        assert of_refusal(Refused(Fault.BAD_VALUE, "SMITH", location)) == Finding(
            place[:3],
            int(place[4:5] or 0),
            int(place[6:] or 0),
            "refused: bad-value",
            FoundBy.READER,
        )
    assert of_refusal(Refused(Fault.BAD_VALUE, "SMITH", "Patient.name[0]")).place == ""
