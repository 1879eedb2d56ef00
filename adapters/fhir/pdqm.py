"""ITI-78, Mobile Patient Demographics Query: search for people and read one (IHE-43, IHE-47, IHE-49)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.bundle import entry, searchset
from adapters.fhir.demographics import write_patient
from adapters.fhir.exchange import Addresses, Parameter, read_parameters, require_json, respond
from adapters.fhir.outcome import FhirRoute, outcome
from adapters.fhir.patient_search import PatientSearch, read_search
from mpi.domain.access import Caller
from mpi.domain.views import PersonView
from mpi.errors import NotFound
from mpi.usecases.reading.finding import find
from mpi.usecases.reading.query import Query


def pdqm_routes(query: Query, addresses: Addresses, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """ITI-78 routes."""
    routes = APIRouter(route_class=FhirRoute)

    def answer(request: Request, caller: Caller, parameters: tuple[Parameter, ...]) -> Response:
        strict = "handling=strict" in request.headers.get("prefer", "").replace(" ", "")
        search = read_search(parameters, addresses, strict=strict)
        people, complete = find_people(search, query, caller)
        return respond(write_people(people, search, addresses, complete=complete))

    @routes.get("/Patient")
    def search_by_get(
        request: Request,
        caller: Caller = Depends(caller_of),
        parameters: tuple[Parameter, ...] = Depends(read_parameters),
    ) -> Response:
        return answer(request, caller, parameters)

    @routes.post("/Patient/_search")
    def search_by_post(
        request: Request,
        caller: Caller = Depends(caller_of),
        parameters: tuple[Parameter, ...] = Depends(read_parameters),
    ) -> Response:
        return answer(request, caller, parameters)

    @routes.get("/Patient/{golden_id}")
    def read_patient(golden_id: str, request: Request, caller: Caller = Depends(caller_of)) -> Response:
        require_json(request)
        return respond(write_patient(query.person(parse_golden_id(golden_id), caller), addresses))

    return routes


def parse_golden_id(text: str) -> UUID:
    """The golden id in a Patient's address; raises `NotFound` for any other text, as no such Patient exists."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("no Patient has this id") from error


def find_people(search: PatientSearch, query: Query, caller: Caller) -> tuple[list[PersonView], bool]:
    """The people found, each once, and whether they are all. Raises what `Query` raises."""
    if search.ids is None:
        return find(query, search.wanted, caller)
    named = {person.requested_id: person for person in _people_of(search.ids, query, caller)}
    return search.wanted.keep(list(named.values())), True


def _people_of(ids: Iterable[str], query: Query, caller: Caller) -> Iterable[PersonView]:
    for text in ids:
        try:
            yield query.person(parse_golden_id(text), caller)
        except NotFound:
            continue


def write_people(
    people: list[PersonView], search: PatientSearch, addresses: Addresses, *, complete: bool
) -> dict[str, Any]:
    """One page of a searchset. Without `complete` the total is unknown and a warning says so."""
    end = search.offset + search.count
    entries = [
        entry(write_patient(person, addresses, search.domains), addresses, {"mode": "match"})
        for person in people[search.offset : end]
    ]
    if not complete:
        warning = outcome("warning", "too-costly", "more people match than can be shown; narrow the search")
        entries.append(entry(warning, addresses, {"mode": "outcome"}))
    self_query = [*search.honoured, *([("_offset", str(search.offset))] if search.offset else [])]
    more = bool(search.count) and end < len(people)
    next_url = addresses.url("Patient", [*search.honoured, ("_offset", str(end))]) if more else ""
    return searchset(entries, addresses.url("Patient", self_query), len(people) if complete else None, next_url)
