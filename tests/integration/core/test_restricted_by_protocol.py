"""Where a restricted person lives and is treated is told to nobody who may not know it, whatever protocol they ask by
(NHS-57, SEC-6)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from adapters.fhir.router import router
from adapters.hl7v2.queries import Queries
from adapters.hl7v2.receive import Receiver
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Merge
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_SYSTEM, Identifier
from mpi.domain.network import Network
from mpi.errors import Forbidden
from mpi.usecases.reading.paging import Paging
from tests.integration.core.world import ARCHIVE, REVIEWER, World, at, network, nhs, of, person, register

VIEWER = Caller("vera", Role.VIEWER, "RMC")
OFFICER = Caller("pat", Role.PRIVACY_OFFICER, "RMC")
RIS = Consumer("ris", "RMC", "RIS", "RMC", frozenset({Transaction.PIX_QUERY, Transaction.PDQ}))
VNA = Consumer("vna", "RMC", "VNA", "RMC", frozenset({Transaction.PIX_QUERY}))
CHRISTIE, BOLTON, MERGED = "C7001", "B7002", "B7003"
PLACES = ("Ladybarn", "M13 9WL", "0161 496 0001")


def _named() -> Network:
    made = network()
    systems = tuple(
        replace(one, system=NHS_SYSTEM if one.id == NHS_AUTHORITY else f"https://{one.id.lower()}.example/Id")
        for one in made.authorities
    )
    return replace(made, authorities=systems, consumers=(RIS, VNA))


NETWORK = _named()
"""The network of the world, with names for FHIR and with consumers."""


@dataclass
class House:
    """One restricted person of two trusts, and how to ask about them."""

    world: World

    def fhir(self, caller: Caller, method: str, path: str, body: Any = None) -> str:
        """The answer's text."""
        return asyncio.run(self._ask(caller, method, path, body))

    async def _ask(self, caller: Caller, method: str, path: str, body: Any) -> str:
        def who(request: Request) -> Caller:
            return caller

        world, app = self.world, FastAPI()
        ways = {"intake": world.intake, "query": world.query, "resolve": world.resolving, "imaging": world.imaging}
        clock = world.index.clock.now
        routes = router(**ways, network=NETWORK, caller_of=who, clock=clock, base_url="http://mpi/fhir")  # type: ignore[arg-type]
        app.include_router(routes, prefix="/fhir")
        headers = {"Content-Type": "application/fhir+json"}
        content = None if body is None else json.dumps(body)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mpi/fhir") as client:
            found = await client.request(method, path, headers=headers, content=content)
        assert found.status_code == 200, found.text
        return found.text

    def hl7(self, consumer: Consumer, query: str, event: str, answer: str) -> str:
        """The RSP's text."""
        queries = Queries(
            self.world.query, Paging(self.world.index.units), NETWORK, self.world.index.clock.now, lambda: "R"
        )
        receiver = Receiver(self.world.intake, NETWORK, _nobody, self.world.index.clock.now, lambda: "A", queries)
        sender = f"{consumer.application}|{consumer.facility}"
        head = f"MSH|^~\\&|{sender}|MPI|GM|20240301120000||QBP^{event}^QBP_Q21|Q|P|2.5"
        reply = receiver.handle(f"{head}\r{query}\rRCP|I\r".encode())
        assert isinstance(reply, bytes)
        assert f"|{answer}|" in reply.decode() or f"|{answer}\r" in reply.decode(), reply
        return reply.decode()


def _nobody(*_: object) -> Caller:
    raise Forbidden("no feed speaks here")


@pytest.fixture
def house(world: World) -> House:
    more = {Field.RESTRICTED: True, Field.PHONES: ("0161 496 0001",)}
    world.tell(
        register(f"CHR|{CHRISTIE}", 1, person(number=nhs(1), more=more)),
        register(f"BOL|{BOLTON}", 2, person(number=nhs(1))),
        register(f"BOL|{MERGED}", 3, person(number=nhs(1))),
        Merge(of(f"BOL|{BOLTON}"), of(f"BOL|{MERGED}"), at(4)),
    )
    assert world.together(f"CHR|{CHRISTIE}", f"BOL|{BOLTON}")
    return House(world)


def _people(house: House, caller: Caller) -> list[str]:
    """Every way to see the person by FHIR without naming a trust's number."""
    golden_id = house.world.golden(f"CHR|{CHRISTIE}")
    patient = {"resourceType": "Patient", "name": [{"family": "Okonkwo", "given": ["Adaeze"]}], "gender": "female"}
    patient |= {"birthDate": "1961-03-07", "identifier": [{"system": NHS_SYSTEM, "value": nhs(1)}]}
    found = [
        house.fhir(caller, "GET", f"/Patient/{golden_id}"),
        house.fhir(caller, "GET", f"/Patient?_id={golden_id}"),
        house.fhir(caller, "GET", "/Patient?family=Okonkwo&birthdate=1961-03-07"),
        house.fhir(caller, "GET", f"/Patient?identifier={NHS_SYSTEM}|{nhs(1)}"),
        house.fhir(caller, "POST", "/Patient/$match", patient),
    ]
    assert all(nhs(1) in text and "Adaeze" in text and '"R"' in text for text in found)
    return found


