"""Conditions on a person that the index's own search does not know; each is a predicate over a `PersonView`.
PDQ and PDQm ask by the same ones, so that the same question has the same answer on both.

They hold when any live record says so. What tells where a restricted person lives never holds for them (NHS-57).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

from linkage.record import Demographics
from mpi.domain.identifiers import Identifier
from mpi.domain.views import PersonView
from mpi.errors import Fault, Refused

Filter = Callable[[PersonView], bool]
Texts = Callable[[Demographics], Iterable[str]]

_DATE = re.compile(r"(eq|ne|gt|ge|lt|le)?(\d{4}(?:-\d\d(?:-\d\d)?)?)\Z")
_NOT_LETTERS = re.compile(r"[^\w]+")


def any_text(texts: Texts, values: Sequence[str], *, exact: bool, whereabouts: bool = False) -> Filter:
    """Whether one of the texts starts with (or, exact, is) one of the values."""
    wanted = [value if exact else _fold(value) for value in values]

    def holds(told: Demographics) -> bool:
        if exact:
            return any(text in wanted for text in texts(told))
        return any(_fold(text).startswith(prefix) for text in texts(told) for prefix in wanted)

    return lambda person: not (whereabouts and person.restricted) and any(holds(told) for told in _told(person))


def born(values: Sequence[str]) -> Filter:
    """Whether the birth date stands in one of the relations (`ge1950`, `1954-03`); raises `Refused` (BAD_VALUE)."""
    relations = [read_date(value) for value in values]

    def holds(told: Demographics) -> bool:
        if not told.birth_date:
            return False
        try:
            _, first, last = read_date(told.birth_date)
        except Refused:
            return False
        return any(_stands(relation, first, last, low, high) for relation, low, high in relations)

    return lambda person: any(holds(told) for told in _told(person))


def read_date(value: str) -> tuple[str, date, date]:
    """A FHIR date parameter as its prefix and the first and last day it means; raises `Refused` (BAD_VALUE)."""
    match = _DATE.match(value)
    try:
        if match is None:
            raise ValueError("not a date")
        year, month, day = (int(part) for part in (match[2] + "-0-0").split("-")[:3])
        last_month = month or 12
        first = date(year, month or 1, day or 1)
        return match[1] or "eq", first, date(year, last_month, day or monthrange(year, last_month)[1])
    except ValueError as error:
        raise Refused(
            Fault.BAD_VALUE, "a date is written YYYY, YYYY-MM or YYYY-MM-DD, with eq ne gt ge lt le"
        ) from error


def _stands(relation: str, first: date, last: date, low: date, high: date) -> bool:
    match relation:
        case "eq":
            return low <= first and last <= high
        case "ne":
            return not (low <= first and last <= high)
        case "gt":
            return last > high
        case "ge":
            return last >= low
        case "lt":
            return first < low
        case _:
            return first <= high


def any_pattern(texts: Texts, patterns: Sequence[str], *, whereabouts: bool = False) -> Filter:
    """Whether one of the texts is one of the patterns; * stands for any letters, case and punctuation are ignored."""
    wanted = [[_fold(part) for part in pattern.split("*")] for pattern in patterns]

    def holds(told: Demographics) -> bool:
        return any(_is_like(_fold(text), parts) for text in texts(told) if text for parts in wanted)

    return lambda person: not (whereabouts and person.restricted) and any(holds(told) for told in _told(person))


def _is_like(text: str, parts: Sequence[str]) -> bool:
    """Whether `text` is the parts with anything between them. No regular expression: many stars would cost an age."""
    first, *others = parts
    if not others:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return text.endswith(others[-1]) and len(text) - len(others[-1]) >= at


def of_multiple_birth(values: Sequence[bool]) -> Filter:
    """Whether the person is said to be of a multiple birth, or (False) said not to be."""
    return lambda person: any(told.multiple_birth in values for told in _told(person))


def of_birth_order(values: Sequence[int]) -> Filter:
    """Whether the place in a multiple birth is one of the values."""
    return lambda person: any(told.birth_order in values for told in _told(person))


def has_identifier_in(person: PersonView, domains: Collection[str]) -> bool:
    """Whether the person has an identifier to tell in one of `domains`."""
    return any(one.authority in domains for one in person.told)


def has_identifier(wanted: Sequence[Identifier]) -> Filter:
    """Whether a live record, or the surviving NHS number, is one of the identifiers."""

    return lambda person: not set(person.told).isdisjoint(wanted)


def of_gender(values: Sequence[str]) -> Filter:
    """Whether the surviving administrative gender is one of the codes."""
    return lambda person: person.demographics.sex.value in values


def is_active(values: Sequence[str]) -> Filter:
    """Whether the golden id stands ("true") or has been retired ("false")."""
    return lambda person: str(person.requested_id == person.golden_id).lower() in values


def families(told: Demographics) -> Iterable[str]:
    """Every surname, former ones included."""
    return (name.family for name in (*told.names, *told.previous_names))


def givens(told: Demographics) -> Iterable[str]:
    """Every forename, each by itself."""
    return (part for name in (*told.names, *told.previous_names) for part in (name.given, *name.middle.split()))


def postcodes(told: Demographics) -> Iterable[str]:
    """Current postcodes."""
    return (address.postcode for address in told.addresses)


def streets(told: Demographics) -> Iterable[str]:
    """Lines of the current addresses."""
    return (line for address in told.addresses for line in address.lines)


def towns(told: Demographics) -> Iterable[str]:
    """Current towns."""
    return (address.town for address in told.addresses)


def counties(told: Demographics) -> Iterable[str]:
    """Current counties."""
    return (address.county for address in told.addresses)


def address_parts(told: Demographics) -> Iterable[str]:
    """Every part of the current addresses."""
    return (part for a in told.addresses for part in (*a.lines, a.town, a.county, a.postcode))


def maiden_names(told: Demographics) -> Iterable[str]:
    """The mother's maiden name."""
    return (told.mothers_maiden_name,)


def contacts(told: Demographics) -> Iterable[str]:
    """Telephone numbers and e-mail addresses."""
    return (*told.phones, *told.emails)


def _told(person: PersonView) -> Iterable[Demographics]:
    return (person.demographics, *(record.demographics for record in person.live))


def _fold(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
