"""Neighbours ask a running service by FHIR: whose a patient id is, and which studies there are (IHE-66, IHE-69)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import InstanceAvailabilityNotification

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.conftest import StartService
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service, wait_for
from tests.acceptance.webhook_listener import SECRET, listening
from tests.unit.dicom.dicom_builders import item, sequence
from tests.unit.fhir.fhir_validity import valid

pytestmark = pytest.mark.timeout(240)
PERSON = Patient("TESTPERSON", "Alpha", nhs=nhs_number(31))


@pytest.fixture(scope="module")
def service(new_database: Callable[[], str], start_service: StartService) -> Service:
    return start_service(database_url=new_database(), dicom_port=0)


@pytest.fixture(scope="module")
def region(service: Service, network: Network) -> Iterator[Region]:
    with service.mllp() as client:
        for feed, value in (("bolton", "B1"), ("bolton", "B2"), ("stockport", "S1")):
            assert code_of(client.send(adt(feed, "A28", value, PERSON))) == "AA"
        assert code_of(client.send(adt("bolton", "A40", "B1", Patient("", ""), prior="B2"))) == "AA"
    region = Region(service, network)
    for number, identifier in enumerate(("BOLTON|B1", "STOCKPORT|S1")):
        region.register_study(identifier, f"1.2.826.{number}", started_at=f"2026-03-0{number + 1}T10:00:00Z")
    yield region
    region.close()


def documents(region: Region, **whose: str) -> Any:
    asked = {name.replace("_", "."): value for name, value in whose.items()} | {"status": "current"}
    return valid(ok(region.as_("viewer").get("/fhir/DocumentReference", params=asked)))


def test_ihe_69_fhir_resolves_as_the_native_api_does(region: Region, network: Network) -> None:
    """A known id, a merged one, and one that nobody has named."""
    asked = [("BOLTON", "B1"), ("BOLTON", "B2"), ("STOCKPORT", "NEW")]
    requests = [
        {"name": "request", "part": [{"name": "issuer", "valueString": a}, {"name": "patientId", "valueString": v}]}
        for a, v in asked
    ]
    body = json.dumps({"resourceType": "Parameters", "parameter": requests})
    headers = {"Content-Type": "application/fhir+json"}
    told = valid(ok(region.as_("archive").post("/fhir/Patient/$resolve", content=body, headers=headers)))
    for (authority, value), result in zip(asked, told["parameter"], strict=True):
        native = region.resolve(f"{authority}|{value}")
        parts = {part["name"]: part for part in result["part"]}
        assert parts["golden"]["valueReference"]["reference"] == f"Patient/{native['golden_id']}"
        assert parts["state"]["valueCode"] == native["state"]
        others = [one["valueIdentifier"]["value"] for one in result["part"] if one["name"] == "crossReference"]
        assert others == [one["value"] for one in native["identifiers"]]
        assert ("subsumedBy" in parts) == (native["subsumed_by"] is not None)
        inner = {part["name"]: part for part in parts["coercion"]["part"]}
        attributes = json.loads(base64.b64decode(inner["attributes"]["valueAttachment"]["data"]))
        assert attributes == native["coercion"]["attributes"]


def test_ihe_66_the_survivor_has_the_whole_chain_and_the_merged_id_nothing(region: Region, network: Network) -> None:
    system = network.authority_by_id["BOLTON"].system
    found = documents(region, patient_identifier=f"{system}|B1")
    assert [one["resource"]["id"] for one in found["entry"]] == ["1.2.826.1", "1.2.826.0"]
    golden = found["entry"][0]["resource"]["subject"]["reference"]
    assert documents(region, patient=golden)["total"] == 2
    assert documents(region, patient_identifier=f"{system}|B2")["total"] == 0
    assert found["entry"][0]["resource"]["content"][0]["attachment"]["url"].endswith("/1.2.826.1")


def test_an_ai_package_is_told_of_its_studies_with_the_person_behind_them(service: Service, region: Region) -> None:
    """Registered, and then of another person: the golden id and every id known, within a real delivery."""
    with listening() as ai, listening() as other:
        for listener, site in ((ai, "HEAD"), (other, "KNEE")):
            wanted = {"url": listener.url, "secret": SECRET, "modalities": ["ct"], "body_sites": [site]}
            ok(region.as_("archive").post("/v1/subscriptions", json=wanted))
        region.register_study("STOCKPORT|S7", "1.2.826.7", body_site="Head", accession="A7")
        wait_for(lambda: ai.events, "the AI package is told")
        told = ai.events[0]
        assert (told["type"], told["new_golden_ids"]) == ("study-registered", [region.golden("STOCKPORT|S7")])
        (details,) = told["study_details"]
        assert (details["study_uid"], details["body_site"], details["accession"]) == ("1.2.826.7", "Head", "A7")
        with service.mllp() as client:
            assert code_of(client.send(adt("stockport", "A40", "S1", Patient("", ""), prior="S7"))) == "AA"
        wait_for(lambda: len(ai.events) > 1, "the AI package is told of the merge")
        told = ai.events[1]
        assert told["old_golden_ids"] == ai.events[0]["new_golden_ids"]
        assert told["new_golden_ids"] == [region.golden("STOCKPORT|S1")]
        assert [one["study_uid"] for one in told["study_details"]] == ["1.2.826.7"]
        assert {"authority": "BOLTON", "value": "B1"} in told["cross_references"]
        assert (ai.forged, other.events) == (0, [])


def test_ps3_4_annex_r_how_a_study_can_be_had_is_told(service: Service, region: Region) -> None:
    """By the history, and by QIDO-RS as Instance Availability and Retrieve AE Title."""
    entity = AE("BOLTON_GW")
    entity.add_requested_context(InstanceAvailabilityNotification)
    association = entity.associate(*service.dicom, ae_title="MPI")
    instance = {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "ReferencedSOPInstanceUID": "1.2.826.0.1.1"}
    instance |= {"RetrieveAETitle": "GM_VNA", "InstanceAvailability": "NEARLINE"}
    series = {"SeriesInstanceUID": "1.2.826.0.1", "ReferencedSOPSequence": sequence(instance)}
    notice = item(StudyInstanceUID="1.2.826.0", ReferencedSeriesSequence=sequence(series))
    status, _ = association.send_n_create(notice, InstanceAvailabilityNotification, generate_uid())
    association.release()
    assert status.Status == 0
    study = ok(region.as_("viewer").get("/v1/studies/1.2.826.0"))["study"]
    assert (study["availability"], study["retrieve_ae_title"]) == ("NEARLINE", "GM_VNA")
    (shown,) = ok(region.as_("viewer").get("/dicom-web/studies", params={"StudyInstanceUID": "1.2.826.0"}))
    assert (shown["00080056"]["Value"], shown["00080054"]["Value"]) == (["NEARLINE"], ["GM_VNA"])
