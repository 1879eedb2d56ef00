"""One HTTP exchange in FHIR: the body within its limit, the format asked for, tokens and addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from adapters.fhir.outcome import FhirResponse, Rejected
from adapters.fhir.terminology import DICOM_UID, NHS_SYSTEMS, ODS_ORGANISATION, OWN_NAMESPACE, URI
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_SYSTEM, Identifier
from mpi.domain.network import Authority, Network
from mpi.errors import Fault, Refused

MAX_BODY = 1 << 20  # bytes; a Patient is a few kilobytes

_JSON = frozenset({"json", "application/json", "application/fhir+json", "text/json"})
_ANY = frozenset({"*/*", "application/*", "text/html", ""})  # browsers and plain clients get JSON
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter as sent: `name` without its modifier; `values` are the alternatives (OR) unescaped."""

    name: str
    modifier: str
    values: tuple[str, ...]

    def render(self, *, modifier: bool = True) -> tuple[str, str]:
        """Name and value for a self link, with or without the modifier."""
        name = f"{self.name}:{self.modifier}" if self.modifier and modifier else self.name
        return name, ",".join(re.sub(r"([\\,])", r"\\\1", value) for value in self.values)


async def read_body(request: Request) -> bytes:
    """The request's body; raises `Refused` (OVERSIZED) before more than `MAX_BODY` bytes are held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(Fault.OVERSIZED, f"the body is larger than {MAX_BODY} bytes")
    return bytes(body)


async def read_resource(request: Request) -> bytes:
    """The body of a request that carries a resource; raises `Rejected` 415 unless it is declared to be JSON."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared not in _JSON:
        raise Rejected(415, "not-supported", "send the resource as application/fhir+json")
    require_json(request)
    return await read_body(request)


async def read_parameters(request: Request) -> tuple[Parameter, ...]:
    """The parameters of a search: the query's, and those of a POSTed form. Raises `Refused`, `Rejected`."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if request.method == "POST":
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise Rejected(415, "not-supported", "send the search as application/x-www-form-urlencoded")
        form = await read_body(request)
        pairs += parse_qsl(form.decode("ascii", "replace"), keep_blank_values=True)
    formats = [value for name, value in pairs if name == "_format"]
    require_json(request, formats)
    return tuple(_parameter(name, value) for name, value in pairs if name != "_format" and value)


def _parameter(text: str, value: str) -> Parameter:
    if _CONTROL.search(value) or "\ufffd" in value:
        raise Refused(Fault.BAD_VALUE, f"search parameter '{text[:40]}' holds characters that no text may hold")
    name, _, modifier = text.partition(":")
    alternatives = tuple(re.sub(r"\\([\\,|$])", r"\1", one) for one in re.split(r"(?<!\\),", value) if one)
    if not alternatives:
        raise Refused(Fault.BAD_VALUE, f"search parameter '{name[:40]}' has no value")
    return Parameter(name, modifier, alternatives)


def require_json(request: Request, formats: Sequence[str] | None = None) -> None:
    """Raise `Rejected` 406 when JSON is not what the client can read; `_format` outranks Accept (ITI-78 case 5)."""
    asked = formats if formats is not None else request.query_params.getlist("_format")
    if asked:
        acceptable = asked[0].partition(";")[0].strip().lower().replace(" ", "+") in _JSON
    else:
        accept = request.headers.get("accept", "*/*").split(",")
        acceptable = any(one.partition(";")[0].strip().lower() in _JSON | _ANY for one in accept)
    if not acceptable:
        raise Rejected(406, "not-supported", "this server answers in application/fhir+json")


def respond(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> FhirResponse:
    """A resource as an HTTP answer; a versioned one carries its ETag."""
    sent = dict(headers or {})
    version = body.get("meta", {}).get("versionId")
    if version:
        sent["ETag"] = f'W/"{version}"'
    return FhirResponse(dict(body), status_code=status, headers=sent)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Identifier systems and resource addresses of one network behind one base URL (without a final slash)."""

    network: Network
    base_url: str

    def url(self, path: str, query: Sequence[tuple[str, str]] = ()) -> str:
        """An absolute address below the base."""
        return f"{self.base_url}/{path}" + (f"?{urlencode(query)}" if query else "")

    def authority(self, system: str) -> Authority:
        """The authority behind an identifier system; raises `Refused` (UNKNOWN_AUTHORITY)."""
        if system in NHS_SYSTEMS:
            system = NHS_AUTHORITY
        return self.network.authority(system.removeprefix(OWN_NAMESPACE))

    def is_nhs(self, system: str) -> bool:
        """Whether the system is the NHS number's, old forms included (NHS-6)."""
        return system in NHS_SYSTEMS or self.network.is_nhs(system)

    def parse(self, token: str) -> Identifier:
        """`system|value` as an identifier. Raises `Refused`: BAD_VALUE when not of that form, UNKNOWN_AUTHORITY."""
        system, bar, value = token.partition("|")
        if not (bar and system and value.strip()) or _CONTROL.search(value):
            raise Refused(Fault.BAD_VALUE, "an identifier is written system|value")
        if self.is_nhs(system):
            return Identifier(NHS_AUTHORITY, value.replace(" ", "").replace("-", ""))
        return Identifier(self.authority(system).id, value.strip())

    def system(self, authority: str) -> str:
        """The system we send for an authority: the NHS number's current one, else its URL, else its OID."""
        if authority == NHS_AUTHORITY:
            return NHS_SYSTEM
        known = self.network.authority_by_id[authority]
        return known.system or (f"urn:oid:{known.oid}" if known.oid else OWN_NAMESPACE + known.id)

    def identifier(self, identifier: Identifier) -> dict[str, Any]:
        """A FHIR Identifier; a local one names its owner as assigner by ODS code (NHS-61)."""
        shown: dict[str, Any] = {"system": self.system(identifier.authority), "value": identifier.value}
        if identifier.authority != NHS_AUTHORITY:
            owner = self.network.authority_by_id[identifier.authority].owner
            shown["assigner"] = {"identifier": {"system": ODS_ORGANISATION, "value": owner}}
            organisation = self.network.organisation_by_code.get(owner)
            if organisation is not None:
                shown["assigner"]["display"] = organisation.name
        return shown


def uid_identifier(study_uid: str) -> dict[str, str]:
    """A DICOM UID as a FHIR Identifier (IHE-65)."""
    return {"system": DICOM_UID, "value": f"urn:oid:{study_uid}"}


def golden_identifier(golden_id: object) -> dict[str, str]:
    """A golden id as a FHIR Identifier, for a Patient that has no other (PDQm wants one)."""
    return {"system": URI, "value": f"urn:uuid:{golden_id}"}
