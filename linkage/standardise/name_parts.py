"""One family name field and one given name field, taken apart (NHS-53, NHS-54, NHS-60).

Both readings are pure functions of short strings that repeat across a population, so they are remembered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from linkage.standardise import words as w
from linkage.standardise.letters import to_ascii_upper

_REMEMBERED = 65_536
_ASIDE = re.compile(r'\(([^()]*)\)?|\[([^\[\]]*)\]?|"([^"]*)"')
_PHRASE = re.compile(
    r"\b(?:DO NOT USE|TEST (?:PATIENT|RECORD)|DUPLICATE RECORD|MAJOR INCIDENT|NOT (?:KNOWN|GIVEN)|NAME UNKNOWN"
    r"|UNKNOWN NAME|NO (?:NAME|SURNAME|FORENAME|FAMILY NAME|GIVEN NAME))\b"
)
_DEAD = re.compile(r"\bDEC'D\b|(?:(?<=\w )|(?<=\())RIP\b(?=\W*$)")
_OF_MOTHER = re.compile(r"\W*(?:[BSD]\s*/\s*O|(?:BABY|INFANT|BOY|GIRL|SON|DAUGHTER)\s+OF)\b")
_MULTIPLE = re.compile(r"(?:TWIN|TRIPLET|TRIP|QUAD|QUADRUPLET)(?:NO)?([1-4A-D]|I{1,3}|IV|ONE|TWO|THREE|FOUR)?$")
_LETTERS = {i: (chr(i) if chr(i).isalnum() or chr(i) == "-" else " ") for i in range(128)}
_LETTERS |= {ord("'"): "", ord("`"): ""}
_DIGITS = str.maketrans("", "", "0123456789")

# Words that say something else than a name, alone or beside others, and the beginnings of such words.
_TELLING = w.JUNK | w.UNKNOWN | w.INCIDENT | w.MISSING | w.UNKNOWN_PERSON | w.PHONETIC_ALPHABET | w.MAJOR_INCIDENT
_TELLING_GIVEN = _TELLING | w.TITLES | w.NEWBORN | w.NEWBORN_PLAIN | w.HONORIFIC_FORENAMES | w.SERVANT_FORENAMES
_TELLING_BESIDE = frozenset(("NO", "NOT", "RIP"))
_TELLING_HEADS = re.compile(r"\b(?:ZZ|XX|TWIN|TRIP|QUAD)")


@dataclass(frozen=True, slots=True)
class FamilyName:
    """A family name field: `surnames` as `StandardRecord` wants them, `given` the parts that are given names.

    `nobody` is an "unknown" marker, `person` a word such as MALE in its place, `phonetic` the spelling alphabet.
    """

    surnames: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    junk: bool = False
    nobody: bool = False
    person: bool = False
    phonetic: bool = False


@dataclass(frozen=True, slots=True)
class GivenNames:
    """The given names of one name: `forenames` the first with its other forms, `middles` the rest in order.

    `newborn` and `nobody` are placeholders for the forename, `incident` names nobody whatever the family name;
    `birth_order` is 1..4 from "TWIN 2" and the like, `multiple` says that there was such a word.
    """

    forenames: tuple[str, ...] = ()
    middles: tuple[str, ...] = ()
    junk: bool = False
    newborn: bool = False
    nobody: bool = False
    incident: bool = False
    phonetic: bool = False
    multiple: bool = False
    birth_order: int = 0


@lru_cache(maxsize=_REMEMBERED)
def read_family(text: str) -> FamilyName:
    """The surnames in one family name field, joined form first, then parts, then earlier names in brackets."""
    name = plain_surname(text)
    return FamilyName((name,)) if name else _take_apart_family(text)


def plain_surname(text: str) -> str:
    """The name in a family name field that is one word and nothing but a name, as most are; else ""."""
    name = text.upper()
    plain = text.isascii() and name.isalpha() and name not in _TELLING and name[:2] not in ("ZZ", "XX")
    return name if plain else ""


def _take_apart_family(text: str) -> FamilyName:
    main, asides = _split_asides(text)
    found = _words(main)
    squashed = [_squash(word) for word in found]
    junk = any(map(w.is_junk, squashed)) or any(w.is_junk(_squash(x)) for aside in asides for x in _words(aside))
    if any(map(w.is_nobody, squashed)):
        return FamilyName(junk=junk, nobody=True)
    kept = _strip_ends([word for word in found if w.is_name(_squash(word))])
    now, before = _split_formerly(kept)
    religious = [word for word in now if word in w.RELIGIOUS]
    if 0 < len(religious) < len(now):
        now = [word for word in now if word not in w.RELIGIOUS]
    else:
        religious = []
    surnames = _spell(now) + _spell(before)
    for aside in asides:
        surnames += _spell([x for x in _words(aside) if x not in w.FORMERLY and w.is_name(_squash(x))])
    return FamilyName(
        surnames=tuple(dict.fromkeys(surnames)),
        given=tuple(religious),
        junk=junk,
        person=bool(now) and all(_squash(word) in w.UNKNOWN_PERSON for word in now),
        phonetic=_is_phonetic(now, surnames),
    )


@lru_cache(maxsize=_REMEMBERED)
def read_given(given: str, middle: str = "") -> GivenNames:
    """The forenames in the given name fields; a title at their head is dropped."""
    text = f"{given} {middle}"
    names = plain_given(text)
    return GivenNames(names[:1], names[1:]) if names else _take_apart_given(text)


def plain_given(text: str) -> tuple[str, ...]:
    """The names in given name fields that are words and nothing but names, each once; else none."""
    words = text.upper().split()
    if not (text.isascii() and "".join(words).isalpha() and _TELLING_GIVEN.isdisjoint(words)):
        return ()
    if not _TELLING_BESIDE.isdisjoint(words) or _TELLING_HEADS.search(text.upper()):
        return ()
    return tuple(dict.fromkeys(words))


def _take_apart_given(text: str) -> GivenNames:
    main, asides = _split_asides(text)
    found = _words(main, digits=True)
    marks = [_squash(x) for part in (found, *map(_words, asides)) for x in part]
    junk = any(map(w.is_junk, marks))
    while found and _may_precede(_squash(found[0]).translate(_DIGITS)):
        del found[0]
    # A placeholder shows itself with its digits, without them, or once the markers around it are gone.
    plain = [word for word in (x.translate(_DIGITS).strip("-") for x in found) if not _is_marker(_squash(word))]
    kept = [word for word in plain if w.is_name(_squash(word))]
    # Most names have no digits and no markers, and so one stage.
    for stage in (found, plain, kept) if found != plain else (found, kept) if found != kept else (found,):
        placeholder = _read_placeholder(main, [_squash(word) for word in stage], junk=junk)
        if placeholder is not None:
            return placeholder
    forms = list(dict.fromkeys(map(_squash, kept)))
    others = [form for aside in asides for form in read_given(aside).forenames]
    return GivenNames(
        forenames=_forms_of_first(kept[0] if kept else "", forms, others),
        middles=tuple(forms[1:]),
        junk=junk,
        phonetic=_is_phonetic(forms, forms),
    )


def is_forename(word: str) -> bool:
    """Whether a word may stand alone as a forename: no placeholder, title or marker."""
    other = word in w.NEWBORN or word in w.NEWBORN_PLAIN or word in w.TITLES or _MULTIPLE.match(word)
    return w.is_name(word) and not other


def _read_placeholder(main: str, squashed: Sequence[str], *, junk: bool) -> GivenNames | None:
    """The reading of given names that stand for no name at all; None for real ones."""
    if not w.INCIDENT.isdisjoint(squashed):
        return GivenNames(junk=junk, incident=True)
    head = squashed[0] if squashed else ""
    if head in w.UNKNOWN:
        return GivenNames(junk=junk, nobody=True)
    if head in w.NEWBORN or _OF_MOTHER.match(main) or _is_newborn(squashed):
        # The mother's forename often follows: it is not the baby's, so nothing is kept.
        multiple, order = _read_multiple(squashed)
        return GivenNames(junk=junk, newborn=True, multiple=multiple, birth_order=order)
    return None


def _is_newborn(squashed: Sequence[str]) -> bool:
    """Whether all that is said is BOY, MALE, TWIN 1 and the like; or TWIN heads the names."""
    if not squashed:
        return False
    return bool(_MULTIPLE.match(squashed[0])) or all(
        word in w.NEWBORN_PLAIN or word in w.NEWBORN or word.isdigit() for word in squashed
    )


def _read_multiple(squashed: Sequence[str]) -> tuple[bool, int]:
    """Whether a twin word stands among the words, and the birth order it gives (0 when none)."""
    for position, word in enumerate(squashed):
        match = _MULTIPLE.match(word)
        if match:
            following = squashed[position + 1] if position + 1 < len(squashed) else ""
            return True, w.BIRTH_ORDERS.get(match[1] or following, 0)
    return False, 0


def _forms_of_first(word: str, names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """The first forename, then what else it may be called: half of a hyphenated name, the name after MOHAMMED."""
    if not names:
        return tuple(form for form in dict.fromkeys(others) if is_forename(form))
    forms = [names[0]]
    if "-" in word:
        forms.append(word.partition("-")[0])
    follows = len(names) > 1 and names[1] not in w.RELIGIOUS
    if follows and names[0] in w.HONORIFIC_FORENAMES:
        forms.append(names[1])
    if follows and names[0] in w.SERVANT_FORENAMES:
        forms.append("".join(names[: 3 if names[1] in w.PARTICLES else 2]))
    return (names[0], *(form for form in dict.fromkeys([*forms[1:], *others]) if _may_follow(form, names[0])))


def _may_precede(word: str) -> bool:
    """Whether a word stands before the forename without being one: a title, a marker, a lone number."""
    return word in w.TITLES or _is_marker(word)


def _is_marker(word: str) -> bool:
    return not word or word in w.MISSING or w.is_junk(word)


def _may_follow(form: str, first: str) -> bool:
    return form != first and len(form) > 1 and is_forename(form)


def _split_asides(text: str) -> tuple[str, list[str]]:
    """Upper-case ASCII text without its bracketed and quoted parts, and those parts."""
    plain = _PHRASE.sub(lambda m: m[0].replace(" ", ""), to_ascii_upper(text))
    if "DEC'D" in plain or "RIP" in plain:
        plain = _DEAD.sub(" DECD ", plain)
    if not ("(" in plain or "[" in plain or '"' in plain):
        return plain, []
    asides = ["".join(part for part in match if part) for match in _ASIDE.findall(plain)]
    return _ASIDE.sub(" ", plain), [aside for aside in asides if aside.strip()]


def _words(text: str, *, digits: bool = False) -> list[str]:
    """Words of letters and inner hyphens; apostrophes close up, everything else parts."""
    plain = text.translate(_LETTERS)
    if not digits:
        plain = plain.translate(_DIGITS)
    found = plain.split()
    return [word for word in (x.strip("-") for x in found) if word] if "-" in plain else found


def _squash(word: str) -> str:
    return word.replace("-", "")


def _strip_ends(found: list[str]) -> list[str]:
    """Without titles at either end and suffixes at the right one, as long as a name is left."""
    while len(found) > 1 and found[0] in w.FAMILY_TITLES:
        found = found[1:]
    while len(found) > 1 and (found[-1] in w.SUFFIXES or found[-1] in w.FAMILY_TITLES):
        found = found[:-1]
    return found


def _split_formerly(found: list[str]) -> tuple[list[str], list[str]]:
    """The words before and after "née"; Nee alone or at either end is a surname of its own."""
    for position in range(1, len(found) - 1):
        if found[position] in w.FORMERLY:
            return found[:position], found[position + 1 :]
    return found, []


def _spell(found: Sequence[str]) -> list[str]:
    """One surname: joined, then its parts, then each part without its particle."""
    units: list[str] = []
    cores: list[str] = []
    pending: list[str] = []
    parts = [part for word in found for part in word.split("-") if part]
    for position, part in enumerate(parts):
        if 0 < position < len(parts) - 1 and part in w.CONNECTORS:
            continue
        pending.append(part)
        last = position == len(parts) - 1
        if last or not (part in w.PARTICLES or part in w.PREFIXES):
            units.append("".join(pending))
            if len(pending) > 1 and len(part) > 2 and pending[-2] in w.PARTICLES:
                cores.append(part)
            pending = []
    pieces = [unit for unit in units if len(unit) > 1 or len(units) == 1]
    joined = ["".join(units)] if len(units) > 1 else []
    return [name for name in dict.fromkeys(joined + pieces[:3] + cores[:3]) if w.is_name(name)]


def _is_phonetic(found: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a name is drawn from the spelling alphabet alone."""
    spoken = all(_squash(word) in w.PHONETIC_ALPHABET for word in found)
    return bool(found) and (spoken or (bool(names) and names[0] in w.PHONETIC_ALPHABET and len(found) == 1))
