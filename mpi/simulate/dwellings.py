"""The housing stock: dwellings on named streets, about fifteen to a postcode, in the network's own districts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mpi.simulate.places import COTTAGES, STREET_KIND_WEIGHTS, STREET_KINDS, STREETS, District
from mpi.simulate.sampling import Flags, Ints, Vocabulary, Words, words

PER_POSTCODE = 15
_UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # C I K M O V do not occur in an inward code
_UNITS = 10 * len(_UNIT_LETTERS) ** 2
_STRIDE = 1237  # coprime with the 4000 units of a district, so units never repeat before they run out


@dataclass(frozen=True, slots=True)
class Dwellings:
    """Parallel arrays, one row a dwelling, in postcode order so that neighbours in index are near in space.

    `line` is the first address line ("12 Oak Road", "Flat 3, 12 Oak Road"); `short` is how a hurried clerk types it.
    """

    district: Ints
    line: Words
    short: Words
    house: Words
    street: Words
    town: Words
    postcode: Words
    practice: Words
    dialling: Words

    def __len__(self) -> int:
        return len(self.district)


def _inward(unit: int) -> str:
    letters = len(_UNIT_LETTERS)
    return f"{unit // letters**2}{_UNIT_LETTERS[unit // letters % letters]}{_UNIT_LETTERS[unit % letters]}"


def _postcodes(districts: tuple[District, ...], district: Ints) -> Words:
    order = np.zeros(len(district), dtype=np.int64)
    for d in range(len(districts)):
        where = district == d
        order[where] = np.arange(int(where.sum()))
    if len(order) and int(order.max()) >= _UNITS:
        raise ValueError(f"more than {_UNITS} postcodes in one district; the region is too small for its people")
    units = (order * _STRIDE + district * 611) % _UNITS
    pairs = zip(district.tolist(), units.tolist(), strict=True)
    return words([f"{districts[d].outward} {_inward(u)}" for d, u in pairs])


def _street_names(rng: np.random.Generator, size: int) -> Words:
    kinds = Vocabulary.weighted(STREET_KINDS, np.array(STREET_KIND_WEIGHTS, dtype=np.float64)).draw(rng, size)
    stems = Vocabulary.ranked(STREETS, 4.0, 0.55).draw(rng, size)
    made = []
    for stem, kind in zip(stems.tolist(), kinds.tolist(), strict=True):
        made.append(stem.replace("-", " ") if stem.startswith("The-") else f"{stem.replace('-', ' ')} {kind}")
    return words(made)


def _houses(rng: np.random.Generator, place: Ints, base: Ints) -> Words:
    dice = rng.random(len(place))
    flat: Flags = dice < 0.12
    cottage: Flags = dice > 0.985
    numbers = np.where(flat, base, base + 2 * place)
    made = [str(n) for n in numbers.tolist()]
    for i in np.flatnonzero(flat).tolist():
        made[i] = f"Flat {place[i] + 1}, {made[i]}"
    for i in np.flatnonzero(cottage).tolist():
        made[i] = COTTAGES[int(place[i] + base[i]) % len(COTTAGES)]
    for i in np.flatnonzero((dice > 0.96) & ~cottage).tolist():
        made[i] += "AB"[i % 2]
    return words(made)


def _shorten(line: str) -> str:
    for long, short in (("Road", "Rd"), ("Street", "St"), ("Avenue", "Ave"), ("Crescent", "Cres"), ("Flat", "Flt")):
        line = line.replace(long, short)
    return line


def _practices(districts: tuple[District, ...], district: Ints, people: int, place: Ints) -> Words:
    per_district = max(1, round(people / 8000 / max(1, len(districts))))
    chosen = (place // 300) % per_district
    pairs = zip(district.tolist(), chosen.tolist(), strict=True)
    return words([f"Y9{d % 100:02d}{k % 100:02d}" for d, k in pairs])


def build_stock(rng: np.random.Generator, districts: tuple[District, ...], households: int) -> Dwellings:
    """Enough dwellings for `households` and a few empty ones to move into."""
    postcodes = -(-int(households * 1.04 + PER_POSTCODE) // PER_POSTCODE)
    district = np.sort(rng.integers(0, len(districts), postcodes))
    codes = _postcodes(districts, district)
    streets = _street_names(rng, postcodes)
    base = rng.integers(1, 90, postcodes)
    of = np.repeat(np.arange(postcodes), PER_POSTCODE)
    place = np.tile(np.arange(PER_POSTCODE), postcodes)
    house = _houses(rng, place, base[of])
    street: Words = streets[of]
    line = words([f"{h} {s}" if h[0].isdigit() or h[:5] == "Flat " else f"{h}, {s}"
                  for h, s in zip(house.tolist(), street.tolist(), strict=True)])  # fmt: skip
    towns = words([d.town for d in districts])
    dialling = words([d.dialling for d in districts])
    at = district[of]
    return Dwellings(
        district=at,
        line=line,
        short=words([_shorten(text) for text in line.tolist()]),
        house=house,
        street=street,
        town=towns[at],
        postcode=codes[of],
        practice=_practices(districts, at, int(households * 2.3), np.arange(len(of))),
        dialling=dialling[at],
    )
