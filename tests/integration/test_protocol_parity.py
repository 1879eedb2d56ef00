"""The state after any message equals the state after the same fact by FHIR: two databases, one story, two tongues."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.fhir.router import router as fhir_router
from adapters.hl7v2.receive import Receiver
from linkage.model import Model
from mpi.domain.access import Caller, Role
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_OID, NHS_SYSTEM, Identifier
from mpi.domain.network import Authority, Feed, Network, Organisation, Protocol
from mpi.embedded import create_database, drop_database
from mpi.main.index import compose
from tests.acceptance.index_state import read_state
from tests.conftest import TEMPLATE
from tests.integration.core.world import World, nhs
from tests.integration.two_tongues import NULL, SYSTEMS, Fact, Gone, Merged, Tell, as_fhir, as_hl7, told_at
from tests.unit.hl7v2.wire_builders import fields

_OWN = ("BOL", "BOLRIS")
NETWORK = Network(
    "two-tongues",
    "One PAS that speaks both",
    (Organisation("RMC", "Bolton"),),
    (
        Authority(NHS_AUTHORITY, "NHS number", "X26", ("NHS",), NHS_OID, NHS_SYSTEM),
        *(Authority(name, name, "RMC", (name,), system=SYSTEMS[name]) for name in _OWN),
    ),
    (
        Feed("by-hl7", "RMC", Protocol.MLLP, "PAS", "RMC", _OWN),
        Feed("by-fhir", "RMC", Protocol.FHIR, "PAS", "RMC", _OWN),
    ),
)


class Tongues:
    """Two indexes, one told by each."""

    def __init__(self, hl7: World, fhir: World, urls: tuple[str, str]) -> None:
        self.hl7, self.fhir, self.urls = hl7, fhir, urls
        self._now = told_at(0)
        self._receiver = Receiver(self.hl7.intake, NETWORK, _caller, self._clock, lambda: "ACK")
        self._app = FastAPI()
        routes = fhir_router(
            intake=self.fhir.intake,
            query=self.fhir.query,
            imaging=self.fhir.imaging,
            resolve=self.fhir.resolving,
            network=NETWORK,
            caller_of=lambda request: _caller(NETWORK.feeds[1]),
            clock=self._clock,
            base_url="http://mpi/fhir",
        )
        self._app.include_router(routes)

    def tell(self, story: list[Fact]) -> list[tuple[bool, bool]]:
        """Whether each of the two took each fact."""
        self.hl7.clear()
        self.fhir.clear()
        taken = []
        for number, fact in enumerate(story, start=1):
            self._now = told_at(number)
            reply = self._receiver.handle(as_hl7(fact, number))
            answer = asyncio.run(self._request(*as_fhir(fact, number), f"F{number}"))
            taken.append((fields(reply, "MSA")[1] == "AA", answer.is_success))
        return taken

    async def _request(self, method: str, condition: str, body: bytes, request_id: str) -> httpx.Response:
        headers = {"Content-Type": "application/fhir+json", "X-Request-Id": request_id}
        asked = {"identifier": condition}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://mpi") as client:
            return await client.request(method, "/Patient", params=asked, content=body, headers=headers)

    def _clock(self) -> datetime:
        return self._now


def _caller(feed: Feed) -> Caller:
    return Caller(feed.id, Role.FEED, feed.organisation, feed=feed.id)


@pytest.fixture(scope="module")
def tongues(template_url: str, worker_id: str) -> Iterator[Tongues]:
    names = [f"{tongue}_{worker_id}" for tongue in ("hl7", "fhir")]
    urls = [create_database(template_url, name, template=TEMPLATE) for name in names]
    one, other = (World(compose(url, NETWORK, Model.default())) for url in urls)
    yield Tongues(one, other, (urls[0], urls[1]))
    for world, name in zip((one, other), names, strict=True):
        world.close()
        drop_database(template_url, name)


WORDS = st.text(st.sampled_from("ABcdé'-&^~|\\ "), min_size=1, max_size=8).map(str.strip).filter(bool)
SMALL = st.one_of(st.sampled_from(["Smith", "Jones", "Okonkwo"]), WORDS)
NAMES = st.lists(
    st.tuples(st.sampled_from(["official", "usual", "maiden", "nickname", "temp", "old"]), SMALL, SMALL, st.just("")),
    min_size=1,
    max_size=2,
)
ADDRESSES = st.lists(
    st.tuples(st.sampled_from(["home", "work", "temp", "old"]), SMALL, SMALL, st.sampled_from(["BL1 4QT", "M1 1AA"])),
    min_size=1,
    max_size=2,
)
TELECOM = st.tuples(
    st.lists(st.sampled_from(["07700900123", "01204 555 000"]), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(["a@post.example", "b@post.example"]), max_size=1).map(tuple),
).filter(any)
NUMBERS = st.tuples(st.sampled_from([nhs(1), nhs(2)]), st.sampled_from(["01", "02"]))
BORN = st.sampled_from(["1954-03-07", "1954-03", "1954", "1980-01-31"])
DEATHS = st.sampled_from([False, "", "2024-02-28", "2024-02-28T04:15:00+00:00"])


def _or_null(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, st.just(NULL))


SAID = st.fixed_dictionaries(
    {},
    optional={
        "names": _or_null(NAMES),
        "born": _or_null(BORN),
        "sex": _or_null(st.sampled_from(["male", "female", "other", "unknown"])),
        "addresses": _or_null(ADDRESSES),
        "telecom": _or_null(TELECOM),
        "nhs": _or_null(NUMBERS),
        "mother": _or_null(SMALL),
        "twin": st.sampled_from([False, True, 1, 2]),
        "dead": DEATHS,
        "practice": _or_null(st.sampled_from(["P12345", "P54321"])),
        "ethnic": st.sampled_from(["A", "Z"]),
        "restricted": st.booleans(),
    },
)
LOCAL = st.sampled_from([Identifier("BOL", value) for value in "123"])
AGO = st.integers(0, 5)
TELLS = st.builds(Tell, LOCAL.map(lambda one: (one,)), SAID, AGO)
ALIASES = st.builds(Tell, LOCAL.map(lambda one: (one, Identifier("BOLRIS", one.value))), SAID, AGO)
FACTS = st.one_of(TELLS, TELLS, ALIASES, st.builds(Merged, LOCAL, LOCAL, AGO), st.builds(Gone, LOCAL))

ONE, OTHER = Identifier("BOL", "1"), Identifier("BOL", "2")
ANN = {
    "names": [("official", "Smith", "Ann", ""), ("maiden", "Jones", "Ann", "")],
    "born": "1954-03-07",
    "sex": "female",
    "addresses": [("home", "12 Wire Road", "Bolton", "BL1 4QT")],
    "telecom": (("07700900123",), ("ann@post.example",)),
    "nhs": (nhs(1), "01"),
    "mother": "Flood",
    "twin": 2,
    "dead": "2024-02-28T04:15:00+00:00",
    "practice": "P12345",
    "ethnic": "A",
    "restricted": True,
}
EMPTY = dict.fromkeys(("names", "born", "sex", "addresses", "telecom", "nhs", "mother", "practice"), NULL)


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ, to the field."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other}, key=str)
        return [d for n in names for d in differences(one.get(n), other.get(n), f"{path}/{n}")]
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [d for n, (a, b) in pairs for d in differences(a, b, f"{path}/{n}")]
    return [] if one == other else [f"{path}: by HL7 v2 {one}, by FHIR {other}"]


def asked_and_refused(world: World) -> tuple[list[Any], list[str]]:
    asked = [(task.kind, task.one, task.other, task.reason) for task in world.tasks()]
    return asked, [row.fault for row in world.rows("select fault from message order by id")]


@example([Tell((ONE,), ANN), Tell((ONE,), {"sex": "male"}), Tell((ONE,), EMPTY | {"dead": False})])
@example([Tell((ONE,), ANN), Tell((OTHER,), ANN | {"born": "1980-01-31"}), Merged(ONE, OTHER), Tell((OTHER,), ANN)])
@example([Tell((ONE,), ANN), Gone(ONE), Gone(OTHER), Tell((ONE,), {"restricted": False})])
@example([Merged(ONE, ONE), Merged(ONE, OTHER), Merged(OTHER, ONE), Tell((OTHER,), ANN, 3)])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FACTS, min_size=1, max_size=6))
def test_the_same_story_by_either_protocol_ends_in_the_same_index(tongues: Tongues, story: list[Fact]) -> None:
    """Records field by field with what they said before, people, assertions, holds, questions, and refusals."""
    taken = tongues.tell(story)
    assert [by_hl7 for by_hl7, _ in taken] == [by_fhir for _, by_fhir in taken]
    one, other = (asdict(read_state(url)) for url in tongues.urls)
    for what, state in one.items():
        assert differences(state, other[what]) == [], what
    assert asked_and_refused(tongues.hl7) == asked_and_refused(tongues.fhir)


def test_the_stories_say_something(tongues: Tongues) -> None:
    """The first story's state is not the empty one, nor what was deleted in it still there."""
    assert tongues.tell([Tell((ONE,), ANN)]) == [(True, True)]
    before = read_state(tongues.urls[0])
    assert len(before.values["BOL|1"][0]) >= 13
    tongues.tell([Tell((ONE,), ANN), Tell((ONE,), EMPTY)])
    after = read_state(tongues.urls[0])
    assert {name: after.values["BOL|1"][0][name][0] for name in ("birth_date", "sex", "phones", "nhs_number")} == {
        "birth_date": None,
        "sex": None,
        "phones": None,
        "nhs_number": None,
    }
