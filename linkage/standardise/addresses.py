"""UK postcodes and addresses (NHS-50)."""

from __future__ import annotations

import re
from functools import lru_cache

from linkage.record import Address, AddressUse
from linkage.standardise.letters import to_ascii_upper

# Royal Mail's format. No real postcode has Z as its second letter, so every ZZ99 pseudo postcode (NHS-50) fails it.
_POSTCODE = re.compile(
    r"(?:GIR0AA|(?:[A-PR-UWYZ](?:\d[\dA-HJKPSTUW]?|[A-HK-Y]\d[\dABEHMNPRVWXY]?))\d[ABD-HJLNP-UW-Z]{2})"
)
_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")
_CLEAN = {i: (chr(i) if chr(i).isalnum() else " ") for i in range(128)} | {ord("'"): "", ord("."): " "}

_FLAT_WORDS = {
    **dict.fromkeys(("FLAT", "FLT", "APARTMENT", "APT", "APPT", "MAISONETTE", "UNIT", "STUDIO"), "FLAT"),
    **dict.fromkeys(("ROOM", "RM", "BEDSIT"), "ROOM"),
}
_FLAT_JOINED = re.compile(r"(FLAT|ROOM)(\d+[A-Z]?|[A-Z])")
_NUMBER = re.compile(r"\d+[A-Z]?")
_RANGE = re.compile(r"\b(\d+[A-Z]?)\s*[-/\u2013]\s*\d+[A-Z]?\b")
_PLAIN_LINE = re.compile(rf"([0-9]+[A-Z]?) (?!FLAT|ROOM|(?:{'|'.join(_FLAT_WORDS)})\b)([A-Z]{{2,}}(?: [A-Z]+)*)")
"""A number and a street, as most addresses are."""
_CARE_OF = re.compile(r"\s*C\s*/\s*O\b")
_STREET_ABBREVIATIONS = {
    "ST": "STREET",
    "STR": "STREET",
    "RD": "ROAD",
    "AVE": "AVENUE",
    "AV": "AVENUE",
    "LN": "LANE",
    "DR": "DRIVE",
    "DRV": "DRIVE",
    "CL": "CLOSE",
    "CLS": "CLOSE",
    "CT": "COURT",
    "CRT": "COURT",
    "CRES": "CRESCENT",
    "CR": "CRESCENT",
    "GDNS": "GARDENS",
    "GDN": "GARDEN",
    "GR": "GROVE",
    "GRV": "GROVE",
    "GRN": "GREEN",
    "PL": "PLACE",
    "PK": "PARK",
    "SQ": "SQUARE",
    "TER": "TERRACE",
    "TERR": "TERRACE",
    "WK": "WALK",
    "WY": "WAY",
    "HSE": "HOUSE",
    "BLDG": "BUILDING",
    "BLDGS": "BUILDINGS",
    "PDE": "PARADE",
    "YD": "YARD",
    "EST": "ESTATE",
}
_MIDDLE_ABBREVIATIONS = {"SAINT": "ST", "MT": "MOUNT", "UPR": "UPPER", "LWR": "LOWER", "GT": "GREAT", "LT": "LITTLE"}
_STREET_TYPES = frozenset(_STREET_ABBREVIATIONS.values()) - {"COURT", "HOUSE", "BUILDING", "BUILDINGS", "ESTATE"} | {
    "HILL",
    "MEWS",
    "ROW",
    "RISE",
    "VIEW",
    "BROW",
    "BANK",
    "BROADWAY",
    "CIRCUS",
    "DALE",
    "FOLD",
    "GATE",
    "QUAY",
    "VALE",
    "WHARF",
    "WAY",
    "CROFT",
    "PASSAGE",
    "PARKWAY",
}


