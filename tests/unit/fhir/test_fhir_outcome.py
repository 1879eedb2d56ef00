"""Every error is an OperationOutcome with a failing status; the CapabilityStatement tells what the routes do."""

from __future__ import annotations

import json

import pytest

from adapters.fhir.capability import capability_statement
from adapters.fhir.outcome import Rejected, answer
from adapters.fhir.terminology import FAULTS
from mpi.errors import Conflict, Fault, Forbidden, MpiError, NotFound, Refused, SettingsError, Unavailable
from tests.unit.fhir.fhir_builders import ADDRESSES, NOW, House
from tests.unit.fhir.fhir_validity import valid

ERRORS: list[tuple[MpiError | Rejected, int, str]] = [
    *((Refused(fault, "why"), *FAULTS[fault]) for fault in Fault),
    (Forbidden("not you"), 403, "forbidden"),
    (NotFound("nobody"), 404, "not-found"),
    (Conflict("read again"), 409, "conflict"),
    (Unavailable("down"), 503, "transient"),
    (SettingsError("odd"), 500, "exception"),
    (Rejected(406, "not-supported", "json only"), 406, "not-supported"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
def test_every_error_is_a_valid_outcome_and_no_success(error: MpiError | Rejected, status: int, code: str) -> None:
    response = answer(error)
    assert response.status_code == status >= 400
    outcome = valid(json.loads(bytes(response.body)))
    assert outcome["issue"][0]["code"] == code


def test_every_fault_has_an_answer() -> None:
    assert set(FAULTS) == set(Fault)


def test_bad_search_parameters_are_400_where_bad_content_is_422() -> None:
    error = Refused(Fault.BAD_VALUE, "why")
    assert (answer(error).status_code, answer(error, query=True).status_code) == (422, 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/Observation"), ("PUT", "/Patient/1"), ("POST", "/Patient"), ("PATCH", "/Patient"), ("GET", "/x/y/z")],
)
def test_what_is_not_served_is_an_outcome_too(method: str, path: str) -> None:
    response = House().call("viewer", method, path)
    assert (response.status_code, response.json()["issue"][0]["code"]) == (404, "not-supported")


def test_ihe_42_the_capability_statement_declares_conditional_update_and_delete() -> None:
    response = House().call("", "GET", "/metadata")
    assert response.status_code == 200
    patient, study, *_ = response.json()["rest"][0]["resource"]
    assert (patient["conditionalUpdate"], patient["conditionalDelete"]) == (True, "single")
    assert {one["name"] for one in patient["operation"]} == {"match", "ihe-pix", "resolve"}
    assert {"_id", "active", "family", "given", "identifier", "telecom", "birthdate", "address", "gender"} <= {
        one["name"] for one in patient["searchParam"]
    }
    assert {one["code"] for one in study["interaction"]} == {"create", "read", "search-type"}


def test_the_capability_statement_tells_every_route_and_no_other() -> None:
    paths = {"read": ("GET", "/1"), "search-type": ("GET", ""), "create": ("POST", "")}
    paths |= {"update": ("PUT", ""), "delete": ("DELETE", "")}
    told: set[tuple[str, str]] = set()
    for resource in valid(capability_statement(ADDRESSES, NOW))["rest"][0]["resource"]:
        kind = resource["type"]
        if kind == "OperationDefinition":  # open to all
            continue
        told |= {(paths[one["code"]][0], kind + paths[one["code"]][1]) for one in resource["interaction"]}
    told |= {("GET", "Patient/$ihe-pix"), ("POST", "Patient/$match"), ("POST", "Patient/_search")}
    told |= {("POST", "Patient/$resolve"), ("POST", "DocumentReference/_search")}
    # A GET of an operation that only takes POST reads a Patient of that id: there is none.
    asked = {path for _, path in told}
    served = {(method, path) for path in asked for method in METHODS if _is_served(method, path)}
    reads = {("GET", f"Patient/{name}") for name in ("$match", "$resolve", "_search")}
    assert served - reads - {("GET", "DocumentReference/_search")} == told


METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def _is_served(method: str, path: str) -> bool:
    # Without a caller every interaction that exists is 401, and what does not exist is told to anybody.
    return House().call("", method, f"/{path}").status_code == 401
