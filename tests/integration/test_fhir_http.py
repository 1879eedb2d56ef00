"""The FHIR API over a real HTTP server on loopback: routing, threads, headers and bodies as clients meet them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import uvicorn

from mpi.domain.identifiers import Identifier
from mpi.domain.matches import MatchCandidate, MatchGrade
from mpi.domain.views import Resolution, ResolutionState
from mpi.errors import Unavailable
from tests.unit.fhir.fhir_builders import ANN, NORTH, House, patient, person, study
from tests.unit.fhir.fhir_validity import valid

FHIR_JSON = {"Content-Type": "application/fhir+json"}


@pytest.fixture
def house() -> House:
    house = House()
    source = Identifier("north", "N1")
    others = (Identifier("south", "S1"),)
    house.query.resolutions[source] = Resolution(source, ANN, ResolutionState.CERTAIN, others)
    house.query.found = (person(),)
    house.query.candidates = (MatchCandidate(person(), 20.0, 0.99, MatchGrade.CERTAIN, (), "model-1"),)
    return house


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(house.app(), "127.0.0.1", 0, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/fhir", timeout=20) as opened:
        yield opened
    server.should_exit = True
    thread.join(20)


def put(client: httpx.Client, body: Any, value: str = "N1", **headers: str) -> httpx.Response:
    sent = FHIR_JSON | {"Authorization": "north"} | headers
    params = {"identifier": f"{NORTH}|{value}"}
    return client.put("/Patient", params=params, content=json.dumps(body), headers=sent)


def test_ihe_42_feed_create_revise_merge_and_delete(client: httpx.Client, house: House) -> None:
    assert [put(client, patient()).status_code for _ in range(2)] == [201, 200]
    survivor = {"type": "replaced-by", "other": {"identifier": {"system": NORTH, "value": "N2"}}}
    assert put(client, patient(active=False, link=[survivor])).status_code in (200, 201)
    deleted = client.delete("/Patient", params={"identifier": f"{NORTH}|N1"}, headers={"Authorization": "north"})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [type(commands[0]).__name__ for _, commands, _ in house.intake.taken] == [
        "Register",
        "Register",
        "Merge",
        "Delete",
    ]


def test_every_reader_gets_a_valid_resource(client: httpx.Client, house: House) -> None:
    house.imaging.studies["2.25.77"] = study()
    viewer = {"Authorization": "viewer"}
    asked = [
        client.get("/metadata"),
        client.get("/Patient/$ihe-pix", params={"sourceIdentifier": f"{NORTH}|N1"}, headers=viewer),
        client.get("/Patient", params={"family": "Test"}, headers=viewer),
        client.post("/Patient/_search", data={"family": "Test"}, headers=viewer),
        client.get(f"/Patient/{ANN}", headers=viewer),
        client.post("/Patient/$match", content=json.dumps(patient()), headers=viewer | FHIR_JSON),
        client.get("/ImagingStudy", params={"patient": f"Patient/{ANN}"}, headers=viewer),
        client.get("/ImagingStudy/2.25.77", headers=viewer),
    ]
    for response in asked:
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"].startswith("application/fhir+json")
        valid(response.json())


def test_ihe_40_a_pipe_is_read_raw_and_escaped(client: httpx.Client) -> None:
    for token in (f"{NORTH}|N1", f"{NORTH}%7CN1"):
        response = client.get(f"/Patient/$ihe-pix?sourceIdentifier={token}", headers={"Authorization": "archive"})
        assert response.status_code == 200


def test_a_chunked_body_over_a_mebibyte_is_413_without_a_length(client: httpx.Client, house: House) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 15)

    headers = FHIR_JSON | {"Authorization": "north"}
    response = client.put("/Patient", params={"identifier": f"{NORTH}|N1"}, content=chunks(), headers=headers)
    assert response.status_code == 413
    valid(response.json())
    assert house.intake.taken == []


def test_v2_12_an_outage_is_503_with_retry_after_on_every_route(client: httpx.Client, house: House) -> None:
    house.intake.fails = house.query.fails = Unavailable("the database is down")
    viewer = {"Authorization": "viewer"}
    for response in (
        put(client, patient()),
        client.get("/Patient", params={"family": "T"}, headers=viewer),
        client.get(f"/Patient/{ANN}", headers=viewer),
        client.get("/Patient/$ihe-pix", params={"sourceIdentifier": f"{NORTH}|N1"}, headers=viewer),
        client.post("/Patient/$match", content=json.dumps(patient()), headers=viewer | FHIR_JSON),
    ):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        valid(response.json())


def test_errors_are_outcomes_whatever_was_asked(client: httpx.Client) -> None:
    for response in (
        client.get("/Patient"),
        client.get("/Nothing/here"),
        client.request("PATCH", "/Patient"),
        client.put("/Patient", content=b"<Patient/>", headers={"Authorization": "north"}),
    ):
        assert response.status_code >= 400
        assert valid(response.json())["resourceType"] == "OperationOutcome"


def test_ihe_10_concurrent_feeds_and_queries_are_all_answered(client: httpx.Client, house: House) -> None:
    def one(number: int) -> int:
        if number % 2:
            listed = [{"system": NORTH, "value": f"N{number}"}]
            return put(client, patient(identifier=listed), f"N{number}").status_code
        return client.get("/Patient", params={"family": "T"}, headers={"Authorization": "viewer"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(64))) == {200, 201}
    assert len(house.intake.taken) == 32
