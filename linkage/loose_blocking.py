"""Further blocking keys for files, where a table may lack what `linkage.blocking` relies on, or be full of slips.

One or two facts each, so some are loose: a surname alone, a birth date alone. They serve only as far as the pairs
under them stay within a budget (`within_budget`), the smallest blocks first. A pair in a block that is left out is
still found by a preciser key, unless slips spoil all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.blocking import (
    DAY,
    FORENAME,
    MONTH,
    MOST_KEYS,
    PARTS,
    PHONE,
    POSTCODE,
    SURNAME,
    UNIDENTIFIED,
    YEAR,
    Longs,
)
from linkage.blocking import RULES as PRECISE_RULES
from linkage.comparison import MOST_FURTHER
from linkage.compiled import compiled
from linkage.further import KIND_CODES
from linkage.layout import FURTHER_SLOTS, HOUSE_STREET, LOW, SLOT, TOWN_FORENAME, Words
from linkage.layout import high as upper_half
from linkage.record import Kind

LOOSE_RULES = {
    "code": "an identifying code",
    "value-name": "a further field's value and the sound of any one name",
    "value-year": "a further field's value and the year of birth",
    "names": "the sounds of surname and forename in either order",
    "name-town": "the sound of surname or forename, and the town",
    "surname-postcode": "the sound of the surname, and the postcode",
    "surname-street": "the sound of the surname, and the street",
    "home": "the house and the street",
    "birth-date": "the full birth date with day and month in either order",
    "name": "the sound of any one name",
    "postcode": "the postcode",
    "phone": "a phone number",
    "street": "the street",
    "value": "a further field's value",
}
"""Every further rule by name; their numbers go on after those of `blocking.RULES`."""

ALL_RULES = PRECISE_RULES | LOOSE_RULES
FIRST_LOOSE = len(PRECISE_RULES)
CODE_RULE, VALUE_NAME, VALUE_YEAR, NAMES, NAME_TOWN, SURNAME_POSTCODE, SURNAME_STREET, HOME = range(
    FIRST_LOOSE, FIRST_LOOSE + 8
)
BIRTH_DATE, ONLY_NAME, ONLY_POSTCODE, ONLY_PHONE, ONLY_STREET, ONLY_VALUE = range(FIRST_LOOSE + 8, FIRST_LOOSE + 14)

FIRST_SINGLE = BIRTH_DATE
"""The rules from this place on are of one fact, which those of two are of too."""

MOST_LOOSE_KEYS = MOST_KEYS + 16 + 4 * MOST_FURTHER
CODE, NUMBER = KIND_CODES[Kind.CODE], KIND_CODES[Kind.NUMBER]
MOST_PAIRS = 2_000_000
"""Of each loose rule."""


@dataclass(frozen=True, slots=True)
class LooseBlocks:
    """What became of the loose entries. kept: bool[M] over all entries. largest: by rule, the size of the largest
    block that serves, 0 when none does; crowds: by rule, how many larger ones do not."""

    kept: npt.NDArray[np.bool_]
    largest: dict[str, int]
    crowds: dict[str, int]


def within_budget(keys: Longs, rules: npt.NDArray[np.uint8]) -> LooseBlocks:
    """Which entries of a blocking index serve: all precise ones, and the smaller loose blocks.

    keys: int64[M]; rules: uint8[M], places in `ALL_RULES`. Each loose rule may bring `MOST_PAIRS` pairs.
    """
    kept = rules < FIRST_LOOSE
    largest, crowds = {}, {}
    loose = np.flatnonzero(~kept)
    for place in range(FIRST_LOOSE, len(ALL_RULES)):
        entries = loose[rules[loose] == place]
        _, block, sizes = np.unique(keys[entries], return_inverse=True, return_counts=True)
        size, times = np.unique(sizes, return_counts=True)
        most = largest_within_budget(zip(size.tolist(), times.tolist(), strict=True))
        kept[entries] = sizes[block] <= most
        name = list(ALL_RULES)[place]
        largest[name] = int(sizes[sizes <= most].max(initial=0))
        crowds[name] = int((sizes > most).sum())
    return LooseBlocks(kept, largest, crowds)


def largest_within_budget(sizes: Iterable[tuple[int, int]]) -> int:
    """How many records the keys of a loose rule may have, given how many keys there are of each size; 0 for none."""
    pairs, most = 0, 0
    for size, keys in sorted(sizes):
        pairs += keys * (size * (size - 1) // 2)
        if pairs > MOST_PAIRS:
            break
        most = size
    return most


@compiled
def find_loose_facts(parts: Longs, words: Words, i: int, kinds: Longs, facts: Longs, n: int, crowded: bool) -> int:
    """Add the loose facts of row i to the n in int64[MOST_LOOSE_KEYS, FACT], and say how many there are then.

    crowded: those of a single fact too. kinds: of the model's further fields.
    """
    if parts[UNIDENTIFIED]:
        return n
    house, street = words[i, HOUSE_STREET] & LOW, upper_half(words[i, HOUSE_STREET])
    town = words[i, TOWN_FORENAME] & LOW
    for k in range(len(kinds)):
        value = value_of(words, i, FURTHER_SLOTS + SLOT * k)
        if kinds[k] == CODE:
            n = _add(facts, n, CODE_RULE, value, value, k)
        elif kinds[k] != NUMBER:
            n = _add(facts, n, VALUE_NAME, value, parts[SURNAME], k)
            n = _add(facts, n, VALUE_NAME, value, parts[FORENAME], k)
            n = _add(facts, n, VALUE_YEAR, value, parts[YEAR], k)
            if crowded:
                n = _add(facts, n, ONLY_VALUE, value, value, k)
    low, high = min(parts[SURNAME], parts[FORENAME]), max(parts[SURNAME], parts[FORENAME])
    n = _add(facts, n, NAMES, low, high, 0)
    n = _add(facts, n, NAME_TOWN, parts[SURNAME], town, 0)
    n = _add(facts, n, NAME_TOWN, parts[FORENAME], town, 0)
    n = _add(facts, n, SURNAME_POSTCODE, parts[SURNAME], parts[POSTCODE], 0)
    n = _add(facts, n, SURNAME_STREET, parts[SURNAME], street, 0)
    n = _add(facts, n, HOME, house, street, 0)
    return find_crowded_facts(parts, street, facts, n) if crowded else n


@compiled
def find_crowded_facts(parts: Longs, street: int, facts: Longs, n: int) -> int:
    """Add the loose facts that stand alone; those of further fields are added with their others."""
    low, high = min(parts[DAY], parts[MONTH]), max(parts[DAY], parts[MONTH])
    n = _add(facts, n, BIRTH_DATE, parts[YEAR] if low else 0, 100 * low + high, 0)
    for name in range(SURNAME, PARTS):
        n = _add(facts, n, ONLY_NAME, parts[name], 1, 0)
    n = _add(facts, n, ONLY_POSTCODE, parts[POSTCODE], 1, 0)
    n = _add(facts, n, ONLY_PHONE, parts[PHONE], 1, 0)
    return _add(facts, n, ONLY_STREET, street, 1, 0)


@compiled
def value_of(words: Words, i: int, slot: int) -> int:
    """A number for the text in a slot, 0 for none: the same for the same text."""
    one, two, three = words[i, slot], words[i, slot + 1], words[i, slot + 2]
    return int((one * 31 + two) * 31 + three)


@compiled
def _add(facts: Longs, n: int, rule: int, one: int, two: int, three: int) -> int:
    """Add a fact of two values if both are there; the count of facts."""
    if one == 0 or two == 0 or n >= facts.shape[0]:
        return n
    for k in range(n):
        if facts[k, 0] == rule and facts[k, 1] == one and facts[k, 2] == two and facts[k, 3] == three:
            return n
    facts[n, 0], facts[n, 1], facts[n, 2], facts[n, 3] = rule, one, two, three
    return n + 1
