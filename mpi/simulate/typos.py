"""Slips of the hand and ear, each a pure function of the text and some random bits."""

from __future__ import annotations

from mpi.simulate.sampling import listed

_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "rw", "f": "dg", "g": "fh", "h": "gj", "i": "ou", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("ll", "l"), ("tt", "t"), ("ss", "s"), ("nn", "n"), ("ie", "ei"), ("ey", "y"),
    ("ee", "ea"), ("ai", "ay"), ("sh", "sch"), ("ks", "x"), ("ou", "u"), ("son", "sen"), ("ar", "er"), ("in", "en"),
)  # fmt: skip

PHONETIC = listed("""Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November
Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu""")
"""The words of which names for unidentified patients are made (NHS-53)."""


def _matched(new: str, old: str) -> str:
    return new.upper() if old.isupper() else new


def mistype(text: str, dice: int) -> str:
    """One typing or hearing mistake: letter swapped, dropped, doubled or struck beside, or respelt by sound."""
    if len(text) < 3:
        return text + text[-1:]
    place = 1 + (dice >> 3) % (len(text) - 2)
    kind = dice % 6
    if kind == 0 and text[place] != text[place + 1]:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[: place + 1] + text[place:]
    if kind >= 4:
        for sound, other in _SOUNDS[dice % len(_SOUNDS) :] + _SOUNDS:
            at = text.lower().find(sound, 1)
            if at > 0:
                return text[:at] + _matched(other, text[at]) + text[at + len(sound) :]
    struck = _NEIGHBOURS.get(text[place].lower(), "e")
    return text[:place] + _matched(struck[dice % len(struck)], text[place]) + text[place + 1 :]


def swap_day_month(iso: str) -> str:
    """Day and month exchanged where that makes a date; otherwise unchanged."""
    year, month, day = iso.split("-")
    return f"{year}-{day}-{month}" if int(day) <= 12 else iso


def misdate(iso: str, dice: int) -> str:
    """One digit of a date of birth wrong: the day, the month, the year by one, or the decade."""
    year, month, day = (int(part) for part in iso.split("-"))
    kind = dice % 4
    if kind == 0:
        day = day + 1 if day < 28 else day - 10
    elif kind == 1:
        month = month % 12 + 1
        day = min(day, 28)
    elif kind == 2:
        year -= 1
        day = min(day, 28) if month == 2 else day
    else:
        year -= 10
        day = min(day, 28) if month == 2 else day
    return f"{year:04d}-{month:02d}-{day:02d}"


def default_date(iso: str, dice: int) -> str:
    """What a system puts when nobody knows the date (NHS-52)."""
    return ("1900-01-01", f"{iso[:4]}-01-01", f"{iso[:4]}-01-01", "1901-01-01")[dice % 4]


def mistype_postcode(postcode: str, dice: int) -> str:
    """One character of the inward part wrong, or two exchanged."""
    outward, _, inward = postcode.partition(" ")
    if dice % 3 == 0 and inward[1] != inward[2]:
        return f"{outward} {inward[0]}{inward[2]}{inward[1]}"
    if dice % 3 == 1:
        return f"{outward} {(int(inward[0]) + 1 + dice % 8) % 10}{inward[1:]}"
    letter = "ABDEFGHJLNPQRSTUWXYZ"[(dice >> 4) % 20]
    return f"{outward} {inward[:2]}{letter}"


def mistype_number(number: str, dice: int) -> str:
    """One digit of an NHS number wrong; the check digit catches every such error (NHS-2)."""
    place = dice % len(number)
    digit = (int(number[place]) + 1 + (dice >> 5) % 8) % 10
    return f"{number[:place]}{digit}{number[place + 1 :]}"


def alias(dice: int) -> tuple[str, str]:
    """(forename, surname) of an unidentified patient: two words of the phonetic alphabet."""
    size = len(PHONETIC)
    return PHONETIC[dice % size], PHONETIC[(dice // size) % size]
