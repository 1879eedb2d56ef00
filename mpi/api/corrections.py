"""A trust's correction list over HTTP (needs REVIEW): records of its own that are one person. No demographics."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer, link, next_page
from mpi.api.fields import OdsCode
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import GoldenId, IdentifierJson, identifier_json
from mpi.domain.correction import Correction, Doubled, Numbered

router = APIRouter(
    route_class=SecuredRoute, tags=["review"], generate_unique_id_function=name_operation, prefix="/v1/corrections"
)


class CorrectionsQuery(fields.Request):
    """Whose list, and paging."""

    organisation: Annotated[OdsCode, Field(description="ODS code of the trust.", min_length=3, examples=["RMC"])]
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[
        str, StringConstraints(pattern=r"^([0-9a-f-]{36}~.{1,250})?$"), Field(description="From `next`.")
    ] = ""

    def doubled(self) -> Doubled | None:
        """Where the page before ended; what is no such place begins anew."""
        golden_id, _, authority = self.after.partition("~")
        try:
            return UUID(golden_id), authority
        except ValueError:
            return None


class NumberedJson(TypedDict):
    """One of the records."""

    identifier: IdentifierJson
    studies: Annotated[int, Field(description="Studies acquired under it.")]
    verified: Annotated[bool, Field(description="It holds a verified NHS number.")]


class DuplicateJson(NumberedJson):
    """A record to be merged into the one to keep."""

    differs: Annotated[list[str], Field(description="In which fields it differs.", examples=[["names", "phones"]])]


class CorrectionJson(TypedDict):
    """A person of whom the trust has several records under one authority."""

    golden_id: GoldenId
    keep: NumberedJson
    because: Annotated[str, Field(examples=["it alone has a verified NHS number"])]
    merge: list[DuplicateJson]


class CorrectionsJson(TypedDict):
    """A page of a correction list."""

    corrections: list[CorrectionJson]
    total: int
    next: str | None


def _numbered_json(one: Numbered) -> NumberedJson:
    return {"identifier": identifier_json(one.identifier), "studies": one.studies, "verified": one.verified}


def _correction_json(found: Correction) -> CorrectionJson:
    return {
        "golden_id": found.golden_id,
        "keep": _numbered_json(found.survivor),
        "because": found.because,
        "merge": [{**_numbered_json(one), "differs": list(differs)} for one, differs in found.duplicates],
    }


@router.get(
    "",
    response_model=None,
    responses=success(CorrectionsJson, "One page.", Link="rel=next: the next page.") | failures(404),
)
def corrections(
    request: Request, asked: Annotated[CorrectionsQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """Records of one trust and one assigning authority that the index holds to be one person, and that the trust has
    not merged; with the one that it might keep. Whoever does not operate the network gets their own trust's."""
    page = services.corrections.page(asked.organisation, caller, asked.limit, asked.doubled())
    following = next_page(request, f"{page.following[0]}~{page.following[1]}") if page.following else None
    content: CorrectionsJson = {
        "corrections": [_correction_json(found) for found in page.corrections],
        "total": page.total,
        "next": following,
    }
    return answer(content, headers={"Link": link(following, "next")} if following else None)
