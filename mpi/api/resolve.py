"""`POST /v1/resolve`: the archive's question on every ingest (IHE-69)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import Discriminator, Field, StringConstraints, Tag

from linkage.record import Address, Name, Sex
from mpi.api.answers import answer
from mpi.api.coercion import coercion_json
from mpi.api.fields import Issued, PartialDate, Request, Text
from mpi.api.problems import Fix, Invalid, Problem, problem_of
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided, Services
from mpi.api.shapes import ResolutionJson, ResolutionsJson, identifier_json, identifier_or_null
from mpi.domain.access import Caller
from mpi.domain.commands import Field as RecordField
from mpi.domain.commands import NhsNumber, Patch, Value
from mpi.domain.identifiers import Identifier
from mpi.domain.issuers import find_issuer
from mpi.domain.network import Network
from mpi.domain.views import Resolution
from mpi.errors import Fault, NotFound, Refused

BATCH_LIMIT = 500

router = APIRouter(
    route_class=SecuredRoute, tags=["identity"], generate_unique_id_function=name_operation, prefix="/v1"
)


class KnownDemographics(Request):
    """What the image itself says of the patient. Used only while no feed has described this patient id."""

    family: Annotated[Text, Field(examples=["TESTPERSON"])] = ""
    given: Annotated[Text, Field(examples=["ALPHA"])] = ""
    middle: Text = ""
    birth_date: PartialDate | None = None
    sex: Sex | None = None
    postcode: Annotated[str, StringConstraints(strip_whitespace=True, max_length=10, pattern="^[A-Za-z0-9 ]*$")] = ""
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=30, pattern="^[0-9+() -]*$")] = ""
    nhs_number: Annotated[
        str,
        StringConstraints(strip_whitespace=True, pattern=r"^([0-9][ -]?){0,10}$"),
        Field(
            description="Any spacing. An image cannot verify it, so it counts as present but not traced (NHS-8).",
            examples=["9990000018"],
        ),
    ] = ""

    def to_patch(self) -> Patch:
        """The fields that are said. What is left out or empty is unknown here; an image never deletes."""
        patch: dict[RecordField, Value] = {}
        if self.family or self.given or self.middle:
            patch[RecordField.NAMES] = (Name(self.family, self.given, self.middle),)
        if self.birth_date:
            patch[RecordField.BIRTH_DATE] = self.birth_date
        if self.sex is not None:
            patch[RecordField.SEX] = self.sex
        if self.postcode:
            patch[RecordField.ADDRESSES] = (Address(postcode=self.postcode),)
        if self.phone:
            patch[RecordField.PHONES] = (self.phone,)
        if self.nhs_number:
            patch[RecordField.NHS_NUMBER] = NhsNumber(self.nhs_number)
        return patch


class ResolveRequest(Issued):
    """Who is this patient id? Needs `issuer` or `ae_title`."""

    demographics: KnownDemographics | None = None


class ResolveBatch(Request):
    """Several questions at once; each is its own transaction, and asking again does no harm."""

    requests: Annotated[list[ResolveRequest], Field(min_length=1, max_length=BATCH_LIMIT)]


def _shape(body: Any) -> str:
    return "[batch]" if isinstance(body, dict) and "requests" in body else "[one]"


ResolveBody = Annotated[
    Annotated[ResolveRequest, Tag("[one]")] | Annotated[ResolveBatch, Tag("[batch]")],
    Discriminator(_shape),
    Body(
        openapi_examples={
            "by issuer": {"value": {"issuer": "BOLTON", "patient_id": "1234567"}},
            "by AE title, with what the image says": {
                "value": {
                    "ae_title": "BOL_CT1",
                    "patient_id": "1234567",
                    "demographics": {"family": "TESTPERSON", "birth_date": "1954-03-07", "nhs_number": "9990000018"},
                }
            },
            "batch": {"value": {"requests": [{"issuer": "BOLTON", "patient_id": "1234567"}]}},
        }
    ),
]


def resolution_json(resolution: Resolution, network: Network) -> ResolutionJson:
    """A resolution as JSON."""
    return {
        "identifier": identifier_json(resolution.identifier),
        "golden_id": resolution.golden_id,
        "state": resolution.state,
        "identifiers": [identifier_json(i) for i in resolution.identifiers],
        "subsumed_by": identifier_or_null(resolution.subsumed_by),
        "task_ids": list(resolution.task_ids),
        "coercion": coercion_json(resolution, network),
    }


Question = tuple[Identifier, Patch | None]


def _question(network: Network, asked: ResolveRequest) -> Question:
    if network.issuer is not None and network.issuer.is_named(asked.issuer):
        return Identifier(network.issuer.namespace, asked.patient_id), None
    authority = find_issuer(network, asked.issuer, asked.ae_title, asked.archive)
    patch = asked.demographics.to_patch() if asked.demographics else None
    return Identifier(authority, asked.patient_id), patch or None


def _questions(network: Network, batch: ResolveBatch) -> list[Question]:
    # Every issuer is settled before the first question is put, so that a batch with an unmapped source changes
    # nothing and its sender learns of all the images to quarantine at once (IHE-60).
    found, fixes = [], []
    for at, asked in enumerate(batch.requests):
        try:
            found.append(_question(network, asked))
        except Refused as refused:
            fixes.append(Fix(refused.text, pointer=f"/requests/{at}/{refused.location}"))
    if fixes:
        raise Invalid(Fault.UNKNOWN_AUTHORITY, fixes)
    return found


def _resolve(services: Services, question: Question, caller: Caller) -> ResolutionJson:
    identifier, patch = question
    issuer = services.network.issuer
    if issuer is not None and issuer.is_named(identifier.authority):
        found = services.resolve.resolve_golden(identifier, caller)
    else:
        found = services.resolve.resolve(identifier, patch, caller)
    return resolution_json(found, services.network)


def _resolve_all(services: Services, asked: list[Question], caller: Caller) -> ResolutionsJson:
    results: list[ResolutionJson] = []
    failed: list[tuple[int, Problem]] = []
    for at, question in enumerate(asked):
        try:
            results.append(_resolve(services, question, caller))
        except (NotFound, Refused) as error:  # the item's own fault; anything else would fail for every item
            failed.append((at, problem_of(error)))
    if failed:
        _, first = failed[0]
        fixes = [Fix(problem.detail, pointer=f"/requests/{at}") for at, problem in failed]
        raise Invalid(first.code, fixes, first.status)
    return {"results": results}


@router.post(
    "/resolve",
    response_model=None,
    responses=success(ResolutionJson | ResolutionsJson, "Who each patient id is.") | failures(400, 404, 413, 415),
)
def resolve(body: ResolveBody, services: Provided, caller: Calling) -> Response:
    """Who is this patient id? Answers at once, also for an id no feed has described (`provisional`).

    Ids only, no demographics. An issuer or AE title the network does not know is a 422 `unknown-authority`: keep
    the image in quarantine or viewable under its local id, and never guess. An NHS number as patient id is a 404
    unless exactly one person holds it. A golden id, present or retired, is asked about with the index's own issuer.
    A batch with such items fails as a whole and names every one of them; with an
    unknown issuer it fails before anything is asked. Send it again without them: asking twice does no harm.
    """
    if isinstance(body, ResolveRequest):
        return answer(_resolve(services, _question(services.network, body), caller))
    return answer(_resolve_all(services, _questions(services.network, body), caller))
