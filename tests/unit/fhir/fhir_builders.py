"""Builders, recording use cases and a validator for the FHIR adapter's tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from adapters.fhir.exchange import Addresses
from adapters.fhir.router import router
from linkage.record import Address, Demographics, Name, Sex
from mpi.domain.access import Caller, Right, Role
from mpi.domain.commands import Command, Envelope, Patch, Receipt, Status
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_OID, NHS_SYSTEM, Identifier
from mpi.domain.matches import MatchCandidate
from mpi.domain.network import Archive, Authority, Feed, Network, Organisation, Protocol
from mpi.domain.order_fold import ImagingOrder, OrderFilter, OrderPage
from mpi.domain.orders import Coded, OrderStatus
from mpi.domain.views import (
    CrossReferences,
    HistoryFilter,
    HistoryPage,
    PersonView,
    RecordState,
    RecordView,
    Resolution,
    ResolutionState,
    SearchCriteria,
    Study,
)
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.resolve import Resolve
from mpi.usecases.intake.intake import Intake
from mpi.usecases.reading.query import Query
from tests.unit.fhir.fhir_validity import valid

BASE = "https://mpi.example/fhir"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
NORTH = "https://north.example/Id/patient"
SOUTH_OID = "2.25.1002"
NHS_NUMBER = "9990000018"
ANN = UUID("00000000-0000-4000-8000-000000000001")
BEN = UUID("00000000-0000-4000-8000-000000000002")
GONE = UUID("00000000-0000-4000-8000-000000000009")

NETWORK = Network(
    id="north-south",
    name="North and South",
    organisations=(Organisation("RAA", "North Trust"), Organisation("RBB", "South Trust")),
    authorities=(
        Authority(NHS_AUTHORITY, "NHS number", "X26", ("NHS",), NHS_OID, NHS_SYSTEM),
        Authority("north", "North PAS", "RAA", ("NORTH",), "2.25.1001", NORTH),
        Authority("south", "South PAS", "RBB", ("SOUTH",), SOUTH_OID),
        Authority("old-north", "Old North PAS", "RAA", ("OLDNORTH",)),
    ),
    feeds=(
        Feed("north-fhir", "RAA", Protocol.FHIR, "NORTH-PAS", "RAA", ("north", "old-north")),
        Feed("south-fhir", "RBB", Protocol.FHIR, "SOUTH-PAS", "RBB", ("south",)),
    ),
    archives=(Archive("vna", "Regional archive", "RAA"),),
)
ADDRESSES = Addresses(NETWORK, BASE)

CALLERS = {
    "north": Caller("north-pas", Role.FEED, "RAA", feed="north-fhir"),
    "south": Caller("south-pas", Role.FEED, "RBB", feed="south-fhir"),
    "viewer": Caller("dr-day", Role.VIEWER, "RAA"),
    "archive": Caller("vna", Role.ARCHIVE, "RAA"),
    "admin": Caller("root", Role.ADMINISTRATOR, "RAA"),
}


def caller_of(request: Request) -> Caller:
    caller = CALLERS.get(request.headers.get("authorization", ""))
    if caller is None:
        raise HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    return caller


def patient(**elements: Any) -> dict[str, Any]:
    """A FHIR Patient of the north feed; keyword overrides, None removes."""
    found = {
        "resourceType": "Patient",
        "identifier": [{"system": NORTH, "value": "N1"}, {"system": NHS_SYSTEM, "value": NHS_NUMBER}],
        "active": True,
        "name": [{"use": "official", "family": "Testpatient", "given": ["Ann", "Beth"], "prefix": ["Ms"]}],
        "gender": "female",
        "birthDate": "1954-03-07",
        "address": [{"use": "home", "line": ["1 Test Street"], "city": "Testford", "postalCode": "M13 9WL"}],
        "telecom": [{"system": "phone", "value": "07700 900123"}],
    } | elements
    return {name: value for name, value in found.items() if value is not None}


def demographics(**fields: Any) -> Demographics:
    found = Demographics(
        names=(Name("Testpatient", "Ann", "Beth Cay", "Ms"),),
        birth_date="1954-03-07",
        sex=Sex.FEMALE,
        addresses=(Address(("1 Test Street",), "Testford", "Testshire", "M13 9WL"),),
        phones=("07700 900123",),
        emails=("ann@post.example",),
        nhs_number="999 000 0018",
        nhs_status="01",
        gp_practice="P81001",
    )
    return replace(found, **fields)


def record(authority: str = "north", value: str = "N1", **fields: Any) -> RecordView:
    found = RecordView(
        identifier=Identifier(authority, value),
        state=RecordState.LIVE,
        golden_id=ANN,
        demographics=demographics(),
        death=None,
        ethnic_category="A",
        restricted=False,
        subsumed_by=None,
        contested=False,
        updated_at=NOW,
    )
    return replace(found, **fields)


def person(golden_id: UUID = ANN, **fields: Any) -> PersonView:
    found = PersonView(
        golden_id=golden_id,
        requested_id=golden_id,
        records=(record(), record("south", "S1")),
        demographics=demographics(),
        death=None,
        restricted=False,
        contested=False,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(found, **fields)


def study(**fields: Any) -> Study:
    found = Study(
        study_uid="2.25.77",
        patient=Identifier("north", "N1"),
        started_at=datetime(2025, 12, 24, 10, 30, tzinfo=UTC),
        modalities=("CT",),
        description="CT chest",
        accession="ACC7",
        organisation="RAA",
        archive="vna",
        series=2,
        instances=300,
    )
    return replace(found, **fields)


def order(**fields: Any) -> ImagingOrder:
    found = ImagingOrder(
        patient=Identifier("north", "N1"),
        filler="F7",
        accession="ACC7",
        placer="P7",
        codes=(Coded("CCHES", "CT Thorax", "99RAA"),),
        modality="CT",
        body_site="CHEST",
        starts_at=datetime(2025, 12, 24, 10, 30, tzinfo=UTC),
        status=OrderStatus.SCHEDULED,
        organisation="RAA",
        id=7,
    )
    return replace(found, **fields)


class FakeIntake(Intake):
    """Records what it is told; `fails` is raised instead, `answers` overrules the receipt."""

    def __init__(self) -> None:
        self.taken: list[tuple[Envelope, tuple[Command, ...], Caller]] = []
        self.quarantined: list[tuple[Envelope, Refused]] = []
        self.known: set[str] = set()
        self.fails: Exception | None = None
        self.answers: Receipt | None = None

    def register(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        if self.fails:
            raise self.fails
        self.taken.append((envelope, tuple(commands), caller))
        created = repr(commands) not in self.known
        self.known.add(repr(commands))
        return self.answers or Receipt(Status.ACCEPTED, len(self.taken), created=created)

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        if self.fails:
            raise self.fails
        self.quarantined.append((envelope, reason))
        return Receipt(Status.REFUSED, 900, fault=reason.fault, text=reason.text, location=reason.location)


class FakeQuery(Query):
    """Answers from `people` by golden id; `found` is what any search finds."""

    def __init__(self) -> None:
        self.people: dict[UUID, PersonView] = {ANN: person()}
        self.resolutions: dict[Identifier, CrossReferences] = {}
        self.found: tuple[PersonView, ...] = ()
        self.candidates: tuple[MatchCandidate, ...] = ()
        self.searches: list[SearchCriteria] = []
        self.matches: list[tuple[Demographics, int, bool]] = []
        self.fails: Exception | None = None

    def _serve(self, caller: Caller, right: Right) -> None:
        caller.require(right)
        if self.fails:
            raise self.fails

    def person(self, golden_id: UUID, caller: Caller) -> PersonView:
        self._serve(caller, Right.READ_PERSON)
        if golden_id not in self.people:
            raise NotFound("no such person")
        return self.people[golden_id]

    def cross_references(self, identifier: Identifier, caller: Caller) -> CrossReferences:
        self._serve(caller, Right.RESOLVE)
        if identifier not in self.resolutions:
            raise NotFound("no such identifier")
        return self.resolutions[identifier]

    def match(
        self, demographics: Demographics, caller: Caller, count: int = 10, only_certain: bool = False
    ) -> tuple[MatchCandidate, ...]:
        self._serve(caller, Right.READ_PERSON)
        self.matches.append((demographics, count, only_certain))
        return self.candidates

    def search(self, criteria: SearchCriteria, caller: Caller) -> tuple[PersonView, ...]:
        self._serve(caller, Right.READ_PERSON)
        if criteria == SearchCriteria(exact=criteria.exact, limit=criteria.limit):
            raise Refused(Fault.BAD_VALUE, "a search needs a criterion")
        self.searches.append(criteria)
        return self.found


class FakeImaging(Imaging):
    """Holds studies of golden identity ANN."""

    def __init__(self) -> None:
        self.studies: dict[str, Study] = {}
        self.asked: list[tuple[UUID | Identifier, HistoryFilter, int, str]] = []
        self.next = ""
        self.ordered: dict[int, ImagingOrder] = {}
        self.asked_orders: list[tuple[UUID | Identifier, OrderFilter, int, str]] = []

    def orders(
        self,
        person: UUID | Identifier,
        caller: Caller,
        wanted: OrderFilter = OrderFilter(),
        limit: int = 100,
        after: str = "",
    ) -> OrderPage:
        caller.require(Right.READ_IMAGING)
        if person == BEN:
            raise NotFound("no such person")
        self.asked_orders.append((person, wanted, limit, after))
        found = [one for one in self.ordered.values() if one.report_status or not wanted.reported]
        return OrderPage(ANN, tuple(found), len(found), self.next)

    def order(self, order_id: int, caller: Caller) -> tuple[ImagingOrder, UUID]:
        caller.require(Right.READ_IMAGING)
        if order_id not in self.ordered:
            raise NotFound("no such order")
        return self.ordered[order_id], ANN

    def register(self, study: Study, caller: Caller) -> tuple[UUID, bool]:
        caller.require(Right.WRITE_IMAGING)
        held = self.studies.get(study.study_uid)
        if held is not None and held.patient != study.patient:
            raise Refused(Fault.CONFLICT, "the study is registered under another patient")
        self.studies[study.study_uid] = study
        return ANN, held is None

    def history(
        self,
        person: UUID | Identifier,
        caller: Caller,
        wanted: HistoryFilter = HistoryFilter(),
        limit: int = 100,
        after: str = "",
        *,
        standing: bool = False,
    ) -> HistoryPage:
        caller.require(Right.READ_IMAGING)
        if standing and person == Identifier("north", "MERGED"):
            return HistoryPage(ANN, (), 0)
        if person == BEN:
            raise NotFound("no such person")
        if person == GONE:
            raise Conflict("changed meanwhile")
        self.asked.append((person, wanted, limit, after))
        return HistoryPage(ANN, tuple(self.studies.values()), len(self.studies), self.next)

    def study(self, study_uid: str, caller: Caller) -> tuple[Study, UUID]:
        caller.require(Right.READ_IMAGING)
        if study_uid not in self.studies:
            raise NotFound("no such study")
        return self.studies[study_uid], ANN


class FakeResolve(Resolve):
    """Remembers what it is asked; S1 is North's N1 too, and whoever it does not know is BEN."""

    def __init__(self) -> None:
        self.asked: list[tuple[Identifier, Patch | None]] = []

    def resolve(self, identifier: Identifier, patch: Patch | None, caller: Caller) -> Resolution:
        caller.require(Right.RESOLVE)
        if identifier.authority == NHS_AUTHORITY:
            raise NotFound("not exactly one person has this NHS number")
        self.asked.append((identifier, patch))
        if identifier == Identifier("north", "N1"):
            others = (Identifier(NHS_AUTHORITY, NHS_NUMBER), Identifier("south", "S1"))
            return Resolution(identifier, ANN, ResolutionState.CERTAIN, others)
        if identifier == Identifier("south", "S1"):
            merged = Identifier("south", "S2")
            return Resolution(identifier, ANN, ResolutionState.AMBIGUOUS, (merged,), merged, (17, 2**40))
        return Resolution(identifier, BEN, ResolutionState.PROVISIONAL, ())


