"""ITI-83, `$ihe-pix` (IHE-9, IHE-40, IHE-41): 400 source domain, 404 id, 403 target domain."""

from __future__ import annotations

from typing import Any

import pytest

from mpi.domain.identifiers import NHS_SYSTEM, Identifier
from mpi.domain.views import CrossReferences
from mpi.errors import Unavailable
from tests.unit.fhir.fhir_builders import ANN, NORTH, SOUTH_OID, House

N1 = Identifier("north", "N1")
SOUTH = f"urn:oid:{SOUTH_OID}"


def house_knowing(*others: Identifier) -> House:
    house = House()
    house.query.resolutions[N1] = CrossReferences(N1, ANN, others)
    return house


def ask(house: House, who: str = "archive", **params: Any) -> Any:
    return house.call(who, "GET", "/Patient/$ihe-pix", params={"sourceIdentifier": f"{NORTH}|N1"} | params)


def values(response: Any) -> list[str]:
    found = response.json().get("parameter", [])
    return [one["valueIdentifier"]["value"] for one in found if one["name"] == "targetIdentifier"]


def test_ihe_40_identifiers_and_the_golden_patient_without_the_source() -> None:
    response = ask(house_knowing(N1, Identifier("south", "S1"), Identifier("NHS", "9990000018")))
    assert response.status_code == 200
    assert values(response) == ["S1", "9990000018"]
    assert response.json()["parameter"][0]["valueIdentifier"]["system"] == SOUTH
    assert response.json()["parameter"][-1] == {
        "name": "targetId",
        "valueReference": {"reference": f"Patient/{ANN}"},
    }


def test_ihe_40_a_known_id_without_others_is_200_with_no_parameters() -> None:
    response = ask(house_knowing())
    assert (response.status_code, response.json()) == (200, {"resourceType": "Parameters"})


def test_ihe_40_target_systems_select() -> None:
    house = house_knowing(Identifier("south", "S1"), Identifier("NHS", "9990000018"), Identifier("old-north", "7"))
    assert values(ask(house, targetSystem=SOUTH)) == ["S1"]
    assert values(ask(house, targetSystem=[SOUTH, "http://fhir.nhs.net/Id/nhs-number"])) == ["S1", "9990000018"]
    assert ask(house_knowing(Identifier("south", "S1")), targetSystem=NHS_SYSTEM).json() == {
        "resourceType": "Parameters"
    }


@pytest.mark.parametrize(
    ("params", "status", "code", "diagnostics"),
    [
        ({"sourceIdentifier": f"{NORTH}|N9"}, 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        (
            {"sourceIdentifier": "urn:oid:1.2.3|N1"},
            400,
            "code-invalid",
            "sourceIdentifier Assigning Authority not found",
        ),
        ({"targetSystem": [SOUTH, "urn:oid:1.2.3"]}, 403, "code-invalid", "targetSystem not found"),
    ],
)
def test_ihe_41_errors_word_for_word(params: Any, status: int, code: str, diagnostics: str) -> None:
    response = ask(house_knowing(Identifier("south", "S1")), **params)
    assert response.status_code == status
    assert response.json()["issue"] == [{"severity": "error", "code": code, "diagnostics": diagnostics}]


@pytest.mark.parametrize("source", [[], [f"{NORTH}|N1", f"{NORTH}|N1"], "N1", f"{NORTH}|", f"{NORTH}|N\x00"])
def test_the_source_is_exactly_one_token(source: Any) -> None:
    assert ask(house_knowing(), sourceIdentifier=source).status_code == 400


def test_rights_format_and_outage() -> None:
    house = house_knowing()
    assert ask(house, who="north").status_code == 403
    assert ask(house, who="").status_code == 401
    assert ask(house, _format="xml").status_code == 406
    house.query.fails = Unavailable("down")
    assert ask(house).status_code == 503
