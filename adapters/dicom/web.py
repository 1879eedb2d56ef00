"""QIDO-RS over the imaging history: any DICOMweb viewer asks for the studies of a patient id and is shown one life.

Studies of all archives that hold images of the person, each once, newest first (DICOM PS3.18 10.6; IHE-63, IHE-64).
Only a patient, or a study, can be asked for: this is no catalogue of the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic_core import to_json

from adapters.dicom.web_dates import period
from adapters.dicom.web_studies import Shown, dataset
from linkage import nhs_number
from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.network import Network
from mpi.domain.views import HistoryFilter, Study
from mpi.errors import Fault, NotFound, Refused
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.reading.query import Query

JSON = "application/dicom+json"
_TAKEN = frozenset({JSON, "application/json", "application/*", "*/*"})
_KEYWORDS = {
    "00080020": "StudyDate",
    "00080050": "AccessionNumber",
    "00080061": "ModalitiesInStudy",
    "00100020": "PatientID",
    "00100021": "IssuerOfPatientID",
    "0020000D": "StudyInstanceUID",
}
_KEYWORD = re.compile(r"[A-Za-z0-9_.]{1,64}", re.ASCII)  # what a header may repeat
_MOST = 200  # studies in one answer
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Search:
    """What a viewer asks. `unsupported` are parameters that do not restrict, told in a warning (PS3.18 8.3.4)."""

    patient: Identifier | UUID | None = None
    asked: str = ""
    issuer: str = ""
    uids: frozenset[str] = frozenset()
    accession: str = ""
    wanted: HistoryFilter = field(default_factory=HistoryFilter)
    limit: int = _MOST
    offset: int = 0
    unsupported: tuple[str, ...] = ()


def dicom_web(imaging: Imaging, query: Query, network: Network, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """The routes, to be mounted under a prefix of their own."""
    routes = APIRouter(tags=["imaging"])

    @routes.get(
        "/studies",
        response_class=Response,
        summary="QIDO-RS: the studies of one patient, of all archives",
        responses={200: {"content": {JSON: {}}}, 204: {"description": "The patient has no such studies."}},
    )
    def search_for_studies(request: Request, caller: Caller = Depends(caller_of)) -> Response:
        _require_json(request)
        search = read_search(request.query_params.multi_items(), network)
        golden_id, studies = _find(search, imaging, caller)
        shown = _shown(search, golden_id, query, caller)
        addresses = {archive.id: archive.retrieve for archive in network.archives}
        page = list(islice(studies, search.offset, search.offset + search.limit + 1))
        warnings: list[str] = []
        if search.unsupported:
            warnings.append(f"these query parameters are not supported: {', '.join(search.unsupported)}")
        if len(page) > search.limit:
            warnings.append("there are more results than are told here; ask for them with offset")
        headers = {"Cache-Control": "private, no-cache"}
        if warnings:
            headers["Warning"] = ", ".join(f'299 mpi "{words}"' for words in warnings)
        told = [dataset(study, shown, addresses.get(study.archive, "")) for study in page[: search.limit]]
        return Response(to_json(told), 200, headers, JSON) if told else Response(None, 204, headers)

    return routes


def read_search(parameters: Sequence[tuple[str, str]], network: Network) -> Search:
    """A viewer's question. Raises `Refused` (MISSING_FIELD without a patient or a study, BAD_VALUE,
    UNKNOWN_AUTHORITY)."""
    told: dict[str, str] = {}
    unsupported: list[str] = []
    for name, value in parameters:
        keyword = _KEYWORDS.get(name.upper(), name)
        if keyword in _KEYWORDS.values() or keyword in {"limit", "offset"}:
            told[keyword] = f"{told[keyword]},{value}" if keyword in told else value
        elif keyword != "includefield":  # all that is known is told anyway
            unsupported.append(keyword if _KEYWORD.fullmatch(keyword) else "one that is no attribute")
    uids = frozenset(uid for uid in told.get("StudyInstanceUID", "").replace("\\", ",").split(",") if uid)
    asked, issuer = told.get("PatientID", "").strip(), told.get("IssuerOfPatientID", "").strip()
    if not asked and not uids:
        raise Refused(Fault.MISSING_FIELD, "PatientID with IssuerOfPatientID, or StudyInstanceUID, is required")
    since, until = period(told.get("StudyDate", ""))
    modalities = told.get("ModalitiesInStudy", "").replace("\\", ",").upper()
    return Search(
        patient=_patient(asked, issuer, network) if asked else None,
        asked=asked,
        issuer=issuer,
        uids=uids,
        accession=told.get("AccessionNumber", "").strip(),
        wanted=HistoryFilter(tuple(code for code in modalities.split(",") if code), since=since, until=until),
        limit=min(_number(told, "limit", _MOST), _MOST),
        offset=_number(told, "offset", 0),
        unsupported=tuple(dict.fromkeys(unsupported)),
    )


def _patient(asked: str, issuer: str, network: Network) -> Identifier | UUID:
    ours = (network.issuer.namespace, network.issuer.oid) if network.issuer else ()
    if issuer and issuer not in ours:
        authority = NHS_AUTHORITY if network.is_nhs(issuer) else _issued_by(issuer, network)
        value = nhs_number.accept(asked) if authority == NHS_AUTHORITY else asked
        return Identifier(authority, value or asked)
    try:
        return UUID(asked)
    except ValueError:
        text = "without its IssuerOfPatientID a patient id may be anybody's: name the issuer, or ask with a golden id"
        raise Refused(Fault.MISSING_FIELD, text, "00100021") from None


def _issued_by(issuer: str, network: Network) -> str:
    """By DICOM issuer of an archive first, as `POST /v1/resolve` reads it, where all archives agree on it."""
    named = {archive.issuers[issuer] for archive in network.archives if issuer in archive.issuers}
    return named.pop() if len(named) == 1 else network.authority(issuer).id


def _number(told: dict[str, str], name: str, default: int) -> int:
    text = told.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(Fault.BAD_VALUE, f"{name} is a whole number", name)
    return int(text)


def _find(search: Search, imaging: Imaging, caller: Caller) -> tuple[UUID | None, Iterator[Study]]:
    """Whose history it is, and its studies that are asked for; nobody is nobody's history, and no error."""
    if search.patient is None:
        return _by_uid(search, imaging, caller)
    try:
        first = imaging.history(search.patient, caller, search.wanted, _PAGE)
    except NotFound:
        return None, iter(())

    def studies() -> Iterator[Study]:
        page = first
        while True:
            yield from (study for study in page.studies if _is_asked(study, search))
            if not page.next:
                return
            page = imaging.history(first.golden_id, caller, search.wanted, _PAGE, page.next)

    return first.golden_id, studies()


