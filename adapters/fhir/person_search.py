"""What searches of one person's imaging have in common: whose it is, how much of it, and the links of its pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from adapters.fhir.bundle import searchset
from adapters.fhir.exchange import Addresses, Parameter
from adapters.fhir.pdqm import parse_golden_id
from mpi.domain.identifiers import Identifier
from mpi.errors import Fault, Refused

DEFAULT_COUNT = 100

_WHOSE = ("patient", "subject", "patient.identifier")


def known_parameters(parameters: Sequence[Parameter], names: Collection[str]) -> list[Parameter]:
    """Those that are honoured. Raises `Refused` (BAD_VALUE) for a modifier."""
    known = [one for one in parameters if one.name in (*names, "_count", "_after")]
    if any(one.modifier for one in known):
        raise Refused(Fault.BAD_VALUE, "modifiers are not supported here")
    return known


def read_person(known: Sequence[Parameter], addresses: Addresses) -> UUID | Identifier:
    """A person is named once and must be: an unknown one is 404, never an empty list that looks like "no priors".
    Raises `Refused` (BAD_VALUE, MISSING_FIELD, UNKNOWN_AUTHORITY), `NotFound`."""
    whose = [one for one in known if one.name in _WHOSE]
    if len(whose) != 1 or len(whose[0].values) != 1:
        raise Refused(Fault.MISSING_FIELD, "exactly one patient or patient.identifier is required")
    if whose[0].name == "patient.identifier":
        return addresses.parse(whose[0].values[0])
    return parse_golden_id(whose[0].values[0].removeprefix(f"{addresses.base_url}/").removeprefix("Patient/"))


def read_count(known: Sequence[Parameter]) -> int:
    """How many to a page. Raises `Refused` (BAD_VALUE)."""
    count = next((one.values[0] for one in reversed(known) if one.name == "_count"), str(DEFAULT_COUNT))
    if not (count.isascii() and count.isdigit() and int(count[:9]) > 0):
        raise Refused(Fault.BAD_VALUE, "_count is a whole number above zero")
    return min(int(count[:9]), DEFAULT_COUNT)


def read_after(known: Sequence[Parameter]) -> str:
    """Where the page begins."""
    return next((one.values[0] for one in reversed(known) if one.name == "_after"), "")


def honoured(known: Sequence[Parameter]) -> tuple[tuple[str, str], ...]:
    """What a page's links repeat."""
    return tuple(one.render() for one in known if one.name != "_after")


def page_of(
    kind: str,
    entries: Sequence[dict[str, Any]],
    total: int,
    asked: Sequence[tuple[str, str]],
    places: tuple[str, str],
    addresses: Addresses,
) -> dict[str, Any]:
    """A page of a searchset; `places` are where it begins and where the next one does, "" for the first and after the
    last."""
    after, following = places
    next_url = addresses.url(kind, [*asked, ("_after", following)]) if following else ""
    sent = [*asked, ("_after", after)] if after else list(asked)
    return searchset(entries, addresses.url(kind, sent), total, next_url)
