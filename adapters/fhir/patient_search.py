"""ITI-78 search parameters: which are known, and what a request's amount to (IHE-43)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar

from adapters.fhir.exchange import Addresses, Parameter
from adapters.fhir.outcome import Rejected
from adapters.fhir.terminology import GENDERS
from mpi.domain import person_filters as filters
from mpi.domain.identifiers import Identifier
from mpi.domain.person_filters import Filter
from mpi.domain.views import SearchCriteria
from mpi.domain.wanted import Wanted
from mpi.errors import Fault, Refused

T = TypeVar("T")

MOST = 100  # people a search may touch (SEC-6)
DEFAULT_COUNT = 20
_MOST_ALTERNATIVES = 40

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "_id": ("token", "golden id; a retired one answers an inactive Patient that names its successor"),
    "active": ("token", "true, or false for retired golden ids asked for by _id"),
    "identifier": ("token", "system|value; system| alone limits the identifiers returned"),
    "family": ("string", "surname"),
    "given": ("string", "forename"),
    "birthdate": ("date", "date of birth; a whole date may stand alone, ranges only beside another parameter"),
    "gender": ("token", "administrative gender"),
    "address-postalcode": ("string", "postcode; finds no restricted patient"),
    "address": ("string", "any part of the address; only beside another parameter"),
    "address-city": ("string", "town; only beside another parameter"),
    "address-state": ("string", "county; only beside another parameter"),
    "telecom": ("token", "telephone number or e-mail address; only beside another parameter"),
    "mothersMaidenName": ("string", "mother's maiden name; only beside another parameter"),
}
"""Search parameters of Patient: type and documentation, as the CapabilityStatement tells them."""

_TEXTS: Mapping[str, tuple[filters.Texts, bool]] = {  # and whether it tells where the person is (NHS-57)
    "family": (filters.families, False),
    "given": (filters.givens, False),
    "address-postalcode": (filters.postcodes, True),
    "address": (filters.address_parts, True),
    "address-city": (filters.towns, True),
    "address-state": (filters.counties, True),
    "telecom": (filters.contacts, True),
    "mothersMaidenName": (filters.maiden_names, False),
}
_CRITERIA: Mapping[str, str] = {
    "family": "family",
    "given": "given",
    "birthdate": "birth_date",
    "gender": "sex",
    "address-postalcode": "postcode",
    "identifier": "identifier",
}
"""Parameters that the index searches by, and their names in `SearchCriteria`; the others only filter."""


@dataclass(slots=True)
class PatientSearch:
    """What to ask of the index and what to keep of its answer; `honoured` is what the self link says."""

    ids: list[str] | None = None  # None: not asked for by _id
    alternatives: dict[str, Sequence[object]] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()
    filters: list[Filter] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    count: int = DEFAULT_COUNT
    offset: int = 0
    honoured: list[tuple[str, str]] = field(default_factory=list)

    @property
    def wanted(self) -> Wanted:
        """What to ask of the index and to keep of its answer; raises `Rejected` for too many alternatives."""
        criteria = self._criteria if self.ids is None else ()
        return Wanted(criteria, self.filters, frozenset(self.domains))

    @property
    def _criteria(self) -> tuple[SearchCriteria, ...]:
        names = list(self.alternatives)
        combinations = list(product(*self.alternatives.values()))
        if len(combinations) > _MOST_ALTERNATIVES:
            raise Rejected(400, "too-costly", "the search has too many alternatives")
        return tuple(
            SearchCriteria(exact=self.exact, limit=MOST, **dict(zip(names, one, strict=True)))  # type: ignore[arg-type]
            for one in combinations
        )


def read_search(parameters: Sequence[Parameter], addresses: Addresses, *, strict: bool = False) -> PatientSearch:
    """The search that the parameters amount to; unknown ones are left out, or refused when `strict`.

    Raises `Refused` (BAD_VALUE), `Rejected` 404 for an unknown identifier domain (ITI-78 case 4).
    """
    search = PatientSearch()
    known = [one for one in parameters if one.name in PARAMETERS or one.name in ("_count", "_offset")]
    if strict and len(known) < len(parameters):
        raise Refused(Fault.BAD_VALUE, "a search parameter is not supported and handling is strict")
    by_id = [one.values for one in known if one.name == "_id"]
    if by_id:
        search.ids = [value for value in by_id[0] if all(value in others for others in by_id[1:])]
    names = [one for one in known if one.name in ("family", "given")]
    if all(one.modifier == "exact" for one in names):
        search.exact = frozenset(one.name for one in names)
    for one in known:
        _check_modifier(one)
        _READERS.get(one.name, _read_text)(one, search, addresses)
        if one.name not in ("_count", "_offset"):
            search.honoured.append(one.render())
    search.honoured.append(("_count", str(search.count)))
    return search


def _check_modifier(one: Parameter) -> None:
    textual = PARAMETERS.get(one.name, ("", ""))[0] == "string"
    if one.modifier and not (textual and one.modifier == "exact"):
        raise Refused(Fault.BAD_VALUE, f"search parameter '{one.name}' has no such modifier here")


def _seek(one: Parameter, search: PatientSearch, values: Sequence[object]) -> bool:
    """Let the index search by the parameter, unless people are named by _id or the parameter stood before (AND)."""
    criterion = _CRITERIA[one.name]
    if search.ids is not None or criterion in search.alternatives:
        return False
    search.alternatives[criterion] = values
    return True


def _read_text(one: Parameter, search: PatientSearch, _: Addresses) -> None:
    texts, whereabouts = _TEXTS[one.name]
    exact = one.modifier == "exact"
    values = [value.rpartition("|")[2] for value in one.values] if one.name == "telecom" else one.values
    sought = one.name in _CRITERIA and _seek(one, search, values)
    if not sought or (exact and not search.exact):
        search.filters.append(filters.any_text(texts, values, exact=exact, whereabouts=whereabouts))
    elif whereabouts:
        search.filters.append(lambda person: not person.restricted)


def _read_active(one: Parameter, search: PatientSearch, _: Addresses) -> None:
    if not set(one.values) <= {"true", "false"}:
        raise Refused(Fault.BAD_VALUE, "active is true or false")
    search.filters.append(filters.is_active(one.values))


def _read_gender(one: Parameter, search: PatientSearch, _: Addresses) -> None:
    codes = [value.rpartition("|")[2] for value in one.values]
    if not set(codes) <= GENDERS:
        raise Refused(Fault.BAD_VALUE, "gender is male, female, other or unknown")
    if not _seek(one, search, codes):
        search.filters.append(filters.of_gender(codes))


def _read_birth_date(one: Parameter, search: PatientSearch, _: Addresses) -> None:
    dates = [value.removeprefix("eq") for value in one.values]
    condition = filters.born(dates)
    whole = all(len(value) == 10 and value[0].isdigit() for value in dates)
    if not (whole and _seek(one, search, dates)):
        search.filters.append(condition)


def _read_identifier(one: Parameter, search: PatientSearch, addresses: Addresses) -> None:
    if all(value.endswith("|") for value in one.values):
        search.domains |= {_known(addresses.authority, value.removesuffix("|")).id for value in one.values}
        return
    wanted: list[Identifier] = []
    for value in one.values:
        system, bar, bare = value.rpartition("|")
        if bar and system:
            wanted.append(_known(addresses.parse, value))
        else:  # without a system: whoever issued it
            wanted += [Identifier(authority.id, bare) for authority in addresses.network.authorities]
    if not _seek(one, search, wanted):
        search.filters.append(filters.has_identifier(wanted))


def _known(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except Refused as error:
        if error.fault is Fault.UNKNOWN_AUTHORITY:
            raise Rejected(404, "not-found", "targetSystem not found", "warning") from error
        raise


def _read_number(one: Parameter, search: PatientSearch, _: Addresses) -> None:
    if not (one.values[0].isascii() and one.values[0].isdigit()):
        raise Refused(Fault.BAD_VALUE, f"{one.name} is a whole number")
    number = min(int(one.values[0][:9]), MOST)
    if one.name == "_count":
        search.count = number
    else:
        search.offset = number


_READERS: Mapping[str, Callable[[Parameter, PatientSearch, Addresses], None]] = {
    "_id": lambda *_: None,  # read ahead of the others, which filter instead of search beside it
    "_count": _read_number,
    "_offset": _read_number,
    "active": _read_active,
    "birthdate": _read_birth_date,
    "gender": _read_gender,
    "identifier": _read_identifier,
}
