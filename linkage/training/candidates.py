"""Every pair of a file that may be of one person: what the last step of training looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.engines import local
from linkage.layout import SEX, Rows
from linkage.model import Model
from linkage.record import SexCode
from linkage.training.em import family_of
from linkage.training.patterns import Flags, Ints, Longs

FLOOR = -12.0  # bits; below, a pair is not of one person beyond doubt
FAMILY_FLOOR = -6.0
"""Bits, counting only what a family shares; below, two rows share no household, even if as many pairs do as are of
one person."""
UNLIMITED = 200.0  # bits; the most that a model may state
BEYOND_DOUBT = 7.0  # bits
MOST_WITHIN = 0.01


@dataclass(frozen=True, slots=True)
class Settled:
    """Pairs that people settled: a * N + b of the rows a < b, int64[S], and whether they are one person, bool[S]."""

    pairs: Longs
    same: Flags


NOTHING = Settled(np.empty(0, np.int64), np.empty(0, np.bool_))


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs among so many rows that may be of one person; female: bool[n], both records of a pair are of women.

    Of two files only the pairs across count, of which there are `every`; distinct: hardly a pair within either is one
    person beyond doubt, so that each holds a person once. Of one file every is all pairs. Pairs that people settled
    are not among them; same: how many of those are one person.
    """

    pairs: local.Pairs
    female: Flags
    rows: int
    every: float
    distinct: bool
    same: int = 0

    @property
    def independent(self) -> float:
        """The share of the pairs of one person that tell something of their own, by the pairs likelier one than not.

        Of k records of a person k - 1 pairs do, of k (k - 1) / 2: the rest follow from them. Ten records each are
        nine comparisons and not forty-five, and what none of them showed is so much less unheard of.
        """
        likely = self.pairs.weight >= 0.0
        partners = np.bincount(np.concatenate((self.pairs.a[likely], self.pairs.b[likely])), minlength=1)
        records = np.bincount(partners)  # by number of partners; whole numbers, whose sums know no order
        k = np.arange(len(records))
        pairs = float((records * k).sum()) / 2.0
        return float((records * k / (k + 1.0)).sum()) / pairs if pairs else 1.0


def sample_pairs(
    matrix: Rows,
    keys: Longs,
    rows: Ints,
    model: Model,
    drawn: Longs,
    workers: int | None,
    first: int | None = None,
    settled: Settled = NOTHING,
) -> Sample:
    """The pairs among the rows drawn that may be of one person or one household; first: rows of the first of two.

    Those of a household are chosen by what a family shares and by nothing else. Chosen by their weight, they would be
    those few whose forenames, dates and sexes happen to agree, and no class but the matches could explain them.
    """
    everyone = len(matrix)
    first = None if first is None else int((drawn < first).sum())
    if len(drawn) < len(matrix):
        place = np.full(len(matrix), -1, np.int32)
        place[drawn] = np.arange(len(drawn), dtype=np.int32)
        kept = (place >= 0)[rows]
        matrix, keys, rows = matrix[drawn], keys[kept], place[rows[kept]]
    families = _of_families(model), FAMILY_FLOOR
    pairs = local.link(matrix, keys, rows, model, FLOOR, workers, again=families)
    n, distinct = len(matrix), False
    every = n * (n - 1) / 2.0
    if first is not None:
        across = (pairs.a < first) != (pairs.b < first)
        certain = (pairs.weight >= BEYOND_DOUBT) & (pairs.guards == 0)
        distinct = bool((certain & ~across).sum() < MOST_WITHIN * (certain & across).sum())
        pairs, every = pairs.where(across), float(first) * (n - first)
    pairs = pairs.where(~np.isin(drawn[pairs.a] * everyone + drawn[pairs.b], settled.pairs))
    known = settled.pairs[settled.same]
    same = np.isin(known // everyone, drawn) & np.isin(known % everyone, drawn)
    female = matrix[:, SEX] == int(SexCode.FEMALE)
    return Sample(pairs, female[pairs.a] & female[pairs.b], n, max(1.0, every), distinct, int(same.sum()))


def _of_families(model: Model) -> Model:
    """The model counting only what a family shares, and all of it."""
    shared, rates, rules = family_of(model), dict(model.document["comparisons"]), dict(model.document["rules"])
    for column, name in enumerate(model.comparisons):
        if not shared[column]:
            rates[name] = {level: {**both, "m": both["u"]} for level, both in rates[name].items()}
    rules |= {rule: UNLIMITED for rule in rules if rule.startswith("household_")}
    return Model.from_document({**model.document, "comparisons": rates, "rules": rules})
