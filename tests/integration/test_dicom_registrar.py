"""The registrar over TCP: who may call, what is answered, what is kept (IHE-60, promise 7, SEC-4)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    generate_uid,
)
from pynetdicom import AE
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import InstanceAvailabilityNotification

from adapters.dicom.receive import (
    CANNOT_UNDERSTAND,
    INVALID_VALUE,
    MISSING_ATTRIBUTE,
    PROCESSING_FAILURE,
    SUCCESS,
    TRY_AGAIN,
    Receiver,
)
from adapters.dicom.scp import Limits, Registrar
from adapters.hl7v2.tls import Credentials, context_of
from mpi.domain.access import Caller, Role
from mpi.domain.availability import Availability, Holding, Notice
from mpi.domain.commands import Envelope
from mpi.errors import Fault, Refused, Unavailable
from mpi.networks import load_network
from mpi.usecases.imaging.images import Image, Taken
from tests.certificates import Authority
from tests.unit.dicom.dicom_builders import STUDY, header, item, sequence

NETWORK = load_network("greater-manchester")
VERIFICATION = "1.2.840.10008.1.1"


@dataclass
class FakeImages:
    """Remembers what it is given; `error` is raised instead, `gate` holds it up."""

    taken: list[tuple[Envelope, Image, Caller]] = field(default_factory=list)
    refused: list[tuple[Envelope, Refused, Caller]] = field(default_factory=list)
    noted: list[tuple[Notice, Caller]] = field(default_factory=list)
    error: Exception | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event | None = None

    def take(self, envelope: Envelope, image: Image, caller: Caller) -> Taken:
        self.reached.set()
        if self.gate is not None:
            assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        self.taken.append((envelope, image, caller))
        return Taken(created=True)

    def note(self, notice: Notice, caller: Caller) -> None:
        if self.error is not None:
            raise self.error
        self.noted.append((notice, caller))

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Taken:
        if isinstance(self.error, Unavailable):
            raise self.error
        self.refused.append((envelope, reason, caller))
        return Taken(fault=reason.fault)


class House:
    """A running registrar."""

    def __init__(self, tls: ssl.SSLContext | None = None, associations: int = 4) -> None:
        self.images = FakeImages()
        self.counted: list[tuple[str, int, str]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        receiver = Receiver(
            self.images,  # type: ignore[arg-type]
            NETWORK,
            lambda archive, organisation: Caller(f"archive/{archive}", Role.ARCHIVE, organisation),
            lambda archive, status, fault, seconds: self.counted.append((archive, status, fault)),
        )
        self.registrar = Registrar(receiver, self.listener, limits=Limits(associations, 30), tls=tls)
        self.registrar.start()
        self.port = self.listener.getsockname()[1]

    def store(self, *datasets: Dataset, caller: str = "BOLTON_GW", syntax: str = ExplicitVRLittleEndian) -> list[int]:
        """The statuses of a sender's C-STOREs in one association."""
        entity = AE(caller)
        entity.add_requested_context(CTImageStorage, syntax)
        association = entity.associate("127.0.0.1", self.port, ae_title="MPI")
        assert association.is_established
        statuses = [association.send_c_store(image(dataset, syntax)).Status for dataset in datasets]
        association.release()
        return statuses

    def notify(self, attributes: Dataset, caller: str = "BOLTON_GW") -> int:
        """The status of an N-CREATE of an Instance Availability Notification."""
        entity = AE(caller)
        entity.add_requested_context(InstanceAvailabilityNotification)
        association = entity.associate("127.0.0.1", self.port, ae_title="MPI")
        assert association.is_established
        status, _ = association.send_n_create(attributes, InstanceAvailabilityNotification, generate_uid())
        association.release()
        return int(status.Status)

    def stop(self) -> None:
        self.registrar.stop()
        self.listener.close()


