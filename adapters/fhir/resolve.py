"""`POST Patient/$resolve`: who are these patient ids? The same question as `POST /v1/resolve`, in FHIR (IHE-69).

Ids in, ids out: no demographics leave. An id that nobody has named before is registered as provisional, so that an
archive has a golden id at once; that is why the operation is POSTed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Response

from adapters.fhir.exchange import Addresses, read_resource, respond
from adapters.fhir.outcome import FhirResponse, FhirRoute, answer
from adapters.fhir.patient import read_patch
from adapters.fhir.resource import Resource, check, parse
from linkage.record import Address, Name
from mpi.domain.access import Caller
from mpi.domain.coercion import JsonElements, coercion_for
from mpi.domain.commands import Field, NhsNumber, Patch, Value
from mpi.domain.identifiers import Identifier
from mpi.domain.issuers import find_issuer
from mpi.domain.network import Network
from mpi.domain.views import Resolution
from mpi.errors import Fault, MpiError, NotFound, Refused
from mpi.usecases.imaging.resolve import Resolve

MOST = 500  # questions at once
Part = dict[str, Any]
Question = tuple[Identifier, Patch | None]

_TEXTS = {"issuer": "valueString", "aeTitle": "valueString", "archive": "valueString", "patientId": "valueString"}
_KNOWN = {**_TEXTS, "identifier": "valueIdentifier", "patient": "resource"}


def resolve_routes(
    resolve: Resolve, addresses: Addresses, caller_of: Callable[[Any], Caller], clock: Callable[[], datetime]
) -> APIRouter:
    """The operation, at type level."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.post("/Patient/$resolve")
    def resolve_patients(caller: Caller = Depends(caller_of), body: bytes = Depends(read_resource)) -> Response:
        requests = read_requests(parse(body, "Parameters"))
        # Every issuer is settled before the first question is put: a batch with an unmapped source changes nothing.
        asked, wrong = _each(requests, lambda one: read_request(one, addresses, clock()))
        if wrong:
            return _refuse(wrong)
        found, wrong = _each(asked, lambda one: resolve.resolve(one[0], one[1], caller))
        if wrong:
            return _refuse(wrong)
        results = [{"name": "result", "part": list(write_resolution(one, addresses))} for one in found]
        return respond({"resourceType": "Parameters", "parameter": results})

    return routes


def read_requests(parameters: Resource) -> list[Mapping[str, Any]]:
    """The parameters `request`. Raises `Refused` (MISSING_FIELD, OVERSIZED, BAD_VALUE)."""
    found = parameters.get("parameter") or []
    for at, one in enumerate(found):
        if one.get("name") != "request":
            raise Refused(Fault.BAD_VALUE, "only 'request' is a parameter here", f"Parameters.parameter[{at}].name")
    if not found:
        raise Refused(Fault.MISSING_FIELD, "at least one 'request' is required", "Parameters.parameter")
    if len(found) > MOST:
        raise Refused(Fault.OVERSIZED, f"at most {MOST} requests are answered at once", "Parameters.parameter")
    return found


def read_request(request: Mapping[str, Any], addresses: Addresses, now: datetime) -> Question:
    """One question: the id, and what the image says of the patient. Raises `Refused` (IHE-60: nothing is guessed)."""
    told: dict[str, Any] = {}
    for part in request.get("part") or ():
        name = part.get("name")
        if name not in _KNOWN or name in told or _KNOWN[name] not in part:
            raise Refused(Fault.BAD_VALUE, f"a request has each of {', '.join(_KNOWN)} at most once, of its type")
        told[name] = part[_KNOWN[name]]
    patch = _read_patient(told["patient"], addresses, now) if "patient" in told else None
    return _read_identifier(told, addresses), patch or None


