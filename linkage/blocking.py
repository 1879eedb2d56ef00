"""Blocking keys: two records are compared when they share one (design section 5).

Many precise keys rather than a few loose ones: every rule joins at least two independent facts, so that a region of
ten million people has no block of more than some hundreds, and each error a hospital commonly makes (a typing slip
in one name, a nickname, a swapped or wrong date, marriage, a move) leaves at least one rule untouched. The rules are
part of the model: a change of rule, code or hash is a new model version.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from linkage.nicknames import formals
from linkage.phonetics import sound
from linkage.record import BirthDate, Caution, StandardRecord

RULES = {
    "nhs": "NHS number",
    "name-dob": "the sound of any one name, and the full birth date with day and month in either order",
    "names-year": "the sounds of surname and forename in either order, and the year of birth",
    "names-day": "the sounds of surname and forename in either order, and the day and month of birth",
    "names-sector": "the sounds of surname and forename in either order, and the postcode sector",
    "forename-postcode": "the sound of the forename, and the postcode, present or previous",
    "birth-postcode": "the postcode, and the year and month of birth",
    "forename-phone": "the sound of the forename, and a phone number",
    "forename-email": "the sound of the forename, and an e-mail address",
}
"""Every rule by name. A record that lacks a part emits no key of that rule; a forename sounds as its formal name, and
as both when it is short for two (CHRIS). Households and care homes share phones and mailboxes, so neither is a key
alone."""

MOST_KEYS = 14
_MORE_SURNAMES = 3
_MORE_FORENAMES = 2
_FORMS = 2


def block_keys(record: StandardRecord) -> tuple[int, ...]:
    """The record's keys: sorted distinct signed 64-bit integers, at most `MOST_KEYS`, the same in every process."""
    return tuple(sorted({_hash(rule, value) for rule, value in describe(record)}))


def describe(record: StandardRecord) -> tuple[tuple[str, str], ...]:
    """The (rule, value) pairs behind `block_keys`, the most telling first; for tests and explanations.

    An unidentified patient has no demographics to be found by, only a number (NHS-53).
    """
    if record.cautions and Caution.UNIDENTIFIED in record.cautions:
        return (("nhs", record.nhs_number),) if record.nhs_number else ()
    pairs = dict.fromkeys(_main_keys(record))
    pairs.update(dict.fromkeys(_further_keys(record)))
    return tuple(pairs)[:MOST_KEYS]


def _main_keys(record: StandardRecord) -> Iterator[tuple[str, str]]:
    """Keys of the current values."""
    if record.nhs_number:
        yield "nhs", record.nhs_number
    born, postcode = record.birth_date, record.postcode
    surname = sound(record.surnames[0]) if record.surnames else ""
    forenames = _sounds(record.forenames[0]) if record.forenames else ()
    if born.day:
        date = _either_order(born)
        for code in (surname, *forenames):
            if code:
                yield "name-dob", f"{code} {date}"
    if postcode and born.month:
        yield "birth-postcode", f"{postcode} {born.year}{born.month:02}"
    for code in forenames:
        if surname:
            names = f"{surname} {code}" if surname < code else f"{code} {surname}"
            yield from _names_keys(names, born, postcode)
        if postcode:
            yield "forename-postcode", f"{code} {postcode}"
        if record.phones:
            yield "forename-phone", f"{code} {record.phones[0]}"
        if record.emails:
            yield "forename-email", f"{code} {record.emails[0]}"


def _names_keys(names: str, born: BirthDate, postcode: str) -> Iterator[tuple[str, str]]:
    """Keys of both names together, each with a fact that a wrong birth date or a move leaves standing."""
    if born.year:
        yield "names-year", f"{names} {born.year}"
    if born.day:
        yield "names-day", f"{names} {born.month:02}{born.day:02}"
    if postcode:
        yield "names-sector", f"{names} {postcode[:-2]}"


def _further_keys(record: StandardRecord) -> Iterator[tuple[str, str]]:
    """Keys of previous and alternative names, of the parts of a double-barrelled one, and of earlier homes."""
    if record.birth_date.day and (len(record.surnames) > 1 or len(record.forenames) > 1):
        date = _either_order(record.birth_date)
        for surname in record.surnames[1 : 1 + _MORE_SURNAMES]:
            yield "name-dob", f"{sound(surname)} {date}"
        for forename in record.forenames[1 : 1 + _MORE_FORENAMES]:
            yield "name-dob", f"{_sounds(forename)[0]} {date}"
    if record.forenames:
        code = _sounds(record.forenames[0])[0]
        for postcode in record.previous_postcodes[:1]:
            yield "forename-postcode", f"{code} {postcode}"
        for phone in record.phones[1:2]:
            yield "forename-phone", f"{code} {phone}"


def _either_order(born: BirthDate) -> str:
    """The birth date under which 3 April and 4 March of one year are the same (NHS-52)."""
    low, high = (born.day, born.month) if born.day < born.month else (born.month, born.day)
    return f"{born.year}{low:02}{high:02}"


@lru_cache(maxsize=100_000)
def _sounds(forename: str) -> tuple[str, ...]:
    """The sounds of the formal names that a forename may stand for."""
    return tuple(dict.fromkeys(sound(formal) for formal in formals(forename)[:_FORMS]))


def _hash(rule: str, value: str) -> int:
    digest = blake2b(f"{rule}:{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
