"""QPD-3 of a PDQ: `@PID.5.1.1^SMITH~@PID.7^19540307` into what to ask of the index (ITI-21 3.21.4.1.2.2.1).

Several values of one parameter are separated as subcomponents and any of them may hold; all parameters must. A star
stands for any letters; without one a value is the whole of a text, case and punctuation aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from adapters.hl7v2.demographics import read_sex
from adapters.hl7v2.identifiers import identifier_of, read_authority
from adapters.hl7v2.message import NULL, Segment, unescape
from adapters.hl7v2.timestamps import read_date
from mpi.domain import person_filters as filters
from mpi.domain.network import Network
from mpi.domain.person_filters import Filter
from mpi.domain.views import SearchCriteria
from mpi.domain.wanted import Wanted
from mpi.errors import Fault, Refused

MOST = 200  # people a search may touch (SEC-6); they are told page by page
_MOST_ALTERNATIVES = 40
_PARAMETER = re.compile(r"@?PID\.(\d{1,2}(?:\.\d{1,2}){0,2})", re.IGNORECASE)
_PATTERN_DATE = re.compile(r"(\d{4}|\d{6})\*?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One repetition of QPD-3: `place` as `5.1.1`, its alternatives, and its ERL."""

    place: str
    values: tuple[str, ...]
    location: str


@dataclass(slots=True)
class _Search:
    network: Network
    alternatives: dict[str, Sequence[object]] = field(default_factory=dict)
    exact: set[str] = field(default_factory=set)
    conditions: list[Filter] = field(default_factory=list)


def read_wanted(qpd: Segment, network: Network, domains: frozenset[str]) -> Wanted:
    """What the parameters amount to. Raises `Refused`, with its place, for any that is not known or not readable."""
    search = _Search(network)
    given: dict[str, Parameter] = {}
    for parameter in read_parameters(qpd):
        if parameter.place.startswith("3"):
            given[parameter.place] = parameter
            continue
        read = READERS.get(parameter.place)
        if read is None:
            raise _refuse(parameter, f"people cannot be looked up by PID.{parameter.place} here")
        read(parameter, search)
    if given:
        search.alternatives["identifier"] = _identifiers(given, network)
    return Wanted(_criteria(search, qpd), tuple(search.conditions), domains)


def read_parameters(qpd: Segment) -> list[Parameter]:
    """The parameters that have a value. Raises `Refused` (MISSING_FIELD, BAD_VALUE)."""
    found = []
    for number, repetition in enumerate(qpd.repetitions(3), start=1):
        location = f"QPD^1^3^{number}"
        name = _PARAMETER.fullmatch(repetition.text(1))
        if name is None:
            raise Refused(Fault.BAD_VALUE, "a parameter is written as in @PID.5.1.1^SMITH", location)
        raw = repetition.components[1] if len(repetition.components) > 1 else ""
        parts = raw.split(repetition.delimiters.subcomponent) if raw != NULL else []
        values = [unescape(part, repetition.delimiters, repetition.codec).strip() for part in parts]
        if told := tuple(value for value in values if value):
            found.append(Parameter(name[1], told, location))
    if not found:
        raise Refused(Fault.MISSING_FIELD, "QPD-3 names nothing to look for", "QPD^1^3")
    return found


def _criteria(search: _Search, qpd: Segment) -> tuple[SearchCriteria, ...]:
    if not {"family", "birth_date", "identifier"} & search.alternatives.keys():
        text = "a query needs the beginning of a family name, a whole date of birth or an identifier"
        raise Refused(Fault.MISSING_FIELD, text, "QPD^1^3")
    combinations = list(product(*search.alternatives.values()))
    if len(combinations) > _MOST_ALTERNATIVES:
        raise Refused(Fault.BAD_VALUE, "the query has too many alternatives", "QPD^1^3")
    exact = frozenset(search.exact)
    return tuple(
        SearchCriteria(exact=exact, limit=MOST, **dict(zip(search.alternatives, one, strict=True)))  # type: ignore[arg-type]
        for one in combinations
    )


def _identifiers(given: Mapping[str, Parameter], network: Network) -> Sequence[object]:
    """PID.3.1 in the domain of PID.3.4 or, without one, in any (as PDQm's bare value)."""
    unknown = next((one for place, one in given.items() if place not in _IDENTIFIER_PLACES), None)
    if unknown is not None:
        raise _refuse(unknown, f"people cannot be looked up by PID.{unknown.place} here")
    value = given.get("3.1") or given.get("3")
    if value is None:
        first = next(iter(given.values()))
        raise _refuse(first, "a domain is named in PID.3.4 only beside an identifier in PID.3.1")
    namespace, universal, kind = (_first(given, *places) for places in (("3.4.1", "3.4"), ("3.4.2",), ("3.4.3",)))
    if namespace or universal:
        place = next(given[p].location for p in ("3.4.1", "3.4", "3.4.2") if p in given)
        domains = [read_authority(namespace, universal, kind, network, place)]
    else:
        domains = [authority.id for authority in network.authorities]
    return [identifier_of(domain, one) for domain in domains for one in value.values]


def _first(given: Mapping[str, Parameter], *places: str) -> str:
    return next((given[place].values[0] for place in places if place in given), "")


