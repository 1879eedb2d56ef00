"""Messages that were refused, over the real adapters, each of a patient of its own."""

from __future__ import annotations

import json
from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

from adapters.hl7v2.receive import Receiver
from mpi.domain.commands import Envelope
from mpi.errors import Fault, Refused
from mpi.main.speaking import caller_of, caller_of_archive, new_id
from mpi.usecases.imaging.images import Images
from tests.browser.served import Served
from tests.integration.core.world import ADMINISTRATOR


def newest(served: Served) -> int:
    return served.world.index.quarantine.list(ADMINISTRATOR, limit=1).messages[0].id


def hl7(
    served: Served, authority: str = "BOLTN", sender: str = "RMC", family: str = "Okonkwo", extra: str = ""
) -> int:
    """An A28 whose PID-3 names an issuer that nobody knows, unless said otherwise."""
    number = served.number()
    lines = (
        f"MSH|^~\\&|PAS|{sender}|MPI|GM|20240301120000||ADT^A28|Q{number}|P|2.4",
        "EVN||20240301120000",
        f"PID|1||{number}^^^{authority}^PI||{family}^Adaeze^^^Mrs||19610307|F|||12 Ladybarn Lane^^Manchester^^M13 9WL"
        f"||0161 496 0{number % 1000:03}",
        "PV1||N",
        *([extra] if extra else []),
        "",
    )
    world = served.world
    receiver = Receiver(world.intake, world.index.network, caller_of, world.index.clock.now, new_id)
    receiver.handle("\r".join(lines).encode())
    return newest(served)


def fhir(served: Served) -> int:
    """A Patient whose date of birth is none, as its feed put it."""
    feed = served.world.index.network.feed_by_id["bolton"]
    body = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:x", "value": str(served.number())}],
        "birthDate": "1961-13-41",
    }
    raw = b"PUT Patient?identifier=urn:x|1\n" + json.dumps(body).encode()
    sent = Envelope("bolton", "PAS", "RMC", f"F{served.number()}", "ITI-104 PUT", raw)
    served.world.intake.refuse(
        sent, Refused(Fault.BAD_VALUE, "a date is written YYYY-MM-DD", "Patient.birthDate"), caller_of(feed)
    )
    return newest(served)


def image(served: Served) -> int:
    """The header of an image whose issuer nobody knows."""
    header = Dataset()
    header.PatientName = "OKONKWO^ADAEZE"
    header.PatientID = str(served.number())
    header.IssuerOfPatientID = "NOBODY"
    header.StudyInstanceUID = f"1.2.{served.number()}"
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = BytesIO()
    dcmwrite(buffer, header, enforce_file_format=False)
    raw = bytes(128) + b"DICM" + buffer.getvalue().removeprefix(bytes(128) + b"DICM")
    index = served.world.index
    reason = Refused(Fault.UNKNOWN_AUTHORITY, "issuer 'NOBODY' is not in this network", "(0010,0021)")
    sent = Envelope("", "BOL_CT1", "", f"1.3.{served.number()}", "C-STORE", raw)
    Images(index.units, index.rematch, index.clock).refuse(sent, reason, caller_of_archive("", "RMC"))
    return newest(served)