@dataclass
class House:
    """The FHIR app over recording use cases."""

    intake: FakeIntake = field(default_factory=FakeIntake)
    query: FakeQuery = field(default_factory=FakeQuery)
    imaging: FakeImaging = field(default_factory=FakeImaging)
    resolve: FakeResolve = field(default_factory=FakeResolve)
    network: Network = NETWORK

    def app(self) -> FastAPI:
        app = FastAPI()
        house = {"intake": self.intake, "query": self.query, "imaging": self.imaging, "network": self.network}
        house["resolve"] = self.resolve
        routes = router(**house, caller_of=caller_of, clock=lambda: NOW, base_url=BASE)  # type: ignore[arg-type]
        app.include_router(routes, prefix="/fhir")
        return app

    def call(self, who: str, method: str, path: str, **sent: Any) -> httpx.Response:
        """One request below /fhir; JSON answers are proven valid."""
        response = asyncio.run(_send(self.app(), who, method, path, sent))
        if response.content:
            valid(response.json())
        return response


async def _send(app: FastAPI, who: str, method: str, path: str, sent: dict[str, Any]) -> httpx.Response:
    headers = ({"Authorization": who} if who else {}) | sent.pop("headers", {})
    if "json" in sent:
        sent["content"] = json.dumps(sent.pop("json"))
        headers = {"Content-Type": "application/fhir+json"} | headers
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver/fhir") as client:
        return await client.request(method, path, headers=headers, **sent)
