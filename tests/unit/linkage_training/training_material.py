"""Material for the tests of training: patterns drawn from known rates, and a simulated region's records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import combinations

import numpy as np

from benchmarks.accuracy_sample import draw
from linkage.blocking import RULES, describe
from linkage.comparison import (
    BIRTH_DATE,
    COLUMNS,
    CONTACT,
    FORENAME,
    GP_PRACTICE,
    LOCATION,
    MIDDLE_NAMES,
    SEX,
    SURNAME,
)
from linkage.encode import ENCODED_SIZE, encode
from linkage.layout import Rows
from linkage.model import Model, Numbers
from linkage.record import StandardRecord
from linkage.training.patterns import Ints, Longs, Patterns
from linkage.training.tally import EXISTS
from linkage.training.train import Places

DRAWN = (FORENAME, SURNAME, MIDDLE_NAMES, BIRTH_DATE, SEX, LOCATION, CONTACT, GP_PRACTICE)


def known_rates(model: Model) -> tuple[Numbers, Numbers]:
    """m and u of the model as distributions: they sum to one in every column. No two women disagree in surname."""
    rates = [np.where(EXISTS, given, np.nan) for given in (model.m, model.u)]
    for given in rates:
        given[SURNAME, 7] = 1e-12
    m, u = (given / np.nansum(given, axis=1, keepdims=True) for given in rates)
    return m, u


def drawn_patterns(
    m: Numbers, u: Numbers, family: set[int], counts: tuple[int, int, int], seed: int, missing: float = 0.1
) -> Patterns:
    """Patterns of (strangers, matches, households), every column independent; NHS numbers are all missing."""
    dice = np.random.default_rng(seed)
    levels = np.zeros((sum(counts), COLUMNS), np.uint8)
    kind = np.repeat(np.arange(3), counts)
    for column in DRAWN:
        for k, rates in enumerate((u, m, m if column in family else u)):
            p = np.where(EXISTS[column], rates[column], 0.0)
            levels[kind == k, column] = dice.choice(len(p), int((kind == k).sum()), p=p / p.sum())
    levels[dice.random(levels.shape) < missing] = 0
    distinct, times = np.unique(levels, axis=0, return_counts=True)
    return Patterns(distinct, np.zeros(len(distinct), np.bool_), times.astype(np.float64))


@dataclass(frozen=True)
class Material:
    encoded: Rows
    keys: Longs
    rows: Ints
    rules: Places
    a: Ints  # pairs of one person
    b: Ints

    @property
    def entries(self) -> tuple[Rows, Longs, Ints, Places]:
        return self.encoded, self.keys, self.rows, self.rules


def key_of(rule: str, value: str) -> int:
    """Any key will do, as long as it is the same for the same rule and value."""
    return int.from_bytes(blake2b(f"{rule}:{value}".encode(), digest_size=8).digest(), "big", signed=True)


def material_of(records: list[StandardRecord], people: list[int], model: Model) -> Material:
    encoded = np.frombuffer(b"".join(encode(r, model) for r in records), np.uint8).reshape(-1, ENCODED_SIZE)
    places = {rule: n for n, rule in enumerate(RULES)}
    index = [(key_of(r, v), row, places[r]) for row, record in enumerate(records) for r, v in describe(record)]
    keys, rows, rules = zip(*index, strict=True) if index else ((), (), ())
    of: dict[int, list[int]] = {}
    for row, person in enumerate(people):
        of.setdefault(person, []).append(row)
    pairs = np.array([p for own in of.values() for p in combinations(own, 2)], np.int32).reshape(-1, 2)
    return Material(
        encoded,
        np.array(keys, np.int64),
        np.array(rows, np.int32),
        np.array(rules, np.uint8),
        pairs[:, 0].copy(),
        pairs[:, 1].copy(),
    )


@cache
def region(people: int = 4_000, seed: int = 5, without_nhs: bool = False) -> Material:
    """Records that speak of their own person; overlaid ones are left out of the truth by leaving them out."""
    sample = draw("surrey-sussex", people, seed, without_nhs=without_nhs)
    fit = [n for n in range(len(sample.records)) if str(n) not in sample.overlaid]
    return material_of([sample.records[n] for n in fit], [sample.truth[str(n)] for n in fit], Model.default())
