"""People with their demographics (needs READ_PERSON)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from linkage.record import Address, Demographics, Name
from mpi.api import fields
from mpi.api.answers import answer_tagged, link
from mpi.api.fields import IdentifierText, Instant
from mpi.api.issuers import parse_identifier
from mpi.api.responses import NOT_MODIFIED, failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import (
    AddressJson,
    DemographicsJson,
    NameJson,
    PersonJson,
    RecordJson,
    identifier_json,
    identifier_or_null,
)
from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import WITHHELD
from mpi.domain.views import PersonView, RecordView
from mpi.domain.withholding import is_protected

router = APIRouter(
    route_class=SecuredRoute, tags=["people"], generate_unique_id_function=name_operation, prefix="/v1/people"
)


class PersonQuery(fields.Request):
    """Which person is meant."""

    identifier: IdentifierText
    as_of: Instant | None = None


def _name_json(name: Name) -> NameJson:
    return {
        "family": name.family,
        "given": name.given,
        "middle": name.middle,
        "title": name.title,
        "suffix": name.suffix,
        "use": name.use,
    }


def _address_json(address: Address) -> AddressJson:
    return {
        "lines": list(address.lines),
        "town": address.town,
        "county": address.county,
        "postcode": address.postcode,
        "use": address.use,
    }


def _demographics_json(shown: Demographics) -> DemographicsJson:
    return {
        "names": [_name_json(n) for n in shown.names],
        "previous_names": [_name_json(n) for n in shown.previous_names],
        "birth_date": shown.birth_date,
        "sex": shown.sex,
        "addresses": [_address_json(a) for a in shown.addresses],
        "previous_addresses": [_address_json(a) for a in shown.previous_addresses],
        "phones": list(shown.phones),
        "emails": list(shown.emails),
        "nhs_number": shown.nhs_number,
        "nhs_status": shown.nhs_status,
        "gp_practice": shown.gp_practice,
        "mothers_maiden_name": shown.mothers_maiden_name,
        "multiple_birth": shown.multiple_birth,
        "birth_order": shown.birth_order,
        "identity_unknown": shown.identity_unknown,
        "reliability": sorted(shown.reliability),
    }


def _record_json(record: RecordView, reviews: bool) -> RecordJson:
    pending = record.pending if reviews else None
    return {
        "identifier": None if record.identifier == WITHHELD else identifier_json(record.identifier),
        "state": record.state,
        "demographics": _demographics_json(record.demographics),
        "deceased": record.death is not None,
        "died_at": record.death.at if record.death else "",
        "ethnic_category": record.ethnic_category,
        "restricted": record.restricted,
        "subsumed_by": identifier_or_null(record.subsumed_by),
        "contested": record.contested,
        "pending": _demographics_json(pending) if pending else None,
        "updated_at": record.updated_at,
    }


def person_json(person: PersonView, caller: Caller) -> PersonJson:
    """A person, as the use cases let this caller see them, as JSON."""
    told = [one.identifier for one in person.live if one.identifier != WITHHELD]
    reviews = caller.may(Right.REVIEW)
    return {
        "golden_id": person.golden_id,
        "requested_id": person.requested_id,
        "identifiers": [identifier_json(one) for one in told],
        "demographics": _demographics_json(person.demographics),
        "deceased": person.death is not None,
        "died_at": person.death.at if person.death else "",
        "restricted": is_protected(person),
        "location_withheld": person.withheld,
        "contested": person.contested,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "records": [_record_json(record, reviews) for record in person.records],
    }


_PERSON = (
    success(
        PersonJson,
        "The person.",
        ETag="Changes whenever the answer does.",
        Link="rel=canonical: the person under the present golden id, when the one asked for has been retired.",
    )
    | NOT_MODIFIED
    | failures(404)
)


def _answer_person(request: Request, person: PersonView, caller: Caller) -> Response:
    place = f"/v1/people/{person.golden_id}"
    links = [link(place, "canonical")] if person.requested_id != person.golden_id else []
    return answer_tagged(request, person_json(person, caller), links, {"Content-Location": place})


@router.get("/{golden_id}", response_model=None, responses=_PERSON)
def person(request: Request, golden_id: UUID, services: Provided, caller: Calling) -> Response:
    """The person of a golden id. A retired id is answered with its successor; `requested_id` repeats the id asked."""
    return _answer_person(request, services.query.person(golden_id, caller), caller)


@router.get("", response_model=None, responses=_PERSON)
def person_of_identifier(
    request: Request, asked: Annotated[PersonQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """The person an identifier belongs to, now or as the index believed at `as_of`."""
    identifier = parse_identifier(services.network, asked.identifier)
    found = services.query.person_of(identifier, caller, asked.as_of)
    if asked.as_of is None:
        return _answer_person(request, found, caller)
    # No Content-Location: the person's own address shows the present, not that day.
    return answer_tagged(request, person_json(found, caller))
