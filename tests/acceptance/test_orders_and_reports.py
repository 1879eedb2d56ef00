"""An examination from its order to its corrected patient, over every port (issue 5.1 and 5.4, promises 1, 4, 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import verify
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service, wait_for
from tests.acceptance.webhook_listener import SECRET, Listener, listening

PERSON = Patient("BRAMHALL", "Philippa", nhs=nhs_number(41))
TRAUMA = Patient("ZULU", "Tango", born="19800101", line="", postcode="", phone="")
UID = "1.2.826.0.1.3680043.2.1125.41"

pytestmark = pytest.mark.timeout(120)
_serials = count(1)


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def service(start_service: StartService, database: str) -> Service:
    return start_service(database_url=database, workers=2)


@pytest.fixture(scope="module")
def region(service: Service, network: Network) -> Iterator[Region]:
    asked = Region(service, network)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def listener(region: Region) -> Iterator[Listener]:
    with listening() as listener:
        wanted = {"url": listener.url, "secret": SECRET, "modalities": ["CT"], "body_sites": ["CHEST"]}
        ok(region.as_("archive").post("/v1/subscriptions", json=wanted))
        yield listener


def ris(event: str, patient: str, at: str, *segments: str) -> bytes:
    """A message of Bolton's radiology system."""
    msh = f"MSH|^~\\&|BOLRIS|RMC|MPI|GM|{at}||{event}|RIS{next(_serials):06d}|P|2.4"
    return ("\r".join((msh, f"PID|1||{patient}^^^RMC^PI||BRAMHALL^PHILIPPA", *segments)) + "\r").encode()


def send(service: Service, message: bytes, expected: str = "AA") -> None:
    with service.mllp() as client:
        assert code_of(client.send(message)) == expected


def orders(region: Region, identifier: str, **wanted: object) -> list[dict[str, Any]]:
    page = ok(region.as_("viewer").get(f"/v1/people/{region.golden(identifier)}/orders", params=wanted))
    assert page["total"] == len(page["orders"])
    return list(page["orders"])


def studies(region: Region, identifier: str) -> list[dict[str, Any]]:
    return list(ok(region.as_("viewer").get("/v1/imaging", params={"identifier": identifier}))["studies"])


def test_from_order_to_report_to_merge(service: Service, region: Region, listener: Listener, database: str) -> None:
    send(service, adt("bolton", "A28", "B1", PERSON))
    send(service, adt("mft", "A28", "M1", PERSON))
    send(service, adt("bolton", "A04", "T1", TRAUMA))  # who comes by ambulance, and is B1

    # Ordered and scheduled: awaited in the history of whoever T1 is.
    obr = "OBR|1|P1|F1|CCHES^CT Thorax^99BOL|||||||||||^^^CHEST|||A1||||||CT"
    planned = "|" * 12 + "20260305090000"
    send(service, ris("ORM^O01", "T1", "20260301130000", "ORC|NW|P1", obr.replace("|F1|", "||")))
    send(service, ris("ORM^O01", "T1", "20260301140000", "ORC|SC|P1|F1||SC", obr + planned, f"ZDS|{UID}"))
    (ordered,) = orders(region, "BOLTON|T1", awaited=True)
    assert (ordered["status"], ordered["study_uid"], ordered["stored"]) == ("scheduled", UID, False)
    assert (ordered["filler"], ordered["placer"], ordered["accession"]) == ("F1", "P1", "A1")
    assert (ordered["starts_at"], ordered["organisation"]) == ("2026-03-05T09:00:00Z", "RMC")

    # Its images are stored: the same entry, not awaited any more.
    region.register_study("BOLTON|T1", UID, body_site="CHEST", accession="A1")
    assert orders(region, "BOLTON|T1", awaited=True) == []
    (study,) = studies(region, "BOLTON|T1")
    assert (study["order"], study["report_status"]) == (ordered["id"], None)

    # Reported: final, and a preliminary report that comes late does not undo it.
    report = "OBR|1|P1|F1|CCHES^CT Thorax^99BOL|||20260305091500|||||||||||A1||||{}||CT|{}"
    text = "OBX|1|TX|R^Report^99BOL||Nothing of this is kept||||||F"
    send(service, ris("ORU^R01", "T1", "20260306110000", report.format("20260306105500", "F"), text))
    send(service, ris("ORU^R01", "T1", "20260306120000", report.format("20260305120000", "P"), text))
    assert [s["report_status"] for s in studies(region, "BOLTON|T1")] == ["final"]

    # A40: order and study follow, to the histories by every identifier of the person.
    alone = region.golden("BOLTON|T1")
    send(service, adt("bolton", "A40", "B1", Patient("", ""), prior="T1"))
    for identifier in ("BOLTON|B1", "BOLTON|T1", "MFT|M1"):
        assert [s["report_status"] for s in studies(region, identifier)] == ["final"]
        assert [(o["id"], o["stored"]) for o in orders(region, identifier)] == [(ordered["id"], True)]
    retired = ok(region.as_("viewer").get(f"/v1/people/{alone}/orders"))
    assert (retired["golden_id"], retired["total"]) == (region.golden("BOLTON|B1"), 1)

    # Corrected under the surviving number: still the one order.
    send(service, ris("ORU^R01", "B1", "20260307090000", report.format("20260307085500", "C"), text))
    assert [(o["id"], o["report_status"]) for o in orders(region, "MFT|M1")] == [(ordered["id"], "corrected")]

    # The same in FHIR, to whoever asks with an identifier of another trust (IHE-65, IHE-66).
    for kind, path, status in (
        ("ServiceRequest", "status", "completed"),
        ("DiagnosticReport", "status", "corrected"),
        ("DocumentReference", "docStatus", "amended"),
        ("ImagingStudy", "status", "available"),
    ):
        found = region.fhir(kind, "MFT|M1")
        assert [one[path] for one in found] == [status]
        based = found[0].get("basedOn") or found[0].get("context", {}).get("related", ())
        mine = kind == "ServiceRequest" and found[0]["id"] == str(ordered["id"])
        assert mine or f"ServiceRequest/{ordered['id']}" in [one["reference"] for one in based]
    assert region.fhir("ServiceRequest", "MFT|M1", identifier="F1") != []
    assert region.fhir("ServiceRequest", "MFT|M1", status="revoked") == []

    # Taken back: both stay with T1, as they were.
    (merge,) = [made for made in region.assertions("BOLTON|T1") if made["subsumed"]]
    region.withdraw(merge["id"])
    assert [s["report_status"] for s in studies(region, "BOLTON|T1")] == ["final"]
    assert studies(region, "BOLTON|B1") == []
    assert verify(database).differences == ()

    reports = [("report-changed", "final"), ("report-changed", "corrected")]
    wait_for(lambda: [one for one in told(listener) if one[0] == "report-changed"] == reports, "reports told")
    assert [kind for kind, _ in told(listener)][:3] == ["study-ordered", "order-changed", "study-registered"]


def told(listener: Listener) -> list[tuple[str, str]]:
    return [(event["type"], event.get("order", {}).get("report_status", "")) for event in listener.events]


def test_a_feed_that_has_not_opted_in_and_a_ris_that_describes_patients_are_refused(service: Service) -> None:
    """V2-13, V2-49."""
    order = ris("ORM^O01", "B1", "20260301130000", "ORC|NW|P9")
    send(service, order.replace(b"BOLRIS", b"BOLPAS"), "AR")
    send(service, ris("ADT^A28", "B1", "20260301130000"), "AR")
