"""What each trust's PAS makes of the people, and that the bulk snapshot tells the same story as the messages."""

from __future__ import annotations

from collections.abc import Callable

import hl7
import numpy as np
import pytest

from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.simulate import Region, SimMessage, Slip, simulate, snapshot
from mpi.simulate.acts import Act
from mpi.simulate.registration import Kind
from mpi.simulate.sampling import DAY


def test_people_have_two_to_three_local_records(simulated: Region) -> None:
    live = simulated.snapshot()
    assert 1.8 < live.groupby("person_id").size().mean() < 3.2
    known = live.person_id.nunique() / len(simulated.people)
    assert 0.75 < known < 0.95  # and some are known to nobody


def test_nobody_attends_before_birth_or_after_death(simulated: Region) -> None:
    people, records = simulated.people, simulated.records
    assert (records.registered > people.born[records.person]).all()
    assert (records.registered < simulated.reality.lives.died[records.person]).all()
    told = simulated.events
    assert (told.occurred >= people.born[records.person[told.record]]).all()


def test_nothing_is_told_of_a_record_after_its_merge_or_its_systems_end(simulated: Region) -> None:
    records, told = simulated.records, simulated.events
    assert (told.occurred < records.merged_at[told.record]).all()
    assert (told.occurred < records.closes[told.record]).all()
    closed = [pas for pas in simulated.systems if pas.authority.id == "CENTRAL"]
    assert len(closed) == 1
    assert (records.closes[records.system == closed[0].index] == closed[0].closes).all()


def test_nhs_14_share_of_missing_numbers_is_as_configured(simulated_network: Network) -> None:
    def missing(rate: float) -> float:
        region = simulate(simulated_network, 4000, 11, rates={Slip.NHS_MISSING: rate}, updates=0.0)
        return float((region.snapshot().nhs_number == "").mean())

    few, many = missing(0.0), missing(0.2)
    assert few < 0.02
    assert 0.1 < many < 0.34  # 0.2 times the trusts' own factors of 0.5 to 1.9


def test_error_rates_of_zero_leave_only_staleness(simulated_network: Network) -> None:
    region = simulate(simulated_network, 1500, 5, rates=dict.fromkeys(Slip, 0.0), updates=0.0)
    live, people = region.snapshot(), region.people
    plain = live[~live.unidentified & (live.updated_at > people.named_at[live.person_id])]
    # Alone the few overlays that nobody noticed say another birth date.
    own = people.frame().birth_date.to_numpy()[plain.person_id]
    assert (plain.birth_date.to_numpy() == own).mean() > 0.998
    sex = np.where(people.female[plain.person_id], "F", "M")
    assert (plain.sex.to_numpy() == sex).mean() > 0.998


def test_duplicates_and_trauma_registrations_repeat_a_person_of_the_same_system(simulated: Region) -> None:
    records = simulated.records
    again = records.twin_record >= 0
    first = records.twin_record[again]
    assert (records.person[again] == records.person[first]).all()
    assert (records.system[again] == records.system[first]).all()
    assert (records.registered[again] > records.registered[first]).all()
    merged = records.merged_into >= 0
    assert (records.system[merged] == records.system[records.merged_into[merged]]).all()
    assert (records.merged_at[merged] > records.registered[merged]).all()
    second = np.flatnonzero(records.kind == Kind.DUPLICATE)
    first = records.twin_record[second]
    joined = (records.merged_into[second] == first) | (records.merged_into[first] == second)
    assert 0.35 < joined.mean() < 0.65  # the rest stay two, some because their time ran out


def test_nhs_53_unidentified_patients_are_nobody_yet(simulated: Region) -> None:
    records = simulated.records
    rows = np.flatnonzero(records.kind == Kind.TRAUMA)
    assert len(rows) >= 3
    of = simulated.events.take(np.isin(simulated.events.record, rows) & (simulated.events.act == Act.REGISTER))
    assert len(of) == len(rows)
    live = simulated.snapshot()
    strangers = live[live.unidentified]
    assert (strangers.nhs_number == "").all()
    assert strangers.birth_date.str.endswith("-01-01").all()


