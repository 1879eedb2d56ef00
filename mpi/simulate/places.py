"""Where people live: postcode districts around each trust's hospitals, towns, dialling codes, street names.

Districts follow the published geography of postcode areas (ONS Postcode Directory, district level). Units inside a
district are made up, so an address that exists in life is met only by chance and never with its residents.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpi.simulate.sampling import listed

CATCHMENTS = {
    # Greater Manchester. RBV (The Christie) is a specialist trust: everyone's and no one's catchment.
    "RMC": "BL1 BL2 BL3 BL4 BL5 BL6 BL7",
    "R0A": "M1 M4 M8 M9 M11 M12 M13 M14 M15 M16 M18 M19 M20 M21 M22 M23 M32 M33 M40 M41 WA14 WA15",
    "RM3": "M3 M5 M6 M7 M27 M28 M30 M38 M44",
    "RW6": "M8 M9 M40 M24 M25 M26 M35 OL1 OL2 OL3 OL4 OL8 OL9 OL10 OL11 OL12 OL16 BL0 BL8 BL9",
    "RWJ": "SK1 SK2 SK3 SK4 SK5 SK6 SK7 SK8",
    "RMP": "SK13 SK14 SK15 SK16 OL5 OL6 OL7 M34 M43",
    "RRF": "WN1 WN2 WN3 WN4 WN5 WN6 WN7 M29 M46",
    # Surrey and Sussex. RPC (Queen Victoria) is the regional burns and plastics specialist.
    "RTK": "KT10 KT12 KT13 KT14 KT15 KT16 TW15 TW16 TW17 TW18 TW19 TW20 GU21 GU22",
    "RXC": "BN20 BN21 BN22 BN23 BN24 BN26 BN27 TN21 TN22 TN31 TN33 TN34 TN35 TN37 TN38 TN39 TN40",
    "RA2": "GU1 GU2 GU3 GU4 GU5 GU6 GU7 GU8 GU9 GU23 GU26 GU27",
    "RYR": "BN1 BN2 BN3 BN5 BN6 BN7 BN9 BN10 BN11 BN12 BN13 BN14 BN15 BN16 BN17 BN18 PO19 PO20 PO21 PO22 RH16 RH17",
    "RTP": "RH1 RH2 RH3 RH4 RH5 RH6 RH7 RH8 RH9 RH10 RH11 RH12 RH13 RH19",
    # Wessex.
    "RHU": "PO1 PO2 PO3 PO4 PO5 PO6 PO7 PO8 PO9 PO10 PO11 PO12 PO13 PO14 PO15 PO16",
    "R1F": "PO30 PO31 PO32 PO33 PO34 PO35 PO36 PO37 PO38 PO39 PO40",
    "RNZ": "SP1 SP2 SP3 SP4 SP5 SP6 SP7 SP10 SP11",
    "RHM": "SO14 SO15 SO16 SO17 SO18 SO19 SO30 SO31 SO32 SO40 SO45 SO50 SO51 SO52 SO53",
}
"""ODS trust code -> postcode districts it is the local hospital of."""

HEIRS = {"RW6": "RM3", "RXH": "RYR"}
"""Who serves the catchment of a dissolved trust in a network that does not know that trust (ORG-1)."""

SPECIALIST = frozenset({"RBV", "RPC", "RW1"})
"""Trusts that draw from the whole region."""

ELSEWHERE = listed("""LS1 LS6 LS8 LS11 LS17 S1 S5 S8 S10 S20 NE1 NE3 NE6 NE12 NE25 B1 B8 B14 B23 B31 CV1 CV3
CV5 CV21 CV32 L1 L4 L8 L15 L25 NG1 NG3 NG5 NG9 NG16 BS1 BS3 BS5 BS7 BS16""")
"""Districts lent out, five to a trust, to networks this table does not know."""

_TOWNS = {
    "M": "Manchester",
    "BL": "Bolton",
    "OL": "Oldham",
    "SK": "Stockport",
    "WN": "Wigan",
    "WA": "Altrincham",
    "GU": "Guildford",
    "RH": "Redhill",
    "BN": "Brighton",
    "TN": "Hastings",
    "KT": "Weybridge",
    "TW": "Staines-upon-Thames",
    "PO": "Portsmouth",
    "SO": "Southampton",
    "SP": "Salisbury",
    "LS": "Leeds",
    "S": "Sheffield",
    "NE": "Newcastle upon Tyne",
    "B": "Birmingham",
    "CV": "Coventry",
    "L": "Liverpool",
    "NG": "Nottingham",
    "BS": "Bristol",
}

_DISTRICT_TOWNS = dict(
    entry.split(":")
    for entry in listed("""M3:Salford M5:Salford M6:Salford M7:Salford M27:Swinton M28:Worsley M30:Eccles M33:Sale
    M32:Stretford M24:Middleton M25:Prestwich M26:Radcliffe M34:Denton M35:Failsworth M41:Urmston M43:Droylsden
    M44:Irlam M46:Atherton M29:Tyldesley OL5:Mossley OL6:Ashton-under-Lyne OL7:Ashton-under-Lyne OL10:Heywood
    OL11:Rochdale OL12:Rochdale OL16:Rochdale BL0:Ramsbottom BL8:Bury BL9:Bury BL4:Farnworth SK8:Cheadle
    SK13:Glossop SK14:Hyde SK15:Stalybridge SK16:Dukinfield WN7:Leigh WA15:Hale RH10:Crawley RH11:Crawley
    RH12:Horsham RH13:Horsham RH16:Haywards-Heath RH19:East-Grinstead RH2:Reigate RH6:Horley RH4:Dorking BN3:Hove
    BN7:Lewes BN9:Newhaven BN11:Worthing BN12:Worthing BN13:Worthing BN14:Worthing BN17:Littlehampton
    BN20:Eastbourne BN21:Eastbourne BN22:Eastbourne BN23:Eastbourne BN24:Pevensey BN26:Polegate BN27:Hailsham
    TN31:Rye TN33:Battle TN39:Bexhill-on-Sea TN40:Bexhill-on-Sea PO19:Chichester PO21:Bognor-Regis GU7:Godalming
    GU9:Farnham GU21:Woking GU22:Woking KT12:Walton-on-Thames KT16:Chertsey TW20:Egham PO12:Gosport PO14:Fareham
    PO16:Fareham PO30:Newport PO33:Ryde PO36:Sandown SO50:Eastleigh SO51:Romsey SP10:Andover""")
)

_DIALLING = {
    "M": "0161",
    "BL": "01204",
    "OL": "01706",
    "SK": "0161",
    "WN": "01942",
    "WA": "0161",
    "GU": "01483",
    "RH": "01293",
    "BN": "01273",
    "TN": "01424",
    "KT": "01932",
    "TW": "01784",
    "PO": "02392",
    "SO": "02380",
    "SP": "01722",
    "LS": "0113",
    "S": "0114",
    "NE": "0191",
    "B": "0121",
    "CV": "02476",
    "L": "0151",
    "NG": "0115",
    "BS": "0117",
}

STREETS = listed("""High Station Church Park Victoria Green Manor Kings Queens New Grange North South West
East Mill London York Alexandra Albert Windsor Springfield George Chester Stanley The-Crescent Richmond
Broadway Highfield Main Grove Albion Oxford Cambridge Wellington Nelson Clarence Regent Cromwell Hawthorn
Beech Oak Ash Elm Sycamore Birch Cedar Chestnut Laurel Holly Lime Maple Poplar Rowan Willow Woodland Meadow
Orchard Hillside Brook River Bridge Ashfield Oakfield Fairfield Westfield Northfield Longfield Bank Cross Moor
Heath Common School Chapel Vicarage Rectory St-Marys St-Johns St-Peters St-Georges St-James St-Pauls Trinity
Abbey Priory Castle Tower Mount Hill Valley Dale Glen Fern Heather Rose Primrose Lavender Ivy Peel Gladstone
Salisbury Balfour Russell Grosvenor Derby Lancaster Warwick Kent Surrey Essex Norfolk Suffolk Devon Cornwall
Dorset Durham Carlton Clifton Lansdowne Belmont Devonshire Cavendish Bedford Tudor Stuart Hanover Brunswick
Waterloo Trafalgar Alma Balmoral Sandringham Osborne Argyle Elgin Stirling Lomond Ullswater Windermere
Coniston Derwent Grasmere Thirlmere Buttermere Kendal Ambleside Pennine Canal Wharf Dock Foundry Forge Factory
Cotton Weaver Spinner Bolton Bury Preston Blackburn Burnley""")

STREET_KINDS = listed("""Road Street Avenue Close Lane Drive Way Grove Crescent Court Place Gardens Terrace
Walk""")
STREET_KIND_WEIGHTS = (26, 20, 14, 12, 7, 7, 3, 3, 2, 2, 1, 1, 1, 1)

COTTAGES = """Rose Cottage,The Old School House,Rose & Crown Cottage,Hillside,The Bungalow,Holly House,Mill
Cottage,The Lodge,Orchard House,Ivy Cottage,The Coach House,Church View""".replace("\n", " ").split(",")


@dataclass(frozen=True, slots=True)
class District:
    """A postcode district with its town, its dialling code and the trusts (ODS codes) it is local to."""

    outward: str
    town: str
    dialling: str
    trusts: frozenset[str]


def _area(outward: str) -> str:
    return outward.rstrip("0123456789")


def _district(outward: str, trusts: frozenset[str]) -> District:
    area = _area(outward)
    town = _DISTRICT_TOWNS.get(outward, _TOWNS.get(area, "Anytown")).replace("-Heath", " Heath")
    return District(outward, town, _DIALLING.get(area, "0118"), trusts)


def districts_of(trusts: tuple[str, ...]) -> tuple[District, ...]:
    """The districts that together are the catchment of `trusts` (ODS codes), in postcode order.

    A trust that is neither in the table nor a specialist is lent five districts from `ELSEWHERE`.
    """
    owners: dict[str, set[str]] = {}
    lent = 0
    for code in trusts:
        gone = [old for old, heir in HEIRS.items() if heir == code and old not in trusts]
        outwards = " ".join(CATCHMENTS.get(c, "") for c in (code, *gone)).split()
        if not outwards and code not in SPECIALIST:
            outwards = [ELSEWHERE[(lent + k) % len(ELSEWHERE)] for k in range(5)]
            lent += 5
        for outward in outwards:
            owners.setdefault(outward, set()).add(code)
    if not owners:
        owners = {outward: set(trusts) for outward in ELSEWHERE[:5]}
    return tuple(_district(outward, frozenset(codes)) for outward, codes in sorted(owners.items()))
