"""Find people for staff: by any number, or by what is known of them, spelt as in the index or nearly so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linkage import nhs_number
from linkage.record import Address, Demographics, Name
from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.record import Record
from mpi.domain.views import PersonView, RecordState, SearchCriteria
from mpi.errors import Fault, Refused
from mpi.ports import Unit, Units
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.people import outlines, people
from mpi.usecases.reading.query import may_be_found
from mpi.usecases.reading.resembling import Likeness, resembling

MOST = 100  # people of one search
PAGE = 20
_LIKE = 50  # people who resemble, the heaviest; the others are nobody's idea of the person sought


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of somebody. A name may be its beginning; `birth_date` is a whole ISO date."""

    family: str = ""
    given: str = ""
    birth_date: str = ""
    postcode: str = ""

    @property
    def criteria(self) -> SearchCriteria:
        """The same as a search that each of them must meet."""
        return SearchCriteria(self.family, self.given, self.birth_date, postcode=self.postcode, limit=MOST)

    @property
    def demographics(self) -> Demographics:
        """The same as somebody to compare with."""
        return Demographics(
            names=(Name(self.family, self.given),) if self.family or self.given else (),
            birth_date=self.birth_date,
            addresses=(Address(postcode=self.postcode),) if self.postcode else (),
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A person and why they were found: by `numbers`, by meeting all that was entered (`exact`), or because they
    resemble it, with the weight in bits and a sentence for each comparison."""

    person: PersonView
    numbers: tuple[Identifier, ...] = ()
    exact: bool = False
    weight: float | None = None
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of the people found, of `total`; `complete` is False when there may be more than those."""

    shown: tuple[Hit, ...]
    total: int
    page: int = 1
    complete: bool = True

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // PAGE)


class Seeking:
    """Searches of the workbench; every method needs READ_PERSON, and every person shown is audited (AUD-2)."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def by_number(self, number: str, authority: str, caller: Caller) -> Hits:
        """The people of a golden id, an NHS number or a local number; of any issuer when `authority` is "",
        but a confidential service's when it is named alone (NHS-58). Raises `Refused` for what cannot be an NHS
        number."""
        caller.require(Right.READ_PERSON)
        number = number.strip()
        national = nhs_number.parse(number)
        if authority == NHS_AUTHORITY and not national and _golden_id(number) is None:
            raise Refused(Fault.BAD_VALUE, "an NHS number has 10 digits, the last of which checks the others")
        with self._units.begin(read_only=True) as unit:
            numbers: dict[UUID, list[Identifier]] = {}
            living = unit.identities.resolve(asked) if (asked := _golden_id(number)) else None
            if living is not None:
                numbers[living] = []
            for record, matched in self._numbered(unit, number, national, authority):
                if record.golden_id is not None:
                    numbers.setdefault(record.golden_id, []).append(matched)
            chosen = list(numbers)[:MOST]
            hits = [
                Hit(person, tuple(dict.fromkeys(numbers[person.golden_id]))) for person in people(unit, chosen)[:PAGE]
            ]
            self._seen(unit, caller, hits)
        return Hits(tuple(hits), len(chosen), complete=len(chosen) <= PAGE)

    def by_details(self, details: Details, caller: Caller, page: int = 1) -> Hits:
        """The people who meet all details or resemble them, the heaviest first. A search by postcode finds no
        restricted person (NHS-57). Raises `Refused` for too little."""
        caller.require(Right.READ_PERSON)
        if not (details.family and (details.birth_date or details.postcode)):
            raise Refused(Fault.BAD_VALUE, "a search needs a surname and a date of birth or postcode")
        encoded, keys = self._matching.encode(details.demographics)
        with self._units.begin(read_only=True) as unit:
            exact = unit.records.search(details.criteria)
            like = {one.golden_id: one for one in resembling(unit, self._matching, encoded, keys)[:_LIKE]}
            found = self._allowed(unit, details, dict.fromkeys([*like, *exact]))
            weights = {one.golden_id: one.edge.weight for one in like.values()}
            ranked = sorted(found, key=lambda one: (one not in weights, -weights.get(one, 0.0), one))
            page = max(1, min(page, -(-len(ranked) // PAGE)))
            chosen = ranked[(page - 1) * PAGE : page * PAGE]
            hits = [self._hit(person, exact, like, encoded) for person in people(unit, chosen)]
            self._seen(unit, caller, hits)
        return Hits(tuple(hits), len(ranked), page, len(exact) < MOST)

    def _numbered(self, unit: Unit, number: str, national: str, authority: str) -> list[tuple[Record, Identifier]]:
        """The records of a number, each with the identifier that was meant."""
        found = []
        if national and authority in ("", NHS_AUTHORITY):
            meant = Identifier(NHS_AUTHORITY, national)
            holders = unit.records.holders_of_key(self._matching.nhs_key(national))
            found += [(record, meant) for record in holders if record.state is RecordState.LIVE]
        named = (one.id for one in self._matching.network.authorities if authority in ("", one.id))
        local = [Identifier(one, number) for one in named if one != NHS_AUTHORITY]
        if not authority:
            local = [one for one in local if not self._matching.is_confidential(one)]
        if number and local:
            found += [(record, record.identifier) for record in unit.records.of_identifiers(local)]
        return found

    def _allowed(self, unit: Unit, details: Details, golden_ids: Mapping[UUID, None]) -> list[UUID]:
        told = outlines(unit, list(golden_ids))
        return [one.golden_id for one in told if may_be_found(one, details.criteria, self._matching)]

    def _hit(self, person: PersonView, exact: Sequence[UUID], like: Mapping[UUID, Likeness], encoded: bytes) -> Hit:
        likeness = like.get(person.golden_id)
        if likeness is None:
            return Hit(person, exact=True)
        lines = self._matching.explanation(encoded, likeness.encoded).lines
        sentences = tuple(line.loggable for line in lines if line.level != "missing")
        return Hit(person, (), person.golden_id in exact, likeness.edge.weight, sentences)

    def _seen(self, unit: Unit, caller: Caller, hits: Sequence[Hit]) -> None:
        if hits:
            unit.audit.record_each(caller, "search", [str(hit.person.golden_id) for hit in hits], {})
        else:
            unit.audit.record(caller, "search", [], {})
        unit.commit()


def _golden_id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
