"""Fields outside the usual ones, read by their kind."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite

from linkage.record import Kind
from linkage.standardise.letters import to_ascii_upper

_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")
_NOT_LETTER = re.compile(r"[^A-Z]+")
_ZIP_9 = re.compile(r"\d{9}")
_SAME = re.compile(r"(.)\1*")


@lru_cache(maxsize=65_536)
def read_further(kind: Kind, text: str) -> str:
    """The value ready to compare, "" when it says nothing.

    CODE: letters and digits; one character repeated is a placeholder. NAME: letters, joined. TEXT and CATEGORY:
    letters and digits, words apart by one space. NUMBER: as Python writes it. A NUMBER that is none is "".
    """
    if kind is Kind.NUMBER:
        return _number(text)
    upper = to_ascii_upper(text)
    if kind is Kind.NAME:
        return _NOT_LETTER.sub("", upper)
    if kind is Kind.CODE:
        code = _NOT_ALNUM.sub("", upper)
        return "" if _SAME.fullmatch(code) else code
    return _NOT_ALNUM.sub(" ", upper).strip()


def read_postal_code(text: str) -> str:
    """A postcode of any country, letters and digits, at most seven; of an American ZIP+4 the five."""
    code = _NOT_ALNUM.sub("", to_ascii_upper(text))
    if _ZIP_9.fullmatch(code):
        code = code[:5]
    return "" if set(code) in ({"0"}, {"9"}) else code[:7]


def _number(text: str) -> str:
    try:
        number = float(text.strip().replace(",", ""))
    except ValueError:
        return ""
    return repr(number) if isfinite(number) else ""