def image(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    """A whole image: header, SOP and pixels."""
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=["x", str(id(dataset))])
    dataset.Rows = dataset.Columns = 16
    if syntax != JPEGBaseline8Bit:
        dataset.add_new(0x7FE00010, "OW", bytes(512))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


@pytest.fixture
def house() -> Iterator[House]:
    running = House()
    yield running
    running.stop()


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_an_image_in_any_encoding_is_taken(house: House, syntax: str) -> None:
    assert house.store(header(), syntax=syntax) == [SUCCESS]
    ((envelope, taken, caller),) = house.images.taken
    assert (str(taken.study.patient), taken.study.study_uid) == ("BOLTON|0001027", STUDY)
    assert caller == Caller("archive/gm-vna", Role.ARCHIVE, "R0A")
    assert (envelope.application, envelope.facility, envelope.control_id) == ("BOLTON_GW", "gm-vna", STUDY)
    assert house.counted == [("gm-vna", SUCCESS, "")]


def test_the_header_is_kept_as_a_file_and_the_pixels_are_not(house: House) -> None:
    house.store(header(), syntax=ImplicitVRLittleEndian)
    raw = house.images.taken[0][0].raw
    kept = dcmread(BytesIO(raw))
    assert (kept.PatientID, kept.PatientName, kept.StudyInstanceUID) == ("0001027", header().PatientName, STUDY)
    assert "PixelData" not in kept
    assert "SOPInstanceUID" not in kept
    assert len(raw) < 1000


def test_images_that_say_the_same_are_told_once_an_association(house: House) -> None:
    assert house.store(header(), header(), header(Modality="SR"), header()) == [SUCCESS] * 4
    assert [taken.study.modalities for _, taken, _ in house.images.taken] == [("CT",), ("SR",)]
    house.store(header())
    assert len(house.images.taken) == 3


@pytest.mark.parametrize(
    ("overrides", "fault", "location"),
    [
        ({"PatientID": ""}, Fault.MISSING_FIELD, "(0010,0020)"),
        ({"IssuerOfPatientID": "NOWHERE"}, Fault.UNKNOWN_AUTHORITY, "(0010,0021)"),
        ({"StudyInstanceUID": ""}, Fault.MISSING_FIELD, "(0020,000D)"),
    ],
)
def test_ihe_60_an_image_without_identity_is_quarantined_and_success(
    house: House, overrides: dict[str, str], fault: Fault, location: str
) -> None:
    assert house.store(header(**overrides), header(**overrides)) == [SUCCESS, SUCCESS]
    assert house.images.taken == []
    (first, reason, _), (second, _, _) = house.images.refused
    assert (reason.fault, reason.location) == (fault, location)
    assert (first.control_id, first.raw) == (second.control_id, second.raw), "one question for all images of a study"
    assert first.control_id == (overrides.get("StudyInstanceUID", STUDY) or "no-study-uid")


def test_garbage_about_the_patient_is_handed_on_as_a_flaw(house: House) -> None:
    dataset = header(PatientBirthDate=None)
    dataset.add_new(0x00100030, "LO", "7 March")
    assert house.store(dataset) == [SUCCESS]
    ((_, taken, _),) = house.images.taken
    assert taken.patch is None
    assert taken.flaw is not None
    assert taken.flaw.location == "(0010,0030)"


def test_promise_7_when_the_index_is_down_the_sender_keeps_the_image(house: House) -> None:
    house.images.error = Unavailable("the database is away")
    assert house.store(header(), header(PatientID="")) == [TRY_AGAIN, TRY_AGAIN]
    house.images.error = None
    assert house.store(header()) == [SUCCESS]
    assert [status for _, status, _ in house.counted] == [TRY_AGAIN, TRY_AGAIN, SUCCESS]


def test_a_failure_of_ours_is_kept_and_the_sender_tries_again(house: House) -> None:
    house.images.error = ZeroDivisionError("with a name in it")
    assert house.store(header()) == [TRY_AGAIN]
    ((envelope, reason, _),) = house.images.refused
    assert reason.text == "the receiver failed with ZeroDivisionError"
    assert envelope.control_id == ""


