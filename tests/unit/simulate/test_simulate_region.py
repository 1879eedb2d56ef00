"""The region as a whole: order, determinism, studies, truth and files."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.simulate import Region, SimMessage, simulate, write
from mpi.simulate.registration import Kind


def digest(region: Region) -> str:
    seen = hashlib.sha256()
    for message in region.messages():
        seen.update(message.body)
        seen.update(f"{message.at} {message.control_id} {message.query}".encode())
    for study in region.studies():
        seen.update(repr(study).encode())
    return seen.hexdigest()


def test_same_seed_same_bytes_and_another_seed_others(simulated_network: Network) -> None:
    one, again, other = (simulate(simulated_network, 800, seed) for seed in (7, 7, 8))
    assert digest(one) == digest(again)
    assert digest(one) != digest(other)


def test_messages_leave_in_order_and_never_before_they_happen(told: list[SimMessage], simulated: Region) -> None:
    assert all(a.at <= b.at for a, b in pairwise(told))
    events = simulated.events
    assert (events.occurred <= events.recorded).all()
    assert (events.recorded < events.sent).mean() > 0.9
    assert (events.occurred < events.sent).all()
    assert all(message.at.tzinfo is UTC for message in told[:100])


def test_v2_16_control_ids_are_unique_within_a_feed_and_fit_the_field(told: list[SimMessage]) -> None:
    keys = [(m.feed_id, m.control_id) for m in told]
    assert len(set(keys)) == len(keys)
    assert all(len(m.control_id) <= 20 for m in told)


def test_a_record_is_registered_before_anything_else_is_said_of_it(told: list[SimMessage]) -> None:
    known: set[Identifier] = set()
    for message in told:
        if message.act in ("register", "renumber"):
            known.add(message.identifiers[0])
        elif message.act != "update":  # an update may be entered late, never early
            assert message.identifiers[0] in known
    assert len(known) > 5000


def test_some_updates_are_entered_late(simulated: Region) -> None:
    """V2-61: facts do not always arrive in the order in which they became true."""
    events = simulated.events
    assert 1 <= int((events.recorded - events.occurred > 3600).sum()) <= 0.01 * len(events)


def test_studies_hang_on_a_number_in_use_at_the_time(simulated: Region) -> None:
    frame, people = simulated.study_frame, simulated.people
    assert len(frame) > 4000
    assert not frame.study_uid.duplicated().any()
    assert not frame.accession.duplicated().any()
    assert frame.study_uid.str.fullmatch(r"2\.25\.[1-9]\d{0,38}").all()
    assert frame.started_at.is_monotonic_increasing
    assert (frame["at"] > frame.started_at).all()
    assert (frame.started_at.to_numpy() > people.born[frame.person]).all()
    for row in frame.to_dict("records"):
        assert simulated.person_of[Identifier(row["authority"], row["patient_id"])] == row["person"]


def test_modalities_are_mixed_like_those_of_the_nhs(simulated: Region) -> None:
    shares = simulated.study_frame.modality.value_counts(normalize=True)
    assert 0.4 < shares["DX"] < 0.6
    assert shares["US"] > shares["CT"] > shares["MR"] > shares["NM"]
    known = len(np.unique(simulated.records.person))
    assert 1.0 < len(simulated.study_frame) / known < 1.4


def test_ihe_67_unidentified_patients_are_scanned_under_their_temporary_number(simulated: Region) -> None:
    trauma = simulated.truth_frame[simulated.truth_frame.kind == Kind.TRAUMA.name.lower()]
    scanned = simulated.study_frame.merge(
        trauma, left_on=["authority", "patient_id"], right_on=["authority", "value"]
    )
    assert scanned.value.nunique() == len(trauma)
    assert (scanned.person == scanned.person_id).all()


def test_studies_and_frame_agree(simulated: Region) -> None:
    first = next(simulated.studies())
    row = simulated.study_frame.iloc[0]
    assert first.study_uid == row.study_uid
    assert first.started_at == datetime.fromtimestamp(int(row.started_at), UTC)
    assert simulated.person_of_study[first.study_uid] == first.person
    assert re.fullmatch(r"[^a-z]+\^?.*", first.patient_name)


def test_notes_name_the_hard_pairs(simulated: Region) -> None:
    notes = simulated.notes
    assert set(notes.note) == {
        "twins", "namesake", "nhs-confusion", "nhs-duplicate", "duplicate", "trauma", "link", "unlink", "overlay",
    }  # fmt: skip
    local = notes[notes.note.isin(["duplicate", "trauma"])]
    for one, other in zip(local.one, local.other, strict=True):
        assert simulated.person_of[Identifier.parse(one)] == simulated.person_of[Identifier.parse(other)]
    apart = notes[notes.note == "unlink"]
    for one, other in zip(apart.one, apart.other, strict=True):
        assert simulated.person_of[Identifier.parse(one)] != simulated.person_of[Identifier.parse(other)]


def test_a_region_is_written_and_read_back(simulated_network: Network, tmp_path: Path) -> None:
    region = simulate(simulated_network, 500, 2)
    seen: list[str] = []
    written = write(region, tmp_path, lambda what, done, total: seen.append(what))
    by_feed: dict[str, list[SimMessage]] = {}
    for message in region.messages():
        by_feed.setdefault(message.feed_id, []).append(message)
    assert written == {feed: len(messages) for feed, messages in by_feed.items()}
    for feed in ("rmc-feed", "rwj-feed"):
        blocks = (tmp_path / "messages" / f"{feed}.hl7").read_bytes().split(b"\x1c\r")
        assert blocks.pop() == b""
        assert [block.removeprefix(b"\x0b") for block in blocks] == [m.body for m in by_feed[feed]]
    lines = (tmp_path / "fhir" / "rbv-feed.ndjson").read_text().splitlines()
    assert [json.loads(line)["query"] for line in lines] == [m.query for m in by_feed["rbv-feed"]]
    assert json.loads(lines[0])["resource"]["resourceType"] == "Patient"
    assert len(pd.read_parquet(tmp_path / "truth.parquet")) == len(region.truth_frame)
    assert len(pd.read_parquet(tmp_path / "people.parquet")) == 500
    studies = pd.read_parquet(tmp_path / "studies.parquet")
    lines = (tmp_path / "studies.ndjson").read_text().splitlines()
    assert len(lines) == len(studies) == len(region.study_frame)
    assert "person" not in json.loads(lines[0])
    assert json.loads((tmp_path / "manifest.json").read_text())["seed"] == 2
    assert set(seen) == {"messages", "studies", "people"}
