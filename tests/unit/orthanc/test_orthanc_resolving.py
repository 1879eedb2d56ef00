"""Whose an image is, asked once, remembered for a while, forgotten when it changes (IHE-60, IHE-61)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydicom import Dataset

from mpi.api.webhook import event_body, sign
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Event, EventType
from mpi_orthanc.events import read_change
from mpi_orthanc.failures import Refusal, Unavailable
from mpi_orthanc.resolver import Resolver
from mpi_orthanc.waiting import Queue
from tests.unit.dicom.dicom_builders import STUDY, header, sequence
from tests.unit.orthanc.plugin_builders import GOLDEN, NETWORK, OTHER, OURS, PaperIndex, header_of

SECRET = "a-secret-of-these-tests"
BOLTON_OID = NETWORK.authority_by_id["BOLTON"].oid


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def resolver(index: PaperIndex, clock: Clock | None = None) -> Resolver:
    return Resolver(index, "gm-vna", OURS, 60, clock or Clock())


def refusal(dataset: Dataset, ae_title: str = "") -> str:
    with pytest.raises(Refusal) as refused:
        resolver(PaperIndex()).judge(header_of(dataset, ae_title))
    return refused.value.reason


def coerced(acquired: dict[str, str], others: Any = None, system: str = OURS) -> Dataset:
    """An image under a golden id."""
    original = sequence({"ModifyingSystem": system, "ModifiedAttributesSequence": sequence(acquired)})
    return header(
        PatientID=str(GOLDEN),
        IssuerOfPatientID=OURS,
        OriginalAttributesSequence=original,
        OtherPatientIDsSequence=others,
    )


def test_one_question_for_a_study() -> None:
    index = PaperIndex()
    asking = resolver(index)
    for _ in range(100):
        asking.judge(header_of(header()))
    assert index.requests == 1
    (question,) = index.asked
    assert (question["issuer"], question["patient_id"], question["archive"]) == ("RMC", "0001027", "gm-vna")


def test_what_is_remembered_ends_with_its_time_or_with_a_change() -> None:
    index, clock = PaperIndex(), Clock()
    asking = resolver(index, clock)
    asking.judge(header_of(header()))
    clock.now += 61
    asking.judge(header_of(header()))
    assert index.requests == 2
    asking.forget({str(OTHER)}, {("SALFORD", "1")})
    asking.judge(header_of(header()))
    assert index.requests == 2
    for change in (({str(GOLDEN)}, set()), (set(), {("BOLTON", "0001027")})):
        before = index.requests
        asking.forget(*change)
        asking.judge(header_of(header()))
        assert index.requests == before + 1


def test_an_answer_older_than_a_change_is_not_remembered() -> None:
    index = PaperIndex()
    asking = resolver(index)
    answer = index.resolve

    def overtaken(questions: Any) -> Any:
        told = answer(questions)
        asking.forget({str(GOLDEN)}, set())
        return told

    index.resolve = overtaken  # type: ignore[method-assign]
    asking.judge(header_of(header()))
    asking.judge(header_of(header()))
    assert index.requests == 2


def test_while_the_index_is_away_nobody_queues_up_before_it() -> None:
    index, clock = PaperIndex(), Clock()
    asking = resolver(index, clock)
    index.away = True
    for _ in range(10):
        with pytest.raises(Unavailable):
            asking.judge(header_of(header()))
    assert index.requests == 1
    index.away = False
    clock.now += 1.1
    assert asking.judge(header_of(header())).answer.golden_id == str(GOLDEN)


def test_ihe_60_every_name_of_the_issuer_is_asked_about_and_they_must_agree() -> None:
    oid = sequence({"UniversalEntityID": BOLTON_OID, "UniversalEntityIDType": "ISO"})
    index = PaperIndex()
    resolver(index).judge(header_of(header(IssuerOfPatientIDQualifiersSequence=oid)))
    assert [question["issuer"] for question in index.asked] == ["RMC", BOLTON_OID]
    assert refusal(header(IssuerOfPatientID="RM3", IssuerOfPatientIDQualifiersSequence=oid)) == "unknown-authority"
    wrong = sequence({"UniversalEntityID": BOLTON_OID, "UniversalEntityIDType": "DNS"})
    assert refusal(header(IssuerOfPatientIDQualifiersSequence=wrong)) == "unknown-authority"


@pytest.mark.parametrize(
    ("said", "sender", "reason"),
    [
        ({"PatientID": ""}, "BOLTON_GW", "missing-field"),
        ({"PatientID": "1\\2"}, "BOLTON_GW", "bad-value"),
        ({"IssuerOfPatientID": "NOWHERE"}, "BOLTON_GW", "unknown-authority"),
        ({"IssuerOfPatientID": None}, "NOBODY", "unknown-authority"),
        ({"IssuerOfPatientID": None}, "", "missing-field"),
    ],
)
def test_ihe_60_nothing_is_guessed(said: dict[str, Any], sender: str, reason: str) -> None:
    assert refusal(header(**said), sender) == reason


def test_a_golden_image_is_asked_about_under_the_id_it_was_acquired_with() -> None:
    index = PaperIndex()
    named = coerced({"PatientID": "B1", "IssuerOfPatientID": "RMC"})
    unnamed = coerced({"PatientID": "B2"}, sequence({"PatientID": "B2", "IssuerOfPatientID": "RM3"}))
    foreign = coerced({"PatientID": "X1", "IssuerOfPatientID": "RBV"}, system="IMPORTER")
    verdicts = resolver(index).judge_all([header_of(image) for image in (named, unnamed, foreign)])
    assert [(question["issuer"], question["patient_id"]) for question in index.asked] == [
        ("RMC", "B1"),
        ("RM3", "B2"),
        (OURS, str(GOLDEN)),
    ]
    assert all(not isinstance(verdict, Refusal) and verdict.right for verdict in verdicts)


def test_an_issuer_that_is_not_the_index_s_own_moves_nothing() -> None:
    """Else no image would be recognised as coerced already."""
    asking = Resolver(PaperIndex(), "gm-vna", "WRONG", 60)
    with pytest.raises(Refusal) as refused:
        asking.judge(header_of(header()))
    assert refused.value.reason == "wrong-issuer"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, {"family": "TESTPERSON", "given": "Alpha", "middle": "Beta Gamma", "birth_date": "1954-03-07"}),
        ({"PatientName": "=TEST^Ideo", "PatientBirthDate": "19541399"}, {"family": "TEST", "given": "Ideo"}),
        ({"PatientName": "M\u00fcller^A", "SpecificCharacterSet": None, "PatientBirthDate": ""}, {}),
    ],
)
def test_what_an_image_says_of_its_patient(said: dict[str, Any], told: dict[str, str]) -> None:
    """IHE-61: the NHS number from its own issuer; what cannot be read is not said."""
    others = sequence({"PatientID": "999 000 0018", "IssuerOfPatientID": "NHS"})
    found = header_of(header(OtherPatientIDsSequence=others, **said)).demographics()
    assert found == told | {"sex": "female", "nhs_number": "9990000018"}


def test_the_study_as_it_is_registered() -> None:
    assert header_of(header()).study() == {
        "study_uid": STUDY,
        "started_at": "2024-03-01T10:15:00+00:00",
        "modalities": ["CT"],
        "body_site": "CHEST",
        "description": "CT Thorax",
        "accession": "ACC1",
    }
    summer = header_of(header(StudyDate="20240701", StudyTime="9")).study()
    assert summer["started_at"] == "2024-07-01T00:00:00+01:00"
    offset = header_of(header(TimezoneOffsetFromUTC="-0500", Modality="ct")).study()
    assert (offset["started_at"], offset["modalities"]) == ("2024-03-01T10:15:00-05:00", [])
    with pytest.raises(Refusal):
        header_of(header(StudyInstanceUID="1.02")).study()


def event(kind: EventType = EventType.RECORD_MOVED) -> bytes:
    at = datetime(2026, 3, 3, tzinfo=UTC)
    return event_body(Event(7, kind, at, (GOLDEN,), (OTHER,), (Identifier("BOLTON", "B1"),), ("1.2.3",)))


def test_an_event_is_read_as_the_index_sends_it() -> None:
    change = read_change(event(), sign(SECRET, event()), SECRET)
    assert change is not None
    assert change.golden_ids == {str(GOLDEN), str(OTHER)}
    assert (change.identifiers, change.studies) == ({("BOLTON", "B1")}, ("1.2.3",))
    registered = event(EventType.STUDY_REGISTERED)
    assert read_change(registered, sign(SECRET, registered), SECRET) is None


@pytest.mark.parametrize("signature", ["", "sha256=", sign("another-secret-altogether", event()), "\u00e9"])
def test_an_event_without_our_signature_is_not_believed(signature: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_change(event(), signature, SECRET)
    assert refused.value.reason == "forbidden"


def test_the_queue_forgets_nothing(tmp_path: Any) -> None:
    file, clock = str(tmp_path / "deep" / "queue.sqlite"), Clock()
    queue = Queue(file, clock)
    queue.add(["1.1", "1.2", "1.1"], "new")
    queue.add(["1.3"], "new", delay=5)
    queue.close()
    queue = Queue(file, clock)
    assert [one.study_uid for one in queue.due()] == ["1.1", "1.2"]
    clock.now += 6
    first, second, third = queue.due()
    queue.add([first.study_uid], "changed")  # while it is being looked at
    queue.done(first)
    queue.done(second)
    queue.postpone(third, "unknown-authority", None)
    assert [(one.study_uid, one.reason) for one in queue.due()] == [("1.1", "changed")]
    assert queue.counts() == ({"changed": 1}, {"unknown-authority": 1})
    queue.revive()
    assert {one.study_uid for one in queue.due()} == {"1.1", "1.3"}
    queue.close()