def test_bytes_that_are_no_data_set_are_kept_and_not_understood(house: House) -> None:
    entity = AE("BOLTON_GW")
    entity.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = entity.associate("127.0.0.1", house.port, ae_title="MPI")
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = CTImageStorage, "1.2.3"
    request.DataSet = BytesIO(b"\x08\x00\x05\x00SQ\x00\x00\xff\xff\xff\xffgarbage" * 3)
    association._reactor_checkpoint.clear()
    association.dimse.send_msg(request, association.accepted_contexts[0].context_id)
    _, response = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    association.release()
    assert response is not None
    assert response.Status == CANNOT_UNDERSTAND
    ((envelope, reason, _),) = house.images.refused
    assert (reason.fault, envelope.control_id) == (Fault.MALFORMED, "1.2.3")
    assert envelope.raw.startswith(b"\x08\x00\x05\x00SQ")


def notification(*series: tuple[str, ...], **more: str) -> Dataset:
    """The availabilities of the instances of each series."""
    told = [
        {
            "SeriesInstanceUID": f"{STUDY}.{number}",
            "ReferencedSOPSequence": sequence(
                *(
                    {
                        "ReferencedSOPClassUID": CTImageStorage,
                        "ReferencedSOPInstanceUID": f"{STUDY}.{number}.{at}",
                        "RetrieveAETitle": "GM_VNA",
                        "InstanceAvailability": availability,
                    }
                    for at, availability in enumerate(instances)
                )
            ),
        }
        for number, instances in enumerate(series)
    ]
    basics = {"StudyInstanceUID": STUDY, "ReferencedPerformedProcedureStepSequence": sequence()}
    return item(**(basics | {"ReferencedSeriesSequence": sequence(*told)} | more))


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ([("ONLINE", "ONLINE"), ("ONLINE",)], Availability.ONLINE),
        ([("ONLINE", "NEARLINE"), ("ONLINE",)], Availability.NEARLINE),
        ([("UNAVAILABLE", "OFFLINE")], Availability.OFFLINE),
        ([("UNAVAILABLE",)], Availability.UNAVAILABLE),
    ],
)
def test_ps3_4_annex_r_a_notification_says_how_a_study_can_be_had(
    house: House, series: list[tuple[str, ...]], told: Availability
) -> None:
    """It names no patient, so no image is taken; PS3.4 C.4.1.1.3: a study is as slow as its slowest instance."""
    assert house.notify(notification(*series)) == SUCCESS
    ((notice, caller),) = house.images.noted
    counted = (len(series), sum(map(len, series)))
    assert notice == Notice(STUDY, "gm-vna", Holding(told, "GM_VNA"), *counted)
    assert caller.user == "archive/gm-vna"
    assert (house.images.taken, house.images.refused) == ([], [])
    assert house.counted == [("gm-vna", SUCCESS, "")]


def test_a_notification_that_names_its_patient_registers_the_study(house: House) -> None:
    """IHE-60: by Patient ID and issuer, as of an image; without an issuer that is known it is noted all the same."""
    attributes = notification(
        ("ONLINE",), PatientID="0001027", IssuerOfPatientID="RMC", PatientName="TESTPERSON^Alpha"
    )
    assert house.notify(attributes) == SUCCESS
    ((envelope, taken, _),) = house.images.taken
    assert (str(taken.study.patient), taken.study.study_uid, envelope.event) == ("BOLTON|0001027", STUDY, "N-CREATE")
    attributes.IssuerOfPatientID = "NOWHERE"
    assert house.notify(attributes) == SUCCESS
    ((envelope, reason, _),) = house.images.refused
    assert (reason.fault, envelope.control_id) == (Fault.UNKNOWN_AUTHORITY, STUDY)
    assert len(house.images.noted) == 2


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        (notification(("ONLINE",), StudyInstanceUID=""), MISSING_ATTRIBUTE),
        (notification(("ONLINE",), StudyInstanceUID="1.x"), INVALID_VALUE),
        (notification(), MISSING_ATTRIBUTE),
        (notification(()), MISSING_ATTRIBUTE),
        (notification(("",)), MISSING_ATTRIBUTE),
        (notification(("ONLINE", "SOON")), INVALID_VALUE),
    ],
)
def test_a_notification_that_says_nothing_is_kept_and_refused(house: House, attributes: Dataset, status: int) -> None:
    """PS3.7 annex C: a missing attribute value, an invalid one."""
    assert house.notify(attributes) == status
    assert (len(house.images.refused), house.images.noted) == (1, [])