def _read_identifier(told: Mapping[str, Any], addresses: Addresses) -> Identifier:
    texts = {name: told.get(name, "").strip() for name in _TEXTS}
    named = told.get("identifier")
    if named is not None:
        if any(texts.values()):
            raise Refused(Fault.BAD_VALUE, "an id is told by 'identifier', or by 'patientId' and who issued it")
        return addresses.parse(f"{named.get('system', '')}|{named.get('value', '')}")
    if not texts["patientId"]:
        raise Refused(Fault.MISSING_FIELD, "an id is told by 'identifier', or by 'patientId' and who issued it")
    authority = find_issuer(addresses.network, texts["issuer"], texts["aeTitle"], texts["archive"])
    return Identifier(authority, texts["patientId"])


def _read_patient(patient: Any, addresses: Addresses, now: datetime) -> Patch:
    """What an image can say of a patient, as `POST /v1/resolve` takes it: it verifies and deletes nothing."""
    check(patient, "Patient")
    said = {name: value for name, value in read_patch(patient, addresses, now).items() if value}
    patch: dict[Field, Value] = {}
    names, addressed, phones = (said.get(field) for field in (Field.NAMES, Field.ADDRESSES, Field.PHONES))
    if isinstance(names, tuple) and isinstance(name := names[0], Name):
        patch[Field.NAMES] = (Name(name.family, name.given, name.middle),)
    for known in (Field.BIRTH_DATE, Field.SEX):
        if known in said:
            patch[known] = said[known]
    if isinstance(addressed, tuple) and isinstance(address := addressed[0], Address) and address.postcode:
        patch[Field.ADDRESSES] = (Address(postcode=address.postcode),)
    if isinstance(phones, tuple):
        patch[Field.PHONES] = phones[:1]
    if isinstance(number := said.get(Field.NHS_NUMBER), NhsNumber) and number.value:
        patch[Field.NHS_NUMBER] = NhsNumber(number.value)  # NHS-8: present, not traced
    return patch


def write_resolution(found: Resolution, addresses: Addresses) -> Iterator[Part]:
    """The parts of a result."""
    yield {"name": "identifier", "valueIdentifier": addresses.identifier(found.identifier)}
    yield {"name": "golden", "valueReference": {"reference": f"Patient/{found.golden_id}"}}
    yield {"name": "state", "valueCode": found.state.value}
    for other in found.identifiers:
        yield {"name": "crossReference", "valueIdentifier": addresses.identifier(other)}
    if found.subsumed_by is not None:
        yield {"name": "subsumedBy", "valueIdentifier": addresses.identifier(found.subsumed_by)}
    for task in found.task_ids:
        yield {"name": "task", "valueString": str(task)}
    yield from _coercion(found, addresses.network)


def _coercion(found: Resolution, network: Network) -> Iterator[Part]:
    coercion = coercion_for(found, network)
    if coercion is None:
        return
    parts = [
        _dicom("attributes", coercion.attributes),
        _dicom("otherPatientId", coercion.other_patient_id),
        _dicom("originalAttributes", coercion.original_attributes),
        *({"name": "replaced", "valueString": tag} for tag in coercion.replaced),
    ]
    yield {"name": "coercion", "part": parts}


def _dicom(name: str, elements: JsonElements) -> Part:
    data = base64.b64encode(json.dumps(elements).encode()).decode()
    return {"name": name, "valueAttachment": {"contentType": "application/dicom+json", "data": data}}


Wrong = list[tuple[int, MpiError]]


def _each(asked: Sequence[Any], settle: Callable[[Any], Any]) -> tuple[list[Any], Wrong]:
    """What became of each, and the faults of single ones; what would fail for every one is raised."""
    found: list[Any] = []
    wrong: Wrong = []
    for at, one in enumerate(asked):
        try:
            found.append(settle(one))
        except (NotFound, Refused) as error:
            wrong.append((at, error))
    return found, wrong


def _refuse(wrong: Wrong) -> Response:
    """One OperationOutcome that names every request at fault, under the status of the first."""
    answers = [(at, answer(error)) for at, error in wrong]
    issues = []
    for at, one in answers:
        (issue,) = json.loads(bytes(one.body))["issue"]
        issues.append(issue | {"expression": [f"Parameters.parameter[{at}]"]})
    return FhirResponse({"resourceType": "OperationOutcome", "issue": issues}, answers[0][1].status_code)
