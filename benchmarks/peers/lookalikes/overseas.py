"""Files as they are public elsewhere: a roll of voters, a census of the United States, snapshots of voters,
Australian records and a clinic's in Uganda. Sizes, columns and rates are like theirs; people and errors are our own.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

from benchmarks.peers.lookalikes.errors import any_of, digit, familiar, keyed, wrong_date
from benchmarks.peers.lookalikes.population import Person, Registry
from benchmarks.peers.lookalikes.rows import Fault, Made, Row, american, compact, shuffled, spoil, swap

_NAME = any_of(keyed=3, misread=1, misheard=2, cut=0.3)
_FORENAME = any_of(keyed=3, familiar=4, misheard=1, initial=1)
_NOBODY = ("Unknown", "Refused", "Adult", "Lady", "Occupant", "Baby Boy", "Female", "Son")
_RACES = ("W", "B", "A", "I", "O", "U")


def roll(rng: random.Random) -> Made:
    """Two rolls of 1,500 and 1,000 with 250 people in both: firstname, middlename, lastname, housenum, streetname,
    city, birthyear."""
    registry = _within("american", rng, "CA")
    faults = {
        "firstname": Fault(0.0, 0.08, _FORENAME),
        "middlename": Fault(0.4, 0.1, any_of(initial=3, keyed=1)),
        "lastname": Fault(0.0, 0.08, _NAME),
        "housenum": Fault(0.02, 0.04, digit),
        "streetname": Fault(0.01, 0.06, any_of(keyed=2, cut=1)),
        "city": Fault(0.01, 0.02, keyed),
        "birthyear": Fault(0.02, 0.05, digit),
    }
    told: list[tuple[int, int, Row]] = []
    for n, person in enumerate(registry.people(2250)):
        for source in (0,) if n < 1250 else (0, 1) if n < 1500 else (1,):
            now = registry.moved(person) if source and rng.random() < 0.1 else person
            row = {
                "firstname": now.forename,
                "middlename": now.middle,
                "lastname": now.surname,
                "housenum": now.home.house,
                "streetname": now.home.street,
                "city": now.home.town,
                "birthyear": now.born[:4],
            }
            told.append((person.number, source, spoil(rng, row, faults)))
    fields = {
        "forename": ("firstname",),
        "middle_names": ("middlename",),
        "surname": ("lastname",),
        "address": ("housenum", "streetname"),
        "town": ("city",),
        "dob": ("birthyear",),
    }
    return shuffled(rng, told, fields, {"house": "housenum", "street": "streetname"}, two_files=True)


def us_census(rng: random.Random) -> Made:
    """Three collections of 4,000 people, most of them in one town and all under three ZIP codes: names, birth date,
    address, sex, ssn in two of three; values of the household's others, nobody's names, marriages and moves."""
    registry = Registry("american", rng, years=(1935, 2022))
    people = registry.people(4000)
    homes = defaultdict(list)
    for person in people:
        homes[person.household].append(person)
    faults = {
        "first_name": Fault(0.015, 0.1, _FORENAME),
        "middle_initial": Fault(0.25, 0.02, keyed),
        "last_name": Fault(0.015, 0.07, _NAME),
        "date_of_birth": Fault(0.02, 0.06, wrong_date),
        "street_number": Fault(0.02, 0.04, digit),
        "street_name": Fault(0.02, 0.06, any_of(keyed=2, misread=1, misheard=1)),
        "unit_number": Fault(0.05, 0.02, keyed),
        "zipcode": Fault(0.01, 0.03, digit),
        "ssn": Fault(0.35, 0.05, digit),
        "sex": Fault(0.02),
    }
    told: list[tuple[int, int, Row]] = []
    for person in people:
        now = person
        for source in range(3):
            if source:
                now = registry.moved(now) if rng.random() < 0.15 else now
                now = registry.married(now) if now.sex == "female" and rng.random() < 0.04 else now
            if rng.random() < 0.08:
                continue
            row = _american(rng, now, homes[person.household])
            row = spoil(rng, row, faults)
            row["date_of_birth"] = american(row["date_of_birth"]) if row["date_of_birth"] else ""
            told.append((person.number, source, row))
    fields = {
        "forename": ("first_name",),
        "middle_names": ("middle_initial",),
        "surname": ("last_name",),
        "dob": ("date_of_birth",),
        "sex": ("sex",),
        "address": ("unit_number", "street_number", "street_name"),
        "town": ("city",),
        "region": ("state",),
        "postcode": ("zipcode",),
        "national_id": ("ssn",),
    }
    return shuffled(rng, told, fields, {"house": "street_number", "street": "street_name"}, "american")


def _american(rng: random.Random, person: Person, home: list[Person]) -> Row:
    other = rng.choice(home)
    number = other.national if rng.random() < 0.01 else person.national
    return {
        "first_name": rng.choice(_NOBODY) if rng.random() < 0.01 else person.forename,
        "middle_initial": person.middle[:1],
        "last_name": person.surname,
        "date_of_birth": other.born if rng.random() < 0.01 else person.born,
        "street_number": person.home.house,
        "street_name": person.home.street.lower(),
        "unit_number": person.home.unit,
        "city": "Anytown",
        "state": "WA",
        "zipcode": f"0000{len(person.home.street) % 3}",
        "sex": person.sex.capitalize(),
        "ssn": f"{number[:3]}-{number[3:5]}-{number[5:]}",
    }


def voters(rng: random.Random) -> Made:
    """Two snapshots of 9,000 voters, years apart, in one file: names, suffix, year of birth, place of birth, race,
    gender, address, city, zip, phone."""
    registry = _within("american", rng, "NC")
    faults = {
        "first_name": Fault(0.0, 0.04, _FORENAME),
        "middle_name": Fault(0.1, 0.2, any_of(initial=4, keyed=1)),
        "last_name": Fault(0.0, 0.03, _NAME),
        "name_suffix": Fault(0.3),
        "birth_year": Fault(0.0, 0.02, digit),
        "birth_place": Fault(0.25),
        "res_street_address": Fault(0.0, 0.05, any_of(keyed=2, cut=1)),
        "zip_code": Fault(0.01, 0.02, digit),
        "full_phone_number": Fault(0.5, 0.02, digit),
        "race_code": Fault(0.03, 0.03, lambda rng, code: rng.choice(_RACES)),
    }
    told: list[tuple[int, int, Row]] = []
    for person in registry.people(9500):
        now, race = person, rng.choices(_RACES, (66, 22, 3, 1, 4, 4))[0]
        for source in (0, 1):
            if source:
                now = registry.moved(now) if rng.random() < 0.25 else now
                now = registry.married(now) if now.sex == "female" and rng.random() < 0.08 else now
                now = replace(now, phone=registry.phone()) if rng.random() < 0.3 else now
            if rng.random() < 0.1:
                continue
            told.append((person.number, source, spoil(rng, _voter(now, race), faults)))
    fields = {
        "forename": ("first_name",),
        "middle_names": ("middle_name",),
        "surname": ("last_name",),
        "dob": ("birth_year",),
        "birth_place": ("birth_place",),
        "sex": ("gender_code",),
        "address": ("res_street_address",),
        "town": ("res_city_desc",),
        "region": ("state_cd",),
        "postcode": ("zip_code",),
        "phone": ("full_phone_number",),
    }
    return shuffled(rng, told, fields, {"street": "res_street_address", "suffix": "name_suffix", "race": "race_code"})


def _voter(now: Person, race: str) -> Row:
    return {
        "last_name": now.surname.upper(),
        "first_name": now.forename.upper(),
        "middle_name": now.middle.upper(),
        "name_suffix": now.suffix.upper(),
        "birth_year": now.born[:4],
        "birth_place": "NC" if now.birth_place < "H" else now.birth_place[:2].upper(),
        "race_code": race,
        "gender_code": now.sex[0].upper(),
        "res_street_address": " ".join(filter(None, (now.home.house, now.home.street, now.home.unit))).upper(),
        "res_city_desc": now.home.town.upper(),
        "state_cd": "NC",
        "zip_code": now.home.postcode,
        "full_phone_number": now.phone,
    }


def australia(rng: random.Random) -> Made:
    """8,000 records, 5,000 originals and up to four copies of some, with one to four errors a copy."""
    registry = Registry("australian", rng, years=(1920, 2005))
    told: list[tuple[int, int, Row]] = []
    people = registry.people(5000)
    for person in people:
        told.append((person.number, 0, _australian(rng, person)))
    while len(told) < 8000:
        person = rng.choice(people[:2200])
        again = dict(told[person.number - 1][2])
        for _ in range(rng.choices((1, 2, 3, 4), (4, 3, 2, 1))[0]):
            _spoil_one(rng, again)
        told.append((person.number, 0, again))
    for _, _, row in told:
        row["date_of_birth"] = compact(row["date_of_birth"])
    fields = {
        "forename": ("given_name",),
        "surname": ("surname",),
        "dob": ("date_of_birth",),
        "address": ("street_number", "address_1", "address_2"),
        "town": ("suburb",),
        "region": ("state",),
        "postcode": ("postcode",),
        "phone": ("phone_number",),
        "national_id": ("soc_sec_id",),
    }
    parts = {"house": "street_number", "street": "address_1", "locality": "address_2", "age": "age"}
    return shuffled(rng, told, fields, parts, "compact")


def _australian(rng: random.Random, person: Person) -> Row:
    return {
        "given_name": person.forename.lower() if rng.random() > 0.02 else "",
        "surname": person.surname.lower() if rng.random() > 0.01 else "",
        "street_number": person.home.house if rng.random() > 0.03 else "",
        "address_1": person.home.street.lower(),
        "address_2": rng.choice(("rosedale", "glenmore park", "villa 3", "mount view")) if rng.random() < 0.3 else "",
        "suburb": person.home.town.lower(),
        "postcode": person.home.postcode,
        "state": person.home.region.lower() if rng.random() > 0.1 else "",
        "date_of_birth": person.born if rng.random() > 0.1 else "",
        "age": str(2010 - int(person.born[:4])) if rng.random() > 0.2 else "",
        "phone_number": f"{person.phone[:2]} {person.phone[2:]}" if rng.random() > 0.1 else "",
        "soc_sec_id": person.national[:7],
    }


def _spoil_one(rng: random.Random, row: Row) -> None:
    kind = rng.random()
    if kind < 0.06:
        return swap(rng, row, "given_name", "surname", 1.0)
    if kind < 0.1:
        return swap(rng, row, "address_1", "address_2", 1.0)
    name = rng.choice([name for name in row if row[name]])
    if kind < 0.25:
        row[name] = ""
    elif name == "date_of_birth":
        row[name] = wrong_date(rng, row[name])
    elif name in ("given_name", "surname", "address_1", "suburb"):
        row[name] = _NAME(rng, row[name])
    else:
        row[name] = any_of(digit=3, keyed=1)(rng, row[name])
    return None


def clinic(rng: random.Random) -> Made:
    """7,000 records of 4,000 patients in Uganda: names often exchanged, birth dates often 1 January, a national
    number in half and a clinic's number in a third."""
    registry = Registry("ugandan", rng, years=(1945, 2020))
    faults = {
        "given_name": Fault(0.01, 0.12, any_of(keyed=2, misheard=2, misread=1)),
        "surname": Fault(0.01, 0.12, any_of(keyed=2, misheard=2, misread=1)),
        "sex": Fault(0.01, 0.01, lambda rng, sex: "male" if sex == "female" else "female"),
        "date_of_birth": Fault(0.03, 0.1, wrong_date),
        "city": Fault(0.1, 0.04, keyed),
        "phone_number": Fault(0.3, 0.03, digit),
        "uganda_nin": Fault(0.5, 0.05, any_of(digit=1, misread=1)),
        "art_number": Fault(0.65, 0.03, digit),
    }
    told: list[tuple[int, int, Row]] = []
    for person in registry.people(4000):
        born = f"{person.born[:4]}-01-01" if rng.random() < 0.25 else person.born
        number = f"C{person.sex[0].upper()}{person.born[2:4]}{person.national}{person.surname[:2].upper()}"
        for copy in range(rng.choices((1, 2, 3, 4), (50, 30, 13, 7))[0]):
            row = {
                "given_name": familiar(rng, person.forename) if rng.random() < 0.05 else person.forename,
                "surname": person.surname,
                "sex": person.sex,
                "date_of_birth": born,
                "city": registry.land.home(rng).town if copy and rng.random() < 0.1 else person.home.town,
                "phone_number": registry.phone() if copy and rng.random() < 0.3 else person.phone,
                "uganda_nin": number,
                "art_number": f"ART{int(person.national) % 100_000:05d}",
            }
            row = spoil(rng, row, faults)
            swap(rng, row, "given_name", "surname", 0.12)
            told.append((person.number, 0, row))
    fields = {
        "forename": ("given_name",),
        "surname": ("surname",),
        "sex": ("sex",),
        "dob": ("date_of_birth",),
        "town": ("city",),
        "phone": ("phone_number",),
        "national_id": ("uganda_nin",),
    }
    return shuffled(rng, told, fields, {"art_number": "art_number"})


def _within(culture: str, rng: random.Random, region: str) -> Registry:
    """A registry of one region."""
    registry = Registry(culture, rng, years=(1930, 2002))
    registry.land = replace(registry.land, towns=tuple(town for town in registry.land.towns if town[1] == region))
    return registry
