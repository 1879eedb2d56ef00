"""Files as they are public in Europe: contacts, biographies, German names with dates, a census with a register, and a
file with a national number. Sizes, columns and rates are like theirs; people and errors are our own."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.peers.lookalikes.errors import (
    any_of,
    cut,
    digit,
    familiar,
    mangled,
    wrong_date,
)
from benchmarks.peers.lookalikes.population import Person, Registry
from benchmarks.peers.lookalikes.rows import Fault, Made, Row, european, shuffled, spoil, swap

_NAME = any_of(keyed=3, mangled=1, misread=1, misheard=2)
_FORENAME = any_of(keyed=3, familiar=4, misheard=2, initial=1)
_TRADES = (
    *(
        "politician",
        "writer",
        "lawyer",
        "cricketer",
        "painter",
        "engineer",
        "clergyman",
        "botanist",
        "actor",
        "soldier",
    ),
    *("composer", "architect", "physician", "journalist", "sculptor", "explorer", "merchant", "poet"),
    *("footballer", "astronomer"),
)
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def contacts(rng: random.Random) -> Made:
    """1,000 records of 250 people with many slips: first_name, surname, dob, city, email."""
    registry = Registry("english", rng, years=(1965, 2015))
    faults = {
        "first_name": Fault(0.17, 0.4, any_of(keyed=1, mangled=4, familiar=1)),
        "surname": Fault(0.18, 0.4, any_of(keyed=1, mangled=4)),
        "dob": Fault(0.0, 0.5, any_of(wrong_date=3, wrong_twice=1)),
        "city": Fault(0.19, 0.4, mangled),
        "email": Fault(0.24, 0.5, any_of(keyed=1, mangled=4)),
    }
    told: list[tuple[int, int, Row]] = []
    for person in _strangers(registry, 250):
        row = {
            "first_name": person.forename,
            "surname": person.surname,
            "dob": person.born,
            "city": person.home.town if rng.random() < 0.5 else "London",
            "email": person.email,
        }
        for copy in range(rng.choices(range(1, 8), (6, 10, 14, 16, 14, 10, 6))[0]):
            spoiled = spoil(rng, row, faults if copy else {"city": Fault(0.1)})
            swap(rng, spoiled, "first_name", "surname", 0.12)
            told.append((person.number, 0, spoiled))
    fields = _named("first_name", "surname", "dob") | {"town": ("city",), "email": ("email",)}
    return shuffled(rng, told, fields, {})


def biographies(rng: random.Random) -> Made:
    """30,000 records of 3,000 people of the past, ten each: titles, second forenames, marriages, rough dates."""
    registry = Registry("english", rng, years=(1620, 1900))
    faults = {
        "first_name": Fault(0.02, 0.2, _FORENAME),
        "surname": Fault(0.03, 0.15, _NAME),
        "dob": Fault(0.12, 0.25, any_of(rough_date=3, wrong_date=2)),
        "birth_place": Fault(0.12, 0.08, _NAME),
        "postcode_fake": Fault(0.12, 0.12, any_of(digit=1, keyed=1)),
        "gender": Fault(0.04),
        "occupation": Fault(0.15),
    }
    told: list[tuple[int, int, Row]] = []
    for person in registry.people(3000):
        trade, title = rng.choice(_TRADES), f"{rng.choice(('1st', '2nd', '4th'))} baron {person.home.town}"
        for _ in range(max(1, min(20, round(rng.gauss(10, 4))))):
            row = spoil(rng, _biography(rng, registry, person, trade), faults)
            if person.number % 12 == 0 and rng.random() < 0.4:
                row["surname"] = title
            told.append((person.number, 0, {name: text.lower() for name, text in row.items()}))
    fields = _named("first_name", "surname", "dob") | {
        "sex": ("gender",),
        "birth_place": ("birth_place",),
        "postcode": ("postcode_fake",),
    }
    return shuffled(rng, told, fields, {"occupation": "occupation"})


def _biography(rng: random.Random, registry: Registry, person: Person, trade: str) -> Row:
    forename = person.middle if person.middle and rng.random() < 0.06 else person.forename
    both = person.middle and rng.random() < 0.15
    other = registry.land.home(rng)
    home = person.home if rng.random() < 0.85 else replace(other, town=person.home.town)
    return {
        "first_name": f"{forename} {person.middle}" if both else forename,
        "surname": person.birth_name if rng.random() < 0.3 else person.surname,
        "dob": person.born,
        "birth_place": person.birth_place if rng.random() < 0.9 else other.town,
        "postcode_fake": home.postcode,
        "gender": person.sex,
        "occupation": trade if rng.random() < 0.85 else rng.choice(_TRADES),
    }


def german(rng: random.Random, people: int, twice: int) -> Made:
    """Strangers of whom some come twice with an error or two: fname_c1, fname_c2, lname_c1, lname_c2, by, bm, bd."""
    told: list[tuple[int, int, Row]] = []
    for n, person in enumerate(_strangers(Registry("german", rng, years=(1920, 2005)), people)):
        year, month, day = person.born.split("-")
        first, last = person.forename.upper().split("-"), person.surname.upper()
        row = {
            "fname_c1": first[0],
            "fname_c2": first[1] if len(first) > 1 else (person.middle.upper() if rng.random() < 0.05 else ""),
            "lname_c1": last,
            "lname_c2": _second(rng) if rng.random() < 0.02 else "",
            "by": year,
            "bm": str(int(month)),
            "bd": str(int(day)),
        }
        told.append((person.number, 0, row))
        if n < twice:
            told.append((person.number, 0, _german_again(rng, row)))
    fields = {
        "forename": ("fname_c1",),
        "middle_names": ("fname_c2",),
        "surname": ("lname_c1", "lname_c2"),
        "dob": ("by", "bm", "bd"),
    }
    return shuffled(rng, told, fields, {}, "parts")


def _second(rng: random.Random) -> str:
    return rng.choice(("MUELLER", "SCHMIDT", "WEBER", "KELLER", "BRANDT", "VOSS"))


def _german_again(rng: random.Random, row: Row) -> Row:
    again = dict(row)
    for name in rng.sample(("fname_c1", "lname_c1", "by", "bm", "bd"), rng.choices((1, 2), (8, 2))[0]):
        if name.startswith("b"):
            highest = {"by": 2005, "bm": 12, "bd": 28}[name]
            again[name] = str(min(highest, max(1, int(row[name]) + rng.choice((-10, -1, 1, 2, 10)))))
        else:
            again[name] = any_of(keyed=3, misread=1, misheard=2)(rng, row[name]).upper()
    if rng.random() < 0.05:
        again["fname_c2"] = ""
    return again


def uk_census(rng: random.Random) -> Made:
    """A census and a patient register of 11,000 each: pername1, pername2, sex, dob_day, dob_mon, dob_year, enumcap,
    enumpc; nine in ten are in both, one in twelve has moved."""
    registry = Registry("english", rng, years=(1925, 2010))
    faults = {
        "pername1": Fault(0.01, 0.08, _FORENAME),
        "pername2": Fault(0.01, 0.06, _NAME),
        "sex": Fault(0.02, 0.01, lambda rng, sex: "M" if sex == "F" else "F"),
        "enumcap": Fault(0.01, 0.08, any_of(keyed=2, misread=1, cut=1)),
        "enumpc": Fault(0.02, 0.03, any_of(digit=1, keyed=1)),
        "dob_year": Fault(0.01),
    }
    told: list[tuple[int, int, Row]] = []
    for person in registry.people(12_000):
        for source in (0, 1):
            if rng.random() < 0.08:
                continue
            now = registry.moved(person) if source and rng.random() < 0.08 else person
            now = registry.married(now) if source and now.sex == "female" and rng.random() < 0.02 else now
            day = wrong_date(rng, now.born) if rng.random() < 0.04 else now.born
            row = {
                "pername1": now.forename,
                "pername2": now.surname,
                "sex": now.sex[0].upper(),
                **dict(zip(("dob_year", "dob_mon", "dob_day"), (str(int(x)) for x in day.split("-")), strict=True)),
                "enumcap": f"{now.home.house} {now.home.street}, {now.home.town}",
                "enumpc": now.home.postcode.replace(" ", ""),
            }
            told.append((person.number, source, spoil(rng, row, faults)))
    fields = {
        **_named("pername1", "pername2", ""),
        "sex": ("sex",),
        "dob": ("dob_year", "dob_mon", "dob_day"),
        "address": ("enumcap",),
        "postcode": ("enumpc",),
    }
    return shuffled(rng, told, fields, {"street": "enumcap"}, "parts", two_files=True)


def national_number(rng: random.Random) -> Made:
    """6,000 records of 3,600 Spaniards: full_name, dob, national_id with typing errors, phone."""
    registry = Registry("spanish", rng, years=(1930, 2012))
    faults = {
        "full_name": Fault(0.0, 0.15, _NAME),
        "dob": Fault(0.05, 0.07, wrong_date),
        "national_id": Fault(0.12, 0.1, any_of(digit=3, keyed=1)),
        "phone": Fault(0.25, 0.05, digit),
    }
    told: list[tuple[int, int, Row]] = []
    for person in registry.people(3600):
        number = int(person.national) // 10
        for copy in range(rng.choices((1, 2, 3, 4), (55, 28, 12, 5))[0]):
            row = {
                "full_name": _spanish_name(rng, person),
                "dob": person.born,
                "national_id": f"{number:08d}{_DNI[number % 23]}",
                "phone": registry.phone() if copy and rng.random() < 0.25 else person.phone,
            }
            row = spoil(rng, row, faults)
            row["dob"] = european(row["dob"]) if row["dob"] else ""
            told.append((person.number, 0, row))
    fields = {"full_name": ("full_name",), "dob": ("dob",), "national_id": ("national_id",), "phone": ("phone",)}
    return shuffled(rng, told, fields, {}, "european")


def _spanish_name(rng: random.Random, person: Person) -> str:
    given = f"{person.forename} {person.middle}" if person.middle and rng.random() < 0.6 else person.forename
    given = familiar(rng, given) if rng.random() < 0.04 else given
    family = person.surname.split()[0] if rng.random() < 0.12 else person.surname
    name = f"{family} {given}" if rng.random() < 0.04 else f"{given} {family}"
    name = cut(rng, name) if rng.random() < 0.01 else name
    return name.translate(str.maketrans("áéíóúñÁÓ", "aeiounAO")) if rng.random() < 0.3 else name


def _strangers(registry: Registry, people: int) -> list[Person]:
    """So many people, one of a household."""
    return list({person.household: person for person in registry.people(4 * people)}.values())[:people]


def _named(forename: str, surname: str, dob: str) -> dict[str, tuple[str, ...]]:
    found = {"forename": (forename,), "surname": (surname,)}
    return found | {"dob": (dob,)} if dob else found
