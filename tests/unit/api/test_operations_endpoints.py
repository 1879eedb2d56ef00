"""Health, metrics and the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request

from mpi.api.operations import is_local
from mpi.domain.access import Role
from mpi.errors import Unavailable
from tests.unit.api.loopback import Live, as_problem

PROXIED = {"X-Forwarded-For": "10.1.2.3"}


def test_live_needs_no_token(live: Live) -> None:
    assert live.call("GET", "/health/live", None).json() == {"status": "live", "reasons": []}


def test_ready_says_why_not(live: Live) -> None:
    assert live.call("GET", "/health/ready", None).json() == {"status": "ready", "reasons": []}
    live.house.reasons.append("the database does not answer")
    answer = live.call("GET", "/health/ready", None)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json() == {"status": "unready", "reasons": ["the database does not answer"]}


def test_metrics_are_for_this_machine(live: Live) -> None:
    answer = live.call("GET", "/metrics", None)
    assert (answer.status_code, answer.text) == (200, "mpi_up 1\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_behind_a_proxy_metrics_need_the_right_to_operate(live: Live) -> None:
    assert as_problem(live.call("GET", "/metrics", None, PROXIED)) == (401, "unauthenticated")
    assert as_problem(live.call("GET", "/metrics", Role.ARCHIVE, PROXIED)) == (403, "forbidden")
    assert live.call("GET", "/metrics", Role.ADMINISTRATOR, PROXIED).status_code == 200


@pytest.mark.parametrize(
    ("client", "local"),
    [
        (("127.0.0.1", 1), True),
        (("127.9.9.9", 1), True),
        (("::1", 1), True),
        (("10.0.0.1", 1), False),
        (("x", 1), False),
        (None, False),
    ],
)
def test_only_loopback_is_local(client: tuple[str, int] | None, local: bool) -> None:
    assert is_local(Request({"type": "http", "headers": [], "client": client})) is local


def test_each_request_is_observed_by_its_route_template(live: Live) -> None:
    """Metrics by template: an identifier in a path must not become a label."""
    live.call("GET", "/v1/studies/1.2.3")
    live.house.faults.next = Unavailable("busy")
    live.call("GET", "/v1/tasks/3")
    live.call("GET", "/nowhere/1234567")
    seen = [(method, route, status) for method, route, status, _ in live.house.observed]
    assert seen == [("GET", "/v1/studies/{study_uid}", 200), ("GET", "/v1/tasks/{task_id}", 503), ("GET", "", 404)]
    assert all(0 < seconds < 5 for *_, seconds in live.house.observed)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


@pytest.fixture
def document(live: Live) -> Any:
    return live.call("GET", "/openapi.json", None).json()


def test_the_document_is_openapi_3_1_and_every_reference_in_it_resolves(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for reference in re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', str(document).replace("'", '"')):
        assert reference in document["components"]["schemas"]


def test_every_operation_is_described_and_has_its_own_id(document: dict[str, Any]) -> None:
    every = list(operations(document))
    assert len({operation["operationId"] for _, operation in every}) == len(every) == 59
    for name, operation in every:
        assert operation["description"], name
        assert operation["tags"], name


def test_every_secured_operation_says_so_and_tells_its_failures(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if " /v1/" not in name:
            continue
        assert operation["security"] == [{"HTTPBearer": []}], name
        failures = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
        assert {"401", "403", "422", "500", "503"} <= failures.keys(), name
        assert all(list(r["content"]) == ["application/problem+json"] for r in failures.values()), name
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= failures.keys(), name


def test_the_secret_of_a_subscription_is_write_only(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["SubscriptionRequest"]["properties"]["secret"]["writeOnly"] is True
    assert "secret" not in schemas["SubscriptionJson"]["properties"]


def test_the_documented_examples_are_accepted(live: Live, document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/resolve"]["post"]["requestBody"]["content"]["application/json"]
    assert len(body["examples"]) == 3
    for example in body["examples"].values():
        assert live.call("POST", "/v1/resolve", Role.ARCHIVE, json=example["value"]).status_code == 200


def test_every_nhs_number_in_the_document_is_a_valid_test_number(document: dict[str, Any]) -> None:
    """NHS-1, NHS-5: mod-11 in the 9xx range."""
    numbers = set(re.findall(r"'(\d{10})'", str(document)))
    assert numbers
    for number in numbers:
        assert number.startswith("9")
        check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(number[:9])) % 11
        assert int(number[9]) == check % 11


def test_no_page_loads_anything_from_elsewhere(live: Live) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert live.call("GET", path).status_code == 404


def test_ihe_24_a_stopped_consumer_is_told_while_the_instance_serves(live: Live) -> None:
    """An alarm is no reason to take the instance out of service."""
    told = ["ris/ITI-10 is stopped with 2 events waiting: the consumer answered AE"]
    live.house.warnings += told
    response = live.call("GET", "/health/ready", None)
    assert (response.status_code, response.json()) == (200, {"status": "ready", "reasons": [], "warnings": told})
