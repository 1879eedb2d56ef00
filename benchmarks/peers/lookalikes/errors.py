"""What goes wrong with one value on its way into a file: by keyboard, by eye, by ear, by custom.

Every function takes a generator and the value and gives another value, the same one when it finds nothing to do.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from benchmarks.peers.lookalikes.names import SHORT

Error = Callable[[random.Random, str], str]

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {
    key: [
        other
        for r, row in enumerate(_ROWS)
        for c, other in enumerate(row)
        if other != key and abs(r - at_row) <= 1 and abs(c - at) <= 1
    ]
    for at_row, keys in enumerate(_ROWS)
    for at, key in enumerate(keys)
}
_SEEN = (
    *(("rn", "m"), ("m", "rn"), ("cl", "d"), ("d", "cl"), ("vv", "w"), ("w", "vv"), ("ri", "n"), ("li", "h")),
    *(("l", "1"), ("i", "1"), ("o", "0"), ("s", "5"), ("b", "8"), ("z", "2"), ("g", "9"), ("e", "c"), ("c", "e")),
    *(("1", "7"), ("7", "1"), ("5", "s"), ("0", "o"), ("8", "6"), ("3", "8"), ("h", "b"), ("n", "r"), ("u", "v")),
)
_HEARD = (
    *(("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "ck"), ("c", "k"), ("k", "c"), ("ie", "y"), ("y", "ie")),
    *(("ee", "ea"), ("ea", "ee"), ("ei", "ie"), ("sch", "sh"), ("sh", "sch"), ("z", "s"), ("s", "z"), ("th", "t")),
    *(("t", "th"), ("dt", "tt"), ("ll", "l"), ("l", "ll"), ("nn", "n"), ("n", "nn"), ("tt", "t"), ("t", "tt")),
    *(("ae", "e"), ("oe", "o"), ("ue", "u"), ("ai", "ei"), ("ey", "y"), ("mc", "mac"), ("mac", "mc"), ("wr", "r")),
    *(("gh", ""), ("a", "e"), ("e", "a"), ("i", "y"), ("v", "b"), ("b", "v"), ("h", ""), ("j", "y"), ("g", "j")),
)


def keyed(rng: random.Random, text: str) -> str:
    """One slip of the keyboard: a neighbouring key, a letter lost, doubled, added or two exchanged."""
    if len(text) < 2:
        return text
    at = rng.randrange(len(text))
    letter = text[at].lower()
    kind = rng.random()
    if kind < 0.35 and letter in _NEAR:
        return text[:at] + _cased(rng.choice(_NEAR[letter]), text[at]) + text[at + 1 :]
    if kind < 0.55:
        return text[:at] + text[at + 1 :]
    if kind < 0.7:
        return text[:at] + rng.choice(string.ascii_lowercase) + text[at:]
    if kind < 0.8:
        return text[:at] + text[at] + text[at:]
    at = min(at, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def mangled(rng: random.Random, text: str) -> str:
    """One to four slips."""
    for _ in range(rng.choices((1, 2, 3, 4), (5, 3, 2, 1))[0]):
        text = keyed(rng, text)
    return text


def misread(rng: random.Random, text: str) -> str:
    """One letter or group read as another that looks like it."""
    return _replaced(rng, text, _SEEN)


def misheard(rng: random.Random, text: str) -> str:
    """One group written as another that sounds like it."""
    return _replaced(rng, text, _HEARD)


def familiar(rng: random.Random, text: str) -> str:
    """A familiar form of a forename, or the formal one of a familiar one."""
    if text in SHORT:
        return rng.choice(SHORT[text])
    formal = [name for name, forms in SHORT.items() if text in forms]
    return rng.choice(formal) if formal else text


def initial(rng: random.Random, text: str) -> str:
    """The first letter."""
    return text[:1]


def cut(rng: random.Random, text: str) -> str:
    """The end is lost."""
    return text[: rng.randint(3, max(3, len(text) - 1))]


def digit(rng: random.Random, text: str) -> str:
    """One digit is another, or two neighbours exchanged."""
    places = [at for at, sign in enumerate(text) if sign.isdigit()]
    if not places:
        return text
    at = rng.choice(places)
    if rng.random() < 0.35 and at + 1 < len(text) and text[at + 1].isdigit():
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice(string.digits.replace(text[at], "")) + text[at + 1 :]


def wrong_date(rng: random.Random, day: str) -> str:
    """An ISO date with day and month exchanged, a digit wrong, a day, month, year or century off, or 1 January."""
    born = date.fromisoformat(day)
    kind = rng.choices(("swap", "digit", "next", "month", "year", "first", "day"), (15, 35, 15, 7, 13, 8, 7))[0]
    if kind == "swap" and born.day <= 12:
        return f"{born.year}-{born.day:02d}-{born.month:02d}"
    if kind == "next":
        return (born + timedelta(days=rng.choice((-1, 1)))).isoformat()
    of_month = min(born.day, 28)
    others = {
        "month": f"{born.year}-{rng.randint(1, 12):02d}-{of_month:02d}",
        "year": f"{born.year + rng.choice((-10, -2, -1, 1, 2, 10))}-{born.month:02d}-{of_month:02d}",
        "first": f"{born.year}-01-01",
        "day": f"{born.year}-{born.month:02d}-{rng.randint(1, 28):02d}",
    }
    return others[kind] if kind in others else _digit_of_date(rng, day)


def wrong_twice(rng: random.Random, day: str) -> str:
    """Two errors of `wrong_date`."""
    return wrong_date(rng, wrong_date(rng, day))


def rough_date(rng: random.Random, day: str) -> str:
    """1 January of the year, of one beside it, or the first of the month: how historical births are known."""
    year, month, _ = day.split("-")
    return rng.choice(
        (f"{year}-01-01", f"{year}-01-01", f"{int(year) + rng.choice((-1, 1))}-01-01", f"{year}-{month}-01")
    )


_KINDS: Mapping[str, Error] = {
    error.__name__: error
    for error in (
        *(keyed, mangled, misread, misheard, familiar, initial, cut, digit),
        *(wrong_date, wrong_twice, rough_date),
    )
}


def any_of(**weights: float) -> Error:
    """An error that is one of those of this module that are named, drawn by weight."""
    errors = [_KINDS[name] for name in weights]

    def one(rng: random.Random, text: str) -> str:
        return rng.choices(errors, list(weights.values()))[0](rng, text)

    return one


def _digit_of_date(rng: random.Random, day: str) -> str:
    for _ in range(20):
        wrong = digit(rng, day)
        try:
            if 1000 < date.fromisoformat(wrong).year < 2100:
                return wrong
        except ValueError:
            continue
    return day


def _replaced(rng: random.Random, text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    low = text.lower()
    there = [(old, new) for old, new in pairs if old in low]
    if not there:
        return keyed(rng, text)
    old, new = rng.choice(there)
    at = rng.choice([i for i in range(len(low)) if low.startswith(old, i)])
    return text[:at] + _cased(new, text[at]) + text[at + len(old) :]


def _cased(new: str, old: str) -> str:
    return new.capitalize() if old.isupper() else new
