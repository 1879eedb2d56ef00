"""Studies and imaging histories over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter, model_validator

from mpi.api import fields
from mpi.api.answers import answer, answer_tagged, link, next_page
from mpi.api.fields import IdentifierText, Instant, Issued, Modality, OdsCode, StudyUid, Text
from mpi.api.imaging_shapes import (
    HistoryChangeJson,
    HistoryChangesJson,
    HistoryJson,
    RegisteredJson,
    StudyJson,
    StudyOfPersonJson,
)
from mpi.api.issuers import parse_identifier
from mpi.api.orders import codes_json
from mpi.api.responses import NOT_MODIFIED, failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import identifier_json
from mpi.domain.examination import procedures_of
from mpi.domain.history import HistoryChange
from mpi.domain.identifiers import Identifier
from mpi.domain.issuers import find_issuer
from mpi.domain.orders import Coded
from mpi.domain.views import HistoryFilter, HistoryPage, Study

router = APIRouter(
    route_class=SecuredRoute, tags=["imaging"], generate_unique_id_function=name_operation, prefix="/v1"
)


class Code(fields.Request):
    """A code and the scheme it is of, such as SCT (SNOMED CT) or NICIP; the trust's own otherwise."""

    code: Annotated[Text, Field(min_length=1, examples=["816094009"])]
    text: Text = ""
    system: Annotated[Text, Field(examples=["SCT"])] = ""

    def to_coded(self) -> Coded:
        """The code of the domain."""
        return Coded(self.code, self.text, self.system)


class StudyRequest(Issued):
    """A study to register, under the patient id it was acquired under."""

    study_uid: StudyUid
    started_at: Instant | None = None
    modalities: Annotated[tuple[Modality, ...], Field(max_length=20, examples=[["CT"]])] = ()
    body_site: Annotated[Text, Field(examples=["CHEST"])] = ""
    description: Text = ""
    accession: Text = ""
    organisation: Annotated[OdsCode, Field(description="ODS code of the acquiring trust.", examples=["RMC"])] = ""
    procedures: Annotated[tuple[Code, ...], Field(max_length=20, description="Of the examination.")] = ()
    anatomy: Annotated[tuple[Code, ...], Field(max_length=20, description="Of the part of the body.")] = ()
    series: Annotated[int, Field(strict=True, ge=0, le=fields.INT)] = 0
    instances: Annotated[int, Field(strict=True, ge=0, le=fields.INT)] = 0

    def to_study(self, authority: str) -> Study:
        """The study, its patient id under `authority`."""
        return Study(
            study_uid=self.study_uid,
            patient=Identifier(authority, self.patient_id),
            started_at=self.started_at,
            modalities=tuple(dict.fromkeys(self.modalities)),
            body_site=self.body_site,
            description=self.description,
            accession=self.accession,
            organisation=self.organisation,
            archive=self.archive,
            series=self.series,
            instances=self.instances,
            procedures=tuple(code.to_coded() for code in self.procedures),
            anatomy=tuple(code.to_coded() for code in self.anatomy),
        )