def test_nhs_54_newborns_are_named_later(simulated: Region) -> None:
    records, told = simulated.records, simulated.events
    births = np.flatnonzero(records.kind == Kind.BIRTH)
    assert len(births) > 100
    born = simulated.people.born[records.person[births]]
    assert (records.registered[births] - born < 3 * DAY).all()
    namings = told.act == Act.NAMING
    assert namings.sum() > 0.7 * len(births)
    named = simulated.people.named_at[records.person[told.record[namings]]]
    assert (told.occurred[namings] > named).all()


def test_an_overlay_shows_a_stranger_and_is_mostly_put_right(simulated: Region) -> None:
    told, records = simulated.events, simulated.records
    overlays = told.act == Act.OVERLAY
    assert overlays.sum() >= 2
    assert (told.person[overlays] != records.person[told.record[overlays]]).all()
    mended = told.act == Act.CORRECTION
    assert (told.person[mended] == records.person[told.record[mended]]).all()


def test_numbers_overlap_between_namespaces(simulated: Region) -> None:
    """ORG-2: the same digits issued by another authority are another patient."""
    frame = simulated.truth_frame
    assert not frame.duplicated(["authority", "value"]).any()
    digits = frame.assign(digits=frame.value.str.lstrip("MRX0"))
    assert digits.duplicated(["digits"]).mean() > 0.3


def _last_words(told: list[SimMessage], read: Callable[[SimMessage], str]) -> dict[Identifier, tuple[str, ...]]:
    """What an index would hold of each HL7 record after reading the whole stream in order of EVN-6."""
    heard: dict[Identifier, list[tuple[str, tuple[str, ...]]]] = {}
    for message in told:
        if message.kind == "PUT" or message.act in ("merge", "link", "unlink", "renumber"):
            continue
        parsed = hl7.parse(read(message))
        pid, evn = parsed.segment("PID"), parsed.segment("EVN")
        name = pid[5][0]
        said = (hl7_text(name[0]), hl7_text(name[1]), str(pid[7]), hl7_text(pid[11]).split("^")[0])
        heard.setdefault(message.identifiers[0], []).append((str(evn[6])[:14], said))
    return {identifier: sorted(said, key=lambda s: s[0])[-1][1] for identifier, said in heard.items()}


def hl7_text(part: object) -> str:
    return str(part).replace("\\T\\", "&")


def test_the_snapshot_says_what_the_messages_said_last(
    simulated: Region, hl7_told: list[SimMessage], text_of: Callable[[SimMessage], str]
) -> None:
    last = _last_words(hl7_told, text_of)
    live = simulated.snapshot()
    compared = 0
    for row in live[live.feed != "rbv-feed"].to_dict("records"):
        identifier = Identifier(row["authority"], row["value"])
        if identifier not in last:  # renumbered and silent since
            continue
        held = (row["surname"], row["forename"], row["birth_date"].replace("-", ""), row["line"])
        assert last[identifier] == held
        compared += 1
    assert compared > 0.97 * (live.feed != "rbv-feed").sum()


def test_feeds_that_are_not_live_say_nothing_but_their_images_exist(
    simulated: Region, told: list[SimMessage]
) -> None:
    """Promise 7: some identifiers are met on images alone."""
    assert "rrf-feed" not in {message.feed_id for message in told}
    silent = simulated.truth_frame[~simulated.truth_frame.fed]
    assert set(silent.authority) == {"WIGAN", "CENTRAL"}
    assert set(simulated.study_frame.authority) >= {"WIGAN", "CENTRAL"}
    assert not set(simulated.snapshot().authority) & {"WIGAN", "CENTRAL"}


def test_snapshot_function_is_the_regions_own(simulated_network: Network) -> None:
    assert snapshot(simulated_network, 400, 3).equals(simulate(simulated_network, 400, 3).snapshot())


def test_a_network_without_a_live_feed_is_refused(simulated_network: Network) -> None:
    silent = Network("x", "X", simulated_network.organisations, simulated_network.authorities, ())
    with pytest.raises(ValueError, match="no authority that a feed speaks for"):
        simulate(silent, 100, 1)


def test_fewer_than_two_people_are_no_region(simulated_network: Network) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        simulate(simulated_network, 1, 1)
