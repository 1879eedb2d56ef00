"""Blocking keys: two records are compared when they share one (design section 5).

Many precise keys rather than a few loose ones: every rule joins at least two independent facts, so that a region of
ten million people has no block of more than some hundreds, and each error a hospital commonly makes (a typing slip
in one name, a nickname, a swapped or wrong date, marriage, a move) leaves at least one rule untouched. The rules are
part of the model: a change of rule, code or hash is a new model version.

A record is first brought down to its parts, a vector of integers. What keys follow from them is told once, in
compiled code, so that one record on line and ten million in bulk get the same.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from linkage.compiled import compiled
from linkage.encode import long_hash, pack_text
from linkage.nicknames import formals
from linkage.phonetics import sound
from linkage.record import Caution, StandardRecord

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

NHS, NAME_DOB, NAMES_YEAR, NAMES_DAY, NAMES_SECTOR, FORENAME_POSTCODE, BIRTH_POSTCODE = 0, 1, 2, 3, 4, 5, 6
FORENAME_PHONE, FORENAME_EMAIL = 7, 8

MOST_KEYS = 14
FACT = 4
SURNAME_SOUNDS = 4
"""The current surname, and three more."""
FORENAME_SOUNDS = 4
"""Two formal names that the current forename may stand for, and two more forenames."""
_FORMS = 2

# The parts of a record: where each stands in the vector; zero is missing.
UNIDENTIFIED, NUMBER, YEAR, MONTH, DAY, POSTCODE, SECTOR, PREVIOUS, PHONE, PHONE_2, EMAIL, SURNAME, FORENAME = (
    *range(12),
    11 + SURNAME_SOUNDS,
)
PARTS = FORENAME + FORENAME_SOUNDS

Longs = npt.NDArray[np.int64]

# Odd constants with bits in no pattern, signed because compiled words are.
_STEP = -7046029254386353131
_MIX = -4658895280553007687
_STIR = -7723592293110705685
_LOW_32, _LOW_35 = (1 << 32) - 1, (1 << 35) - 1


def block_keys(record: StandardRecord) -> tuple[int, ...]:
    """The record's keys: sorted distinct signed 64-bit integers, at most `MOST_KEYS`, the same in every process."""
    facts = np.zeros((MOST_KEYS, FACT), np.int64)
    count = find_facts(_parts_of(record), facts)
    return tuple(sorted({key_of(facts, place) for place in range(count)}))


def describe(record: StandardRecord) -> tuple[tuple[str, str], ...]:
    """The (rule, value) pairs behind `block_keys`, the most telling first; for tests and explanations.

    An unidentified patient has no demographics to be found by, only a number (NHS-53).
    """
    facts = np.zeros((MOST_KEYS, FACT), np.int64)
    count = find_facts(_parts_of(record), facts)
    names, texts = tuple(RULES), _texts_of(record)

    found = facts[:count].tolist()
    return tuple((names[rule], " ".join(texts.get(x, str(x)) for x in values if x)) for rule, *values in found)


def surname_sounds(surnames: tuple[str, ...]) -> list[int]:
    """Hashes of the sounds of the current surname and of those after it, `SURNAME_SOUNDS` in all."""
    found = [_sound_hash(name) for name in surnames[:SURNAME_SOUNDS]]
    return found + [0] * (SURNAME_SOUNDS - len(found))


def forename_sounds(forenames: tuple[str, ...]) -> list[int]:
    """Hashes of the sounds of the names the forename may stand for, then of what else it is, `FORENAME_SOUNDS`."""
    current = _formal_sounds(forenames[0]) if forenames else (0, 0)
    further = [_formal_sounds(name)[0] for name in forenames[1 : 1 + FORENAME_SOUNDS - _FORMS]]
    return [*current, *further, *[0] * (FORENAME_SOUNDS - _FORMS - len(further))]


@lru_cache(maxsize=200_000)
def _sound_hash(name: str) -> int:
    return long_hash(sound(name))


@lru_cache(maxsize=100_000)
def _formal_sounds(forename: str) -> tuple[int, int]:
    """Hashes of the sounds of the first two formal names that a forename may stand for, 0 when they are one."""
    first, *others = dict.fromkeys(_sound_hash(formal) for formal in formals(forename)[:_FORMS])
    return first, others[0] if others else 0


def _parts_of(record: StandardRecord) -> Longs:
    """int64[PARTS] of one record."""
    born, phones = record.birth_date, record.phones
    parts = (
        *(Caution.UNIDENTIFIED in record.cautions if record.cautions else 0, int(record.nhs_number or 0)),
        *(born.year, born.month, born.day),
        *(pack_text(record.postcode), pack_text(record.postcode[:-2])),
        pack_text(record.previous_postcodes[0]) if record.previous_postcodes else 0,
        *(long_hash(phones[0]) if phones else 0, long_hash(phones[1]) if len(phones) > 1 else 0),
        long_hash(record.emails[0]) if record.emails else 0,
        *surname_sounds(record.surnames),
        *forename_sounds(record.forenames),
    )
    return np.array(parts, np.int64)