class HistoryQuery(fields.Request):
    """Filters and paging of an imaging history; filters left out do not restrict."""

    modality: Annotated[tuple[Modality, ...], Field(max_length=20, description="May be repeated.")] = ()
    body_site: Text = ""
    organisation: Annotated[OdsCode, Field(description="ODS code of the acquiring trust.")] = ""
    since: Annotated[date | None, Field(description="First day, inclusive.")] = None
    until: Annotated[date | None, Field(description="Last day, inclusive.")] = None
    as_of: Annotated[Instant | None, Field(description="The history as it was believed to be at that time.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    after: Annotated[Text, Field(description="From `next` of the page before; do not build it.")] = ""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError("since must not be later than until")
        return self

    def to_filter(self) -> HistoryFilter:
        """The filter the use case knows."""
        return HistoryFilter(self.modality, self.body_site, self.organisation, self.since, self.until, self.as_of)


class HistoryOfIdentifierQuery(HistoryQuery):
    """The same, for the person an identifier belongs to."""

    identifier: IdentifierText


def study_json(study: Study) -> StudyJson:
    """A study as JSON."""
    procedures, holding = procedures_of(study), study.holding
    return {
        "study_uid": study.study_uid,
        "patient": identifier_json(study.patient),
        "started_at": study.started_at,
        "modalities": study.modalities,
        "body_site": study.body_site,
        "description": study.description,
        "accession": study.accession,
        "organisation": study.organisation,
        "archive": study.archive,
        "series": study.series,
        "instances": study.instances,
        "link": study.link,
        "availability": holding.availability if holding else None,
        "retrieve_ae_title": holding.ae_title if holding else "",
        "report_status": study.report_status,
        "order": study.order,
        "procedures": codes_json(procedures) if procedures else [],
        "anatomy": codes_json(study.anatomy) if study.anatomy else [],
    }


def _change_json(change: HistoryChange) -> HistoryChangeJson:
    return {
        "at": change.at,
        "step": change.step,
        "identifier": identifier_json(change.identifier),
        "studies": list(change.studies),
        "cause": change.cause,
        "message": change.message,
        "model": change.model,
        "assertions": list(change.assertions),
    }


@router.post(
    "/studies",
    response_model=None,
    status_code=201,
    responses=success(RegisteredJson, "Registered.", 201, Location="Where the study is read.")
    | success(RegisteredJson, "Known under this patient id already; updated.")
    | failures(400, 409, 413, 415),
)
def register_study(body: StudyRequest, services: Provided, caller: Calling) -> Response:
    """Register a study under its patient id. An id no feed has described is accepted and waits for its feed.

    The same study under another patient id is a 409: it stays where it is, and nothing is guessed.
    """
    authority = find_issuer(services.network, body.issuer, body.ae_title, body.archive)
    golden_id, created = services.imaging.register(body.to_study(authority), caller)
    registered: RegisteredJson = {"study_uid": body.study_uid, "golden_id": golden_id, "created": created}
    if not created:
        return answer(registered)
    return answer(registered, 201, {"Location": f"/v1/studies/{body.study_uid}"})


@router.get(
    "/studies/{study_uid}",
    response_model=None,
    responses=success(StudyOfPersonJson, "The study.") | failures(404),
)
def study(study_uid: Annotated[StudyUid, Path()], services: Provided, caller: Calling) -> Response:
    """One study and the golden identity whose history it is in."""
    found, golden_id = services.imaging.study(study_uid, caller)
    content: StudyOfPersonJson = {"golden_id": golden_id, "study": study_json(found)}
    return answer(content)


_encode_history = TypeAdapter(HistoryJson).dump_json


def _answer_history(request: Request, page: HistoryPage, requested: UUID | None) -> Response:
    following = next_page(request, page.next) if page.next else None
    content: HistoryJson = {
        "golden_id": page.golden_id,
        "requested_id": requested,
        "total": page.total,
        "studies": [study_json(s) for s in page.studies],
        "next": following,
    }
    links = [link(following, "next")] if following else []
    if requested != page.golden_id:
        links.append(link(f"/v1/people/{page.golden_id}/imaging", "canonical"))
    return answer_tagged(request, content, links, encode=_encode_history)


_HISTORY = (
    success(
        HistoryJson,
        "One page of the history.",
        ETag="Changes whenever the page does.",
        Link="rel=next: the next page; rel=canonical: the history under its present golden id.",
    )
    | NOT_MODIFIED
    | failures(404)
)


@router.get("/people/{golden_id}/imaging", response_model=None, responses=_HISTORY)
def imaging_of_person(
    request: Request, golden_id: UUID, asked: Annotated[HistoryQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """The imaging history of a golden identity across trusts; a retired id is answered with its successor's."""
    page = services.imaging.history(golden_id, caller, asked.to_filter(), asked.limit, asked.after)
    return _answer_history(request, page, golden_id)


@router.get(
    "/people/{golden_id}/imaging/changes",
    response_model=None,
    responses=success(HistoryChangesJson, "Every change, newest first.") | failures(404),
)
def changes_of_history(golden_id: UUID, services: Provided, caller: Calling) -> Response:
    """Which studies joined or left this history, when, and by which message or decision; of a retired id too."""
    found = services.imaging.changes(golden_id, caller)
    content: HistoryChangesJson = {"golden_id": golden_id, "changes": [_change_json(change) for change in found]}
    return answer(content)


@router.get("/imaging", response_model=None, responses=_HISTORY)
def imaging_of_identifier(
    request: Request, asked: Annotated[HistoryOfIdentifierQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """The imaging history of the person an identifier belongs to."""
    identifier = parse_identifier(services.network, asked.identifier)
    page = services.imaging.history(identifier, caller, asked.to_filter(), asked.limit, asked.after)
    return _answer_history(request, page, None)
