"""Neighbours ask a running service by FHIR: whose a patient id is, and which studies there are (IHE-66, IHE-69)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.conftest import StartService
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service
from tests.unit.fhir.fhir_validity import valid

pytestmark = pytest.mark.timeout(240)
PERSON = Patient("TESTPERSON", "Alpha", nhs=nhs_number(31))


@pytest.fixture(scope="module")
def service(new_database: Callable[[], str], start_service: StartService) -> Service:
    return start_service(database_url=new_database())


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
