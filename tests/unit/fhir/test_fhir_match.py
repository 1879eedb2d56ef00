"""ITI-119, `$match` (IHE-44 to IHE-46)."""

from __future__ import annotations

from typing import Any

import pytest

from linkage.record import Name, NameUse
from mpi.domain.matches import MatchCandidate, MatchGrade
from mpi.errors import Unavailable
from tests.unit.fhir.fhir_builders import ANN, BEN, House, patient, person

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"


def candidate(golden_id: Any, probability: float, grade: MatchGrade) -> MatchCandidate:
    return MatchCandidate(person(golden_id), 20.0, probability, grade, ("because",), "model-1")


def parameters(**given: Any) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [{"name": "resource", "resource": patient()}]
    listed += [{"name": name} | value for name, value in given.items()]
    return {"resourceType": "Parameters", "parameter": listed}


def ask(house: House, body: Any, who: str = "viewer") -> Any:
    return house.call(who, "POST", "/Patient/$match", json=body)


def test_ihe_44_a_bundle_best_first_with_score_and_grade_on_each() -> None:
    house = House()
    house.query.candidates = (candidate(ANN, 0.9999999, MatchGrade.CERTAIN), candidate(BEN, 0.4, MatchGrade.POSSIBLE))
    response = ask(house, parameters())
    assert response.status_code == 200
    bundle = response.json()
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", 2)
    first, second = bundle["entry"]
    assert first["search"] == {
        "extension": [{"url": GRADE, "valueCode": "certain"}],
        "mode": "match",
        "score": 1.0,
    }
    assert (second["search"]["score"], second["search"]["extension"][0]["valueCode"]) == (0.4, "possible")
    assert first["fullUrl"] == f"https://mpi.example/fhir/Patient/{ANN}"


def test_ihe_44_a_bare_patient_asks_the_same_as_parameters() -> None:
    house = House()
    ask(house, patient())
    ask(house, parameters())
    bare, wrapped = house.query.matches
    assert bare == wrapped
    demographics, count, only_certain = bare
    assert demographics.names == (Name("Testpatient", "Ann", "Beth", "Ms", use=NameUse.OFFICIAL),)
    assert (demographics.nhs_number, count, only_certain) == ("9990000018", 10, False)


def test_ihe_45_only_certain_and_count_are_passed_on_and_count_cuts() -> None:
    house = House()
    house.query.candidates = (candidate(ANN, 0.9, MatchGrade.CERTAIN), candidate(BEN, 0.8, MatchGrade.CERTAIN))
    asked = parameters(onlyCertainMatches={"valueBoolean": True}, count={"valueInteger": 1})
    response = ask(house, asked)
    assert house.query.matches[-1][1:] == (1, True)
    assert [one["resource"]["id"] for one in response.json()["entry"]] == [str(ANN)]


def test_ihe_45_no_match_is_200_and_empty() -> None:
    response = ask(House(), parameters(onlyCertainMatches={"valueBoolean": True}))
    assert (response.status_code, response.json()["total"]) == (200, 0)
    assert "entry" not in response.json()


def test_sec_6_count_has_a_ceiling() -> None:
    house = House()
    ask(house, parameters(count={"valueInteger": 100_000}))
    assert house.query.matches[-1][1] == 50


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resourceType": "Parameters"}, 422),
        ({"resourceType": "Parameters", "parameter": [{"name": "resource", "valueString": "x"}]}, 422),
        (parameters(count={"valueInteger": 0}), 422),
        (parameters(count={"valueInteger": True}), 422),
        (parameters(onlyCertainMatches={"valueBoolean": "yes"}), 422),
        (patient(gender="F"), 422),
        ({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient(gender="F")}]}, 422),
        ({"resourceType": "Bundle", "type": "searchset"}, 422),
        ([], 400),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused_and_not_quarantined(body: Any, status: int) -> None:
    house = House()
    assert ask(house, body).status_code == status
    assert house.intake.quarantined == []


def test_rights_and_outage() -> None:
    house = House()
    assert ask(house, patient(), who="archive").status_code == 403
    house.query.fails = Unavailable("down")
    assert ask(house, patient()).status_code == 503
