"""Towns, streets and addresses of the countries in `names.py`, made up around the usual words."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

_PLACES = """
London Birmingham Leeds Manchester Bristol Sheffield Liverpool Newcastle Nottingham Leicester Southampton
Portsmouth Brighton Hull Plymouth Stoke Wolverhampton Derby Swansea Cardiff Bolton Reading Norwich Ipswich Exeter
York Oxford Cambridge Gloucester Cheltenham Worcester Hereford Shrewsbury Chester Lancaster Carlisle Durham
Darlington Sunderland Aberdeen Dundee Edinburgh Glasgow Inverness Perth Belfast Derry Bangor Wrexham Luton Watford
Slough Crawley Basingstoke Swindon Bath Taunton Truro Poole Bournemouth Salisbury Winchester Guildford Maidstone
Canterbury Colchester Chelmsford Peterborough Lincoln Grimsby Doncaster Rotherham Barnsley Wakefield Huddersfield
Halifax Bradford Burnley Preston
"""
_AMERICAN = """
Charlotte:NC Raleigh:NC Greensboro:NC Durham:NC Winston-Salem:NC Fayetteville:NC Cary:NC Wilmington:NC
High~Point:NC Concord:NC Asheville:NC Gastonia:NC Jacksonville:NC Chapel~Hill:NC Rocky~Mount:NC Burlington:NC
Hickory:NC Kannapolis:NC Oakland:CA Hayward:CA Fremont:CA San~Leandro:CA Castro~Valley:CA Berkeley:CA Livermore:CA
Union~City:CA Alameda:CA
"""
_GERMAN = """
Berlin Hamburg Muenchen Koeln Frankfurt Stuttgart Duesseldorf Dortmund Essen Leipzig Bremen Dresden Hannover
Nuernberg Duisburg Bochum Wuppertal Bielefeld Bonn Muenster Karlsruhe Mannheim Augsburg Wiesbaden Kiel Aachen Halle
Magdeburg
"""
_SPANISH = """
Madrid Barcelona Valencia Sevilla Zaragoza Málaga Murcia Palma Bilbao Alicante Córdoba Valladolid Vigo Gijón
Granada Oviedo Badajoz Huelva Salamanca Logroño Pamplona Almería Cádiz Burgos Albacete Santander Castellón León
Jaén Ourense
"""
_UGANDAN = """
Kampala Wakiso Mukono Entebbe Jinja Mbale Gulu Lira Mbarara Masaka Soroti Arua Hoima Kasese Tororo Iganga Kabale
Luwero
"""
_AUSTRALIAN = """
Toowoomba:QLD Cairns:QLD Redcliffe:QLD Ipswich:QLD Bendigo:VIC Ballarat:VIC Geelong:VIC Footscray:VIC Frankston:VIC
Dubbo:NSW Wagga~Wagga:NSW Parramatta:NSW Penrith:NSW Newcastle:NSW Albury:NSW Coffs~Harbour:NSW Bundaberg:QLD
Mandurah:WA Fremantle:WA Geraldton:WA Glenelg:SA Gawler:SA Whyalla:SA Launceston:TAS Hobart:TAS Burnie:TAS
Tuggeranong:ACT
"""
_TREES = """
Church Station Victoria Park Mill School Green King Queen Albert Manor York New Grange Springfield Windsor Chapel
North South West East High Main Oak Maple Cedar Pine Elm Birch Walnut Chestnut Washington Lincoln Jefferson Madison
Franklin Jackson River Lake Hill Forest Meadow Sunset Ridge Valley Spring Highland Cherry Willow Dogwood Hickory
Magnolia Rose Alexandra George Stanley Clarence Russell Cambridge Oxford Derby Kent Sussex Norfolk Bradford Nelson
Wellington Waterloo Trafalgar Balmoral Sandringham Kingsley Tennyson Milton Byron Shelley Burns Keats Wordsworth
Dickens Hardy Beech Ash
"""
_STREETS = {
    "english": (
        _TREES,
        "{} Road|{} Street|{} Avenue|{} Close|{} Lane|{} Drive|The {}|{} Gardens|{} Terrace|{} Court",
    ),
    "american": (_TREES, "{} St|{} Ave|{} Dr|{} Rd|{} Ln|{} Ct|{} Blvd|{} Way|N {} St|S {} Ave|{} Creek Rd"),
    "german": (
        "Haupt Bahnhof Schul Garten Kirch Wald Berg Linden Ring Dorf Wiesen Mühl Rosen Goethe",
        "{}straße|{}weg",
    ),
    "spanish": ("Mayor Real Sol Iglesia Nueva Fuente Constitución Goya Cervantes Colón Luna", "Calle {}|Avenida {}"),
    "ugandan": ("Kampala Bombo Jinja Gayaza Entebbe Masaka Hoima Portbell Ggaba Salaama", "{} Road|{} Close"),
    "australian": (
        "Fitzroy Macquarie Hindmarsh Wattle Banksia Kookaburra Jarrah Lachlan Darling Murray Burke Wills Flinders "
        "Cook Phillip Bass Sturt Eyre Leichhardt Mitchell Hume Barker Chifley Curtin Menzies Holt Deakin Barton",
        "{} Street|{} Place|{} Crescent|{} Circuit|{} Close|{} Avenue|{} Court|{} Road|{} Drive",
    ),
}
_TOWNS = {
    "english": _PLACES,
    "american": _AMERICAN,
    "german": _GERMAN,
    "spanish": _SPANISH,
    "ugandan": _UGANDAN,
    "australian": _AUSTRALIAN,
}
_HOUSES = (
    "Rose Cottage",
    "The Bungalow",
    "Flat 2",
    "Flat 1a",
    "Hillside",
    "Oakdene",
    "The Old Forge",
    "Unit 4",
    "Glenview",
)
_UNITS = ("apt {}", "unit {}", "# {}", "lot {}", "ste {}")
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True, slots=True)
class Home:
    """An address in parts; what a country does not have is ""."""

    house: str = ""
    unit: str = ""
    street: str = ""
    town: str = ""
    region: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Land:
    """Where people of a culture live: towns with their regions, the first the largest, and streets."""

    culture: str
    towns: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]

    def home(self, rng: random.Random) -> Home:
        """A new address. A street stands in one postal area of its town, so that neighbours share it."""
        town, region = self.towns[min(int(rng.expovariate(5.0) * len(self.towns)), len(self.towns) - 1)]
        street = rng.choice(self.streets)
        place = random.Random(f"{self.culture} {town} {street}")  # the same for all who live there
        house = str(1 + int(rng.expovariate(1 / 60)))
        if self.culture == "american":
            house = str(rng.randint(1, 99) * 100 + rng.randint(1, 60))
        named = self.culture == "english" and rng.random() < 0.08
        unit = rng.choice(_UNITS).format(rng.randint(1, 40)) if rng.random() < 0.12 else ""
        return Home(
            rng.choice(_HOUSES) if named else house, unit, street, town, region, _POSTCODES[self.culture](place, town)
        )


def land(culture: str) -> Land:
    """The land of one of `names.CULTURES`."""
    towns = [(*name.title().replace("~", " ").split(":"), "")[:2] for name in _TOWNS[culture].split()]
    words, patterns = _STREETS[culture]
    streets = [pattern.format(word) for word, pattern in product(dict.fromkeys(words.split()), patterns.split("|"))]
    random.Random(f"streets {culture}").shuffle(streets)
    return Land(culture, tuple((town, region.upper()) for town, region in towns), tuple(streets))


def _british(place: random.Random, town: str) -> str:
    area = (town[0] + town[2]).upper() if town[2].upper() not in "CIKMOV" else town[0]
    return f"{area}{place.randint(1, 29)} {place.randint(1, 9)}{place.choice(_LETTERS)}{place.choice(_LETTERS)}"


def _digits(width: int, areas: int) -> Callable[[random.Random, str], str]:
    def code(place: random.Random, town: str) -> str:
        first = random.Random(town).randint(10, 99)
        return f"{first}{place.randrange(areas):0{width - 2}d}"

    return code


_POSTCODES: dict[str, Callable[[random.Random, str], str]] = {
    "english": _british,
    "american": _digits(5, 30),
    "german": _digits(5, 60),
    "spanish": _digits(5, 20),
    "ugandan": lambda place, town: "",
    "australian": _digits(4, 12),
}