def _other_numbers(house: House, caller: Caller) -> list[str]:
    """What is told of the person to who knows their number at one trust, by each protocol but HL7 v2."""
    known = {"name": "identifier", "valueIdentifier": {"system": "https://bol.example/Id", "value": MERGED}}
    asked = {"resourceType": "Parameters", "parameter": [{"name": "request", "part": [known]}]}
    golden = Identifier("MPI", str(house.world.golden(f"CHR|{CHRISTIE}")))
    resolved = [
        house.world.resolving.resolve(of(f"BOL|{MERGED}"), None, caller),
        house.world.resolving.resolve_golden(golden, caller),
    ]
    found = [
        house.fhir(caller, "GET", f"/Patient/$ihe-pix?sourceIdentifier=https://bol.example/Id|{MERGED}"),
        house.fhir(caller, "POST", "/Patient/$resolve", asked),
        *(f"{one.identifiers} {one.subsumed_by}" for one in resolved),
    ]
    assert all(nhs(1) in text for text in found)
    return found


@pytest.mark.parametrize("caller", [VIEWER, REVIEWER])
def test_nhs_57_staff_are_told_of_no_place_by_any_protocol(house: House, caller: Caller) -> None:
    for text in _people(house, caller):
        assert not any(secret in text for secret in (CHRISTIE, BOLTON, MERGED, "RBV", "RMC", *PLACES)), text
    for text in _other_numbers(house, caller):
        assert not any(secret in text for secret in (CHRISTIE, BOLTON)), text
    # Who asks by a number is told that one again, and no domain finds whom it would place.
    asked = house.fhir(caller, "GET", f"/Patient?identifier=https://chr.example/Id|{CHRISTIE}")
    assert CHRISTIE in asked
    assert BOLTON not in asked
    placed = "/Patient?family=Okonkwo&birthdate=1961-03-07&identifier=https://chr.example/Id|"
    assert json.loads(house.fhir(caller, "GET", placed))["total"] == 0


@pytest.mark.parametrize(
    "caller", [OFFICER, replace(VIEWER, purpose="break-glass"), replace(REVIEWER, purpose="emergency")]
)
def test_who_may_know_or_says_it_is_urgent_is_told_of_all(house: House, caller: Caller) -> None:
    for text in _people(house, caller):
        assert all(told in text for told in (CHRISTIE, BOLTON, *PLACES)), text
    for text in _other_numbers(house, caller):
        assert CHRISTIE in text
        assert BOLTON in text
    native = house.world.query.person(house.world.golden(f"CHR|{CHRISTIE}"), caller)
    assert not native.withheld
    purposes = house.world.rows("select distinct purpose from audit where action in ('search', 'match')")
    assert {row.purpose for row in purposes} == {caller.purpose}


def test_archives_have_the_cross_references_they_work_by(house: House) -> None:
    """ITI-83, ITI-9 and resolving: a system that stores images, and a consumer that asks for numbers alone."""
    for text in _other_numbers(house, ARCHIVE):
        assert CHRISTIE in text
        assert BOLTON in text
    pix = f"QPD|IHE PIX Query|T|{MERGED}^^^BOL"
    told = house.hl7(VNA, pix, "Q23", "OK")
    assert CHRISTIE in told
    assert BOLTON in told


def test_by_hl7_who_may_see_demographics_is_told_of_no_place(house: House) -> None:
    """ITI-21, and ITI-9 of the same consumer; who asks by a number is told that one again."""
    name = "@PID.5.1.1^OKONKWO~@PID.7^19610307"
    by_name = house.hl7(RIS, f"QPD|IHE PDQ Query|T|{name}", "Q22", "OK")
    assert not any(secret in by_name for secret in (CHRISTIE, BOLTON, MERGED, *PLACES)), by_name
    assert nhs(1) in by_name
    house.hl7(RIS, f"QPD|IHE PDQ Query|T|{name}|||||^^^CHR", "Q22", "NF")
    by_number = house.hl7(RIS, f"QPD|IHE PDQ Query|T|@PID.3.1^{CHRISTIE}~@PID.3.4^CHR", "Q22", "OK")
    assert CHRISTIE in by_number
    assert BOLTON not in by_number
    crossed = house.hl7(RIS, f"QPD|IHE PIX Query|T|{CHRISTIE}^^^CHR", "Q23", "OK")
    assert nhs(1) in crossed
    assert BOLTON not in crossed
