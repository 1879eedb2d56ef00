"""What one distinct value, or one of a few values that belong together, adds to the rows that have it.

Every reading is the scalar functions of `linkage.standardise`, `linkage.encode` and `linkage.blocking`, called with
nothing but these values; its result is words of eight bytes to be added to those of the row.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from linkage import nhs_number
from linkage.blocking import FORENAME_SOUNDS, SURNAME_SOUNDS, forename_sounds, surname_sounds
from linkage.columns.file_readings import FILE_READINGS
from linkage.columns.plain import read_emails, read_numbers, read_phones
from linkage.columns.reading import Reading, Values
from linkage.encode import (
    birth_fields,
    encode_usual,
    forename_fields,
    further_counts,
    known_names,
    long_hash,
    middle_fields,
    number_kind,
    pack_text,
    short_hash,
    surname_fields,
)
from linkage.layout import (
    BIRTH,
    FORENAME_SLOT,
    FORENAMES,
    HEAD,
    HOUSE_STREET,
    MAIDEN,
    MIDDLE,
    MOST_SURNAMES,
    NUMBER,
    POSTCODE,
    PRACTICE,
    SECTOR,
    SURNAME_SLOT,
    TOWN_FORENAME,
    WORDS,
)
from linkage.model import Model
from linkage.record import Name, NameUse
from linkage.standardise import judge_birth_date, read_status, standardise
from linkage.standardise.addresses import read_lines, read_postcode, read_town
from linkage.standardise.contacts import read_email, read_phone, read_practice
from linkage.standardise.name_parts import plain_given, plain_surname, read_family, read_given
from linkage.standardise.names import (
    NameReading,
    depends_on_family,
    depends_on_given,
    read_name_fields,
    read_names,
    read_surname,
)
from linkage.tables.table import FIELDS, demographics_of

DEPENDS, HAS_PREVIOUS, VARIES, UNSAID = 1, 2, 4, 8
"""Flags of names: it must be read together with the other name fields; there is a previous surname; it says other
forenames without the middle names, so that it must be read together with the others if there is a previous surname;
the current surname, or the forename, is not said, and if neither is, other fields may stand in."""

NAME_FIELDS = ("surname", "previous_surname", "forename", "middle_names", "full_name")
FAMILY_WORDS = (HEAD, MIDDLE + 1, *range(SURNAME_SLOT, FORENAMES))
GIVEN_WORDS = (HEAD, TOWN_FORENAME, MIDDLE, MIDDLE + 1, *range(FORENAME_SLOT, SURNAME_SLOT), *range(FORENAMES, WORDS))

_HEAD = struct.Struct("<8B")
_FLAGS = struct.Struct("<q8B")
_SURNAME = struct.Struct("<7xB20s4sIiQ")
_FURTHER = struct.Struct("<Ii")
_MIDDLE = struct.Struct("<3I4B")
_GIVEN = struct.Struct(f"<20s4sIiQ{'II' * 5}4I{FORENAME_SOUNDS}q")
_BIRTH = struct.Struct("<8BBBHI")
_NUMBER = struct.Struct("<8Bq")
_ONE, _TWO = struct.Struct("<q"), struct.Struct("<2q")
_HALVES = struct.Struct("<2I")

_NO_FLAGS = bytes(_FLAGS.size)

_REMEMBERED = 65_536


def _family(values: Values, model: Model) -> bytes:
    surname, previous = values
    plain, before = plain_surname(surname), plain_surname(previous)
    if plain and (before or not previous):
        surnames = (plain, before) if before and before != plain else (plain,)
        head = _FLAGS.pack(HAS_PREVIOUS if previous else 0, 0, 0, 0, 0, 0, len(surnames) - 1, 0, 0)
        return head + _surnames(surnames, model)
    family = read_family(surname)
    depends = depends_on_given(family)
    names: tuple[Name, ...] = (Name(surname, use=NameUse.OFFICIAL),)
    if previous:
        depends = depends or not family.surnames or depends_on_given(read_family(previous))
        names += (Name(previous, use=NameUse.MAIDEN),)
    flags = (DEPENDS if depends else 0) | (HAS_PREVIOUS if previous else 0) | (0 if surname else UNSAID)
    return _pack_family(read_name_fields(names), flags, model)


def _given(values: Values, model: Model) -> bytes:
    forename, middle = values
    if forename and (plain := plain_given(f"{forename} {middle}")):
        short, known, others = _forenames(plain[:1], model)
        return b"".join((_NO_FLAGS, short, _middles(plain[1:], known), others))
    given, alone = read_given(forename, middle), read_given(forename)
    flags = (DEPENDS if depends_on_family(given) else 0) | (0 if forename else UNSAID)
    if depends_on_family(alone) or not set(alone.forenames) <= set(given.forenames):
        flags |= VARIES
    return _pack_given(read_name_fields((Name("", forename, middle),)), flags, model)


def _names(values: Values, model: Model) -> bytes:
    names = read_names(demographics_of(dict(zip(NAME_FIELDS, values, strict=True))))
    return _pack_family(names, 0, model) + _pack_given(names, 0, model)


def _pack_family(names: NameReading, flags: int, model: Model) -> bytes:
    count, _ = further_counts(names.surnames, ())
    return _FLAGS.pack(flags, 0, 0, 0, 0, names.cautions, count, 0, 0) + _surnames(names.surnames, model)


def _pack_given(names: NameReading, flags: int, model: Model) -> bytes:
    _, count = further_counts((), names.forenames)
    head = _FLAGS.pack(flags, 0, 0, 0, names.birth_order, names.cautions, 0, count, 0)
    short, known, others = _forenames(names.forenames, model)
    return b"".join((head, short, _middles(names.middle_names, known), others))


@lru_cache(maxsize=_REMEMBERED)
def _middles(names: tuple[str, ...], known: int) -> bytes:
    return _MIDDLE.pack(*middle_fields(names), known)


def _surnames(surnames: tuple[str, ...], model: Model) -> bytes:
    """The bits among the middle names and the words of the surnames, then the sounds."""
    kept = [_surname(name, model) for name in surnames[: MOST_SURNAMES + 1]]
    current = kept[0][0] if kept else bytes(_SURNAME.size)
    further = b"".join([name[1] for name in kept[1:]])
    sounds = b"".join([name[2] for name in kept[:SURNAME_SOUNDS]])
    return current + further.ljust(8 * MOST_SURNAMES, b"\0") + sounds.ljust(8 * SURNAME_SOUNDS, b"\0")


@lru_cache(maxsize=_REMEMBERED)
def _surname(name: str, model: Model) -> tuple[bytes, bytes, bytes]:
    """What one surname adds as the current one, as a further one, and by its sound."""
    letters, tail, code, adjustment, signature, *_ = surname_fields((name,), model)
    current = _SURNAME.pack(known_names("", (name,), model), letters, tail, code, adjustment, signature)
    return current, _FURTHER.pack(code, adjustment), _ONE.pack(surname_sounds((name,))[0])


@lru_cache(maxsize=_REMEMBERED)
def _forenames(forenames: tuple[str, ...], model: Model) -> tuple[bytes, int, bytes]:
    """The word before the middle names, the bits among them, and the words after them."""
    forename = forenames[0] if forenames else ""
    current, others = forename_fields(forenames, model)
    after = _GIVEN.pack(*current, *others, *forename_sounds(forenames))
    return _HALVES.pack(0, short_hash(forename)), known_names(forename, (), model), after


def _birth(values: Values, _: Model) -> bytes:
    born, caution = judge_birth_date(values[0], unidentified=False)
    return _BIRTH.pack(0, 0, 0, 0, caution, 0, 0, 0, *birth_fields(born))


def _person(values: Values, _: Model) -> bytes:
    record = standardise(demographics_of(dict(zip(_PERSON_FIELDS, values, strict=True))))
    return _HEAD.pack(0, record.sex, 0, record.birth_order, record.cautions, 0, 0, 0)


def _number(values: Values, _: Model) -> bytes:
    number = nhs_number.accept(values[0])
    return _NUMBER.pack(0, 0, 0, 0, 0, 0, 0, number_kind(number), int(number or 0))


def _status(values: Values, _: Model) -> bytes:
    return _HEAD.pack(0, 0, read_status(values[0]), 0, 0, 0, 0, 0)


def _postcode(values: Values, _: Model) -> bytes:
    postcode = read_postcode(values[0])
    return _TWO.pack(pack_text(postcode), pack_text(postcode[:-2]))


def _address(values: Values, _: Model) -> bytes:
    house, street = read_lines((values[0],)) if values[0] else ("", "")
    return _HALVES.pack(short_hash(house), _street_hash(street))


_street_hash = lru_cache(maxsize=_REMEMBERED)(short_hash)


def _town(values: Values, _: Model) -> bytes:
    return _HALVES.pack(short_hash(read_town(values[0])), 0)


def _phone(values: Values, _: Model) -> bytes:
    return _ONE.pack(long_hash(read_phone(values[0])))


def _email(values: Values, _: Model) -> bytes:
    return _ONE.pack(long_hash(read_email(values[0])))


def _practice(values: Values, _: Model) -> bytes:
    return _ONE.pack(long_hash(read_practice(values[0])))


def _maiden(values: Values, _: Model) -> bytes:
    return _ONE.pack(long_hash(read_surname(values[0])))


def _row(values: Values, model: Model) -> bytes:
    return encode_usual(standardise(demographics_of(dict(zip(FIELDS, values, strict=True)))), model)


def _foreign_row(values: Values, model: Model) -> bytes:
    said = dict(zip(FIELDS, values, strict=True))
    return encode_usual(standardise(demographics_of(said, foreign=True)), model)


_PERSON_FIELDS = ("sex", "birth_order", "multiple_birth")

READINGS = {
    "family": Reading(NAME_FIELDS[:2], FAMILY_WORDS, _family, extra=1 + SURNAME_SOUNDS, caseless=True),
    "given": Reading(NAME_FIELDS[2:4], GIVEN_WORDS, _given, extra=1 + FORENAME_SOUNDS, caseless=True),
    "names": Reading(
        NAME_FIELDS, FAMILY_WORDS + GIVEN_WORDS, _names, extra=2 + SURNAME_SOUNDS + FORENAME_SOUNDS, caseless=True
    ),
    "birth": Reading(("dob",), (HEAD, BIRTH), _birth),
    "person": Reading(_PERSON_FIELDS, (HEAD,), _person),
    "number": Reading(("nhs_number",), (HEAD, NUMBER), _number, plain=read_numbers),
    "status": Reading(("nhs_status",), (HEAD,), _status),
    "postcode": Reading(("postcode",), (POSTCODE, SECTOR), _postcode),
    "address": Reading(("address",), (HOUSE_STREET,), _address, caseless=True),
    "town": Reading(("town",), (TOWN_FORENAME,), _town, caseless=True),
    "phone": Reading(("phone",), (), _phone, extra=1, plain=read_phones),
    "phone_2": Reading(("phone_2",), (), _phone, extra=1, plain=read_phones),
    "phone_3": Reading(("phone_3",), (), _phone, extra=1, plain=read_phones),
    "email": Reading(("email",), (), _email, extra=1, plain=read_emails),
    "email_2": Reading(("email_2",), (), _email, extra=1, plain=read_emails),
    "practice": Reading(("gp_practice",), (PRACTICE,), _practice),
    "maiden": Reading(("mothers_maiden_name",), (MAIDEN,), _maiden, caseless=True),
    "row": Reading(FIELDS, tuple(range(WORDS)), _row),
    "foreign_row": Reading(FIELDS, tuple(range(WORDS)), _foreign_row),
    **FILE_READINGS,
}
"""Every reading by name. Each field that a record is made from is in one of them; `names` and `row` are besides for
rows whose fields do not stand apart."""
