"""All names of one person together, with the cautions they give (NHS-53, NHS-54, NHS-60)."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.record import Caution, Demographics, Name, NameUse
from linkage.standardise.name_parts import FamilyName, GivenNames, is_forename, read_family, read_given
from linkage.standardise.words import MAJOR_INCIDENT, PHONETIC_ALPHABET

_CURRENT_USES = frozenset({NameUse.USUAL, NameUse.OFFICIAL})
_NOBODY = Name()


@dataclass(frozen=True, slots=True)
class NameReading:
    """The name fields of a `StandardRecord`, and what a twin's placeholder name says about the birth."""

    surnames: tuple[str, ...]
    forenames: tuple[str, ...]
    middle_names: tuple[str, ...]
    cautions: Caution
    birth_order: int


def read_names(raw: Demographics) -> NameReading:
    """Current name first, then the other current names as received, then previous ones; no repeats.

    Only the current name decides whether the person is unidentified or unnamed: a baby named since, or a trauma
    patient identified since, keeps the placeholder among the previous names.
    """
    return read_name_fields(raw.names, raw.previous_names)


def read_name_fields(names: tuple[Name, ...], previous: tuple[Name, ...] = ()) -> NameReading:
    """As `read_names`, of nothing but names."""
    current = _choose_current(names)
    family, given = read_family(current.family), read_given(current.given, current.middle)
    cautions = _judge(family, given)
    nameless = bool(cautions) and Caution.UNIDENTIFIED in cautions and not (family.phonetic and given.forenames)
    surnames = {} if nameless else dict.fromkeys(family.surnames)
    forenames = {} if nameless else dict.fromkeys(given.forenames)
    middles = given.middles if forenames else ()
    if forenames and family.given:
        middles = tuple(dict.fromkeys((*middles, *(x for x in family.given if x not in forenames))))
    if len(names) > 1 or previous:
        _add_others(surnames, forenames, [name for name in (*names, *previous) if name is not current])
    return NameReading(tuple(surnames), tuple(forenames), middles, cautions, given.birth_order)


def _add_others(surnames: dict[str, None], forenames: dict[str, None], others: list[Name]) -> None:
    """Add what the other names bring; a name once given to somebody unidentified is nobody's (NHS-53).

    A word of the spelling alphabet may join names that are there, but not stand in for one that is missing.
    """
    had_surname, had_forename = bool(surnames), bool(forenames)
    for other in others:
        family, given = read_family(other.family), read_given(other.given, other.middle)
        if not _is_unidentified(family, given):
            surnames.update((x, None) for x in family.surnames if had_surname or x not in PHONETIC_ALPHABET)
            found = (x for x in given.forenames if had_forename or x not in PHONETIC_ALPHABET)
            forenames.update((x, None) for x in found if is_forename(x))


def read_surname(text: str) -> str:
    """One surname in its joined form, "" when there is none."""
    found = read_family(text).surnames if text else ()
    return found[0] if found else ""


def _choose_current(names: tuple[Name, ...]) -> Name:
    """The first usual or official name that says anything, else the first that does."""
    if len(names) == 1:
        return names[0]
    said = [name for name in names if name.family or name.given or name.middle]
    current = (name for name in said if name.use in _CURRENT_USES)
    return next(current, said[0] if said else _NOBODY)


def _judge(family: FamilyName, given: GivenNames) -> Caution:
    """The cautions that one name gives."""
    cautions = Caution.NONE
    if family.junk or given.junk:
        cautions |= Caution.JUNK_NAME
    if _is_unidentified(family, given):
        cautions |= Caution.UNIDENTIFIED
    elif given.newborn or given.nobody:
        cautions |= Caution.PLACEHOLDER_NAME
        if given.multiple:
            cautions |= Caution.MULTIPLE_BIRTH
    return cautions


def _is_unidentified(family: FamilyName, given: GivenNames) -> bool:
    """Unknown Male, Trauma 7, Major Incident, and both names from the spelling alphabet.

    Oscar Brown and Anna Lima are people: one such name alone says nothing. Victor Lima is held back too, which
    costs him a review and not a wrong history.
    """
    if family.nobody or given.incident:
        return True
    if given.nobody and (family.person or not family.surnames):
        return True
    if family.phonetic and (given.phonetic or (not given.forenames and len(family.surnames) > 1)):
        return True
    first = family.surnames[:1]
    return not MAJOR_INCIDENT.isdisjoint(first) and {*first, *given.forenames[:1]} == MAJOR_INCIDENT


def depends_on_given(family: FamilyName) -> bool:
    """Whether what a family name adds to a record can depend on the given names beside it.

    With neither this nor `depends_on_family`, a name is what its two fields say apart; `linkage.columns` rests on it.
    """
    return (
        family.nobody or family.phonetic or bool(family.given) or not MAJOR_INCIDENT.isdisjoint(family.surnames[:1])
    )


def depends_on_family(given: GivenNames) -> bool:
    """Whether what given names add to a record can depend on the family name beside them."""
    return given.nobody or given.incident or not MAJOR_INCIDENT.isdisjoint(given.forenames[:1])