def _by_uid(search: Search, imaging: Imaging, caller: Caller) -> tuple[UUID | None, Iterator[Study]]:
    if len(search.uids) != 1:
        raise Refused(Fault.BAD_VALUE, "several studies are told of one named patient only", "0020000D")
    (uid,) = search.uids
    try:
        study, golden_id = imaging.study(uid, caller)
    except NotFound:
        return None, iter(())
    return golden_id, iter([study] if _is_asked(study, search) else [])


def _is_asked(study: Study, search: Search) -> bool:
    return (not search.uids or study.study_uid in search.uids) and search.accession in {"", study.accession}


def _shown(search: Search, golden_id: UUID | None, query: Query, caller: Caller) -> Shown:
    """The patient as every study of the answer names it: by the id asked for, and with the demographics that survive
    for those who may read them."""
    if golden_id is None:
        return Shown()
    asked, issuer = (search.asked, search.issuer) if search.patient else (str(golden_id), "")
    if not caller.may(Right.READ_PERSON):
        return Shown(golden_id, asked, issuer)
    return Shown(golden_id, asked, issuer, query.person(golden_id, caller).demographics)


def _require_json(request: Request) -> None:
    accepted = request.headers.get("accept", "*/*")
    if not any(one.split(";")[0].strip().lower() in _TAKEN for one in accepted.split(",")):
        raise HTTPException(406, f"studies are told as {JSON} alone")  # PS3.18 8.7.4
