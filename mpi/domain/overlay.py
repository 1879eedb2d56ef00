"""Recognise an overlay: an update that turns a record into another human being."""

from __future__ import annotations

from linkage.record import Caution, Demographics, Sex
from linkage.standardise import standardise

_EVERYTHING = 3
_FULL_DATE = len("1954-03-07")


def changes(before: Demographics, after: Demographics) -> int:
    """How many of name, date of birth and sex changed to something else; what is missing has not changed."""
    return (
        _differ(_words(before), _words(after))
        + _differ(_date(before), _date(after))
        + _differ(_sex(before), _sex(after))
    )


def is_overlay(before: Demographics, after: Demographics) -> bool:
    """Whether all three changed; not when it is now said who an unidentified patient is (NHS-53)."""
    return changes(before, after) == _EVERYTHING and Caution.UNIDENTIFIED not in standardise(before).cautions


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)


def _words(person: Demographics) -> frozenset[str]:
    text = " ".join(f"{name.family} {name.given} {name.middle}" for name in person.names)
    return frozenset(text.upper().replace("-", " ").split())


def _date(person: Demographics) -> frozenset[str]:
    return frozenset({person.birth_date} if len(person.birth_date) == _FULL_DATE else ())


def _sex(person: Demographics) -> frozenset[str]:
    return frozenset({person.sex} & {Sex.MALE, Sex.FEMALE})