def test_when_the_index_is_down_a_notification_is_to_be_sent_again(house: House) -> None:
    house.images.error = Unavailable("the database is away")
    assert house.notify(notification(("ONLINE",))) == PROCESSING_FAILURE
    house.images.error = ZeroDivisionError("with a name in it")
    assert house.notify(notification(("ONLINE",))) == PROCESSING_FAILURE
    ((envelope, reason, _),) = house.images.refused
    assert (envelope.event, reason.text) == ("N-CREATE", "the receiver failed with ZeroDivisionError")


def test_only_senders_that_the_network_names_may_call(house: House) -> None:
    stranger = AE("STRANGER")
    stranger.add_requested_context(VERIFICATION)
    assert stranger.associate("127.0.0.1", house.port, ae_title="MPI").is_rejected
    known = AE("BOLTON_GW")
    known.add_requested_context(VERIFICATION)
    association = known.associate("127.0.0.1", house.port, ae_title="MPI")
    assert association.send_c_echo().Status == SUCCESS
    association.release()


def test_whoever_calls_another_title_than_ours_is_rejected(house: House) -> None:
    """PS3.8 9.3.4: a sender whose settings name another application entity does not mean us."""
    known = AE("BOLTON_GW")
    known.add_requested_context(VERIFICATION)
    association = known.associate("127.0.0.1", house.port, ae_title="ANY-SCP")
    assert association.is_rejected
    assert association.acceptor.primitive.diagnostic == 7, "called AE title not recognised"


def test_stopping_answers_what_is_in_hand_and_nothing_new(house: House) -> None:
    house.images.gate = threading.Event()
    statuses: list[int] = []
    sender = threading.Thread(target=lambda: statuses.extend(house.store(header())))
    sender.start()
    assert house.images.reached.wait(20)
    stopped: list[bool] = []
    stopper = threading.Thread(target=lambda: stopped.append(house.registrar.stop()))
    stopper.start()
    house.images.gate.set()
    stopper.join(20)
    sender.join(20)
    assert stopped == [True]
    assert statuses == [SUCCESS]
    assert len(house.images.taken) == 1
    house.listener.close()
    late = AE("BOLTON_GW")
    late.add_requested_context(VERIFICATION)
    assert not late.associate("127.0.0.1", house.port, ae_title="MPI").is_established


def test_sec_4_over_tls_a_client_needs_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.sign("index", address="127.0.0.1")
    house = House(tls=context_of(Credentials(own.cert, own.key, authority.ca)))
    try:
        entity = AE("BOLTON_GW")
        entity.add_requested_context(VERIFICATION)
        nobody, client = authority.client(), authority.client(authority.sign("gateway"))
        anonymous = entity.associate("127.0.0.1", house.port, ae_title="MPI", tls_args=(nobody, "127.0.0.1"))
        assert not anonymous.is_established
        association = entity.associate("127.0.0.1", house.port, ae_title="MPI", tls_args=(client, "127.0.0.1"))
        assert association.send_c_echo().Status == SUCCESS
        association.release()
    finally:
        house.stop()
