"""Coded values, read by distinct value: sex, and yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.record import Sex


@dataclass(frozen=True, slots=True)
class Values:
    """What distinct values mean, None where they say nothing; unreadable: the rows whose value has no meaning."""

    meanings: list[str | None]
    unreadable: int = 0
    note: str = ""


_SEXES = {
    Sex.MALE: "m male man boy masculine homme hombre mann mannlich männlich masculino maschio 1",
    Sex.FEMALE: "f female woman girl feminine femme mujer frau weiblich w femenino feminino femmina 2",
    Sex.OTHER: "o other x i indeterminate intersex nonbinary non-binary nb transgender",
    # The NHS person stated gender codes: 0 is not known, 9 not specified (which some feeds use for indeterminate).
    Sex.UNKNOWN: "u unk unknown notknown notspecified notstated undisclosed declined a ambiguous n notapplicable 0 9",
}
_SEX_OF = {word: sex.value for sex, words in _SEXES.items() for word in words.split()}
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "twin", "triplet", "multiple"), "true"),
    **dict.fromkeys(("false", "f", "no", "n", "0", "single", "singleton"), "false"),
}


def read_sexes(distinct: Sequence[str | None], counts: Sequence[int]) -> Values:
    """male, female, other or unknown, from words and from the ISO 5218 and NHS codes 1 and 2.

    Columns of 0 and 1 without a 2 follow another code, and which one cannot be known: their digits are unreadable.
    """
    squashed = [_squash(value) for value in distinct]
    foreign = "0" in squashed and "1" in squashed and "2" not in squashed
    meanings = [None if foreign and word in ("0", "1") else _SEX_OF.get(word) for word in squashed]
    note = "sex: 0 and 1 were not read, because the file does not say which of them is male" if foreign else ""
    return Values(meanings, _unreadable(distinct, meanings, counts), note)


def read_truths(distinct: Sequence[str | None], counts: Sequence[int]) -> Values:
    """true or false; digits only where they are 0 and 1, for a count of births has other ones besides."""
    squashed = [_squash(value) for value in distinct]
    counted = any(word.isdecimal() and word not in ("0", "1") for word in squashed)
    meanings = [None if counted and word.isdecimal() else _TRUTHS.get(word) for word in squashed]
    return Values(meanings, _unreadable(distinct, meanings, counts))


def _squash(value: str | None) -> str:
    word = "".join((value or "").casefold().split()).replace("_", "")
    return word.lstrip("0") or "0" if word.isdecimal() else word


def _unreadable(distinct: Sequence[str | None], meanings: Sequence[str | None], counts: Sequence[int]) -> int:
    found = zip(distinct, meanings, counts, strict=True)
    return sum(rows for value, meaning, rows in found if value is not None and meaning is None)