def _texts_of(record: StandardRecord) -> dict[int, str]:
    """What the hashes among the record's parts stand for."""
    formal = [name for forename in record.forenames for name in formals(forename)]
    sounds = [sound(name) for name in (*record.surnames, *formal)]
    hashed = {long_hash(text): text for text in (*sounds, *record.phones, *record.emails)}
    postcodes = (record.postcode, record.postcode[:-2], *record.previous_postcodes)
    return hashed | {pack_text(text): text for text in postcodes}


@compiled
def find_facts(parts: Longs, facts: Longs) -> int:
    """Write the facts that make the keys of int64[PARTS] to int64[MOST_KEYS, FACT] and say how many there are.

    A fact is a rule and three values. The most telling come first, and what exceeds the room is dropped.
    """
    n = 0
    if parts[NUMBER]:
        n = _note(facts, n, NHS, parts[NUMBER], 0, 0)
    if parts[UNIDENTIFIED]:
        return n
    for name in (SURNAME, FORENAME, FORENAME + 1):
        n = _note_date(facts, n, parts, name)
    if parts[POSTCODE] and parts[MONTH]:
        n = _note(facts, n, BIRTH_POSTCODE, parts[POSTCODE], parts[YEAR], parts[MONTH])
    for name in (FORENAME, FORENAME + 1):
        if parts[name]:
            n = _note_names(facts, n, parts, name)
            n = _note_with(facts, n, FORENAME_POSTCODE, parts[name], parts[POSTCODE])
            n = _note_with(facts, n, FORENAME_PHONE, parts[name], parts[PHONE])
            n = _note_with(facts, n, FORENAME_EMAIL, parts[name], parts[EMAIL])
    for name in range(SURNAME + 1, FORENAME):
        n = _note_date(facts, n, parts, name)
    for name in range(FORENAME + 2, PARTS):
        n = _note_date(facts, n, parts, name)
    if parts[FORENAME]:
        n = _note_with(facts, n, FORENAME_POSTCODE, parts[FORENAME], parts[PREVIOUS])
        n = _note_with(facts, n, FORENAME_PHONE, parts[FORENAME], parts[PHONE_2])
    return n


@compiled
def _note_date(facts: Longs, n: int, parts: Longs, name: int) -> int:
    """One name with the birth date, under which 3 April and 4 March of one year are the same (NHS-52)."""
    if parts[name] == 0 or parts[DAY] == 0:
        return n
    low, high = min(parts[DAY], parts[MONTH]), max(parts[DAY], parts[MONTH])
    return _note(facts, n, NAME_DOB, parts[name], parts[YEAR], 100 * low + high)


@compiled
def _note_names(facts: Longs, n: int, parts: Longs, name: int) -> int:
    """Both names together, each time with a fact that a wrong birth date or a move leaves standing."""
    if parts[SURNAME] == 0:
        return n
    low, high = min(parts[SURNAME], parts[name]), max(parts[SURNAME], parts[name])
    if parts[YEAR]:
        n = _note(facts, n, NAMES_YEAR, low, high, parts[YEAR])
    if parts[DAY]:
        n = _note(facts, n, NAMES_DAY, low, high, 100 * parts[MONTH] + parts[DAY])
    if parts[SECTOR]:
        n = _note(facts, n, NAMES_SECTOR, low, high, parts[SECTOR])
    return n


@compiled
def _note_with(facts: Longs, n: int, rule: int, name: int, value: int) -> int:
    """A name with another value, if that is there."""
    return _note(facts, n, rule, name, value, 0) if value else n


@compiled
def _note(facts: Longs, n: int, rule: int, one: int, two: int, three: int) -> int:
    """Add a fact that is new, while there is room; the count of facts."""
    for k in range(n):
        if facts[k, 0] == rule and facts[k, 1] == one and facts[k, 2] == two and facts[k, 3] == three:
            return n
    if n < MOST_KEYS:
        facts[n, 0], facts[n, 1], facts[n, 2], facts[n, 3] = rule, one, two, three
        n += 1
    return n


@compiled
def key_of(facts: Longs, place: int) -> int:
    """The key of one fact: 64 bits, each step a bijection of the last value, so that near values lie far apart."""
    key: int = facts[place, 0] * _STEP + _STIR
    for k in range(1, FACT):
        key = (key ^ facts[place, k]) * _MIX
        key ^= (key >> 32) & _LOW_32
        key *= _STIR
        key ^= (key >> 29) & _LOW_35
    return key
