"""A network with consumers, people, and use cases that answer from them, for the wire of PIX and PDQ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from adapters.hl7v2.queries import Queries
from adapters.hl7v2.receive import Receiver
from linkage.record import Address, Demographics, Name, NameUse, Sex
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Death
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.identifiers import Identifier
from mpi.domain.snapshot import Found
from mpi.domain.views import (
    CrossReferences,
    PersonView,
    RecordState,
    RecordView,
    SearchCriteria,
)
from mpi.domain.wanted import Wanted
from mpi.errors import NotFound, Unavailable
from mpi.usecases.reading.finding import find
from mpi.usecases.reading.paging import Page, Paging, Shown
from mpi.usecases.reading.query import LookedUp, Query, Tell
from tests.unit.hl7v2.wire_builders import NETWORK as FEEDS_ONLY
from tests.unit.hl7v2.wire_builders import NOW, RecordingIntake, caller_of

ASKS = frozenset({Transaction.PIX_QUERY, Transaction.PDQ})
RIS = Consumer("ris", "RMC", "RIS", "RMC", ASKS)
ARCHIVE = Consumer("archive", "RMC", "VNA", "RMC", frozenset({Transaction.PIX_QUERY}), ("bolton", "christie"))
TRIAL = Consumer("trial", "RMC", "TRIAL", "RMC", ASKS, processing_id="T")
NETWORK = replace(FEEDS_ONLY, consumers=(RIS, ARCHIVE, TRIAL))
POINTER = UUID("00000000-0000-4000-8000-00000000000a")

_AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)


def golden(number: int) -> UUID:
    """A golden id that can be read."""
    return UUID(int=number)


def record(identifier: str, told: Demographics, person: int, *, restricted: bool = False) -> RecordView:
    """A live record."""
    return RecordView(
        Identifier.parse(identifier), RecordState.LIVE, golden(person), told, None, "", restricted, None, False, _AT
    )


def person(
    number: int, told: Demographics, *identifiers: str, died: str = "", restricted: bool = False
) -> PersonView:
    """A person of whom all records say the same."""
    records = tuple(record(one, told, number, restricted=restricted) for one in identifiers)
    death = Death(died) if died else None
    return PersonView(golden(number), golden(number), records, told, death, restricted, False, _AT, _AT)


ANN = Demographics(
    names=(
        Name("O'BRIEN", "Ann", "Mary Jane", "Mrs", use=NameUse.OFFICIAL),
        Name("BYRNE", "Ann", use=NameUse.MAIDEN),
    ),
    previous_names=(Name("SMITH", "Ann"),),
    birth_date="1954-03-07",
    sex=Sex.FEMALE,
    addresses=(Address(("Flat 3", "12 Wire Road"), "BOLTON", "Lancashire", "BL1 4QT"),),
    phones=("07700900123",),
    emails=("ann@post.example",),
    nhs_number="9990000018",
    nhs_status="01",
    gp_practice="P12345",
)
BEN = Demographics(names=(Name("SMITH", "Ben", use=NameUse.OFFICIAL),), birth_date="1954-03", sex=Sex.MALE)
CLEO = Demographics(
    names=(Name("SMITHSON", "Cleo", use=NameUse.OFFICIAL),),
    birth_date="2024-01-02",
    sex=Sex.FEMALE,
    phones=("01204 555 000",),
    mothers_maiden_name="FLOOD",
    multiple_birth=True,
    birth_order=2,
)
DAN = replace(ANN, names=(Name("SMITH", "Dan"),), previous_names=(), nhs_number="", nhs_status="")
PEOPLE = (
    person(1, ANN, "bolton|B1", "christie|C1"),
    person(2, BEN, "bolton|B2", died="2026-01-30T04:15:00"),
    person(3, CLEO, "christie|C3"),
    person(4, DAN, "bolton|B4", restricted=True),
    person(5, Demographics(names=(Name("ÅSTRÖM", "Zoë|~^&\\"),), birth_date="1971"), "christie|C5"),
    person(6, replace(BEN, names=(Name("SMITH", "Ben"),)), "bolton-ris|R6"),
)
RESOLUTIONS = {
    "bolton|B1": ("NHS|9990000018", "christie|C1", "christie|C2"),
    "NHS|9990000018": ("bolton|B1", "christie|C1"),
    "bolton|B2": (),
    "christie|C1": ("NHS|9990000018", "bolton|B1"),
}


class FakeQuery(Query):
    """Answers from `PEOPLE` and `RESOLUTIONS`."""

    def __init__(self) -> None:
        self.searches: list[SearchCriteria] = []
        self.down = False

    def cross_references(self, identifier: Identifier, caller: Caller) -> CrossReferences:
        self._serve(caller, Right.RESOLVE)
        known = RESOLUTIONS.get(str(identifier))
        if known is None:
            raise NotFound("no person has this identifier")
        return CrossReferences(identifier, golden(1), tuple(map(Identifier.parse, known)))

    def search(self, criteria: SearchCriteria, caller: Caller) -> tuple[PersonView, ...]:
        self._serve(caller, Right.READ_PERSON)
        self.searches.append(criteria)
        return tuple(one for one in PEOPLE if _meets(one, criteria))[: criteria.limit]

    def look_up(self, wanted: Wanted, first: int, tell: Tell, caller: Caller) -> LookedUp:
        people, complete = find(self, wanted, caller)
        told = [(one, tuple(tell(one.told))) for one in people]
        shown = [Shown(one, known) for one, known in told if known]
        found = [
            Found(one.person.golden_id, one.told, tuple(r.identifier for r in one.person.records)) for one in shown
        ]
        return LookedUp(tuple(found), tuple(shown[: first or None]), complete)

    def _serve(self, caller: Caller, right: Right) -> None:
        caller.require(right)
        if self.down:
            raise Unavailable("the database does not answer")


def _meets(one: PersonView, criteria: SearchCriteria) -> bool:
    told = one.demographics
    name = told.names[0]
    texts = {"family": name.family.upper(), "given": name.given.upper()}
    for part, text in texts.items():
        wanted = getattr(criteria, part).upper()
        if wanted and not (text == wanted if part in criteria.exact else text.startswith(wanted)):
            return False
    if criteria.identifier is not None and criteria.identifier not in one.told:
        return False
    if criteria.postcode and (one.restricted or criteria.postcode not in {a.postcode for a in told.addresses}):
        return False
    return criteria.birth_date in {"", told.birth_date} and criteria.sex in {"", told.sex}


class FakePaging(Paging):
    """Keeps one answer in memory."""

    def __init__(self) -> None:
        self.kept: tuple[tuple[Found, ...], str, bytes, str, bool] | None = None

    def keep(self, found: Sequence[Found], tag: str, digest: bytes, caller: Caller, *, complete: bool) -> UUID:
        self.kept = tuple(found), tag, digest, caller.user, complete
        return POINTER

    def page(self, pointer: UUID, start: int, count: int, digest: bytes, caller: Caller) -> Page:
        if self.kept is None or (pointer, digest, caller.user) != (POINTER, self.kept[2], self.kept[3]):
            raise NotFound("no answer can be continued by this pointer")
        found = self.kept[0]
        end = min(start + count, len(found))
        person_of = {one.golden_id: one for one in PEOPLE}
        shown = tuple(Shown(person_of[one.golden_id], one.told) for one in found[start:end])
        return Page(shown, end, len(found), self.kept[4])

    def cancel(self, tag: str, caller: Caller) -> None:
        if self.kept is not None and self.kept[1] == tag:
            self.kept = None


def asking(query: Query | None = None, paging: Paging | None = None) -> Receiver:
    """A receiver that answers queries, at a fixed time with fixed ids."""
    queries = Queries(query or FakeQuery(), paging or FakePaging(), NETWORK, lambda: NOW, lambda: "RSP1")
    return Receiver(RecordingIntake(), NETWORK, caller_of, lambda: NOW, lambda: "ACK1", queries)
