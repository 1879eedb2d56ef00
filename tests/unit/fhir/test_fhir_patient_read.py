"""Read of one Patient by golden id (IHE-49)."""

from __future__ import annotations

import pytest

from tests.unit.fhir.fhir_builders import ANN, BEN, GONE, House, person


def test_read_carries_its_version() -> None:
    response = House().call("viewer", "GET", f"/Patient/{ANN}")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["ETag"] == f'W/"{response.json()["meta"]["versionId"]}"'


def test_ihe_49_a_retired_id_is_200_inactive_and_replaced() -> None:
    house = House()
    house.query.people[GONE] = person(requested_id=GONE)
    response = house.call("viewer", "GET", f"/Patient/{GONE}")
    assert (response.status_code, response.json()["active"]) == (200, False)
    assert response.json()["link"][0]["other"]["reference"] == f"Patient/{ANN}"


@pytest.mark.parametrize("golden_id", [str(BEN), "nonsense", "1"])
def test_an_unknown_id_is_404(golden_id: str) -> None:
    response = House().call("viewer", "GET", f"/Patient/{golden_id}")
    assert (response.status_code, response.json()["issue"][0]["code"]) == (404, "not-found")