@lru_cache(maxsize=65_536)
def read_postcode(text: str) -> str:
    """A UK postcode without its space ("M139WL"); "" when malformed or a pseudo postcode (NHS-50)."""
    code = _NOT_ALNUM.sub("", text.upper())
    if _POSTCODE.fullmatch(code):
        return code
    # Letters typed for the digit of the inward part (M13 OAB) are the one slip with a single reading.
    mended = code[:-3] + code[-3:-2].replace("O", "0").replace("I", "1") + code[-2:]
    return mended if _POSTCODE.fullmatch(mended) else ""


def choose_home(addresses: tuple[Address, ...]) -> Address | None:
    """The current home address: the first for home use that says anything, else the first temporary one."""
    for use in (AddressUse.HOME, AddressUse.TEMP):
        for address in addresses:
            if address.use is use and (address.postcode or address.lines or address.town):
                return address
    return None


@lru_cache(maxsize=16_384)
def read_town(text: str) -> str:
    """A town name, upper case, single spaces."""
    return " ".join(to_ascii_upper(text).translate(_CLEAN).split()) if text else ""


def read_lines(lines: tuple[str, ...]) -> tuple[str, str]:
    """House and street of an address: ("FLAT3 12A", "HIGH STREET"); either may be "".

    The house is a flat with a number, one of the two, or without both the name of the building. Ranges (12-14) are
    their first number.
    """
    if not lines:
        return "", ""
    if len(lines) == 1 and lines[0].isascii() and (plain := _PLAIN_LINE.fullmatch(lines[0].upper())):
        return plain[1], _expand_plain(plain[2])
    flat = number = name = street = ""
    for segment in _split_segments(lines):
        unit, value, rest = ("", "", segment) if flat and number else _take_numbers(segment)
        if number and value:
            flat, number = f"FLAT{number}", value  # 2/1, 45 Argyle Street
        flat, number = unit or flat, value or number
        if not rest:
            continue
        words = _expand(rest)
        if (value and not street) or words[-1] in _STREET_TYPES:
            street = street or " ".join(words)
        elif not name and not number:
            name = " ".join(words)
        elif not street:
            street = " ".join(words)
        if street:
            break
    house = " ".join(part for part in (flat, number or (name if street or not flat else "")) if part)
    return house, street


@lru_cache(maxsize=65_536)
def _expand_plain(street: str) -> str:
    return " ".join(_expand(street.split()))


def _split_segments(lines: tuple[str, ...]) -> list[list[str]]:
    """The comma-separated parts of all lines as words, without the person an address is care of."""
    text = to_ascii_upper(",".join(lines))
    if "-" in text or "/" in text:
        text = ",".join("" if _CARE_OF.match(part) else part for part in text.split(","))
        text = _RANGE.sub(r"\1", text)
    return [words for words in (part.translate(_CLEAN).split() for part in text.split(",")) if words]


def _take_numbers(words: list[str]) -> tuple[str, str, list[str]]:
    """(flat, number, what follows) of one segment; a second leading number makes the first one a flat."""
    flat = number = ""
    at = 0
    while at < len(words):
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        joined = _FLAT_JOINED.fullmatch(word)
        if not flat and joined:
            flat = word
        elif not flat and word in _FLAT_WORDS and _is_unit(following):
            flat, at = _FLAT_WORDS[word] + following, at + 1
        elif word in ("NO", "NUMBER") and _NUMBER.fullmatch(following):
            pass
        elif _NUMBER.fullmatch(word) and not (flat and number):
            if number:
                flat = f"FLAT{number}"
            number = word
            if len(following) == 1 and following.isalpha() and word.isdigit():
                number, at = word + following, at + 1
        else:
            break
        at += 1
    return flat, number, words[at:]


def _is_unit(word: str) -> bool:
    """Whether a word can be the number or letter of a flat."""
    return bool(_NUMBER.fullmatch(word)) or (len(word) == 1 and word.isalpha())


def _expand(words: list[str]) -> list[str]:
    """A street or building name with its abbreviations spelled out; ST is Saint at the front, Street at the end."""
    last = words[-1]
    inner = [_MIDDLE_ABBREVIATIONS.get(word, word) for word in words[:-1]]
    return [*inner, _STREET_ABBREVIATIONS.get(last, last) if inner else last]
