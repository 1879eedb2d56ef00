"""ImagingStudy over HTTP: an archive registers a study; a viewer reads one person's history across trusts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.bundle import entry, searchset
from adapters.fhir.exchange import Addresses, Parameter, read_parameters, read_resource, require_json, respond
from adapters.fhir.outcome import FhirRoute
from adapters.fhir.person_search import (
    honoured,
    known_parameters,
    page_of,
    read_after,
    read_count,
    read_person,
)
from adapters.fhir.resource import parse
from adapters.fhir.study import parse_uid, read_study, write_study
from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.person_filters import read_date
from mpi.domain.views import HistoryFilter
from mpi.errors import Fault, NotFound, Refused
from mpi.usecases.imaging.imaging import Imaging

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "patient": ("reference", "golden Patient; a retired one finds its successor's studies"),
    "subject": ("reference", "same as patient"),
    "patient.identifier": ("token", "system|value of any of the person's identifiers"),
    "identifier": ("token", "urn:dicom:uid|urn:oid:<Study Instance UID>"),
    "modality": ("token", "DICOM modality"),
    "bodysite": ("token", "body site as the archive wrote it"),
    "started": ("date", "day of the study"),
}
"""Search parameters of ImagingStudy: type and documentation."""


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """Whose history, and what of it."""

    person: UUID | Identifier
    wanted: HistoryFilter
    count: int
    after: str
    honoured: tuple[tuple[str, str], ...]


def imaging_routes(imaging: Imaging, addresses: Addresses, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """ImagingStudy routes (IHE-65)."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.post("/ImagingStudy")
    def register_study(caller: Caller = Depends(caller_of), body: bytes = Depends(read_resource)) -> Response:
        study = read_study(parse(body, "ImagingStudy"), addresses)
        golden_id, new = imaging.register(study, caller)
        headers = {"Location": addresses.url(f"ImagingStudy/{study.study_uid}")}
        return respond(write_study(study, golden_id, addresses), 201 if new else 200, headers)

    @routes.get("/ImagingStudy")
    def search_studies(
        caller: Caller = Depends(caller_of), parameters: tuple[Parameter, ...] = Depends(read_parameters)
    ) -> Response:
        for one in parameters:
            if one.name == "identifier":
                return _one_study(one, imaging, caller, addresses)
        search = read_history_search(parameters, addresses)
        page = imaging.history(search.person, caller, search.wanted, search.count, search.after)
        entries = [
            entry(write_study(study, page.golden_id, addresses), addresses, {"mode": "match"})
            for study in page.studies
        ]
        places = search.after, page.next
        return respond(page_of("ImagingStudy", entries, page.total, search.honoured, places, addresses))

    @routes.get("/ImagingStudy/{study_uid}")
    def read_one_study(study_uid: str, request: Request, caller: Caller = Depends(caller_of)) -> Response:
        require_json(request)
        try:
            uid = parse_uid(study_uid)
        except Refused as error:
            raise NotFound("no ImagingStudy has this id") from error
        return respond(write_study(*imaging.study(uid, caller), addresses))

    return routes


def read_history_search(parameters: Sequence[Parameter], addresses: Addresses) -> HistorySearch:
    """Whose history and what of it. Raises `Refused` (BAD_VALUE, MISSING_FIELD, UNKNOWN_AUTHORITY), `NotFound`."""
    known = known_parameters(parameters, PARAMETERS)
    person, told = read_person(known, addresses), {one.name: one.values for one in known}
    since, until = _period([value for one in known if one.name == "started" for value in one.values])
    wanted = HistoryFilter(
        modalities=tuple(value.rpartition("|")[2] for value in told.get("modality", ())),
        body_site=told.get("bodysite", ("",))[0].rpartition("|")[2],
        since=since,
        until=until,
    )
    return HistorySearch(person, wanted, read_count(known), read_after(known), honoured(known))


def _period(values: Sequence[str]) -> tuple[date | None, date | None]:
    since: date | None = None
    until: date | None = None
    for value in values:
        low, high = _bounds(value)
        since = max(filter(None, (since, low)), default=None)
        until = min(filter(None, (until, high)), default=None)
    return since, until


def _bounds(value: str) -> tuple[date | None, date | None]:
    relation, first, last = read_date(value)
    try:
        match relation:
            case "ge":
                return first, None
            case "gt":
                return last + timedelta(days=1), None
            case "le":
                return None, last
            case "lt":
                return None, first - timedelta(days=1)
            case "eq":
                return first, last
    except OverflowError as error:  # the day before 0001 or after 9999
        raise Refused(Fault.BAD_VALUE, "no study is of that time") from error
    raise Refused(Fault.BAD_VALUE, "started is compared with eq, ge, gt, le or lt")


def _one_study(one: Parameter, imaging: Imaging, caller: Caller, addresses: Addresses) -> Response:
    self_url = addresses.url("ImagingStudy", [one.render()])
    try:
        study, golden_id = imaging.study(parse_uid(one.values[0].rpartition("|")[2]), caller)
    except NotFound:
        return respond(searchset([], self_url, 0))
    found = entry(write_study(study, golden_id, addresses), addresses, {"mode": "match"})
    return respond(searchset([found], self_url, 1))
