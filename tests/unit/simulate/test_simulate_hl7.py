"""The HL7 v2 bytes, read back by an independent parser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import hl7
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from mpi.domain.network import Network
from mpi.simulate import Region, SimMessage
from mpi.simulate.wire_hl7 import escape

Read = Callable[[SimMessage], str]


def segments(text: str, name: str) -> list[list[str]]:
    """Raw fields of the segments of that name; for MSH the index equals the field number."""
    lines = [line.split("|") for line in text.split("\r") if line.startswith(name)]
    return [["MSH", *line] for line in lines] if name == "MSH" else lines


def field(text: str, name: str, number: int) -> str:
    found = segments(text, name)[0]
    return found[number] if number < len(found) else ""


def of_kind(told: list[SimMessage], *acts: str) -> list[SimMessage]:
    found = [message for message in told if message.act in acts]
    assert found, f"the region tells no {acts}"
    return found


def test_every_message_parses_and_round_trips(hl7_told: list[SimMessage], text_of: Read) -> None:
    for message in hl7_told:
        text = text_of(message)
        assert str(hl7.parse(text)) == text
        assert text.endswith("\r")
        assert "\n" not in text


def test_v2_20_delimiters_are_escaped_and_unescaped_again(hl7_told: list[SimMessage], text_of: Read) -> None:
    assert escape("Rose & Crown|^~\\") == "Rose \\T\\ Crown\\F\\\\S\\\\R\\\\E\\"
    cottages = [text_of(m) for m in hl7_told if b"Crown Cottage" in m.body or b"CROWN COTTAGE" in m.body]
    assert cottages
    assert all("\\T\\" in field(text, "PID", 11) for text in cottages)


def test_v2_21_charset_is_the_feeds_and_declared_but_for_windows_1252(
    hl7_told: list[SimMessage], text_of: Read
) -> None:
    declared = {(m.feed_id, field(text_of(m), "MSH", 18)) for m in hl7_told}
    assert declared == {
        ("rmc-feed", ""),
        ("r0a-feed", "UNICODE UTF-8"),
        ("rm3-feed", ""),
        ("rwj-feed", "8859/1"),
    }
    accented = [m for m in hl7_told if any(byte > 127 for byte in m.body)]
    assert accented
    assert {m.feed_id for m in accented} >= {"r0a-feed", "rwj-feed"}


def test_sender_version_and_processing_id_are_the_feeds(
    hl7_told: list[SimMessage], text_of: Read, simulated_network: Network
) -> None:
    for message in hl7_told:
        feed, text = simulated_network.feed_by_id[message.feed_id], text_of(message)
        sender = (field(text, "MSH", 3), field(text, "MSH", 4), field(text, "MSH", 11))
        assert sender == (feed.application, feed.facility, feed.processing_id)
        assert field(text, "MSH", 12) in feed.versions
        assert field(text, "MSH", 10) == message.control_id
        assert field(text, "MSH", 9).startswith(message.kind)
        assert field(text, "EVN", 1) == message.kind[-3:]


def test_v2_26_structure_ids_follow_the_version(hl7_told: list[SimMessage], text_of: Read) -> None:
    seen = {(field(text_of(m), "MSH", 12), field(text_of(m), "MSH", 9)) for m in hl7_told}
    assert ("2.3", "ADT^A28") in seen
    assert ("2.4", "ADT^A31^ADT_A28") in seen
    assert ("2.5.1", "ADT^A31^ADT_A05") in seen
    assert not any(version == "2.3" and kind.count("^") > 1 for version, kind in seen)


def test_pid_3_names_the_local_patient_and_the_nhs_number(hl7_told: list[SimMessage], text_of: Read) -> None:
    with_number = 0
    for message in hl7_told:
        first, *rest = field(text_of(message), "PID", 3).split("~")
        identifier = message.identifiers[0]
        value, namespace, kind = (first.split("^")[i] for i in (0, 3, 4))
        assert (value, kind) == (identifier.value, "PI")
        assert namespace == message.feed_id[:3].upper()
        for other in rest:
            assert other[10:] == "^^^NHS^NH"
            with_number += 1
    assert with_number > 1000


def test_old_feed_carries_the_nhs_number_in_pid_19_and_cannot_tell_its_status(
    hl7_told: list[SimMessage], text_of: Read
) -> None:
    old = [text_of(m) for m in hl7_told if m.feed_id == "rwj-feed"]
    assert sum(field(text, "PID", 19) != "" for text in old) > 0.9 * len(old)
    assert all("NH" not in field(text, "PID", 3) for text in old)
    assert all(len(segments(text, "PID")[0]) <= 31 for text in old)  # PID-30 is the last field of 2.3
    assert {field(text, "PID", 8) for text in old} <= {"1", "2", "0"}


def test_nhs_8_status_is_told_in_pid_32(hl7_told: list[SimMessage], text_of: Read) -> None:
    codes = Counter(
        code
        for m in hl7_told
        if m.feed_id != "rwj-feed"
        for code in field(text_of(m), "PID", 32).split("~")
        if code.startswith("NSTS")
    )
    assert codes["NSTS01"] > 0.85 * codes.total()
    assert set(codes) <= {f"NSTS0{n}" for n in range(1, 9)}
    assert codes["NSTS08"] > 0


def test_nhs_53_an_unidentified_patient_is_flagged_where_the_version_can(
    hl7_told: list[SimMessage], text_of: Read
) -> None:
    flagged = [text_of(m) for m in hl7_told if m.act == "register" and field(text_of(m), "PID", 31) == "Y"]
    assert flagged
    for text in flagged:
        assert field(text, "PID", 3).count("~") == 0
        assert field(text, "PID", 32).split("~")[:2] == ["AL", "ED"]
        assert field(text, "PID", 7).endswith("0101")


def test_v2_42_a_merge_stays_inside_one_namespace(hl7_told: list[SimMessage], text_of: Read) -> None:
    for message in of_kind(hl7_told, "merge"):
        text = text_of(message)
        survivor, prior = field(text, "PID", 3).split("~")[0], field(text, "MRG", 1)
        assert survivor != prior
        assert survivor.split("^")[3:] == prior.split("^")[3:]
        assert message.kind == ("ADT^A34" if message.feed_id == "rwj-feed" else "ADT^A40")
        assert message.identifiers[1].value == prior.split("^")[0]


def test_a47_changes_a_number_and_the_new_one_is_spoken_of_afterwards(
    hl7_told: list[SimMessage], text_of: Read
) -> None:
    for message in of_kind(hl7_told, "renumber"):
        new, old = message.identifiers
        assert field(text_of(message), "MRG", 1).startswith(old.value + "^")
        later = [m for m in hl7_told if m.at > message.at and old in m.identifiers]
        assert not later
        assert new != old


def test_a24_and_a37_name_two_patients_of_one_namespace(hl7_told: list[SimMessage], text_of: Read) -> None:
    for message in of_kind(hl7_told, "link", "unlink"):
        one, other = segments(text_of(message), "PID")
        assert one[3].split("^")[0] == message.identifiers[0].value
        assert other[3].split("^")[0] == message.identifiers[1].value
        assert message.kind in ("ADT^A24", "ADT^A37")


def test_a_death_on_the_ward_is_told_and_a_false_one_retracted(hl7_told: list[SimMessage], text_of: Read) -> None:
    for message in of_kind(hl7_told, "death"):
        assert message.kind == "ADT^A03"
        assert field(text_of(message), "PID", 30) == "Y"
        assert field(text_of(message), "PID", 29)
    for message in of_kind(hl7_told, "death-retracted"):
        assert message.kind == "ADT^A13"
        assert field(text_of(message), "PID", 30) in ("", '""')
        earlier = [m for m in hl7_told if m.act == "death" and m.identifiers == message.identifiers]
        assert earlier[0].at <= message.at


def test_v2_60_a_cancellation_repeats_the_time_of_what_it_cancels(hl7_told: list[SimMessage], text_of: Read) -> None:
    visits = {
        (m.identifiers[0], field(text_of(m), "EVN", 6)) for m in hl7_told if m.act == "visit" and m.kind == "ADT^A01"
    }
    for message in of_kind(hl7_told, "cancel-visit"):
        text = text_of(message)
        assert message.kind == "ADT^A11"
        assert (message.identifiers[0], field(text, "EVN", 6)) in visits
        assert field(text, "EVN", 2) > field(text, "EVN", 6)


def test_v2_63_modern_feeds_give_the_offset(hl7_told: list[SimMessage], text_of: Read) -> None:
    summer = [m for m in hl7_told if m.feed_id == "r0a-feed" and field(text_of(m), "EVN", 6)[4:6] == "07"]
    winter = [m for m in hl7_told if m.feed_id == "r0a-feed" and field(text_of(m), "EVN", 6)[4:6] == "12"]
    assert all(field(text_of(m), "EVN", 6).endswith("+0100") for m in summer)
    assert all(field(text_of(m), "EVN", 6).endswith("+0000") for m in winter)
    assert summer
    assert winter


def test_a_back_load_sends_the_past_at_go_live_with_its_own_times(hl7_told: list[SimMessage], text_of: Read) -> None:
    mft = [m for m in hl7_told if m.feed_id == "r0a-feed"]
    assert min(m.at for m in mft).date().isoformat() == "2022-11-07"
    assert min(field(text_of(m), "EVN", 6) for m in mft) < "2013"


def test_hl7apy_finds_every_kind_of_the_modern_feed_strictly_valid(hl7_told: list[SimMessage], text_of: Read) -> None:
    """A second, stricter reader. It cannot hold the second PID of an A24 or A37, so those are not shown to it."""
    kinds = {m.kind: m for m in hl7_told if m.feed_id == "r0a-feed" and m.act not in ("link", "unlink")}
    assert {"ADT^A28", "ADT^A31", "ADT^A08", "ADT^A40", "ADT^A11", "ADT^A03"} <= set(kinds)
    for message in kinds.values():
        text = text_of(message).replace('""', "")  # nor does it know the null of V2-22 in a date
        parsed = parse_message(text, validation_level=VALIDATION_LEVEL.STRICT)
        assert parsed.validate()
        assert parsed.msh.msh_10.value == message.control_id


@pytest.mark.parametrize("act", ["register", "update", "naming", "overlay", "correction", "merge", "death-noted"])
def test_every_kind_of_event_is_told(told: list[SimMessage], act: str) -> None:
    assert of_kind(told, act)


def test_truth_covers_every_identifier_spoken_of(simulated: Region, told: list[SimMessage]) -> None:
    for message in told:
        assert all(identifier in simulated.person_of for identifier in message.identifiers)
        if message.act == "merge":
            survivor, prior = message.identifiers
            assert simulated.person_of[survivor] == simulated.person_of[prior]
