"""ITI-119, `POST Patient/$match`: who resembles these demographics (IHE-44 to IHE-46)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.bundle import entry, searchset
from adapters.fhir.demographics import write_patient
from adapters.fhir.exchange import Addresses, read_resource, respond
from adapters.fhir.outcome import FhirRoute
from adapters.fhir.patient import read_demographics, read_patch
from adapters.fhir.resource import Resource, check, parse
from adapters.fhir.terminology import MATCH_GRADE_EXTENSION
from linkage.record import Demographics
from mpi.domain.access import Caller
from mpi.domain.matches import MatchCandidate
from mpi.errors import Fault, Refused
from mpi.usecases.reading.query import Query

DEFAULT_COUNT = 10
MOST = 50  # SEC-6: a question about one person, not a trawl


@dataclass(frozen=True, slots=True)
class Question:
    """A `$match` request."""

    demographics: Demographics
    count: int = DEFAULT_COUNT
    only_certain: bool = False


def match_routes(
    query: Query, addresses: Addresses, caller_of: Callable[[Request], Caller], clock: Callable[[], datetime]
) -> APIRouter:
    """ITI-119 route."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.post("/Patient/$match")
    def match_patient(caller: Caller = Depends(caller_of), body: bytes = Depends(read_resource)) -> Response:
        asked = read_question(body, addresses, clock())
        found = query.match(asked.demographics, caller, asked.count, asked.only_certain)
        return respond(write_candidates(found[: asked.count], addresses))

    return routes


def read_question(body: bytes, addresses: Addresses, now: datetime) -> Question:
    """Parameters, or a bare Patient, as a question. Raises `Refused`."""
    asked = parse(body, "Parameters", "Patient")
    if asked["resourceType"] == "Patient":
        return Question(_demographics(asked, addresses, now))
    given = {one.get("name"): one for one in asked.get("parameter") or ()}
    patient = given.get("resource", {}).get("resource")
    if not isinstance(patient, dict):
        raise Refused(Fault.MISSING_FIELD, "the parameter 'resource' holds a Patient", "Parameters.parameter")
    check(patient, "Patient")
    count = given.get("count", {}).get("valueInteger", DEFAULT_COUNT)
    if not isinstance(count, int) or count < 1:
        raise Refused(Fault.BAD_VALUE, "the parameter 'count' is a positive integer", "Parameters.parameter")
    certain = given.get("onlyCertainMatches", {}).get("valueBoolean", False)
    if not isinstance(certain, bool):
        raise Refused(Fault.BAD_VALUE, "the parameter 'onlyCertainMatches' is a boolean", "Parameters.parameter")
    return Question(_demographics(patient, addresses, now), min(count, MOST), certain)


def _demographics(patient: Resource, addresses: Addresses, now: datetime) -> Demographics:
    return read_demographics(read_patch(patient, addresses, now))


def write_candidates(candidates: tuple[MatchCandidate, ...], addresses: Addresses) -> dict[str, Any]:
    """Candidates, best first as given, each with score and match-grade; none is an empty Bundle, not an error."""
    entries = [entry(write_patient(one.person, addresses), addresses, _search(one)) for one in candidates]
    return searchset(entries, addresses.url("Patient/$match"), len(entries))


def _search(candidate: MatchCandidate) -> dict[str, Any]:
    grade = {"url": MATCH_GRADE_EXTENSION, "valueCode": candidate.grade.value}
    score = round(min(max(candidate.probability, 0.0), 1.0), 6)
    return {"extension": [grade], "mode": "match", "score": score}
