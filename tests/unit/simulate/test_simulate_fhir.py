"""The FHIR feed: valid UK Core Patients, addressed by their own identifier."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.patient import Patient

from mpi.domain.identifiers import NHS_SYSTEM
from mpi.domain.network import Protocol
from mpi.simulate import SimMessage

SYSTEM = "https://fhir.christie.example/Id/patient-number"


@pytest.fixture(scope="module")
def puts(told: list[SimMessage]) -> list[SimMessage]:
    return [message for message in told if message.protocol is Protocol.FHIR]


def resource(message: SimMessage) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(message.body)
    return made


def test_every_resource_validates_as_r4_patient(puts: list[SimMessage]) -> None:
    assert len(puts) > 1000
    for message in puts:
        assert Patient.model_validate_json(message.body).get_resource_type() == "Patient"


def test_ihe_42_the_query_is_the_patients_own_identifier(puts: list[SimMessage]) -> None:
    for message in puts:
        system, _, value = message.query.partition("|")
        assert system == SYSTEM
        assert {"system": system, "value": value}.items() <= resource(message)["identifier"][0].items()
        assert message.kind == "PUT"


def test_ihe_42_a_merge_puts_the_subsumed_patient_inactive(puts: list[SimMessage]) -> None:
    merges = [m for m in puts if m.act == "merge"]
    assert merges
    for message in merges:
        survivor, prior = message.identifiers
        patient = resource(message)
        assert patient["active"] is False
        assert message.query == f"{SYSTEM}|{prior.value}"
        link = patient["link"][0]
        assert link["type"] == "replaced-by"
        assert link["other"]["identifier"] == {"system": SYSTEM, "value": survivor.value}


def test_nhs_9_status_stands_on_the_nhs_number(puts: list[SimMessage]) -> None:
    numbers = [i for m in puts for i in resource(m)["identifier"] if i["system"] == NHS_SYSTEM]
    assert len(numbers) > 1000
    codes = [n["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] for n in numbers]
    assert codes.count("01") > 0.85 * len(codes)
    assert set(codes) <= {"01", "02", "03", "04", "06"}


def test_a_patient_feed_tells_neither_links_nor_visits(puts: list[SimMessage]) -> None:
    assert {m.act for m in puts} <= {
        "register", "update", "naming", "overlay", "correction", "merge", "death", "death-noted", "death-retracted",
    }  # fmt: skip


def test_a_death_is_a_date(puts: list[SimMessage]) -> None:
    deaths = [m for m in puts if m.act == "death-noted"]
    assert deaths
    assert all(len(resource(m)["deceasedDateTime"]) == 10 for m in deaths)