def _name(criterion: str, texts: filters.Texts) -> Callable[[Parameter, _Search], None]:
    def read(parameter: Parameter, search: _Search) -> None:
        values = parameter.values
        whole = not any("*" in value for value in values)
        beginnings = [value.split("*")[0] for value in values]
        sought = criterion not in search.alternatives and all(beginnings)
        if sought:
            search.alternatives[criterion] = beginnings
            if whole:
                search.exact.add(criterion)
        if not (sought and whole):
            search.conditions.append(filters.any_pattern(texts, values))

    return read


def _text(texts: filters.Texts, *, whereabouts: bool = False) -> Callable[[Parameter, _Search], None]:
    def read(parameter: Parameter, search: _Search) -> None:
        search.conditions.append(filters.any_pattern(texts, parameter.values, whereabouts=whereabouts))

    return read


def _postcode(parameter: Parameter, search: _Search) -> None:
    if "postcode" not in search.alternatives and not any("*" in value for value in parameter.values):
        search.alternatives["postcode"] = parameter.values
    search.conditions.append(filters.any_pattern(filters.postcodes, parameter.values, whereabouts=True))


def _birth_date(parameter: Parameter, search: _Search) -> None:
    """A whole date is looked up; a year or month, starred or not, stands for every day in it."""
    dates = [read_date(value.removesuffix("*")) for value in parameter.values]
    told = [one for one in dates if one is not None]
    starred = [value for value in parameter.values if "*" in value]
    if len(told) < len(dates) or not all(map(_PATTERN_DATE.fullmatch, starred)):
        raise _refuse(parameter, "a date of birth is written YYYYMMDD; YYYY or YYYYMM mean every day in it")
    if "birth_date" not in search.alternatives and all(len(one) == 10 for one in told):
        search.alternatives["birth_date"] = told
    else:
        search.conditions.append(filters.born(told))


def _sex(parameter: Parameter, search: _Search) -> None:
    sexes = [read_sex(value, {}) for value in parameter.values]
    codes = [sex.value for sex in sexes if sex is not None]
    if len(codes) < len(sexes) or "sex" in search.alternatives:
        raise _refuse(parameter, "administrative sex is F, M, O, U, A or N, once")
    search.alternatives["sex"] = codes


def _multiple_birth(parameter: Parameter, search: _Search) -> None:
    if not set(parameter.values) <= {"Y", "N"}:
        raise _refuse(parameter, "the multiple birth indicator is Y or N")
    search.conditions.append(filters.of_multiple_birth([value == "Y" for value in parameter.values]))


def _birth_order(parameter: Parameter, search: _Search) -> None:
    if not all(value.isascii() and value.isdigit() for value in parameter.values):
        raise _refuse(parameter, "the birth order is a number")
    search.conditions.append(filters.of_birth_order([int(value[:4]) for value in parameter.values]))


def _refuse(parameter: Parameter, text: str) -> Refused:
    return Refused(Fault.BAD_VALUE, text, parameter.location)


_IDENTIFIER_PLACES = frozenset({"3", "3.1", "3.4", "3.4.1", "3.4.2", "3.4.3", "3.5"})
_SURNAME = _name("family", filters.families)
_FORENAME = _name("given", filters.givens)
_MAIDEN_NAME = _text(filters.maiden_names)
_STREET = _text(filters.streets, whereabouts=True)
_CONTACT = _text(filters.contacts, whereabouts=True)
READERS: Mapping[str, Callable[[Parameter, _Search], None]] = {
    "5": _SURNAME,
    "5.1": _SURNAME,
    "5.1.1": _SURNAME,
    "5.2": _FORENAME,
    "5.3": _text(filters.givens),
    "6": _MAIDEN_NAME,
    "6.1": _MAIDEN_NAME,
    "6.1.1": _MAIDEN_NAME,
    "7": _birth_date,
    "7.1": _birth_date,
    "8": _sex,
    "11": _STREET,
    "11.1": _STREET,
    "11.1.1": _STREET,
    "11.2": _STREET,
    "11.3": _text(filters.towns, whereabouts=True),
    "11.4": _text(filters.counties, whereabouts=True),
    "11.5": _postcode,
    "13": _CONTACT,
    "13.1": _CONTACT,
    "13.4": _CONTACT,
    "13.12": _CONTACT,
    "14": _CONTACT,
    "14.1": _CONTACT,
    "24": _multiple_birth,
    "25": _birth_order,
}

SUPPORTED: Mapping[str, str] = {
    "PID.3.1": "identifier, with PID.3.4 its domain",
    "PID.5.1.1": "surname",
    "PID.5.2": "forename",
    "PID.5.3": "another forename",
    "PID.6.1.1": "mother's maiden name",
    "PID.7": "date of birth; also YYYY or YYYYMM beside another parameter",
    "PID.8": "administrative sex",
    "PID.11.1": "line of the address",
    "PID.11.3": "town",
    "PID.11.4": "county",
    "PID.11.5": "postcode",
    "PID.13": "telephone number or e-mail address",
    "PID.24": "multiple birth",
    "PID.25": "birth order",
}
"""What people are looked up by, for the conformance statement; whereabouts find no restricted person (NHS-57)."""


def _places(name: str) -> list[str]:
    place = name.removeprefix("PID.")
    if place not in READERS:
        return sorted(f"PID.{one}" for one in _IDENTIFIER_PLACES)
    return [f"PID.{one}" for one, read in READERS.items() if read is READERS[place]]


PLACES: Mapping[str, Sequence[str]] = {name: _places(name) for name in SUPPORTED}
"""Every way of writing each of them."""
