"""Bytes to a FHIR R4 resource that may be believed: JSON, element names and types, required bindings, characters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from fhir.resources.R4B.imagingstudy import ImagingStudy
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.patient import Patient
from pydantic import BaseModel, ValidationError

from adapters.fhir.terminology import BINDINGS, DATA_ABSENT_REASON
from mpi.errors import Fault, Refused

Resource = Mapping[str, Any]

_MODELS: Mapping[str, type[BaseModel]] = {
    "Patient": Patient,
    "Parameters": Parameters,
    "ImagingStudy": ImagingStudy,
}
# FHIR R4 string: no code point below 32 but tab, carriage return and line feed; half a surrogate pair is no text.
_BAD_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
# fhir.resources reads "yes" as true, true as 1 and 20240301 as a moment of 1970; FHIR JSON does not.
_JSON_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("active", "deceasedBoolean", "multipleBirthBoolean", "valueBoolean"), bool),
    **dict.fromkeys(("multipleBirthInteger", "rank", "numberOfSeries", "numberOfInstances", "valueInteger"), int),
    **dict.fromkeys(("birthDate", "deceasedDateTime", "lastUpdated", "started", "start", "end"), str),
}


def parse(body: bytes, *types: str) -> Resource:
    """The resource in `body`, one of `types`.

    Raises `Refused`: ENCODING, MALFORMED (not JSON, not an object), UNSUPPORTED_TYPE, BAD_VALUE with a FHIRPath.
    No message quotes the body.
    """
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise Refused(Fault.ENCODING, "the body is not UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused(Fault.MALFORMED, "the body is not JSON") from error
    if not isinstance(found, dict):
        raise Refused(Fault.MALFORMED, "the body is not a JSON object")
    check(found, *types)
    return found


def check(resource: Resource, *types: str) -> None:
    """Raise `Refused` unless `resource` is a valid R4 resource of one of `types`."""
    kind = resource.get("resourceType")
    if kind not in types:
        raise Refused(Fault.UNSUPPORTED_TYPE, f"expected a {' or '.join(types)} resource")
    try:
        _check_values(resource, kind)
        _MODELS[kind].model_validate(resource)
    except ValidationError as error:
        # Pydantic's own messages may quote the value, so only the place is told.
        raise Refused(Fault.BAD_VALUE, "not valid in FHIR R4", _path(kind, error.errors()[0]["loc"])) from None
    except RecursionError as error:
        raise Refused(Fault.MALFORMED, "the resource is nested too deeply") from error
    for path, codes in BINDINGS[kind].items():
        for place, code in _values(resource, path.split("."), kind):
            if code not in codes:
                raise Refused(Fault.BAD_VALUE, "not a code of the required value set", place)


def extension(element: Mapping[str, Any] | None, url: str) -> Mapping[str, Any] | None:
    """The first extension of `element` with that URL."""
    for one in (element or {}).get("extension") or ():
        if isinstance(one, dict) and one.get("url") == url:
            return one
    return None


def absent_reason(element: Any) -> str:
    """Why the element has no value (data-absent-reason), "" when it does not say."""
    found = extension(element, DATA_ABSENT_REASON) if isinstance(element, dict) else None
    return str((found or {}).get("valueCode", ""))


def codings(concept: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """The codings of a CodeableConcept, none when there is none."""
    return (concept or {}).get("coding") or ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # two birth dates: which one would be believed is chance
        raise Refused(Fault.MALFORMED, "a JSON object has a name twice")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise Refused(Fault.MALFORMED, "the body is not JSON")


def _check_values(value: Any, place: str) -> None:
    if isinstance(value, str):
        if _BAD_TEXT.search(value):
            raise Refused(Fault.BAD_VALUE, "a text holds characters that FHIR forbids", place)
    elif isinstance(value, dict):
        for name, inner in value.items():
            inside = f"{place}.{name}" if _NAME.match(name) else place
            if name in _JSON_TYPES and type(inner) is not _JSON_TYPES[name]:
                raise Refused(Fault.BAD_VALUE, "not the JSON type of this element", inside)
            _check_values(name, place)
            _check_values(inner, inside)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_values(inner, f"{place}[{index}]")


def _values(element: Any, path: Sequence[str], place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(element, list):
        for index, one in enumerate(element):
            yield from _values(one, path, f"{place}[{index}]")
    elif not path:
        yield place, element
    elif isinstance(element, dict) and path[0] in element:
        yield from _values(element[path[0]], path[1:], f"{place}.{path[0]}")


def _path(kind: str, location: Sequence[int | str]) -> str:
    path = kind
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _NAME.match(step):
            path += f".{step}"
    return path
